"""The status of an asset among its copies: which edits are legal moves, and which of several is the last one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from dambridge.model.accords import Accord
from dambridge.model.lifecycle import LIFECYCLE_STATUS, Role, Status, status_in
from dambridge.model.values import Fields
from dambridge.planning.contending import Chosen, Contender, Undecided, chosen
from dambridge.planning.standings import Reading, Stance
from dambridge.policy.lifecycle import Claim, Verdict, latest, may_move
from dambridge.policy.mirror import FieldGroup, MirrorPolicy


def status_of(fields: Fields) -> Status | None:
    """The status that these values say."""
    value = fields.get(LIFECYCLE_STATUS)
    return status_in(value) if isinstance(value, str) else None


def spoken(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The readings without edits that say nothing: an asset always stands somewhere, so nobody chose that. Such a copy is
    behind, and is told again."""
    return tuple(
        replace(it, stance=Stance.BLANK) if it.edited and status_of(it.value) is None else it for it in readings
    )


def settle(
    contenders: Sequence[Contender], group: FieldGroup, accord: Accord | None, policy: MirrorPolicy
) -> Chosen | Undecided:
    """The last of these statuses in the only order in which all of them are legal, where there is one.

    Where the agreed status contends (whoever edited had not seen it), it is one of those that were given at once, and the
    others have to follow on it, or come before it."""
    agreed = status_of(accord.fields) if accord is not None else None
    unaware = accord is not None and all(one.is_behind(accord) for it in contenders for one in it.readings)
    given = [it for it in contenders if it.readings or unaware]
    claims = [claim for it in given if (claim := _claim(it, accord, policy)) is not None]
    started = _last_known(given) if unaware else {agreed}
    last = latest(next(iter(started)), claims) if len(claims) == len(given) and len(started) == 1 else None
    if last is None:
        return Undecided(_why(agreed, claims))
    won = next(it for it in given if status_of(it.fields) is last)
    if won.agreed and accord is not None:
        return Chosen(fields=accord.fields, origin=accord.origin, since=None)
    return chosen(won, group)


def expiring(verdict: Chosen | None, accord: Accord | None, now: datetime) -> Chosen | None:
    """The end of a licence as a move from what would stand, None where it is none: dates wait for nobody."""
    fields = verdict.fields if verdict is not None else accord.fields if accord is not None else {}
    status = status_of(fields)
    if status is None or may_move(status, Status.EXPIRED, {Role.RIGHTS}) is not Verdict.LEGAL:
        return None
    return Chosen(fields={LIFECYCLE_STATUS: str(Status.EXPIRED)}, origin=None, since=now)


def superseding(verdict: Chosen | None, accord: Accord | None, now: datetime) -> Chosen | None:
    """The withdrawal of what another asset took the place of, as a move of ours from what would stand; None where it is none."""
    fields = verdict.fields if verdict is not None else accord.fields if accord is not None else {}
    status = status_of(fields)
    if status is None or may_move(status, Status.WITHDRAWN, {Role.DAMBRIDGE}) is not Verdict.LEGAL:
        return None
    return Chosen(fields={LIFECYCLE_STATUS: str(Status.WITHDRAWN)}, origin=None, since=now)


def unlawful(accord: Accord | None, claims: Sequence[Reading], policy: MirrorPolicy) -> bool:
    """Whether these copies claim statuses that nobody could have given them in any order, so that the agreed one stands."""
    start = status_of(accord.fields) if accord is not None else None
    roles: dict[Status, frozenset[Role]] = {}
    for it in claims:
        if (status := status_of(it.value)) is not None:
            roles[status] = roles.get(status, frozenset()) | policy.roles_in(it.copy.account)
    return bool(roles) and latest(start, [Claim(status=it, roles=roles[it]) for it in sorted(roles)]) is None


def _claim(it: Contender, accord: Accord | None, policy: MirrorPolicy) -> Claim | None:
    """The contender's status with the roles of all who say it. What is agreed was made sure of when it was agreed on."""
    status = status_of(it.fields)
    if status is None:
        return None
    roles = {role for one in it.readings for role in policy.roles_in(one.copy.account)}
    if it.agreed and accord is not None:
        roles |= policy.roles_in(accord.origin.account) if accord.origin is not None else set(Role)
    return Claim(status=status, roles=frozenset(roles))


def _last_known(contenders: Sequence[Contender]) -> set[Status | None]:
    """What those who edited without seeing the agreed status had seen."""
    return {
        status_of(one.standing.fields) if one.standing is not None else None for it in contenders for one in it.readings
    }


def _why(agreed: Status | None, claims: Iterable[Claim]) -> str:
    """A sentence for people."""
    told = sorted(claims, key=lambda it: it.status)
    new = [it for it in told if it.status is not agreed]
    if agreed is not None and len(new) == 1:
        return f"from {agreed} to {new[0].status}: {_MAY[may_move(agreed, new[0].status, new[0].roles)]}"
    return f"no order of {', '.join(it.status for it in told)} is one of legal moves"


_MAY = {
    "same": "no move",
    "legal": "whoever made it had not seen what was agreed on",
    "not_theirs": "a move of others than the people of this account",
    "illegal": "no move that anybody may make",
}
