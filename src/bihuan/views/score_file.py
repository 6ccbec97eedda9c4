"""A published score as one file, JSON or CSV: formula, inputs, exclusions, result, the journal's seal. Written, read, checked.

Nothing here needs a server or a data folder: who has the file can compute every figure again.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from bihuan.journal.contract import Entry
from bihuan.journal.sealed import Sealed, broken
from bihuan.loop.evaluate.scoring import ROUNDING, scored
from bihuan.model.errors import BihuanError
from bihuan.model.facts import (
    Absent,
    ColourOfScore,
    CountedCase,
    CountedTask,
    Fact,
    ItemOfScore,
    ItemScore,
    LeftOut,
    Ruling,
    ScorePublished,
    UnitScore,
)
from bihuan.model.times import iso
from bihuan.pack.measures import MEASURES
from bihuan.pack.rules import Rules

FORMAT = "bihuan-score-1"


class ScoreFileError(BihuanError):
    """This is no file of a score: take one that `bihuan score export` wrote."""


class UnitName(msgspec.Struct, frozen=True, kw_only=True):
    """What a unit is called: for readers, no part of the score."""

    unit: str
    zh: str
    en: str


class ScoreFile(msgspec.Struct, frozen=True, kw_only=True):
    format: str
    rounding: str
    period: str
    """From when to when, for readers."""
    names: tuple[UnitName, ...]
    sealed: Sealed

    @property
    def body(self) -> ScorePublished:
        body = self.sealed.entry.fact.body
        assert isinstance(body, ScorePublished)
        return body


def file_of(sealed: Sealed, rules: Rules) -> ScoreFile:
    """The file of a published score; `sealed` must be one."""
    body = sealed.entry.fact.body
    assert isinstance(body, ScorePublished)
    since, until = (iso(at, rules.zone)[:16].replace("T", " ") for at in (body.since, body.until))
    names = []
    for unit in (*body.units, *(absent.unit for absent in body.absent)):
        words = rules.name(unit)
        names.append(UnitName(unit=unit, zh=words.zh, en=words.en))
    return ScoreFile(format=FORMAT, rounding=ROUNDING, period=f"{since} - {until}", names=tuple(names), sealed=sealed)


# --- writing --------------------------------------------------------------------------------------------------


def as_json(file: ScoreFile) -> bytes:
    return msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """An `ItemScore` of one unit, as a row."""

    unit: str
    item: str
    numerator: float
    denominator: float
    value: float | None
    points: float | None
    left_out: tuple[LeftOut, ...] = ()


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A `UnitScore` without its items, as a row."""

    unit: str
    score: float | None
    level: str
    rank: int | None
    cases: tuple[str, ...] = ()


class About(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that stands once, as a row."""

    format: str
    rounding: str
    period: str
    seq: int
    id: str
    at: int
    recorded_at: int
    actor: str
    subject: str
    because: tuple[str, ...]
    prev: str
    hash: str
    note: str
    vkey: str
    proof: tuple[str, ...]
    scorecard: str
    version: str
    since: int
    until: int
    through: str
    corrects: str
    units: tuple[str, ...]


KINDS: dict[str, type[msgspec.Struct]] = {
    "about": About, "name": UnitName, "item": ItemOfScore, "colour": ColourOfScore, "absent": Absent, "result": Result,
    "figure": Figure, "task": CountedTask, "case": CountedCase, "ruling": Ruling,
}  # fmt: skip
"""Kinds of rows, in the order of the file. The first cell of a row is its kind; a row `#kind` names the columns."""


def as_csv(file: ScoreFile) -> bytes:
    """UTF-8 with a byte order mark. Text stands as it is, everything else as JSON; an empty cell is nothing."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for kind, rows in _rows(file):
        fields = KINDS[kind].__struct_fields__
        writer.writerow([f"#{kind}", *fields])
        writer.writerows([kind, *(_cell(getattr(row, name)) for name in fields)] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cell(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def _rows(file: ScoreFile) -> Iterator[tuple[str, Iterable[msgspec.Struct]]]:
    body, fact, sealed = file.body, file.sealed.entry.fact, file.sealed
    yield "about", [
        About(
            format=file.format, rounding=file.rounding, period=file.period, seq=fact.seq, id=fact.id, at=fact.at,
            recorded_at=fact.recorded_at, actor=fact.actor, subject=fact.subject, because=fact.because,
            prev=sealed.entry.prev, hash=sealed.entry.hash, note=sealed.note, vkey=sealed.vkey, proof=sealed.proof,
            scorecard=body.scorecard, version=body.version, since=body.since, until=body.until, through=body.through,
            corrects=body.corrects, units=body.units,
        )
    ]  # fmt: skip
    yield "name", file.names
    yield "item", body.items
    yield "colour", body.colours
    yield "absent", body.absent
    yield "result", [Result(unit=r.unit, score=r.score, level=r.level, rank=r.rank, cases=r.cases) for r in body.rows]
    yield "figure", [Figure(unit=row.unit, **msgspec.structs.asdict(item)) for row in body.rows for item in row.items]
    yield "task", body.tasks
    yield "case", body.cases
    yield "ruling", body.rulings


# --- reading --------------------------------------------------------------------------------------------------


def read(raw: bytes, where: str) -> ScoreFile:
    """The file back, from either form. Raises ScoreFileError."""
    try:
        raw = raw.removeprefix(b"\xef\xbb\xbf")
        file = msgspec.json.decode(raw, type=ScoreFile) if raw.lstrip()[:1] == b"{" else _from_csv(raw.decode())
    except (msgspec.MsgspecError, UnicodeDecodeError, csv.Error, KeyError, ValueError, TypeError) as error:
        raise ScoreFileError(f"this is no exported score: {error}", where=where, remedy="Export it again.") from error
    if file.format != FORMAT or not isinstance(file.sealed.entry.fact.body, ScorePublished):
        raise ScoreFileError("this is no exported score", where=where, remedy=f"Its format should be {FORMAT}.")
    if unknown := [item.measure for item in file.body.items if item.measure not in MEASURES]:
        what = f"this release does not know the measure '{unknown[0]}'"
        raise ScoreFileError(what, where=where, remedy="Use the release that published it, or a later one.")
    return file


def _from_csv(text: str) -> ScoreFile:
    found: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    columns: list[str] = []
    for cells in csv.reader(io.StringIO(text, newline=""), strict=True):
        if not any(cells):
            continue
        kind = cells[0].removeprefix("#")
        if cells[0].startswith("#"):
            columns = [name for name in cells[1:] if name]
        else:
            found[kind].append(_struct(KINDS[kind], dict(zip(columns, cells[1:], strict=False))))
    (about,) = found["about"]
    figures: dict[str, list[ItemScore]] = {}
    for figure in found["figure"]:
        parts = msgspec.structs.asdict(figure)
        figures.setdefault(parts.pop("unit"), []).append(ItemScore(**parts))
    rows = tuple(
        UnitScore(**msgspec.structs.asdict(result), items=tuple(figures.get(result.unit, ()))) for result in found["result"]
    )
    body = ScorePublished(
        scorecard=about.scorecard, version=about.version, since=about.since, until=about.until, rows=rows,
        through=about.through, items=tuple(found["item"]), colours=tuple(found["colour"]), units=about.units,
        absent=tuple(found["absent"]), tasks=tuple(found["task"]), cases=tuple(found["case"]),
        rulings=tuple(found["ruling"]), corrects=about.corrects,
    )  # fmt: skip
    fact = Fact(
        seq=about.seq, id=about.id, at=about.at, recorded_at=about.recorded_at, actor=about.actor, subject=about.subject,
        because=about.because, body=body,
    )  # fmt: skip
    sealed = Sealed(
        entry=Entry(fact=fact, prev=about.prev, hash=about.hash), note=about.note, vkey=about.vkey, proof=about.proof
    )
    return ScoreFile(
        format=about.format, rounding=about.rounding, period=about.period, names=tuple(found["name"]), sealed=sealed
    )


def _struct(kind: type[msgspec.Struct], cells: dict[str, str]) -> msgspec.Struct:
    values: dict[str, object] = {}
    for field in msgspec.structs.fields(kind):
        cell = cells.get(field.name, "")
        if field.type is str:
            values[field.name] = cell
        elif cell:
            values[field.name] = msgspec.json.decode(cell, type=field.type)
        elif field.required:
            values[field.name] = msgspec.convert(None, field.type)
    return kind(**values)


# --- checking -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """How many figures were computed again from how many inputs, and what is not as it should be."""

    figures: int
    inputs: int
    differences: tuple[str, ...]
    edited: str
    """Why the file is not what the journal has; empty when it is."""

    @property
    def good(self) -> bool:
        return not self.differences and not self.edited


def check(file: ScoreFile) -> Checked:
    """Compute every figure again from the formula and the inputs, and hold the whole against the journal's seal."""
    body = file.body
    again = scored(body)
    names = {one.unit: f"{one.unit} {one.en}" for one in file.names}
    differences = [*_formulas(body), *_differences(body.rows, again, lambda unit: names.get(unit, unit))]
    per_unit = 3 + 5 * len(body.items)
    return Checked(
        figures=per_unit * len(again),
        inputs=len(body.tasks) + len(body.cases) + len(body.rulings),
        differences=tuple(differences),
        edited=broken(file.sealed),
    )


def _formulas(body: ScorePublished) -> Iterator[str]:
    for item in body.items:
        if item.formula != MEASURES[item.measure].formula:
            now = MEASURES[item.measure].formula
            yield f"item '{item.item}' is said to measure '{item.formula}'; this release measures '{now}'"


def _differences(published: tuple[UnitScore, ...], again: tuple[UnitScore, ...], name: Callable[[str], str]) -> Iterator[str]:
    said = {row.unit: row for row in published}
    for row in again:
        was = said.pop(row.unit, None)
        if was is None:
            yield f"{name(row.unit)} has no row in the file"
            continue
        for field in ("score", "rank", "level", "cases"):
            yield from _differ(name(row.unit), field, getattr(was, field), getattr(row, field))
        items = {item.item: item for item in was.items}
        for item in row.items:
            where = f"{name(row.unit)}, item '{item.item}'"
            if (other := items.get(item.item)) is None:
                yield f"{where} is not in the file"
                continue
            for field in ("numerator", "denominator", "value", "points", "left_out"):
                yield from _differ(where, field, getattr(other, field), getattr(item, field))
    for unit in said:
        yield f"{name(unit)} has a row in the file, but is not among the units scored"


def _differ(where: str, field: str, said: object, again: object) -> Iterator[str]:
    if said != again:
        yield f"{where}: {field.replace('_', ' ')} is {_shown(said)} in the file, {_shown(again)} by its inputs"


def _shown(value: object) -> str:
    if value is None:
        return "no data"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, tuple):
        return ", ".join(f"{one.id} ({one.why})" if isinstance(one, LeftOut) else str(one) for one in value) or "nothing"
    return str(value)
