"""Fields of an outlet's copy: what its file did not bring is written, all is read back, what is shown of it is noted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dambridge.engine.delivery.describing import NotWritable, still_to_write
from dambridge.engine.publishing.tasks import Task
from dambridge.engine.steps import Step, StepJournal
from dambridge.mapping import Aliases, NativeWrite, to_canonical, to_native
from dambridge.mapping.terms import NO_ALIASES
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import NativeRecord
from dambridge.model.values import Fields
from dambridge.ports.errors import MovedOn, Unclear


@dataclass(frozen=True, slots=True)
class Described:
    """What was to be said, what the account shows of it, and the copy as it was read back."""

    fields: Fields
    shown: Fields
    native: NativeRecord


async def describe(
    task: Task, journal: StepJournal, native: NativeRecord, *, file_name: str = "", all_of_it: bool = False
) -> Described:
    """Write what the copy does not show yet of the action's fields, in one call for each part of it; moves no bytes.

    What the account is not known to take stands in the file alone; where `all_of_it` is to be written that is told, by
    `NotWritable`."""
    write, can, kind = await _spelled(task, native), task.site.archive.capabilities, native.media_type
    lacking = still_to_write(native, write)
    attributes = {name: values for name, values in lacking.items() if can.may_write(name, kind).usable}
    if all_of_it and (beyond := sorted(lacking.keys() - attributes.keys())):
        what = f"writing {beyond[0]}"
        raise NotWritable(Reason.of(Code.CAPABILITY_UNPROVEN, what=what, media_type=str(kind), proof="unproven"))
    renamed = file_name if file_name and file_name != native.file_name else None
    if attributes or renamed:

        async def work() -> Mapping[str, object]:
            await task.site.archive.write(
                native.key.remote_id, attributes=attributes, name=None, file_name=renamed, lane=task.lane
            )
            return {"attributes": len(attributes)}

        await journal.run(Step.DESCRIBE, {"attributes": sorted(attributes), "file_name": renamed}, work)
        was, native = native, await task.site.there(native.key.remote_id)
        _moved(was, native, attributes, renamed)
    shown = to_canonical(native, task.site.map).fields
    known = task.publication
    before = {
        name: it for name, it in (known.fields.items() if known is not None else ()) if name not in task.action.cleared
    }
    fields = {**before, **task.action.fields}
    seen = {
        **(known.shown if known is not None else {}),
        **{name: shown[name] for name in task.action.fields if name in shown},
    }
    return Described(fields, {name: seen[name] for name in fields if name in seen}, native)


def _moved(before: NativeRecord, now: NativeRecord, written: Mapping[str, object], renamed: str | None) -> None:
    """A copy that shows of all that was written what it showed before has not been seen since."""
    same = [name for name in written if now.fields.get(name) == before.fields.get(name)]
    if len(same) == len(written) and (renamed is None or now.file_name == before.file_name):
        raise Unclear(f"{now.key} was written and still shows what it was; it is looked at again.")


async def _spelled(task: Task, native: NativeRecord) -> NativeWrite:
    """The account's own words. Raises `NotWritable` rather than leave anything out."""
    site, action = task.site, task.action
    await site.definitions()
    homes = site.map.writes
    fields = {name: it for name, it in action.fields.items() if name in homes}
    cleared = [it for it in action.cleared if it in homes]
    beside = to_canonical(native, site.map).fields
    aliases: Aliases = site.aliases or NO_ALIASES
    write = to_native(fields, cleared, site.map, definitions=site.vocabularies, aliases=aliases, beside=beside)
    if write.problems:
        raise NotWritable(write.problems[0], write.unknown)
    return write


def recheck(task: Task, journal: StepJournal, native: NativeRecord) -> None:
    """Raise `MovedOn` where somebody edited the copy after the decision, unless an earlier try of ours made it so."""
    expected = task.action.expects.get(str(task.action.target))
    if expected is None or journal.intent(Step.DESCRIBE) is not None or journal.intent(Step.VERSION) is not None:
        return
    found = to_canonical(native, task.site.map).version
    # Being put into a gallery or taken out of one may move the modified time, and is no edit of what is written here
    if replace(found, modified=expected.modified) != expected:
        raise MovedOn(f"{native.key} was edited after it was planned; nothing was written. It is planned again.")
