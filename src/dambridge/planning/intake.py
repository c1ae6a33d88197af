"""Decide about one asset of flow `intake`: make its record copy, bring it up to date, or leave it, each with a reason.

The decision rests on every copy that was seen and on what all of them last agreed on; which copy is written follows from
the policy's roles, not from an order of sides. Nothing is ever removed by this flow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dambridge.mapping import (
    AccountMap,
    Spoken,
    Vocabularies,
    derive,
    equal,
    unread_fields,
)
from dambridge.mapping.fields import MARK
from dambridge.mapping.uploader import KEYWORDS
from dambridge.model.accords import CONTENT
from dambridge.model.actions import SIDE_CAR, Act, Action, ActionKind, Beside, Decision, Leave
from dambridge.model.identity import AccountId, CopyId, Link, LinkId, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed, AssetRecord, AssetVersion, Missing, Present, Seen, Unread
from dambridge.model.terms import TermUse
from dambridge.model.values import FieldName, Value
from dambridge.planning.inside import goes_inside
from dambridge.policy.intake import IntakePolicy
from dambridge.policy.places import place_for
from dambridge.policy.placing import name_for
from dambridge.ports.capabilities import ArchiveCapabilities, Proof, ReaderCapabilities

CREATE_CALLS = (1, 6)
"""Calls at the source (the original) and at the target (import, read, write, two for placing, read back)."""
UPDATE_CALLS = (0, 3)
VERSION_CALLS = (1, 5)
CONFIRM_CALLS = (1, 0)


def decide_intake(
    *,
    link: Link | None,
    link_id: LinkId,
    agreed: Agreed | None,
    seen: Mapping[CopyId, Seen],
    policy: IntakePolicy,
    source: CopyId,
    target: CopyId,
    maps: Mapping[AccountId, AccountMap],
    can_read: ReaderCapabilities,
    can_archive: ArchiveCapabilities,
    now: datetime,
    terms: Vocabularies | None = None,
    beside: Beside | None = None,
) -> Decision:
    """Say what to do about one selected and approved asset. `now` is what the map's expressions take for the present;
    `terms` are the target's, in which its values are said, as far as they are known; `beside` is a side-car of it that was
    not read with it yet."""
    if (unread := _unread(seen, source)) is not None:
        return unread
    here, there = seen[source], seen[target]
    if isinstance(here, Missing):
        reason = Reason.of(Code.GONE_AT_SOURCE, absence=str(here.absence), evidence=here.evidence)
        return Leave(outcome=Outcome.SKIPPED, reason=reason)
    if not isinstance(here, Present):
        return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.GONE_AT_SOURCE, absence="never seen", evidence=""))
    if link is not None and link.observe_only:
        return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.OBSERVE_ONLY))
    if isinstance(there, Missing):
        reason = Reason.of(Code.TARGET_GONE, absence=str(there.absence), evidence=there.evidence)
        return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="coordinator")
    derived = derive(here.record, maps[target.account], now)
    if derived.problems:
        return _unsettled(derived.problems[0])
    spoken = terms.say(derived.fields, maps[target.account]) if terms is not None else Spoken(derived.fields)
    others = {name: value for name, value in derived.everything.items() if name not in derived.fields}
    record = replace(here.record, fields={**others, **spoken.fields})
    untouched = _untouched(agreed, source, target, record)
    task = _Task(
        link, link_id, policy, source, target, maps[target.account], can_read, can_archive, untouched, record, beside
    )
    brought = isinstance(there, Present)
    decision = (
        _bring_up_to_date(task, there.record, agreed or Agreed()) if isinstance(there, Present) else _create(task, now)
    )
    return _with_words(decision, _uses_of(task, spoken, brought=brought))


def _unsettled(problem: Reason) -> Leave:
    """A rule of the map that could not say what the asset is to have: it alone is held back."""
    if problem.code is Code.LOOKUP_FAILED:
        return Leave(outcome=Outcome.WAITING, reason=problem, waits_for="coordinator")
    return Leave(outcome=Outcome.QUARANTINED, reason=problem, waits_for="administrator")


def _uses_of(task: _Task, spoken: Spoken, *, brought: bool) -> tuple[TermUse, ...]:
    """The words of those fields that this flow brings."""
    natives = {
        place for it in (task.kept if brought else task.written) for place in task.target_map.by_field[it].places
    }
    return tuple(it for it in spoken.uses if it.key.attribute in natives)


def _with_words(decision: Decision, words: tuple[TermUse, ...]) -> Decision:
    match decision:
        case Leave():
            return replace(decision, words=words)
        case Act():
            return replace(decision, actions=tuple(replace(it, words=words) for it in decision.actions))


@dataclass(frozen=True, slots=True)
class _Task:
    """One asset's question, so that the answers below can be short."""

    link: Link | None
    link_id: LinkId
    policy: IntakePolicy
    source: CopyId
    target: CopyId
    target_map: AccountMap
    can_read: ReaderCapabilities
    can_archive: ArchiveCapabilities
    untouched: bool
    """Whether nothing may be written into the file that the target has."""
    record: AssetRecord
    """The source's record, with the values that should stand in the target: its own, and what the map derives from them."""
    beside: Beside | None = None

    @property
    def side_car(self) -> RemoteId | None:
        return self.beside.id if self.beside is not None else None

    @property
    def written(self) -> frozenset[FieldName]:
        """The fields that this flow writes: those with a home in the target, narrowed by the policy."""
        return self.target_map.writes if self.policy.managed is None else self.target_map.writes & self.policy.managed

    @property
    def kept(self) -> frozenset[FieldName]:
        """Those of them that this flow goes on bringing. What is mirrored is brought with a new copy alone: from then on
        people edit it on either side, and another flow decides."""
        return self.written - self.policy.mirrored

    @property
    def brings_bytes(self) -> bool:
        """Whether changed bytes are this flow's to bring, and no other's that keeps the content in step."""
        return CONTENT not in self.policy.mirrored

    @property
    def embeds(self) -> bool:
        """Whether fields reach the target inside the file alone: every edit of them is a new version then."""
        it = self.record
        return goes_inside(self.can_archive, it.media_type, it.file_name, untouched=self.untouched)

    @property
    def reads_files(self) -> bool:
        """Whether the target takes fields of assets of this type out of their files, of those that can be written into."""
        return self.can_archive.embeds(self.record.media_type)

    @property
    def delivers_anyway(self) -> bool:
        """Whether fields that the target is not known to take hold back themselves alone, and not their asset."""
        return self.policy.unproven_fields == "deliver"

    def may_write(self, name: FieldName) -> Proof:
        """How far the target is known to take this field, by its own name there."""
        places, can = self.target_map.by_field[name].places, self.can_archive
        kind = self.record.media_type
        return Proof.weakest(can.may_write(it, kind) if self.embeds else can.may_call(it) for it in places)

    def calls(self, counts: tuple[int, int]) -> dict[str, int]:
        return {self.source.account: counts[0], self.target.account: counts[1]}


def _untouched(agreed: Agreed | None, source: CopyId, target: CopyId, record: AssetRecord) -> bool:
    """Whether the target's file was found to be one that nothing may be written into. Of other bytes nobody knows it yet."""
    if agreed is None or not agreed.untouched(target):
        return False
    before = agreed.versions.get(str(source))
    return before is not None and before.content == record.version.content


def _unread(seen: Mapping[CopyId, Seen], source: CopyId) -> Leave | None:
    """Not seen is not the same as deleted: whoever could not be read is waited for."""
    for copy, it in sorted(seen.items()):
        if isinstance(it, Unread):
            code = Code.SOURCE_UNREAD if copy == source else Code.TARGET_UNREAD
            reason = Reason.of(code, copy=str(copy), text=str(dict(it.reason.params).get("text", it.reason.code)))
            return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="system")
    return None


def _create(task: _Task, now: datetime) -> Decision:
    record = task.record
    wanted = [name for name in sorted(record.fields) if name in task.written]
    filing = ("place in folders",) if task.policy.arrival == "berth" else ()
    # Inside a file our marks travel where the site reads them, and are left out where it does not
    marks = [
        it.field for it in task.target_map.rules if it.write and it.field.startswith(MARK) and not task.reads_files
    ]
    blocked = _unproven(task, "download originals", "take files", *filing)
    if blocked is None and not task.delivers_anyway:
        blocked = _unproven(task, "write attributes") or _unwritable(task, [*wanted, *marks])
    if blocked is not None:
        return blocked
    held = tuple(it for it in wanted if not task.may_write(it).usable)
    policy = task.policy
    place = place_for(record, policy.places, policy.folder, selects=policy.names(record), now=now)
    if isinstance(place, Reason):
        who = "administrator" if place.code is Code.EXPRESSION_ERROR else "coordinator"
        return Leave(outcome=Outcome.QUARANTINED, reason=place, waits_for=who)
    action = Action(
        kind=ActionKind.CREATE,
        link=task.link_id,
        source=record.key,
        target=task.target,
        target_id=None,
        fields={name: record.fields[name] for name in wanted if name not in held},
        cleared=_left_empty(task),
        expects={str(task.source): record.version},
        reasons=(Reason.of(Code.CREATED, folder=place.folder, evidence="planned"),),
        folder=place.folder,
        file_name=place.file_name,
        name=name_for(record),
        media_type=str(record.media_type),
        size=record.size or 0,
        calls=task.calls(CREATE_CALLS),
        held=held,
        side_car=task.side_car,
    )
    return Act(actions=(action,))


def _left_empty(task: _Task) -> tuple[FieldName, ...]:
    """Keywords that were the uploader's word alone: the file has it too, and must not bring it back (hazard P34)."""
    taken = any(it.code is Code.UPLOADER_WORD for it in task.record.notes)
    return (KEYWORDS,) if taken and KEYWORDS in task.written and KEYWORDS not in task.record.fields else ()


def _unproven(task: _Task, *needs: str) -> Leave | None:
    """What the accounts are not known to be able to do for this media type makes the asset wait."""
    media_type = task.record.media_type
    cells = {
        "download originals": task.can_read.originals.get(media_type, Proof.UNPROVEN),
        "take files": task.can_archive.deliver.get(media_type, Proof.UNPROVEN),
        "write attributes": task.can_archive.may_write_any(media_type),
        "place in folders": task.can_archive.folders,
        "add versions": task.can_archive.versions,
    }
    for what in needs:
        if not (proof := cells[what]).usable:
            reason = Reason.of(Code.CAPABILITY_UNPROVEN, what=what, media_type=str(media_type), proof=str(proof))
            return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="administrator")
    return None


def _beyond_embedding(task: _Task, what: str) -> Leave:
    """What no file can carry, or no file of this kind, waits for another route."""
    media_type = str(task.record.media_type)
    reason = Reason.of(Code.CAPABILITY_UNPROVEN, what=what, media_type=media_type, proof=str(Proof.ABSENT))
    return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="administrator")


def _unwritable(task: _Task, names: Sequence[FieldName]) -> Leave | None:
    """The first of these fields that this account is not known to take makes the asset wait, by the account's own name."""
    for name in names:
        if not (proof := task.may_write(name)).usable:
            if task.reads_files and not task.embeds:
                which = "this file" if task.untouched else "files of this kind"
                return _beyond_embedding(task, f"have fields written into {which}")
            native = task.target_map.by_field[name].native
            reason = Reason.of(
                Code.CAPABILITY_UNPROVEN,
                what=f"write the attribute {native}",
                field=str(name),
                media_type=str(task.record.media_type),
                proof=str(proof),
            )
            return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="administrator")
    return None


@dataclass(frozen=True, slots=True)
class _Changes:
    """Three ways per field: what to have, what to be without, and what is left to the target's people.

    What both sides have come to by themselves is among the first two in the target's own spelling: nothing is written
    then, but agreed on. `blocked` are those that changed and that the target is not known to take: what it shows of
    them, equal or not, says nothing. `explains` says whether a changed field accounts for the moved version."""

    fields: Mapping[FieldName, Value]
    cleared: tuple[FieldName, ...]
    kept: tuple[str, ...]
    blocked: tuple[FieldName, ...]
    explains: bool

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({*self.fields, *self.cleared}))


def _bring_up_to_date(task: _Task, there: AssetRecord, agreed: Agreed) -> Decision:
    changes = _changes(task, there, agreed)
    if not task.delivers_anyway and (held := _unwritable(task, changes.blocked)) is not None:
        return held
    decision = _with_changes(task, there, agreed, changes)
    return _but_for(changes.blocked, decision) if changes.blocked else decision


def _but_for(held: tuple[FieldName, ...], decision: Decision) -> Decision:
    """What is done about everything else; the asset waits for these fields all the same."""
    match decision:
        case Act():
            return Act(actions=tuple(replace(it, held=held) for it in decision.actions))
        case Leave(outcome=Outcome.UNCHANGED):
            reason = Reason.of(Code.FIELDS_WAIT, fields=tuple(map(str, held)))
            return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="administrator")
        case Leave():
            return decision


def _with_changes(task: _Task, there: AssetRecord, agreed: Agreed, changes: _Changes) -> Decision:
    before, now = agreed.versions.get(str(task.source)), task.record.version
    for name in changes.cleared if task.embeds else ():
        if name in there.fields:
            return _beyond_embedding(task, f"empty the attribute {task.target_map.by_field[name].native}")
    if before == now and task.beside is None:
        return _outstanding(task, there, agreed, changes)
    if before is not None and before.content != now.content and task.brings_bytes:
        return _version(task, there, changes, agreed)
    if task.beside is None and not task.brings_bytes:
        return _outstanding(task, there, agreed, changes)
    if task.beside is not None:
        return _unproven(task, "download originals") or _act(task, there, ActionKind.CONFIRM_BYTES, changes, agreed)
    explained = changes.explains and before is not None and before.fields != now.fields
    unsure = task.policy.rehash == "always" or (task.policy.rehash == "unexplained" and not explained)
    if before is not None and unsure:
        held = _unproven(task, "download originals")
        return held or _act(task, there, ActionKind.CONFIRM_BYTES, changes, agreed)
    return _outstanding(task, there, agreed, changes)


def _version(task: _Task, there: AssetRecord, changes: _Changes, agreed: Agreed) -> Decision:
    needs = ("download originals", "take files", "write attributes", "add versions")
    return _unproven(task, *needs) or _act(task, there, ActionKind.ADD_VERSION, changes, agreed)


def _outstanding(task: _Task, there: AssetRecord, agreed: Agreed, changes: _Changes) -> Decision:
    """Fields alone. Where the source has not moved they are edits that were left to the target's people, who have since
    put the agreed value back: nobody's edit stands against the source's any more. A mirrored field that explains why the
    source moved is written by nobody here, and the new version is agreed on all the same: bytes that change later must
    not be taken for the same edit."""
    if changes.names and task.embeds and _needs_a_file(task, there, changes, agreed):
        return _version(task, there, changes, agreed)
    moved = agreed.versions.get(str(task.source)) != task.record.version
    if changes.names or (moved and _mirrored_moved(task, agreed)):
        return _act(task, there, ActionKind.UPDATE_FIELDS, changes, agreed)
    if changes.kept:
        return Leave(outcome=Outcome.UNCHANGED, reason=Reason.of(Code.TARGET_EDITED, fields=changes.kept))
    return Leave(outcome=Outcome.UNCHANGED, reason=Reason.of(Code.IN_STEP))


def _needs_a_file(task: _Task, there: AssetRecord, changes: _Changes, agreed: Agreed) -> bool:
    """Whether a field has still to be brought, or a file that may have brought it has still to be agreed on."""
    was = agreed.versions.get(str(task.target))
    moved = was is not None and was.content != there.version.content
    return moved or any(not _same(name, value, there.fields.get(name)) for name, value in changes.fields.items())


def _changes(task: _Task, there: AssetRecord, agreed: Agreed) -> _Changes:
    fields: dict[FieldName, Value] = {}
    cleared: list[FieldName] = []
    kept: list[str] = []
    blocked: list[FieldName] = []
    for name in sorted(task.kept - unread_fields(task.record)):
        ours, was = task.record.fields.get(name), agreed.fields.get(name)
        if _same(name, ours, was):
            continue
        if not task.may_write(name).usable:
            blocked.append(name)
            continue
        theirs = there.fields.get(name)
        alike = _same(name, ours, theirs)
        if (
            not alike
            and task.policy.target_edits == "keep_target"
            and not _same(name, theirs, agreed.filled.get(name, was))
        ):
            kept.append(str(name))
            continue
        wanted = theirs if alike else ours
        if wanted is None:
            cleared.append(name)
        else:
            fields[name] = wanted
    explains = bool(fields or cleared or kept) or _mirrored_moved(task, agreed)
    return _Changes(fields, tuple(cleared), tuple(kept), tuple(blocked), explains=explains)


def _mirrored_moved(task: _Task, agreed: Agreed) -> bool:
    """Whether the source shows another value than this flow brought, of a field that another flow keeps in step."""
    names = (task.written & task.policy.mirrored) - unread_fields(task.record)
    return any(not _same(name, task.record.fields.get(name), agreed.fields.get(name)) for name in names)


def _beside(task: _Task) -> dict[str, AssetVersion]:
    """Another side-car, or one that was edited, makes another action."""
    return {f"{task.source}{SIDE_CAR}": task.beside.version} if task.beside is not None else {}


def _same(name: FieldName, one: Value | None, other: Value | None) -> bool:
    if one is None or other is None:
        return one is None and other is None
    return equal(name, one, other)


def _act(task: _Task, there: AssetRecord, kind: ActionKind, changes: _Changes, agreed: Agreed) -> Act:
    match kind:
        case ActionKind.ADD_VERSION:
            calls, reason = VERSION_CALLS, Reason.of(Code.VERSION_ADDED, evidence="planned")
        case ActionKind.CONFIRM_BYTES:
            again = VERSION_CALLS[1] if task.embeds else UPDATE_CALLS[1]
            calls = (CONFIRM_CALLS[0], again if changes.names else CONFIRM_CALLS[1])
            reason = Reason.of(Code.BYTES_CONFIRMED)
        case _ if not changes.names:
            calls, reason = UPDATE_CALLS, Reason.of(Code.IN_STEP)
        case _:
            calls, reason = UPDATE_CALLS, Reason.of(Code.FIELDS_UPDATED, fields=changes.names)
    edited = (Reason.of(Code.TARGET_EDITED, fields=changes.kept),) if changes.kept else ()
    titled_before = replace(task.record, fields={**agreed.filled, **agreed.fields})
    retitled = FieldName("title") in changes.fields and there.name == name_for(titled_before)
    action = Action(
        kind=kind,
        link=task.link_id,
        source=task.record.key,
        target=task.target,
        target_id=there.key.remote_id,
        fields=dict(changes.fields),
        cleared=changes.cleared,
        expects={str(task.source): task.record.version, str(task.target): there.version, **_beside(task)},
        reasons=(reason, *edited),
        file_name=there.file_name,
        name=name_for(task.record) if retitled else "",
        media_type=str(task.record.media_type),
        size=0 if kind is ActionKind.UPDATE_FIELDS else task.record.size or 0,
        calls=task.calls(calls),
        untouched=task.untouched,
        side_car=task.side_car,
        turn=agreed.turn,
    )
    return Act(actions=(action,))
