"""Writes a synthetic pack for load tests: thousands of indicators shaped like the city's, over every unit of three levels.

    python scripts/make_load_pack.py OUT [--indicators 4700] [--units 1073]

makes the folder OUT/load. The same numbers give the same bytes. The pack requires base and chongqing and is not kept in the
repository; its indicators are marked synthetic and its thresholds mean nothing.
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

PLACES = Path(__file__).parents[1] / "packs" / "chongqing" / "places"
PLATES, TRACKS, SUB_TRACKS = 8, 55, 452
INDICATORS, UNITS = 4700, 1073
"""One city, 41 districts and special zones, 1,031 towns."""

LEVELS = ("blue", "yellow", "orange", "red")
DIRECTIONS = ("higher-is-worse",) * 5 + ("lower-is-worse",) * 4 + ("band",)
CADENCES = (("1m", "5m"), ("5m", "20m"), ("15m", "1h"), ("1h", "4h"), ("1d", "3d"), ("7d", "14d"))
HOLDS = ("0s", "60s", "300s")
ROLL_UPS = ("ratio", "sum", "max", "worst", "mean")
WINDOWS = {"1m": "10m", "5m": "1h", "15m": "3h", "1h": "12h", "1d": "7d", "7d": "28d"}

MANIFEST = """\
urn: bihuan/load
version: 1.0.0
words: {zh: 负荷测试, en: Load test}
licence: Apache-2.0
owner: Bihuan
requires: [base, chongqing]
synthetic: true
about: Synthetic indicators for load tests, written by scripts/make_load_pack.py. Nothing in it is measured or means anything.
"""


def spread(number: int, total: int, over: int) -> int:
    """Which of `over` headings the entry `number` of `total` stands under, all evenly filled."""
    return number * over // total


def write(out: Path, indicators: int = INDICATORS, units: int = UNITS) -> Path:
    """Writes the pack folder and returns it. Raises ValueError for more units than there are."""
    folder = out / "load"
    (folder / "signs").mkdir(parents=True, exist_ok=True)
    (folder / "pack.yaml").write_text(MANIFEST, encoding="utf-8")
    (folder / "headings.yaml").write_text("\n".join(headings()) + "\n", encoding="utf-8")
    about = subject(units)
    files: dict[int, list[int]] = {}
    for number in range(indicators):
        files.setdefault(spread(spread(number, indicators, SUB_TRACKS), SUB_TRACKS, TRACKS), []).append(number)
    for track, numbers in files.items():
        lines = ["indicators:"]
        for number in numbers:
            lines += indicator(number, spread(number, indicators, SUB_TRACKS), about)
        lines.append("ladders:")
        for number in numbers:
            lines += ladder(number)
        lines += ["groups:", *groups(track, numbers)]
        (folder / "signs" / f"{track + 1:02d}.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def subject(units: int) -> str:
    """All units, or the first so many of them, the city first."""
    if units == UNITS:
        return "{places: [city, district, town], zones: true}"
    codes = [row["code"] for name in ("city", "districts", "towns") for row in rows(name)]
    if not 0 < units <= len(codes):
        raise ValueError(f"there are {len(codes)} units, not {units}")
    listed = ", ".join(f'"{code}"' for code in codes[:units])
    return f"{{places: [city, district, town], zones: true, only: [{listed}]}}"


def rows(name: str) -> Iterator[dict[str, str]]:
    with (PLACES / f"{name}.csv").open(encoding="utf-8", newline="") as text:
        yield from csv.DictReader(text)


def headings() -> Iterator[str]:
    yield "plates:"
    for plate in range(PLATES):
        yield f"  - {{id: load-{plate + 1}, words: {{zh: 负荷板块{plate + 1}, en: Load plate {plate + 1}}}}}"
    yield "tracks:"
    for track in range(TRACKS):
        plate, number = spread(track, TRACKS, PLATES) + 1, f"{track + 1:02d}"
        yield f"  - {{id: load-t{number}, plate: load-{plate}, words: {{zh: 负荷跑道{number}, en: Load track {number}}}}}"
    yield "sub_tracks:"
    for sub in range(SUB_TRACKS):
        track, name = spread(sub, SUB_TRACKS, TRACKS) + 1, f"{sub + 1:03d}"
        words = f"{{zh: 负荷子跑道{name}, en: Load sub-track {name}}}"
        yield f"  - {{id: load-s{name}, track: load-t{track:02d}, words: {words}}}"


def indicator(number: int, sub_track: int, about: str) -> Iterator[str]:
    cadence, stale = CADENCES[number % len(CADENCES)]
    yield f"  - id: load-{number + 1:04d}"
    yield f"    words: {{zh: 负荷体征{number + 1:04d}, en: Load sign {number + 1:04d}}}"
    yield f"    sub_track: load-s{sub_track + 1:03d}"
    yield '    unit: "1"'
    yield f"    subject: {about}"
    yield f"    cadence: {cadence}"
    yield f"    stale_after: {stale}"
    yield f"    direction: {DIRECTIONS[number % len(DIRECTIONS)]}"
    yield "    origin: synthetic"
    yield "    origin_note: {zh: 负荷测试的合成数据, en: Synthetic data for load tests}"
    yield f"    ladder: load-{number + 1:04d}"
    yield f"    roll_up: {ROLL_UPS[number % len(ROLL_UPS)]}"
    yield "    least: 0"
    yield "    most: 100"


def ladder(number: int) -> Iterator[str]:
    """Four levels with hysteresis; every seventh ladder looks at a window. A band has a rung on either side of each."""
    yield f"  - id: load-{number + 1:04d}"
    yield f"    words: {{zh: 负荷阶梯{number + 1:04d}, en: Load ladder {number + 1:04d}}}"
    yield "    source: {issuer: Bihuan, document: made up for load tests, version: '1', confidence: own-judgement}"
    yield "    rungs:"
    cadence, hold = CADENCES[number % len(CADENCES)][0], HOLDS[number % len(HOLDS)]
    window = f", window: {{fold: mean, over: {WINDOWS[cadence]}, missing: 0.5}}" if number % 7 == 0 else ""
    direction, base = DIRECTIONS[number % len(DIRECTIONS)], 70 + number % 10
    for step, level in enumerate(LEVELS):
        up, down = base + 5 * step, 100 - base - 5 * step
        sides = {"higher-is-worse": (">=",), "lower-is-worse": ("<=",), "band": ("<=", ">=")}[direction]
        for op in sides:
            value, clear = (up, f'"<", value: {up - 2}') if op == ">=" else (down, f'">", value: {down + 2}')
            raises = f'raise: {{op: "{op}", value: {value}}}, for: {hold}, clear: {{op: {clear}}}'
            yield f"      - {{level: {level}{window}, {raises}}}"


def groups(track: int, numbers: list[int]) -> Iterator[str]:
    """Indicators of a track, ten to a group, warn as one at each unit."""
    for part, first in enumerate(range(0, len(numbers), 10)):
        name = f"{track + 1:02d}-{part + 1:02d}"
        yield f"  - id: load-{name}"
        yield f"    words: {{zh: 负荷组{name}, en: Load group {name}}}"
        yield f"    indicators: [{', '.join(f'load-{number + 1:04d}' for number in numbers[first : first + 10])}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--indicators", type=int, default=INDICATORS)
    parser.add_argument("--units", type=int, default=UNITS)
    arguments = parser.parse_args()
    print(write(arguments.out, arguments.indicators, arguments.units))


if __name__ == "__main__":
    main()
