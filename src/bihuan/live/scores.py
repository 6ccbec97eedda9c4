"""Published scores as files: `/live/scores/{scorecard}/{period}` gives what `bihuan score export` writes."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bihuan.live.answers import NO_STORE
from bihuan.live.asking import choice_of
from bihuan.live.gate import Gate
from bihuan.live.guard import Pool
from bihuan.views.score_file import as_csv, as_json

FORMS = {"json": (as_json, "application/json"), "csv": (as_csv, "text/csv; charset=utf-8")}


def score_route(gate: Gate, pool: Pool) -> Route:
    async def endpoint(request: Request) -> Response:
        return await pool.run(lambda: _file(gate, request))

    return Route("/scores/{scorecard}/{period}", endpoint)


def _file(gate: Gate, request: Request) -> Response:
    form = choice_of(request, "format", tuple(FORMS))
    write, media_type = FORMS[form]
    file = gate.score(str(request.path_params["scorecard"]), str(request.path_params["period"]))
    name = f"score-{file.sealed.entry.fact.id}.{form}"
    headers = {**NO_STORE, "content-disposition": f'attachment; filename="{name}"'}
    return Response(write(file), media_type=media_type, headers=headers)
