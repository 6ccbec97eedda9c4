"""A start from a snapshot is the start from the beginning; one that does not fit is never used, a damaged one is named."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.packs_for_tests import small_pack
from tests.unit.app.conftest import Bench
from tests.unit.app.test_centre import DEPTH, RAIN, reading, report
from tests.unit.loop.city import HOUR, MINUTE, START

from bihuan.app.centre import Centre
from bihuan.loop.sense.state import State
from bihuan.model.errors import JournalError
from bihuan.model.facts import Fact
from bihuan.pack.load import load


@pytest.fixture
def lived(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sequences of the facts that are lived again at a start, filled by the starts of a test."""
    seen: list[int] = []
    relive = State.relive

    def watched(self: State, fact: Fact, batch_at: object) -> None:
        seen.append(fact.seq)
        relive(self, fact, batch_at)  # type: ignore[arg-type]

    monkeypatch.setattr(State, "relive", watched)
    return seen


def live(centre: Centre, since: int, minutes: int) -> None:
    """Rain that ends in a warning, water that rises and falls, a town that falls silent, a command."""
    for minute in range(since, since + minutes, 5):
        at = START + minute * MINUTE
        centre.step(at, [reading(at, float(minute % 20)), reading(at, float(minute % 70), DEPTH)])
    centre.step(START + (since + minutes) * MINUTE, (), [report(f"key-{since}")])


def facts_of(centre: Centre) -> list[bytes]:
    return [msgspec.json.encode(entry.fact) for entry in centre.journal.read()]


def columns_of(centre: Centre) -> dict[str, np.ndarray]:
    return {name: column.copy() for name, column in centre.loop.saved().items()}


def files(bench: Bench) -> list[Path]:
    return sorted((bench.folder / "snapshots").glob("*.npz"))


def test_only_what_came_after_it_is_lived_again(bench: Bench, lived: list[int]) -> None:
    live(bench.centre, 0, 60)
    about = bench.centre.snapshot()
    assert about is not None
    live(bench.centre, 60, 30)
    last = bench.centre.loop.seq
    bench.crash()
    assert lived == list(range(about.seq + 1, last + 1))


def test_the_state_is_the_same_with_it_and_without(bench: Bench) -> None:
    live(bench.centre, 0, 200)
    bench.centre.snapshot()
    live(bench.centre, 200, 60)
    with_it = bench.crash()
    columns, due, said = columns_of(with_it), with_it.loop.next_due(), with_it.loop.states[0].said.copy()
    page = with_it.read(lambda views: msgspec.json.encode(views.wall("1", with_it.now)))
    for path in files(bench):
        path.unlink()
    without = bench.crash()
    assert without.loop.next_due() == due
    assert (without.loop.states[0].said == said).all()
    for name, column in columns_of(without).items():
        if name.rpartition(".")[2] not in ("heard", "due", "now"):
            assert np.array_equal(column, columns[name], equal_nan=column.dtype.kind == "f"), name
    assert without.read(lambda views: msgspec.json.encode(views.wall("1", without.now))) == page


def test_the_newest_two_are_kept(bench: Bench) -> None:
    for hour in range(4):
        live(bench.centre, hour * 60, 30)
        bench.centre.snapshot()
    assert [int(path.stem) for path in files(bench)][-1] == bench.centre.loop.seq
    assert len(files(bench)) == 2


def test_there_is_none_of_nothing(bench: Bench) -> None:
    assert bench.centre.snapshot() is None
    assert files(bench) == []


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "zeros", "no zip"])
def test_a_damaged_one_is_set_aside_and_the_older_one_used(bench: Bench, lived: list[int], damage: str) -> None:
    live(bench.centre, 0, 30)
    older = bench.centre.snapshot()
    live(bench.centre, 30, 30)
    bench.centre.snapshot()
    newest = files(bench)[-1]
    raw = bytearray(newest.read_bytes())
    if damage == "flipped":
        middle = raw.find(b"receipt.npy") + 11 + 128  # among the bytes of a column
        raw[middle] ^= 1
    newest.write_bytes(
        {"cut": raw[: len(raw) // 2], "flipped": raw, "empty": b"", "zeros": bytes(len(raw)), "no zip": b"so what"}[damage]
    )
    last = bench.centre.loop.seq
    bench.crash()
    assert older is not None
    assert lived == list(range(older.seq + 1, last + 1))
    trouble = bench.centre.trouble
    assert trouble is not None
    assert "a snapshot is damaged and was not used" in trouble.what
    assert newest.with_suffix(".npz.damaged").exists()


def test_columns_that_were_changed_together_with_their_checksums_are_not_believed(bench: Bench, lived: list[int]) -> None:
    live(bench.centre, 0, 30)
    bench.centre.snapshot()
    (path,) = files(bench)
    with np.load(path) as file:
        arrays = dict(file)
    arrays["quiet"] = ~arrays["quiet"]
    np.savez(path, **arrays)
    bench.crash()
    assert lived[0] == 1


def test_one_of_another_journal_is_not_used(bench: Bench, lived: list[int], tmp_path: Path) -> None:
    live(bench.centre, 0, 30)
    bench.centre.snapshot()
    (path,) = files(bench)
    other = Bench(tmp_path / "other")
    live(other.centre, 5, 30)
    assert other.centre.loop.seq >= int(path.stem)
    (other.folder / "snapshots").mkdir()
    (other.folder / "snapshots" / path.name).write_bytes(path.read_bytes())
    other.crash()
    assert lived[0] == 1
    assert other.centre.trouble is None, "it is no damage"
    other.centre.close()


def other_thresholds(value: int) -> dict[str, dict[str, str]]:
    packs = {name: dict(files) for name, files in small_pack().items()}
    text = packs["rain"]["indicators.yaml"]
    packs["rain"]["indicators.yaml"] = text.replace('raise: {op: ">=", value: 15}', f'raise: {{op: ">=", value: {value}}}')
    assert packs["rain"]["indicators.yaml"] != text
    return packs


def test_under_other_rules_everything_is_lived_again(bench: Bench, lived: list[int]) -> None:
    live(bench.centre, 0, 30)
    bench.centre.snapshot()
    bench.rules = load(other_thresholds(14))
    bench.crash()
    assert lived[0] == 1


def test_one_of_another_format_is_passed_over(bench: Bench, lived: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    live(bench.centre, 0, 30)
    with monkeypatch.context() as later:
        later.setattr("bihuan.app.snapshot.FORMAT", 2)
        bench.centre.snapshot()
    bench.crash()
    assert lived[0] == 1
    assert (bench.centre.trouble, len(files(bench))) == (None, 1)


# --- when entries were pruned ---------------------------------------------------------------------------------


def pruned(bench: Bench) -> Centre:
    """A centre with two snapshots whose intake log begins after the first."""
    bench.segment_bytes = 1
    bench.crash()
    live(bench.centre, 0, 30)
    first = bench.centre.snapshot()
    live(bench.centre, 30, 30)
    bench.centre.snapshot()
    assert first is not None
    bench.centre.history.flush()
    assert bench.centre.prune(first.entry) == first.entry + 1
    live(bench.centre, 60, 10)
    return bench.centre


def test_a_pruned_log_and_a_snapshot_are_enough(bench: Bench) -> None:
    columns = columns_of(pruned(bench))
    assert columns.keys() == columns_of(bench.crash()).keys()
    for name, column in columns_of(bench.centre).items():
        assert np.array_equal(column, columns[name], equal_nan=column.dtype.kind == "f"), name


def test_a_pruned_log_without_a_snapshot_is_refused_with_what_to_do(bench: Bench) -> None:
    pruned(bench)
    for path in files(bench):
        path.unlink()
    with pytest.raises(JournalError, match="of the intake log were pruned, and no snapshot fits") as caught:
        bench.crash()
    assert "from a backup" in caught.value.remedy


def test_an_intake_log_older_than_the_snapshot_is_not_continued(bench: Bench) -> None:
    """Its next entries would have numbers that the journal has taken: they would be lost."""
    live(bench.centre, 0, 30)
    bench.centre.snapshot()
    bench.centre.intake.close()
    for path in (bench.folder / "intake").glob("*.log"):
        path.unlink()
    with pytest.raises(JournalError, match="which the intake log does not have"):
        bench.crash()
    bench.journal = type(bench.journal)()
    bench.crash()


def test_thresholds_may_change_though_entries_were_pruned_and_the_change_is_said(bench: Bench) -> None:
    pruned(bench)
    at = bench.centre.now + MINUTE
    bench.centre.step(at, [reading(at, 12.0, DEPTH), reading(at, 0.0, RAIN)])
    before = bench.centre.loop.seq
    bench.rules = load(other_thresholds(11))
    bench.crash()
    bench.centre.step(at + 6 * MINUTE)
    kinds = [entry.fact.kind for entry in bench.journal.read(before)]
    assert kinds[0] == "packs-loaded"
    assert bench.centre.loop.states[0].columns.engine.at.max() == at


FLOW = """\
  - id: flow
    words: {zh: 流量, en: Flow}
    unit: m3/s
    subject: {places: town}
    cadence: 5m
    stale_after: 20m
    direction: higher-is-worse
    origin: synthetic
    origin_note: {zh: 为测试编写, en: Written for tests}
    least: 0
"""
TWICE = """\
  - id: depth-twice
    words: {zh: 两倍水深, en: Twice the depth}
    unit: cm
    subject: {things: low-point}
    cadence: 5m
    stale_after: 20m
    direction: higher-is-worse
    origin: synthetic
    origin_note: {zh: 为测试编写, en: Written for tests}
    formula: {expression: 2 * d, of: {d: ponding-depth}}
"""


def more_indicators(*extra: str) -> dict[str, dict[str, str]]:
    """Further indicators before those that are there: every number of a series is another one."""
    packs = {name: dict(files) for name, files in small_pack().items()}
    text = packs["rain"]["indicators.yaml"]
    packs["rain"]["indicators.yaml"] = text.replace("indicators:\n", "indicators:\n" + "".join(extra), 1)
    return packs


def changed(file: str, *words: tuple[str, str]) -> dict[str, dict[str, str]]:
    packs = {name: dict(files) for name, files in small_pack().items()}
    for before, after in words:
        assert before in packs["rain"][file]
        packs["rain"][file] = packs["rain"][file].replace(before, after)
    return packs


def by_name(centre: Centre) -> dict[str, tuple[object, ...]]:
    """What is known of every series that was heard, whatever its number."""
    engine, numbering = centre.loop.states[0].columns.engine, centre.rules.numbering
    heard = np.flatnonzero(engine.at >= 0).tolist()
    columns = engine.at, engine.value, engine.level, engine.active, engine.unknown
    windows = [engine.window_value(rung, np.arange(numbering.count)) for rung in range(4)]
    return {numbering.name(n): tuple(str(column[n]) for column in (*columns, *windows)) for n in heard}


def test_indicators_may_be_added_though_entries_were_pruned(bench: Bench) -> None:
    before = by_name(pruned(bench))
    assert len(before) == 2
    bench.rules = load(more_indicators(FLOW, TWICE))
    after = bench.crash()
    twice = DEPTH.replace("ponding-depth", "depth-twice")
    assert before.items() <= by_name(after).items()
    assert by_name(after).keys() - before.keys() <= {twice}, "of the entries that are left a formula may have made something"
    kept = facts_of(after)
    at = after.now + MINUTE
    after.step(at, [reading(at, 3.0, "flow@1101"), reading(at, 21.0, DEPTH)])
    said = [entry.fact for entry in bench.journal.read(len(kept))]
    assert said[0].kind == "packs-loaded"
    assert "level-changed" not in [fact.kind for fact in said], "nothing that was known is another level now"
    now = by_name(after)
    assert now.keys() - before.keys() == {"flow@1101", twice}
    assert after.snapshot() is not None
    columns = columns_of(after)
    for name, column in columns_of(bench.crash()).items():
        assert np.array_equal(column, columns[name], equal_nan=column.dtype.kind == "f"), name


def test_what_runs_goes_on_under_other_numbers(bench: Bench, tmp_path: Path) -> None:
    """The same readings later give the same facts as where the packs never changed."""

    def later(bench: Bench) -> list[bytes]:
        start = bench.centre.loop.seq
        for minute in range(70, 200, 5):
            at = START + minute * MINUTE
            bench.centre.step(at, [reading(at, float(minute % 20)), reading(at, float(minute % 70), DEPTH)])
        facts = [entry.fact for entry in bench.journal.read(start) if entry.fact.kind != "packs-loaded"]
        return [msgspec.json.encode((fact.kind, fact.at, fact.subject, fact.body)) for fact in facts if "level" in fact.kind]

    same = Bench(tmp_path / "same")
    for one in (bench, same):
        pruned(one)
    bench.rules = load(more_indicators(FLOW))
    bench.crash()
    expected = later(same)
    assert len(expected) > 3
    assert later(bench) == expected
    same.centre.close()


def test_things_may_come_and_go_though_entries_were_pruned(bench: Bench) -> None:
    before = by_name(pruned(bench))
    at = orange(bench.centre)
    bench.rules = load(changed("things.csv", ("LP-1201-1,", "LP-0000-1,")))
    after = bench.crash()
    assert by_name(after).keys() == before.keys()
    assert level_of(after, DEPTH) == "orange"
    after.step(at + MINUTE, [reading(at + MINUTE, 65.0, DEPTH), reading(at + MINUTE, 1.0, "ponding-depth@LP-0000-1")])
    assert level_of(after, DEPTH) == "red"


def test_a_ladder_may_begin_to_look_at_a_window_though_entries_were_pruned(bench: Bench) -> None:
    pruned(bench)
    at = orange(bench.centre)
    red = '{level: red, raise: {op: ">=", value: 60}, clear: {op: "<", value: 45}, keep: 10m}'
    window = '{level: red, window: {fold: sum, over: 1h, missing: zero}, raise: {op: ">=", value: 60}, keep: 10m}'
    bench.rules = load(changed("indicators.yaml", (red, window)))
    after = bench.crash()
    assert level_of(after, DEPTH) == "orange"
    after.step(at + MINUTE, [reading(at + MINUTE, 26.0, DEPTH)])
    assert level_of(after, DEPTH) == "red", "35 from before and 26 are over 60 within the hour"


def orange(centre: Centre) -> int:
    """Water falls from red to 35 cm, then there is a snapshot; the time."""
    at = centre.now + MINUTE
    for minute in (0, 11):
        centre.step(at + minute * MINUTE, [reading(at + minute * MINUTE, 35.0, DEPTH)])
    assert level_of(centre, DEPTH) == "orange"
    centre.snapshot()
    return at + 11 * MINUTE


def level_of(centre: Centre, name: str) -> str:
    indicator, _, place = name.partition("@")
    series = centre.rules.numbering.number(indicator, place)
    return centre.rules.levels[int(centre.loop.states[0].columns.engine.level[series])].id


def test_a_snapshot_that_does_not_say_its_numbering_is_good_under_its_own_rules_only(bench: Bench) -> None:
    pruned(bench)
    snapshots = bench.centre.snapshots
    for found in list(snapshots.newest(bench.journal, bench.rules)):
        found.arrays.pop("numbering")
        snapshots.write(found.about, found.arrays)
    bench.crash()
    bench.rules = load(more_indicators(FLOW))
    with pytest.raises(JournalError, match="no snapshot fits"):
        bench.crash()
    bench.rules = load(small_pack())
    bench.crash()


def test_after_two_hours_of_silence_a_restart_says_nothing_new(bench: Bench) -> None:
    live(bench.centre, 0, 60)
    while (due := bench.centre.loop.next_due()) is not None and due <= START + 3 * HOUR:
        bench.centre.step(due)
    assert bench.centre.loop.states[0].quiet.any()
    before = columns_of(bench.centre)
    bench.centre.snapshot()
    bench.crash()
    for name, column in columns_of(bench.centre).items():
        assert np.array_equal(column, before[name], equal_nan=column.dtype.kind == "f"), name
    assert bench.centre.step(START + 3 * HOUR + 1) == []
