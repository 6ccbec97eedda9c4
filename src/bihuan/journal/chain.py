"""Canonical JSON, the hash chain and the tree head: how facts are bound together."""

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec
import msgspec.inspect
import rfc8785
from msgspec.structs import replace

from bihuan.journal.contract import Entry, Head, Row, Unwritable
from bihuan.model.errors import JournalError
from bihuan.model.facts import Fact

GENESIS = bytes(32)
"""What the first entry follows."""

_EXACT = 2**53
"""From here on not every integer has a double of its own, so RFC 8785 takes none."""

_SMALL = 1e-4
"""From here on doubles are written without an exponent."""

_ANY_DIGIT = bytes.maketrans(b"0123456789", b"0" * 10)
_LONG = b"0" * 16
"""What an integer beyond that looks like where all digits look alike; text may look so too."""

_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(Fact)


def canonical(fact: Fact) -> bytes:
    """The fact as canonical JSON (RFC 8785): the same fact gives the same bytes on any machine.

    Keys are field names (ASCII), so their order by code point is the order by UTF-16 that the standard asks for.
    Raises Unwritable for NaN, infinity, an integer beyond 2^53 or text that is not Unicode.
    """
    try:
        body = _plain(fact.body)
        if body is not None:
            written = _ENCODER.encode(fact if body is fact.body else replace(fact, body=body))
            if _LONG not in written.translate(_ANY_DIGIT):
                return written
        return _ENCODER.encode(_canonical_numbers(msgspec.to_builtins(fact)))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise Unwritable(
            f"this fact cannot be written as JSON: {error}",
            where=f"fact {fact.id} ({fact.kind})",
            remedy="It was not written. Mend the input or pack that led to this number or text.",
        ) from error


@cache
def _with_doubles(kind: type) -> tuple[str, ...] | None:
    """Fields of a kind of fact that may hold doubles: only these can need another form than the encoder's own.

    None for what has no fields.
    """
    if not issubclass(kind, msgspec.Struct):
        return None
    told = msgspec.inspect.type_info(kind)
    assert isinstance(told, msgspec.inspect.StructType)
    return tuple(field.name for field in told.fields if _holds_doubles(field.type))


def _holds_doubles(told: object) -> bool:
    match told:
        case msgspec.inspect.IntType() | msgspec.inspect.StrType() | msgspec.inspect.BoolType() | msgspec.inspect.NoneType():
            return False
        case msgspec.inspect.LiteralType():
            return False
        case msgspec.inspect.VarTupleType():
            return _holds_doubles(told.item_type)
        case msgspec.inspect.UnionType():
            return any(map(_holds_doubles, told.types))
        case msgspec.inspect.StructType():
            return any(_holds_doubles(field.type) for field in told.fields)
        case _:
            return True


def _plain(value: Any) -> Any:
    """The value in a form that the encoder writes as the standard does; None where there is none, or None is the value.

    The standard writes whole doubles as integers. Others it writes as the encoder does, but for very small and large ones.
    """
    kind: type = type(value)
    if kind is float:
        if value.is_integer() and -_EXACT < value < _EXACT:
            return int(value)
        return value if _SMALL <= abs(value) < _EXACT else None
    if kind is tuple:
        plain = tuple(map(_plain, value))
        return None if None in plain else plain
    if kind is int or kind is str or kind is bool:
        return value
    names = _with_doubles(kind)
    if names is None:
        return None
    changed = {}
    for name in names:
        own = getattr(value, name)
        if own is None:
            continue
        plain = _plain(own)
        if plain is None:
            return None
        if plain is not own:
            changed[name] = plain
    return replace(value, **changed) if changed else value


def _canonical_numbers(node: Any) -> Any:
    kind = type(node)
    if kind is str:
        return node
    if kind is dict:
        return {key: _canonical_numbers(value) for key, value in node.items()}
    if kind is tuple or kind is list:
        return [_canonical_numbers(value) for value in node]
    if kind is float:
        return int(node) if node.is_integer() and -_EXACT < node < _EXACT else msgspec.Raw(rfc8785.dumps(node))
    if kind is int and not -_EXACT < node < _EXACT:
        raise rfc8785.IntegerDomainError(node)
    return node


def link(prev: bytes, body: bytes) -> bytes:
    """The hash of an entry with these canonical bytes that follows the entry with hash `prev`."""
    return sha256(prev + body).digest()


def entry_of(body: bytes, prev: bytes, hash: bytes, *, where: str, seq: int) -> Entry:
    """The entry of a stored row. Raises JournalError when the body is not a fact this release knows."""
    try:
        return Entry(fact=_DECODER.decode(body), prev=prev.hex(), hash=hash.hex())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise JournalError(
            f"the body is not a fact: {error}",
            where=f"{where}: entry {seq}",
            remedy="Run `bihuan journal verify`; if it finds nothing, a newer release wrote this: use that one.",
        ) from error


class Frontier:
    """RFC 6962 tree head, kept up entry by entry: one hash for every set bit of the size, largest subtree first."""

    __slots__ = ("hashes", "size")

    def __init__(self, size: int = 0, packed: bytes = b"") -> None:
        """`packed` is what `packed()` gave at this size. Raises ValueError when the two do not fit."""
        if len(packed) != 32 * size.bit_count():
            raise ValueError(f"a tree of {size} entries has {size.bit_count()} hashes at its edge, not {len(packed) / 32:g}")
        self.size = size
        self.hashes = [packed[i : i + 32] for i in range(0, len(packed), 32)]

    def add(self, body: bytes) -> None:
        """Take in the canonical bytes of the next entry."""
        node = sha256(b"\x00" + body).digest()
        size = self.size
        while size & 1:
            node = sha256(b"\x01" + self.hashes.pop() + node).digest()
            size >>= 1
        self.hashes.append(node)
        self.size += 1

    def root(self) -> bytes:
        if not self.hashes:
            return sha256(b"").digest()
        *rest, node = self.hashes
        for left in reversed(rest):
            node = sha256(b"\x01" + left + node).digest()
        return node

    def packed(self) -> bytes:
        return b"".join(self.hashes)

    def copy(self) -> "Frontier":
        twin = Frontier()
        twin.size, twin.hashes = self.size, self.hashes.copy()
        return twin


def link_facts(facts: Sequence[Fact], head: Head, frontier: Frontier, *, where: str) -> list[Row]:
    """The rows of `facts` after `head`; `frontier` takes them in.

    Raises JournalError when they do not follow on without a hole, or one id comes twice among them.
    """
    rows: list[Row] = []
    prev, ids = bytes.fromhex(head.hash), set[str]()
    for seq, fact in enumerate(facts, head.seq + 1):
        if fact.seq != seq:
            raise JournalError(
                f"fact {fact.id} has seq {fact.seq}, but the journal continues with {seq}",
                where=where,
                remedy="Nothing was written. Read the journal's head and number the facts from there.",
            )
        if fact.id in ids:
            raise id_exists(fact.id, where)
        ids.add(fact.id)
        body = canonical(fact)
        hash = link(prev, body)
        frontier.add(body)
        rows.append(Row(seq, fact.id, fact.kind, fact.subject, fact.at, fact.recorded_at, body, prev, hash))
        prev = hash
    return rows


def id_exists(id: str, where: str) -> JournalError:
    return JournalError(
        f"a fact with id {id} is in the journal already",
        where=where,
        remedy="Nothing was written. Give each fact an id of its own.",
    )
