"""The ASGI application of a simulator: control calls and pages to one side, everything else to the vendor's API."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from dambridge_sim.kit.api import Api
from dambridge_sim.kit.control import Control
from dambridge_sim.kit.simulator import Simulator
from dambridge_sim.kit.wire import Receive, Scope, Send

_LOOPBACK = ("127.0.0.1", "::1", "localhost", "testclient")


class SimulatorApp:
    """A plain ASGI application; `simulator` is there for tests that look inside."""

    def __init__(self, simulator: Simulator) -> None:
        """Serve a started simulator."""
        self.simulator = simulator
        self._api = Api(simulator.vendor, simulator.world, _log(json_lines=simulator.options.json_log))
        self._control = Control(simulator).app()
        self._hooks = simulator.world.webhooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if self._hooks.loop is None:
            self._hooks.loop = asyncio.get_running_loop()
        path: str = scope["path"]
        if not path.startswith("/__sim__/") and path != "/":
            await self._api(scope, receive, send)
        elif _from_here(scope):
            await self._control(scope, receive, send)
        else:
            await _forbid(send)


def create_app(simulator: Simulator) -> SimulatorApp:
    """Return the application of a started simulator."""
    return SimulatorApp(simulator)


def _from_here(scope: Scope) -> bool:
    """Whether a control call comes from this machine and was not sent by a foreign web page in a browser here."""
    client = scope.get("client")
    if client is not None and client[0] not in _LOOPBACK:
        return False
    headers = {name: value.decode("latin-1") for name, value in scope["headers"] if name in (b"host", b"origin")}
    host = headers.get(b"host", "localhost")
    if _name(host) not in _LOOPBACK:
        return False
    origin = headers.get(b"origin")
    return origin is None or _name(origin.partition("://")[2]) in _LOOPBACK


def _name(host: str) -> str:
    """Return a host without its port and brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


async def _forbid(send: Send) -> None:
    body = b'{"error":"control calls are taken from this machine only"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _log(*, json_lines: bool) -> Callable[[dict[str, Any]], None]:
    def as_json(event: dict[str, Any]) -> None:
        sys.stderr.write(json.dumps(event) + "\n")

    def for_people(event: dict[str, Any]) -> None:
        if event["event"] != "call":
            sys.stderr.write(f"{event['event']}: {event.get('path', '')}\n{event.get('traceback', '')}\n")

    return as_json if json_lines else for_people
