"""Who signs a call. A session is renewed by one caller while the others wait for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from dambridge.ports.pace import Lane

_EARLY = timedelta(seconds=60)
"""A session is renewed this long before its announced end, so that no write meets the end."""


class Authoriser(Protocol):
    """Gives the headers that say who calls."""

    async def headers(self, lane: Lane) -> Mapping[str, str]:
        """The headers to send, after signing in where there is no session. Raises `CannotGoOn` when refused."""
        ...

    async def renew(self, rejected: Mapping[str, str], lane: Lane) -> bool:
        """The service answered 401 to `rejected`: see to a newer session. False when there can be none."""
        ...


@dataclass(frozen=True, slots=True)
class FixedHeaders:
    """Headers that never change, such as those of an API token."""

    values: Mapping[str, str] = field(repr=False)

    async def headers(self, lane: Lane) -> Mapping[str, str]:
        return self.values

    async def renew(self, rejected: Mapping[str, str], lane: Lane) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: its headers, and how long it lasts where the service says so."""

    headers: Mapping[str, str] = field(repr=False)
    lasts: timedelta | None = None


class RenewedHeaders:
    """A session that `sign_in` makes when it is first needed, shortly before its announced end, and after a 401.

    `sign_in` makes its calls with `authorised=False`. However many calls are refused at once, it runs once for them all.
    """

    def __init__(
        self, sign_in: Callable[[Lane], Awaitable[SignedIn]], *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._sign_in = sign_in
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._current: Mapping[str, str] | None = None
        self._ends: float | None = None

    @property
    def signed_in(self) -> bool:
        return self._current is not None

    async def headers(self, lane: Lane) -> Mapping[str, str]:
        current = self._current
        if current is not None and (self._ends is None or self._monotonic() < self._ends):
            return current
        return await self._replace(current, lane)

    async def renew(self, rejected: Mapping[str, str], lane: Lane) -> bool:
        await self._replace(rejected, lane)
        return True

    def forget(self) -> None:
        """Drop the session; the next call signs in anew."""
        self._current = None

    async def _replace(self, old: Mapping[str, str] | None, lane: Lane) -> Mapping[str, str]:
        async with self._lock:
            # Somebody else may have renewed while we waited for the lock: that session is newer than the one refused.
            if self._current is not None and self._current is not old:
                return self._current
            self._current = None
            fresh = await self._sign_in(lane)
            self._current = fresh.headers
            if fresh.lasts is None:
                self._ends = None
            else:
                self._ends = self._monotonic() + max((fresh.lasts - _EARLY) / timedelta(seconds=1), 0.0)
            return fresh.headers
