"""When a withdrawal must begin so that it is proven before its instant: reckoned backwards over all ends of an account.

One account bears one rate, so what ends close together has to begin earlier than each by itself. All flows that withdraw
from an account are reckoned together. Pure: the clock is the caller's, and every pass reckons anew with what it knows then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dambridge.model.actions import ActionKind
from dambridge.model.identity import AccountId
from dambridge.planning.outward import CALLS
from dambridge.policy.outlets import PublishPolicy

CALLS_TO_WITHDRAW = CALLS[ActionKind.WITHDRAW][1]
SLACK = 1.2
"""How much longer than the rate allows a withdrawal is reckoned to take."""
EARLIEST = 1.5
"""No withdrawal begins earlier than this many times its lead before its instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What an account bears: calls per second, calls that one withdrawal takes, and what is added for outages."""

    rate: float
    margin: timedelta
    calls: int = CALLS_TO_WITHDRAW

    def work(self, withdrawals: int) -> timedelta:
        """How long this many are reckoned to take."""
        return timedelta(seconds=SLACK * withdrawals * self.calls / self.rate)


def pace_of(policy: PublishPolicy, account: AccountId) -> Pace:
    """What the policy knows of an account; one call a second where it says nothing, which begins rather too early."""
    return Pace(rate=policy.rates.get(account, 1.0), margin=policy.margin)


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
