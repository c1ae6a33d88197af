"""Replace and update: another file for what is shown, as a version of the same asset or as a new one; fields alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dambridge.engine.mirroring.bringing import holds
from dambridge.engine.publishing.describing import describe, recheck
from dambridge.engine.publishing.ending import End, done, unchanged
from dambridge.engine.publishing.showing import ask_again, show
from dambridge.engine.publishing.staging import OutgoingFile, stage
from dambridge.engine.publishing.tasks import Task, turned
from dambridge.engine.publishing.withdrawing import leave_former
from dambridge.engine.steps import Step, StepJournal
from dambridge.model.identity import RemoteId
from dambridge.model.publications import Stage
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord
from dambridge.ports.errors import Unclear


async def bring_version(task: Task, journal: StepJournal, master: AssetRecord) -> End:
    """The new file under the same id, its links kept."""
    known = task.known()
    native = await task.site.there(_file(task))
    recheck(task, journal, native)
    async with OutgoingFile(task, master).bytes() as (body, facts):
        digest = facts.digest
        begun = journal.intent(Step.VERSION) is not None
        if not begun or not await holds(task.site, native, digest):
            await ask_again(task)
            task = await task.put(replace(known, doing=str(task.action.kind)))

            async def work() -> Mapping[str, object]:
                await task.site.archive.add_version(
                    native.key.remote_id, body, file_name=native.file_name, lane=task.lane
                )
                return {"sha256": digest.sha256}

            await journal.run(Step.VERSION, {"sha256": digest.sha256}, work)
    native = await task.site.there(native.key.remote_id)
    if not await holds(task.site, native, digest):
        raise Unclear(f"{native.key} does not hold the new file yet; it is looked at again.")
    described = await describe(task, journal, native)
    it = turned(task.known(), known.stage, await task.now())
    it = replace(it, fields=described.fields, shown=described.shown, master=task.outward.master, sha256=digest.sha256)
    it = replace(it, until=task.outward.until, kit=task.outward.kit)
    return done(task.action.reasons[0], it, bytes_moved=digest.size)


async def swap(task: Task, journal: StepJournal, master: AssetRecord) -> End:
    """A new file beside the old one, which goes once the new one is shown. Its id and links change, which the reason says."""
    task = await stage(task, journal, master)
    task = await show(task, journal)
    task = await leave_former(task, journal)
    return done(
        task.action.reasons[0], turned(task.known(), Stage.VISIBLE, await task.now()), bytes_moved=master.size or 0
    )


async def update_fields(task: Task, journal: StepJournal) -> End:
    """The fields that differ, and no bytes."""
    known = task.known()
    native = await task.site.there(_file(task))
    recheck(task, journal, native)
    await ask_again(task)
    described = await describe(task, journal, native, all_of_it=True)
    if journal.outcome(Step.DESCRIBE) is None and described.fields == known.fields:
        return unchanged()
    it = replace(known, fields=described.fields, shown=described.shown, until=task.outward.until, kit=task.outward.kit)
    names = tuple(sorted({*map(str, task.action.fields), *map(str, task.action.cleared)}))
    return done(Reason.of(Code.FIELDS_UPDATED, fields=names), it)


def _file(task: Task) -> RemoteId:
    remote_id = task.known().remote_id
    if remote_id is None:
        raise Unclear(f"{task.source} has no file in {task.outlet.name}.")
    return remote_id
