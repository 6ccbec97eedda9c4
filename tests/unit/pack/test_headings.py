"""What indicators are filed under and about: plates, tracks, several place levels, special zones, chosen places."""

import pytest
from tests.packs_for_tests import with_change

from bihuan.pack.docs import docs
from bihuan.pack.load import load
from bihuan.pack.readings import Row, accept
from bihuan.pack.trouble import PackErrors

NOW = 1_767_225_600_000

HEADINGS = """\
plates:
  - {id: works, words: {zh: 设施, en: Works}}
  - {id: safety, words: {zh: 安全, en: Safety}}
tracks:
  - {id: drainage, plate: works, words: {zh: 排水, en: Drainage}}
  - {id: floods, plate: safety, words: {zh: 防汛, en: Floods}}
sub_tracks:
  - {id: underpasses, track: drainage, words: {zh: 下穿道, en: Underpasses}}
"""


def filed(keys: str) -> dict[str, dict[str, str]]:
    packs = with_change("rain/indicators.yaml", "    unit: mm\n", f"    unit: mm\n    {keys}\n")
    packs["rain"]["headings.yaml"] = HEADINGS
    return packs


def about(subject: str) -> dict[str, dict[str, str]]:
    return with_change("rain/indicators.yaml", "{places: town}", subject)


def refusal(packs: dict[str, dict[str, str]]) -> str:
    with pytest.raises(PackErrors) as caught:
        load(packs)
    return str(caught.value)


def test_the_narrowest_heading_is_enough() -> None:
    rules = load(filed("sub_track: underpasses"))
    rain = rules.indicators["rain"]
    assert rules.track_of(rain) == rules.tracks["drainage"]
    assert rules.plate_of(rain) == rules.plates["works"]
    assert "Works / Drainage." in docs(rules)


def test_an_indicator_may_be_filed_under_a_plate_alone_or_under_nothing() -> None:
    rules = load(filed("plate: safety"))
    assert (rules.track_of(rules.indicators["rain"]), rules.plate_of(rules.indicators["rain"])) == (
        None,
        rules.plates["safety"],
    )
    assert rules.plate_of(rules.indicators["ponding-depth"]) is None


def test_a_heading_that_contradicts_the_narrower_one_is_refused() -> None:
    said = refusal(filed("sub_track: underpasses\n    track: floods"))
    assert "indicator 'rain' has the track 'floods', but its narrower heading is on 'drainage'. Leave 'track' out" in said
    said = refusal(filed("track: floods\n    plate: works"))
    assert "indicator 'rain' has the plate 'works', but its narrower heading is on 'safety'." in said


def test_headings_nobody_declares_are_refused() -> None:
    assert "indicator 'rain' has the track 'drain', which nobody declares. Known tracks: drainage, floods." in refusal(
        filed("track: drain")
    )
    packs = filed("track: floods")
    packs["rain"]["headings.yaml"] = HEADINGS.replace("plate: safety", "plate: saftey").replace("track: drainage", "track: dr")
    said = refusal(packs)
    assert "track 'floods' is on the plate 'saftey', which nobody declares. Known plates: safety, works." in said
    assert "sub-track 'underpasses' is on the track 'dr', which nobody declares." in said


def test_an_indicator_may_be_about_several_place_levels() -> None:
    rules = load(about("{places: [city, district, town]}"))
    assert rules.subjects(rules.indicators["rain"]) == ("1", "11", "12", "1101", "1102", "1201", "1202")
    assert "places of level city, district, town" in docs(rules)


def test_special_zones_are_asked_for() -> None:
    packs = about("{places: [city, district], zones: true}")
    packs["rain"]["places.csv"] = (
        "code,name,level,parent,duty_parent,unit_only\n1,小城,city,,,\n11,东区,district,1,,\n19,高新区,district,1,,true\n"
        "1101,东一镇,town,11,19,\n1201,西一镇,town,11,,\n"
    )
    with_zones = load(packs)
    assert with_zones.subjects(with_zones.indicators["rain"]) == ("1", "11", "19")
    packs["rain"]["indicators.yaml"] = packs["rain"]["indicators.yaml"].replace(", zones: true", "")
    without = load(packs)
    assert without.subjects(without.indicators["rain"]) == ("1", "11")
    row = [Row(row=1, indicator="rain", place="19", at=NOW, value=1.0)]
    assert len(accept(with_zones, row, now=NOW, source="t").batch) == 1
    assert "'19' is a special zone" in accept(without, row, now=NOW, source="t").refused[0].what


def test_an_indicator_may_be_about_chosen_places_only_and_takes_readings_of_no_others() -> None:
    rules = load(about('{places: town, only: ["1102", "1201"]}'))
    assert rules.subjects(rules.indicators["rain"]) == ("1102", "1201")
    rows = [Row(row=n, indicator="rain", place=place, at=NOW, value=1.0) for n, place in ((1, "1102"), (2, "1101"))]
    accepted = accept(rules, rows, now=NOW, source="t")
    assert accepted.batch.names() == ["rain@1102"]
    assert accepted.refused[0].what == "'rain' is about 1102, 1201 only, and '1101' is a place of level 'town'."


def test_a_chosen_place_that_is_none_of_the_subjects_is_refused() -> None:
    assert "indicator 'rain' is only about '11', which is none of its places or things." in refusal(
        about('{places: town, only: ["11"]}')
    )
    assert "indicator 'rain' is only about '99', which nobody declares." in refusal(about('{places: town, only: ["99"]}'))


def test_a_group_may_not_warn_below_all_levels_of_its_series() -> None:
    packs = with_change("rain/indicators.yaml", "indicators: [rain], at: district", "indicators: [rain], at: town", about(
        "{places: [city, district]}"
    ))  # fmt: skip
    assert "group 'rainstorm' warns at level 'town', but the series of 'rain' stand at city and district, above it." in refusal(
        packs
    )
