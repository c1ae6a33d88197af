"""The two clocks that a configuration can choose: the machine's, and a simulator's."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from dambridge.connectors.kit.caller import HttpCaller
from dambridge.connectors.kit.http import Http, Timeouts
from dambridge.connectors.kit.messages import Effect, Request
from dambridge.model.identity import AccountId
from dambridge.ports.errors import TryLater
from dambridge.ports.pace import Lane

_ACCOUNT = AccountId("(clock)")


class SystemClock:
    """The machine's clock, kept from running backwards within the process."""

    def __init__(self) -> None:
        self._latest = datetime.min.replace(tzinfo=UTC)

    async def now(self) -> datetime:
        self._latest = max(self._latest, datetime.now(UTC))  # noqa: TID251 - the one place that reads the real clock
        return self._latest


class SimulatorClock:
    """The clock of a simulator, read by `GET /__sim__/clock` and believed for `keep` of real time.

    Raises `TryLater` while the simulator cannot be reached: an old instant is not passed off as the present one."""

    def __init__(
        self,
        http: Http,
        url: str,
        *,
        keep: timedelta = timedelta(seconds=0.1),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caller = HttpCaller(
            http,
            account=_ACCOUNT,
            base_url=url,
            pacer=_NoPace(),
            timeouts=Timeouts(connect=2, idle=5),
            calls=Counter(),  # apart: a look at the clock is no call of any account
        )
        self._keep = keep / timedelta(seconds=1)
        self._monotonic = monotonic
        self._latest: datetime | None = None
        self._read_at = 0.0

    async def now(self) -> datetime:
        if self._latest is not None and self._monotonic() < self._read_at + self._keep:
            return self._latest
        request = Request(
            method="GET",
            path="/__sim__/clock",
            effect=Effect.READ,
            about="read the simulator's clock",
            authorised=False,
        )
        reply = await self._caller.call(request, lane=Lane.URGENT)
        try:
            read = datetime.fromisoformat(str(reply.json()["now"])).astimezone(UTC)
        except (ValueError, KeyError, TypeError):
            raise TryLater("The simulator's clock answered nonsense. Is `clock` the address of a simulator?") from None
        self._read_at = self._monotonic()
        self._latest = read if self._latest is None else max(self._latest, read)
        return self._latest


class _NoPace:
    """The clock of a simulator is no part of any account's budget."""

    async def take(self, account: AccountId, lane: Lane, calls: int = 1, *, deadline: float | None = None) -> None:
        return None

    async def told_to_wait(self, account: AccountId, wait: timedelta) -> None:
        return None

    async def told_window(self, account: AccountId, *, limit: int, used: int, resets_in: timedelta) -> None:
        return None
