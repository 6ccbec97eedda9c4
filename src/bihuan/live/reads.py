"""Reads: one small function for each address, run under the centre's lock in a worker thread, answered as JSON."""

from collections.abc import Awaitable, Callable

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bihuan.live import vitals
from bihuan.live.answers import Refused, answer
from bihuan.live.asking import LATEST, Ask, Look, Read, choice_of, number_of
from bihuan.live.gate import Gate
from bihuan.live.guard import Pool
from bihuan.model.readings import QUALITIES
from bihuan.model.times import DAY
from bihuan.views import Views
from bihuan.views.shapes import SeriesMeta

MOST_CASES = 1_000
MOST_EVENTS = 200
MOST_SPAN = 400 * DAY
MOST_POINTS = 50_000


def hello(ask: Ask) -> Look:
    demo = ask.gate.demo()
    return lambda views: views.hello(ask.now, demo)


def units(ask: Ask) -> Look:
    parent = ask.request.query_params.get("parent", "")
    return lambda views: views.units(parent)


def wall(ask: Ask) -> Look:
    unit = ask.unit()
    return lambda views: views.wall(unit, ask.now)


def frames(ask: Ask) -> Look:
    unit = ask.unit()
    return lambda views: views.frames(unit, ask.now)


def news(ask: Ask) -> Look:
    unit = ask.unit()
    until = number_of(ask.request, "until", ask.now, least=0, most=LATEST)
    limit = number_of(ask.request, "limit", 60, least=1, most=MOST_EVENTS)
    return lambda views: views.news(unit, until, limit)


def desk(ask: Ask) -> Look:
    return lambda views: views.desk(ask.part("unit"), ask.now)


def cases(ask: Ask) -> Look:
    unit = ask.unit()
    state = choice_of(ask.request, "state", ("open", "closed", "all"))
    limit = number_of(ask.request, "limit", 200, least=1, most=MOST_CASES)
    return lambda views: views.cases(unit, state, limit)


def case(ask: Ask) -> Look:
    return lambda views: views.case(ask.part("id"), ask.now)


def explain(ask: Ask) -> Look:
    return lambda views: views.explain(ask.part("id"))


def reviews(_ask: Ask) -> Look:
    return lambda views: views.reviews()


def review(ask: Ask) -> Look:
    return lambda views: views.review(ask.part("id"))


def scores(ask: Ask) -> Look:
    scorecard, period = (ask.request.query_params.get(name, "")[:100] for name in ("scorecard", "period"))
    return lambda views: views.scores(scorecard, period)


def closing(ask: Ask) -> Look:
    unit = ask.unit()
    return lambda views: views.closing(unit)


class Series(SeriesMeta, frozen=True, kw_only=True):
    """A series with its readings. `quality` are flags by name; a value that is missing is null."""

    at: list[int]
    value: list[float]
    quality: list[str]


def series(ask: Ask) -> Look:
    indicator, place = ask.part("indicator"), ask.part("place")
    until = number_of(ask.request, "until", ask.now, least=0, most=LATEST)
    since = number_of(ask.request, "since", max(until - DAY, 0), least=0, most=LATEST)
    if not 0 <= until - since <= MOST_SPAN:
        remedy = f"Ask for at most {MOST_SPAN // DAY} days, `since` before `until`, in milliseconds."
        raise Refused(400, "this is no span of time", where="since, until", remedy=remedy)

    def look(views: Views) -> Callable[[], Series]:
        meta = views.series_meta(indicator, place)
        return lambda: _with_readings(ask.gate, meta, indicator, place, since, until)

    return look


def _with_readings(gate: Gate, meta: SeriesMeta, indicator: str, place: str, since: int, until: int) -> Series:
    at, value, quality = gate.readings(indicator, place, since, until)
    if len(at) > MOST_POINTS:
        what = f"{len(at):,} readings lie in this span; at most {MOST_POINTS:,} are given at once"
        raise Refused(400, what, where="since, until", remedy="Ask for a shorter span.")
    return Series(
        **msgspec.structs.asdict(meta),
        at=at.tolist(),
        value=value.tolist(),
        quality=[QUALITIES[code] for code in quality.tolist()],
    )


READS: dict[str, Read] = {
    "/hello": hello,
    "/units": units,
    "/wall": wall,
    "/frames": frames,
    "/news": news,
    "/desk/{unit}": desk,
    "/cases": cases,
    "/case/{id}": case,
    "/explain/{id}": explain,
    "/series/{indicator}/{place}": series,
    "/reviews": reviews,
    "/review/{id}": review,
    "/scores": scores,
    "/closing": closing,
    "/vitals": vitals.vitals,
    "/vitals/{indicator}": vitals.indicator,
    "/compare": vitals.compare,
}


def read_routes(gate: Gate, pool: Pool) -> list[Route]:
    return [Route(path, _endpoint(read, gate, pool)) for path, read in READS.items()]


def _endpoint(read: Read, gate: Gate, pool: Pool) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return answer(await pool.run(lambda: _body(read, gate, request)))

    return endpoint


def _body(read: Read, gate: Gate, request: Request) -> bytes:
    """JSON, encoded under the lock: what a view answers may hold what the next turn changes.

    A look that needs history answers a function, which is called after the lock is given back.
    """
    look = read(Ask(request, gate, gate.now()))

    def under_lock(views: Views) -> bytes | Callable[[], object]:
        seen = look(views)
        return seen if callable(seen) else msgspec.json.encode(seen)

    found = gate.read(under_lock)
    return found if isinstance(found, bytes) else msgspec.json.encode(found())
