"""Plans as flow charts: `/live/plans/{plan}.svg` gives what `bihuan plan chart` prints."""

from typing import cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bihuan.live.answers import NO_STORE
from bihuan.live.asking import choice_of
from bihuan.live.gate import Gate
from bihuan.live.guard import Pool
from bihuan.pack.plan_chart import Lang, chart
from bihuan.views import NotFound

# Opened as a page of its own it may style itself, and do nothing else.
HEADERS = {**NO_STORE, "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}


def plan_chart_route(gate: Gate, pool: Pool) -> Route:
    async def endpoint(request: Request) -> Response:
        return await pool.run(lambda: _drawn(gate, request))

    return Route("/plans/{plan}.svg", endpoint)


def _drawn(gate: Gate, request: Request) -> Response:
    lang = cast(Lang, choice_of(request, "lang", ("zh", "en")))
    plan = gate.rules.plans.get(str(request.path_params["plan"]))
    if plan is None:
        name = str(request.path_params["plan"])[:100]
        raise NotFound(f"there is no plan '{name}'", where=name, remedy=f"Plans: {', '.join(gate.rules.plans) or 'none yet'}.")
    return Response(chart(gate.rules, plan, lang), media_type="image/svg+xml", headers=HEADERS)
