"""The lifecycle: one table of the moves that are legal, who may make them, and what follows from it when several are made.

A move *on* brings an asset further in its life; a move *back* takes a decision back, or begins a stage anew. People may make
several steps in one edit, each of which has to be theirs to make. The moves on make no circle: so of two statuses that were
given at once, the one that can be reached from the other by moves on is the later one, and stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import permutations
from types import MappingProxyType

from dambridge.model.lifecycle import Move, Role, Status

_D, _R, _C, _A = Status.DRAFT, Status.IN_REVIEW, Status.CHANGES_ASKED, Status.APPROVED
_J, _S, _E, _W = Status.REJECTED, Status.ARCHIVED, Status.EXPIRED, Status.WITHDRAWN


def _roles(*several: Role) -> frozenset[Role]:
    """These, and the coordinator, who may make every move that anybody may."""
    return frozenset({*several, Role.COORDINATOR})


_DATES = _roles(Role.RIGHTS, Role.RIGHTS_MANAGER)
_OWN = _roles(Role.CONTRIBUTOR, Role.LIBRARIAN)
_OUT = _roles(Role.LIBRARIAN, Role.RIGHTS_MANAGER, Role.DAMBRIDGE)
_REVIEW = _roles(Role.REVIEWER)

ON: Mapping[Move, frozenset[Role]] = MappingProxyType(
    {
        Move(_D, _R): _roles(Role.CONTRIBUTOR, Role.REVIEWER, Role.LIBRARIAN),
        Move(_R, _C): _REVIEW,
        Move(_R, _A): _REVIEW,
        Move(_R, _J): _REVIEW,
        Move(_A, _S): _roles(Role.LIBRARIAN, Role.DAMBRIDGE),
        Move(_D, _E): _DATES,
        Move(_R, _E): _DATES,
        Move(_C, _E): _DATES,
        Move(_A, _E): _DATES,
        Move(_S, _E): _DATES,
        Move(_D, _W): _OWN,
        Move(_R, _W): _OWN,
        Move(_C, _W): _OWN,
        Move(_A, _W): _OUT,
        Move(_S, _W): _OUT,
        Move(_E, _W): _OUT,
    }
)
"""Moves on. They make no circle."""

BACK: Mapping[Move, frozenset[Role]] = MappingProxyType(
    {
        Move(_R, _D): _roles(Role.CONTRIBUTOR),
        Move(_C, _R): _roles(Role.CONTRIBUTOR, Role.REVIEWER),
        Move(_A, _R): _roles(Role.REVIEWER, Role.DAMBRIDGE),
        Move(_J, _R): _REVIEW,
        Move(_S, _A): _roles(Role.LIBRARIAN),
        Move(_E, _A): _roles(Role.RIGHTS_MANAGER),
        Move(_E, _S): _roles(Role.RIGHTS_MANAGER),
        Move(_W, _D): _roles(Role.LIBRARIAN),
    }
)
"""Moves back: a submission taken home, handed in again, a decision undone, a licence renewed, a withdrawal lifted."""

TRANSITIONS: Mapping[Move, frozenset[Role]] = MappingProxyType({**ON, **BACK})
"""Every legal move, with who may make it. What does not stand here nobody may do."""


EVERYBODY = frozenset(Role)


class Verdict(StrEnum):
    """Whether a move is one that somebody may make."""

    SAME = "same"
    """It is none."""
    LEGAL = "legal"
    NOT_THEIRS = "not_theirs"
    """A move, or several in a row, that others may make."""
    ILLEGAL = "illegal"
    """Nobody may."""


def may_move(start: Status, end: Status, roles: Collection[Role]) -> Verdict:
    """Whether somebody in one of these roles may take an asset from `start` to `end`, in one step or in several."""
    if start is end:
        return Verdict.SAME
    if chain(start, end, roles):
        return Verdict.LEGAL
    return Verdict.NOT_THEIRS if chain(start, end, EVERYBODY) else Verdict.ILLEGAL


def chain(start: Status, end: Status, roles: Collection[Role], *, onward: bool = False) -> tuple[Move, ...]:
    """The fewest moves that lead from `start` to `end`, each open to one of these roles, `onward` by moves on alone; empty where
    none do.

    What is taken back comes first and what goes on after it: nobody gets round a review by ending a licence and renewing it."""
    return _chain(start, end, frozenset(roles), onward)


@cache
def _chain(start: Status, end: Status, roles: frozenset[Role], onward: bool) -> tuple[Move, ...]:
    moves = ON if onward else TRANSITIONS
    reached: dict[tuple[Status, bool], tuple[Move, ...]] = {(start, False): ()}
    front = [(start, False)]
    while front:
        here, on = front.pop(0)
        if here is end:
            return reached[here, on]
        for move, who in moves.items():
            there = (move.end, move in ON)
            if move.start is here and not (on and move in BACK) and there not in reached and not who.isdisjoint(roles):
                reached[there] = (*reached[here, on], move)
                front.append(there)
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A status that was given, and the roles of those who gave it."""

    status: Status
    roles: frozenset[Role]


def latest(agreed: Status | None, claims: Sequence[Claim]) -> Status | None:
    """Which of the statuses that were given at once is the last one, None where no order of them is legal throughout.

    The first is any legal edit of what was agreed on (of nothing, where nothing was); each further one has to follow by moves
    on from the one before. As those make no circle, at most one order is legal."""
    for order in permutations(claims):
        if all(_follows(agreed, order)):
            return order[-1].status
    return None


def _follows(agreed: Status | None, order: Sequence[Claim]) -> Iterator[bool]:
    first, *rest = order
    yield agreed is None or may_move(agreed, first.status, first.roles) in {Verdict.LEGAL, Verdict.SAME}
    before = first.status
    for it in rest:
        yield bool(chain(before, it.status, it.roles, onward=True))
        before = it.status
