"""`bihuan plan`: a dry run and a drawing, from packs on disk."""

import json
from pathlib import Path

import pytest
from tests.flow.command import bihuan_says, write_packs
from tests.packs_for_tests import small_pack


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return write_packs(tmp_path, small_pack()) / "rain"


def test_a_dry_run_names_units_and_times_in_either_language(pack: Path) -> None:
    words = ("plan", "explain", pack, "flood-iii", "--place", "1101", "--at", "2025-09-01T02:00")
    zh, en = bihuan_says(*words).out, bihuan_says(*words, "--lang", "en").out
    assert "东区排水 (11.drainage)" in zh
    assert "签收 09-01 02:05; 到场 09-01 02:40; 完成 09-01 05:00" in zh
    assert "East drainage (11.drainage)" in en
    assert "declared by the duty officer of East (11), to be answered within 10 min" in en
    said = json.loads(bihuan_says(*words, "--json").out)
    assert [task["unit"] for task in said["tasks"]] == ["11.drainage", "1101", "11.emergency"]


def test_what_cannot_be_meant_ends_with_what_can(pack: Path) -> None:
    said = bihuan_says("plan", "explain", pack, "flood-iv", "--place", "1101", code=1)
    assert "Did you mean 'flood-iii'?" in said.err
    said = bihuan_says("plan", "explain", pack, "ponding", "--place", "1101", code=1)
    assert "such as LP-1101-1." in said.err
    said = bihuan_says("plan", "explain", pack, "ponding", "--place", "LP-1101-1", "--value", "rain", code=1)
    assert "Write it as ponding-depth=27." in said.err


def test_a_drawing_is_one_svg(pack: Path) -> None:
    out = bihuan_says("plan", "chart", pack, "flood-iii", "--lang", "en").out
    assert out.startswith("<svg ")
    assert out.endswith("</svg>\n")
    assert "Bring pumps forward" in out
