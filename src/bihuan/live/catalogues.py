"""`GET /live/series`: the ids of series, handed out once and good until the packs change."""

from threading import Lock

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bihuan.live.answers import answer
from bihuan.live.gate import Gate
from bihuan.live.guard import Pool
from bihuan.pack.catalogue import Catalogue
from bihuan.pack.rules import Rules
from bihuan.pack.trouble import known_names
from bihuan.views import NotFound


class Catalogues:
    """The catalogue of the rules in force: made when it is first asked for, and anew with new rules. Any thread may ask."""

    def __init__(self, gate: Gate, pool: Pool) -> None:
        self._gate, self._pool = gate, pool
        self._lock = Lock()
        self._made: tuple[Rules, Catalogue] | None = None

    def current(self) -> Catalogue:
        rules = self._gate.rules
        with self._lock:
            if self._made is None or self._made[0] is not rules:
                self._made = (rules, Catalogue(rules))
            return self._made[1]

    async def endpoint(self, request: Request) -> Response:
        """The whole, or one `?indicator=`. Weak tags: an answer may go packed or not."""
        indicator = request.query_params.get("indicator", "")
        digest, body = await self._pool.run(lambda: self._shown(indicator, request.headers.get("if-none-match", "")))
        headers = {"cache-control": "no-cache", "etag": f'W/"{digest}"'}
        return answer(body, headers=headers) if body else Response(status_code=304, headers=headers)

    def _shown(self, indicator: str, known: str) -> tuple[str, bytes]:
        """Digest and JSON; no JSON where the asker has it already."""
        catalogue = self.current()
        view = catalogue.view(indicator)
        if view is None:
            named = [one.id for one in catalogue.indicators]
            raise NotFound(
                f"no pack declares the indicator '{indicator[:60]}'",
                where="indicator",
                remedy=known_names("indicators", indicator[:100], named),
            )
        return catalogue.digest, b"" if catalogue.digest in known else msgspec.json.encode(view)
