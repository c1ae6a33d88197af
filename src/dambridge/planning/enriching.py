"""Decide about one link of flow enrich: what the map derives from the source is written where nobody in the target said
otherwise.

The source speaks with the values that the map makes of its fields, the record copy with its own; nothing is ever written to
the source. A value is the flow's own as long as the record copy shows what the flow wrote. One that people set or changed is
theirs: a later run and a changed rule leave it, and only where the source's own fields changed too is it a question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dambridge.mapping import (
    WORK_LIST,
    AccountMap,
    Derived,
    Vocabularies,
    derive_with_bases,
    is_absent,
    same,
    to_native,
    unread_fields,
    waiting_for,
)
from dambridge.model.accords import Accord, GroupName, Standing
from dambridge.model.actions import Action, ActionKind, Leave
from dambridge.model.conflicts import Conflict
from dambridge.model.identity import AccountId, CopyId, Link
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, Missing, Present, Seen, Unread
from dambridge.model.terms import TermUse
from dambridge.model.values import FieldName, Fields, LangAlt, Value
from dambridge.planning.inbox import live
from dambridge.planning.merging import Merged, Question, merge
from dambridge.planning.mirroring import MirrorDecision
from dambridge.planning.sets import is_list
from dambridge.planning.spreading import Ground, agree, spread
from dambridge.planning.standings import LastSeen, Reading, Stance, is_stale, read_copy, watched
from dambridge.policy.enrich import BothChanged, EnrichPolicy, group_name
from dambridge.policy.mirror import FieldGroup, MirrorPolicy, Rule
from dambridge.ports.capabilities import ArchiveCapabilities

NO_TERMS = Vocabularies()
"""Where nothing is known of the target's attributes and of what words mean there."""
SAMPLE = 120
"""Characters of a value that a reason tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One link's question, so that the answers below can be short."""

    accords: Mapping[GroupName, Accord]
    conflicts: Mapping[GroupName, Conflict]
    policy: EnrichPolicy
    mirror: MirrorPolicy
    ground: Ground
    derived: Derived | None
    record: AssetRecord
    terms: Vocabularies
    before: Mapping[CopyId, LastSeen]
    now: datetime

    @property
    def source(self) -> CopyId:
        return self.policy.source_copy

    @property
    def target(self) -> CopyId:
        return self.policy.target_copy

    @property
    def map(self) -> AccountMap:
        return self.ground.maps[self.policy.target]


def decide_enrich(
    *,
    link: Link,
    accords: Mapping[GroupName, Accord],
    conflicts: Mapping[GroupName, Conflict],
    seen: Mapping[CopyId, Seen],
    policy: EnrichPolicy,
    maps: Mapping[AccountId, AccountMap],
    can_archive: Mapping[AccountId, ArchiveCapabilities],
    now: datetime,
    terms: Vocabularies = NO_TERMS,
    before: Mapping[CopyId, LastSeen] | None = None,
    untouched: frozenset[CopyId] = frozenset(),
) -> MirrorDecision:
    """Say what to do about one link. The source's values are said in the target's `terms`: what cannot be spelled with them
    waits by itself, and holds up no other field."""
    held = _held(link, seen, policy)
    if held is not None:
        unused = () if held.outcome is Outcome.SKIPPED else None
        return MirrorDecision(leave=held, words=unused)
    found = seen[policy.target_copy]
    assert isinstance(found, Present)  # noqa: S101 - everything else was held above
    source = seen.get(policy.source_copy)
    derived = (
        derive_with_bases(source.record, maps[policy.target], policy.fields, now).in_words_of(
            maps[policy.target], terms
        )
        if isinstance(source, Present)
        else None
    )
    records = {it: one.record for it, one in seen.items() if isinstance(one, Present)}
    if derived is not None:
        records[policy.source_copy] = derived.record
    keys = {it.id: it.key for it in link.copies}
    case = _Case(
        accords=accords,
        conflicts=conflicts,
        policy=policy,
        mirror=policy.as_mirror(),
        ground=Ground(
            link=link.id, keys=keys, records=records, maps=maps, can_archive=can_archive, untouched=untouched
        ),
        derived=derived,
        record=found.record,
        terms=terms,
        before=before or {},
        now=now,
    )
    stale = _stale(case)
    return MirrorDecision(leave=stale) if stale is not None else _decide(case)


def _held(link: Link, seen: Mapping[CopyId, Seen], policy: EnrichPolicy) -> Leave | None:
    """Why nothing can be said of the link at all."""
    if link.observe_only:
        return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.OBSERVE_ONLY))
    for copy, it in sorted(seen.items()):
        if isinstance(it, Unread):
            text = str(dict(it.reason.params).get("text", it.reason.code))
            reason = Reason.of(Code.COPY_UNREAD, copy=str(copy), text=text)
            return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="system")
    target = seen.get(policy.target_copy)
    if isinstance(target, Missing):
        return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.TARGET_GONE, absence=str(target.absence)))
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
    merged = [it for name in sorted(case.policy.fields) if (it := _merged(case, name)) is not None]
    spelled = _spelled(case, merged)
    writes, unproven = _writes(case, spelled.fit)
    listed = _listed(case, writes)
    if listed is not None:
        merged.append(listed)
        spelled = spelled.and_also(_spelled(case, [listed]))
        writes, unproven = _writes(case, spelled.fit)
    problems = case.derived.problems if case.derived is not None else ()
    broken = [Leave(outcome=Outcome.WAITING, reason=it, waits_for=_mended_by(it)) for it in problems]
    decision = _finish(case, merged, writes, [*broken, *spelled.waiting, *unproven])
    return replace(decision, words=waiting_for(_uses(case, merged), spelled.unknown))


# one field --------------------------------------------------------------------------------------------------------------


def _merged(case: _Case, name: FieldName) -> Merged | None:
    """What becomes of one field, or None where nothing is known of it on either side."""
    if case.derived is None or name not in case.derived.bases or name not in case.map.reads:
        return None
    if name in unread_fields(case.derived.record) or name in unread_fields(case.record):
        return None
    group = case.policy.group(name)
    accord = case.accords.get(group.name)
    theirs = _read(case, case.target, case.record, group, accord)
    ours = _read(case, case.source, case.derived.record, group, accord)
    if accord is None and not ours.shown and not theirs.shown:
        return None
    ours = _hushed(case, name, ours, theirs, accord)
    rule = _rule(case, name, ours, theirs, accord)
    merged = merge(_question(case, case.policy.group(name, rule), accord, (ours, theirs)))
    return _based(case, name, merged)


def _read(case: _Case, copy: CopyId, record: AssetRecord, group: FieldGroup, accord: Accord | None) -> Reading:
    return read_copy(copy, record, group.fields, accord, before=case.before.get(copy), now=case.now)


def _question(case: _Case, group: FieldGroup, accord: Accord | None, readings: tuple[Reading, ...]) -> Question:
    return Question(
        link=case.ground.link,
        group=group,
        accord=accord,
        last=case.conflicts.get(group.name),
        readings=readings,
        policy=case.mirror,
        now=case.now,
    )


def _hushed(case: _Case, name: FieldName, ours: Reading, theirs: Reading, accord: Accord | None) -> Reading:
    """The source's reading without a claim where the target's people have a value of their own, unless its own fields
    changed as well and the policy wants that to be a question. A changed rule alone is no news from the source."""
    if not ours.edited or is_own(ours, theirs, accord):
        return ours
    if case.policy.both_changed is BothChanged.KEEP_TARGET or not _moved_at_source(case, name, accord):
        return replace(ours, stance=Stance.UNEDITED)
    # Theirs contends although it may be what the source said before: it was chosen by people
    standing = ours.standing
    unaware = replace(standing, overruled=(ours.shown, ours.version)) if standing is not None else None
    return replace(ours, standing=unaware)


def is_own(ours: Reading, theirs: Reading, accord: Accord | None) -> bool:
    """Whether what stands in the target is this flow's own value, or nothing at all. What people put there is theirs, also
    where the rule comes to the same."""
    if theirs.edited:
        return False
    return accord is None or (accord.origin != theirs.copy and not ours.is_behind(accord))


def _moved_at_source(case: _Case, name: FieldName, accord: Accord | None) -> bool:
    """Whether the fields that the value rests on are others than when it was last derived; false where that is not known."""
    was = accord.copies.get(case.source) if accord is not None else None
    if was is None or was.basis is None or case.derived is None:
        return False
    return case.derived.moved(name, was.basis)


def _rule(case: _Case, name: FieldName, ours: Reading, theirs: Reading, accord: Accord | None) -> Rule:
    """Who decides where both lay claim: the target's people, unless the source has news of its own beside theirs."""
    if not ours.edited or is_own(ours, theirs, accord):
        return Rule.ACCOUNT
    lists = all(is_list(it) for it in (ours.value.get(name), theirs.value.get(name)))
    return Rule.UNION if case.policy.both_changed is BothChanged.UNION and lists else Rule.ASK


def _based(case: _Case, name: FieldName, merged: Merged) -> Merged:
    """The accord with what the source's values rest on now. While a person is asked it stays what it was; and a value that
    another rule comes to as well keeps the rule by which it was written."""
    merged = _as_said(case, merged)
    accord = merged.accord
    if accord is None or merged.frozen or case.derived is None:
        return merged
    basis = case.derived.bases[name]
    known = case.accords.get(merged.group.name)
    was = known.copies.get(case.source) if known is not None else None
    now = accord.copies[case.source]
    known_by = was.basis if was is not None else None
    if was is not None and known_by is not None and not case.derived.moved(name, known_by) and _says(was) == _says(now):
        return merged
    return replace(merged, accord=accord.with_copy(case.source, replace(now, basis=basis)))


def _as_said(case: _Case, merged: Merged) -> Merged:
    """The accord with the source standing for what it says now, whatever was agreed on: nobody will ever write over it. While
    a person is asked it stands for what it said before, so that it still contends."""
    accord, known = merged.accord, case.accords.get(merged.group.name)
    if accord is None:
        return merged
    ours, theirs = merged.readings
    if merged.frozen:
        was = known.copies.get(case.source) if known is not None else None
        return merged if was is None else replace(merged, accord=accord.with_copy(case.source, was))
    standing = watched(replace(ours, stance=Stance.UNEDITED), now=case.now)
    new = accord.with_copy(case.source, standing)
    if known is None and ours.says(theirs.value):
        new = replace(new, origin=case.source)  # nobody knows who said it first
    return replace(merged, accord=known if known is not None and known == new else new)


def _says(it: Standing) -> object:
    return it.fields, it.shown, it.overruled


# writes -----------------------------------------------------------------------------------------------------------------


def _lacking(case: _Case, merged: Merged) -> Reading | None:
    """The record copy's reading where it has yet to be brought what is agreed."""
    theirs = next((it for it in merged.readings if it.copy == case.target), None)
    if theirs is None or merged.accord is None or (merged.frozen and case.target not in merged.given_back):
        return None
    return theirs if not theirs.says(_wanted(case, merged)) else None


def _wanted(case: _Case, merged: Merged) -> Fields:
    agreed = merged.accord.fields if merged.accord is not None else {}
    return merged.given_back.get(case.target, agreed)


@dataclass(frozen=True, slots=True)
class _Spelled:
    """The fields whose values the target can hold, and why the others wait: an unknown term, a wrong type, a text too long.
    `unknown` are all words among them that the target does not know."""

    fit: Sequence[Merged]
    waiting: Sequence[Leave]
    unknown: Sequence[TermUse]

    def and_also(self, more: _Spelled) -> _Spelled:
        return _Spelled([*self.fit, *more.fit], [*self.waiting, *more.waiting], [*self.unknown, *more.unknown])


def _spelled(case: _Case, merged: Sequence[Merged]) -> _Spelled:
    fit: list[Merged] = []
    waiting: list[Leave] = []
    unknown: list[TermUse] = []
    terms = case.terms
    for it in merged:
        if _lacking(case, it) is not None:
            cleared = it.group.fields - _wanted(case, it).keys()
            write = to_native(
                _wanted(case, it), cleared, case.map, definitions=terms.definitions, aliases=terms.aliases
            )
            if write.problems:
                waiting.append(_unspelled(write.problems[0]))
                unknown += write.unknown
                continue
            if not write.attributes:  # a mark of ours without a home there
                continue
        fit.append(it)
    return _Spelled(fit, waiting, unknown)


def _uses(case: _Case, merged: Sequence[Merged]) -> list[TermUse]:
    """The source's words that stand in the record copy, or are to: not those of fields in which its people said otherwise."""
    if case.derived is None:
        return []
    said = case.derived.record.fields
    agreed = {name: it.accord.fields for it in merged if it.accord is not None for name in it.group.fields}
    theirs = {name for name, fields in agreed.items() if not same(name, fields.get(name), said.get(name))}
    natives = {case.map.by_field[it].native for it in theirs if it in case.map.by_field}
    return [it for it in case.derived.uses if it.key.attribute not in natives]


def _mended_by(problem: Reason) -> str:
    """Who mends what made no value: tables are the coordinator's, rules the administrator's."""
    return "coordinator" if problem.code is Code.LOOKUP_FAILED else "administrator"


def _unspelled(why: Reason) -> Leave:
    waits_for = "librarian" if why.code is Code.UNKNOWN_TERM else "administrator"
    return Leave(outcome=Outcome.WAITING, reason=why, waits_for=waits_for)


def _writes(case: _Case, merged: Sequence[Merged]) -> tuple[list[Action], list[Leave]]:
    """One write at most, to the record copy alone, which says of every field by which rule it comes to what."""
    only = [replace(it, readings=tuple(one for one in it.readings if one.copy == case.target)) for it in merged]
    writes, unproven = spread(case.ground, only)
    told = [replace(it, reasons=(*it.reasons, *_why(case, it))) for it in writes if it.kind is ActionKind.UPDATE_FIELDS]
    return told, unproven


def _why(case: _Case, action: Action) -> list[Reason]:
    reasons: list[Reason] = []
    for name in sorted({*action.fields, *action.cleared}):
        standing = next(it for it in action.accords if it.group == group_name(name)).copies.get(case.source)
        basis = standing.basis if standing is not None else None
        reasons.append(
            Reason.of(
                Code.DERIVED,
                field=str(name),
                rule=basis.rule if basis is not None else "",
                before=plain(case.record.fields.get(name)),
                after=plain(action.fields.get(name)),
            )
        )
    return reasons


def plain(value: Value | None) -> str:
    """A value as one short text for people; empty where there is none."""
    match value:
        case None:
            return ""
        case LangAlt():
            text = value.default
        case tuple():
            text = "; ".join(value)
        case _:
            text = str(getattr(value, "iso", value))
    return text if len(text) <= SAMPLE else text[: SAMPLE - 1] + "…"


# the work list ----------------------------------------------------------------------------------------------------------


def lacking_facets(fields: Fields, policy: EnrichPolicy) -> tuple[FieldName, ...]:
    """The facet fields that are empty among these."""
    return tuple(it for it in policy.facets if is_absent(fields.get(it)))


def _listed(case: _Case, writes: Sequence[Action]) -> Merged | None:
    """Whether the record copy belongs on the work list once these writes are done. Other words that stand there are its
    people's and stay; and who takes ours out while a facet lacks is not told again until another comes to lack."""
    work_list = case.policy.work_list
    if work_list is None or not case.policy.facets or WORK_LIST not in case.map.reads:
        return None
    if unread_fields(case.record) & {WORK_LIST, *case.policy.facets}:
        return None
    after = dict(case.record.fields)
    for it in writes:
        after = {**{name: one for name, one in after.items() if name not in it.cleared}, **it.fields}
    words: Fields = {WORK_LIST: (work_list.word,)} if lacking_facets(after, case.policy) else {}
    group = case.policy.group(WORK_LIST, Rule.UNION)
    accord = case.accords.get(group.name)
    speaker = replace(case.ground.records.get(case.source, case.record), fields=words, notes=())
    ours = _read(case, case.source, speaker, group, accord)
    theirs = _read(case, case.target, case.record, group, accord)
    if accord is None and not words and not theirs.shown:
        return None  # nothing was ever asked for
    return _as_said(case, merge(_question(case, group, accord, (ours, theirs))))


# the end ----------------------------------------------------------------------------------------------------------------


def _finish(
    case: _Case, merged: Sequence[Merged], writes: Sequence[Action], waiting: Sequence[Leave]
) -> MirrorDecision:
    accords = [it.accord for it in merged if it.accord is not None and it.accord != case.accords.get(it.group.name)]
    entries = [it.conflict for it in merged if it.conflict is not None]
    changed = tuple(it for it in entries if it != case.conflicts.get(it.group))
    first = [agree(case.ground, accords, changed)] if accords or changed else []
    actions = (*first, *writes)
    asked = [Leave(outcome=Outcome.WAITING, reason=it.reason, waits_for="coordinator") for it in entries if live(it)]
    leave = next(iter([*asked, *waiting]), None)
    if leave is None and not actions:
        leave = Leave(outcome=Outcome.UNCHANGED, reason=Reason.of(Code.IN_STEP))
    return MirrorDecision(actions=actions, conflicts=changed, leave=leave)
