"""The screens: the built bundle, and its index page for every address the screens route by themselves."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

NOT_BUILT = """\
闭环 Bihuan

The screens are not built. On a machine with Node 20.19 or newer:

    make setup

or, by hand, in the folder `cockpit`: npm ci && npm run build. Then start Bihuan again.
The server itself works: see /live/hello.
"""

_OURS = ("assets", "live", "office")
"""First parts of paths that are no addresses of screens."""


def screens(static: Path | None) -> BaseRoute:
    """A route for everything left: the bundle in `static`, or a plain page that says how to build it."""
    if static is None or not (static / "index.html").is_file():
        return Route("/{path:path}", not_built)
    return Mount("/", Screens(directory=static))


async def not_built(request: Request) -> Response:
    if request.path_params["path"].split("/")[0] in _OURS:
        raise HTTPException(404)
    return PlainTextResponse(NOT_BUILT, 503, headers={"cache-control": "no-store"})


class Screens(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        """Files under `assets` carry a hash in their name and never change; the rest is asked for again each time."""
        parts = Path(path).parts
        try:
            if any(part.startswith(".") for part in parts):  # the build's own notes
                raise HTTPException(404)
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or (parts and parts[0] in _OURS):
                raise
            response = await super().get_response("index.html", scope)
        hashed = parts[:1] == ("assets",)
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response
