"""Whoever changes the journal behind its back is found out, and the first bad entry is named."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from journal_samples import a_fact, some_facts

from bihuan.journal.chain import Frontier, link
from bihuan.journal.checkpoints import Checkpoints, read_checkpoints
from bihuan.journal.contract import BadEntry
from bihuan.journal.memory import MemoryJournal
from bihuan.journal.sqlite import FILE, SqliteJournal
from bihuan.journal.verify import Report, verify, verify_folder
from bihuan.model.errors import JournalError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed journal of 60 entries with checkpoints of size 20, 40 and 60."""
    with closing(SqliteJournal(tmp_path, Checkpoints(tmp_path, "cq", every=20))) as journal:
        for start in range(0, 60, 5):
            journal.append(some_facts(5, after=start))
    return tmp_path


def change(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def rewrite_chain_from(folder: Path, seq: int) -> None:
    """What somebody does who knows the format: new hashes for all that follows, and a new head."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        (prev,) = connection.execute("select hash from entry where seq = ?", (seq - 1,)).fetchone()
        for number, body in connection.execute("select seq, body from entry where seq >= ? order by seq", (seq,)).fetchall():
            hash = link(prev, body)
            connection.execute("update entry set prev = ?, hash = ? where seq = ?", (prev, hash, number))
            prev = hash
        connection.execute("update head set hash = ?", (prev,))
        connection.commit()


def cut_back(folder: Path, size: int) -> None:
    """Leave `size` entries, as if no more had ever been written."""
    frontier = Frontier()
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.execute("delete from entry where seq > ?", (size,))
        for (body,) in connection.execute("select body from entry order by seq"):
            frontier.add(body)
        (hash,) = connection.execute("select hash from entry where seq = ?", (size,)).fetchone()
        connection.execute("update head set seq = ?, hash = ?, frontier = ?", (size, hash, frontier.packed()))
        connection.commit()


def test_an_untouched_journal_verifies(folder: Path) -> None:
    report = verify_folder(folder)
    with closing(SqliteJournal(folder)) as journal:
        expected = Report(entries=60, head=journal.head().hash, root=journal.root(), checkpoints=3, checkpointed=60)
    assert report == expected


def test_a_journal_verifies_while_it_is_being_written(folder: Path) -> None:
    with closing(SqliteJournal(folder)) as journal:
        journal.append(some_facts(5, after=60))
        assert verify_folder(folder).entries == 65


@pytest.mark.parametrize(
    ("statements", "entry", "what"),
    [
        (["update entry set body = replace(body, 'task-33', 'task-34') where seq = 33"], 33, "altered"),
        (["update entry set body = cast(replace(body, 'task-33', 'task-34') as blob) where seq = 33"], 33, "altered"),
        (["update entry set hash = zeroblob(32) where seq = 8"], 8, "altered"),
        (["delete from entry where seq = 17"], 17, "it is missing: entry 18 follows entry 16"),
        (["delete from entry where seq <= 3"], 1, "it is missing: entry 4 follows entry 0"),
        (["delete from entry where seq > 50"], 51, "ends at 50, but a checkpoint signed 60"),
        (["delete from entry"], 1, "ends at 0, but a checkpoint signed 60"),
        (
            [
                "update entry set seq = -10 where seq = 10",
                "update entry set seq = 10 where seq = 11",
                "update entry set seq = 11 where seq = -10",
            ],
            10,
            "swapped",
        ),
        (["delete from entry where seq = 30", "update entry set seq = seq - 1 where seq > 30"], 30, "taken out"),
        (["update entry set id = 'cq-99' where seq = 12"], 12, "column id says 'cq-99', the fact says 'cq-12'"),
        (["update entry set kind = 'task-claimed' where seq = 12"], 12, "column kind"),
        (["update entry set subject = '' where seq = 12"], 12, "column subject"),
        (["update entry set at = at + 1 where seq = 12"], 12, "column at"),
        (["update entry set recorded_at = 0 where seq = 12"], 12, "column recorded_at"),
        (["update entry set kind = 'x' where seq = 12", "delete from entry where seq = 9"], 9, "missing"),
    ],
)
def test_the_first_bad_entry_is_named_with_what_happened_to_it(
    folder: Path, statements: list[str], entry: int, what: str
) -> None:
    change(folder, *statements)
    with pytest.raises(BadEntry, match=what) as found:
        verify_folder(folder)
    assert found.value.entry == entry
    assert f"entry {entry}:" in str(found.value)


def test_a_tail_cut_off_cleverly_is_found_by_the_checkpoint(folder: Path) -> None:
    cut_back(folder, 56)
    with pytest.raises(BadEntry, match="a checkpoint signed 60") as found:
        verify_folder(folder)
    assert found.value.entry == 57


def test_a_tail_after_the_last_checkpoint_is_missed_by_the_head(tmp_path: Path) -> None:
    with closing(SqliteJournal(tmp_path)) as journal:
        journal.append(some_facts(10))
    change(tmp_path, "delete from entry where seq > 7")
    with pytest.raises(JournalError, match="the head says 10 entries, but the last entry is 7"):
        verify_folder(tmp_path)
    with pytest.raises(JournalError, match="the head says 10 entries, but the last entry is 7"):
        SqliteJournal(tmp_path)


def test_a_chain_written_anew_is_found_between_its_checkpoints(folder: Path) -> None:
    change(folder, "update entry set body = cast(replace(body, 'task-33', 'task-34') as blob) where seq = 33")
    rewrite_chain_from(folder, 33)
    with pytest.raises(BadEntry, match="entries 21 to 40 are not those that the checkpoint of size 40 signed") as found:
        verify_folder(folder)
    assert found.value.entry == 21


def test_a_journal_cut_back_with_its_checkpoints_is_found_by_those_another_centre_keeps(folder: Path) -> None:
    kept_above = read_checkpoints(folder)
    text = (folder / "checkpoints.txt").read_text()
    (folder / "checkpoints.txt").write_text(text[: text.index("cq\n60\n")])
    cut_back(folder, 40)
    assert verify_folder(folder).entries == 40
    with pytest.raises(BadEntry, match="a checkpoint signed 60"):
        verify_folder(folder, kept_above)


def test_two_heads_of_one_size_are_a_fork(folder: Path) -> None:
    other = MemoryJournal()
    other.append([*some_facts(19), a_fact(20, subject="another case")])
    with pytest.raises(BadEntry, match="entries 1 to 20 are not those"):
        verify(other, read_checkpoints(folder)[:1])


@pytest.mark.parametrize("column", ["hash", "frontier"])
def test_a_changed_head_is_found(folder: Path, column: str) -> None:
    change(folder, f"update head set {column} = zeroblob(length({column}))")
    with pytest.raises(JournalError, match="altered"):
        verify_folder(folder)


def test_a_journal_without_its_head_is_refused(folder: Path) -> None:
    change(folder, "delete from head")
    with pytest.raises(JournalError, match="lost or altered"):
        verify_folder(folder)


def test_no_flipped_byte_in_the_file_goes_unseen(folder: Path) -> None:
    """Over the whole file: either verification says so, or the byte held nothing and every fact reads as before."""
    good, facts = (folder / FILE).read_bytes(), some_facts(60)
    seen = 0
    for position in [*range(0, 100, 9), *range(100, len(good), len(good) // 150)]:
        (folder / FILE).write_bytes(good[:position] + bytes([good[position] ^ 0x15]) + good[position + 1 :])
        try:
            verify_folder(folder)
        except JournalError:
            seen += 1
            continue
        with closing(SqliteJournal(folder)) as journal:
            assert [entry.fact for entry in journal.read()] == facts
        for suffix in ("-wal", "-shm"):
            (folder / (FILE + suffix)).unlink(missing_ok=True)
    assert seen > 60


def test_a_damaged_file_says_what_to_do(folder: Path) -> None:
    path = folder / FILE
    raw = bytearray(path.read_bytes())
    raw[4096:12288] = bytes(8192)
    path.write_bytes(raw)
    with pytest.raises(JournalError, match=r"malformed.*restore from a backup"):
        verify_folder(folder)
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(JournalError, match=r"not a database.*restore from a backup"):
        SqliteJournal(folder)


def test_verifying_where_there_is_no_journal_says_so_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="there is no journal here"):
        verify_folder(tmp_path)
    assert list(tmp_path.iterdir()) == []
