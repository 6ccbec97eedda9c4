"""The map's TopoJSON: read and packed once, then known by its hash."""

import gzip
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

from bihuan.live.gate import Gate
from bihuan.live.guard import Pool


@dataclass(frozen=True, slots=True)
class _Map:
    plain: bytes
    packed: bytes
    tag: str


class Geo:
    def __init__(self, gate: Gate, pool: Pool) -> None:
        self._gate, self._pool = gate, pool
        self._map: _Map | None = None

    async def endpoint(self, request: Request) -> Response:
        if self._map is None:
            self._map = await self._pool.run(self._read)
        takes_packed = "gzip" in request.headers.get("accept-encoding", "").lower()
        tag = f'"{self._map.tag}{"-gz" if takes_packed else ""}"'
        headers = {"etag": tag, "cache-control": "no-cache"}
        known = [entry.strip().removeprefix("W/") for entry in request.headers.get("if-none-match", "").split(",")]
        if tag in known:
            return Response(status_code=304, headers={**headers, "vary": "Accept-Encoding"})
        if not takes_packed:
            return Response(self._map.plain, media_type="application/json", headers=headers)
        headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding"}
        return Response(self._map.packed, media_type="application/json", headers=headers)

    def _read(self) -> _Map:
        plain = self._gate.geo()
        return _Map(plain, gzip.compress(plain, 9, mtime=0), sha256(plain).hexdigest()[:20])
