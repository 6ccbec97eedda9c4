"""Scores as files: exported with their seal, computed again without a centre, and an edit found by figure and by digest."""

import re
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.packs_for_tests import small_pack, with_change
from tests.unit.loop.city import HOUR, START, WEST_UNDERPASS, City

from bihuan.app.folder import About, DataFolder
from bihuan.app.gates import LiveGate
from bihuan.app.scores import published, score_file
from bihuan.cli import main
from bihuan.journal.chain import GENESIS, canonical, link
from bihuan.journal.checkpoints import Checkpoints
from bihuan.journal.contract import Entry
from bihuan.journal.sealed import Sealed
from bihuan.journal.sqlite import SqliteJournal
from bihuan.loop.evaluate.scoring import scored
from bihuan.model.facts import ColourOfScore, CountedCase, CountedTask, Fact, ItemOfScore, Ruling, ScorePublished
from bihuan.pack.load import load
from bihuan.pack.measures import MEASURES
from bihuan.views import NotFound
from bihuan.views.score_file import ScoreFile, as_csv, as_json, check, file_of, read

PACKS = with_change("rain/scorecards.yaml", "measure: signed_on_time_rate", "measure: closed_rate", small_pack())
RULES = load(PACKS)
FORMS: list[Callable[[ScoreFile], bytes]] = [as_json, as_csv]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A centre that was stopped: two scores and a correction are in its journal."""
    top = tmp_path_factory.mktemp("centre")
    for name, files in PACKS.items():
        for path, text in files.items():
            (top / name / path).parent.mkdir(parents=True, exist_ok=True)
            (top / name / path).write_text(text, "utf-8")
    folder = DataFolder(path=top / "data")
    folder.found(About(packs=(str(top / "base"), str(top / "rain")), began=START))
    city = City(rules=load(PACKS))
    city.flood()
    city.flood(point=WEST_UNDERPASS)
    city.finish(city.task("pump", "11.drainage"))
    city.drain()
    city.wait(12 * HOUR)
    score = next(fact for fact in city.facts if fact.kind == "score-published")
    city.do("duty@12", "appeal", score.id, choice="sign", to="cq-C00002", text="the road was cut")
    city.do("duty@1", "decide", "cq-A00001", choice="changed", text="it is on record")
    journal = SqliteJournal(folder.journal, Checkpoints(folder.journal, "bihuan/cq"))
    journal.append(city.facts)
    journal.close()
    return folder


@pytest.fixture(scope="module")
def first(folder: DataFolder) -> ScoreFile:
    """The first version of the first period."""
    rules = load(PACKS)
    corrected = published(folder.journal, "closing", "2025-09-01T02:00", rules.zone)
    assert corrected.body.corrects  # type: ignore[union-attr]
    return score_file(folder.journal, corrected.body.corrects, rules)  # type: ignore[union-attr]


def _said(capsys: pytest.CaptureFixture[str]) -> str:
    said = capsys.readouterr()
    return said.out + said.err


def test_an_export_is_computed_again_to_the_same_digits(
    folder: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("score.json", "score.csv"):
        file = str(tmp_path / name)
        assert (
            main(["score", "export", "--data", str(folder.path), "--card", "closing", "--period", "2025-09-01T02:00", file])
            == 0
        )
        assert main(["score", "recompute", file]) == 0
        said = _said(capsys)
        assert "all as published" in said
        assert "corrects cq-" in said
        assert "   1   100.00  normal    11 东区 East" in said


@pytest.mark.parametrize("form", FORMS)
def test_a_file_comes_back_as_it_was(form: Callable[[ScoreFile], bytes], first: ScoreFile) -> None:
    assert read(form(first), "file") == first


def test_the_newest_version_of_a_period_is_exported(folder: DataFolder) -> None:
    rules = load(PACKS)
    body = published(folder.journal, "closing", "2025-09-01", rules.zone).body
    assert body.corrects  # type: ignore[union-attr]
    assert published(folder.journal, "closing", "latest", rules.zone).body.since > body.since  # type: ignore[union-attr]


def test_a_score_that_was_not_published_is_asked_for_in_vain(folder: DataFolder) -> None:
    zone = load(PACKS).zone
    with pytest.raises(NotFound, match="nothing was published of the scorecard 'beauty'"):
        published(folder.journal, "beauty", "latest", zone)
    with pytest.raises(NotFound, match="no period of 'closing' that has 2024-09 in it was published"):
        published(folder.journal, "closing", "2024-09", zone)
    with pytest.raises(NotFound, match="'soon' is no period; write it like 2026-Q3"):
        published(folder.journal, "closing", "soon", zone)


@pytest.mark.parametrize(
    ("card", "period", "said"),
    [
        ("closing", "soon", "--period: 'soon' is no period; write it like 2026-Q3, 2026-09, 2026-W36, 2026-09-05 "
         "or an ISO time. Or write 'latest' for the last one.\n"),
        ("closing", "2024-09", "--period: no period of 'closing' that has 2024-09 in it was published. "
         "The last published periods begin at 2025-09-01T00:00, 2025-09-01T06:00.\n"),
        ("beauty", "latest", "--card: nothing was published of the scorecard 'beauty'. Published: closing.\n"),
    ],
)  # fmt: skip
def test_the_command_says_which_word_names_nothing_and_what_to_write_instead(
    card: str, period: str, said: str, folder: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "score.json"
    assert main(["score", "export", "--data", str(folder.path), "--card", card, "--period", period, str(file)]) == 1
    assert _said(capsys) == f"SettingError: {said}"
    assert not file.exists()


# --- edits ----------------------------------------------------------------------------------------------------


def _edited(first: ScoreFile, old: str, new: str, form: Callable[[ScoreFile], bytes] = as_json) -> ScoreFile:
    text = form(first).decode()
    edited, times = re.subn(old, new, text, count=1)
    assert times == 1, old
    return read(edited.encode(), "file")


def test_an_edited_input_is_found_by_the_figures_that_stand_on_it_and_by_the_digest(first: ScoreFile) -> None:
    (closed,) = (case for case in first.body.cases if case.case == "cq-C00001")
    found = check(_edited(first, f'"closed_at": {closed.closed_at}', f'"closed_at": {first.body.until + 1}'))
    assert "11 East, item 'sign': numerator is 1 in the file, 0 by its inputs" in found.differences
    assert "11 East: score is 100 in the file, 0 by its inputs" in found.differences
    assert found.edited.startswith(
        f"entry {first.sealed.entry.fact.seq} of the journal has the digest {first.sealed.entry.hash}"
    )


def test_an_edited_cell_of_a_table_is_found(first: ScoreFile) -> None:
    found = check(_edited(first, r"case,cq-C00001,11,", "case,cq-C00001,12,", as_csv))
    assert "11 East, item 'sign': denominator is 1 in the file, 0 by its inputs" in found.differences
    assert not found.good


def test_an_edited_result_is_found(first: ScoreFile) -> None:
    found = check(_edited(first, r'"score": 100\.0,', '"score": 100.01,'))
    assert found.differences == ("11 East: score is 100.01 in the file, 100 by its inputs",)


def test_an_edit_that_changes_no_figure_is_found_by_the_digest(first: ScoreFile) -> None:
    (closed,) = (case for case in first.body.cases if case.case == "cq-C00001")
    found = check(_edited(first, f'"closed_at": {closed.closed_at}', f'"closed_at": {(closed.closed_at or 0) - 1}'))
    assert (found.differences, found.good) == ((), False)


def test_a_forged_digest_is_found_by_the_signed_tree(first: ScoreFile) -> None:
    case, *rest = first.body.cases
    body = msgspec.structs.replace(first.body, cases=(msgspec.structs.replace(case, decided_at=1), *rest))
    entry = first.sealed.entry
    fact = msgspec.structs.replace(entry.fact, body=body)
    digest = link(bytes.fromhex(entry.prev), canonical(fact)).hex()
    sealed = msgspec.structs.replace(first.sealed, entry=msgspec.structs.replace(entry, fact=fact, hash=digest))
    found = check(msgspec.structs.replace(first, sealed=sealed))
    assert found.differences == ()
    assert f"does not have this entry {fact.seq}" in found.edited


def test_a_forged_checkpoint_is_found_by_its_signature(first: ScoreFile) -> None:
    size = first.sealed.note.split("\n")[1]
    note = first.sealed.note.replace(f"\n{size}\n", f"\n{int(size) + 1}\n", 1)
    found = check(msgspec.structs.replace(first, sealed=msgspec.structs.replace(first.sealed, note=note)))
    assert found.edited == "the signature of the checkpoint does not hold"


def test_recompute_says_which_figure_differs_and_ends_with_1(
    first: ScoreFile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "score.json"
    (closed,) = (case for case in first.body.cases if case.case == "cq-C00001")
    later = f'"closed_at": {first.body.until + 1}'
    file.write_bytes(as_json(first).replace(f'"closed_at": {closed.closed_at}'.encode(), later.encode()))
    assert main(["score", "recompute", str(file)]) == 1
    said = _said(capsys)
    assert "DIFFERS 11 East, item 'sign': numerator is 1 in the file, 0 by its inputs" in said
    assert "EDITED  entry" in said
    assert "This file is not the score that was published: export it again." in said


@pytest.mark.parametrize("raw", [b"", b"{}", b"a,b\n1,2\n", b"\xff\xfe", b'{"format": "bihuan-score-9"}'])
def test_what_is_no_score_is_refused(raw: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "score.json"
    file.write_bytes(raw)
    assert main(["score", "recompute", str(file)]) == 1
    assert "this is no exported score" in _said(capsys)


def test_a_running_centre_signs_what_is_taken_away(tmp_path: Path) -> None:
    city = City(rules=load(PACKS))
    city.flood()
    city.wait(6 * HOUR)
    with closing(SqliteJournal(tmp_path, Checkpoints(tmp_path, "bihuan/cq"))) as journal:
        journal.append(city.facts)
        gate = LiveGate.__new__(LiveGate)
        gate._centre = SimpleNamespace(journal=journal, rules=city.rules)  # type: ignore[assignment]
        file = gate.score("closing", "latest")
    assert file.sealed.note
    assert check(file).good


# --- any score ------------------------------------------------------------------------------------------------

MOMENTS = st.none() | st.integers(0, 300)
TASKS = st.builds(
    CountedTask, task=st.text("T0123", min_size=1), case=st.sampled_from(["C1", "C2", 'C"3,']), unit=st.sampled_from("uvw"),
    holder=st.sampled_from("uvw"), sign_by=st.integers(0, 300), done_by=st.integers(0, 300), signed_at=MOMENTS,
    claimed_at=MOMENTS, sent_back_at=MOMENTS, verified_at=MOMENTS, left_at=MOMENTS,
    left=st.sampled_from(["", "returned", "released", "held"]),
    late=st.sampled_from([(), ("sign",), ("done", "sign")]), flags=st.integers(0, 2), form=st.sampled_from(["", "call"]),
)  # fmt: skip
CASES = st.builds(
    CountedCase, case=st.sampled_from(["C1", "C2", 'C"3,']), unit=st.sampled_from("uvw"), due=MOMENTS, closed_at=MOMENTS,
    on_time=st.booleans(), credit=st.sampled_from(["", "recurred"]), reopened_at=MOMENTS, left=st.sampled_from(["", "held"]),
    register_by=MOMENTS, decided_at=MOMENTS, decided=st.sampled_from(["", "registered", "rejected"]),
)  # fmt: skip
ITEMS = tuple(
    ItemOfScore(item=name, measure=name, formula=measure.formula, weight=weight, direction=measure.direction)
    for (name, measure), weight in zip(MEASURES.items(), [0.1, 3.3, 7.25, *range(10, 20)], strict=True)
)


@given(st.lists(TASKS, max_size=12), st.lists(CASES, max_size=8), st.lists(st.sampled_from(ITEMS), max_size=3))
def test_any_score_is_the_same_after_any_form_and_computes_to_the_same_digits(
    tasks: list[CountedTask], cases: list[CountedCase], ruled: list[ItemOfScore]
) -> None:
    body = ScorePublished(
        scorecard="card", version="1", since=100, until=200, rows=(), through="cq-1", items=ITEMS, units=("u", "v"),
        colours=(ColourOfScore(least=60.0, level="normal"), ColourOfScore(least=0.0, level="red")),
        tasks=tuple(tasks), cases=tuple(cases),
        rulings=tuple(Ruling(appeal="A", unit="u", item=item.item, id="C1") for item in ruled),
    )  # fmt: skip
    body = msgspec.structs.replace(body, rows=scored(body))
    fact = Fact(seq=1, id="cq-1", at=200, recorded_at=200, actor="evaluate", subject="card", because=(), body=body)
    hash = link(GENESIS, canonical(fact)).hex()
    file = file_of(Sealed(entry=Entry(fact=fact, prev=GENESIS.hex(), hash=hash)), RULES)
    for form in FORMS:
        again = read(form(file), "file")
        assert again == file
        assert check(again).good
    for row in body.rows:
        assert row.score is None or 0 <= row.score <= 100
        assert (row.rank is None) == (row.score is None)
