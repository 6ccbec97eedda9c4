"""Cases going through their lives, beside bare commits and beside two ticket systems: `python -m bench.transitions`.

A life: reported, registered, sent to a unit, signed, claimed, verified, closed: seven transitions by five commands of four
posts, sixteen facts. One command a turn and a commit: held against bare commits of rows of the same bytes into SQLite with
`synchronous = full` in the same folder, in turn. A thousand commands a turn and a commit: transitions per CPU-second, with
the state check, the canonical JSON, the hash chain, the tree head, the indexes and the fold of all seven stages. Garbage is
collected as seldom as in the server.

Roundup and django-helpdesk do their own life in the same run, each in a process of its own, from a virtualenv that is made
once under `.cache/bench`: created, assigned, resolved, closed; four transitions, each committed by their own Python API to
SQLite. Fairness: they also check permissions, prepare mails (none is sent) and write histories for people to read; ours also
routes, sends tasks, keeps clocks and chains hashes. Compared are transitions. About a minute.
"""

import argparse
import cProfile
import json
import pstats
import sqlite3
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.gates import ROOT, Gate, at_least, report
from bihuan.app.collecting import settle
from bihuan.app.packs import gather
from bihuan.journal.sqlite import SqliteJournal
from bihuan.loop.turn import Inputs, Loop
from bihuan.model.commands import Command
from bihuan.model.facts import Fact, Proof
from bihuan.pack.load import load
from bihuan.pack.rules import Rules

PEERS = {"roundup": "roundup==2.6.0", "helpdesk": "django-helpdesk==2.6.1"}
PINNED = (*PEERS.values(), "Django==5.2.19")
HOME = ROOT / ".cache" / "bench" / "peers"

START = 1_788_220_800_000
"""Tuesday 1 September 2026, 08:00 in the city."""
GROUP = 1_000
PER_LIFE = 7
MOVES = frozenset(
    {"case-reported", "case-registered", "task-sent", "task-signed", "task-claimed", "task-verified", "case-closed"}
)
"""The facts by which a case or its task goes on: what is counted. The others say what was asked, and why."""

TOWN = {
    "pack.yaml": """\
urn: bihuan/bench-town
version: 1.0.0
words: {zh: 城, en: Town}
licence: Apache-2.0
owner: Bihuan
requires: [base]
places: [places.csv]
review_by: "2030-01-01"
""",
    "places.csv": "code,name,level,parent,lon,lat,name_en\n1,城,city,,106.5,29.5,City\n11,区,district,1,106.5,29.5,District\n",
    "town.yaml": """\
departments:
  - {role: roads, words: {zh: 道路, en: Roads}, at: [district]}
  - {role: inspection, words: {zh: 督查, en: Inspection}, at: [district], checker: true}
cases:
  - id: pothole
    words: {zh: 道路破损, en: Broken road}
    holder: district
    verify: inspection
    verify_at: district
    check: 4wh
    receive: {role: inspection, at: district, within: 1h}
plans:
  - id: mend
    words: {zh: 修路, en: Mend the road}
    trigger: {report: {case: pothole}}
    case: pothole
    steps:
      - {id: mend, words: {zh: 修复, en: Mend}, to: {role: roads, at: district}, sign: 1h, done: 8wh, proof: [text]}
""",
}
PROOF = Proof(text="the hole is filled")


@dataclass(frozen=True, kw_only=True)
class Rate:
    transitions: int
    wall: float
    cpu: float

    @property
    def per_second(self) -> float:
        return self.transitions / self.wall

    @property
    def per_cpu_second(self) -> float:
        return self.transitions / self.cpu


class Town:
    """The loop of a small town with its journal in `folder`; a minute passes with every turn."""

    def __init__(self, rules: Rules, folder: Path) -> None:
        self.loop, self.journal = Loop(rules=rules, began=START), SqliteJournal(folder)
        self.now, self.number, self.lives = START, 0, 0

    def turn(self, commands: Iterable[Command]) -> list[Fact]:
        self.now += 1_000
        facts = self.loop.turn(Inputs(commands=list(commands)), self.now)
        self.journal.append(facts)
        return facts

    def step(self, number: int, lives: range) -> list[Command]:
        """The commands of one step in some lives: nothing but the numbers of cases and tasks is looked up."""
        actor, does, said = (
            ("duty@11.roads", "report", {"place": "11", "text": "a hole in the road"}),
            ("duty@11.inspection", "register", {}),
            ("crew@11.roads", "sign", {}),
            ("crew@11.roads", "claim", {"proof": PROOF}),
            ("checker@11.inspection", "verify", {"text": "as it should be"}),
        )[number]
        ids = (f"{self.loop.rules.origin}-{'C%05d' if number == 1 else 'T%06d'}" % (life + 1) for life in lives)
        targets = ids if number else ("pothole" for _ in lives)
        first, self.number = self.number, self.number + len(lives)
        return [
            Command(key=f"k-{first + nth}", actor=actor, does=does, target=target, **said) for nth, target in enumerate(targets)
        ]

    def grouped(self, lives: int) -> int:
        """So many lives step by step, `GROUP` commands a turn. Answers the transitions."""
        mine = range(self.lives, self.lives + lives)
        self.lives += lives
        moves = 0
        for number in range(5):
            for begin in range(0, lives, GROUP):
                facts = self.turn(self.step(number, mine[begin : begin + GROUP]))
                moves += sum(fact.kind in MOVES for fact in facts)
        assert moves == PER_LIFE * lives, "every life went to its end"
        return moves

    def close(self) -> None:
        self.journal.close()


class Bare:
    """Rows of as many bytes, committed one transaction at a time: the limit of this disk with SQLite."""

    def __init__(self, folder: Path) -> None:
        self.connection = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
        for words in ("pragma journal_mode = wal", "pragma synchronous = full"):
            self.connection.execute(words)
        self.connection.execute("create table row (seq integer primary key, body blob not null)")

    def commit(self, bodies: list[bytes]) -> None:
        self.connection.execute("begin immediate")
        self.connection.executemany("insert into row (body) values (?)", ((body,) for body in bodies))
        self.connection.execute("commit")


def single(rules: Rules, folder: Path, lives: int) -> tuple[list[float], list[float], Rate]:
    """Seconds a command and seconds a bare commit, in turn, by rounds of ten lives; and the rate of all."""
    town, bare = Town(rules, folder), Bare(folder)
    town.grouped(10)
    ours: list[float] = []
    limit: list[float] = []
    cpu = 0.0
    for life in range(town.lives, town.lives + lives):
        took, took_bare = 0.0, 0.0
        for number in range(5):
            commands, before = town.step(number, range(life, life + 1)), town.journal.head().seq
            wall, began = time.perf_counter(), time.process_time()
            town.turn(commands)
            took, cpu = took + time.perf_counter() - wall, cpu + time.process_time() - began
            bodies = [row.body for row in rows_after(town.journal, before)]
            wall = time.perf_counter()
            bare.commit(bodies)
            took_bare += time.perf_counter() - wall
        ours.append(5 / took)
        limit.append(5 / took_bare)
    town.close()
    bare.connection.close()
    wall_s = sum(5 / rate for rate in ours)
    return ours, limit, Rate(transitions=PER_LIFE * lives, wall=wall_s, cpu=cpu)


@dataclass(frozen=True)
class Body:
    body: bytes


def rows_after(journal: SqliteJournal, seq: int) -> Iterator[Body]:
    for (body,) in journal._reader.execute("select body from entry where seq > ?", (seq,)):
        yield Body(body)


def grouped(rules: Rules, folder: Path, lives: int, rounds: int) -> list[Rate]:
    town = Town(rules, folder)
    town.grouped(lives // 4)
    out = []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        moves = town.grouped(lives)
        out.append(Rate(transitions=moves, wall=time.perf_counter() - wall, cpu=time.process_time() - cpu))
    town.close()
    return out


def profile(rules: Rules, folder: Path, lives: int) -> str:
    """Where the time of the grouped run goes: the functions that took most, by their own time."""
    town, profiler = Town(rules, folder), cProfile.Profile()
    profiler.enable()
    town.grouped(lives)
    profiler.disable()
    town.close()
    stats = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    whole = sum(one[2] for one in stats.values())
    dearest = sorted(stats.items(), key=lambda item: -item[1][2])[:10]
    return ", ".join(
        f"{Path(file).parent.name}/{Path(file).stem}.{name} {one[2] / whole:.0%}" for (file, _, name), one in dearest
    )


def peers() -> Path:
    """The Python of a virtualenv with the peers, made the first time. Raises OSError or SubprocessError where it cannot be."""
    python = HOME / "bin" / "python"
    done = HOME / "pinned.txt"
    if not (done.is_file() and done.read_text() == "\n".join(PINNED)):
        venv.create(HOME, with_pip=True, clear=True)
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *PINNED], check=True, capture_output=True, text=True, timeout=300
        )
        done.write_text("\n".join(PINNED))
    return python


def peer(python: Path, name: str, lives: int) -> Rate:
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as folder:
        script = ROOT / "bench" / "peers" / f"{name}_life.py"
        said = subprocess.run([python, script, folder, str(lives)], check=True, capture_output=True, text=True, timeout=300)
    words = json.loads(said.stdout.splitlines()[-1])
    return Rate(transitions=4 * words["lives"], wall=words["wall"], cpu=words["cpu"])


def measured_peers(lives: int) -> tuple[dict[str, Rate], list[str]]:
    """By name, and why one is missing."""
    rates: dict[str, Rate] = {}
    notes: list[str] = []
    try:
        python = peers()
    except (OSError, subprocess.SubprocessError) as error:
        why = (getattr(error, "stderr", "") or str(error)).strip().splitlines()[-1:]
        return {}, [f"the peers could not be installed, so nothing is compared with them: {' '.join(why)}"]
    for name, count in (("roundup", lives), ("helpdesk", lives // 4)):
        try:
            rates[name] = peer(python, name, count)
        except (subprocess.SubprocessError, ValueError, LookupError) as error:
            notes.append(f"{name} did not run: {(getattr(error, 'stderr', '') or str(error)).strip()[-300:]}")
    return rates, notes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lives", type=int, default=300, help="lives of which every command is a commit of its own")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of 4,000 lives in groups of a thousand commands")
    options = parser.parse_args()
    rules = load({**gather(["base"]), "town": TOWN})
    settle()
    with tempfile.TemporaryDirectory(prefix="bihuan-bench-") as name:
        ours, limit, alone = single(rules, Path(name) / "single", options.lives)
        together = grouped(rules, Path(name) / "grouped", 4_000, options.rounds)
        why = profile(rules, Path(name) / "profile", 1_000)
    rates, notes = measured_peers(options.lives)
    per_cpu = [rate.per_cpu_second for rate in together]
    gates: list[Gate] = [
        at_least("G9 one command, one turn, one commit / bare commits", "1/s", ours, limit, reach=0.7, aim=0.88),
        at_least(f"G9 transitions in groups of {GROUP:,}", "1/CPU-s", per_cpu, [1.0], reach=50_000, aim=85_000),
    ]
    for name, reach, aim in (("roundup", 30, 50), ("helpdesk", 150, 300)):
        if name in rates:
            what = f"G9 the same beside {PEERS[name].replace('==', ' ')}"
            gates.append(at_least(what, "1/CPU-s", per_cpu, [rates[name].per_cpu_second], reach=reach, aim=aim))
    each = {"ours, a commit a command": alone, **rates}
    notes += [f"{what}: {rate.per_second:,.0f}/s, {rate.per_cpu_second:,.0f} per CPU-second" for what, rate in each.items()]
    notes += [f"a commit a command, beside {what}: {alone.per_second / rate.per_second:.1f} times as many transitions a second"
              for what, rate in rates.items()]  # fmt: skip
    notes.append(f"facts: 16 a life, so {16 / PER_LIFE:.1f} a transition; wall, grouped: {together[-1].per_second:,.0f}/s")
    return report("transitions", gates, notes, why=why)


if __name__ == "__main__":
    sys.exit(main())
