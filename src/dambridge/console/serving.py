"""Serving the console beside the worker, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace

import uvicorn
from fastapi import FastAPI

from dambridge.bootstrap import Bridge, Settings, people_desk
from dambridge.bootstrap.console_options import ConsoleOptions
from dambridge.console.app import make_app
from dambridge.console.desk import Desk
from dambridge.ports.errors import CannotGoOn
from dambridge.search.desk import SearchDesk


class _Server(uvicorn.Server):
    """Signals are the worker's."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


OpenSearch = Callable[[Settings], AbstractAsyncContextManager[SearchDesk]]


class _Searches:
    """Search by the settings in force. What was before stays open until the next one is, for questions under way."""

    def __init__(self, opened: OpenSearch) -> None:
        self._opened = opened
        self._stacks: list[AsyncExitStack] = []

    async def of(self, settings: Settings) -> SearchDesk:
        stack = AsyncExitStack()
        desk = await stack.enter_async_context(self._opened(settings))
        self._stacks.append(stack)
        if len(self._stacks) > 2:
            await self._stacks.pop(0).aclose()
        return desk

    async def close(self) -> None:
        for it in self._stacks:
            await it.aclose()


@asynccontextmanager
async def console_served(settings: Settings, bridge: Bridge, *, search: OpenSearch) -> AsyncIterator[str | None]:
    """Serve it; gives its address, None where the configuration wants no console. What `search` opens answers questions over
    both systems and gives out small pictures. Raises `CannotGoOn` where the port is taken."""
    if settings.console is None:
        yield None
        return
    ledger, searches = bridge.common.ledger, _Searches(search)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(searches.close)
        found = await searches.of(settings)
        desk = Desk(
            settings=settings,
            ledger=ledger,
            clock=bridge.common.clock,
            people=people_desk(settings, ledger),
            bridge=bridge,
            pictures=found.thumbnails,
            search=found,
        )
        app = make_app(desk)

        async def renewed(settings: Settings) -> None:
            fresh = await searches.of(settings)
            app.state.desk = replace(app.state.desk, settings=settings, pictures=fresh.thumbnails, search=fresh)

        bridge.renewed.append(renewed)
        yield await stack.enter_async_context(_answering(app, settings.console))


@asynccontextmanager
async def _answering(app: FastAPI, options: ConsoleOptions) -> AsyncIterator[str]:
    host, port = options.host, options.port
    listener = _listener(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=options.is_secure,
        timeout_graceful_shutdown=2,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield options.address or f"http://{host}:{listener.getsockname()[1]}"
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
