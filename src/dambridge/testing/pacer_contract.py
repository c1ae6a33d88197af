"""What every pacer must do. Subclass `PacerContract` and give it the fixture `new_pacer`.

The clock is the real one, so rates are high and the stretches short, and lower bounds leave room for a busy machine; the
arithmetic has its own tests with a clock in hand, and its margins were measured (docs/decisions/0005).
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from dambridge.model.identity import AccountId
from dambridge.ports.errors import CannotGoOn, TryLater
from dambridge.ports.pace import Lane, Pacer, PaceRule, PaceShape

A, B = AccountId("a"), AccountId("b")
NewPacer = Callable[[Mapping[AccountId, PaceRule]], Pacer]


def bucket(rate: float, burst: int, *, reserve: float = 0.0) -> PaceRule:
    return PaceRule(shape=PaceShape.TOKEN_BUCKET, rate=rate, burst=burst, window=timedelta(seconds=1), reserve=reserve)


def window(rate: float, seconds: float, *, reserve: float = 0.0) -> PaceRule:
    return PaceRule(
        shape=PaceShape.FIXED_WINDOW, rate=rate, burst=1000, window=timedelta(seconds=seconds), reserve=reserve
    )


async def calls_within(pacer: Pacer, seconds: float, *, lane: Lane = Lane.NORMAL, tasks: int = 8) -> list[float]:
    """Call as quickly as allowed from several tasks; returns when each call was allowed, in seconds from the start."""
    begun = time.perf_counter()
    made: list[float] = []

    async def caller() -> None:
        while time.perf_counter() - begun < seconds:
            await pacer.take(A, lane)
            made.append(time.perf_counter() - begun)

    callers = [asyncio.create_task(caller()) for _ in range(tasks)]
    await asyncio.sleep(seconds)
    for it in callers:
        it.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    return made


class PacerContract(ABC):
    """Subclass it, give it pacers over one store, and every promise of `ports.pace` is held to."""

    @abstractmethod
    @pytest.fixture
    def new_pacer(self) -> NewPacer:
        """Makes pacers over one and the same store, as several workers have them."""

    async def test_the_rate_is_used_and_never_passed(self, new_pacer: NewPacer) -> None:
        made = await calls_within(new_pacer({A: bucket(100, 10)}), 1.0)
        assert 60 <= len(made) <= 110
        for start in range(8):
            inside = [it for it in made if start / 10 <= it < start / 10 + 0.2]
            assert len(inside) <= 10 + 0.2 * 100 + 3

    async def test_two_workers_share_one_budget_and_both_get_their_part(self, new_pacer: NewPacer) -> None:
        rules = {A: bucket(100, 5)}
        one, two = await asyncio.gather(*(calls_within(new_pacer(rules), 1.5) for _ in range(2)))
        assert 90 <= len(one) + len(two) <= 155 + 2
        assert min(len(one), len(two)) >= 0.15 * (len(one) + len(two))

    async def test_callers_of_one_lane_are_served_in_the_order_in_which_they_came(self, new_pacer: NewPacer) -> None:
        pacer = new_pacer({A: bucket(40, 1)})
        order: list[int] = []

        async def one(number: int) -> None:
            await pacer.take(A, Lane.NORMAL)
            order.append(number)

        await asyncio.gather(*(one(n) for n in range(12)))
        assert order == list(range(12))

    async def test_an_urgent_call_does_not_wait_behind_a_backfill(self, new_pacer: NewPacer) -> None:
        pacer = new_pacer({A: bucket(20, 4)})
        backfill = [asyncio.create_task(pacer.take(A, Lane.BACKFILL)) for _ in range(40)]
        await asyncio.sleep(0.3)
        begun = time.perf_counter()
        await pacer.take(A, Lane.URGENT)
        assert time.perf_counter() - begun < 0.5
        assert sum(it.done() for it in backfill) < 20
        for it in backfill:
            it.cancel()

    async def test_the_reserve_is_there_for_urgent_calls_of_any_worker_at_once(self, new_pacer: NewPacer) -> None:
        rules = {A: bucket(10, 20, reserve=0.5)}
        mine, other = new_pacer(rules), new_pacer(rules)
        flood = [asyncio.create_task(mine.take(A, Lane.NORMAL)) for _ in range(60)]
        await asyncio.sleep(0.3)
        begun = time.perf_counter()
        for _ in range(5):
            await other.take(A, Lane.URGENT)
        assert time.perf_counter() - begun < 0.45
        assert not all(it.done() for it in flood)
        for it in flood:
            it.cancel()

    async def test_accounts_do_not_wait_for_each_other(self, new_pacer: NewPacer) -> None:
        pacer = new_pacer({A: bucket(1, 1), B: bucket(1000, 100)})
        held = [asyncio.create_task(pacer.take(A, Lane.NORMAL)) for _ in range(5)]
        begun = time.perf_counter()
        for _ in range(20):
            await pacer.take(B, Lane.NORMAL)
        assert time.perf_counter() - begun < 0.5
        for it in held:
            it.cancel()

    async def test_a_deadline_that_cannot_be_held_is_refused_at_once(self, new_pacer: NewPacer) -> None:
        pacer = new_pacer({A: bucket(1, 1)})
        await pacer.take(A, Lane.NORMAL)
        queue = [asyncio.create_task(pacer.take(A, Lane.NORMAL)) for _ in range(3)]
        await asyncio.sleep(0.05)
        begun = time.perf_counter()
        with pytest.raises(TryLater, match="allows no call") as caught:
            await pacer.take(A, Lane.NORMAL, deadline=2.0)
        assert time.perf_counter() - begun < 0.5
        assert caught.value.after is not None
        assert timedelta(seconds=2) < caught.value.after < timedelta(seconds=5)
        for it in queue:
            it.cancel()

    async def test_a_deadline_that_can_be_held_is_held(self, new_pacer: NewPacer) -> None:
        pacer = new_pacer({A: bucket(10, 1)})
        await pacer.take(A, Lane.NORMAL)
        await pacer.take(A, Lane.NORMAL, deadline=1.0)

    async def test_several_calls_are_taken_together_even_beyond_the_burst(self, new_pacer: NewPacer) -> None:
        pacer = new_pacer({A: bucket(50, 5, reserve=0.2)})
        begun = time.perf_counter()
        await pacer.take(A, Lane.NORMAL, calls=20)
        assert 0.2 < time.perf_counter() - begun < 1.0

    async def test_told_to_wait_holds_every_worker_and_every_lane(self, new_pacer: NewPacer) -> None:
        rules = {A: bucket(100, 50)}
        mine, other = new_pacer(rules), new_pacer(rules)
        await mine.take(A, Lane.NORMAL)
        await other.take(A, Lane.NORMAL)
        await mine.told_to_wait(A, timedelta(seconds=0.5))
        begun = time.perf_counter()
        await asyncio.gather(mine.take(A, Lane.NORMAL), other.take(A, Lane.URGENT))
        assert 0.45 < time.perf_counter() - begun < 1.5

    async def test_a_window_that_was_shown_is_fitted_to(self, new_pacer: NewPacer) -> None:
        pacer = new_pacer({A: window(100, 1.0)})
        await pacer.take(A, Lane.NORMAL)
        await pacer.told_window(A, limit=100, used=90, resets_in=timedelta(seconds=0.5))
        made = await calls_within(pacer, 1.2, tasks=32)
        before = [it for it in made if it < 0.49]
        after = [it for it in made if it >= 0.49]
        assert 5 <= len(before) <= 10
        assert 70 <= len(after) <= 100

    async def test_a_window_of_unknown_beginning_is_never_overfilled(self, new_pacer: NewPacer) -> None:
        """Three tries: a process that the machine holds up for long sends what it held back, and no pacer can help it."""
        fullest: list[int] = []
        for _ in range(3):
            made = await calls_within(new_pacer({A: window(100, 0.5)}), 1.5, tasks=32)
            assert len(made) >= 0.7 * 150
            fullest.append(max(sum(it <= other < it + 0.5 for other in made) for it in made))
            if fullest[-1] <= 50:
                return
        raise AssertionError(f"50 calls were allowed in a window, and {fullest} were made")

    async def test_a_caller_that_gave_up_takes_nothing(self, new_pacer: NewPacer) -> None:
        pacer = new_pacer({A: bucket(10, 1)})
        await pacer.take(A, Lane.NORMAL)
        gone = [asyncio.create_task(pacer.take(A, Lane.NORMAL)) for _ in range(20)]
        await asyncio.sleep(0.02)
        for it in gone:
            it.cancel()
        begun = time.perf_counter()
        await pacer.take(A, Lane.NORMAL)
        assert time.perf_counter() - begun < 0.5

    async def test_an_account_without_a_rule_is_refused_in_words(self, new_pacer: NewPacer) -> None:
        with pytest.raises(CannotGoOn, match="has no pace"):
            await new_pacer({A: bucket(1, 1)}).take(B, Lane.NORMAL)

    async def test_a_high_rate_is_reached(self, new_pacer: NewPacer) -> None:
        made = await calls_within(new_pacer({A: bucket(1000, 50)}), 1.0, tasks=16)
        assert 500 <= len(made) <= 1000 + 50 + 20
