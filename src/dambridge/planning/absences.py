"""What follows for a link when copies of it are proven not to be there: by policy, or by what a person ruled.

Whoever was not read is no absence and never comes here. Taking the other copies away waits for a person wherever one of
them was edited since, because somebody still works with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dambridge.model.accords import GroupName
from dambridge.model.actions import Action, ActionKind, Leave
from dambridge.model.conflicts import Conflict, ConflictState, Side
from dambridge.model.identity import CopyId, Link
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Missing
from dambridge.model.values import FieldName
from dambridge.planning.inbox import live
from dambridge.planning.spreading import Ground
from dambridge.policy.mirror import MirrorPolicy, WhenAbsent
from dambridge.ports.capabilities import ArchiveCapabilities, Proof

PRESENCE = GroupName("presence")
"""The group of the inbox under which copies that are gone stand; its only field says `present`, or how the copy is gone."""
PRESENCE_FIELD = FieldName("presence")
PRESENT = "present"
RETIRE_CALLS = 3
_WEIGHT = (WhenAbsent.LET_GO, WhenAbsent.FOLLOW, WhenAbsent.ASK, WhenAbsent.WAIT)
"""Where several copies are gone and their policies differ, the most careful one holds for the link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What was found about a link with absent copies. `edited` are the groups in which a remaining copy was edited."""

    link: Link
    missing: Mapping[CopyId, Missing]
    ground: Ground
    edited: Sequence[GroupName]
    last: Conflict | None
    policy: MirrorPolicy
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """What follows. Where `goes_on` the remaining copies are merged as ever; else nothing more happens to the link."""

    actions: tuple[Action, ...] = ()
    conflict: Conflict | None = None
    leave: Leave | None = None
    goes_on: bool = False


def part_with(gone: Gone) -> Parting:
    """Say what follows from the absences of one link."""
    entry = live(gone.last)
    by_policy = max(
        (gone.policy.when_absent(it.account, gone.missing[it].absence) for it in gone.missing), key=_WEIGHT.index
    )
    if not gone.ground.records:
        return _nobody_left(gone, entry, by_policy)
    ruled = _ruled(entry, gone)
    if entry is not None and ruled is None:
        return _asked(gone, entry)
    match ruled or by_policy:
        case WhenAbsent.LET_GO:
            ended = replace(entry, state=ConflictState.SETTLED) if entry is not None else None
            return Parting(actions=_let_go(gone), conflict=ended, goes_on=True)
        case WhenAbsent.WAIT:
            return Parting(conflict=entry, leave=_waiting(gone, "next run"))
        case WhenAbsent.FOLLOW if ruled is not None or not gone.edited:
            return replace(_follow(gone), conflict=entry)
        case _:
            return _asked(gone, entry)


def _nobody_left(gone: Gone, entry: Conflict | None, by_policy: WhenAbsent) -> Parting:
    """Nothing is left to decide about: the link ends with a tombstone for each copy, unless one may be seen again."""
    if by_policy is WhenAbsent.WAIT:
        return Parting(conflict=entry, leave=_waiting(gone, "next run"))
    state = ConflictState.SETTLED if entry is not None and entry.ruling is not None else ConflictState.MOOT
    return Parting(actions=_let_go(gone), conflict=replace(entry, state=state) if entry is not None else None)


def back_again(last: Conflict | None) -> Conflict | None:
    """The entry about an absence, once every copy is seen again; None where there is none to end."""
    entry = live(last)
    return replace(entry, state=ConflictState.MOOT, ruling=None) if entry is not None else None


def _ruled(entry: Conflict | None, gone: Gone) -> WhenAbsent | None:
    """What a person said, as far as they had seen what is seen now: taking away what was edited since needs another word."""
    if entry is None or entry.state is not ConflictState.RULED or entry.ruling is None:
        return None
    try:
        said = WhenAbsent(str(entry.ruling.fields.get(PRESENCE_FIELD, "")))
    except ValueError:
        return None
    judged = {it.copy: it for it in entry.sides}
    if not gone.missing.keys() <= judged.keys():
        return None
    known = all(it in judged and judged[it].version == record.version for it, record in gone.ground.records.items())
    return said if said in {WhenAbsent.LET_GO, WhenAbsent.WAIT} or known else None


def _asked(gone: Gone, entry: Conflict | None) -> Parting:
    return Parting(conflict=_entry(gone, entry), leave=_waiting(gone, "coordinator"))


def _entry(gone: Gone, entry: Conflict | None) -> Conflict:
    sides = tuple(
        [_side(it, str(gone.missing[it].absence), gone) for it in sorted(gone.missing)]
        + [_side(it, PRESENT, gone) for it in sorted(gone.ground.records)]
    )
    if entry is not None:
        known = {(it.copy, it.version, str(it.fields)): it for it in entry.sides}
        sides = tuple(known.get((it.copy, it.version, str(it.fields)), it) for it in sides)
        kept = tuple(it for it in entry.sides if it not in sides and it not in entry.kept)
        return replace(
            entry, sides=sides, state=ConflictState.OPEN, ruling=None, reason=_reason(gone), kept=(*entry.kept, *kept)
        )
    return Conflict(
        link=gone.link.id,
        group=PRESENCE,
        flow=gone.policy.flow,
        base={PRESENCE_FIELD: PRESENT},
        sides=sides,
        reason=_reason(gone),
        opened_at=gone.now,
        serial=gone.last.serial + 1 if gone.last is not None else 1,
    )


def _side(copy: CopyId, says: str, gone: Gone) -> Side:
    record = gone.ground.records.get(copy)
    version = record.version if record is not None else None
    return Side(copy=copy, fields={PRESENCE_FIELD: says}, version=version, until=gone.now)


def _reason(gone: Gone) -> Reason:
    copy = min(gone.missing)
    absence = gone.missing[copy]
    if gone.edited:
        groups = tuple(sorted(str(it) for it in gone.edited))
        return Reason.of(Code.EDITED_AND_GONE, copy=str(copy), absence=str(absence.absence), groups=groups)
    return Reason.of(Code.COPY_GONE, copy=str(copy), absence=str(absence.absence), evidence=absence.evidence)


def _waiting(gone: Gone, waits_for: str) -> Leave:
    return Leave(outcome=Outcome.WAITING, reason=_reason(gone), waits_for=waits_for)


def _let_go(gone: Gone) -> tuple[Action, ...]:
    return tuple(
        _parting(
            gone, ActionKind.LET_GO, it, Reason.of(Code.LET_GO, copy=str(it), absence=str(gone.missing[it].absence))
        )
        for it in sorted(gone.missing)
    )


def _follow(gone: Gone) -> Parting:
    """Take the others out of sight. The link keeps the absent copies until that is done: they are why."""
    copies = sorted(gone.ground.records)
    for copy in copies:
        proof = _may_retire(gone.ground.can_archive.get(copy.account))
        if not proof.usable:
            media_type = str(gone.ground.records[copy].media_type)
            reason = Reason.of(
                Code.CAPABILITY_UNPROVEN, what="take assets out of sight", media_type=media_type, proof=str(proof)
            )
            return Parting(leave=Leave(outcome=Outcome.WAITING, reason=reason, waits_for="administrator"))
    why = Reason.of(Code.RETIRED, how=f"another copy is gone ({gone.missing[min(gone.missing)].absence})")
    return Parting(actions=tuple(_parting(gone, ActionKind.RETIRE, it, why) for it in copies))


def _may_retire(can: ArchiveCapabilities | None) -> Proof:
    """Only what can be taken back: out of its place, or into a trash that gives it back."""
    if can is None:
        return Proof.ABSENT
    if can.take_out.usable:
        return can.take_out
    return can.discard if can.discard_recoverable.usable else Proof.ABSENT


def _parting(gone: Gone, kind: ActionKind, copy: CopyId, reason: Reason) -> Action:
    record = gone.ground.records.get(copy)
    key = gone.ground.keys[copy]
    return Action(
        kind=kind,
        link=gone.link.id,
        source=key,
        target=copy,
        target_id=key.remote_id,
        fields={},
        cleared=(),
        expects=gone.ground.expects,
        reasons=(reason,),
        file_name=record.file_name if record is not None else "",
        media_type=str(record.media_type) if record is not None else "",
        calls={copy.account: RETIRE_CALLS} if kind is ActionKind.RETIRE else {},
    )
