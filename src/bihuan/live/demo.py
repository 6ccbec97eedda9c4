"""Speed and pause of a demo."""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bihuan.live.answers import Refused, answer
from bihuan.live.gate import Demo, Gate
from bihuan.live.guard import Pool, body_of, refuse_foreign

MOST_BYTES = 1_024
FASTEST = 100_000.0


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    speed: Annotated[float, msgspec.Meta(gt=0, le=FASTEST)] | None = None
    paused: bool | None = None


_DECODER = msgspec.json.Decoder(Wish)


class DemoControl:
    def __init__(self, gate: Gate, pool: Pool) -> None:
        self._gate, self._pool = gate, pool

    async def endpoint(self, request: Request) -> Response:
        refuse_foreign(request)
        wish = _wish(await body_of(request, MOST_BYTES))
        return answer(await self._pool.run(lambda: self._set(wish)))

    def _set(self, wish: Wish) -> Demo:
        if self._gate.demo() is None:
            raise Refused(404, "this is no demo: its clock is the wall's", where="demo", remedy="Start one with `bihuan demo`.")
        return self._gate.set_demo(speed=wish.speed, paused=wish.paused)


def _wish(body: bytes) -> Wish:
    remedy = f'Send {{"speed": 288}} (above 0, at most {FASTEST:g}) or {{"paused": true}}.'
    try:
        wish = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(400, f"this cannot be read: {error}", where="body", remedy=remedy) from error
    if wish.speed is None and wish.paused is None:
        raise Refused(400, "nothing is to change", where="body", remedy=remedy)
    return wish
