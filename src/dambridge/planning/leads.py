"""When a withdrawal must begin so that it is proven before its instant: reckoned backwards over all ends of an account.

One account bears one rate, so what ends close together has to begin earlier than each by itself. All flows that withdraw
from an account are reckoned together. Pure: the clock is the caller's, and every pass reckons anew with what it knows then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dambridge.model.identity import AccountId
from dambridge.planning.outward import DISCARDED, TAKEN_OUT
from dambridge.policy.outlets import PublishPolicy, WithdrawTo

SLACK = 1.2
"""How much longer than the rate allows a withdrawal is reckoned to take."""
EARLIEST = 1.5
"""No withdrawal begins earlier than this many times its lead before its instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What an account bears: calls per second, calls that one withdrawal takes, and what is added for outages. `looks` are
    calls per second that go meanwhile into looking at where the files stand afterwards."""

    rate: float
    margin: timedelta
    calls: int = TAKEN_OUT
    looks: float = 0.0

    def work(self, withdrawals: int) -> timedelta:
        """How long this many are reckoned to take."""
        left = max(self.rate - self.looks, self.rate / 2)
        return timedelta(seconds=SLACK * withdrawals * self.calls / left)


def pace_of(policy: PublishPolicy, account: AccountId, *, rate: float, looks: float = 0.0) -> Pace:
    """What the policy knows of an account; `rate` is what it bears where the policy says nothing. `looks` are calls per second
    for each of its outlets."""
    outlets = [it for it in policy.outlets.values() if it.account == account]
    discards = any(it.withdraw_to is WithdrawTo.TRASH for it in outlets)
    return Pace(
        rate=policy.rates.get(account) or rate,
        margin=policy.margin,
        calls=TAKEN_OUT + (DISCARDED if discards else 0),
        looks=looks * len(outlets),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """All that ends at one instant in one account, and when the first of it has to begin."""

    until: datetime
    withdrawals: int
    begins: datetime

    @property
    def lead(self) -> timedelta:
        return self.until - self.begins

    @property
    def earliest(self) -> datetime:
        return self.until - EARLIEST * self.lead


def all_ends(*flows: Iterable[tuple[datetime, int]]) -> list[tuple[datetime, int]]:
    """The ends of several flows in one account, as one; earliest first."""
    found: Counter[datetime] = Counter()
    for ends in flows:
        for until, withdrawals in ends:
            found[until] += withdrawals
    return sorted(found.items())


def leads(ends: Iterable[tuple[datetime, int]], pace: Pace) -> list[Lead]:
    """For each instant its lead, earliest first. Each is done before the next has to begin, or by its own instant less the
    margin where that is earlier."""
    found: list[Lead] = []
    next_begins: datetime | None = None
    for until, withdrawals in reversed(all_ends(ends)):
        done = until - pace.margin
        if next_begins is not None:
            done = min(done, next_begins)
        next_begins = done - pace.work(withdrawals)
        found.append(Lead(until=until, withdrawals=withdrawals, begins=next_begins))
    return found[::-1]


def horizon(found: Sequence[Lead], pace: Pace, now: datetime) -> datetime:
    """What ends by this instant, it included, has to be withdrawn now, the earliest end first; and nothing that does is shown
    any more. What begins later ends later, so that one instant says it of all."""
    alone = now + pace.margin + pace.work(1)
    return max([alone, *(it.until for it in found if it.begins <= now)])


def next_beginning(found: Sequence[Lead], now: datetime) -> datetime | None:
    """When next something has to begin that need not yet: the row that falls due."""
    return min((it.begins for it in found if it.begins > now), default=None)
