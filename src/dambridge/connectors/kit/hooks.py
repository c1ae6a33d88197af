"""A small HTTP receiver for the hooks that systems send: what it hears is handed on, and nothing is told in return.

It answers 202 for what was taken, 404 for an address that is not known and for what nobody signed, the two alike, 413 for a body
that is too large, 429 when there are too many, 400 for what cannot be read or is too old, 503 where it could not be kept, so that
a sender may repeat it.
"""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from aiohttp import web

from dambridge.ports.errors import Refused

LARGEST_BODY: Final = 64 * 1024
"""Bytes; a hint needs a few hundred."""
_SLOWEST_BODY: Final = 10.0
"""Seconds in which a body must have come."""

Take = Callable[[str, Mapping[str, str], bytes], Awaitable[bool]]
"""Given the account's name, the headers and the body; False where it can take no more. Raises `Refused` for what is no hint
(code `signature` where nobody signed it), `KeyError` for an account that nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookOptions:
    """Where to listen. `path_secret`, where given, is the last part of every address: /hooks/ACCOUNT/SECRET."""

    host: str
    port: int
    per_second: float
    path_secret: str = field(default="", repr=False)


class Turnstile:
    """Lets `per_second` through, with one second's worth at once after a pause."""

    def __init__(self, per_second: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_second
        self._most = max(1.0, per_second)
        self._monotonic = monotonic
        self._left = self._most
        self._at = monotonic()

    def lets_in(self) -> bool:
        now = self._monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class HookReceiver:
    """Judges one delivery at a time. Nothing of a request is logged here: its address may hold the secret."""

    def __init__(
        self, options: HookOptions, takers: Mapping[str, Take], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._options = options
        self._takers = takers
        self._turnstile = Turnstile(options.per_second, monotonic)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST_BODY)
        for path, take in self._takers.items():
            app.router.add_post(f"/{path}/{{account}}", partial(self._receive, take))
            app.router.add_post(f"/{path}/{{account}}/{{secret}}", partial(self._receive, take))
        return app

    async def _receive(self, take: Take, request: web.Request) -> web.Response:
        if not self._turnstile.lets_in():
            return web.Response(status=429, headers={"Retry-After": "1"})
        given = request.match_info.get("secret", "")
        if not hmac.compare_digest(given.encode(), self._options.path_secret.encode()):
            return web.Response(status=404)
        try:
            async with asyncio.timeout(_SLOWEST_BODY):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=408)
        status = await _judged(take, request.match_info["account"], request.headers, body)
        return web.Response(status=status)


async def _judged(take: Take, account: str, headers: Mapping[str, str], body: bytes) -> int:
    try:
        return 202 if await take(account, headers, body) else 503
    except KeyError:
        hmac.digest(b"nobody", body, "sha256")  # an unknown account takes as long as a wrong signature
        return 404
    except Refused as refused:
        return 404 if refused.code == "signature" else 400


@asynccontextmanager
async def listening(
    options: HookOptions,
    take: Take,
    *,
    selections: Take | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> AsyncIterator[int]:
    """Receive for as long as the block lasts, hints under /hooks and selections under /selections; gives the port. Raises
    `OSError` where it cannot be had."""
    takers = {"hooks": take, **({"selections": selections} if selections is not None else {})}
    receiver = HookReceiver(options, takers, monotonic=monotonic)
    runner = web.AppRunner(receiver.application(), access_log=None, handle_signals=False, shutdown_timeout=2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port)
        await site.start()
        port: int = runner.addresses[0][1]
        yield port
    finally:
        await runner.cleanup()
