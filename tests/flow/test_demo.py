"""`bihuan demo --headless`: one seed is one journal, the storm shows what it must, and every law of closing holds."""

import re
from pathlib import Path

import pytest
from tests.flow.command import bihuan_says

CLOUDS = "2018-05-14T00:00+08:00"
"""Some hours into the storm: warnings, responses, tasks, the first flooded points and the first silent gauges."""


def head_of(out: str) -> str:
    found = re.search(r"journal head ([0-9a-f]{64}) \((\d+) facts\)", out)
    assert found, out
    assert int(found[2]) > 300
    return found[1]


def counts(out: str) -> dict[str, int]:
    return {kind: int(count) for count, kind in re.findall(r"^ +(\d+) ([a-z-]+)$", out, re.M)}


def test_demo_headless_is_deterministic(tmp_path: Path) -> None:
    def demo(folder: str, seed: int) -> str:
        said = bihuan_says("demo", "--headless", "--seed", str(seed), "--until", CLOUDS, "--data", tmp_path / folder)
        assert {"case-opened", "task-sent", "task-signed", "commanded"} <= counts(said.out).keys()
        return head_of(said.out)

    first = demo("first", 7)
    assert demo("again", 7) == first
    assert demo("again", 8) != first, "another seed is another cast; and the folder of an earlier demo is used anew"


@pytest.mark.slow
def test_the_whole_storm_shows_what_it_must_and_every_law_holds(tmp_path: Path) -> None:
    out = bihuan_says("demo", "--headless", "--data", tmp_path).out
    seen = counts(out)
    assert seen["case-closed"] == seen["case-opened"] + seen["case-reopened"], "every case is closed in the end"
    assert seen["case-flagged"] >= 1
    assert seen["case-reopened"] >= 1
    assert seen["series-silent"] == seen["series-returned"] >= 1
    assert seen["task-escalated"] >= 1
    assert seen["review-written"] >= 1
    assert seen["score-published"] >= 1

    audit = bihuan_says("audit", "--data", tmp_path).out
    laws = [line for line in audit.splitlines() if line.startswith(("holds", "BROKEN"))]
    assert len(laws) >= 6
    assert all(line.startswith("holds") for line in laws), audit
    assert re.search(r"every claim made right after signing is flagged: [1-9]\d* such claims", audit)
    assert re.search(r"a relapse reopens its case: [1-9]\d* reopened", audit)
    assert re.search(r"every silent series has a duty: [1-9]\d* silences", audit)

    verified = bihuan_says("journal", "verify", "--data", tmp_path).out
    assert f"head {head_of(out)}" in verified
    explained = bihuan_says("explain", "cq-C00001", "--data", tmp_path, "--lang", "en").out
    assert re.search(r"^\d{4}-.* sense ", explained, re.M), "the chain goes back to a reading"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--until", "soon"), "'soon' is no time"),
        (("--until", "2020-01-01T00:00+08:00"), "is outside the storm"),
        (("--speed", "0"), "a speed of 0 makes no sense"),
    ],
)
def test_words_that_make_no_sense_are_refused_with_what_would(tmp_path: Path, words: tuple[str, str], said: str) -> None:
    err = bihuan_says("demo", "--headless", "--data", tmp_path / "new", *words, code=1).err
    assert said in err
    assert "Choose" in err or "Write" in err


def test_a_folder_that_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    err = bihuan_says("demo", "--headless", "--data", tmp_path, code=1).err
    assert "the folder holds something that is no demo" in err
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
