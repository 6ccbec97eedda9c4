"""Loading packs: what comes out when they are right, and how they are ordered."""

from pathlib import Path

import pytest
from tests.packs_for_tests import small_pack, with_change

from bihuan.model.errors import PackError
from bihuan.pack.load import digest_of, load
from bihuan.pack.trouble import PackErrors, known_names


def test_the_small_packs_load_with_everything_they_declare() -> None:
    rules = load(small_pack(), origin="sc")
    assert rules.origin == "sc"
    assert [pack.urn for pack in rules.packs] == ["bihuan/test-base", "bihuan/test-rain"]
    assert list(rules.places) == ["1", "11", "12", "1101", "1102", "1201", "1202"]
    assert [level.id for level in rules.levels] == ["normal", "blue", "yellow", "orange", "red"]
    assert list(rules.ladders) == ["rainstorm", "ponding"]
    assert rules.ladders["rainstorm"].rungs[0].window.over == 12 * 3_600_000
    assert [spot for _, spot in rules.series()] == ["1101", "1102", "1201", "1202", "LP-1101-1", "LP-1201-1"]
    assert rules.sentences["claimed-at-once"].en == "Reported done right after signing"
    assert rules.zone.utcoffset(None).total_seconds() == 8 * 3600


def test_every_place_and_every_department_at_its_level_is_a_unit() -> None:
    units = load(small_pack()).units
    assert len(units) == 7 + 3 + 2 * 4  # places; departments of the city and of two districts
    assert (units["1101"].parent, units["11"].parent, units["1"].parent) == ("11", "1", "")
    drainage = units["11.drainage"]
    assert (drainage.words.zh, drainage.words.en) == ("东区排水", "Drainage, East")
    assert (drainage.parent, drainage.role, drainage.level, drainage.place) == ("11", "drainage", "district", "11")
    assert units["11.inspection"].checker
    assert not drainage.checker
    assert "1.sensing" not in units
    assert "1101.drainage" not in units


def test_a_special_zone_is_a_unit_with_departments_and_takes_towns_from_their_district() -> None:
    packs = small_pack()
    packs["rain"]["places.csv"] = (
        "code,name,level,parent,duty_parent,unit_only\n1,小城,city,,,\n11,东区,district,1,,\n19,高新区,district,1,,true\n"
        "1101,东一镇,town,11,19,\n1201,西一镇,town,11,,\n"
    )
    rules = load(packs)
    assert rules.units["19.drainage"].words.zh == "高新区排水"
    assert rules.units["1101"].parent == "19"
    assert rules.above("1101", "district") == "19"
    assert rules.above("LP-1201-1", "district") == "11"
    assert rules.below("19", "town") == ("1101",)


def test_packs_are_read_in_the_order_of_their_requirements_then_by_name() -> None:
    packs = small_pack()
    packs["zz"] = packs.pop("base")
    packs["rain"]["pack.yaml"] = packs["rain"]["pack.yaml"].replace("[base]", "[zz, aa]")
    about = "version: '1'\nwords: {zh: 空, en: Empty}\nlicence: MIT\nowner: x\n"
    packs["aa"] = {"pack.yaml": "urn: bihuan/aa\n" + about}
    packs["bb"] = {"pack.yaml": "urn: bihuan/bb\n" + about, "empty.yaml": ""}
    assert [pack.urn for pack in load(packs).packs] == ["bihuan/aa", "bihuan/bb", "bihuan/test-base", "bihuan/test-rain"]


def test_a_missing_requirement_is_named_with_the_packs_that_are_there() -> None:
    with pytest.raises(PackError) as caught:
        load(with_change("rain/pack.yaml", "[base]", "[bsae]"))
    assert str(caught.value) == (
        "packs/rain/pack.yaml:6: pack 'rain' requires 'bsae', which is not there. Known packs: base. Did you mean 'base'?"
    )


def test_packs_that_require_each_other_are_named_in_a_circle() -> None:
    packs = with_change("base/pack.yaml", "review_by", "requires: [rain]\nreview_by")
    with pytest.raises(PackError) as caught:
        load(packs)
    assert str(caught.value) == (
        "packs/base/pack.yaml:6: packs require each other in a circle: base -> rain -> base. Remove one of these requirements."
    )


def test_a_folder_without_a_manifest_is_refused() -> None:
    packs = small_pack()
    del packs["base"]["pack.yaml"]
    with pytest.raises(PackErrors, match=r"packs/base: pack 'base' has no pack\.yaml\. Write one: urn, version"):
        load(packs)


def test_the_digest_changes_with_every_text_and_with_nothing_else() -> None:
    same = {name: dict(reversed(files.items())) for name, files in reversed(small_pack().items())}
    assert load(small_pack()) == load(same)
    assert load(small_pack()).digest == load(same).digest
    changed = load(with_change("rain/cases.yaml", "check: 1h", "check: 2h"))
    assert changed.digest != load(small_pack()).digest
    assert changed.packs[0] == load(small_pack()).packs[0]
    assert digest_of({"a": "bc"}) != digest_of({"ab": "c"})


def test_an_id_declared_twice_is_refused_with_both_places() -> None:
    packs = small_pack()
    packs["rain"]["more.yaml"] = "thing_kinds:\n  - {id: low-point, words: {zh: 低洼, en: Low}}\n"
    with pytest.raises(PackErrors) as caught:
        load(packs)
    assert str(caught.value) == (
        "packs/rain/more.yaml:2: kind of thing 'low-point' is declared twice: here and at packs/rain/indicators.yaml:2. "
        "Rename one of them, or remove it."
    )


def test_a_place_listed_twice_is_refused_with_both_rows() -> None:
    with pytest.raises(
        PackErrors, match=r"places\.csv:9: place '1101' is declared twice: here and at packs/rain/places\.csv:5"
    ):
        load(with_change("rain/places.csv", "1202,西二镇", "1202,西二镇,town,12,,,\n1101,又一镇"))


def test_all_errors_of_all_files_come_at_once() -> None:
    packs = with_change("rain/cases.yaml", "holder: district", "holdr: district")
    packs = with_change("rain/plans.yaml", "sign: 5m", "sign: 5 min", packs)
    packs = with_change("base/levels.yaml", 'digit: "0"', "digit: 0", packs)
    with pytest.raises(PackErrors) as caught:
        load(packs)
    files = [error.where for error in caught.value.errors]
    assert files == ["packs/base/levels.yaml:2", "packs/rain/cases.yaml:4", "packs/rain/plans.yaml:13"]
    assert len(str(caught.value).splitlines()) == 3


def test_errors_are_bounded_and_the_rest_is_counted() -> None:
    rows = "".join(f"T{number},镇,twon,11,,,\n" for number in range(70))
    packs = small_pack()
    packs["rain"]["places.csv"] += rows
    with pytest.raises(PackErrors) as caught:
        load(packs)
    assert (len(caught.value.errors), caught.value.left_out) == (50, 20)
    assert str(caught.value).endswith("... and 20 more.")


def test_siblings_are_not_excused_by_the_first_of_them() -> None:
    packs = small_pack()
    wrong = ("V1,村,village,11", "V2,村,village,11", "V3,镇,city,11", "V4,镇,city,11")
    packs["rain"]["places.csv"] += "".join(f"{row},,,\n" for row in wrong)
    with pytest.raises(PackErrors) as caught:
        load(packs)
    said = [error.what for error in caught.value.errors]
    assert said == [
        "place 'V1' has the place level 'village', which nobody declares.",
        "place 'V2' has the place level 'village', which nobody declares.",
        "place 'V3' (city) has the parent '11' (district), which is not above it.",
        "place 'V4' (city) has the parent '11' (district), which is not above it.",
    ]


def test_ten_thousand_wrong_rows_are_refused_in_a_moment() -> None:
    packs = small_pack()
    packs["rain"]["places.csv"] += "".join(f"V{number},村,town,1l,,,\n" for number in range(10_000))
    with pytest.raises(PackErrors) as caught:
        load(packs)  # the whole suite has ten seconds: comparing each code with all others would take ten minutes
    assert caught.value.left_out == 9_950
    assert str(caught.value.errors[0]).endswith("has the parent '1l', which is no place. There are 10007 known places.")


def test_many_known_names_are_shortened_to_the_nearest() -> None:
    names = [f"pump-{number}" for number in range(40)]
    said = known_names("roles", "pump-7x", names)
    assert said.startswith("There are 40 known roles, among them: pump-")
    assert said.endswith("Did you mean 'pump-7'?")
    assert said.count(",") == 12


def test_what_does_not_load_on_its_own_says_what_to_load_with_it() -> None:
    rain = {"rain": with_change("rain/pack.yaml", "[base]", "[]")["rain"]}
    with pytest.raises(PackErrors) as caught:
        load(rain)
    assert "packs: no pack declares warning levels. Load the base pack too" in str(caught.value)


def test_the_packs_of_this_repository_load(root: Path) -> None:
    folders = {
        folder.name: {
            path.relative_to(folder).as_posix(): path.read_text("utf-8")
            for path in folder.rglob("*")
            if path.suffix in (".yaml", ".yml", ".csv", ".geojson")
        }
        for folder in (root / "packs").iterdir()
        if (folder / "pack.yaml").exists()
    }
    rules = load(folders)
    assert rules.calm == "normal"
    assert len(rules.units) >= len(rules.places)
