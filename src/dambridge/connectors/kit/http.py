"""The one place where connections are kept: a session for the whole process, shared by all accounts."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp

from dambridge import __version__
from dambridge.model.identity import AccountId

_KEPT_ALIVE = 4.0
"""Seconds that an idle connection is kept: less than common servers do, so that a write rarely meets a closing one."""

_READ_BUFFER = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Deadlines of a call in seconds: to connect, without a single byte, and, downloads and uploads apart, in all."""

    connect: float = 10.0
    idle: float = 60.0
    total: float = 300.0


class Http:
    """Connections, a count of calls per account, and the sources of chance and of rest that retries use.

    Open it inside the running loop: `async with Http() as http`. `jitter` gives numbers in [0, 1).
    """

    def __init__(
        self,
        *,
        jitter: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        # SystemRandom has no state that forked workers could share, and nothing here needs to be repeatable.
        self.jitter = jitter if jitter is not None else random.SystemRandom().random
        self.sleep = sleep
        self.calls: Counter[AccountId] = Counter()
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = _new_session()
        return self._session

    async def close(self) -> None:
        """Close all connections. Safe to repeat."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _new_session() -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=_KEPT_ALIVE, ttl_dns_cache=60),
        cookie_jar=aiohttp.DummyCookieJar(),  # a cookie of one account must never be sent for another
        headers={"User-Agent": f"dambridge/{__version__}", "Accept": "application/json, */*;q=0.5"},
        timeout=aiohttp.ClientTimeout(total=None),
        read_bufsize=_READ_BUFFER,
    )
    # aiohttp repeats PUT and DELETE by itself when a kept connection turns out closed: a write that nobody here sees.
    session._retry_connection = False  # noqa: SLF001 - no public switch exists
    return session
