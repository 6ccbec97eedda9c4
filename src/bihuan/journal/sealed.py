"""One entry with all that shows it is in a journal: chain hash, signed tree head, and the proof between the two."""

from contextlib import closing
from pathlib import Path

import msgspec

from bihuan.journal.chain import canonical, entry_of, link
from bihuan.journal.checkpoints import PUBLIC, Checkpoint, newest_note, read_note
from bihuan.journal.contract import Entry
from bihuan.journal.proof import leaf, proof, root_from
from bihuan.journal.sqlite import FILE, open_to_verify, stored_rows, told
from bihuan.model.errors import JournalError


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """`note` is the newest signed checkpoint, `vkey` whose signature it is, `proof` the hashes (hex) from the entry to its
    root. All three are empty where no checkpoint has the entry yet."""

    entry: Entry
    note: str = ""
    vkey: str = ""
    proof: tuple[str, ...] = ()


def sealed(folder: Path, id: str) -> Sealed:
    """The entry of a fact, read beside whoever is writing. Raises JournalError for none such, or a damaged journal."""
    found = newest_note(folder)
    size, where = found[0].size if found else 0, str(folder / FILE)
    leaves: list[bytes] = []
    entry = None
    with told(where), closing(open_to_verify(folder)) as connection:
        for row in stored_rows(connection):
            if entry is not None and row.seq > size:
                break
            if row.id == id:
                entry = entry_of(row.body, row.prev, row.hash, where=where, seq=row.seq)
            if row.seq <= size:
                leaves.append(leaf(row.body))
    if entry is None:
        raise JournalError(f"there is no fact '{id}'", where=where, remedy="Take the id of a fact of this journal.")
    if found is None or entry.fact.seq > size:
        return Sealed(entry=entry)
    way = tuple(node.hex() for node in proof(leaves, entry.fact.seq - 1))
    return Sealed(entry=entry, note=found[1], vkey=(folder / PUBLIC).read_text().strip(), proof=way)


def broken(one: Sealed) -> str:
    """What does not hold together; empty when all does. Without a note only the chain hash can be looked at."""
    fact = one.entry.fact
    body = canonical(fact)
    digest = link(bytes.fromhex(one.entry.prev), body).hex()
    if digest != one.entry.hash:
        return f"entry {fact.seq} of the journal has the digest {one.entry.hash}, but what stands here gives {digest}"
    if not one.note:
        return ""
    try:
        checkpoint = read_note(one.note, one.vkey)
    except JournalError as error:
        return str(error)
    if checkpoint is None:
        return "the signature of the checkpoint does not hold"
    return (
        ""
        if _leads_to(one, body, checkpoint)
        else f"the signed tree of {checkpoint.size} entries does not have this entry {fact.seq}"
    )


def _leads_to(one: Sealed, body: bytes, checkpoint: Checkpoint) -> bool:
    way = [bytes.fromhex(node) for node in one.proof]
    found = root_from(way, leaf(body), one.entry.fact.seq - 1, checkpoint.size)
    return found is not None and found.hex() == checkpoint.root
