"""A seeded town that closes cases, most of them honestly: 64 grids, 148 doing units, 90 days, and the truth of every closing.

Units only, no persons. What goes on here is told to the loop as reports, claims and photos, as in a real town; which closing
is sham only the one who measures knows. The rules know nothing of this file, and this file asks nothing of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

import numpy as np
import numpy.typing as npt

from bihuan.model.times import DAY, HOUR, MINUTE, SECOND, local_floor
from bihuan.pack.rules import Rules

SIDE = 8
"""Grids along each side of the town."""
GRID_METRES = 400.0
LON, LAT = 106.50, 29.50
TOWN = "901"
TOWN_ROLES = ("roads", "water", "greenery", "waste")

PERIOD = 30 * DAY
MEDIAN_HOURS = 42.748
"""From report to when work is done, before the hours of units are asked: the median of a big city's 311 requests."""

HONEST, AT_ONCE, OLD_PHOTO, ELSEWHERE, AT_NIGHT, PLAUSIBLE = range(6)
SHAMS = ("honest", "claimed at once", "an old photo", "from elsewhere", "at night", "plausible")
MIX = {AT_ONCE: 0.30, OLD_PHOTO: 0.25, ELSEWHERE: 0.15, AT_NIGHT: 0.10, PLAUSIBLE: 0.20}
"""Of sham closings. The last kind leaves no trace: only somebody who goes there finds it."""

Numbers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

# --- the pack -------------------------------------------------------------------------------------------------


def town_packs(base: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The town on top of the base pack's levels, lives and calendar, by pack and path. No scorecards: nobody is judged."""
    needed = ("pack.yaml", "levels.yaml", "calendars.yaml", "lives.yaml", "sentences.yaml")
    return {"base": {path: base[path] for path in needed}, "town": _town_pack()}


def _town_pack() -> dict[str, str]:
    return {
        "pack.yaml": _MANIFEST,
        "places.csv": "\n".join(_places()) + "\n",
        "departments.yaml": _DEPARTMENTS,
        "cases.yaml": "cases:\n" + "".join(_case(kind) for kind, _ in KINDS),
        "plans.yaml": "plans:\n" + "".join(_plan(kind, to) for kind, to in KINDS),
    }


KINDS = (
    ("litter", "{down: grid}"),
    ("fixture", "{role: patrol, at: grid}"),
    ("repair", "{role: repair, at: village}"),
    *((role, f"{{role: {role}, at: town}}") for role in TOWN_ROLES),
)
"""Types of cases, and who does them."""

_MANIFEST = """\
urn: bihuan/synthetic-town
version: 1.0.0
words: {zh: 模拟镇, en: Synthetic town}
licence: Apache-2.0
owner: Bihuan
requires: [base]
places: [places.csv]
synthetic: true
review_by: "2030-01-01"
"""

_DEPARTMENTS = """\
departments:
  - {role: patrol, words: {zh: 巡查, en: Patrol}, at: [grid]}
  - {role: repair, words: {zh: 维修, en: Repair}, at: [village]}
  - {role: roads, words: {zh: 道路, en: Roads}, at: [town]}
  - {role: water, words: {zh: 供排水, en: Water}, at: [town]}
  - {role: greenery, words: {zh: 绿化, en: Greenery}, at: [town]}
  - {role: waste, words: {zh: 环卫, en: Waste}, at: [town]}
  - {role: reception, words: {zh: 受理, en: Reception}, at: [town], checker: true}
  - {role: inspection, words: {zh: 核查, en: Inspection}, at: [town], checker: true}
  - {role: audit, words: {zh: 督查, en: Audit}, at: [town], checker: true}
"""


def _places() -> list[str]:
    """A town, its 16 villages of two grids by two, and 64 grids in rows and columns."""
    rows = ["code,name,level,parent,lon,lat,name_en,synthetic"]
    rows.append(f"{TOWN},模拟镇,town,,{LON},{LAT},Synthetic Town,true")
    for n in range(16):
        rows.append(f"{TOWN}{n:02d},第{n + 1}社区,village,{TOWN},{LON},{LAT},Village {n + 1},true")
    for n in range(SIDE * SIDE):
        lon, lat = grid_at(n)
        rows.append(f"{grid_code(n)},网格{n + 1},grid,{TOWN}{village_of(n):02d},{lon:.6f},{lat:.6f},Grid {n + 1},true")
    return rows


def village_of(grid: int) -> int:
    row, column = divmod(grid, SIDE)
    return row // 2 * (SIDE // 2) + column // 2


def grid_code(grid: int) -> str:
    return f"{TOWN}{village_of(grid):02d}{grid:03d}"


def grid_at(grid: int) -> tuple[float, float]:
    """Its middle, in degrees."""
    row, column = divmod(grid, SIDE)
    return LON + degrees_east(column * GRID_METRES), LAT + degrees_north(row * GRID_METRES)


def degrees_east(metres: float) -> float:
    return metres / (111_195 * float(np.cos(np.radians(LAT))))


def degrees_north(metres: float) -> float:
    return metres / 111_195


def _case(kind: str) -> str:
    return f"""\
  - id: {kind}
    words: {{zh: {kind}, en: {kind}}}
    holder: village
    verify: inspection
    verify_at: town
    check: 5wd
    receive: {{role: reception, at: town, within: 1d}}
    sham: 60s
    proof_metres: 300
    odd_hours: {{least: 50, share: 0.005, near: 1}}
    recheck: {{role: audit, at: town, share: 0.06, least: 5, every: 30d, within: 5wd}}
"""


def _plan(kind: str, to: str) -> str:
    return f"""\
  - id: {kind}
    words: {{zh: {kind}, en: {kind}}}
    trigger: {{report: {{case: {kind}}}}}
    case: {kind}
    steps:
      - {{id: do, words: {{zh: 处置, en: Do it}}, to: {to}, sign: 2d, done: 7wd, proof: [photo, position]}}
"""


# --- what happens ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Town:
    """One row a case, in the order reported. Times are ms UTC; `kind` indexes KINDS, `sham` SHAMS."""

    began: int
    until: int
    grid: Numbers
    kind: Numbers
    unit: tuple[str, ...]
    reported: Numbers
    registered: Numbers
    signed: Numbers
    claimed: Numbers
    verified: Numbers
    sham: Numbers
    photo: tuple[str, ...]
    lon: Reals
    lat: Reals
    proof_lon: Reals
    proof_lat: Reals
    looked_after: Numbers
    """How long after being asked, at midnight, somebody goes there again."""
    misjudged: npt.NDArray[np.bool_]
    """Whoever looks again finds what is not so."""

    def __len__(self) -> int:
        return len(self.reported)

    @property
    def units(self) -> int:
        return len(set(self.unit))


@dataclass(frozen=True, kw_only=True)
class Habits:
    """When each unit works: its hours of a day, whether on days off too, whether round the clock."""

    opens: Reals
    closes: Reals
    weekends: npt.NDArray[np.bool_]
    shifts: npt.NDArray[np.bool_]


def doers() -> list[tuple[str, int, list[int]]]:
    """The 148 doing units: id, index of the kind of case they do, and the grids they do it in."""
    grids = range(SIDE * SIDE)
    out: list[tuple[str, int, list[int]]] = [(grid_code(n), 0, [n]) for n in grids]
    out += [(f"{grid_code(n)}.patrol", 1, [n]) for n in grids]
    out += [(f"{TOWN}{v:02d}.repair", 2, [n for n in grids if village_of(n) == v]) for v in range(16)]
    out += [(f"{TOWN}.{role}", 3 + n, list(grids)) for n, role in enumerate(TOWN_ROLES)]
    return out


def town(rules: Rules, seed: int, *, days: int = 90, per_day: float = 1.25, shams: float = 0.05) -> Town:
    """A town of its own for every seed: `per_day` cases a unit on average, some units with many more than others."""
    draw = np.random.default_rng(seed)
    began = local_floor(1_759_000_000_000, PERIOD, rules.zone)  # before the autumn of 2025
    units = doers()
    busy = draw.gamma(6.0, 1 / 6.0, len(units)) * per_day * days
    counts = draw.poisson(busy)
    unit = np.repeat(np.arange(len(units)), counts)
    size = len(unit)
    habits = _habits(draw, len(units))
    works = _calendar(rules, began, days + 60)

    reported = began + _arrivals(draw, size, days)
    order = np.argsort(reported, kind="stable")
    unit, reported = unit[order], reported[order]
    registered = reported + draw.integers(1, 20, size) * MINUTE + draw.integers(0, 60_000, size)
    length = np.maximum(draw.lognormal(np.log(40 * MINUTE), 0.8, size), 61 * SECOND).astype(np.int64)
    quick = draw.random(size) < 0.001  # done while walking past, and reported at once
    length[quick] = draw.integers(20_000, 60_000, int(quick.sum()))
    wanted = registered + draw.lognormal(np.log(MEDIAN_HOURS * HOUR), 1.0, size).clip(2 * HOUR, 21 * DAY).astype(np.int64)
    claimed = _at_work(draw, habits, works, unit, wanted, began, rules)
    signed = np.maximum(claimed - length, registered + 2 * MINUTE)
    claimed = signed + length

    sham = _shams(draw, size, shams)
    claimed = _too_soon(draw, sham, signed, claimed)
    claimed = _by_night(draw, sham, signed, claimed, rules)
    grid = np.array([units[u][2][int(x * len(units[u][2]))] for u, x in zip(unit.tolist(), draw.random(size), strict=True)])
    lon, lat, proof_lon, proof_lat = _positions(draw, sham, grid)
    return Town(
        began=began,
        until=began + days * DAY,
        grid=grid,
        kind=np.array([kind for _, kind, _ in units])[unit],
        unit=tuple(units[u][0] for u in unit.tolist()),
        reported=reported,
        registered=registered,
        signed=signed,
        claimed=claimed,
        verified=claimed + draw.lognormal(np.log(4 * HOUR), 0.7, size).clip(5 * MINUTE, 6 * DAY).astype(np.int64),
        sham=sham,
        photo=_photos(draw, seed, sham, unit, claimed),
        lon=lon,
        lat=lat,
        proof_lon=proof_lon,
        proof_lat=proof_lat,
        looked_after=draw.integers(0, 5, size) * DAY + draw.integers(8 * HOUR, 12 * HOUR, size),
        misjudged=np.where(sham == HONEST, draw.random(size) < 0.0005, draw.random(size) < 0.01),
    )


def _habits(draw: np.random.Generator, units: int) -> Habits:
    return Habits(
        opens=draw.normal(8.0, 0.5, units),
        closes=draw.normal(17.8, 0.6, units),
        weekends=draw.random(units) < 0.35,
        shifts=draw.random(units) < 0.08,
    )


def _calendar(rules: Rules, began: int, days: int) -> npt.NDArray[np.bool_]:
    """Whether each day from the first on is a working day."""
    first = datetime.fromtimestamp(began / 1000, rules.zone).date()
    return np.array([rules.working.works(first + timedelta(days=day)) for day in range(days)])


def _arrivals(draw: np.random.Generator, size: int, days: int) -> Numbers:
    """Reports by hour: most from seven in the morning to nine in the evening, a few at night."""
    hours = np.array([1, 1, 1, 1, 1, 2, 5, 9, 12, 12, 11, 9, 8, 9, 11, 11, 10, 9, 8, 7, 5, 4, 2, 1], dtype=np.float64)
    hour = draw.choice(24, size, p=hours / hours.sum())
    return draw.integers(0, days, size) * DAY + hour * HOUR + draw.integers(0, HOUR, size)


def _at_work(
    draw: np.random.Generator,
    habits: Habits,
    works: npt.NDArray[np.bool_],
    unit: Numbers,
    wanted: Numbers,
    began: int,
    rules: Rules,
) -> Numbers:
    """A moment in the unit's hours, on the day wanted or the next on which it works; one in a thousand stays late."""
    size = len(unit)
    day = (wanted - local_floor(began, DAY, rules.zone)) // DAY
    on_duty = habits.shifts[unit] | (habits.weekends[unit] & (draw.random(size) < 0.6))
    for _ in range(12):
        off = ~works[np.minimum(day, len(works) - 1)] & ~on_duty
        day = np.where(off, day + 1, day)
    span = habits.closes[unit] - habits.opens[unit]
    hour = habits.opens[unit] + span * draw.beta(1.4, 1.2, size)
    hour = np.where(habits.shifts[unit], draw.random(size) * 24, hour)
    hour = np.where(draw.random(size) < 0.001, draw.uniform(18.5, 23.5, size), hour)
    at = local_floor(began, DAY, rules.zone) + day * DAY + (hour * HOUR).astype(np.int64)
    return np.asarray(np.where(at > wanted - 12 * HOUR, at, at + DAY), dtype=np.int64)


def _shams(draw: np.random.Generator, size: int, share: float) -> Numbers:
    kinds = draw.choice(list(MIX), size, p=list(MIX.values()))
    return np.where(draw.random(size) < share, kinds, HONEST)


def _too_soon(draw: np.random.Generator, sham: Numbers, signed: Numbers, claimed: Numbers) -> Numbers:
    return np.where(sham == AT_ONCE, signed + draw.integers(3 * SECOND, 50 * SECOND, len(sham)), claimed)


def _by_night(draw: np.random.Generator, sham: Numbers, signed: Numbers, claimed: Numbers, rules: Rules) -> Numbers:
    """Between one and four in the night after signing, when nobody was there."""
    midnight = local_floor(0, DAY, rules.zone)
    night = (signed - midnight) // DAY * DAY + midnight + DAY + draw.integers(HOUR, 4 * HOUR, len(sham))
    return np.where(sham == AT_NIGHT, night, claimed)


def _positions(draw: np.random.Generator, sham: Numbers, grid: Numbers) -> tuple[Reals, Reals, Reals, Reals]:
    """Where cases are and where proof was taken: a dozen metres off, now and then hundreds where walls stand high."""
    size = len(grid)
    middle = np.array([grid_at(n) for n in range(SIDE * SIDE)])[grid]
    lon = middle[:, 0] + degrees_east(1.0) * draw.uniform(-200, 200, size)
    lat = middle[:, 1] + degrees_north(1.0) * draw.uniform(-200, 200, size)
    off = np.abs(draw.normal(0, 12, size))
    off = np.where(draw.random(size) < 0.004, draw.uniform(100, 600, size), off)
    off = np.where(sham == ELSEWHERE, draw.uniform(450, 5_000, size), off)
    turn = draw.uniform(0, 2 * np.pi, size)
    return lon, lat, lon + degrees_east(1.0) * off * np.cos(turn), lat + degrees_north(1.0) * off * np.sin(turn)


def _photos(draw: np.random.Generator, seed: int, sham: Numbers, unit: Numbers, claimed: Numbers) -> tuple[str, ...]:
    """A photo of its own for each claim, except the old ones; one honest one in a thousand is mixed up as well."""
    photos = [sha256(f"{seed} {n}".encode()).hexdigest() for n in range(len(unit))]
    mixed = (sham == OLD_PHOTO) | (draw.random(len(unit)) < 0.001)
    chosen = draw.random(len(unit))
    before: dict[int, list[int]] = {}
    for n in np.argsort(claimed, kind="stable").tolist():
        mine = before.setdefault(int(unit[n]), [])
        if mixed[n] and mine:
            photos[n] = photos[mine[int(chosen[n] * len(mine))]]
        mine.append(n)
    return tuple(photos)
