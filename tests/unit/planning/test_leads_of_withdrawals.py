"""When withdrawals begin: held against a simulation that knows nothing of how it was reckoned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from dambridge.planning.leads import EARLIEST, Lead, Pace, all_ends, horizon, leads, next_beginning, pace_of
from dambridge.planning.outward import withdraw
from dambridge.policy.outlets import WithdrawTo
from support.outlets import OUTLET, POLICY, PORTAL, in_sight

T0 = datetime(2026, 6, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MARGIN = timedelta(minutes=10)
PACE = Pace(rate=200.0, margin=MARGIN, calls=6)
Ends = Sequence[tuple[datetime, int]]


class Account:
    """One account that does one call after the other: each group from its first call to its last look."""

    def __init__(
        self, ends: Ends, *, rate: Callable[[datetime], float], outage: tuple[datetime, timedelta] | None
    ) -> None:
        self.open = dict(ends)
        self.rate, self.outage = rate, outage
        self.began: dict[datetime, datetime] = {}
        self.proven: dict[datetime, datetime] = {}
        self.free = T0 - timedelta(days=400)

    def withdraw(self, until: datetime, now: datetime) -> None:
        at = max(self.free, now)
        self.began[until] = at
        seconds = self.open.pop(until) * PACE.calls / self.rate(at)
        end = at + timedelta(seconds=seconds)
        if self.outage is not None and at <= self.outage[0] < end:
            end += self.outage[1]
        self.proven[until] = self.free = end


def lived_through(
    ends: Ends,
    *,
    rate: Callable[[datetime], float] = lambda _: PACE.rate,
    believed: Callable[[datetime], float] = lambda _: PACE.rate,
    outage: tuple[datetime, timedelta] | None = None,
    look_at: Sequence[datetime] = (),
) -> Account:
    """A worker that sleeps until something has to begin, and does what the horizon says."""
    account = Account(ends, rate=rate, outage=outage)
    now = T0 - timedelta(days=365)
    times = sorted(look_at)
    while account.open:
        pace = Pace(rate=believed(now), margin=MARGIN, calls=PACE.calls)
        found = leads(account.open.items(), pace)
        for until in sorted(it for it in account.open if it <= horizon(found, pace, now)):
            account.withdraw(until, now)
        if account.open:
            found = leads(account.open.items(), pace)
            wake = next_beginning(found, now)
            assert wake is not None
            now = min([wake, *(it for it in times if it > now)])
    return account


SOME_ENDS = st.lists(
    st.tuples(st.integers(0, 7200), st.sampled_from([1, 3, 40, 500, 10_000])), min_size=1, max_size=8
).map(lambda several: all_ends([(T0 + it * SECOND, files) for it, files in several]))


@pytest.mark.hazard("P38")
@given(SOME_ENDS, st.floats(1.0, 1.19))
def test_the_last_is_proven_before_its_instant_and_none_begins_too_early(ends: Ends, slower: float) -> None:
    found = {it.until: it for it in leads(ends, PACE)}
    account = lived_through(ends, rate=lambda _: PACE.rate / slower)
    event(f"{len(ends)} ends")
    for until, _ in ends:
        assert account.proven[until] <= until - MARGIN + timedelta(milliseconds=1)
        assert account.began[until] >= found[until].earliest
        assert account.began[until] >= until - EARLIEST * (until - found[until].begins)


@given(SOME_ENDS, st.integers(-4000, 7200))
def test_an_outage_as_long_as_the_margin_costs_no_deadline(ends: Ends, at: int) -> None:
    account = lived_through(ends, outage=(T0 + at * SECOND, MARGIN))
    assert all(account.proven[until] <= until for until, _ in ends)


@given(SOME_ENDS)
def test_each_begins_as_late_as_all_that_follow_allow(ends: Ends) -> None:
    """The bound as a mathematician would write it: no sum of work between two instants may be cut short."""
    for place, it in enumerate(leads(ends, PACE)):
        work = timedelta()
        latest = []
        for until, files in ends[place:]:
            work += PACE.work(files)
            latest.append(until - MARGIN - work)
        assert abs(it.begins - min(latest)) < timedelta(milliseconds=1)


@given(SOME_ENDS)
def test_what_begins_later_ends_later(ends: Ends) -> None:
    found = leads(ends, PACE)
    begins = [it.begins for it in found]
    assert begins == sorted(begins)
    for it in found:
        assert horizon(found, PACE, it.begins) >= it.until
        later = [one.until for one in found if one.begins > it.begins]
        assert all(one > horizon(found, PACE, it.begins) for one in later)


@given(SOME_ENDS, st.integers(-4000, 7000), st.sampled_from([20.0, 50.0, 100.0, 400.0]))
def test_another_rate_moves_what_has_not_begun(ends: Ends, at: int, then: float) -> None:
    """What could still be in time at the new rate is; the rest begins at once."""
    change = T0 + at * SECOND

    def rate(now: datetime) -> float:
        return PACE.rate if now < change else then

    account = lived_through(ends, rate=rate, believed=rate, look_at=[change])
    begun_before = {it for it, began in account.began.items() if began < change}
    rest = [it for it in ends if it[0] not in begun_before]
    after = leads(rest, Pace(rate=then, margin=MARGIN, calls=PACE.calls))
    busy = max([change, *(account.proven[it] for it in begun_before)])
    for it in after:
        if after[0].begins >= busy:
            event("in time")
            assert account.proven[it.until] <= it.until - MARGIN + timedelta(milliseconds=1)
        elif it.begins < change:
            assert account.began[it.until] <= max(busy, *(account.proven[one.until] for one in after))


@pytest.mark.hazard("P38")
def test_ten_thousand_licences_that_end_in_one_second_are_all_gone_before_it() -> None:
    ends = all_ends([(T0 + timedelta(microseconds=100 * it), 1) for it in range(10_000)])
    found = leads(ends, PACE)
    lead = timedelta(seconds=1.2 * 10_000 * 6 / 200) + MARGIN
    assert abs((T0 - found[0].begins) - lead) < SECOND
    now = found[0].begins
    assert horizon(found, PACE, now - SECOND) < T0
    assert horizon(found, PACE, found[5000].begins) >= found[5000].until
    # The first pass takes what has to begin by now; each of those that follow what has since
    free = now
    for it in found:
        began = max(it.begins, free)
        free = began + timedelta(seconds=6 / 200)
        assert free < it.until - MARGIN
        assert began >= it.until - EARLIEST * lead
    assert free - now < EARLIEST * lead


@pytest.mark.hazard("P38")
def test_two_bursts_close_together_add_up() -> None:
    ends = [(T0, 10_000), (T0 + 60 * SECOND, 10_000)]
    first, second = leads(ends, PACE)
    alone = leads(ends[:1], PACE)[0]
    assert second.begins == T0 + 60 * SECOND - MARGIN - PACE.work(10_000)
    assert first.begins == second.begins - PACE.work(10_000) < alone.begins
    account = lived_through(ends)
    assert all(account.proven[until] <= until - MARGIN for until, _ in ends)


def test_flows_that_share_an_account_are_reckoned_together() -> None:
    assert all_ends([(T0, 2), (T0 + SECOND, 1)], [(T0, 5)]) == [(T0, 7), (T0 + SECOND, 1)]
    assert leads([], PACE) == []
    assert next_beginning([], T0) is None


def test_without_any_end_nothing_is_shown_that_could_not_be_taken_back_in_time() -> None:
    assert horizon([], PACE, T0) == T0 + MARGIN + PACE.work(1)
    one = Lead(until=T0 + timedelta(hours=9), withdrawals=1, begins=T0 + timedelta(hours=8))
    assert horizon([one], PACE, T0) == T0 + MARGIN + PACE.work(1)
    assert next_beginning([one], T0) == one.begins
    assert next_beginning([one], one.begins) is None


def test_an_account_is_as_fast_as_the_policy_says_else_as_it_was_found() -> None:
    policy = replace(POLICY, rates={PORTAL: 200.0}, margin=MARGIN)
    assert pace_of(policy, PORTAL, rate=1.0) == Pace(rate=200.0, margin=MARGIN, calls=2)
    assert pace_of(replace(policy, rates={}), PORTAL, rate=7.0).rate == 7.0


def test_what_is_reckoned_for_a_withdrawal_is_what_its_plan_says() -> None:
    for to, calls in ((WithdrawTo.HOLDING, 2), (WithdrawTo.TRASH, 3)):
        outlet = replace(OUTLET, withdraw_to=to)
        policy = replace(POLICY, outlets={"partners": outlet})
        planned = withdraw(in_sight(outlet=outlet, policy=policy), (), None)
        assert planned.calls == {PORTAL: calls}
        assert pace_of(policy, PORTAL, rate=1.0).calls == calls


def test_looking_at_places_meanwhile_is_reckoned_with_however_slow_the_account() -> None:
    slow = pace_of(replace(POLICY, rates={PORTAL: 1.0}, margin=MARGIN), PORTAL, rate=1.0, looks=0.4)
    assert slow.work(600) == timedelta(seconds=1.2 * 600 * 2 / 0.6)
    assert replace(slow, looks=5.0).work(1) == timedelta(seconds=1.2 * 2 * 2)
