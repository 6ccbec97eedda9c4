"""`bihuan journal verify`: whatever is done to a journal behind its back is found, and the entry is named."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.flow.command import bihuan_says


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo up to some thousand facts."""
    folder = tmp_path_factory.mktemp("storm") / "data"
    bihuan_says("demo", "--headless", "--until", "2018-05-14T00:00+08:00", "--data", folder)
    return folder


@pytest.fixture
def copy(data: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(data, tmp_path / "data"))


def change(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "journal" / "journal.sqlite") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def last(folder: Path) -> int:
    with sqlite3.connect(folder / "journal" / "journal.sqlite") as connection:
        (found,) = connection.execute("select max(seq) from entry").fetchone()
    connection.close()
    return int(found)


def test_a_journal_as_it_was_written_verifies(data: Path) -> None:
    out = bihuan_says("journal", "verify", "--data", data).out
    assert f"{last(data)} entries, in order and unaltered" in out
    assert "signed checkpoints hold" in out
    assert f"the last at entry {last(data)}" in out


TAMPER: dict[str, tuple[tuple[str, ...], int, str]] = {
    "a changed word": (
        ("update entry set body = replace(body, '\"rows\":', '\"rows\": ') where seq = 40",),
        40,
        "it was altered",
    ),
    "another reason in the index": (
        ("update entry set kind = 'case-closed' where seq = 41",),
        41,
        "column kind says 'case-closed'",
    ),
    "a deleted entry": (("delete from entry where seq = 50",), 50, "it is missing: entry 51 follows entry 49"),
    "two swapped entries": (
        (
            "update entry set seq = -60 where seq = 60",
            "update entry set seq = 60 where seq = 61",
            "update entry set seq = 61 where seq = -60",
        ),
        60,
        "it does not follow entry 59",
    ),
    "an entry copied over another": (
        (
            "update entry set body = (select body from entry where seq = 70), prev = (select prev from entry where seq = 70),"
            " hash = (select hash from entry where seq = 70) where seq = 80",
        ),
        80,
        "it does not follow entry 79",
    ),
}


@pytest.mark.parametrize("what", TAMPER)
def test_what_was_done_to_an_entry_is_found_and_the_entry_named(copy: Path, what: str) -> None:
    statements, entry, said = TAMPER[what]
    change(copy, *statements)
    err = bihuan_says("journal", "verify", "--data", copy, code=1).err
    assert err.startswith("BadEntry: ")
    assert f"entry {entry}: {said}" in err
    assert f"Entries up to {entry - 1} are good." in err


def test_one_flipped_bit_is_found(copy: Path) -> None:
    with sqlite3.connect(copy / "journal" / "journal.sqlite") as connection:
        (body,) = connection.execute("select body from entry where seq = 55").fetchone()
        flipped = bytes([*body[:20], body[20] ^ 1, *body[21:]])
        connection.execute("update entry set body = ? where seq = 55", (flipped,))
    connection.close()
    assert "entry 55: it was altered" in bihuan_says("journal", "verify", "--data", copy, code=1).err


def test_a_truncated_journal_is_found_by_its_checkpoint(copy: Path) -> None:
    seq = last(copy)
    change(
        copy,
        f"delete from entry where seq > {seq - 5}",
        f"update head set seq = {seq - 5}, hash = (select hash from entry where seq = {seq - 5})",
    )
    err = bihuan_says("journal", "verify", "--data", copy, code=1).err
    assert f"entry {seq - 4}: it is missing: the journal ends at {seq - 5}, but a checkpoint signed {seq} entries" in err


def test_a_chain_written_anew_is_found_by_its_checkpoint(copy: Path) -> None:
    """Who can write the file can also compute hashes; not signatures."""
    from bihuan.journal.chain import GENESIS, link

    with sqlite3.connect(copy / "journal" / "journal.sqlite") as connection:
        prev = GENESIS
        for seq, body in connection.execute("select seq, body from entry order by seq").fetchall():
            said = body.replace(b'"quality"', b'"Quality"') if seq != 30 else body.replace(b'"source":"', b'"source":"!')
            hash = link(prev, said)
            connection.execute("update entry set body = ?, prev = ?, hash = ? where seq = ?", (said, prev, hash, seq))
            prev = hash
        connection.execute("update head set hash = ?", (prev,))
    connection.close()
    err = bihuan_says("journal", "verify", "--data", copy, code=1).err
    assert "the chain was written anew" in err


def _cut_file(folder: Path) -> None:
    path = folder / "journal" / "journal.sqlite"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _sign_again(folder: Path) -> None:
    path = folder / "journal" / "checkpoints.txt"
    text = path.read_text()
    path.write_text(text.replace(text.splitlines()[1], "1", 1))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "journal" / "journal.sqlite").unlink(), "there is no journal here"),
        (_cut_file, "damaged"),
        (_sign_again, "checkpoint 1 is altered: its signature does not hold"),
        (lambda folder: (folder / "centre.json").unlink(), "there is no centre in this folder"),
    ],
)
def test_a_folder_that_cannot_be_verified_says_why(copy: Path, spoil: Callable[[Path], None], said: str) -> None:
    spoil(copy)
    err = bihuan_says("journal", "verify", "--data", copy, code=1).err
    assert said in err


def test_a_tampered_journal_is_not_continued(copy: Path) -> None:
    """A centre that starts on it would make the forgery the truth."""
    from bihuan.app.folder import DataFolder
    from bihuan.app.packs import rules
    from bihuan.model.errors import JournalError

    change(copy, "update entry set body = replace(body, '\"rows\":', '\"rows\": ') where seq = 40")
    folder = DataFolder(path=copy)
    with pytest.raises(JournalError, match="it was altered"):
        folder.open(rules(["heavy-rain"], folder.about().began))
