"""Good batches next to poison: `python -m bench.poison` (`--full`).

Senders post ten thousand good readings by id every 119 ms (84,000 a second). Times with poison take turns with times without:
five times a second a stranger posts, one kind after the other, what is no batch at all, what is too much, and what has good
rows among bad ones. Wanted: every good batch is taken, every bad one is told what, where and what to do, good rows of mixed
ones are kept and bad ones listed by number, and the good senders' acknowledgements take at most half as long again.

`--full`: 20 turns instead of twelve.
"""

import argparse
import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.gates import Gate, at_most, middle_half, report
from bench.intake import bodies, calm, catalogue, stream
from bench.prometheus import CannotRun
from bench.running import Centre, p, packs, serving

ARROW, JSON, CSV = "application/vnd.apache.arrow.stream", "application/json", "text/csv"
REACH, AIM = 1.5, 1.2
TURN_S, POISON_EVERY_S = 5.0, 0.2
ROWS = 10_000
RATE = 84_000
HOUR_MS = 3_600_000


@dataclass(frozen=True, kw_only=True)
class Poison:
    """A body nobody should send. `bad` are its rows that must be refused by number; without, all of it is refused."""

    name: str
    kind: str
    body: bytes
    status: tuple[int, ...]
    bad: tuple[int, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def mixed(self) -> bool:
        return self.status == (200,)


@dataclass(frozen=True, kw_only=True)
class Where:
    """A series to write good rows about, and whose ids are in force."""

    indicator: str
    place: str
    id: int
    catalogue: str
    series: int


def poisons(where: Where, now: int) -> list[Poison]:
    """One of each kind. Times begin at `now`, which must be the centre's."""
    good = {"indicator": where.indicator, "place": where.place, "value": 50.0}
    rows = [{**good, "at": now - 1000 + n} for n in range(6)]
    return [*_no_batches(where, rows, now), *_too_much(where, now), *_mixed(where, rows, now)]


def _no_batches(where: Where, rows: list[dict[str, Any]], now: int) -> Iterator[Poison]:
    table = _by_name(rows)
    whole = stream(table)
    yield Poison(name="Arrow cut off in the middle", kind=ARROW, body=whole[: len(whole) // 2], status=(400,))
    noise = np.random.default_rng(5).bytes(20_000)
    yield Poison(name="noise that says it is Arrow", kind=ARROW, body=noise, status=(400,))
    flipped = bytearray(whole)
    flipped[len(flipped) // 3 : len(flipped) // 3 + 40] = b"\xff" * 40
    yield Poison(name="Arrow with bytes overwritten", kind=ARROW, body=bytes(flipped), status=(400,))
    words = table.set_column(3, "value", pa.array(["a lot"] * len(rows)))
    yield Poison(name="text where numbers belong", kind=ARROW, body=stream(words), status=(400,))
    lists = table.set_column(3, "value", pa.array([[1.0]] * len(rows)))
    yield Poison(name="lists where numbers belong", kind=ARROW, body=stream(lists), status=(400,))
    twice = table.append_column("value", table["value"])
    yield Poison(name="a column twice", kind=ARROW, body=stream(twice), status=(400,))
    yield Poison(name="a column missing", kind=ARROW, body=stream(table.drop_columns(["at"])), status=(400,))
    yield Poison(name="ids of another catalogue", kind=ARROW, body=_by_id([where.id], [now], "0" * 64), status=(409,))
    yield Poison(name="another media type", kind="application/pdf", body=b"%PDF-1.7", status=(415,))
    yield Poison(name="JSON that does not end", kind=JSON, body=b'[{"indicator": "', status=(400,))
    yield Poison(name="JSON a hundred thousand deep", kind=JSON, body=b"[" * 100_000 + b"]" * 100_000, status=(400,))
    yield Poison(name="JSON that is no rows", kind=JSON, body=b'{"rows": 7}', status=(400,))
    broken = json.dumps(rows).replace("}, {", "} {", 1).encode()
    yield Poison(name="JSON broken in the middle", kind=JSON, body=broken, status=(400,))
    nothing = json.dumps([{**row, "at": None} for row in rows]).encode()
    yield Poison(name="JSON of rows that are all none", kind=JSON, body=nothing, status=(400,))
    yield Poison(name="nothing", kind=JSON, body=b"", status=(400,))
    yield Poison(name="CSV that is no text", kind=CSV, body=b"indicator,place,at,value\n\xff\xfe\x00\xff", status=(400,))


def _too_much(where: Where, now: int) -> Iterator[Poison]:
    many = 1_000_001
    rows = _by_id(np.full(many, where.id), np.full(many, now), where.catalogue)
    yield Poison(name="a row more than a million", kind=ARROW, body=rows, status=(400,))
    yield Poison(name="zeros packed a thousandfold", kind=ARROW, body=bomb(), status=(400,))
    yield Poison(name="more bytes than a body may have", kind=JSON, body=b" " * (33 << 20), status=(413,))


def _mixed(where: Where, rows: list[dict[str, Any]], now: int) -> Iterator[Poison]:
    def changed(**values: Any) -> list[dict[str, Any]]:
        """Row 2 and row 5 spoilt."""
        return [{**row, **values} if n in (2, 5) else row for n, row in enumerate(rows, 1)]

    def two(name: str, kind: str, body: bytes) -> Poison:
        return Poison(name=name, kind=kind, body=body, status=(200,), bad=(2, 5))

    yield two("infinite values", ARROW, stream(_by_name(changed(value=np.inf))))
    yield two("values that cannot be", ARROW, stream(_by_name(changed(value=1e9))))
    yield two("indicators nobody knows", ARROW, stream(_by_name(changed(indicator="nonsense"))))
    yield two("places nobody knows", ARROW, stream(_by_name(changed(place="nowhere"))))
    yield two("times to come", ARROW, stream(_by_name(changed(at=now + 48 * HOUR_MS))))
    yield two("times before all calendars", ARROW, stream(_by_name(changed(at=-(2**61)))))
    yield two("words in JSON's numbers", JSON, json.dumps(changed(value="much")).encode())
    yield two("rows of JSON without a name", JSON, json.dumps(changed(indicator="")).encode())
    yield two("times of JSON that are null", JSON, json.dumps(changed(at=None)).encode())
    yield two("objects in JSON's numbers", JSON, json.dumps(changed(value={})).encode())
    yield two("a field in JSON that nobody knows", JSON, json.dumps(changed(colour="red")).encode())
    short = [{name: row[name] for name in row if n not in (2, 5) or name != "place"} for n, row in enumerate(rows, 1)]
    yield two("a field missing in JSON", JSON, json.dumps(short).encode())
    ids = [where.id, where.series + 7, where.id, where.id, -3, where.id]
    at = [now - 1000 + n for n in range(6)]
    yield two("ids that are none", ARROW, _by_id(ids, at, where.catalogue))
    lines = ["indicator,place,at,value", *(f"{where.indicator},{where.place},{row['at']},50" for row in rows)]
    lines[2] = lines[5] = f"{where.indicator},{where.place},yesterday,50"
    # CSV goes by lines, as whoever opens the file sees them: the heading is the first.
    body = "\n".join(lines).encode()
    yield Poison(name="CSV with times that are none", kind=CSV, body=body, status=(200,), bad=(3, 6))


def _by_name(rows: list[dict[str, Any]]) -> pa.Table:
    columns = {name: [row[name] for row in rows] for name in ("indicator", "place", "at", "value")}
    return pa.table({**columns, "at": pa.array(columns["at"], pa.int64()), "value": pa.array(columns["value"], pa.float64())})


def _by_id(series: Any, at: Any, known: str) -> bytes:
    table = pa.table(
        {"series": pa.array(series, pa.int64()), "at": pa.array(at, pa.int64()), "value": np.full(len(series), 50.0)}
    )
    return stream(table.replace_schema_metadata({"Bihuan-Catalogue": known}))


def bomb(mb: int = 1_024) -> bytes:
    """Arrow whose buffers unpack to so many MiB of zeros, in some hundred kilobytes."""
    rows = mb * 131_072 // 3
    zeros = pa.table({name: np.zeros(rows, np.int64) for name in ("series", "at")} | {"value": np.zeros(rows)})
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd"))
    with pa.ipc.new_stream(sink, zeros.schema, options=options) as writer:
        writer.write_table(zeros)
    raw: bytes = sink.getvalue().to_pybytes()
    return raw


# --- judging what is answered ---


def judge(poison: Poison, status: int, raw: bytes) -> str:
    """What is wrong with an answer; empty when it is as it should be."""
    try:
        said = json.loads(raw)
    except ValueError:
        return f"{poison.name}: {status} with no JSON: {raw[:80]!r}"
    if status not in poison.status:
        return f"{poison.name}: answered {status}, not {poison.status[0]}: {str(said)[:200]}"
    if poison.mixed:
        listed = tuple(row["row"] for row in said["refused"])
        reasons = all(row["what"] and row["remedy"] for row in said["refused"])
        kept = said["accepted"] == said["rows"] - len(poison.bad)
        return "" if listed == poison.bad and reasons and kept else f"{poison.name}: {str(said)[:300]}"
    untold = [name for name in ("what", "where", "remedy") if not said.get(name)]
    return f"{poison.name}: no {' and no '.join(untold)} in {str(said)[:200]}" if untold else ""


def post(line: http.client.HTTPConnection, poison: Poison) -> tuple[int, bytes]:
    """Status and body of the answer. A server may answer, and hang up, before it has read all of what is too much."""
    line.putrequest("POST", "/live/readings")
    for name, value in {"content-type": poison.kind, "content-length": str(len(poison.body)), **poison.headers}.items():
        line.putheader(name, value)
    line.endheaders()
    with suppress(BrokenPipeError, ConnectionResetError):
        line.send(poison.body)
    answer = line.getresponse()
    return answer.status, answer.read()


# --- neighbours ---


@dataclass(slots=True)
class Stranger:
    """Posts poison while `on`, one kind after the other."""

    centre: Centre
    where: Where
    on: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    posted: int = 0
    wrong: dict[str, None] = field(default_factory=dict)

    def run(self) -> None:
        line = self.centre.line()
        kinds = poisons(self.where, int(time.time() * 1000))
        due = time.perf_counter()
        while not self.stop.is_set():
            if not self.on.wait(0.1):
                due = time.perf_counter()
                line.close()  # the server hangs up idle lines
                continue
            if (wait := due - time.perf_counter()) > 0:
                time.sleep(min(wait, 0.1))
                continue
            due += POISON_EVERY_S
            poison = kinds[self.posted % len(kinds)]
            self.posted += 1
            try:
                found = judge(poison, *post(line, poison))
            except (OSError, http.client.HTTPException) as error:
                found = f"{poison.name}: no answer ({error!r})"
                line.close()
            if found:
                self.wrong[found] = None
        line.close()


@dataclass(frozen=True, kw_only=True)
class Result:
    plain: list[list[float]]
    """By turn, seconds to the acknowledgement of each good batch."""
    poisoned: list[list[float]]
    refused: list[str]
    """Good batches that were not taken."""
    posted: int
    kinds: int
    wrong: list[str]
    why: str


@contextmanager
def stranger(centre: Centre, where: Where) -> Iterator[Stranger]:
    one = Stranger(centre, where)
    thread = threading.Thread(target=one.run)
    thread.start()
    try:
        yield one
    finally:
        one.stop.set()
        one.on.set()
        thread.join()


def measure(folder: Path, indicators: int, turns: int) -> Result:
    with serving(folder, packs(folder, indicators)) as centre:
        known = catalogue(centre.get("/live/series"))
        values, make = calm(known), bodies(known)["Arrow ids"][1]
        first = next(n for n, name in enumerate(known.indicators) if name.startswith("load-"))
        begin = int(np.argmax(known.indicator == first))
        where = Where(
            indicator=known.indicators[first],
            place=known.places[int(known.place[begin])],
            id=begin,
            catalogue=known.digest,
            series=len(known),
        )
        line, refused = centre.line(), list[str]()
        took: dict[bool, list[list[float]]] = {False: [], True: []}
        sent = 0
        with stranger(centre, where) as one:
            for turn in range(-1, 2 * turns):  # one to warm up
                poisoned = turn % 2 == 1
                (one.on.set if poisoned else one.on.clear)()
                spans: list[float] = []
                until = due = time.perf_counter()
                while due < until + TURN_S:
                    time.sleep(max(0.0, due - time.perf_counter()))
                    part = slice(start := begin + sent % 4 * ROWS, start + ROWS)
                    body = make(part, int(time.time() * 1000), values[sent % len(values), part])
                    sent += 1
                    began = time.perf_counter()
                    line.request("POST", "/live/readings", body, {"content-type": ARROW})
                    answer = line.getresponse()
                    raw = answer.read()
                    spans.append(time.perf_counter() - began)
                    if answer.status != 200 or json.loads(raw)["accepted"] != ROWS:
                        refused.append(f"{answer.status} {raw[:200]!r}")
                    due += ROWS / RATE
                if turn >= 0:
                    took[poisoned].append(spans)
        line.close()
        centre.get("/live/hello")
        kinds = len(poisons(where, 0))
    return Result(
        plain=took[False],
        poisoned=took[True],
        refused=refused,
        posted=one.posted,
        kinds=kinds,
        wrong=list(one.wrong),
        why=centre.why(),
    )


def gates(result: Result) -> list[Gate]:
    plain, poisoned = ([second for turn in turns for second in turn] for turns in (result.plain, result.poisoned))
    one = [1.0]
    return [
        at_most("poison: good batches not taken", "batches", [float(len(result.refused))], one, reach=0, aim=0),
        at_most("poison: kinds not answered as they should be", "kinds", [float(len(result.wrong))], one, reach=0, aim=0),
        at_most("poison: neighbours' p50 / without", "ms", [p(0.5, poisoned)], [p(0.5, plain)], reach=REACH, aim=AIM),
        at_most("poison: neighbours' p99 / without", "ms", [p(0.99, poisoned)], [p(0.99, plain)], reach=REACH, aim=AIM),
    ]


def notes(result: Result, full: bool) -> list[str]:
    lines = [
        f"{result.posted} times poison of {result.kinds} kinds, {len(result.plain)} turns without and as many with it"
        + ("" if full else " (short; 20 with --full)")
    ]
    for name, turns in (("without", result.plain), ("with poison", result.poisoned)):
        worst = [p(0.99, turn) for turn in turns]
        low, high = middle_half(worst) or (min(worst), max(worst))
        lines.append(
            f"{name}: {sum(map(len, turns))} batches; p99 of a turn: middle half {low:.1f} - {high:.1f} ms, longest of all"
            f" {max(max(turn) for turn in turns) * 1e3:.1f} ms"
        )
    return [*lines, *(f"not taken: {what}" for what in result.refused[:3]), *(f"wrong: {what}" for what in result.wrong)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="20 turns")
    parser.add_argument("--indicators", type=int, default=470)
    parser.add_argument("--turns", type=int)
    options = parser.parse_args()
    turns = options.turns or (20 if options.full else 12)
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as name:
        try:
            result = measure(Path(name), options.indicators, turns)
        except CannotRun as error:
            print(f"not run: {error}")
            return 2
    return report("poison", gates(result), notes(result, options.full), why=result.why)


if __name__ == "__main__":
    raise SystemExit(main())
