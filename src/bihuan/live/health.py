"""`GET /live/health`: is the loop turning, and what should an operator look at?"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from bihuan.live.answers import answer
from bihuan.live.gate import Gate


def health(gate: Gate) -> Callable[[Request], Awaitable[Response]]:
    """Answered on the event loop's thread, behind no lock and no line: it must come when all else hangs."""

    async def endpoint(_request: Request) -> Response:
        found = gate.health()
        return answer(found, 200 if found.turning else 503)

    return endpoint
