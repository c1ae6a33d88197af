"""Plans of many decisions: sorted, counted, guarded, forecast, cut into waves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dambridge.model.actions import Action
from dambridge.model.identity import AccountId, FlowName
from dambridge.model.plans import Forecast, LeftItem, Plan, PlanHeader
from dambridge.model.reasons import Code, Reason
from dambridge.policy.intake import IntakePolicy

STORE_BYTES_PER_ACTION = 6000
"""What the ledger keeps of one action: its row, steps, item, agreed state and audit entry (measured on SQLite)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderFacts:
    """What a plan rests on besides its entries. `changes_before` were already set out for in the same run; `known` is how
    many assets are looked at in all, for the relative guard."""

    flow: FlowName
    policy: str
    configuration: str
    capabilities: str
    changes_before: int
    known: int


def make_plan(
    actions: Sequence[Action],
    left: Sequence[LeftItem],
    *,
    facts: HeaderFacts,
    policy: IntakePolicy,
    takes: Forecast,
    now: datetime,
) -> Plan:
    """The plan over these decisions. The order in which they came does not matter."""
    counts = Counter(str(it.kind) for it in actions) + Counter(str(it.leave.outcome) for it in left)
    header = PlanHeader(
        flow=facts.flow,
        made_at=now,
        expires_at=now + policy.plan_ttl,
        policy=facts.policy,
        configuration=facts.configuration,
        capabilities=facts.capabilities,
        counts=dict(sorted(counts.items())),
        forecast=takes,
        tripped=tuple(_tripped(len(actions), facts, policy)),
    )
    return Plan(
        header=header,
        actions=tuple(sorted(actions, key=lambda it: it.id)),
        left=tuple(sorted(left, key=lambda it: it.key)),
    )


def _tripped(changes: int, facts: HeaderFacts, policy: IntakePolicy) -> list[Reason]:
    """Guards over the whole run: an absolute and a relative limit. No changes trip nothing."""
    total = facts.changes_before + changes
    found: list[Reason] = []
    if policy.max_changes is not None and total > policy.max_changes:
        found.append(Reason.of(Code.GUARD_TRIPPED, guard="max_changes", found=total, limit=policy.max_changes))
    if policy.max_share is not None and changes and total > policy.max_share * facts.known:
        limit = int(policy.max_share * facts.known)
        found.append(Reason.of(Code.GUARD_TRIPPED, guard="max_share", found=total, limit=limit))
    return found


def forecast(actions: Sequence[Action], rates: Mapping[AccountId, float]) -> Forecast:
    """What carrying these out takes. Accounts work side by side, so the slowest decides how long."""
    calls: Counter[str] = Counter()
    for action in actions:
        calls.update(action.calls)
    seconds = max((count / rates[AccountId(account)] for account, count in calls.items() if count), default=0.0)
    return Forecast(
        calls=dict(sorted(calls.items())),
        bytes=sum(it.size for it in actions),
        seconds=seconds,
        store_bytes=len(actions) * STORE_BYTES_PER_ACTION,
    )


def waves(actions: Sequence[Action], pilot: int, size: int) -> list[tuple[Action, ...]]:
    """A first wave of `pilot` actions (none where 0), then waves of `size`, in the given order; nothing is left out."""
    if size < 1:
        raise ValueError("a wave holds at least one action")
    first = [tuple(actions[:pilot])] if pilot and actions else []
    rest = actions[pilot:] if pilot else actions
    return first + [tuple(rest[start : start + size]) for start in range(0, len(rest), size)]
