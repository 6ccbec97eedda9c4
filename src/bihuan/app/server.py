"""One process: the live window and the office on one port, the loop in a thread of its own."""

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn

from bihuan import office
from bihuan.app.centre import Centre
from bihuan.app.clock import Clock, DemoClock, WallClock
from bihuan.app.collecting import no_collecting, settle
from bihuan.app.demo import Play, progress, speed_for
from bihuan.app.folder import DataFolder
from bihuan.app.gates import LiveGate, OfficeGate, Stage, web_root
from bihuan.app.lean import lean
from bihuan.app.packs import rules as rules_of
from bihuan.app.upkeep import Nights, minute_of_day, retention_span, upkeep
from bihuan.connectors import READERS
from bihuan.live.window import create
from bihuan.model.errors import SettingError
from bihuan.replay.conductor import Conductor

GRACE_SECONDS = 3
"""How long open requests may take to end when the process is told to stop."""

SWITCH_SECONDS = 0.001
"""A thread that computes lets another go on after so long: Python's five milliseconds, several times in a turn, are what an
alarm would wait for while the history is written."""


def serve_demo(data: Path, seed: int, speed: float | None, port: int) -> int:
    """The demo on a page: up to the first clouds as fast as it goes, then at `speed` until the storm is over."""
    lean()
    listener = _listen("127.0.0.1", port)
    play = Play(data, seed)
    begins = play.play_to(play.curtain(), progress, stop_at_warning=True)
    progress("storm", 1, 1)
    clock = DemoClock(begins, speed or speed_for(play, begins), play.until)
    stage = Stage(clock, play.conductor, since=begins, until=play.until, seed=seed)
    print(f"The storm plays at {clock.speed:g} times the wall's clock. Ctrl+C ends it; the data stays in {data}.")
    return _serve(play.centre, play.folder, clock, listener, conductor=play.conductor, stage=stage)


def serve(data: Path, host: str, port: int) -> int:
    """A centre on its data folder, by the wall's clock."""
    folder = DataFolder(path=data)
    about = folder.about()
    if about.seed is not None:
        raise SettingError(
            "this folder holds a demo, whose time is not the wall's",
            where=str(data),
            remedy="Start `bihuan demo --data DIR`, or name another folder.",
        )
    lean()
    clock, at, keep = WallClock(), minute_of_day(about.upkeep_at), retention_span(about.keep_readings)
    listener = _listen(host, port)
    with no_collecting():
        centre = folder.open(rules_of(about.packs, clock.now(), folder.rules))
    nights = Nights(clock, centre.rules.zone, at, lambda now: upkeep(centre, now, keep))
    return _serve(centre, folder, clock, listener, nights=nights)


def _listen(host: str, port: int) -> socket.socket:
    """The port first: nothing is started that could not be reached."""
    # The protocol is named so that answers leave at once: without it asyncio does not switch off Nagle's delay.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SettingError(
            f"port {port} cannot be had ({error.strerror})",
            where=host,
            remedy="Stop what uses it, or choose another with --port.",
        ) from error
    return listener


def _serve(
    centre: Centre,
    folder: DataFolder,
    clock: Clock,
    listener: socket.socket,
    *,
    conductor: Conductor | None = None,
    stage: Stage | None = None,
    nights: Nights | None = None,
) -> int:
    about = folder.about()
    gate = LiveGate(centre, clock, about.packs, stage)
    window = create(gate, static=web_root(), readers=READERS)
    host, port = listener.getsockname()[:2]
    with no_collecting():
        inside = OfficeGate(centre, stage.person_at if stage else None)
        door = office.as_asgi(office.start(folder.path, inside, demo=stage is not None, hosts=[host]))

    async def both(scope, receive, send):  # type: ignore[no-untyped-def]
        to_office = scope["type"] == "http" and scope["path"].startswith("/office")
        await (door if to_office else window)(scope, receive, send)

    config = uvicorn.Config(
        both, log_level="warning", access_log=False, timeout_graceful_shutdown=GRACE_SECONDS, server_header=False
    )
    centre.loop.warm()
    loop = threading.Thread(target=centre.run, args=(clock, conductor), name="loop", daemon=True)
    loop.start()
    if nights is not None:
        nights.start()
    print(f"Bihuan is on http://{host}:{port}/", flush=True)
    settle()
    sys.setswitchinterval(SWITCH_SECONDS)
    # The server stops at the first word, then says it again. Said to be terminated, the process would end there and then,
    # with readings not in the history and no checkpoint signed: so both words end in an exception.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with asyncio.Runner(loop_factory=_event_loops()) as runner:
            runner.run(_run(uvicorn.Server(config), listener, gate))
    except KeyboardInterrupt:
        pass  # asked to stop, it stops
    finally:
        if nights is not None:
            nights.stop()
        centre.stop()
        loop.join()
        centre.close()
    return 0


def _event_loops() -> Callable[[], asyncio.AbstractEventLoop]:
    """uvloop's, where there is one: a request with a body of 200 kB costs a quarter of what it does with asyncio's own."""
    try:
        import uvloop
    except ImportError:  # Windows
        return asyncio.new_event_loop
    made: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return made


async def _run(server: uvicorn.Server, listener: socket.socket, gate: LiveGate) -> None:
    await server.serve([listener])
    gate.broadcast.close()
