"""Serve a simulator: in the background of a test, or as the process itself."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import uvicorn

from dambridge_sim.kit.app import create_app
from dambridge_sim.kit.simulator import Options, Simulator
from dambridge_sim.kit.vendor import Vendor
from dambridge_sim.kit.wire import CuttableProtocol
from dambridge_sim.kit.world import World

_BACKLOG = 1024
_GRACE = 1
"""Seconds that calls under way are given when a simulator ends."""


@dataclass(frozen=True, slots=True)
class Served:
    """A simulator that is being served."""

    url: str
    simulator: Simulator

    @property
    def world(self) -> World:
        """Its state. Reading is safe from any thread."""
        return self.simulator.world

    @property
    def credentials(self) -> Mapping[str, Any]:
        """What a client needs to sign in."""
        return self.simulator.vendor.credentials()


def listen(port: int) -> socket.socket:
    """Return a socket that listens on the loopback interface; port 0 lets the system choose."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    sock.listen(_BACKLOG)
    return sock


class _Background(uvicorn.Server):
    """Ends when it is told to and all calls are answered: the usual one looks ten times a second, and waits between looks."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = threading.Event()
        self._wake: Callable[[], object] = self._told.set

    def stop(self) -> None:
        """Have it end. From any thread, and at any time."""
        self._told.set()
        self._wake()

    async def main_loop(self) -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        self._wake = partial(loop.call_soon_threadsafe, over.set)
        if not self._told.is_set():
            await over.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for it in (*self.servers, *(sockets or ())):
            it.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        loop = asyncio.get_running_loop()
        until = loop.time() + _GRACE
        while self._is_at_work() and loop.time() < until:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.005)
        for task in self.server_state.tasks:
            task.cancel()

    def _is_at_work(self) -> bool:
        return bool(self.server_state.connections or self.server_state.tasks)


def _config(simulator: Simulator) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(simulator),
        loop="uvloop",
        http=CuttableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_GRACE,
        backlog=_BACKLOG,
    )


@contextmanager
def serve(vendor: Vendor, options: Options | None = None, *, port: int = 0) -> Iterator[Served]:
    """Serve in a background thread for as long as the block lasts."""
    simulator = Simulator(vendor, options or Options())
    sock = listen(port)
    try:
        simulator.start()
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        simulator.world.url = url
        server = _Background(_config(simulator))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, name=f"sim-{vendor.name}", daemon=True)
        thread.start()
        try:
            yield Served(url, simulator)
        finally:
            server.stop()
            thread.join(timeout=10)
    finally:
        sock.close()
        simulator.close()


def _end(_number: int, _frame: object) -> None:
    """End by way of the `finally` blocks: uvicorn raises the signal again once it has stopped serving."""
    raise SystemExit(0)


def serve_forever(vendor: Vendor, options: Options, *, port: int) -> None:
    """Serve as the process, until it is told to end; the first line on standard output says that it is ready."""
    simulator = Simulator(vendor, options)
    sock = listen(port)
    try:
        simulator.start()
        url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        simulator.world.url = url
        ready = {"ready": True, "system": vendor.name, "url": url, "credentials": dict(vendor.credentials())}
        signal.signal(signal.SIGTERM, _end)
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        uvicorn.Server(_config(simulator)).run(sockets=[sock])
    finally:
        sock.close()
        simulator.close()
