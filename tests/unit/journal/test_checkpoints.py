"""Checkpoints: signed in a form others can check, kept beside the journal, not to be altered unseen."""

import base64
import os
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from journal_samples import a_fact, some_facts

from bihuan.journal.checkpoints import Checkpoints, Verifier, read_checkpoints
from bihuan.journal.sqlite import SqliteJournal
from bihuan.journal.verify import verify_folder
from bihuan.model.errors import JournalError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A closed journal of 25 entries with checkpoints of size 10, 20 and 25."""
    write(tmp_path, 25)
    return tmp_path


def write(folder: Path, count: int, after: int = 0) -> None:
    with closing(SqliteJournal(folder, Checkpoints(folder, "cq", every=10))) as journal:
        for fact in some_facts(count, after=after):
            journal.append([fact])


def test_one_is_signed_every_so_many_facts_and_at_the_close(folder: Path) -> None:
    assert [checkpoint.size for checkpoint in read_checkpoints(folder)] == [10, 20, 25]
    write(folder, 6, after=25)
    assert [checkpoint.size for checkpoint in read_checkpoints(folder)] == [10, 20, 25, 31]


def test_one_can_be_asked_for_and_comes_once(tmp_path: Path) -> None:
    with closing(SqliteJournal(tmp_path, Checkpoints(tmp_path, "cq", every=10))) as journal:
        journal.append(some_facts(3))
        journal.checkpoint()
        journal.checkpoint()
        assert [checkpoint.size for checkpoint in read_checkpoints(tmp_path)] == [3]


def test_opening_and_closing_without_a_fact_signs_nothing(folder: Path) -> None:
    before = (folder / "checkpoints.txt").read_bytes()
    write(folder, 0)
    assert (folder / "checkpoints.txt").read_bytes() == before


def test_it_is_a_note_in_the_form_of_c2sp_that_others_can_check(folder: Path) -> None:
    text, signature = (folder / "checkpoints.txt").read_text().split("\n\n")[:2]
    with closing(SqliteJournal(folder)) as journal:
        entry = list(journal.read(until=10))[-1]
    origin, size, root, head = text.split("\n")
    assert (origin, size, head) == ("cq", "10", f"head {entry.hash}")
    assert len(base64.b64decode(root)) == 32

    name, key_id, coded = (folder / "keys/journal.vkey").read_text().strip().split("+", 2)
    public = base64.b64decode(coded)
    assert public[0] == 1
    assert key_id == sha256(name.encode() + b"\n" + public).hexdigest()[:8]
    dash, signer, coded = signature.split(" ")
    raw = base64.b64decode(coded)
    assert (dash, signer, raw[:4].hex()) == ("\u2014", "cq", key_id)
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], (text + "\n").encode())


def test_the_private_key_is_for_its_owner_only(folder: Path) -> None:
    assert (folder / "keys/journal.key").stat().st_mode & 0o777 == 0o600
    assert (folder / "keys").stat().st_mode & 0o777 == 0o700


def test_no_byte_of_a_checkpoint_can_change_unseen(folder: Path) -> None:
    """Flipped bytes in the first two are named; in the last one they may also read as an unfinished write."""
    path = folder / "checkpoints.txt"
    good, kept = path.read_bytes(), read_checkpoints(folder)
    last = good.index(b"cq\n25\n")
    for position in range(0, len(good), 3):
        path.write_bytes(good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :])
        try:
            found = read_checkpoints(folder)
        except JournalError:
            continue
        assert position > last
        assert found == kept[:2]


def test_a_signature_has_one_spelling(folder: Path) -> None:
    """68 bytes leave two spare bits in the last letter of base64; a decoder that ignores them lets the file change."""
    path = folder / "checkpoints.txt"
    text = path.read_text()
    letter = text[text.index("=\n\ncq\n20") - 1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = alphabet[alphabet.index(letter) ^ 1]
    path.write_text(text.replace(f"{letter}=\n\ncq\n20", f"{other}=\n\ncq\n20"))
    with pytest.raises(JournalError, match="checkpoint 1 is altered"):
        read_checkpoints(folder)


def test_an_altered_checkpoint_is_named_by_verification_and_at_the_start(folder: Path) -> None:
    path = folder / "checkpoints.txt"
    path.write_text(path.read_text().replace("cq\n20\n", "cq\n21\n"))
    with pytest.raises(JournalError, match=r"checkpoint 2 is altered.*up to size 10 are good"):
        verify_folder(folder)
    with pytest.raises(JournalError, match="checkpoint 2 is altered"):
        Checkpoints(folder, "cq")


def test_lines_of_other_signers_are_passed_over(folder: Path) -> None:
    path = folder / "checkpoints.txt"
    other = base64.b64encode(bytes(68)).decode()
    path.write_text(path.read_text().replace("\n\n\u2014 cq", f"\n\n\u2014 above {other}\n\u2014 cq"))
    assert len(read_checkpoints(folder)) == 3


def test_a_note_signed_only_by_others_is_refused(folder: Path) -> None:
    path = folder / "checkpoints.txt"
    path.write_text(path.read_text().replace("\u2014 cq ", "\u2014 above "))
    with pytest.raises(JournalError, match="checkpoint 1 is altered"):
        read_checkpoints(folder)


@pytest.mark.parametrize("left", [3, 40, 100, 180])
def test_a_write_cut_short_by_a_crash_is_taken_back(folder: Path, left: int) -> None:
    path = folder / "checkpoints.txt"
    good = path.read_bytes()
    path.write_bytes(good + good[:left])
    assert len(read_checkpoints(folder)) == 3
    write(folder, 1, after=25)
    assert [checkpoint.size for checkpoint in read_checkpoints(folder)] == [10, 20, 25, 26]


def test_a_missing_key_is_not_silently_made_again(folder: Path) -> None:
    (folder / "keys/journal.key").unlink()
    with pytest.raises(JournalError, match=r"journal.key is missing"):
        Checkpoints(folder, "cq")


def test_without_the_public_key_there_is_nothing_to_check_with(folder: Path) -> None:
    (folder / "keys/journal.vkey").unlink()
    with pytest.raises(JournalError, match=r"journal.vkey is missing"):
        verify_folder(folder)


@pytest.mark.parametrize("vkey", ["", "cq+00000000+AAAA", "cq+zz", "cq+00000000+not base64"])
def test_a_verifier_key_that_is_none_is_refused(vkey: str) -> None:
    with pytest.raises(JournalError, match="not a verifier key"):
        Verifier(vkey)


@pytest.mark.parametrize("origin", ["", "two words", "a+b", "a\nb"])
def test_an_origin_that_cannot_name_a_key_is_refused(tmp_path: Path, origin: str) -> None:
    with pytest.raises(JournalError, match="cannot name a key"):
        Checkpoints(tmp_path, origin)


def test_an_older_copy_of_the_journal_is_not_continued(folder: Path) -> None:
    """Continuing it would make two journals with one number for two facts."""
    older = folder / "older"
    with closing(SqliteJournal(older)) as journal:
        journal.append(some_facts(21))
    (older / "journal.sqlite").rename(folder / "journal.sqlite")
    with pytest.raises(JournalError, match=r"ends at entry 21, but checkpoints.txt signed 25"):
        SqliteJournal(folder, Checkpoints(folder, "cq"))


def test_another_journal_of_the_same_length_is_not_continued(folder: Path) -> None:
    other = folder / "other"
    with closing(SqliteJournal(other)) as journal:
        journal.append([*some_facts(24), a_fact(25, subject="another case")])
    (other / "journal.sqlite").rename(folder / "journal.sqlite")
    with pytest.raises(JournalError, match="has another entry 25"):
        SqliteJournal(folder, Checkpoints(folder, "cq"))


def test_a_checkpoint_the_disk_refuses_does_not_fail_the_append_and_is_made_up_for(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path, Checkpoints(tmp_path, "cq", every=10))
    (tmp_path / "checkpoints.txt").mkdir()
    assert journal.append(some_facts(12)).seq == 12
    assert "no checkpoint could be written at size 12" in journal.trouble
    os.rmdir(tmp_path / "checkpoints.txt")
    journal.append([a_fact(13)])
    assert journal.trouble == ""
    journal.close()
    assert [checkpoint.size for checkpoint in read_checkpoints(tmp_path)] == [13]
