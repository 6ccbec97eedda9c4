"""What only the journal on disk has to stand: other processes, full disks, newer releases, restarts."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from journal_samples import a_fact, disk_full_at, some_facts

from bihuan.journal.sqlite import FILE, SqliteJournal
from bihuan.journal.verify import verify_folder
from bihuan.model.errors import JournalError


def test_a_journal_goes_on_where_it_was_closed(tmp_path: Path) -> None:
    with closing(SqliteJournal(tmp_path)) as journal:
        head = journal.append(some_facts(5))
        root = journal.root()
    with closing(SqliteJournal(tmp_path)) as journal:
        assert (journal.head(), journal.root()) == (head, root)
        assert journal.append([a_fact(6)]).seq == 6
    assert verify_folder(tmp_path).entries == 6


def test_it_is_set_up_so_that_a_commit_is_on_disk(tmp_path: Path) -> None:
    with closing(SqliteJournal(tmp_path)) as journal:
        found = {
            name: journal._writer.execute(f"pragma {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys", "trusted_schema")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 5000, "foreign_keys": 1, "trusted_schema": 0}


def test_what_is_appended_is_seen_from_another_connection_at_once(tmp_path: Path) -> None:
    with closing(SqliteJournal(tmp_path)) as writer, closing(SqliteJournal(tmp_path)) as reader:
        writer.append(some_facts(3))
        assert len(list(reader.read(until=3))) == 3


def test_a_second_writer_is_refused_before_it_forks_the_chain(tmp_path: Path) -> None:
    with closing(SqliteJournal(tmp_path)) as one, closing(SqliteJournal(tmp_path)) as other:
        one.append(some_facts(2))
        with pytest.raises(JournalError, match="moved on without this process"):
            other.append([a_fact(1, id="cq-other")])
        with pytest.raises(JournalError, match="id cq-1 is in the journal already"):
            other.append([a_fact(1)])
        assert one.append([a_fact(3)]).seq == 3
    assert verify_folder(tmp_path).entries == 3


def test_readers_in_other_threads_see_whole_appends_only(tmp_path: Path) -> None:
    with closing(SqliteJournal(tmp_path)) as journal, ThreadPoolExecutor(2) as pool:

        def look(_: int) -> bool:
            found = [entry.fact.seq for entry in journal.read()]
            return found == list(range(1, len(found) + 1)) and len(found) % 10 == 0

        looks = [pool.submit(look, turn) for turn in range(20)]
        for start in range(0, 300, 10):
            journal.append(some_facts(10, after=start))
        assert all(future.result() for future in looks)


def test_a_full_disk_is_said_clearly_and_the_journal_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with closing(SqliteJournal(tmp_path)) as journal:
        before = journal.append(some_facts(3))
        with disk_full_at(200_000), pytest.raises(JournalError, match=r"Nothing was written"):
            journal.append(some_facts(2000, after=3))
        assert journal.head() == before
        assert len(list(journal.read())) == 3
        assert journal.append([a_fact(4)]).seq == 4
    assert verify_folder(tmp_path).entries == 4


def test_a_journal_of_a_newer_release_is_left_alone(tmp_path: Path) -> None:
    SqliteJournal(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("pragma user_version = 2")
    with pytest.raises(JournalError, match="format 2, this release knows 1"):
        SqliteJournal(tmp_path)


def test_a_fact_of_a_kind_unknown_here_names_the_entry(tmp_path: Path) -> None:
    with closing(SqliteJournal(tmp_path)) as journal:
        journal.append(some_facts(2))
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.execute("update entry set body = cast(replace(body, 'task-signed', 'task-sung') as blob) where seq = 2")
            connection.commit()
        with pytest.raises(JournalError, match="entry 2: the body is not a fact"):
            list(journal.read())


def test_a_folder_that_cannot_be_made_is_said_clearly(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(JournalError, match="unable to open database file"):
        SqliteJournal(tmp_path)
