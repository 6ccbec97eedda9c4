"""JSON Schema for editors, and the page about a pack."""

import json

from tests.packs_for_tests import small_pack, with_change

from bihuan.pack.docs import docs
from bihuan.pack.draft import SECTIONS
from bihuan.pack.json_schema import content_schema, manifest_schema
from bihuan.pack.load import load


def test_the_schema_knows_every_section_and_refuses_unknown_keys() -> None:
    schema = content_schema()
    content = schema["$defs"]["Content"]
    assert list(content["properties"]) == list(SECTIONS)
    assert content["additionalProperties"] is False
    assert json.loads(json.dumps(schema))["$defs"]["Content"]["properties"]["plans"]["default"] == []


def test_spans_are_text_with_a_pattern_and_their_defaults_are_as_authors_write_them() -> None:
    rung = content_schema()["$defs"]["Rung"]
    assert rung["properties"]["for"]["type"] == "string"
    assert rung["properties"]["for"]["default"] == "0s"
    assert rung["required"] == ["level", "raise"]
    plan = content_schema()["$defs"]["Plan"]["properties"]["answer"]
    assert (plan["default"], plan["pattern"]) == ("10m", "^([0-9]+(ms|s|m|h|d|w))+$")


def test_choices_are_listed_for_completion() -> None:
    indicator = content_schema()["$defs"]["Indicator"]["properties"]
    assert sorted(indicator["direction"]["enum"]) == ["band", "higher-is-worse", "lower-is-worse"]


def test_the_manifest_has_a_schema_of_its_own() -> None:
    manifest = manifest_schema()["$defs"]["Manifest"]
    assert manifest["required"] == ["urn", "version", "words", "licence", "owner"]


def test_the_page_of_a_pack_lists_ladders_with_sources_and_plans_with_clocks() -> None:
    page = docs(load(small_pack()))
    assert "### 降雨量 Rainfall (`rain`)" in page
    assert "| yellow | sum 6h >= 50 | 0s | no longer raised | 1h |" in page
    assert "| blue | >= 15 | 5m | < 10 | 10m |" in page
    assert "Source: CMA, rainstorm signal, 1." in page
    assert "On a warning of `rainstorm` at blue, yellow, orange, red. Opens a case of type `rainstorm`. Response III" in page
    assert "| 镇街巡查 Town patrols | town units affected at blue | 10m |  | 3h | text |  |" in page
    assert "When a series of `rain` falls silent." in page
    assert "On a report of `ponding`." in page
    assert "| 复发 Relapses | reopened_rate | 40 | lower-is-better |" in page


def test_the_page_says_how_many_series_a_group_wants() -> None:
    page = docs(load(with_change("rain/indicators.yaml", "[rain], at: district}", "[rain], at: district, least: 2}")))
    assert "Warns where 2 series of `rainstorm` of one district stand at a level, or at a worse one." in page
    assert "stand at a level" not in docs(load(small_pack()))
