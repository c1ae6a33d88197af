"""How much may leave or change in one run: what goes, what is held for a person, and what is said about it.

What ends at an instant known ahead passes every guard, and so does what others exposed and what was begun. Of the rest, what
is no longer permitted goes, but so that it can be had again; what is only absent or unselected is as likely a mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dambridge.model.actions import Action, ActionKind
from dambridge.model.reasons import Code, Reason
from dambridge.planning.publishing import OUTWARD
from dambridge.policy.outlets import OnMassAbsence, PublishPolicy


class Departure(StrEnum):
    """Why something leaves, as far as guards care."""

    FREE = "free"
    """At an instant known ahead, or because it must be finished or corrected: no guard asks."""
    RIGHTS = "rights"
    """Its rights changed, or its kit's."""
    ABSENCE = "absence"
    """Its master is gone or not selected any more."""


_FREE = frozenset({Code.EXPOSED, Code.LEAVING_UNPROVEN})
_ABSENT = frozenset({Code.MASTER_GONE, Code.UNSELECTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What becomes of a run's actions: `goes` is carried out, `held` waits for a person. Every action is in one of them.
    `tripped` says which guards spoke: the run is red, whether anything is held or not."""

    goes: tuple[Action, ...]
    held: tuple[Action, ...]
    tripped: tuple[Reason, ...]


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
        ("max_removals", "max_removal_share"),
        (policy.max_removals, policy.max_removal_share),
        now=len(leaving),
        before=removals_before,
        known=in_sight,
    )
    too_much = _over(
        ("max_changes", "max_share"),
        (policy.max_changes, policy.max_share),
        now=len(out),
        before=changes_before,
        known=known,
    )
    goes: list[Action] = []
    held: list[Action] = []
    for it in actions:
        why = departure(it)
        if too_many and why is Departure.ABSENCE and policy.on_mass_absence is OnMassAbsence.HOLD:
            held.append(it)
        elif too_many and why in {Departure.RIGHTS, Departure.ABSENCE}:
            goes.append(reversibly(it))
        elif too_much and it.kind in OUTWARD:
            held.append(it)
        else:
            goes.append(it)
    return Passage(goes=tuple(goes), held=tuple(held), tripped=(*too_many, *too_much))


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
