"""Plans of many decisions: sorted, counted, guarded, forecast, cut into waves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeGuard

from dambridge.model.actions import Action, ActionKind
from dambridge.model.conflicts import Conflict
from dambridge.model.identity import AccountId, FlowName
from dambridge.model.plans import Forecast, LeftItem, Plan, PlanHeader
from dambridge.model.reasons import Code, Reason

STORE_BYTES_PER_ACTION = 6000
"""What the ledger keeps of one action: its row, steps, item, agreed state and audit entry (measured on SQLite)."""


INWARD = frozenset({ActionKind.AGREE, ActionKind.LET_GO, ActionKind.NOTE})
"""What is written down here and changes nothing outside; no guard counts it."""


class Guarded(Protocol):
    """What a plan has to know of a policy, whichever flow it is of: how much one run may change, and how long it holds."""

    @property
    def max_changes(self) -> int | None: ...
    @property
    def max_share(self) -> float | None: ...
    @property
    def plan_ttl(self) -> timedelta: ...


class GuardsRemovals(Protocol):
    """A policy that takes copies away, and bounds how many of them."""

    @property
    def max_removals(self) -> int | None: ...
    @property
    def max_removal_share(self) -> float | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderFacts:
    """What a plan rests on besides its entries. `changes_before` and, of those, `removals_before` were already set out for
    in the same run; `known` is how many assets are looked at in all, for the relative guards."""

    flow: FlowName
    policy: str
    configuration: str
    capabilities: str
    changes_before: int
    known: int
    removals_before: int = 0


def make_plan(
    actions: Sequence[Action],
    left: Sequence[LeftItem],
    *,
    facts: HeaderFacts,
    policy: Guarded,
    takes: Forecast,
    now: datetime,
    conflicts: Sequence[Conflict] = (),
    tripped: Sequence[Reason] | None = None,
) -> Plan:
    """The plan over these decisions. The order in which they came does not matter. `tripped` is what a flow's own guards said,
    None where those of every flow are to be asked."""
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
        tripped=tuple(tripped) if tripped is not None else _tripped(actions, facts, policy),
    )
    return Plan(
        header=header,
        actions=tuple(sorted(actions, key=lambda it: it.id)),
        left=tuple(sorted(left, key=lambda it: it.key)),
        conflicts=tuple(sorted(conflicts, key=lambda it: it.id)),
    )


def _tripped(actions: Sequence[Action], facts: HeaderFacts, policy: Guarded) -> tuple[Reason, ...]:
    return (*_too_many_changes(actions, facts, policy), *_too_many_removals(actions, facts, policy))


def _too_many_changes(actions: Sequence[Action], facts: HeaderFacts, policy: Guarded) -> list[Reason]:
    """Guards over the whole run: an absolute and a relative limit. No changes trip nothing."""
    changes = sum(it.kind not in INWARD for it in actions)
    total = facts.changes_before + changes
    found: list[Reason] = []
    if policy.max_changes is not None and total > policy.max_changes:
        found.append(Reason.of(Code.GUARD_TRIPPED, guard="max_changes", found=total, limit=policy.max_changes))
    if policy.max_share is not None and changes and total > policy.max_share * facts.known:
        limit = int(policy.max_share * facts.known)
        found.append(Reason.of(Code.GUARD_TRIPPED, guard="max_share", found=total, limit=limit))
    return found


def _too_many_removals(actions: Sequence[Action], facts: HeaderFacts, policy: object) -> list[Reason]:
    """The same over what is taken away, with limits of its own. One asset may always go: a share of few is none at all."""
    removals = len({it.link for it in actions if it.kind is ActionKind.RETIRE})
    total = facts.removals_before + removals
    if not removals or not is_guarding_removals(policy):
        return []
    found: list[Reason] = []
    if policy.max_removals is not None and total > policy.max_removals:
        found.append(Reason.of(Code.GUARD_TRIPPED, guard="max_removals", found=total, limit=policy.max_removals))
    if policy.max_removal_share is not None and total > max(1.0, policy.max_removal_share * facts.known):
        limit = max(1, int(policy.max_removal_share * facts.known))
        found.append(Reason.of(Code.GUARD_TRIPPED, guard="max_removal_share", found=total, limit=limit))
    return found


def is_guarding_removals(policy: object) -> TypeGuard[GuardsRemovals]:
    return hasattr(policy, "max_removals") and hasattr(policy, "max_removal_share")


def forecast(actions: Sequence[Action], rates: Mapping[AccountId, float]) -> Forecast:
    """What carrying these out takes. Accounts work side by side, so the slowest decides how long."""
    calls: Counter[str] = Counter()
    for action in actions:
        calls.update(action.calls)
    seconds = max((count / rates[AccountId(account)] for account, count in calls.items() if count), default=0.0)
    return Forecast(
        calls=dict(sorted(calls.items())),
        bytes=sum(it.size for it in actions),
        seconds=round(seconds, 1),
        store_bytes=len(actions) * STORE_BYTES_PER_ACTION,
    )


def waves(actions: Sequence[Action], pilot: int, size: int) -> list[tuple[Action, ...]]:
    """A first wave of `pilot` actions (none where 0), then waves of `size`, in the given order; nothing is left out."""
    if size < 1:
        raise ValueError("a wave holds at least one action")
    first = [tuple(actions[:pilot])] if pilot and actions else []
    rest = actions[pilot:] if pilot else actions
    return first + [tuple(rest[start : start + size]) for start in range(0, len(rest), size)]
