"""Leave to call, from one row per account in the store: shared by all workers, first come first served within a lane."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.exc import DBAPIError

from dambridge.model.identity import AccountId
from dambridge.ports.errors import CannotGoOn, TryLater
from dambridge.ports.pace import Lane, PaceRule
from dambridge.storage import pacing
from dambridge.storage.database import Database
from dambridge.storage.pacing import Grant, PaceState
from dambridge.storage.tables.work import pace
from dambridge.storage.upserting import add_if_new

T = TypeVar("T")
LEASE_FROM = 50.0
"""Calls per second from which calls are taken from the store several at a time."""

LEASE = 0.05
"""Seconds' worth of calls that are taken at once."""

LEASE_LASTS = 0.1
"""Seconds after which calls that were taken and not used are given up."""

_ORDER = (Lane.URGENT, Lane.NORMAL, Lane.BACKFILL)
_READ = select(pace).where(pace.c.account == bindparam("of")).with_for_update()
_WRITE = (
    update(pace)
    .where(pace.c.account == bindparam("of"))
    .values({name: bindparam(f"new_{name}") for name in pace.columns.keys() if name != "account"})  # noqa: SIM118 - not a mapping
)


@dataclass(slots=True, eq=False)
class _Waiter:
    calls: int
    done: asyncio.Future[None]
    until: float | None


@dataclass(slots=True)
class _Line:
    """Those of this process who wait for one account."""

    rule: PaceRule
    lanes: dict[Lane, deque[_Waiter]] = field(default_factory=lambda: {it: deque() for it in _ORDER})
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    pump: asyncio.Task[None] | None = None
    spare: int = 0
    spare_until: float = 0.0
    spare_lane: Lane = Lane.BACKFILL
    held: int = 0
    known: PaceState | None = None

    def head(self) -> Lane | None:
        return next((it for it in _ORDER if self.lanes[it]), None)

    def waiting(self, lane: Lane) -> int:
        return sum(it.calls for it in self.lanes[lane])

    def hand_out(self, lane: Lane, calls: int) -> int:
        """Give calls of `lane` to those who wait in it or in a more urgent one; returns what nobody needed."""
        for rank in _ORDER[: _ORDER.index(lane) + 1]:
            waiters = self.lanes[rank]
            while calls and waiters:
                part = min(calls, waiters[0].calls)
                waiters[0].calls -= part
                calls -= part
                if not waiters[0].calls:
                    done = waiters.popleft().done
                    if not done.done():
                        done.set_result(None)
        return calls


class SqlPacer:
    """Implements `ports.pace.Pacer` over the store. Use it from one event loop."""

    def __init__(
        self,
        database: Database,
        rules: Mapping[AccountId, PaceRule],
        *,
        seconds: Callable[[], float] | None = None,
    ) -> None:
        self._database = database
        self._engine = database.pacing()
        self._rules = dict(rules)
        self._lines: dict[AccountId, _Line] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pacer")
        self._seconds = seconds
        self._closed = False

    async def take(self, account: AccountId, lane: Lane, calls: int = 1, *, deadline: float | None = None) -> None:
        """Return when `calls` calls may be made; `TryLater` as soon as it is known that `deadline` cannot be held."""
        line = self._line(account)
        if self._use_spare(line, lane, calls):
            return
        until = None if deadline is None else time.monotonic() + deadline
        waiter = _Waiter(calls, asyncio.get_running_loop().create_future(), until)
        before = line.head()
        line.lanes[lane].append(waiter)
        if before is None or before != line.head() or until is not None:
            line.changed.set()
        if line.pump is None or line.pump.done():
            line.pump = asyncio.create_task(self._serve(account, line))
        try:
            await waiter.done
        finally:
            if waiter.calls:
                with contextlib.suppress(ValueError):
                    line.lanes[lane].remove(waiter)

    async def told_to_wait(self, account: AccountId, wait: timedelta) -> None:
        """Hold back every call to the account, by any worker, until `wait` has passed."""
        line = self._line(account)
        line.spare = 0
        line.held += 1

        def hold(state: PaceState, now: float) -> tuple[PaceState, None]:
            return pacing.told_to_wait(line.rule, state, now, wait.total_seconds()), None

        await self._change(account, hold)
        line.changed.set()

    async def told_window(self, account: AccountId, *, limit: int, used: int, resets_in: timedelta) -> None:
        """Fit to the window that the account showed; writes only what is news."""
        line = self._line(account)
        known = line.known
        if known is not None and known.window_told and known.window_limit == limit and used <= known.window_used:
            return

        def fit(state: PaceState, now: float) -> tuple[PaceState, None]:
            left = resets_in.total_seconds()
            return pacing.told_window(line.rule, state, now, limit=limit, used=used, resets_in=left), None

        await self._change(account, fit)
        line.changed.set()

    async def close(self) -> None:
        """Let go of the store; whoever still waits is told to try later."""
        if self._closed:
            return
        self._closed = True
        for line in self._lines.values():
            if line.pump is not None:
                line.pump.cancel()
                await asyncio.gather(line.pump, return_exceptions=True)
            self._fail(line, TryLater("The pacer was closed while a call was waiting for its turn."))
        await asyncio.to_thread(self._thread.shutdown)
        self._engine.dispose()
        self._database.close()

    def _line(self, account: AccountId) -> _Line:
        if account not in self._lines:
            rule = self._rules.get(account)
            if rule is None:
                raise CannotGoOn(
                    f"The account {account} has no pace. Give it one in the configuration, under its `pace`."
                )
            self._lines[account] = _Line(rule)
        return self._lines[account]

    async def _serve(self, account: AccountId, line: _Line) -> None:
        """Hand out calls for as long as somebody waits."""
        try:
            while (lane := line.head()) is not None:
                if self._spend_spare(line, lane):
                    continue
                line.changed.clear()
                got = await self._ask(account, line, lane)
                self._refuse_hopeless(account, line, got.wait)
                if got.given:
                    await self._deliver(account, line, lane, got)
                else:
                    await self._until(line, got.wait)
        except Exception as error:  # noqa: BLE001 - it belongs to those who wait; a silent pump would hang them for ever
            self._fail(line, error)

    async def _ask(self, account: AccountId, line: _Line, lane: Lane, *, ahead: float = pacing.AHEAD) -> Grant:
        rule = line.rule
        want = min(line.waiting(lane), max(1, math.ceil(rule.rate * LEASE_LASTS)))
        more = math.floor(rule.rate * LEASE) if rule.rate >= LEASE_FROM and lane is not Lane.URGENT else 0

        def give(state: PaceState, now: float) -> tuple[PaceState, Grant]:
            got = pacing.grant(rule, state, now, lane, want, more=more, ahead=ahead)
            return got.state, got

        return await self._change(account, give)

    async def _deliver(self, account: AccountId, line: _Line, lane: Lane, got: Grant) -> None:
        """Hand out the calls of a grant as they become usable; what nobody needs is kept at hand for a moment.

        Whoever told the account's workers to wait in the meantime is obeyed: the rest of the grant is given up."""
        begun, given, left = time.monotonic(), 0, 0
        held = line.held
        while given < got.given:
            usable = got.usable(time.monotonic() - begun) - given
            if usable:
                if given == 0 and got.wait > LEASE_LASTS and await self._blocked(account):
                    return
                given += usable
                left = line.hand_out(lane, usable)
                continue
            line.changed.clear()
            await self._until(line, max(0.0005, got.wait + given * got.apart - (time.monotonic() - begun)))
            if line.held != held:
                return
            more_urgent = line.head()
            if more_urgent is not None and _ORDER.index(more_urgent) < _ORDER.index(lane):
                line.hand_out(more_urgent, (await self._ask(account, line, more_urgent, ahead=0.0)).given)
        line.spare, line.spare_lane = left, lane
        line.spare_until = time.monotonic() + LEASE_LASTS

    async def _blocked(self, account: AccountId) -> bool:
        return await self._change(account, lambda state, now: (state, now < state.blocked_until))

    def _use_spare(self, line: _Line, lane: Lane, calls: int) -> bool:
        """Take calls that are at hand, where nobody waits and the lane may have them."""
        if line.head() is not None or line.spare < calls or time.monotonic() > line.spare_until:
            return False
        if _ORDER.index(lane) > _ORDER.index(line.spare_lane):
            return False
        line.spare -= calls
        return True

    def _spend_spare(self, line: _Line, lane: Lane) -> bool:
        usable = line.spare and time.monotonic() <= line.spare_until
        if not usable or _ORDER.index(lane) > _ORDER.index(line.spare_lane):
            return False
        line.spare = line.hand_out(lane, line.spare)
        return True

    def _refuse_hopeless(self, account: AccountId, line: _Line, wait: float) -> None:
        """End the waiting of those whose turn cannot come in time, counting those before them."""
        now, ahead, speed = time.monotonic(), 0, pacing.speed(line.rule)
        for lane in _ORDER:
            for waiter in list(line.lanes[lane]):
                turn = wait + (ahead + waiter.calls - 1) / speed
                if waiter.until is None or now + turn <= waiter.until:
                    ahead += waiter.calls
                    continue
                line.lanes[lane].remove(waiter)
                if not waiter.done.done():
                    text = f"The account {account} allows no call of the lane {lane} for {turn:.1f} seconds."
                    waiter.done.set_exception(TryLater(text, after=timedelta(seconds=turn)))

    async def _until(self, line: _Line, wait: float) -> None:
        """Sleep until the next call may go, or until somebody new comes or something was told."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(line.changed.wait(), wait)

    def _fail(self, line: _Line, error: Exception) -> None:
        for waiters in line.lanes.values():
            while waiters:
                done = waiters.popleft().done
                if not done.done():
                    done.set_exception(error)

    async def _change(self, account: AccountId, change: Callable[[PaceState, float], tuple[PaceState, T]]) -> T:
        loop = asyncio.get_running_loop()
        result, state = await loop.run_in_executor(self._thread, self._change_now, account, change)
        self._lines[account].known = state
        return result

    def _change_now(
        self, account: AccountId, change: Callable[[PaceState, float], tuple[PaceState, T]]
    ) -> tuple[T, PaceState]:
        for attempt in range(1, 6):
            try:
                return self._change_once(account, change)
            except DBAPIError as error:
                if hopeless := self._database.hopeless(error):
                    raise CannotGoOn(hopeless) from error
                if attempt == 5 or not self._database.repeatable(error):
                    raise CannotGoOn(
                        f"The call budget in {self._database.name} cannot be read: {error.orig}"
                    ) from error
        raise AssertionError("unreachable: the loop returns or raises")

    def _change_once(
        self, account: AccountId, change: Callable[[PaceState, float], tuple[PaceState, T]]
    ) -> tuple[T, PaceState]:
        with self._engine.begin() as conn:
            before = self._state(conn, account)
            state, result = change(before, self._now(conn))
            if state != before:
                values = {f"new_{name}": value for name, value in asdict(state).items()}
                conn.execute(_WRITE, {"of": account, **values})
            return result, state

    def _state(self, conn: Connection, account: AccountId) -> PaceState:
        row = conn.execute(_READ, {"of": account}).one_or_none()
        if row is None:
            first = pacing.fresh(self._rules[account], self._now(conn))
            add_if_new(conn, pace, {"account": account, **asdict(first)})
            row = conn.execute(_READ, {"of": account}).one()
        return PaceState(
            tokens=row.tokens,
            stamp=row.stamp,
            blocked_until=row.blocked_until,
            window_ends=row.window_ends,
            window_limit=row.window_limit,
            window_used=row.window_used,
            window_told=row.window_told,
        )

    def _now(self, conn: Connection) -> float:
        return self._seconds() if self._seconds is not None else self._database.seconds(conn)
