"""Packs as read and joined, before they are checked: what is declared, and in which file and line."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar, get_args

import msgspec

from bihuan.model.errors import PackError
from bihuan.pack.polygons import Area, read_areas
from bihuan.pack.schema import (
    AreaFile,
    Calendar,
    CaseType,
    Content,
    Declared,
    Department,
    FiveColours,
    Group,
    Indicator,
    Ladder,
    Level,
    Life,
    Manifest,
    Place,
    PlaceLevel,
    Plan,
    Plate,
    Route,
    Scorecard,
    Sentence,
    SubTrack,
    Thing,
    ThingKind,
    Track,
)
from bihuan.pack.shape import shape
from bihuan.pack.tables import read_table
from bihuan.pack.trouble import Troubles, known_names
from bihuan.pack.yaml_text import Document, Path, read_yaml

T = TypeVar("T", bound=Declared)
Row = TypeVar("Row", Place, Thing)

SECTIONS: dict[str, type[Declared]] = {item.encode_name: get_args(item.type)[0] for item in msgspec.structs.fields(Content)}
"""The top-level keys of a YAML file and what stands under each."""

ONE = {
    "levels": "level",
    "place_levels": "place level",
    "calendars": "calendar",
    "departments": "department",
    "thing_kinds": "kind of thing",
    "plates": "plate",
    "tracks": "track",
    "sub_tracks": "sub-track",
    "indicators": "indicator",
    "ladders": "ladder",
    "groups": "group",
    "plans": "plan",
    "cases": "case type",
    "lives": "life",
    "areas": "file of areas",
    "routes": "route",
    "scorecards": "scorecard",
    "five_colours": "five-colour evaluation",
    "sentences": "sentence",
}
"""What one entry of a section is called in a sentence."""


class Origin(NamedTuple):
    """Where something is declared: a value of a YAML file, or a row of a CSV."""

    document: Document | None
    path: Path = ()
    row: str = ""

    def where(self, *more: str | int) -> str:
        return self.document.where((*self.path, *more)) if self.document else self.row


@dataclass(slots=True)
class Section(Generic[T]):
    """Entries by id, in the order of declaration, with their origins."""

    what: str
    items: dict[str, T] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)

    def add(self, key: str, item: T, origin: Origin, troubles: Troubles) -> None:
        if key in self.items:
            what = f"{self.what} '{key}' is declared twice: here and at {self.origins[key].where()}."
            troubles.say(origin.where(), what, "Rename one of them, or remove it.")
            return
        self.items[key] = item
        self.origins[key] = origin

    def where(self, key: str, *path: str | int) -> str:
        return self.origins[key].where(*path)


class Draft:
    """Everything declared by all packs. Sections are named as the top-level keys of the YAML files."""

    def __init__(self) -> None:
        self.manifests: dict[str, Manifest] = {}
        self.levels: Section[Level] = Section(ONE["levels"])
        self.place_levels: Section[PlaceLevel] = Section(ONE["place_levels"])
        self.calendars: Section[Calendar] = Section(ONE["calendars"])
        self.departments: Section[Department] = Section(ONE["departments"])
        self.thing_kinds: Section[ThingKind] = Section(ONE["thing_kinds"])
        self.plates: Section[Plate] = Section(ONE["plates"])
        self.tracks: Section[Track] = Section(ONE["tracks"])
        self.sub_tracks: Section[SubTrack] = Section(ONE["sub_tracks"])
        self.indicators: Section[Indicator] = Section(ONE["indicators"])
        self.ladders: Section[Ladder] = Section(ONE["ladders"])
        self.groups: Section[Group] = Section(ONE["groups"])
        self.plans: Section[Plan] = Section(ONE["plans"])
        self.cases: Section[CaseType] = Section(ONE["cases"])
        self.lives: Section[Life] = Section(ONE["lives"])
        self.areas: Section[AreaFile] = Section(ONE["areas"])
        self.polygons: dict[str, tuple[Area, ...]] = {}
        """By file of areas."""
        self.routes: Section[Route] = Section(ONE["routes"])
        self.scorecards: Section[Scorecard] = Section(ONE["scorecards"])
        self.five_colours: Section[FiveColours] = Section(ONE["five_colours"])
        self.sentences: Section[Sentence] = Section(ONE["sentences"])
        self.places: Section[Place] = Section("place")
        self.things: Section[Thing] = Section("thing")


Folders = Mapping[str, Mapping[str, str]]
"""Pack name -> path inside the pack, with forward slashes -> text."""


def read_packs(folders: Folders, troubles: Troubles) -> Draft:
    """Reads all packs in the order of their requirements. What is wrong goes to `troubles`."""
    manifests: dict[str, tuple[Manifest, Document]] = {}
    for name in sorted(folders):
        try:
            manifests[name] = _manifest(name, folders[name])
        except PackError as error:
            troubles.add(error)
    draft = Draft()
    for name in _in_order(manifests, folders, troubles):
        draft.manifests[name] = manifests[name][0]
        _read_pack(draft, name, folders[name], manifests[name], troubles)
    return draft


def _manifest(name: str, files: Mapping[str, str]) -> tuple[Manifest, Document]:
    file = f"packs/{name}/pack.yaml"
    if "pack.yaml" not in files:
        raise PackError(
            f"pack '{name}' has no pack.yaml.", where=f"packs/{name}", remedy="Write one: urn, version, words, licence, owner."
        )
    document = read_yaml(files["pack.yaml"], file)
    return shape(Manifest, document.value, f"pack '{name}'", document.where), document


def _in_order(manifests: Mapping[str, tuple[Manifest, Document]], folders: Folders, troubles: Troubles) -> list[str]:
    """Required packs first, then by name. Packs that require a missing one, or each other, are named and still read."""
    waiting: dict[str, set[str]] = {}
    for name, (manifest, document) in manifests.items():
        waiting[name] = {other for other in manifest.requires if other in manifests}
        for index, other in enumerate(manifest.requires):
            if other not in folders:
                what = f"pack '{name}' requires '{other}', which is not there."
                troubles.say(document.where(("requires", index)), what, known_names("packs", other, set(folders) - {name}))
    ready = [name for name, required in waiting.items() if not required]
    heapq.heapify(ready)
    out: list[str] = []
    while ready:
        name = heapq.heappop(ready)
        out.append(name)
        for other, required in waiting.items():
            if name in required:
                required.discard(name)
                if not required:
                    heapq.heappush(ready, other)
    left = {name: required for name, required in waiting.items() if required}
    if left:
        circle = _circle(left)
        where = manifests[circle[0]][1].where(("requires",))
        troubles.say(
            where, f"packs require each other in a circle: {' -> '.join(circle)}.", "Remove one of these requirements."
        )
    return out + sorted(left)


def _circle(waiting: Mapping[str, set[str]]) -> list[str]:
    """One circle in a graph in which every node waits for another one: `a -> b -> a`."""
    name = min(waiting)
    seen: list[str] = []
    while name not in seen:
        seen.append(name)
        name = min(waiting[name])
    return [*seen[seen.index(name) :], name]


def _read_pack(draft: Draft, name: str, files: Mapping[str, str], known: tuple[Manifest, Document], troubles: Troubles) -> None:
    for path in sorted(files):
        if path.endswith((".yaml", ".yml")) and path != "pack.yaml" and not path.startswith("tests/"):
            try:
                _read_content(draft, read_yaml(files[path], f"packs/{name}/{path}"), troubles)
            except PackError as error:
                troubles.add(error)
    _read_tables(Place, draft.places, "places", name, files, known, troubles)
    _read_tables(Thing, draft.things, "things", name, files, known, troubles)
    for key, declared in draft.areas.items.items():
        if key not in draft.polygons:
            draft.polygons[key] = _read_polygons(declared, draft.areas.where(key, "file"), name, files, troubles)


def _read_polygons(declared: AreaFile, where: str, name: str, files: Mapping[str, str], troubles: Troubles) -> tuple[Area, ...]:
    if declared.file not in files:
        what = f"file of areas '{declared.id}' is '{declared.file}', which is not there."
        known = known_names("GeoJSON files", declared.file, (file for file in files if file.endswith(".geojson")))
        troubles.say(where, what, known)
        return ()
    return read_areas(files[declared.file], declared.key, f"packs/{name}/{declared.file}", troubles)


def _read_tables(
    kind: type[Row],
    section: Section[Row],
    key: str,
    name: str,
    files: Mapping[str, str],
    known: tuple[Manifest, Document],
    troubles: Troubles,
) -> None:
    manifest, document = known
    for index, path in enumerate(getattr(manifest, key)):
        if path not in files:
            what = f"pack '{name}' names the table '{path}', which is not there."
            tables = known_names("tables", path, (file for file in files if file.endswith(".csv")))
            troubles.say(document.where((key, index)), what, tables)
            continue
        file = f"packs/{name}/{path}"
        for line, row in read_table(kind, files[path], file, troubles):
            section.add(row.code, row, Origin(None, row=f"{file}:{line}"), troubles)


def _read_content(draft: Draft, document: Document, troubles: Troubles) -> None:
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        troubles.say(document.where(), "a file of a pack is a mapping of sections.", f"Sections: {', '.join(SECTIONS)}.")
        return
    for name, entries in value.items():
        if name not in SECTIONS:
            troubles.say(document.where((name,)), f"'{name}' is no section of a pack.", known_names("sections", name, SECTIONS))
        elif not isinstance(entries, list):
            troubles.say(document.where((name,)), f"the section '{name}' is not a list.", "Begin every entry with '- '.")
        else:
            for index, entry in enumerate(entries):
                _read_entry(draft, document, name, index, entry, troubles)


def _read_entry(draft: Draft, document: Document, name: str, index: int, entry: object, troubles: Troubles) -> None:
    path: Path = (name, index)
    key_field = "role" if name == "departments" else "id"
    key = entry.get(key_field) if isinstance(entry, dict) else None
    said = f"{ONE[name]} '{key}'" if isinstance(key, str) else f"{ONE[name]} number {index + 1}"
    try:
        item = shape(SECTIONS[name], entry, said, lambda more: document.where(path + more))
    except PackError as error:
        troubles.add(error)
        return
    section: Section[Any] = getattr(draft, name)
    section.add(getattr(item, key_field), item, Origin(document, path), troubles)
