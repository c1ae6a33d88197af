"""When withdrawals have to begin so that the last of them is proven before its instant, and what that means now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.publishing.watching import LOOK, RECENT
from dambridge.model.identity import AccountId, FlowName
from dambridge.planning.leads import Lead, Pace, all_ends, horizon, leads, next_beginning, pace_of

AHEAD = timedelta(days=60)
"""How far ahead ends are looked at."""
OUTWARD = (FlowName.PUBLISH, FlowName.SYNDICATE)
"""Flows whose withdrawals share an account's rate."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """The ends of one account that are known ahead."""

    pace: Pace
    leads: Sequence[Lead]

    def horizon(self, now: datetime) -> datetime:
        return horizon(self.leads, self.pace, now)


async def ahead_of(parts: PublishParts, now: datetime) -> Mapping[AccountId, Ahead]:
    """For each account that something goes out to."""
    several = [await parts.ledger.ends(it, before=now + AHEAD) for it in OUTWARD]
    found: dict[AccountId, Ahead] = {}
    for outlet in parts.policy.outlets.values():
        account = outlet.account
        if account not in found:
            pace = _pace(parts, account)
            found[account] = Ahead(pace, leads(all_ends(*(it.get(account, ()) for it in several)), pace))
    return found


def _pace(parts: PublishParts, account: AccountId) -> Pace:
    return pace_of(parts.policy, account, rate=parts.sites[account].rate, looks=LOOK / RECENT)


async def next_withdrawal(parts: PublishParts, now: datetime) -> datetime | None:
    """When the next withdrawal that is known ahead has to begin."""
    found = (next_beginning(it.leads, now) for it in (await ahead_of(parts, now)).values())
    return min((it for it in found if it is not None), default=None)
