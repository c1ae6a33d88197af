"""Decide about one link of a flow that keeps copies in step: what is agreed, what is written where, what a person must say.

Three steps: absences, then every group merged by itself, then one write for each copy that is behind. Pure, and the same
whatever the order of copies, groups and entries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dambridge.mapping import AccountMap, is_absent, unread_fields, waiting_for
from dambridge.mapping.rights import rights_of
from dambridge.model.accords import Accord, GroupName, Standing
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
from dambridge.planning.lifting import lifted
from dambridge.planning.merging import Merged, Question, merge
from dambridge.planning.speaking import Speeches, in_words, words_in
from dambridge.planning.spreading import Ground, agree, spread
from dambridge.planning.standings import Known, LastSeen, Reading, is_stale, known_of, read_copy
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
    words: Sequence[TermUse]
    policy: MirrorPolicy
    ground: Ground
    now: datetime
    tokens: Mapping[CopyId, str]


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
    tokens: Mapping[CopyId, str] | None = None,
    speeches: Speeches | None = None,
    words: Sequence[TermUse] = (),
) -> MirrorDecision:
    """Say what to do about one link. Each account is given values in its own terms: `speeches` says how, None where that
    could not be found out; `words` are those known of the link from when it was last looked at.

    `conflicts` holds the latest inbox entry of each group that ever had one, ended ones too: those lend the next its
    number. A ruling stands in its entry. `before` says what each copy was when it was last read before this, which
    narrows down when an edit was made; it may be left out. `tokens` are of bytes whose account shows a stamp alone, where
    they are known: before anything was agreed on they are what the copy says.
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
        speeches=speeches or {},
    )
    case = _Case(
        link=link,
        accords=accords,
        conflicts=conflicts,
        seen=seen,
        before=before or {},
        words=words,
        policy=policy,
        ground=ground,
        now=now,
        tokens=tokens or {},
    )
    held = _observe_only(case) or _unread(case) or _stale(case)
    decision = MirrorDecision(leave=held) if held is not None else _decide(case)
    if speeches is None:
        decision = replace(decision, words=None)
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
        if is_stale(record.version, _standings(case, copy), stale_for=case.policy.stale_for, now=case.now):
            reason = Reason.of(Code.STALE_ANSWER, copy=str(copy))
            return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="next run")
    return None


def _standings(case: _Case, copy: CopyId) -> list[Standing]:
    return [it.copies[copy] for it in case.accords.values() if copy in it.copies]


def _decide(case: _Case) -> MirrorDecision:
    groups = sorted(case.policy.groups, key=lambda it: it.name)
    known = {
        copy: known_of(it.version, _standings(case, copy), case.before.get(copy))
        for copy, it in case.ground.records.items()
    }
    questions = [_question(case, it, known) for it in groups]
    parting = _partings(case, questions)
    if not parting.goes_on:
        return replace(_finish(case, parting, [], []), words=())
    merged = [merge(it) for it in questions if it.readings]
    writes, waiting = spread(case.ground, merged)
    bare = [replace(it, words=None) for it in waiting]  # words are told of the link as a whole
    return replace(_finish(case, parting, merged, [*writes], bare), words=_words(case, merged, waiting))


def _words(case: _Case, merged: Sequence[Merged], waiting: Sequence[Leave]) -> tuple[TermUse, ...]:
    """The words of what is agreed in the terms of each account that has it, and those among them that wait."""
    agreed = [(it.accord, [one.copy for one in it.readings]) for it in merged if it.accord is not None]
    uses = [use for accord, copies in agreed for use in words_in(accord, copies, case.ground.speeches)]
    return waiting_for(uses, [use for it in waiting for use in it.words or ()])


def _question(case: _Case, group: FieldGroup, known: Mapping[CopyId, Known]) -> Question:
    records, maps, speeches = case.ground.records, case.ground.maps, case.ground.speeches
    last = case.conflicts.get(group.name)
    shown = {it: record for it, record in sorted(records.items()) if takes_part(group, record, maps[it.account])}

    def read(accord: Accord | None) -> list[Reading]:
        return [
            read_copy(
                it,
                record,
                carried(group, maps[it.account]),
                accord,
                before=case.before.get(it),
                now=case.now,
                known=known[it],
                lift=speeches[it.account].lift if it.account in speeches else lifted,
            )
            for it, record in shown.items()
        ]

    accord, readings = in_words(
        case.accords.get(group.name), read, speeches, before=case.words, contended=live(last) is not None
    )
    return Question(
        link=case.link.id,
        group=group,
        accord=accord,
        last=last,
        readings=tuple(readings),
        policy=case.policy,
        now=case.now,
        unread=frozenset(it for it in records.keys() - shown.keys() if group.fields & unread_fields(records[it])),
        ended=group.by_transitions and any(it <= case.now for it in _licence_ends(case)),
        tokens=case.tokens,
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
