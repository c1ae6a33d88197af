"""A gateway before a simulator: it passes calls on until it is told to answer some of them itself, and badly.

Its troubles are those of the way to a service and of services at their worst: pages of maintenance, answers without end,
JSON that is none, redirects to a host that waits for credentials."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import aiohttp
from aiohttp import web

URL_KEY = "canary-in-the-address"
PAGE = "<!DOCTYPE html><html><body>We are maintaining this site.</body></html>"
PIECE = b"[" + b"0," * 500_000
GIB = 1 << 30


@dataclass
class Gateway:
    """`trouble` strikes calls whose path, or RPC method, fits `where`; `left` times, for ever where None."""

    behind: str
    url: str = ""
    trouble: str = ""
    where: str = ""
    left: int | None = None
    struck: int = 0
    sent: int = 0
    passed: list[str] = field(default_factory=list)
    strangers: list[web.BaseRequest] = field(default_factory=list)
    elsewhere: str = ""
    _session: aiohttp.ClientSession | None = None

    def strike(self, trouble: str, where: str, *, times: int | None = None) -> None:
        self.trouble, self.where, self.left, self.struck = trouble, where, times, 0

    def calm(self) -> None:
        self.trouble = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if self._strikes(request.path, body):
            self.struck += 1
            return await self._badly(request)
        self.passed.append(request.path)
        assert self._session is not None
        kept = {k: v for k, v in request.headers.items() if k.lower() not in {"host", "content-length", "connection"}}
        async with self._session.request(
            request.method, f"{self.behind}{request.raw_path}", headers=kept, data=body or None, allow_redirects=False
        ) as reply:
            found = {"Content-Type": reply.headers.get("Content-Type", "application/octet-stream")}
            return web.Response(status=reply.status, body=await reply.read(), headers=found)

    def _strikes(self, path: str, body: bytes) -> bool:
        if not self.trouble or self.left == 0:
            return False
        method = json.loads(body)["method"] if path == "/api/rpc" else ""
        if not fnmatchcase(method or path, self.where):
            return False
        self.left = None if self.left is None else self.left - 1
        return True

    async def _badly(self, request: web.Request) -> web.StreamResponse:
        match self.trouble:
            case "maintenance, 503":
                return web.Response(status=503, text=PAGE, content_type="text/html")
            case "maintenance, 200":
                return web.Response(text=PAGE, content_type="text/html")
            case "words":
                return web.Response(text="All is well.", content_type="application/json")
            case "half a document":
                return web.Response(text='{"data": [{"id": "I0', content_type="application/json")
            case "nested deeply":
                return web.Response(text="[" * 100_000, content_type="application/json")
            case "redirect":
                return web.Response(status=302, headers={"Location": f"{self.elsewhere}/in?sig={URL_KEY}"})
            case "a gigabyte":
                return await self._endless(request, None)
            case "a gigabyte, announced":
                return await self._endless(request, GIB)
            case other:
                raise AssertionError(other)

    async def _endless(self, request: web.Request, announced: int | None) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        response.content_length = announced
        self.sent = 0
        try:
            await response.prepare(request)
            while self.sent < GIB:
                await response.write(PIECE)
                self.sent += len(PIECE)
        except (ConnectionError, OSError):
            pass  # whoever asked has heard enough
        return response

    async def _stranger(self, request: web.BaseRequest) -> web.StreamResponse:
        self.strangers.append(request)
        return web.Response(text=PAGE, content_type="text/html")


@asynccontextmanager
async def gateway(behind: str) -> AsyncIterator[Gateway]:
    """A gateway before the service at `behind`, and the foreign host that its redirects lead to."""
    made = Gateway(behind)
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", made.answer)
    servers: list[Any] = [web.AppRunner(app, access_log=None, shutdown_timeout=0.01)]
    servers.append(web.ServerRunner(web.Server(made._stranger, access_log=None), shutdown_timeout=0.01))
    addresses = []
    for it in servers:
        await it.setup()
        site = web.TCPSite(it, "127.0.0.1", 0)
        await site.start()
        addresses.append(f"http://127.0.0.1:{it.addresses[0][1]}")
    made.url, made.elsewhere = addresses
    async with aiohttp.ClientSession(auto_decompress=True) as session:
        made._session = session
        yield made
    for it in servers:
        await it.cleanup()
