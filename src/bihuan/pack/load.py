"""Load: texts of packs in, rules out. Pure: `app` reads the files. Everything that is wrong is said at once."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from bihuan.model.facts import PackVersion
from bihuan.pack.check_datums import check_datums
from bihuan.pack.check_formulas import check_formulas
from bihuan.pack.check_indicators import check_indicators
from bihuan.pack.check_ladders import check_ladders
from bihuan.pack.check_lives import check_lives
from bihuan.pack.check_plans import check_plans
from bihuan.pack.check_routes import check_routes
from bihuan.pack.check_scores import check_scores
from bihuan.pack.check_trees import check_trees, zone_of
from bihuan.pack.checking import Check
from bihuan.pack.dated import in_force
from bihuan.pack.draft import SECTIONS, Draft, Folders, read_packs
from bihuan.pack.persons import check_persons
from bihuan.pack.rules import Rules, Unit
from bihuan.pack.schema import Ladder, Words
from bihuan.pack.trouble import Troubles


def load(folders: Folders, *, origin: str = "cq", today: str = "") -> Rules:
    """Rules of all packs in `folders` (pack name -> path inside it, with forward slashes -> text).

    `origin` is the centre's short name, the prefix of every id it mints. `today` (ISO date) chooses among the versions of
    ladders: the newest that has begun; without it the newest of all. Raises PackErrors with everything found wrong:
    first what cannot be read, then, once all can be read, what does not hold together.
    """
    return rules_of(read_checked(folders), folders, origin, today)


def read_checked(folders: Folders) -> Draft:
    """All packs, read and checked against each other. Raises PackErrors."""
    troubles = Troubles()
    draft = read_packs(folders, troubles)
    troubles.stop_if_any()  # checks over half-read packs would only say again what is missing
    check = Check(draft, troubles)
    for name in SECTIONS:
        check.ids(getattr(draft, name))
    check_trees(check)
    check_ladders(check)
    check_indicators(check)
    check_lives(check)
    check_formulas(check)
    check_datums(check)
    check_plans(check)
    check_routes(check)
    check_scores(check)
    check_persons(check)
    troubles.stop_if_any()
    return draft


def rules_of(draft: Draft, folders: Folders, origin: str, today: str = "") -> Rules:
    """Rules of a checked draft, as they stand on `today`."""
    packs = tuple(
        PackVersion(urn=manifest.urn, version=manifest.version, digest=digest_of(folders[name]))
        for name, manifest in draft.manifests.items()
    )
    ladders = {key: in_force(ladder, today) for key, ladder in draft.ladders.items.items()}
    return Rules(
        packs=packs,
        digest=_digest(_identity(packs, ladders)),
        origin=origin,
        zone=zone_of(next(iter(draft.calendars.items.values())).zone),
        levels=tuple(draft.levels.items.values()),
        place_levels=tuple(draft.place_levels.items.values()),
        calendars=draft.calendars.items,
        departments=draft.departments.items,
        places=draft.places.items,
        things=draft.things.items,
        thing_kinds=draft.thing_kinds.items,
        units=_units(draft),
        plates=draft.plates.items,
        tracks=draft.tracks.items,
        sub_tracks=draft.sub_tracks.items,
        indicators=draft.indicators.items,
        ladders=ladders,
        groups=draft.groups.items,
        plans=draft.plans.items,
        cases=draft.cases.items,
        lives=draft.lives.items,
        areas=draft.polygons,
        routes=draft.routes.items,
        scorecards=draft.scorecards.items,
        five_colours=draft.five_colours.items,
        sentences={key: sentence.words for key, sentence in draft.sentences.items.items()},
    )


def on_day(rules: Rules, today: str) -> Rules:
    """The same rules as they stand on another day."""
    ladders = {key: in_force(ladder, today) for key, ladder in rules.ladders.items()}
    digest = _digest(_identity(rules.packs, ladders))
    return replace(rules, ladders=ladders, digest=digest, zone=zone_of(next(iter(rules.calendars.values())).zone))


def _identity(packs: Iterable[PackVersion], ladders: Mapping[str, Ladder]) -> Iterator[str]:
    """What makes these rules what they are: the packs, and which version of its ladders each is at."""
    for pack in packs:
        yield from (pack.urn, pack.version, pack.digest)
    for key, ladder in ladders.items():
        if ladder.versions:
            yield from (key, ladder.source.valid_from)


def digest_of(files: Mapping[str, str]) -> str:
    """SHA-256 over the paths and texts of a pack, in order of path."""
    return _digest(part for path in sorted(files) for part in (path, files[path]))


def _digest(parts: Iterable[str]) -> str:
    out = hashlib.sha256()
    for part in parts:
        data = part.encode()
        out.update(len(data).to_bytes(8, "little"))
        out.update(data)
    return out.hexdigest()


def _units(draft: Draft) -> dict[str, Unit]:
    """Every place has its own unit; departments stand at every place of their levels, special zones included."""
    out: dict[str, Unit] = {}
    for place in draft.places.items.values():
        words = Words(zh=place.name, en=place.name_en or place.name)
        parent = place.duty_parent or place.parent
        out[place.code] = Unit(id=place.code, words=words, place=place.code, level=place.level, parent=parent)
        for department in draft.departments.items.values():
            if place.level in department.at:
                id = f"{place.code}.{department.role}"
                out[id] = Unit(
                    id=id,
                    words=Words(zh=words.zh + department.words.zh, en=f"{department.words.en}, {words.en}"),
                    place=place.code,
                    level=place.level,
                    role=department.role,
                    parent=place.code,
                    checker=department.checker,
                )
    return out
