"""How many calls may go now: pure arithmetic on an account's bucket or window. Times are seconds of one real clock.

The margins were measured against real limiters over a network that delays calls unevenly (docs/decisions/0005).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from dambridge.ports.pace import Lane, PaceRule, PaceShape

RATE_SHARE = 0.99
"""The share of the rate that is used: what is left over drains what a late call may have upset."""

JITTER = 0.05
"""Seconds by which the network may bring two calls closer together than they were sent; that much of the burst is left."""

WINDOW_SHARE = 0.02
"""The share of a window's calls that is left over, at least one."""

QUIET = 0.2
"""Seconds before a window's end in which no call is sent, for it might be counted in the next window."""


UNDER_WAY = 0.3
"""Seconds' worth of calls that may be on their way, uncounted, when an account shows its window for the first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceState:
    """What the workers together know of an account's budget. `window_ends` is 0 where no window was ever shown;
    `window_told` says whether the window under way was confirmed by the account since it began."""

    tokens: float
    stamp: float
    blocked_until: float = 0.0
    window_ends: float = 0.0
    window_limit: int = 0
    window_used: int = 0
    window_told: bool = False


AHEAD = 0.25
"""Seconds ahead of which calls are given out: so workers take turns, and a sleep that ends late loses nothing."""


@dataclass(frozen=True, slots=True)
class Grant:
    """`given` calls may be made: the first after `wait` seconds, each further one `apart` seconds later (but none before
    it is given). Where `given` is 0, ask again after `wait`."""

    state: PaceState
    given: int
    wait: float
    apart: float = 0.0

    def usable(self, passed: float) -> int:
        """How many of the calls may be made `passed` seconds after the grant."""
        if passed < self.wait - 1e-6 or not self.given:
            return 0
        if not self.apart:
            return self.given
        return min(self.given, 1 + math.floor((passed - self.wait) / self.apart + 1e-6))


def fresh(rule: PaceRule, now: float) -> PaceState:
    """An account not called before: its bucket is full."""
    return PaceState(tokens=_burst(rule), stamp=now)


def grant(
    rule: PaceRule, state: PaceState, now: float, lane: Lane, want: int, *, more: int = 0, ahead: float = AHEAD
) -> Grant:
    """Give up to `want` calls to `lane` within the next `ahead` seconds, and up to `more` that are there already.

    The reserve is given to urgent calls alone."""
    state = _advance(rule, state, now)
    if now < state.blocked_until:
        return Grant(state, 0, state.blocked_until - now)
    if rule.shape is PaceShape.FIXED_WINDOW and state.window_ends:
        return _from_window(rule, state, now, lane, want + more)
    left = state.window_limit - state.window_used if state.window_ends else want + more
    if left <= 0:
        return Grant(state, 0, max(state.window_ends - now, 0.001))
    free, fast = state.tokens - _floor(rule, lane), speed(rule)
    if free >= min(want, left) - 1e-9:
        given = min(want + more, left, math.floor(free + 1e-9))
        return Grant(_less(state, given), given, 0.0)
    given = min(want, left, math.floor(free + ahead * fast + 1e-9))
    wait = max(0.0, (1.0 - free) / fast)
    if given < 1:
        return Grant(state, 0, max(wait - ahead, 0.001))
    return Grant(_less(state, given), given, wait, 1.0 / fast)


def speed(rule: PaceRule) -> float:
    """Calls per second in the long run."""
    if rule.shape is PaceShape.TOKEN_BUCKET:
        return rule.rate * RATE_SHARE
    window = rule.window.total_seconds()
    return (rule.rate * window - _burst(rule)) / window


def told_to_wait(rule: PaceRule, state: PaceState, now: float, wait: float) -> PaceState:
    """No call before `wait` has passed; then one, and on from there at the usual rate."""
    until = max(state.blocked_until, now + wait)
    return replace(state, tokens=min(1.0, state.tokens), stamp=until, blocked_until=until)


def told_window(rule: PaceRule, state: PaceState, now: float, *, limit: int, used: int, resets_in: float) -> PaceState:
    """Fit to the window that the account showed. What it showed was on its way: its end is told late, never early."""
    state = _advance(rule, state, now)
    ends, half = now + resets_in, rule.window.total_seconds() / 2
    if not state.window_ends or ends > state.window_ends + half:
        under_way = min(math.ceil(speed(rule) * UNDER_WAY), state.window_used)
        return replace(state, window_ends=ends, window_limit=limit, window_used=used + under_way, window_told=True)
    if ends < state.window_ends - half:
        return state
    ends = min(ends, state.window_ends) if state.window_told else ends
    used = max(used, state.window_used)
    return replace(state, window_ends=ends, window_limit=limit, window_used=used, window_told=True)


def _advance(rule: PaceRule, state: PaceState, now: float) -> PaceState:
    """Let time pass: refill the bucket, open the next window. A clock that was set back by much starts anew."""
    if now < state.stamp - 60 and now < state.blocked_until - 3600:
        return fresh(rule, now)
    if now > state.stamp:
        tokens = min(_burst(rule), state.tokens + (now - state.stamp) * speed(rule))
        state = replace(state, tokens=tokens, stamp=now)
    if state.window_ends and now >= state.window_ends:
        length = rule.window.total_seconds()
        ends = state.window_ends + length * (math.floor((now - state.window_ends) / length) + 1)
        state = replace(state, window_ends=ends, window_used=0, window_told=False)
    return state


def _less(state: PaceState, given: int) -> PaceState:
    return replace(state, tokens=state.tokens - given, window_used=state.window_used + given)


def _from_window(rule: PaceRule, state: PaceState, now: float, lane: Lane, want: int) -> Grant:
    """Calls of a window that was shown. None goes in the window's last moments, so that none lands in the next one; the
    reserve melts away until then, so that nothing is left unused."""
    left, length = state.window_ends - now, rule.window.total_seconds()
    quiet = min(QUIET, length / 4)
    usable = max(1, state.window_limit - math.ceil(state.window_limit * WINDOW_SHARE))
    free = usable - state.window_used
    if left <= quiet or free <= 0:
        return Grant(state, 0, max(left, 0.001))
    melting = 0.0 if lane is Lane.URGENT else rule.reserve * usable / (length - quiet)
    given = max(0, min(want, free - math.floor(melting * min(length, left) - melting * quiet)))
    if given:
        return Grant(replace(state, window_used=state.window_used + given), given, 0.0)
    return Grant(state, 0, max(left - quiet - free / melting, 0.0) + 0.001)


def _burst(rule: PaceRule) -> float:
    """How many calls may go at once: the bucket's size less what the network can bring closer together.

    For a window of unknown beginning it is what keeps every stretch of the window's length within the limit."""
    if rule.shape is PaceShape.TOKEN_BUCKET:
        return float(max(1, math.floor(rule.burst - rule.rate * JITTER)))
    calls = rule.rate * rule.window.total_seconds()
    return float(max(1, min(rule.burst, math.floor(calls * WINDOW_SHARE))))


def _floor(rule: PaceRule, lane: Lane) -> float:
    """How many calls must be left in the bucket after one of `lane`; a normal call goes before one of a backfill."""
    if lane is Lane.URGENT:
        return 0.0
    kept = rule.reserve * _burst(rule) + (1.0 if lane is Lane.BACKFILL else 0.0)
    return min(kept, _burst(rule) - 1.0)
