"""Small storms for property tests: readings, a seeded cast, meddlers who do the wrong thing, and the turns they lead to."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec
from hypothesis import strategies as st
from tests.packs_for_tests import small_pack
from tests.unit.loop.city import MINUTE, START, UNDERPASS, WEST_UNDERPASS, batch_of

from bihuan.loop.turn import Inputs, Loop
from bihuan.model.commands import DEEDS, Command
from bihuan.model.facts import Fact
from bihuan.model.readings import Batch
from bihuan.pack.load import load
from bihuan.replay.cast import Cast

RULES = load(small_pack())

SERIES = {
    f"ponding-depth@{UNDERPASS}": (0.0, 5.0, 20.0, 30.0, 70.0),
    f"ponding-depth@{WEST_UNDERPASS}": (0.0, 20.0, 45.0),
    "rain@1101": (0.0, 10.0, 30.0, 60.0, 100.0),
    "rain@1102": (0.0, 60.0),
    "rain@1201": (0.0, 60.0),
}
ACTORS = ("duty@11", "duty@1", "crew@11.drainage", "duty@1101", "checker@11.inspection", "crew@12.drainage", "crew@11.sensing")
TARGETS = (*(f"cq-T{n:06}" for n in range(1, 6)), "cq-P00001", "cq-P00002", "ponding", "no-such-thing")


@dataclass(frozen=True, kw_only=True)
class Happens:
    """Something after `minutes`: readings of some series, and a meddler's command."""

    minutes: int
    values: tuple[tuple[str, float], ...] = ()
    meddles: tuple[str, str, str] | None = None


readings = st.dictionaries(st.sampled_from(sorted(SERIES)), st.integers(0, 4), min_size=0, max_size=4).map(
    lambda chosen: tuple((name, SERIES[name][number % len(SERIES[name])]) for name, number in chosen.items())
)
happenings = st.builds(
    Happens,
    minutes=st.sampled_from((1, 4, 5, 5, 5, 10, 30, 90)),
    values=readings,
    meddles=st.none() | st.tuples(st.sampled_from(ACTORS), st.sampled_from(DEEDS), st.sampled_from(TARGETS)),
)
storms = st.lists(happenings, min_size=4, max_size=16)


@dataclass(kw_only=True)
class Played:
    """A storm as it went: what every turn was given, and what it wrote."""

    inputs: list[tuple[int, Inputs]] = field(default_factory=list)
    turns: list[list[Fact]] = field(default_factory=list)
    loop: Loop

    @property
    def facts(self) -> list[Fact]:
        return [fact for facts in self.turns for fact in facts]

    @property
    def batches(self) -> dict[int, Batch]:
        return {entry: batch for _, inputs in self.inputs for entry, batch in inputs.batches}


def new_loop() -> Loop:
    return Loop(rules=RULES, began=START)


def play(
    storm: Sequence[Happens],
    seed: int,
    *,
    cut: Callable[[Batch], list[Batch]] = lambda batch: [batch],
    after_turn: Callable[[Played], None] = lambda played: None,
) -> Played:
    """Play a storm with a cast, to some hours after its end. `cut` says how its batches are handed in."""
    played, cast = Played(loop=new_loop()), Cast(RULES, seed)
    entry = 0

    def turn(now: int, batches: Sequence[Batch] = (), commands: Sequence[Command] = ()) -> None:
        nonlocal entry
        numbered = list(enumerate(batches, entry + 1))
        entry += len(batches)
        inputs = Inputs(batches=numbered, commands=[*commands, *cast.take(now)])
        played.inputs.append((now, inputs))
        played.turns.append(played.loop.turn(inputs, now))
        cast.hear(played.turns[-1])
        after_turn(played)

    def wait(until: int) -> None:
        while (due := min((at for at in (played.loop.next_due(), cast.next_at()) if at is not None), default=until)) < until:
            turn(due)

    now = START
    for number, happens in enumerate(storm):
        now += happens.minutes * MINUTE
        wait(now)
        batch = batch_of((name, now, value) for name, value in happens.values)
        turn(now, cut(batch) if len(batch) else [], _meddle(happens, number))
    wait(now + 240 * MINUTE)
    return played


def _meddle(happens: Happens, number: int) -> list[Command]:
    if happens.meddles is None:
        return []
    actor, does, target = happens.meddles
    return [Command(key=f"meddler-{number % 7}", actor=actor, does=does, target=target, text="because", place="1101")]


def encoded(facts: Sequence[Fact]) -> bytes:
    return b"\n".join(msgspec.json.encode(fact) for fact in facts)


def without_receipts(facts: Sequence[Fact]) -> list[str]:
    """The facts as text with receipts left out and the others numbered anew, so that only what they say is compared."""
    number, counted = {}, 0
    for fact in facts:
        counted += fact.kind != "readings-received"
        number[fact.seq] = counted
    receipts = {fact.id for fact in facts if fact.kind == "readings-received"}
    out = []
    for fact in facts:
        if fact.kind != "readings-received":
            because = tuple(id for id in fact.because if id not in receipts)
            text = msgspec.json.encode(msgspec.structs.replace(fact, seq=number[fact.seq], because=because)).decode()
            out.append(re.sub(r'"cq-(\d+)"', lambda found: f'"cq-{number[int(found[1])]}"', text))
    return out
