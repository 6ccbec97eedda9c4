"""Proof that an entry is in a journal of which only the tree head is known (RFC 6962, 2.1.1): a few hashes."""

from collections.abc import Sequence
from hashlib import sha256


def leaf(body: bytes) -> bytes:
    """The leaf of an entry with these canonical bytes."""
    return sha256(b"\x00" + body).digest()


def proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes beside the way from leaf `index` (from 0) up to the root of `leaves`, lowest first."""
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    if index < half:
        return [*proof(leaves[:half], index), root(leaves[half:])]
    return [*proof(leaves[half:], index - half), root(leaves[:half])]


def root(leaves: Sequence[bytes]) -> bytes:
    """The tree head over at least one leaf."""
    level = list(leaves)
    while len(level) > 1:
        paired = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level = paired + level[len(paired) * 2 :]
    return level[0]


def root_from(proof: Sequence[bytes], leaf: bytes, index: int, size: int) -> bytes | None:
    """The root that a proof leads to from leaf `index` of `size`; None where it does not fit that place."""
    if not 0 <= index < size:
        return None
    node, place, last = leaf, index, size - 1
    for beside in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            node = sha256(b"\x01" + beside + node).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + beside).digest()
        place, last = place >> 1, last >> 1
    return node if last == 0 else None
