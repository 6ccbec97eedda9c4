"""Derived indicators: from the counts that were sent to a rate, its level, the warning, the case, and the same again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.packs_for_tests import small_pack
from tests.unit.loop.city import EAST_TOWN, HOUR, MINUTE, OTHER_EAST_TOWN, START, City, batch_of
from tests.unit.loop.storms import encoded

from bihuan.loop.sense.derived import Rows
from bihuan.loop.sense.recalled import Many, Recalled
from bihuan.loop.turn import Inputs, Loop
from bihuan.model.facts import CaseOpened, LevelChanged, SeriesSilent, WarningRaised
from bihuan.model.readings import Batch
from bihuan.pack.load import load
from bihuan.pack.rules import Rules

COUNTED = """
  - id: {id}
    words: {{zh: 数, en: Count}}
    unit: 件
    subject: {{places: town}}
    cadence: {cadence}
    stale_after: {stale}
    direction: higher-is-worse
    origin: synthetic
    origin_note: {{zh: 为测试编写, en: Written for tests}}
    roll_up: sum
    least: 0
"""
DERIVED = """
  - id: {id}
    words: {{zh: 率, en: Rate}}
    unit: "{unit}"
    subject: {{places: town}}
    cadence: 5m
    stale_after: 20m
    direction: lower-is-worse
    origin: synthetic
    origin_note: {{zh: 为测试编写, en: Written for tests}}
    formula: {{expression: "{expression}", of: {of}}}
    roll_up: ratio
    {more}
"""
LADDER = """
ladders:
  - id: closing-rate
    words: {zh: 结案率, en: Closing rate}
    source: {issuer: Bihuan, document: example values, version: "1"}
    rungs:
      - {level: blue, raise: {op: "<", value: 80}}
      - {level: red, raise: {op: "<", value: 50}}
groups:
  - {id: closing-rate, words: {zh: 结案率, en: Closing rate}, indicators: [closing-rate]}
plans:
  - id: closing-rate
    words: {zh: 督办, en: Speed up}
    trigger: {warning: {group: closing-rate, levels: [red]}}
    case: rainstorm
    steps:
      - {id: hurry, words: {zh: 加快, en: Hurry}, to: {role: emergency, at: district}, sign: 5m, done: 3h}
"""


def city_rules() -> Rules:
    """The small city with cases closed and due at its towns every 5 min, officers every hour, and three formulas."""
    packs = small_pack()
    five = {"cadence": "5m", "stale": "20m"}
    packs["rain"]["rates.yaml"] = (
        "indicators:"
        + DERIVED.format(id="burden", unit="件", expression="d * l / 100 + o", of="{d: due, l: left, o: officers}", more="")
        + COUNTED.format(id="closed", **five)
        + COUNTED.format(id="due", **five)
        + COUNTED.format(id="officers", cadence="1h", stale="2h")
        + DERIVED.format(
            id="closing-rate", unit="%", expression="100 * c / d", of="{c: closed, d: due}", more="ladder: closing-rate"
        )
        + DERIVED.format(id="left", unit="%", expression="100 - r", of="{r: closing-rate}", more="")
        + LADDER
    )
    return load(packs)


RULES = city_rules()


def counts(town: str, closed: float, due: float) -> dict[str, float]:
    return {f"closed@{town}": closed, f"due@{town}": due}


def newest(city: City | Loop, name: str) -> tuple[float, int]:
    loop = city.loop if isinstance(city, City) else city
    engine = loop.states[0].columns.engine
    number = loop.rules.numbering.number(*name.split("@"))
    return float(engine.value[number]), int(engine.at[number])


def new_city() -> City:
    return City(rules=RULES)


def restored(city: City) -> Loop:
    loop = Loop(rules=city.rules, began=START)
    loop.restore(city.facts, city.batches.__getitem__)
    return loop


def everything(loop: Loop) -> dict[str, list[object]]:
    return {name: column.ravel().tolist() for name, column in loop.saved().items()}


# --- values ---------------------------------------------------------------------------------------------------


def test_a_rate_is_worked_out_from_the_counts_of_its_own_place() -> None:
    city = new_city()
    city.read(counts(EAST_TOWN, 9, 10) | counts(OTHER_EAST_TOWN, 3, 4))
    assert newest(city, f"closing-rate@{EAST_TOWN}") == (90.0, START)
    assert newest(city, f"closing-rate@{OTHER_EAST_TOWN}") == (75.0, START)
    assert newest(city, "closing-rate@1201")[1] == -1


def test_formulas_over_formulas_come_in_their_own_order_whatever_the_order_of_the_pack() -> None:
    city = new_city()
    city.read({f"officers@{EAST_TOWN}": 2} | counts(EAST_TOWN, 9, 10))
    assert newest(city, f"left@{EAST_TOWN}") == (10.0, START)
    assert newest(city, f"burden@{EAST_TOWN}") == (3.0, START)


def test_nothing_over_nothing_is_no_data_and_in_time_is_silent() -> None:
    city = new_city()
    city.read(counts(EAST_TOWN, 9, 10))
    city.wait(5 * MINUTE)
    city.keep_reading(counts(EAST_TOWN, 0, 0), 25 * MINUTE)
    assert newest(city, f"closing-rate@{EAST_TOWN}") == (90.0, START)
    assert {body.indicator for body in city.of(SeriesSilent)} == {"closing-rate", "left"}


def test_counts_of_two_times_are_never_divided_by_each_other() -> None:
    """A new day begins at 0 closed of 4 due: against the 100 of yesterday it would be a false alarm."""
    city = new_city()
    city.read(counts(EAST_TOWN, 95, 100))
    city.wait(5 * MINUTE)
    city.read({f"closed@{EAST_TOWN}": 4})
    assert newest(city, f"closing-rate@{EAST_TOWN}") == (95.0, START)
    city.read({f"due@{EAST_TOWN}": 4})
    assert newest(city, f"closing-rate@{EAST_TOWN}") == (100.0, START + 5 * MINUTE)
    assert city.of(LevelChanged) == []


def test_counts_that_come_more_often_than_they_should_are_still_taken_in_pairs() -> None:
    city = new_city()
    for second, closed, due in ((0, 95, 100), (10, 4, 4), (20, 4, 5)):
        city.now = START + second * 1_000
        city.read({f"closed@{EAST_TOWN}": closed})
        city.read({f"due@{EAST_TOWN}": due})
        assert newest(city, f"closing-rate@{EAST_TOWN}") == (100 * closed / due, city.now)


def test_a_slower_input_speaks_until_its_own_next_reading_is_due() -> None:
    city = new_city()
    city.read({f"officers@{EAST_TOWN}": 2} | counts(EAST_TOWN, 9, 10))
    city.wait(50 * MINUTE)
    city.read(counts(EAST_TOWN, 8, 10))
    assert newest(city, f"burden@{EAST_TOWN}") == (4.0, START + 50 * MINUTE)
    city.wait(10 * MINUTE)
    city.read(counts(EAST_TOWN, 7, 10))
    assert newest(city, f"burden@{EAST_TOWN}") == (4.0, START + 50 * MINUTE), "the officers of this hour are not read yet"
    city.read({f"officers@{EAST_TOWN}": 1})
    assert newest(city, f"burden@{EAST_TOWN}") == (4.0, START + HOUR)


def test_an_input_that_is_no_evidence_makes_none() -> None:
    city = new_city()
    city.read(counts(EAST_TOWN, 9, 10))
    city.wait(5 * MINUTE)
    city.read({f"closed@{EAST_TOWN}": 1}, quality="suspect")
    city.read({f"due@{EAST_TOWN}": 10})
    assert newest(city, f"closing-rate@{EAST_TOWN}") == (90.0, START)
    city.read({f"closed@{EAST_TOWN}": 8})
    assert newest(city, f"closing-rate@{EAST_TOWN}") == (80.0, START + 5 * MINUTE)


def test_a_reading_that_says_it_is_of_a_derived_series_moves_nothing() -> None:
    city = new_city()
    facts = city.read({f"closing-rate@{EAST_TOWN}": 3.0} | counts(EAST_TOWN, 9, 10))
    assert newest(city, f"closing-rate@{EAST_TOWN}") == (90.0, START)
    (receipt,) = [fact.body for fact in facts if fact.kind == "readings-received"]
    assert (receipt.rows, receipt.applied, receipt.set_aside, receipt.late, receipt.duplicate) == (3, 2, 0, 0, 0)


def test_packs_without_formulas_pay_nothing() -> None:
    derived = City().loop.states[0].columns.derived
    assert not derived
    assert derived.saved() == {}


# --- from a count to a case -----------------------------------------------------------------------------------


def red_city() -> City:
    city = new_city()
    city.read(counts(EAST_TOWN, 9, 10))
    city.wait(5 * MINUTE)
    city.read({f"due@{EAST_TOWN}": 10.0})
    city.read({f"closed@{EAST_TOWN}": 4.0})
    return city


def test_a_rate_that_falls_raises_a_warning_and_opens_a_case() -> None:
    city = red_city()
    (changed,) = city.of(LevelChanged)
    assert (changed.indicator, changed.level, changed.value) == ("closing-rate", "red", 40.0)
    assert [body.level for body in city.of(WarningRaised)] == ["red"]
    assert len(city.of(CaseOpened)) == 1


def test_a_level_of_a_rate_says_its_formula_its_inputs_and_the_receipts_of_all_of_them() -> None:
    city = red_city()
    (changed,) = [fact for fact in city.facts if isinstance(fact.body, LevelChanged)]
    assert isinstance(changed.body, LevelChanged)
    at = START + 5 * MINUTE
    assert changed.body.formula == "100 * c / d"
    assert [(one.name, one.indicator, one.value, one.at) for one in changed.body.inputs] == [
        ("c", "closed", 4.0, at),
        ("d", "due", 10.0, at),
    ]
    receipts = [fact.id for fact in city.facts if fact.kind == "readings-received"]
    assert list(changed.because) == receipts[1:]


def test_levels_within_one_batch_say_the_inputs_of_their_own_time() -> None:
    city = new_city()
    rows = []
    for n, closed in enumerate((9.0, 4.0, 7.0)):
        at = START + n * 5 * MINUTE
        rows += [(f"closed@{EAST_TOWN}", at, closed), (f"due@{EAST_TOWN}", at, 10.0)]
    city.now = START + 10 * MINUTE
    city.turn(batches=[batch_of(rows)])
    assert [(body.level, [one.value for one in body.inputs]) for body in city.of(LevelChanged)] == [
        ("red", [4.0, 10.0]),
        ("blue", [7.0, 10.0]),
    ]


def test_a_measured_level_says_nothing_of_formulas() -> None:
    city = new_city()
    city.flood()
    (changed,) = city.of(LevelChanged)
    assert (changed.formula, changed.inputs) == ("", ())


# --- the same again -------------------------------------------------------------------------------------------

rows = st.lists(
    st.tuples(
        st.sampled_from(["closed", "due", "officers"]),
        st.sampled_from([EAST_TOWN, OTHER_EAST_TOWN]),
        st.integers(0, 12),
        st.sampled_from([0.0, 1.0, 4.0, 7.0, 10.0, float("nan"), float("inf")]),
    ),
    max_size=30,
)


def batch(some: list[tuple[str, str, int, float]]) -> Batch:
    return batch_of([(f"{name}@{town}", START + minute * MINUTE, value) for name, town, minute, value in some])


def without_receipts(city: City) -> list[tuple[str, str]]:
    return [(fact.kind, str(fact.body)) for fact in city.facts if fact.kind not in ("readings-received", "packs-loaded")]


@given(rows, st.integers(0, 30))
@settings(max_examples=60, deadline=None)
def test_cutting_a_batch_anywhere_changes_no_level_and_no_value(some: list[tuple[str, str, int, float]], cut: int) -> None:
    whole, parts = new_city(), new_city()
    whole.now = parts.now = START + 12 * MINUTE
    whole.turn(batches=[batch(some)])
    parts.turn(batches=[batch(some[:cut]), batch(some[cut:])])
    assert without_receipts(whole) == without_receipts(parts)
    mine, other = everything(whole.loop), everything(parts.loop)
    assert {name: repr(mine[name]) for name in mine if name != "receipt"} == {
        name: repr(other[name]) for name in other if name != "receipt"
    }


@given(st.lists(rows, min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_a_stop_after_any_turn_and_a_replay_take_the_same_course(turns: list[list[tuple[str, str, int, float]]]) -> None:
    city = new_city()
    again = Loop(rules=RULES, began=START)
    repeated = []
    for n, some in enumerate(turns):
        city.now = START + (12 + n) * MINUTE
        city.turn(batches=[batch(some)])
        repeated += again.turn(Inputs(batches=[(n + 1, batch(some))]), city.now)
    assert encoded(repeated) == encoded(city.facts)
    loop = restored(city)
    assert repr(everything(loop)) == repr(everything(city.loop))
    rest = batch_of([(f"closed@{EAST_TOWN}", city.now, 2.0), (f"due@{EAST_TOWN}", city.now, 10.0)])
    inputs = Inputs(batches=[(len(turns) + 1, rest)])
    assert encoded(loop.turn(inputs, city.now)) == encoded(city.loop.turn(inputs, city.now))


def test_going_on_from_what_was_saved_takes_the_same_course() -> None:
    city = new_city()
    city.read({f"officers@{EAST_TOWN}": 2} | counts(EAST_TOWN, 9, 10))
    city.wait(5 * MINUTE)
    city.read({f"closed@{EAST_TOWN}": 4.0})
    kept = {name: column.copy() for name, column in city.loop.saved().items()}
    other = Loop(rules=RULES, began=START)
    other.put_back(kept)
    other.restore(city.facts, city.batches.__getitem__, after=city.loop.seq)
    inputs = Inputs(batches=[(9, batch_of([(f"due@{EAST_TOWN}", city.now, 10.0)]))])
    assert encoded(other.turn(inputs, city.now)) == encoded(city.loop.turn(inputs, city.now))
    assert newest(other, f"closing-rate@{EAST_TOWN}") == (40.0, city.now)


def test_a_formula_that_is_new_begins_after_what_the_series_had() -> None:
    city = new_city()
    city.read(counts(EAST_TOWN, 9, 10))
    kept = {name: column.copy() for name, column in city.loop.saved().items() if not name.startswith("derived.")}
    other = Loop(rules=RULES, began=START)
    other.put_back(kept)
    engine = other.states[0].columns.engine
    before = int(np.count_nonzero(engine.at >= 0))
    facts = other.turn(Inputs(batches=[(2, batch_of([(f"closed@{EAST_TOWN}", START, 1.0)]))]), START)
    (receipt,) = [fact.body for fact in facts if fact.kind == "readings-received"]
    assert (receipt.duplicate, receipt.applied) == (1, 0)
    assert newest(other, f"closing-rate@{EAST_TOWN}") == (90.0, START)
    assert int(np.count_nonzero(engine.at >= 0)) == before


@pytest.mark.parametrize("many", [1, 7])
def test_every_row_sent_is_counted_once_in_the_receipt(many: int) -> None:
    city = new_city()
    city.now = START + HOUR
    sent = [(f"{name}@{EAST_TOWN}", START + n * 5 * MINUTE, 5.0) for n in range(many) for name in ("closed", "due")]
    facts = city.turn(batches=[batch_of([*sent, sent[0]])])
    (receipt,) = [fact.body for fact in facts if fact.kind == "readings-received"]
    counted = receipt.applied + receipt.late + receipt.duplicate + receipt.set_aside
    assert (receipt.rows, counted, receipt.applied) == (2 * many + 1, 2 * many + 1, 2 * many)


# --- at rest --------------------------------------------------------------------------------------------------


def test_a_derived_series_is_recalled_from_what_is_kept_of_its_inputs() -> None:
    kept = {"closed": [9.0, 4.0, 0.0, 7.0], "due": [10.0, 10.0, 0.0, 10.0]}
    asked = []

    def read(id: str, since: int, until: int) -> Many:
        asked.append(id)
        at = START + np.arange(4, dtype=np.int64) * 5 * MINUTE
        within = (at >= since) & (at <= until)
        many = int(within.sum())
        empty = np.zeros(many, dtype=np.int32), np.zeros(many, dtype=np.uint8)
        return (EAST_TOWN,), empty[0], at[within], np.array(kept[id])[within], empty[1]

    until = START + 15 * MINUTE
    _, _, at, value, quality = Recalled(RULES.indicators, "left", [EAST_TOWN], read)(START + 5 * MINUTE, until)
    assert sorted(asked) == ["closed", "due"]
    assert ((at - START) // MINUTE).tolist() == [5, 15]
    assert value.tolist() == [60.0, 30.0]
    assert quality.tolist() == [0, 0]


@pytest.mark.parametrize("piece", [5 * MINUTE, 7 * MINUTE, 60 * MINUTE, 24 * 60 * MINUTE])
def test_many_places_recalled_in_pieces_are_what_the_loop_gave(piece: int) -> None:
    """Inputs out of step, with gaps: what is kept of them gives what they gave when they came."""
    dice, rows, city = np.random.default_rng(7), list[tuple[str, str, int, float]](), new_city()
    given: list[tuple[str, int, float]] = []
    derived = city.loop.states[0].columns.derived
    for minute in range(0, 300, 5):
        for n, (id, lag) in enumerate((("closed", 0), ("due", 2))):
            for town in (EAST_TOWN, OTHER_EAST_TOWN):
                if dice.random() < 0.85:
                    rows.append((id, town, START + (minute + lag + n) * MINUTE, float(dice.integers(1, 50))))
    rows.sort(key=lambda row: row[2])
    number = RULES.numbering.number
    sent = Rows(
        series=np.array([number(id, town) for id, town, _, _ in rows], dtype=np.int64),
        at=np.array([at for _, _, at, _ in rows], dtype=np.int64),
        value=np.array([value for *_, value in rows]),
        quality=np.zeros(len(rows), dtype=np.uint8),
    )
    woven = derived.weave(sent)
    for town in (EAST_TOWN, OTHER_EAST_TOWN):
        mine = woven.series == number("left", town)
        given += [(town, int(at), float(value)) for at, value in zip(woven.at[mine], woven.value[mine], strict=True)]

    def read(id: str, since: int, until: int) -> Many:
        places = ("elsewhere", OTHER_EAST_TOWN, EAST_TOWN)
        mine = [(places.index(town), at, value) for one, town, at, value in rows if one == id and since <= at <= until]
        mine = sorted([*mine, (0, since, 1.0)])
        place, at, value = (np.array(column) for column in zip(*mine, strict=True))
        return places, place.astype(np.int32), at, value, np.zeros(len(mine), dtype=np.uint8)

    recalled = Recalled(RULES.indicators, "left", [EAST_TOWN, OTHER_EAST_TOWN], read)
    found: list[tuple[str, int, float]] = []
    for since in range(START, START + 310 * MINUTE, piece):
        places, place, at, value, _ = recalled(since, since + piece - 1)
        assert (np.diff(place) >= 0).all()
        found += [(places[code], int(one), float(two)) for code, one, two in zip(place, at, value, strict=True)]
    assert sorted(found) == sorted(given)
    assert len(given) > 60


def test_an_impossible_result_is_no_data() -> None:
    packs = small_pack()
    packs["rain"]["rates.yaml"] = (
        "indicators:"
        + COUNTED.format(id="closed", cadence="5m", stale="20m")
        + COUNTED.format(id="due", cadence="5m", stale="20m")
        + DERIVED.format(id="rate", unit="%", expression="100 * c / d", of="{c: closed, d: due}", more="most: 100")
    )
    city = City(packs)
    city.read(counts(EAST_TOWN, 11, 10))
    assert newest(city, f"rate@{EAST_TOWN}")[1] == -1


def test_what_a_formula_gives_stands_right_behind_the_reading_that_led_to_it() -> None:
    derived = new_city().loop.states[0].columns.derived
    number = RULES.numbering.number
    names = ("closed", "due", "closed", "due")
    towns = (EAST_TOWN, EAST_TOWN, OTHER_EAST_TOWN, OTHER_EAST_TOWN)
    series = np.array([number(name, town) for name, town in zip(names, towns, strict=True)], dtype=np.int64)
    sent = Rows(series=series, at=np.full(4, START), value=np.full(4, 5.0), quality=np.zeros(4, dtype=np.uint8))
    woven = derived.weave(sent)
    assert [RULES.numbering.name(one) for one in woven.series.tolist()] == [
        f"{name}@{town}" for town in (EAST_TOWN, OTHER_EAST_TOWN) for name in ("closed", "due", "closing-rate", "left")
    ]
    assert (woven.given, woven.set_aside) == (4, 0)


def test_a_reading_that_comes_a_little_early_waits_for_its_partner() -> None:
    city = new_city()
    city.read({f"closed@{EAST_TOWN}": 95})
    city.wait(MINUTE)
    city.read({f"due@{EAST_TOWN}": 100})
    city.now = START + 5 * MINUTE - 20_000
    city.read({f"due@{EAST_TOWN}": 4})
    city.now = START + 10 * MINUTE - 30_000
    city.read({f"closed@{EAST_TOWN}": 4})
    assert newest(city, f"closing-rate@{EAST_TOWN}") == (95.0, START + MINUTE), "each is of another time"
    city.read({f"due@{EAST_TOWN}": 5})
    assert newest(city, f"closing-rate@{EAST_TOWN}") == (80.0, city.now)
