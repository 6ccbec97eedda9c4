"""Intake of readings: a body in one of the readers' formats, held against the rules, made durable, then acknowledged."""

from collections.abc import Callable, Iterable, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bihuan.live.answers import Refused, Trouble, answer
from bihuan.live.gate import Gate
from bihuan.live.guard import Pool, body_of, refuse_foreign
from bihuan.pack.readings import Accepted, Columns, RefusedRow, Row, accept, accept_columns

MOST_BYTES = 32 * 1024 * 1024
MOST_BODIES = 8
"""Bodies held in memory at a time."""

SOURCE = "live"

Reader = Callable[[bytes], Iterable[Row] | Columns]
"""Raises ReadingError for a body that is not of its format."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """`refused` tells the first of them, one by one."""

    entry: int
    rows: int
    accepted: int
    refused: tuple[RefusedRow, ...]


class NothingTaken(Trouble, frozen=True, kw_only=True):
    rows: int
    accepted: int = 0
    refused: tuple[RefusedRow, ...]


class Intake:
    def __init__(self, gate: Gate, readers: Mapping[str, Reader], pool: Pool) -> None:
        self._gate, self._readers, self._pool = gate, readers, pool
        self._bodies = 0

    async def endpoint(self, request: Request) -> Response:
        refuse_foreign(request)
        reader = self._reader(request)
        if self._bodies >= MOST_BODIES:
            raise Refused(
                503, "too many batches come at once", remedy="Send it again in a moment.", headers={"retry-after": "1"}
            )
        self._bodies += 1
        try:
            body = await body_of(request, MOST_BYTES)
            taken = await self._pool.run(lambda: self._take(reader, body))
        finally:
            self._bodies -= 1
        return answer(taken, 200 if isinstance(taken, Taken) else 400)

    def _reader(self, request: Request) -> Reader:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in self._readers:
            remedy = f"Send one of: {', '.join(self._readers)}."
            raise Refused(415, f"bodies of type '{kind[:60]}' are not read", where="Content-Type", remedy=remedy)
        return self._readers[kind]

    def _take(self, reader: Reader, body: bytes) -> Taken | NothingTaken:
        found = self._judge(reader(body))
        if not len(found.batch):
            what = "none of the rows can be taken." if found.rows else "there are no rows."
            remedy = "See `refused` for each of them." if found.rows else "Send at least one."
            return NothingTaken(what=what, where="body", remedy=remedy, rows=found.rows, refused=found.refused)
        entry = self._gate.take_readings(found.batch)
        return Taken(entry=entry, rows=found.rows, accepted=len(found.batch), refused=found.refused)

    def _judge(self, rows: Iterable[Row] | Columns) -> Accepted:
        rules, now = self._gate.rules, self._gate.now()
        if isinstance(rows, Columns):
            return accept_columns(rules, rows, now=now, source=SOURCE)
        return accept(rules, rows, now=now, source=SOURCE)
