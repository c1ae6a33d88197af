"""Fields of one copy that is behind: asked for on record, rechecked, only what differs written, read back, settled.

What stands to be written over is looked at last thing before the write; a version other than the plan's means that somebody
was here, and nothing is written. What is read back says how the copy stands from now on: as asked, cut or altered by its
system, or edited by somebody in that very moment.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dambridge.engine.carrying import move
from dambridge.engine.delivery.describing import NotWritable, still_to_write
from dambridge.engine.ended import Ended
from dambridge.engine.mirroring.carrying import carry_of
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.reading import native_of
from dambridge.engine.mirroring.settling import End
from dambridge.engine.sites import Site
from dambridge.engine.steps import Step, StepJournal
from dambridge.mapping import equal, is_absent, same, to_canonical, to_native
from dambridge.model.accords import FILE_NAME, Accord, GroupName, Standing
from dambridge.model.actions import Action
from dambridge.model.identity import CopyId, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, NativeRecord
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt, Value, fields_to_json
from dambridge.planning.inside import goes_inside, may_call
from dambridge.planning.views import alike, carried, echoes, part, view_of
from dambridge.ports.capabilities import Proof
from dambridge.ports.errors import MovedOn, Unclear
from dambridge.ports.ledger import WorkStage


@dataclass(frozen=True, slots=True)
class Task:
    """One action on one copy, with what the ledger says of its link now."""

    parts: MirrorParts
    action: Action
    site: Site
    accords: Mapping[GroupName, Accord]
    now: datetime
    """When the work on it began: not later than anything that it reads."""
    asked_at: datetime | None = None
    """When its write was last asked for on record: before anything was sent."""

    @property
    def copy(self) -> CopyId:
        return self.action.target

    @property
    def written_at(self) -> datetime:
        """Not later than the write."""
        return self.asked_at or self.now

    @property
    def remote_id(self) -> RemoteId:
        if self.action.target_id is None:
            raise MovedOn("The plan names no asset to write to; it is planned again.")
        return self.action.target_id

    @property
    def groups(self) -> Sequence[GroupName]:
        """The groups that the action carries to the copy."""
        return [it.group for it in self.action.accords]

    def is_as_decided(self, record: AssetRecord) -> bool:
        """Whether the copy is at the version that the decision rests on, or at one that our own last write to it made."""
        known = {self.action.expects.get(str(self.copy))}
        known |= {self.accords[it].copies[self.copy].version for it in self.groups}
        return record.version in known

    def standing(self, group: GroupName) -> Standing:
        return self.accords[group].copies[self.copy]

    def wanted(self, group: GroupName) -> Fields:
        """The values of the group that the copy is to stand for: what is agreed, or what a person gave back to it."""
        planned = next(it for it in self.action.accords if it.group == group)
        return planned.copies[self.copy].fields

    def showing(self, group: GroupName) -> Fields:
        """The same as the copy's account will show them, in its own terms."""
        planned = next(it for it in self.action.accords if it.group == group)
        return planned.copies[self.copy].shown

    def carried(self, group: GroupName) -> frozenset[FieldName]:
        """The fields of the group that this copy shows."""
        known = next((it for it in self.parts.policy.groups if it.name == group), None)
        return carried(known, self.site.map) if known is not None else frozenset()

    def view(self, native: NativeRecord) -> tuple[AssetRecord, Fields]:
        record = to_canonical(native, self.site.map)
        return record, view_of(self.copy, record)

    def with_accords(self, accords: Iterable[Accord]) -> Task:
        return replace(self, accords={**self.accords, **{it.group: it for it in accords}})


async def task_of(parts: MirrorParts, action: Action) -> Task:
    """Raises `MovedOn` where the copies have come to agree on something else since the action was planned."""
    accords = (await parts.ledger.accords([action.link])).get(action.link, {})
    for planned in action.accords:
        now = accords.get(planned.group)
        if now is None or now.fields != planned.fields or action.target not in now.copies:
            raise MovedOn(f"What the copies of {action.link} agree on has changed; it is planned again.")
    return Task(parts, action, parts.sites[action.target.account], accords, await parts.clock.now())


async def update_copy(parts: MirrorParts, action: Action, journal: StepJournal) -> End:
    """Bring the fields of one copy to what is agreed. Ends unchanged where they had come to say it already."""
    task = await task_of(parts, action)
    can = task.site.archive.capabilities
    if goes_inside(can, action.media_type, action.file_name, untouched=action.untouched):
        raise _beyond(task, "write fields other than inside a file")
    begun = journal.intent(Step.DESCRIBE) is not None
    wrote = journal.outcome(Step.DESCRIBE) is not None
    if not wrote or await is_overdue(task, journal, Step.DESCRIBE):
        earlier = task
        task = await ask(task, journal, Step.DESCRIBE, {"fields": sorted(_names(action))}, task.groups)
        native = await native_of(task.site, task.remote_id)
        record, view = task.view(native)
        if not task.is_as_decided(record):
            return _met_otherwise(task, record, view, earlier=None if begun else earlier)
        if len(waiting := _awaited(task, view)) == len(task.groups):
            return _not_shown_yet(task, waiting)
        if not await _write(task, journal, native, but=waiting):
            return _read_back(task, native, before=None, wrote=False)
        return _read_back(task, await native_of(task.site, task.remote_id), before=view, wrote=True)
    task = replace(task, asked_at=journal.begun_at(Step.DESCRIBE))
    return _read_back(task, await native_of(task.site, task.remote_id), before=None, wrote=True)


def _names(action: Action) -> set[FieldName]:
    return {*action.fields, *action.cleared}


def _beyond(task: Task, what: str) -> NotWritable:
    return NotWritable(
        Reason.of(Code.CAPABILITY_UNPROVEN, what=what, media_type=task.action.media_type, proof="absent")
    )


async def ask(
    task: Task, journal: StepJournal, step: Step, intent: Mapping[str, Any], groups: Iterable[GroupName]
) -> Task:
    """Put on record, durably and in one, that these groups are about to be written to the copy."""
    asked = [task.accords[it].asking(task.copy, task.showing(it)) for it in groups]
    kept = await journal.ask(step, intent, asked)
    return replace(task.with_accords(kept), asked_at=journal.begun_at(step))


async def is_overdue(task: Task, journal: StepJournal, step: Step) -> bool:
    """Whether a write that was acknowledged has not been seen for so long that it can be believed to be lost."""
    since = journal.begun_at(step)
    return since is not None and await task.parts.clock.now() > since + patience_of(task)


def patience_of(task: Task) -> timedelta:
    """How long what was written may stay unseen."""
    deferred = task.site.archive.capabilities.deferred_writes.usable
    return task.parts.settings.deferred_for if deferred else task.parts.policy.stale_for


def _met_otherwise(task: Task, record: AssetRecord, view: Fields, *, earlier: Task | None) -> End:
    """The copy is not what the plan expects. What it shows of our own asking is settled as our own; nothing is written.

    `earlier` is the task as it was before anything of this action was asked for, None where it may have been sent before."""
    begun = earlier is None
    ours = [it for it in task.groups if shows(task, it, view)]
    settled = [stands_as_agreed(task.accords[it], task, record, view) for it in ours]
    rest = {it: task.accords[it] for it in task.groups if it not in ours}
    if (
        earlier is not None
    ):  # nothing of this action can be on its way; of one before it that had no answer it still may
        rest = {it: unasked(accord, task.copy, earlier.standing(it)) for it, accord in rest.items()}
        settled += rest.values()
    moved = others_moved(task.with_accords(rest.values()), record, view, but=ours)
    settled = [*(it for it in settled if it.group not in {one.group for one in moved}), *moved]
    if len(ours) == len(task.groups):
        reason = Reason.of(Code.FIELDS_UPDATED, fields=tuple(sorted(_names(task.action))))
        ended = Ended(Outcome.DONE, reason) if begun else Ended(Outcome.UNCHANGED, Reason.of(Code.IN_STEP))
        return End(ended=ended, accords=tuple(settled), audit=_told(task, None, view) if begun else {})
    reason = Reason.of(Code.MOVED_ON, text=f"{record.key} was edited after the plan was made; nothing was written.")
    ended = Ended(Outcome.WAITING, reason, waits_for="next run")
    return End(ended=ended, stage=WorkStage.LEFT, accords=tuple(settled))


def _awaited(task: Task, view: Fields) -> list[GroupName]:
    """Groups whose values the system has taken and does not show yet: they are not written again."""
    if not task.site.archive.capabilities.deferred_writes.usable:
        return []
    return [it for it in task.groups if task.standing(it).awaits(task.showing(it)) and not shows(task, it, view)]


def _not_shown_yet(task: Task, waiting: Sequence[GroupName], view: Fields | None = None) -> End:
    """Waits for the system, as long as it can be believed to be at it; then a person is told, and nothing is written again."""
    name = min(task.carried(waiting[0]) & _names(task.action))
    since = min(task.standing(it).awaits(task.showing(it)) or task.now for it in waiting)
    late = task.now > since + task.parts.settings.deferred_for
    found = _text((view or task.standing(waiting[0]).shown).get(name))
    told = Reason.of(
        Code.VALUE_ALTERED, field=name, wanted=_text(task.action.fields.get(name))[:120], found=found[:120]
    )
    if late:
        ended = Ended(Outcome.QUARANTINED, told, waits_for="coordinator")
    else:
        ended = Ended(Outcome.WAITING, Reason.of(Code.WRITE_DEFERRED, field=name), waits_for="system")
    accords = [task.accords[it] for it in waiting]
    return End(ended=ended, stage=WorkStage.LEFT, accords=tuple(accords))


async def _write(task: Task, journal: StepJournal, native: NativeRecord, *, but: Iterable[GroupName] = ()) -> bool:
    """Write what is not yet as wanted; False where all of it is. Groups in `but` are on their way already."""
    action = task.action
    left = {name for it in but for name in task.carried(it)}
    wanted = {name: value for name, value in action.fields.items() if name not in {FILE_NAME, *left}}
    shown = await task.site.definitions()
    known = None if shown is None else {it.name: (it.kind, it.terms) for it in shown}
    cleared = [it for it in action.cleared if it not in left]
    beside = to_canonical(native, task.site.map).fields
    aliases = await task.parts.aliases(task.site)
    write = to_native(wanted, cleared, task.site.map, definitions=known, aliases=aliases, beside=beside)
    if write.problems:
        raise NotWritable(write.problems[0])
    carry = carry_of(task.parts.policy, task.site, action, native, but=left)
    attributes = {**still_to_write(native, write), **carry.fields}
    name = action.fields.get(FILE_NAME)
    file_name = str(name) if name is not None and name != native.file_name else None
    if attributes or file_name is not None:
        await task.site.archive.write(
            task.remote_id, attributes=attributes, name=None, file_name=file_name, lane=task.parts.lane
        )
    await move(task.site, task.remote_id, carry, lane=task.parts.lane)
    await journal.close(Step.DESCRIBE, {"attributes": len(attributes), "renamed": file_name is not None})
    return bool(attributes or file_name is not None or carry.changes)


def _read_back(task: Task, native: NativeRecord, *, before: Fields | None, wrote: bool) -> End:
    record, view = task.view(native)
    if wrote and task.site.archive.capabilities.deferred_writes.usable and (late := _unseen(task, view)):
        taken = [taken_since(task.accords[it], task) for it in late]
        return _not_shown_yet(task.with_accords(taken), late)
    if wrote and task.is_as_decided(record):
        raise Unclear(f"{record.key} was written and still shows what it was; it is looked at again.")
    settled: list[Accord] = []
    altered: Reason | None = None
    edited = False
    for group in task.groups:
        accord = task.accords[group]
        if not shows(task, group, view):
            differs = _difference(task, group, record, view)
            if differs is None:
                edited = True
                settled += [written_over(accord, task)] if wrote else []
                continue
            altered = altered or differs
        settled.append(stands_as_agreed(accord, task, record, view))
    settled += others_moved(task, record, view, but=task.groups)
    audit = _told(task, before, view) if wrote else {}
    return End(
        ended=_ending(task, record, altered=altered, edited=edited, wrote=wrote),
        stage=WorkStage.LEFT if edited else WorkStage.DONE,
        accords=tuple(settled),
        audit=audit,
    )


def _unseen(task: Task, view: Fields) -> list[GroupName]:
    """Groups of which a field shows what it did, in a system that takes writes now and shows them later."""
    late: list[GroupName] = []
    for group in task.groups:
        shown, wanted = task.standing(group).shown, task.showing(group)
        names = task.carried(group) & _names(task.action)
        if any(same(it, view.get(it), shown.get(it)) and not same(it, wanted.get(it), shown.get(it)) for it in names):
            late.append(group)
    return late


def _ending(task: Task, record: AssetRecord, *, altered: Reason | None, edited: bool, wrote: bool) -> Ended:
    if altered is not None:
        return Ended(Outcome.QUARANTINED, altered, waits_for="coordinator")
    if edited:
        text = f"{record.key} was edited while it was written; it is looked at again."
        return Ended(Outcome.WAITING, Reason.of(Code.MOVED_ON, text=text), waits_for="next run")
    if not wrote:
        return Ended(Outcome.UNCHANGED, Reason.of(Code.IN_STEP))
    return Ended(Outcome.DONE, Reason.of(Code.FIELDS_UPDATED, fields=tuple(sorted(_names(task.action)))))


# what a copy shows, and how it stands then ------------------------------------------------------------------------------


def shows(task: Task, group: GroupName, view: Fields) -> bool:
    """Whether the copy shows what is agreed, perhaps cut by a limit of its system."""
    names, wanted, told = task.carried(group), task.showing(group), task.site.map.told
    if told is not None and told.field in names:
        shown = told.shown(wanted.get(told.field))
        wanted = {name: it for name, it in {**wanted, told.field: shown}.items() if it is not None}
    return echoes(part(view, names), wanted, names)


def stands_as_agreed(accord: Accord, task: Task, record: AssetRecord, view: Fields) -> Accord:
    """The copy stands for what is agreed, whatever it shows of it."""
    names = task.carried(accord.group)
    old = accord.copies[task.copy].moved_to(record.version, at=task.now)
    shown = {name: value for name, value in part(view, names).items() if not is_absent(value)}
    new = replace(old, fields=task.wanted(accord.group), shown=shown, asked=(), overruled=None, turn=old.turn + 1)
    return accord.with_copy(task.copy, new)


def written_over(accord: Accord, task: Task) -> Accord:
    """Our write arrived and somebody edited after it. The copy stands for what is agreed, at a version that nobody has seen:
    so the edit is one made on top of it, even where it puts back what was there before, and the old version is the past."""
    old = accord.copies[task.copy]
    unseen = replace(old.version, modified="", fields="")
    wanted, showing = task.wanted(accord.group), task.showing(accord.group)
    shown = {name: value for name, value in part(showing, task.carried(accord.group)).items() if not is_absent(value)}
    new = replace(old.moved_to(unseen, at=task.written_at), fields=wanted, shown=shown, asked=(), overruled=None)
    return accord.with_copy(task.copy, new)


def taken_since(accord: Accord, task: Task) -> Accord:
    """What was asked for was taken and is not shown: it is waited for since it was asked for first."""
    standing, wanted = accord.copies[task.copy], task.showing(accord.group)
    since = standing.awaits(wanted) or task.written_at
    return accord.with_copy(task.copy, replace(standing, taken=(wanted, since)))


def unasked(accord: Accord, copy: CopyId, earlier: Standing) -> Accord:
    """What was asked for of the copy before, and nothing since."""
    return accord.with_copy(copy, replace(accord.copies[copy], asked=earlier.asked))


def others_moved(task: Task, record: AssetRecord, view: Fields, *, but: Iterable[GroupName]) -> list[Accord]:
    """The copy's other groups: those that show what they did, or what was decided against, are known at the new version; an
    edit is left to be seen."""
    moved: list[Accord] = []
    for group in sorted(set(task.accords) - set(but)):
        accord = task.accords[group]
        standing = accord.copies.get(task.copy)
        names = task.carried(group)
        if standing is None or not names:
            continue
        if standing.version == record.version:
            continue
        new = standing.moved_to(record.version, at=task.now)
        if standing.overruled is not None and alike(view, standing.overruled[0], names):
            new = replace(new, overruled=(standing.overruled[0], record.version))
        elif not echoes(part(view, names), standing.shown, names):
            continue
        moved.append(accord.with_copy(task.copy, new))
    return moved


def _difference(task: Task, group: GroupName, record: AssetRecord, view: Fields) -> Reason | None:
    """What the system made of a value of ours, or None where somebody edited after our write, told by content alone.

    Only respelled it is the system's doing. Of an account that is proven to keep what is written to a field anything else
    is an edit. Of others nobody knows whether a value that is missing, shortened or as it was before was dropped or taken
    back: that is told to a person, spread nowhere and never written over."""
    found: Reason | None = None
    for name in sorted(task.carried(group)):
        wanted, shown = task.showing(group).get(name), view.get(name)
        if equal(name, wanted, shown) or equal(name, shown, wanted):
            continue
        if name not in _names(task.action) or not (
            _is_respelled(shown, wanted) or _may_be_dropped(task, group, record, name, shown)
        ):
            return None  # what was not written can only have been edited
        found = found or Reason.of(Code.VALUE_ALTERED, field=name, wanted=_text(wanted)[:120], found=_text(shown)[:120])
    return found


def _is_respelled(shown: Value | None, wanted: Value | None) -> bool:
    """Whether a system may have made the one of the other: with other letters' case, spaces and signs alone."""
    return bool(_bare(shown)) and _bare(shown) == _bare(wanted)


def _may_be_dropped(task: Task, group: GroupName, record: AssetRecord, name: FieldName, shown: Value | None) -> bool:
    """Whether the account is not proven to keep the field, and shows of it nothing, what it did, or the beginning."""
    can = task.site.archive.capabilities
    native = task.site.map.by_field[name].native if name in task.site.map.by_field else ""
    proof = can.rename if name == FILE_NAME else may_call(can, native, record, untouched=task.action.untouched)
    before, wanted = task.accords[group].copies[task.copy].shown.get(name), task.showing(group).get(name)
    kept = is_absent(shown) or same(name, shown, before) or _bare(wanted).startswith(_bare(shown))
    return proof is not Proof.PROVEN and kept


def _bare(value: Value | None) -> str:
    folded = unicodedata.normalize("NFKD", _text(value)).casefold()
    return "".join(it for it in folded if it.isalnum())


def _text(value: Value | None) -> str:
    match value:
        case None:
            return ""
        case LangAlt():
            return value.default
        case DateValue():
            return value.iso
        case tuple():
            return "; ".join(sorted(value))
    return str(value)


def _told(task: Task, before: Fields | None, after: Fields) -> dict[str, Any]:
    names = _names(task.action)
    return {
        "from": fields_to_json(part(before, names)) if before is not None else None,
        "to": fields_to_json(task.action.fields),
        "cleared": sorted(task.action.cleared),
        "read_back": fields_to_json(part(after, names)),
        **({"why": [it.to_json() for it in task.action.reasons[1:]]} if len(task.action.reasons) > 1 else {}),
    }
