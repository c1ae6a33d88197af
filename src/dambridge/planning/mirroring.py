"""Decide about one link of a flow that keeps copies in step: what is agreed, what is written where, what a person must say.

Three steps: absences, then every group merged by itself, then one write for each copy that is behind. Pure, and the same
whatever the order of copies, groups and entries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dambridge.mapping import AccountMap, is_absent, unread_fields
from dambridge.mapping.rights import rights_of
from dambridge.model.accords import Accord, GroupName
from dambridge.model.actions import Action, Leave
from dambridge.model.conflicts import Conflict
from dambridge.model.identity import AccountId, CopyId, Link
from dambridge.model.lifecycle import Status
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, Missing, Present, Seen, Unread
from dambridge.model.terms import TermUse
from dambridge.planning.absences import PRESENCE, Gone, Parting, back_again, part_with
from dambridge.planning.inbox import live
from dambridge.planning.merging import Merged, Question, merge
from dambridge.planning.spreading import Ground, agree, spread
from dambridge.planning.standings import LastSeen, Reading, is_stale, read_copy
from dambridge.planning.transitions import status_of
from dambridge.planning.views import carried, takes_part
from dambridge.policy.mirror import FieldGroup, MirrorPolicy
from dambridge.ports.capabilities import ArchiveCapabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorDecision:
    """What to do about one link, in this order: `actions`, an AGREE before any write; `conflicts` are the entries that the
    AGREE stores, only those that are new or changed. `leave` says how the item ends, or what of it still waits when the
    actions are done; it is None where the actions are all there is. `words` are those of its values that persons decide
    about, None where nothing was found out about them."""

    actions: tuple[Action, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    leave: Leave | None = None
    words: tuple[TermUse, ...] | None = None
    ask_again: datetime | None = None
    """When the next licence of it ends, so that the status moves though nothing else does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One link's question, so that the answers below can be short."""

    link: Link
    accords: Mapping[GroupName, Accord]
    conflicts: Mapping[GroupName, Conflict]
    seen: Mapping[CopyId, Seen]
    before: Mapping[CopyId, LastSeen]
    policy: MirrorPolicy
    ground: Ground
    now: datetime


def decide_mirror(
    *,
    link: Link,
    accords: Mapping[GroupName, Accord],
    conflicts: Mapping[GroupName, Conflict],
    seen: Mapping[CopyId, Seen],
    policy: MirrorPolicy,
    maps: Mapping[AccountId, AccountMap],
    can_archive: Mapping[AccountId, ArchiveCapabilities],
    now: datetime,
    before: Mapping[CopyId, LastSeen] | None = None,
    untouched: frozenset[CopyId] = frozenset(),
) -> MirrorDecision:
    """Say what to do about one link.

    `conflicts` holds the latest inbox entry of each group that ever had one, ended ones too: those lend the next its
    number. A ruling stands in its entry. `before` says what each copy was when it was last read before this, which
    narrows down when an edit was made; it may be left out.
    """
    records = {it: found.record for it, found in seen.items() if isinstance(found, Present)}
    keys = {it.id: it.key for it in link.copies} | {it: record.key for it, record in records.items()}
    ground = Ground(
        link=link.id,
        keys=keys,
        records=records,
        maps=maps,
        can_archive=can_archive,
        carriers=policy.carriers,
        untouched=untouched,
    )
    case = _Case(
        link=link,
        accords=accords,
        conflicts=conflicts,
        seen=seen,
        before=before or {},
        policy=policy,
        ground=ground,
        now=now,
    )
    held = _observe_only(case) or _unread(case) or _stale(case)
    decision = MirrorDecision(leave=held) if held is not None else _decide(case)
    if not any(it.by_transitions for it in policy.groups):
        return decision
    return _with_ends(case, decision)


def _with_ends(case: _Case, decision: MirrorDecision) -> MirrorDecision:
    """The decision with the instant at which the licence ends, or its owner is to be warned; and the warning itself, where
    nothing else is to be told."""
    end = min((it for it in _licence_ends(case) if it > case.now), default=None)
    warn = case.policy.warn_before
    if end is None or warn is None or not any(_in_circulation(it) for it in case.ground.records.values()):
        return replace(decision, ask_again=end)
    if case.now < end - warn:
        return replace(decision, ask_again=end - warn)
    if decision.leave is None or decision.leave.outcome is Outcome.UNCHANGED:
        reason = Reason.of(Code.LICENCE_ENDS, until=end.isoformat())
        decision = replace(decision, leave=Leave(outcome=Outcome.WAITING, reason=reason, waits_for="owner"))
    return replace(decision, ask_again=end)


def _in_circulation(record: AssetRecord) -> bool:
    return status_of(record.fields) in {Status.APPROVED, Status.ARCHIVED}


def _observe_only(case: _Case) -> Leave | None:
    if not case.link.observe_only:
        return None
    return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.OBSERVE_ONLY))


def _unread(case: _Case) -> Leave | None:
    """Whoever was not read may have been edited: nothing is written anywhere."""
    for copy, it in sorted(case.seen.items()):
        if isinstance(it, Unread):
            text = str(dict(it.reason.params).get("text", it.reason.code))
            reason = Reason.of(Code.COPY_UNREAD, copy=str(copy), text=text)
            return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="system")
    return None


def _stale(case: _Case) -> Leave | None:
    """An answer older than our own last look is no answer."""
    for copy, record in sorted(case.ground.records.items()):
        standings = [it.copies[copy] for it in case.accords.values() if copy in it.copies]
        if is_stale(record.version, standings, stale_for=case.policy.stale_for, now=case.now):
            reason = Reason.of(Code.STALE_ANSWER, copy=str(copy))
            return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="next run")
    return None


def _decide(case: _Case) -> MirrorDecision:
    groups = sorted(case.policy.groups, key=lambda it: it.name)
    questions = [_question(case, it) for it in groups]
    parting = _partings(case, questions)
    if not parting.goes_on:
        return _finish(case, parting, [], [])
    merged = [merge(it) for it in questions if it.readings]
    writes, waiting = spread(case.ground, merged)
    return _finish(case, parting, merged, [*writes], waiting)


def _question(case: _Case, group: FieldGroup) -> Question:
    readings: list[Reading] = []
    unread: set[CopyId] = set()
    accord = case.accords.get(group.name)
    for copy, record in sorted(case.ground.records.items()):
        account = case.ground.maps[copy.account]
        if takes_part(group, record, account):
            fields = carried(group, account)
            last = case.before.get(copy)
            readings.append(read_copy(copy, record, fields, accord, before=last, now=case.now))
        elif group.fields & unread_fields(record):
            unread.add(copy)
    return Question(
        link=case.link.id,
        group=group,
        accord=accord,
        last=case.conflicts.get(group.name),
        readings=tuple(readings),
        policy=case.policy,
        now=case.now,
        unread=frozenset(unread),
        ended=group.by_transitions and any(it <= case.now for it in _licence_ends(case)),
        superseded=group.by_transitions and _is_superseded(case),
    )


def _is_superseded(case: _Case) -> bool:
    """Whether any copy names what took the asset's place."""
    name = case.policy.superseded_by
    return name is not None and any(not is_absent(it.fields.get(name)) for it in case.ground.records.values())


def _licence_ends(case: _Case) -> list[datetime]:
    """When the licence of the asset ends, as each copy says."""
    said = [rights_of(it.fields, case.policy.zone).not_after for it in case.ground.records.values()]
    return [it for it in said if it is not None]


def _partings(case: _Case, questions: Sequence[Question]) -> Parting:
    missing = {it: found for it, found in case.seen.items() if isinstance(found, Missing)}
    last = case.conflicts.get(PRESENCE)
    if not missing:
        return Parting(conflict=back_again(last), goes_on=bool(case.ground.records))
    edited = [it.group.name for it in questions if it.accord is not None and any(one.edited for one in it.readings)]
    gone = Gone(
        link=case.link,
        missing=missing,
        ground=case.ground,
        edited=edited,
        last=last,
        policy=case.policy,
        now=case.now,
    )
    return part_with(gone)


def _finish(
    case: _Case,
    parting: Parting,
    merged: Sequence[Merged],
    writes: Sequence[Action],
    waiting: Sequence[Leave] = (),
) -> MirrorDecision:
    accords = [it.accord for it in merged if it.accord is not None and it.accord != case.accords.get(it.group.name)]
    entries = [it.conflict for it in merged if it.conflict is not None]
    found: list[Conflict] = [*entries, *([parting.conflict] if parting.conflict is not None else [])]
    changed = tuple(it for it in found if it != case.conflicts.get(it.group))
    first: list[Action] = []
    if accords or changed:
        first.append(agree(case.ground, accords, changed))
    actions = (*first, *parting.actions, *writes)
    open_ = [Leave(outcome=Outcome.WAITING, reason=it.reason, waits_for="coordinator") for it in found if live(it)]
    leave = next(iter([*([parting.leave] if parting.leave else []), *open_, *waiting]), None)
    if leave is None and not actions:
        leave = Leave(outcome=Outcome.UNCHANGED, reason=Reason.of(Code.IN_STEP))
    return MirrorDecision(actions=actions, conflicts=changed, leave=leave)
