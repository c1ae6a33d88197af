"""Contracts and releases beside pictures: each becomes a view of the pictures of its job, once, or waits with the reason.

A paper is no asset of the archive and is never published. What is known of it stands in the ledger per paper and picture:
the step that hangs it, begun before anything is sent, and that it hangs there. A reply that was lost is looked up before
anything is sent again: views have names, and ours say which paper they are.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from dambridge.engine.enriching.parts import EnrichParts
from dambridge.engine.mirroring.reading import GROUPS
from dambridge.engine.steps import Errand, Step, StepJournal
from dambridge.mapping import keys_by, to_canonical
from dambridge.model.accords import Accord, GroupName, Standing
from dambridge.model.identity import ActionId, AssetKey, Link, RunId, derived_id
from dambridge.model.outcomes import ItemOutcome, Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, AssetVersion, MediaType, Missing
from dambridge.model.values import FieldName, Fields
from dambridge.policy.enrich import PAPER, Papers
from dambridge.policy.patterns import matches_any
from dambridge.ports.attachments import Attachments
from dambridge.ports.errors import CannotGoOn, NextMove, Unclear
from dambridge.ports.ledger import AuditEntry, Observation
from dambridge.ports.systems import Body

log = structlog.get_logger()
SWEPT = "enrich:papers"
"""The cursor that says when papers were last looked for."""
_VIEW = FieldName("custom:view")
_JOB = FieldName("job_id")
_UNFIT = re.compile(r"[/\\\x00-\x1f]")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a paper ended, and for whom it waits."""

    outcome: Outcome
    reason: Reason
    waits_for: str = ""


async def hang_papers(parts: EnrichParts, run: RunId, *, full: bool) -> None:
    """Look for papers where a look is due, and see to those that waited. Only `CannotGoOn` gets out."""
    papers = parts.enrich.papers
    if papers is None:
        return
    now = await parts.clock.now()
    due = full or await _due(parts, now)
    keys = [it async for it in _listed(parts, papers)] if due else await _waiting(parts)
    for key in dict.fromkeys(keys):
        await _see_to(parts, papers, run, key)
    if due:
        await parts.ledger.move_cursor(parts.enrich.source, SWEPT, now.isoformat())


async def _due(parts: EnrichParts, now: datetime) -> bool:
    last = await parts.ledger.cursor(parts.enrich.source, SWEPT)
    return last is None or datetime.fromisoformat(last) + parts.settings.sweep_every <= now


async def _listed(parts: EnrichParts, papers: Papers) -> AsyncIterator[AssetKey]:
    reader = parts.source.reader
    async for container in reader.containers(lane=parts.lane):
        if matches_any(container.path, papers.galleries):
            async for page in reader.members(container.id, lane=parts.lane):
                for it in page.sightings:
                    if it.media_type in {None, MediaType.DOCUMENT}:
                        yield AssetKey(parts.enrich.source, it.remote_id)


async def _waiting(parts: EnrichParts) -> list[AssetKey]:
    """Papers that waited or failed. What is in a link is an asset, and no paper."""
    outcomes = (Outcome.WAITING, Outcome.FAILED, Outcome.QUARANTINED)
    old = await parts.ledger.lingering(parts.flow, outcomes=outcomes, limit=parts.settings.relook)
    keys = [it.key for it in old if it.key.account == parts.enrich.source]
    linked = await parts.ledger.links_of(keys)
    return [it for it in keys if it not in linked]


async def _see_to(parts: EnrichParts, papers: Papers, run: RunId, key: AssetKey) -> None:
    """One paper to its end."""
    native = None
    try:
        native = await parts.source.reader.read(key.remote_id, groups=GROUPS, lane=parts.lane)
        if isinstance(native, Missing):
            await _end(parts, run, key, None, Ended(Outcome.SKIPPED, _gone(native)))
            return
        record = to_canonical(native, parts.source.map)
        job = next(keys_by(papers.pattern, record.file_name), None)
        if record.media_type is not MediaType.DOCUMENT or job is None:
            return
        if key in await parts.ledger.links_of([key]):
            ended = _waits(record, "it was archived as an asset of its own", "coordinator")
        else:
            ended = await _hang(parts, papers, record, job)
    except CannotGoOn:
        raise
    except NextMove as error:
        reason = Reason.of(Code.PAPER_WAITS, paper=str(key), text=str(error))
        ended, record = Ended(Outcome.WAITING, reason, "next run"), None
    await _end(parts, run, key, record, ended)


def _gone(missing: Missing) -> Reason:
    return Reason.of(Code.GONE_AT_SOURCE, absence=str(missing.absence))


def _waits(record: AssetRecord, why: str, waits_for: str) -> Ended:
    return Ended(Outcome.WAITING, Reason.of(Code.PAPER_WAITS, paper=record.file_name, text=why), waits_for)


async def _end(parts: EnrichParts, run: RunId, key: AssetKey, record: AssetRecord | None, ended: Ended) -> None:
    item = ItemOutcome(key=key, link=None, outcome=ended.outcome, reason=ended.reason, waits_for=ended.waits_for)
    seen = Observation(
        flow=parts.flow,
        key=key,
        version=record.version if record is not None else None,
        file_name=record.file_name if record is not None else "",
        outcome=ended.outcome,
        reason=ended.reason,
        waits_for=ended.waits_for,
        run=run,
        at=await parts.clock.now(),
    )
    await parts.ledger.record_items(run, [item], [seen])
    parts.progress.end_item(ended.outcome)


# one paper --------------------------------------------------------------------------------------------------------------


async def _hang(parts: EnrichParts, papers: Papers, record: AssetRecord, job: str) -> Ended:
    """Hang it on every picture of its job."""
    facet = parts.target.attachments
    if facet is None or not parts.attaches.usable:
        why = f"nobody has shown that this account takes views ({parts.attaches})"
        return _waits(record, why, "administrator")
    if not papers.restricted:
        return _waits(record, "nobody has said that views are restricted there (`papers.restricted`)", "administrator")
    pictures = await _pictures(parts, job)
    if not pictures:
        return _waits(record, f"no picture of the job {job} is in the archive", "coordinator")
    name = _UNFIT.sub(" ", f"{papers.view} {record.key.remote_id} {record.file_name}")
    about = f"From {record.key}, job {job}"[:255]
    views = [_View(link=it, paper=record, name=name, description=about) for it in pictures]
    news = [await _on_picture(parts, facet, it) for it in views]
    if not any(news):
        return Ended(Outcome.UNCHANGED, Reason.of(Code.IN_STEP))
    told = ", ".join(str(it.key) for it in (one.copy(parts.target_copy) for one in pictures) if it is not None)
    return Ended(Outcome.DONE, Reason.of(Code.PAPER_ATTACHED, paper=record.file_name, picture=told))


async def _pictures(parts: EnrichParts, job: str) -> Sequence[Link]:
    """The links of record copies that carry the job, those that are only watched aside."""
    rule = parts.target.map.by_field.get(_JOB)
    if rule is None:
        return []
    found = await parts.target.archive.find(rule.native, job, lane=parts.lane)
    keys = [AssetKey(parts.enrich.target, it) for it in found]
    links = await parts.ledger.links(sorted(set((await parts.ledger.links_of(keys)).values())))
    return [it for _, it in sorted(links.items()) if parts.enrich.concerns(it) and not it.observe_only]


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """One paper on one picture."""

    link: Link
    paper: AssetRecord
    name: str
    description: str

    @property
    def group(self) -> GroupName:
        return GroupName(f"{PAPER}{self.paper.key}")

    @property
    def errand(self) -> ActionId:
        return ActionId(derived_id("er", Errand.PAPER, self.link.id, self.paper.key.account, self.paper.key.remote_id))

    @property
    def fields(self) -> Fields:
        return {_VIEW: self.name}


async def _on_picture(parts: EnrichParts, facet: Attachments, view: _View) -> bool:
    """Whether it was hung there now. Looked up, begun on record, sent, looked up again."""
    link, name = view.link, view.name
    accord = (await parts.ledger.accords([link.id])).get(link.id, {}).get(view.group)
    if accord is not None:
        return False
    copy = link.copy(parts.target_copy)
    assert copy is not None  # noqa: S101 - only links with a record copy are asked about
    picture, told = copy.key, {"view": name, "picture": str(copy.key)}

    async def work() -> dict[str, str]:
        await _send(parts, facet, picture, view)
        if not await _hangs(parts, facet, picture, name):
            raise Unclear(f"{name!r} was sent to {picture} and is not shown there; it is looked up again.")
        return told

    journal = await StepJournal(parts.ledger, parts.clock, view.errand).load()
    if not await _hangs(parts, facet, picture, name):
        await journal.run(Step.HANG, told, work)
    elif journal.intent(Step.HANG) is not None and journal.outcome(Step.HANG) is None:
        await journal.close(Step.HANG, told)
    await _settled(parts, view, picture)
    return True


async def _hangs(parts: EnrichParts, facet: Attachments, picture: AssetKey, name: str) -> bool:
    return any(it.name == name for it in await facet.attachments(picture.remote_id, lane=parts.lane))


async def _send(parts: EnrichParts, facet: Attachments, picture: AssetKey, view: _View) -> None:
    """By way of the spool: nothing is sent that did not come whole. A reply that was lost is no end: it is looked up."""
    kept = f"paper-{view.link.id}-{view.paper.key.remote_id}"
    async with parts.source.reader.original(view.paper.key.remote_id, lane=parts.lane) as stream:
        spooled = await parts.spool.keep(kept, stream.chunks, expected_size=stream.size)
    try:
        body = Body(size=spooled.digest.size, open=lambda: parts.spool.read(spooled))
        await facet.attach(
            picture.remote_id,
            body,
            name=view.name,
            description=view.description,
            file_name=view.paper.file_name,
            lane=parts.lane,
        )
    except Unclear as error:
        log.info("paper.unclear", paper=str(view.paper.key), why=str(error))
    finally:
        await parts.spool.drop(kept)


def _accord(parts: EnrichParts, view: _View, now: datetime) -> Accord:
    unknown = AssetVersion(modified="", fields="", content="")
    there = Standing(fields=view.fields, shown=view.fields, version=unknown, at=now)
    copies = {parts.source_copy: replace(there, version=view.paper.version), parts.target_copy: there}
    return Accord(
        link=view.link.id,
        group=view.group,
        fields=view.fields,
        origin=parts.source_copy,
        since=now,
        copies=copies,
    )


async def _settled(parts: EnrichParts, view: _View, picture: AssetKey) -> None:
    now = await parts.clock.now()
    told = AuditEntry(
        at=now,
        actor=f"flow:{parts.flow}",
        event="paper.attached",
        subject=view.link.id,
        detail={
            "paper": str(view.paper.key),
            "file_name": view.paper.file_name,
            "picture": str(picture),
            "view": view.name,
        },
    )
    await parts.ledger.put_accords([_accord(parts, view, now)], audit=[told])
