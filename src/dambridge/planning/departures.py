"""How much may leave or change in one run: what goes, what is held for a person, and what is said about it.

What ends at an instant known ahead passes every guard, and so does what others exposed, what was begun, and what came by
somebody's order that is over. Of the rest, what is no longer permitted goes, but so that it can be had again; what is only
absent or unselected is as likely a mistake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import ActionId
from dambridge.model.plans import Forecast, LeftItem, Plan
from dambridge.model.reasons import Code, Reason
from dambridge.planning.plans import HeaderFacts, make_plan
from dambridge.planning.publishing import OUTWARD
from dambridge.policy.outlets import OnMassAbsence, PublishPolicy


class Departure(StrEnum):
    """Why something leaves, as far as guards care."""

    FREE = "free"
    """At an instant known ahead, because an order for it is over, or because it must be finished or corrected: no guard asks."""
    RIGHTS = "rights"
    """Its rights changed, or its kit's."""
    ABSENCE = "absence"
    """Its master is gone or not selected any more."""


_REMOVALS = ("max_removals", "max_removal_share")
_CHANGES = ("max_changes", "max_share")
_FREE = frozenset({Code.EXPOSED, Code.LEAVING_UNPROVEN, Code.ORDER_OVER})
_ABSENT = frozenset({Code.MASTER_GONE, Code.UNSELECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What becomes of a run's actions. `actions` are all of them, as they may be carried out; what `held` names waits for a
    person, the rest goes. `tripped` says which guards spoke: the run is red, whether anything is held or not."""

    actions: tuple[Action, ...]
    held: Mapping[ActionId, Reason]
    tripped: tuple[Reason, ...]

    @property
    def goes(self) -> tuple[Action, ...]:
        return tuple(it for it in self.actions if it.id not in self.held)


def departure(action: Action) -> Departure | None:
    """Why this action takes something out of sight; None where it does not."""
    if action.kind is not ActionKind.WITHDRAW:
        return None
    codes = {it.code for it in action.reasons}
    if codes & _FREE or (action.outward is not None and action.outward.deadline is not None):
        return Departure.FREE
    return Departure.ABSENCE if codes <= _ABSENT else Departure.RIGHTS


def guard(
    actions: Sequence[Action],
    policy: PublishPolicy,
    *,
    in_sight: int,
    removals_before: int = 0,
    changes_before: int = 0,
    known: int = 0,
) -> Passage:
    """Hold the actions against the policy's guards. `in_sight` is how many publications there are to lose, `known` how many
    assets are looked at; `…_before` were set out for earlier in the same run. The order of actions is kept."""
    leaving = [it for it in actions if departure(it) in {Departure.RIGHTS, Departure.ABSENCE}]
    out = [it for it in actions if it.kind in OUTWARD]
    too_many = _over(
        _REMOVALS,
        (policy.max_removals, policy.max_removal_share),
        now=len(leaving),
        before=removals_before,
        known=in_sight,
    )
    too_much = _over(
        _CHANGES,
        (policy.max_changes, policy.max_share),
        now=len(out),
        before=changes_before,
        known=known,
    )
    tripped = (*too_many, *too_much)
    spared = tuple(reversibly(it) if too_many and it in leaving else it for it in actions)
    return Passage(actions=spared, held=held_back(spared, tripped, policy), tripped=tripped)


def held_back(actions: Sequence[Action], tripped: Sequence[Reason], policy: PublishPolicy) -> Mapping[ActionId, Reason]:
    """The actions of a plan that wait for a person because of these guards, and which guard holds each."""
    by_guard = {str(it["guard"]): it for it in tripped}
    removals = next((by_guard[it] for it in _REMOVALS if it in by_guard), None)
    changes = next((by_guard[it] for it in _CHANGES if it in by_guard), None)
    held: dict[ActionId, Reason] = {}
    for it in actions:
        if removals is not None and policy.on_mass_absence is OnMassAbsence.HOLD and _is_absence(it):
            held[it.id] = removals
        elif changes is not None and it.kind in OUTWARD:
            held[it.id] = changes
    return held


def plan_publishing(
    actions: Sequence[Action],
    left: Sequence[LeftItem],
    *,
    facts: HeaderFacts,
    policy: PublishPolicy,
    takes: Forecast,
    now: datetime,
    in_sight: int,
) -> Plan:
    """The plan with everything in it that a person can let pass; `held_back` says what waits for one. `facts.known` is how
    many assets are looked at."""
    passage = guard(
        actions,
        policy,
        in_sight=in_sight,
        removals_before=facts.removals_before,
        changes_before=facts.changes_before,
        known=facts.known,
    )
    return make_plan(passage.actions, left, facts=facts, policy=policy, takes=takes, now=now, tripped=passage.tripped)


def _is_absence(action: Action) -> bool:
    return departure(action) is Departure.ABSENCE


def reversibly(action: Action) -> Action:
    """The same into a gallery that only administrators see, never into the trash."""
    if action.outward is None:
        return action
    return replace(action, outward=replace(action.outward, discard=False))


def _over(
    guards: tuple[str, str], limits: tuple[int | None, float | None], *, now: int, before: int, known: int
) -> tuple[Reason, ...]:
    """Which of an absolute and a relative limit this run goes over. One may always go: a share of few is none at all."""
    most, share = limits
    total = before + now
    found: list[Reason] = []
    if now and most is not None and total > most:
        found.append(Reason.of(Code.GUARD_TRIPPED, guard=guards[0], found=total, limit=most))
    if now and share is not None and total > max(1.0, share * known):
        limit = max(1, int(share * known))
        found.append(Reason.of(Code.GUARD_TRIPPED, guard=guards[1], found=total, limit=limit))
    return tuple(found)
