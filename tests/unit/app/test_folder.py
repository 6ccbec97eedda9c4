"""A data folder: founded once, opened by one process, and never under packs that do not know what its journal speaks of."""

import sys
from pathlib import Path

import pytest
from tests.packs_for_tests import small_pack
from tests.unit.loop.city import START, UNDERPASS, batch_of

from bihuan.app.folder import ABOUT, About, DataFolder
from bihuan.cli import main
from bihuan.model.commands import Command
from bihuan.model.errors import JournalError, PackError, SettingError
from bihuan.pack.load import load
from bihuan.pack.rules import Rules

RULES = load(small_pack())
REPORT = Command(key="k1", actor="duty@1101", does="report", target="ponding", place=UNDERPASS)


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(path=tmp_path / "data")
    folder.found(About(packs=("rain",), began=START))
    return folder


def without_ponding() -> Rules:
    packs = small_pack()
    rain = packs["rain"]
    rain["plans.yaml"] = (
        rain["plans.yaml"].replace("case: ponding\n", "case: flooding\n").replace("{case: ponding}", "{case: flooding}")
    )
    rain["cases.yaml"] = rain["cases.yaml"].replace("id: ponding\n", "id: flooding\n")
    rain["scorecards.yaml"] = rain["scorecards.yaml"].replace("ponding", "flooding")
    return load(packs)


def test_a_folder_remembers_what_it_belongs_to(folder: DataFolder) -> None:
    assert folder.about() == About(packs=("rain",), began=START)
    assert folder.exists()


def test_a_folder_that_is_no_centre_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="there is no centre in this folder") as caught:
        DataFolder(path=tmp_path).about()
    assert "bihuan run" in caught.value.remedy


def test_a_damaged_description_is_named(folder: DataFolder) -> None:
    (folder.path / ABOUT).write_text('{"packs": 7}')
    with pytest.raises(SettingError, match=r"centre\.json is damaged"):
        folder.about()


def test_a_keeper_of_readings_nobody_knows_is_named(folder: DataFolder) -> None:
    folder.found(About(packs=("rain",), began=START, history="cassandra"))
    with pytest.raises(SettingError, match="nothing called 'cassandra' keeps readings") as caught:
        folder.open(RULES)
    assert "parquet and clickhouse" in caught.value.remedy


def test_a_centre_of_clickhouse_without_the_extra_says_what_to_install(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "chdb.session", None)  # type: ignore[arg-type]
    words = ["run", "--data", str(folder.path / "new"), "--packs", "heavy-rain", "--history", "clickhouse"]
    assert main(words) == 1
    assert not (folder.path / "new").exists()
    folder.found(About(packs=("rain",), began=START, history="clickhouse"))
    with pytest.raises(SettingError, match="chdb is not installed") as caught:
        folder.open(RULES)
    assert "pip install 'bihuan[clickhouse]'" in caught.value.remedy


def test_what_keeps_the_readings_is_chosen_when_a_centre_is_founded(
    folder: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--data", str(folder.path), "--history", "clickhouse"]) == 1
    assert "this centre keeps its readings in parquet" in capsys.readouterr().err


def test_one_process_at_a_time(folder: DataFolder) -> None:
    centre = folder.open(RULES)
    with pytest.raises(JournalError, match="another process writes this intake log"):
        folder.open(RULES)
    centre.close()
    folder.open(RULES).close()


def test_a_centre_opened_again_goes_on(folder: DataFolder) -> None:
    centre = folder.open(RULES)
    centre.step(START, [batch_of([("rain@1101", START, 60.0)])], [REPORT])
    head = centre.journal.head()
    centre.close()
    centre = folder.open(RULES)
    assert (centre.journal.head(), centre.loop.seq, centre.now) == (head, head.seq, START)
    assert centre.step(START, commands=[REPORT]) == []
    assert [fact.kind for fact in folder.facts()][-1] == list(centre.journal.read())[-1].fact.kind
    centre.close()


def test_packs_that_do_not_know_what_the_journal_speaks_of_are_refused_and_nothing_is_changed(folder: DataFolder) -> None:
    centre = folder.open(RULES)
    centre.step(START, commands=[REPORT])
    head = centre.journal.head()
    centre.close()
    with pytest.raises(PackError, match="the journal speaks of 'ponding', which the packs no longer declare") as caught:
        folder.open(without_ponding())
    assert "Put it back" in caught.value.remedy
    centre = folder.open(RULES)
    assert centre.journal.head() == head
    centre.close()


def test_the_views_of_a_folder_need_no_engine_and_disturb_nobody(folder: DataFolder) -> None:
    centre = folder.open(RULES)
    centre.step(START, commands=[REPORT])
    views = folder.views(RULES)
    assert [row.type for row in views.cases("1", "open", 10)] == ["ponding"]
    centre.close()
