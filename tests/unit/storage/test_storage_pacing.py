"""The arithmetic of pacing against a limiter that counts arrivals, with the clock in hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.ports.pace import Lane, PaceRule, PaceShape
from dambridge.storage import pacing
from dambridge.storage.pacing import PaceState, fresh, grant


def rule(
    shape: PaceShape = PaceShape.TOKEN_BUCKET,
    *,
    rate: float = 20.0,
    burst: int = 20,
    seconds: float = 10.0,
    reserve: float = 0.0,
) -> PaceRule:
    return PaceRule(shape=shape, rate=rate, burst=burst, window=timedelta(seconds=seconds), reserve=reserve)


def drain(it: PaceRule, state: PaceState, now: float, lane: Lane, seconds: float) -> tuple[PaceState, list[float]]:
    """Take calls one by one for `seconds`, sleeping as told; returns when each was made."""
    until, made = now + seconds, []
    while now < until:
        got = grant(it, state, now, lane, 1)
        state = got.state
        now += got.wait
        if got.given:
            made.append(now)
    return state, [at for at in made if at < until]


@given(rate=st.floats(1, 500), burst=st.integers(1, 200), reserve=st.floats(0, 0.9), wants=st.lists(st.integers(1, 9)))
def test_no_stretch_of_time_gets_more_than_rate_and_burst_allow(
    rate: float, burst: int, reserve: float, wants: list[int]
) -> None:
    it, state, now, made = rule(rate=rate, burst=burst, reserve=reserve), None, 1000.0, []
    state = fresh(it, now)
    for want in wants:
        got = grant(it, state, now, Lane.NORMAL, want)
        state = got.state
        made += [now + got.wait + n * got.apart for n in range(got.given)]
        now += got.wait if not got.given else 0.01
    for first in range(len(made)):
        for last in range(first, len(made)):
            assert last - first + 1 <= burst + (made[last] - made[first]) * rate + 1e-6


def test_the_whole_rate_is_used_but_for_the_margin() -> None:
    _, made = drain(rule(), fresh(rule(), 0.0), 0.0, Lane.NORMAL, 100.0)
    assert 0.98 * 2000 < len(made) <= 2000 + 20


def test_a_reserve_costs_nothing_in_the_long_run_and_is_there_when_urgent() -> None:
    it = rule(reserve=0.5)
    state, made = drain(it, fresh(it, 0.0), 0.0, Lane.BACKFILL, 100.0)
    assert len(made) > 0.98 * 2000
    urgent = grant(it, state, 100.0, Lane.URGENT, 9, ahead=0.0)
    assert urgent.given >= 5


def test_a_normal_call_goes_before_one_of_a_backfill() -> None:
    it = rule(burst=10, reserve=0.0)
    state = PaceState(tokens=1.0, stamp=0.0)
    assert grant(it, state, 0.0, Lane.BACKFILL, 1, ahead=0.0).given == 0
    assert grant(it, state, 0.0, Lane.NORMAL, 1, ahead=0.0).given == 1


def test_a_bucket_of_one_can_be_used_by_every_lane() -> None:
    it = rule(burst=1, reserve=0.9)
    for lane in Lane:
        assert grant(it, fresh(it, 0.0), 0.0, lane, 1).given == 1


def test_told_to_wait_holds_all_and_begins_again_gently() -> None:
    it = rule()
    state = pacing.told_to_wait(it, fresh(it, 0.0), 0.0, 30.0)
    refused = grant(it, state, 10.0, Lane.URGENT, 1)
    assert refused.given == 0
    assert refused.wait == pytest.approx(20.0)
    _, made = drain(it, state, 30.0, Lane.NORMAL, 0.99)
    assert 19 <= len(made) <= 21
    shorter = pacing.told_to_wait(it, state, 1.0, 1.0)
    assert shorter.blocked_until == 30.0


def test_a_window_that_was_shown_gives_what_is_left_of_it_and_then_the_next_one_whole() -> None:
    it = rule(PaceShape.FIXED_WINDOW)
    state = pacing.told_window(it, fresh(it, 0.0), 0.0, limit=200, used=150, resets_in=4.0)
    _, made = drain(it, state, 0.0, Lane.NORMAL, 24.0)
    assert [sum(at < 4 for at in made), sum(4 <= at < 14 for at in made), sum(at >= 14 for at in made)] == [
        46,
        196,
        196,
    ]


def test_an_answer_about_the_window_before_is_not_taken_for_the_new_one() -> None:
    it = rule(PaceShape.FIXED_WINDOW)
    state = pacing.told_window(it, fresh(it, 0.0), 0.0, limit=200, used=10, resets_in=1.0)
    state = grant(it, state, 1.0, Lane.NORMAL, 30).state
    assert (state.window_ends, state.window_used) == (11.0, 30)
    late = pacing.told_window(it, state, 1.05, limit=200, used=190, resets_in=0.01)
    assert (late.window_ends, late.window_used) == (11.0, 30)


def test_a_window_that_opens_with_its_first_call_is_followed() -> None:
    it = rule(PaceShape.FIXED_WINDOW)
    state = pacing.told_window(it, fresh(it, 0.0), 0.0, limit=200, used=10, resets_in=1.0)
    state = grant(it, state, 5.0, Lane.NORMAL, 1).state
    told = pacing.told_window(it, state, 5.1, limit=200, used=1, resets_in=9.95)
    assert told.window_ends == pytest.approx(15.05)
    later = pacing.told_window(it, told, 5.3, limit=200, used=1, resets_in=9.80)
    assert later.window_ends == pytest.approx(15.05)


def test_the_reserve_of_a_window_melts_towards_its_end_so_that_nothing_is_wasted() -> None:
    it = rule(PaceShape.FIXED_WINDOW, reserve=0.3)
    state = pacing.told_window(it, fresh(it, 0.0), 0.0, limit=200, used=0, resets_in=10.0)
    half, made = drain(it, state, 0.0, Lane.NORMAL, 5.0)
    assert 135 <= len(made) <= 170
    assert grant(it, half, 5.0, Lane.URGENT, 99).given >= 25
    _, all_made = drain(it, state, 0.0, Lane.NORMAL, 10.0)
    assert len(all_made) == 196
    assert all(at <= 9.8 for at in all_made)


@given(phase=st.floats(0, 10), calls=st.integers(20, 400), seconds=st.floats(1, 60))
def test_a_window_of_unknown_beginning_is_never_overfilled_wherever_it_begins(
    phase: float, calls: int, seconds: float
) -> None:
    it = rule(PaceShape.FIXED_WINDOW, rate=calls / seconds, burst=calls, seconds=seconds)
    _, made = drain(it, fresh(it, phase), phase, Lane.NORMAL, 3 * seconds)
    assert len(made) >= 0.93 * 3 * calls
    for at in made[:: max(1, len(made) // 50)]:
        assert sum(at <= other < at + seconds - 1e-6 for other in made) <= calls


def test_a_bucket_that_shows_a_window_too_is_kept_within_both() -> None:
    it = rule(burst=50)
    state = pacing.told_window(it, fresh(it, 0.0), 0.0, limit=100, used=97, resets_in=6.0)
    _, made = drain(it, state, 0.0, Lane.NORMAL, 7.0)
    assert sum(at < 6 for at in made) == 3
    assert sum(at >= 6 for at in made) >= 19


def test_a_clock_that_was_set_back_does_not_stop_the_work_for_ever() -> None:
    it = rule()
    state = pacing.told_to_wait(it, fresh(it, 1_000_000.0), 1_000_000.0, 10.0)
    assert grant(it, state, 990_000.0, Lane.NORMAL, 1).given == 1


def test_a_grant_says_when_each_of_its_calls_may_be_made() -> None:
    got = pacing.Grant(PaceState(tokens=0, stamp=0), 3, 0.1, 0.05)
    assert [got.usable(at) for at in (0.0, 0.1, 0.14, 0.15, 0.2, 9.0)] == [0, 1, 1, 2, 3, 3]
    assert pacing.Grant(PaceState(tokens=0, stamp=0), 3, 0.0).usable(0.0) == 3
    assert pacing.Grant(PaceState(tokens=0, stamp=0), 0, 0.5).usable(9.0) == 0
