"""Show: the gate and the audience are asked once more, that it may be seen is written down, and only then is it made so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dambridge.engine.publishing.asking import Asked, asked_now
from dambridge.engine.publishing.ending import End, waits
from dambridge.engine.publishing.tasks import Task
from dambridge.engine.steps import Step, StepJournal
from dambridge.model.identity import RemoteId
from dambridge.model.publications import Outside, Stage
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord


@dataclass(eq=False)
class Shut(Exception):
    """What was planned may not be shown any more; `reason` says why, `waits_for` for whom."""

    reason: Reason
    waits_for: str


async def ask_again(task: Task, *, shows: bool = True) -> tuple[AssetRecord, datetime | None]:
    """The master as it is now and until when it may be seen. Raises `Shut` where it may not: asked before every write that
    makes something visible, with everything read after it was asked for; and before a file is brought that is shown later."""
    record, until, _ = await _asked(task, kit=False, shows=shows)
    return record, until


async def _asked(task: Task, *, kit: bool, shows: bool = True) -> tuple[AssetRecord, datetime | None, Asked]:
    asked = await asked_now(task, kit=kit, shows=shows)
    if asked.refused is not None or asked.record is None:
        reason, waits_for = asked.refused or (task.action.reasons[0], "next run")
        raise Shut(reason, waits_for)
    ends = (asked.until, task.outward.until, asked.kit.until if asked.kit is not None else None)
    return asked.record, min((it for it in ends if it is not None), default=None), asked


async def show(task: Task, journal: StepJournal) -> Task:
    """Make it a member of its gallery; gives the task with its publication visible. Raises `Shut`, also where a kit that it
    goes with does not stand ready as a whole by now.

    The row that says so is written before the call: what is on record is never less than what may be seen."""
    _, until, asked = await _asked(task, kit=True)
    if asked.kit is not None and not asked.kit.ready:
        raise Shut(Reason.of(Code.KIT_NOT_READY, outlet=task.outlet.name, kit=asked.kit.kit), "next run")
    known, wanted = task.known(), task.outward
    visible = replace(
        known,
        stage=Stage.VISIBLE,
        gallery=wanted.gallery,
        until=until,
        kit=wanted.kit,
        at=known.at if known.stage is Stage.VISIBLE else await task.now(),
        doing=str(task.action.kind),
    )
    if visible != known:
        task = await task.put(visible)
    await task.parts.note_outside([Outside(source=task.source, publication=task.known())])

    async def work() -> Mapping[str, object]:
        await task.site.archive.place(
            _file_of(task), into=wanted.gallery, out_of=None, lane=task.lane
        )  # reads the membership back
        return {"gallery": wanted.gallery}

    if journal.outcome(Step.SHOW) is None or not was_begun(task, journal):
        await journal.run(Step.SHOW, {"gallery": wanted.gallery, "file": _file_of(task)}, work)
    return task


def was_begun(task: Task, journal: StepJournal) -> bool:
    """Whether showing this very file was begun by this action: an earlier try of it may have been about another one."""
    return (journal.intent(Step.SHOW) or {}).get("file") == _file_of(task)


def _file_of(task: Task) -> RemoteId:
    remote_id = task.known().remote_id
    assert remote_id is not None  # noqa: S101 - a publication that is staged has its file
    return remote_id


def put_off(shut: Shut) -> End:
    return waits(shut.reason, shut.waits_for)
