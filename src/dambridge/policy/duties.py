"""Which role may do what. What is not named here nobody may."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from dambridge.model.access import Role, Searcher, Sight
from dambridge.model.identity import FlowName


class Duty(StrEnum):
    """What people do here, as a librarian would name it."""

    LOOK = "look"
    """How the flows stand: counts and runs, no single asset."""
    SEE_ASSETS = "see_assets"
    """Every asset of the flows in scope, whatever its rights."""
    RUN = "run"
    """Start, hold and resume flows; make plans."""
    APPROVE = "approve"
    """Have a plan carried out."""
    SETTLE = "settle"
    """Conflicts, and what waits since a loss."""
    TERMS = "terms"
    REVIEW = "review"
    HOLD = "hold"
    """Legal holds."""
    RIGHTS = "rights"
    """Rights, withdrawals, who sees an outlet."""
    PAIR = "pair"
    MACHINE = "machine"
    """Capabilities, the map, settings."""
    CONFIGURE = "configure"
    """Change the map and the rules of flows."""
    AUDIT = "audit"
    PEOPLE = "people"
    """Who may do what."""


_ALL = frozenset(Role)
_KEEPERS = frozenset({Role.LIBRARIAN, Role.RIGHTS_MANAGER, Role.OPERATOR, Role.ADMINISTRATOR})
DUTIES: Mapping[Duty, frozenset[Role]] = MappingProxyType(
    {
        Duty.LOOK: _ALL,
        Duty.SEE_ASSETS: _KEEPERS,
        Duty.RUN: frozenset({Role.OPERATOR, Role.ADMINISTRATOR}),
        Duty.APPROVE: frozenset({Role.OPERATOR, Role.LIBRARIAN, Role.ADMINISTRATOR}),
        Duty.SETTLE: frozenset({Role.LIBRARIAN, Role.RIGHTS_MANAGER, Role.ADMINISTRATOR}),
        Duty.TERMS: frozenset({Role.LIBRARIAN, Role.ADMINISTRATOR}),
        Duty.REVIEW: frozenset({Role.REVIEWER, Role.ADMINISTRATOR}),
        Duty.HOLD: frozenset({Role.RIGHTS_MANAGER, Role.ADMINISTRATOR}),
        Duty.RIGHTS: frozenset({Role.RIGHTS_MANAGER, Role.ADMINISTRATOR}),
        Duty.PAIR: frozenset({Role.LIBRARIAN, Role.ADMINISTRATOR}),
        Duty.MACHINE: frozenset({Role.OPERATOR, Role.LIBRARIAN, Role.ADMINISTRATOR}),
        Duty.CONFIGURE: frozenset({Role.ADMINISTRATOR}),
        Duty.AUDIT: _KEEPERS,
        Duty.PEOPLE: frozenset({Role.ADMINISTRATOR}),
    }
)
_NEEDS_THE_WHOLE = frozenset(
    {
        Duty.SEE_ASSETS,
        Duty.SETTLE,
        Duty.TERMS,
        Duty.HOLD,
        Duty.RIGHTS,
        Duty.PAIR,
        Duty.AUDIT,
        Duty.APPROVE,
        Duty.REVIEW,
        Duty.CONFIGURE,
    }
)
"""Duties whose lists are of whole flows: whoever answers for some regions or selections alone must not see the rest there."""


PARTLY = frozenset({Duty.SEE_ASSETS, Duty.SETTLE, Duty.REVIEW})
"""Those of them that somebody may do for what they would find by search, one asset after the other, and for nothing else."""


def of_a_part(who: Searcher) -> bool:
    """Whether this person answers for some regions or selections alone."""
    return who.scope.regions is not None or who.scope.selections is not None


def may(who: Searcher, duty: Duty, flow: FlowName | None = None, *, partly: bool = False) -> bool:
    """Whether this person may do that: in this flow, or, where none is named, in some flow or other. `partly`: at least for
    the part that they answer for; whoever asks so looks at each asset."""
    if not who.roles & DUTIES[duty] or who.sight is Sight.NOTHING:
        return False
    scope = who.scope
    if duty in _NEEDS_THE_WHOLE and of_a_part(who) and not (partly and duty in PARTLY):
        return False
    if flow is not None:
        return scope.flows is None or flow in scope.flows
    return scope.flows is None or bool(scope.flows)


def flows_of(who: Searcher, flows: tuple[FlowName, ...]) -> tuple[FlowName, ...]:
    """Those of the flows that this person has to do with."""
    return tuple(it for it in flows if who.scope.flows is None or it in who.scope.flows)


def answers_for_all(who: Searcher, flows: tuple[FlowName, ...]) -> bool:
    """Whether this person has to do with every one of these flows: what tells of all of them is for such people alone."""
    return flows_of(who, flows) == flows
