"""Intake of readings: a body in one of the readers' formats, held against the rules, made durable, then acknowledged."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bihuan.live.answers import Refused, Trouble, answer, on_bihuan_error
from bihuan.live.catalogues import Catalogues
from bihuan.live.door import PATIENCE_SECONDS, Door
from bihuan.live.gate import Gate
from bihuan.live.guard import Pool, body_of, refuse_foreign
from bihuan.model.errors import BihuanError
from bihuan.model.readings import Batch
from bihuan.pack.readings import (
    Accepted,
    Columns,
    IdColumns,
    Lists,
    RefusedRow,
    Row,
    StaleIds,
    accept,
    accept_columns,
    accept_ids,
)

MOST_BYTES = 32 * 1024 * 1024
MOST_HELD = 8 * MOST_BYTES
"""Bytes of bodies held in memory at a time, and MOST_BYTES besides for small ones: a sensor's few rows are not kept waiting by
how many others send."""

LARGE_BYTES = 160_000
"""A body from this size on is a large batch (as `Gate.refusal` sees it) in nearly every format, and known as one unread. In a
smaller one the rows are counted first."""

SOURCE = "live"

CATALOGUE = "bihuan-catalogue"
"""Header: whose ids a body holds that does not say so itself."""

Reader = Callable[[bytes], Iterable[Row] | Lists | Columns | IdColumns]
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
    """Asked by far the most: `Express` brings bodies here past the middleware and the routes that all else goes through."""

    def __init__(
        self,
        gate: Gate,
        readers: Mapping[str, Reader],
        pool: Pool,
        catalogues: Catalogues,
        *,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._gate, self._readers, self._pool, self._catalogues = gate, readers, pool, catalogues
        self._group = Grouper(gate.take_many, gate.refusal)
        self._door, self._patience = Door(self._shut), patience
        self._held = 0
        """Bytes of the bodies that are being read or taken, as they were announced."""

    async def endpoint(self, request: Request) -> Response:
        try:
            return await self._answer(request)
        except BihuanError as error:
            return on_bihuan_error(request, error)

    async def _answer(self, request: Request) -> Response:
        refuse_foreign(request)
        reader, catalogue = self._reader(request), request.headers.get(CATALOGUE, "")
        if (refusal := self._gate.refusal(0, self._group.rows)) is not None:
            raise refusal
        announced = _announced(request)
        if self._held + announced > MOST_HELD + (MOST_BYTES if announced < LARGE_BYTES else 0):
            raise Refused(
                503, "too many batches come at once", remedy="Send it again in a moment.", headers={"retry-after": "1"}
            )
        self._held += announced
        try:
            body = await body_of(request, MOST_BYTES)
            taken = await self._brought_in(reader, body, catalogue)
        finally:
            self._held -= announced
        return answer(taken, 200 if isinstance(taken, Taken) else 400)

    async def _brought_in(self, reader: Reader, body: bytes, catalogue: str) -> Taken | NothingTaken:
        until = asyncio.get_running_loop().time() + self._patience
        if len(body) >= LARGE_BYTES:
            await self._door.passed(until)
        found = await self._pool.run(lambda: self._judged(reader, body, catalogue))
        while isinstance(found, Accepted):  # much came in meanwhile, or there are more rows in it than it looked
            await self._door.passed(until)
            found = await self._pool.run(partial(self._taken, found))
        return found

    def _shut(self) -> BihuanError | None:
        """What there is against one more large batch. Threads are left to the small ones."""
        as_large_as_any = MOST_BYTES  # no body has more rows than bytes
        return self._gate.refusal(as_large_as_any, self._group.rows) or self._pool.crowded()

    def _reader(self, request: Request) -> Reader:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in self._readers:
            remedy = f"Send one of: {', '.join(self._readers)}."
            raise Refused(415, f"bodies of type '{kind[:60]}' are not read", where="Content-Type", remedy=remedy)
        return self._readers[kind]

    def _judged(self, reader: Reader, body: bytes, catalogue: str) -> Taken | NothingTaken | Accepted:
        found = self._judge(reader(body), catalogue)
        if not len(found.batch):
            what = "none of the rows can be taken." if found.rows else "there are no rows."
            remedy = "See `refused` for each of them." if found.rows else "Send at least one."
            return NothingTaken(what=what, where="body", remedy=remedy, rows=found.rows, refused=found.refused)
        return self._taken(found)

    def _taken(self, found: Accepted) -> Taken | Accepted:
        """Durable, or, where it would have to wait too long for its turn, as it was."""
        entry = self._group.take(found.batch)
        if entry is None:
            return found
        return Taken(entry=entry, rows=found.rows, accepted=len(found.batch), refused=found.refused)

    def _judge(self, rows: Iterable[Row] | Lists | Columns | IdColumns, catalogue: str) -> Accepted:
        rules, now, known = self._gate.rules, self._gate.now(), self._catalogues.current()
        if isinstance(rows, Columns):
            return accept_columns(rules, rows, now=now, source=SOURCE, catalogue=known)
        if isinstance(rows, IdColumns):
            if not rows.catalogue:
                rows = replace(rows, catalogue=catalogue)
            try:
                return accept_ids(known, rows, now=now, source=SOURCE)
            except StaleIds as stale:
                raise Refused(409, stale.what, where=stale.where, remedy=stale.remedy) from None
        return accept(rules, rows, now=now, source=SOURCE, catalogue=known)


def _announced(request: Request) -> int:
    """Bytes that a body may have."""
    length = request.headers.get("content-length", "")
    return min(int(length[:20]), MOST_BYTES) if length.isdecimal() else MOST_BYTES


class Express:
    """ASGI middleware: `POST` of readings goes straight to the intake."""

    def __init__(self, app: ASGIApp, intake: Intake, path: str) -> None:
        self._app, self._intake, self._path = app, intake, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == self._path and scope["method"] == "POST":
            response = await self._intake.endpoint(Request(scope, receive))
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)


@dataclass(slots=True, eq=False)
class _Waiting:
    batch: Batch
    entry: int = 0
    error: BaseException | None = None


class Grouper:
    """Batches of many threads made durable together: what comes while one write runs goes with the next, in one."""

    def __init__(
        self, take_many: Callable[[Sequence[Batch]], list[int]], refusal: Callable[[int, int], BihuanError | None]
    ) -> None:
        self._take_many, self._refusal = take_many, refusal
        self._lock = Lock()
        """Around `_waiting` and `rows`."""
        self._writing = Lock()
        """Held by the thread that writes, for all that wait."""
        self._waiting: list[_Waiting] = []
        self.rows = 0
        """Rows not durable yet."""

    def take(self, batch: Batch) -> int | None:
        """Entry of the batch once it is durable; None when there is something against it now. Raises what writing it raised."""
        mine = _Waiting(batch)
        with self._lock:
            if self._refusal(len(batch), self.rows) is not None:
                return None
            self._waiting.append(mine)
            self.rows += len(batch)
        with self._writing:
            if not (mine.entry or mine.error):  # else whoever wrote before took it along
                self._write()
        if mine.error is not None:
            raise mine.error
        return mine.entry

    def _write(self) -> None:
        with self._lock:
            group, self._waiting = self._waiting, []
        try:
            entries = self._take_many([one.batch for one in group])
            for one, entry in zip(group, entries, strict=True):
                one.entry = entry
        except BihuanError as error:
            for one in group:
                # One of its own for each thread: raising adds to an exception's traceback.
                one.error = copy(error)
        except BaseException as error:
            for one in group:
                one.error = one.error or error
            raise
        finally:
            with self._lock:
                self.rows -= sum(len(one.batch) for one in group)
