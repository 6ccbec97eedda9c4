"""Starting again under other packs: what stands otherwise now is said by the next turn, and the history is left alone."""

import pytest
from tests.packs_for_tests import small_pack, with_change
from tests.unit.loop.city import EAST_TOWN, HOUR, MINUTE, START, UNDERPASS, City

from bihuan.loop.turn import Loop
from bihuan.model.facts import (
    CaseClosed,
    Fact,
    LevelChanged,
    PacksLoaded,
    ScorePublished,
    SeriesReturned,
    SeriesSilent,
    WarningCleared,
    WarningRaised,
    WarningStepped,
)
from bihuan.pack.load import load
from bihuan.pack.rules import Rules

RAIN, DEPTH = f"rain@{EAST_TOWN}", f"ponding-depth@{UNDERPASS}"
ORANGE = '      - {level: orange, window: {fold: sum, over: 3h, missing: zero}, raise: {op: ">=", value: 50}, keep: 1h}\n'


def start_again(city: City, rules: Rules) -> list[Fact]:
    """Stop, and start with other rules; answers what the first turn says."""
    city.rules, city.loop = rules, Loop(rules=rules, began=START)
    city.loop.restore(city.facts, city.batches.__getitem__)
    return city.turn()


def test_a_higher_threshold_lets_the_level_and_its_warning_down() -> None:
    city = City()
    city.rain(60.0)
    before = list(city.facts)
    facts = start_again(city, load(with_change("rain/indicators.yaml", ORANGE, ORANGE.replace("value: 50", "value: 80"))))
    assert city.facts[: len(before)] == before
    loaded, changed, stepped = facts
    assert isinstance(loaded.body, PacksLoaded)
    assert isinstance(changed.body, LevelChanged)
    assert isinstance(stepped.body, WarningStepped)
    assert (changed.body.before, changed.body.level, changed.body.rule.level) == ("orange", "yellow", "yellow")
    assert changed.because[0] == loaded.id
    assert stepped.body.level == "yellow"


def test_a_lower_threshold_raises_a_warning_that_was_not_there() -> None:
    city = City()
    city.read({RAIN: 30.0})
    facts = start_again(city, load(with_change("rain/indicators.yaml", ORANGE, ORANGE.replace("value: 50", "value: 25"))))
    assert [fact.kind for fact in facts] == ["packs-loaded", "level-changed", "warning-raised", "plan-proposed"]


def test_the_same_rules_again_say_nothing() -> None:
    city = City()
    city.rain(60.0)
    assert start_again(city, load(small_pack())) == []


def test_new_rules_that_change_no_level_are_only_named() -> None:
    city = City()
    city.rain(60.0)
    facts = start_again(city, load(with_change("rain/plans.yaml", "sign: 5m", "sign: 6m")))
    assert [fact.kind for fact in facts] == ["packs-loaded"]


def test_a_shorter_patience_makes_a_series_silent_at_once() -> None:
    city = City()
    city.read({RAIN: 1.0})
    city.wait(15 * MINUTE)
    rules = load(with_change("rain/indicators.yaml", "    stale_after: 20m\n", "    stale_after: 10m\n"))
    facts = start_again(city, rules)
    assert [fact.kind for fact in facts if fact.kind.startswith("series")] == ["series-silent"]
    city.wait(60 * MINUTE)
    assert len(city.of(SeriesSilent)) == 1


def test_a_longer_patience_ends_a_silence_and_its_duty() -> None:
    city = City()
    city.read({DEPTH: 1.0})
    city.wait(25 * MINUTE)
    city.finish(city.task("restore-depth"))
    assert city.of(CaseClosed) == []
    longer = with_change("rain/indicators.yaml", "    stale_after: 20m\n    direction: higher-is-worse\n    origin: synthetic\n"
                         "    origin_note: {zh: 为测试编写, en: Written for tests}\n    ladder: ponding\n",
                         "    stale_after: 3h\n    direction: higher-is-worse\n    origin: synthetic\n"
                         "    origin_note: {zh: 为测试编写, en: Written for tests}\n    ladder: ponding\n")  # fmt: skip
    start_again(city, load(longer))
    assert len(city.of(SeriesReturned)) == len(city.of(CaseClosed)) == 1


def test_an_indicator_that_lost_its_ladder_stands_at_calm() -> None:
    city = City()
    city.flood()
    packs = with_change("rain/indicators.yaml", "    ladder: ponding\n", "")
    packs["rain"]["plans.yaml"] = _without(packs["rain"]["plans.yaml"], "ponding")
    packs["rain"]["indicators.yaml"] = packs["rain"]["indicators.yaml"].replace(
        "  - {id: ponding, words: {zh: 积水, en: Ponding}, indicators: [ponding-depth]}\n", ""
    )
    start_again(city, load(packs))
    changed = city.of(LevelChanged)[-1]
    assert (changed.before, changed.level, changed.rule.text) == ("blue", "normal", "no ladder any more")
    assert len(city.of(WarningCleared)) == 1


def test_a_warning_whose_place_is_gone_is_cleared() -> None:
    city = City()
    city.flood()
    packs = small_pack()
    packs["rain"]["things.csv"] = "".join(
        line for line in packs["rain"]["things.csv"].splitlines(keepends=True) if UNDERPASS not in line
    )
    start_again(city, load(packs))
    (raised,), (cleared,) = city.of(WarningRaised), city.of(WarningCleared)
    assert cleared.warning == raised.warning
    city.do("duty@11", "declare", city.rain())
    for step in ("pumps", "town-watch", "report"):
        city.finish(city.task(step))
    city.keep_reading({RAIN: 0.0}, 15 * HOUR, every=15 * MINUTE)
    assert {"score-published", "review-written"} <= set(city.kinds()), "and the rest goes on"


def test_a_scorecard_that_came_later_is_not_published_for_the_past() -> None:
    city = City()
    city.flood()
    city.wait(40 * 60 * MINUTE)
    published = len(city.of(ScorePublished))
    packs = small_pack()
    packs["rain"]["second.yaml"] = packs["rain"]["scorecards.yaml"].replace("id: closing", "id: second")
    facts = start_again(city, load(packs))
    assert [fact.kind for fact in facts] == ["packs-loaded"]
    city.wait(6 * 60 * MINUTE)
    assert sorted(body.scorecard for body in city.of(ScorePublished)[published:]) == ["closing", "second"]


def test_a_case_type_the_journal_speaks_of_cannot_be_dropped() -> None:
    city = City()
    city.flood()
    packs = small_pack()
    packs["rain"]["plans.yaml"] = _without(packs["rain"]["plans.yaml"], "ponding", "ponding-report")
    packs["rain"]["cases.yaml"] = packs["rain"]["cases.yaml"].replace("id: ponding\n", "id: flooding\n")
    packs["rain"]["scorecards.yaml"] = packs["rain"]["scorecards.yaml"].replace("ponding, ", "")
    with pytest.raises(KeyError, match="ponding"):
        start_again(city, load(packs))


def _without(text: str, *plans: str) -> str:
    """A file of plans without the named ones."""
    kept, skipping = [], False
    for line in text.splitlines(keepends=True):
        if line.startswith("  - id: "):
            skipping = line.removeprefix("  - id: ").strip() in plans
        if not skipping:
            kept.append(line)
    return "".join(kept)
