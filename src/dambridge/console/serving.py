"""Serving the console beside the worker, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from dambridge.bootstrap import Bridge, Settings, people_desk
from dambridge.console.app import make_app
from dambridge.console.desk import Desk, Pictures
from dambridge.ports.errors import CannotGoOn
from dambridge.search.desk import SearchDesk


class _Server(uvicorn.Server):
    """Signals are the worker's."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


@asynccontextmanager
async def console_served(
    settings: Settings, bridge: Bridge, *, pictures: Pictures | None = None, search: SearchDesk | None = None
) -> AsyncIterator[str | None]:
    """Serve it; gives its address, None where the configuration wants no console. `pictures` gives out small pictures, where
    there are any; `search` answers questions over both systems. Raises `CannotGoOn` where the port is taken."""
    if settings.console is None:
        yield None
        return
    ledger = bridge.common.ledger
    desk = Desk(
        settings=settings,
        ledger=ledger,
        clock=bridge.common.clock,
        people=people_desk(settings, ledger),
        bridge=bridge,
        pictures=pictures,
        search=search,
    )
    host, port = settings.console.host, settings.console.port
    listener = _listener(host, port)
    config = uvicorn.Config(
        make_app(desk),
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=settings.console.is_secure,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield settings.console.address or f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


def _listener(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        raise CannotGoOn(
            f"The console cannot be served at {host}:{port}: {error.strerror}. Choose another `console.port`."
        ) from None
    listener.setblocking(False)
    return listener
