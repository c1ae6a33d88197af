"""Stage: the file that goes out is made, brought into a berth that only staff see, and moved to where our files stand unseen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import PurePath

import structlog

from dambridge.engine.delivery.arriving import berth_of
from dambridge.engine.delivery.delivering import Delivered, brought, deliver
from dambridge.engine.delivery.embedding import pieces_of
from dambridge.engine.delivery.fetching import body_of, fetch
from dambridge.engine.docking import Facts
from dambridge.engine.publishing.describing import Described, describe
from dambridge.engine.publishing.tasks import Task
from dambridge.engine.publishing.watching import is_shut
from dambridge.engine.publishing.withdrawing import leave_former
from dambridge.engine.steps import Step, StepJournal
from dambridge.mapping import embedded_fields
from dambridge.mapping.outward import outward_tags
from dambridge.model.actions import Action
from dambridge.model.identity import RemoteId
from dambridge.model.publications import Publication, Stage
from dambridge.model.records import Absence, AssetRecord, Digest, Missing, NativeRecord
from dambridge.model.stand_ins import STAND_IN_FIELD, is_stand_in, stand_in_words
from dambridge.model.values import Fields
from dambridge.policy.naming import has_counter, numbered, series_of, settled_name
from dambridge.ports.errors import MovedOn, Refused, TryLater, Unclear
from dambridge.ports.files import Spooled
from dambridge.ports.pace import Lane
from dambridge.ports.systems import Body

MASTER = "master"
"""In the evidence of a delivery: the fingerprint of what the file was made of."""
SUFFIXES = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "tiff": ".tif"}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """The original, or a rendition of it, with rights inside; made by way of the spool and never in memory as a whole."""

    task: Task
    master: AssetRecord

    @asynccontextmanager
    async def bytes(self) -> AsyncIterator[tuple[Body, Facts]]:
        made, filled, essence = await self._made()
        evidence = {MASTER: self.task.outward.master, "essence": essence}
        yield body_of(self.task.parts, made), Facts(lambda: made.digest, filled, evidence)

    async def digest(self) -> Digest:
        """Made anew: the same original with the same tags makes the same file."""
        return (await self._made())[0].digest

    def _said(self) -> Fields:
        """What the copy says; a stand-in's file says always what it is, whichever fields this action brings."""
        said, task = self.task.action.fields, self.task
        if not task.outlet.stand_in:
            return said
        return {**said, STAND_IN_FIELD: stand_in_words(task.parts.source.archive.page_of(task.source.remote_id))}

    async def _made(self) -> tuple[Spooled, Fields, str]:
        task, parts = self.task, self.task.parts
        action = replace(task.action, size=self.master.size or 0, file_name=self.master.file_name)
        spooled, inside = await fetch(parts, action)
        tags = outward_tags(self._said(), self.master.fields, parts.policy.zone)
        target = spooled.path.with_name(f"{spooled.path.name}.{out_name(task.action)}.part")
        try:
            out = await parts.outfitter.make(
                spooled.path, target, tags, file_name=self.master.file_name, order=task.outlet.rendition
            )
            kept = await parts.spool.keep(out_name(task.action), pieces_of(out.path), expected_size=None)
        finally:
            await asyncio.to_thread(target.unlink, missing_ok=True)
        return kept, embedded_fields(inside), out.essence


def out_name(action: Action) -> str:
    """The name in the spool of the file that goes out, beside its original."""
    return f"{action.id}.out"


async def stage(task: Task, journal: StepJournal, master: AssetRecord) -> Task:
    """Have the file stand where no audience sees it, described; gives the task with its publication staged.

    That it stands in the account is written down as soon as it does: whatever else is decided about the master from then on,
    the file is known."""
    if _is_staged(task):
        return task  # an earlier try came so far
    task = replace(task, action=replace(task.action, file_name=await _name(task)))
    delivered = await _delivered(task, journal, master)
    native = delivered.native or await task.site.there(delivered.remote_id)
    _prove(native, delivered.digest)
    task = await _noted(task, journal, delivered)
    described = await describe(task, journal, native, file_name=task.action.file_name)
    _prove_marked(task, described)
    await _bring_home(task, journal, delivered)
    wanted = task.outward
    return await task.put(
        replace(
            task.known(),
            gallery=wanted.gallery,
            fields=described.fields,
            shown=described.shown,
            master=wanted.master,
            file_name=described.native.file_name,
            until=wanted.until,
            kit=wanted.kit,
        )
    )


async def on_record(task: Task, journal: StepJournal) -> Task:
    """Have on record what an earlier try has brought and was cut off before it wrote that down: people may have put it where
    it is seen, and what is not to go out any more is looked after only where it is known."""
    if is_under_way(task) or journal.intent(Step.DELIVER) is None:
        return task
    delivered = await brought(task.parts.dock(task.site.account), task.action, journal)
    if delivered is None or delivered.foreign:
        return task
    return await _noted(task, journal, delivered)


def _is_staged(task: Task) -> bool:
    """Whether the file that this is about stands there already, by an earlier try of the same action."""
    known = task.publication
    return known is not None and is_under_way(task) and known.master == task.outward.master


def is_under_way(task: Task) -> bool:
    """Whether an earlier try of this kind of action has brought a file, and was not settled."""
    known = task.publication
    return known is not None and known.doing == str(task.action.kind) and known.remote_id is not None


async def _noted(task: Task, journal: StepJournal, delivered: Delivered) -> Task:
    """Have on record that it stands there. Where it takes the place of a file that was to take the place of another, that
    one goes first: there is always one at most of which it has to be proven yet."""
    known = task.publication
    if known is not None and known.former is not None and known.remote_id != delivered.remote_id:
        task = await leave_former(task, journal)
    return await task.put(await _arrived(task, delivered))


async def _arrived(task: Task, delivered: Delivered) -> Publication:
    """The publication with its new file, of which nothing more is said yet than that it is there."""
    known, now = task.publication, await task.now()
    blank = Publication(
        flow=task.parts.flow,
        link=task.action.link,
        copy=task.action.target,
        stage=Stage.STAGED,
        at=now,
        turn=task.outward.turn,
    )
    it = known if known is not None else blank
    former = it.former if it.remote_id == delivered.remote_id else it.remote_id
    return replace(
        it,
        stage=it.stage if it.in_sight else Stage.STAGED,
        remote_id=delivered.remote_id,
        former=former,
        master="",
        sha256=delivered.digest.sha256,
        doing=str(task.action.kind),
    )


async def _name(task: Task) -> str:
    """The name of the file there, with the suffix of what it becomes and a number that no other has."""
    name, rendition = task.action.file_name, task.outlet.rendition
    if has_counter(name):
        name = settled_name(name, {})
        number = await task.parts.ledger.number_of(task.site.account, series_of(name), task.action.link)
        name = numbered(name, number)
    return name if rendition is None else PurePath(name).stem + SUFFIXES.get(rendition.format, PurePath(name).suffix)


async def _delivered(task: Task, journal: StepJournal, master: AssetRecord) -> Delivered:
    """The file in a berth, exactly once. One that an earlier try brought, made of what the master was then, goes first."""
    dock = task.parts.dock(task.site.account)
    await _leave_stale(task, journal)
    berth = await berth_of(dock, task.action, journal.intent(Step.DELIVER))
    if berth is None or not is_shut(await task.watch.audience(berth, task.lane)):
        raise TryLater(f"The berth in {task.site.arrivals} is seen by others than staff; nothing is brought into it.")
    delivered = await deliver(dock, task.action, journal, OutgoingFile(task, master))
    if delivered.foreign:
        raise Unclear(f"{task.site.account} took another file for {task.source}; it is looked at again.")
    return delivered


async def _leave_stale(task: Task, journal: StepJournal) -> None:
    """What was brought before and cannot go out, made of another master or thrown away by people: the delivery begins anew.
    Of no use to anybody, and watched by nobody, it goes into the trash where that is proven to be one."""
    outcome = journal.outcome(Step.DELIVER)
    if outcome is None:
        return
    stale, archive = RemoteId(outcome["remote_id"]), task.site.archive
    found = (await archive.read([stale], lane=task.lane)).get(stale)
    gone = isinstance(found, Missing) and found.absence in {Absence.DELETED, Absence.TRASHED}
    if not gone and outcome["embedded"].get(MASTER) == task.outward.master:
        return
    if not gone:
        quarantine = await archive.ensure_folder(task.parts.settings.quarantine, lane=task.lane)
        await archive.place(stale, into=quarantine, out_of=RemoteId(outcome["berth"]), lane=task.lane)
    await journal.rewrite(Step.DELIVER, journal.intent(Step.DELIVER) or {})
    if journal.outcome(Step.PLACE) is not None:
        await journal.rewrite(Step.PLACE, {})
    if not gone and archive.capabilities.discard_recoverable.usable:
        with contextlib.suppress(Refused, MovedOn):
            await archive.discard(stale, lane=task.lane)
    log.warning("publishing.stale_file", link=task.action.link, outlet=task.outlet.name, file=stale)


def _prove(native: NativeRecord, digest: Digest) -> None:
    """What the account shows of the file has to fit what was sent."""
    given = native.checksum
    ours = getattr(digest, given.algorithm, None) if given is not None else None
    if given is not None and ours is not None and ours != given.hexdigest:
        raise Unclear(f"{native.key} holds other bytes than were sent; it is looked at again.")
    if native.size is not None and native.size != digest.size:
        raise Unclear(f"{native.key} has {native.size} bytes, {digest.size} were sent; it is looked at again.")


def _prove_marked(task: Task, described: Described) -> None:
    """A stand-in that does not say that it is one is not shown."""
    if task.outlet.stand_in and not is_stand_in(described.shown):
        raise TryLater(
            f"{described.native.key} does not say yet that it only stands for {task.source}: {STAND_IN_FIELD} is to say so. See "
            "that the account takes that field, by `dambridge probe --write`."
        )


async def _bring_home(task: Task, journal: StepJournal, delivered: Delivered) -> None:
    """Out of the berth, to where the outlet's files stand unseen. They stay there while they are shown, so that none is ever
    without a place when it is taken out of its gallery."""
    if journal.outcome(Step.PLACE) is None:
        home = await task.home(Lane.NORMAL)
        if not is_shut(await task.watch.audience(home, task.lane, recent=True)):
            raise TryLater(f"{task.parts.home_of(task.outlet.name)} is seen by others than staff; shut it first.")

        async def work() -> Mapping[str, object]:
            await task.site.archive.place(delivered.remote_id, into=home, out_of=delivered.berth, lane=task.lane)
            return {"home": home}

        await journal.run(Step.PLACE, {"home": home}, work)
    await task.parts.ledger.release_berth(task.site.account, task.action.id)
