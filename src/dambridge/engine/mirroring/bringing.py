"""New bytes from the copy that has them to one that is behind: streamed, hashed on the way, proven, and its fields kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dambridge.engine.delivery.describing import NotWritable, still_to_write
from dambridge.engine.delivery.fetching import Passing, digest_of
from dambridge.engine.ended import Ended
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.reading import native_of
from dambridge.engine.mirroring.settling import End
from dambridge.engine.mirroring.writing import Task, ask, is_overdue, others_moved, stands_as_agreed, task_of
from dambridge.engine.sites import Site
from dambridge.engine.steps import Step, StepJournal
from dambridge.mapping import equal, to_canonical, to_native
from dambridge.model.accords import CONTENT, GroupName, Standing
from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import CopyId, LinkId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Digest, NativeRecord
from dambridge.model.values import Fields, fields_from_json, fields_to_json
from dambridge.planning.views import is_stamp, view_of
from dambridge.ports.errors import MovedOn, Unclear
from dambridge.ports.ledger import WorkStage
from dambridge.ports.systems import Body


async def bring_version(parts: MirrorParts, action: Action, journal: StepJournal) -> End:
    """Make the origin's bytes the current file of the copy. What a check-in read out of the file over the copy's own fields
    is written back; what people changed meanwhile is left to be seen."""
    task = await task_of(parts, action)
    digest = digest_in(journal.intent(Step.VERSION))
    native = await native_of(task.site, task.remote_id)
    sent = True
    if digest is None or not await holds(task.site, native, digest):
        if journal.outcome(Step.VERSION) is not None and not await is_overdue(task, journal, Step.VERSION):
            raise Unclear(f"{native.key} was given new bytes and does not show them yet; it is looked at again.")
        if not task.is_as_decided(to_canonical(native, task.site.map)):
            return _moved_on(native)
        task, digest, native = await _sent(task, journal, native)
    elif journal.outcome(Step.VERSION) is None:
        await journal.close(Step.VERSION, {"sha256": digest.sha256})
        sent = False
    if sent and to_canonical(native, task.site.map).version == action.expects.get(str(task.copy)):
        raise Unclear(f"{native.key} was given new bytes and still shows what it was; it is looked at again.")
    if not await holds(task.site, native, digest):
        raise Unclear(f"{native.key} does not hold the new bytes yet; it is looked at again.")
    before = fields_from_json((journal.intent(Step.VERSION) or {}).get("before", {}))
    native = await _fields_kept(task, journal, native, before)
    record = to_canonical(native, task.site.map)
    view = view_of(task.copy, record)
    settled = [stands_as_agreed(task.accords[it], task, record, view) for it in task.groups]
    settled += others_moved(task, record, view, but=task.groups)
    return End(
        ended=Ended(Outcome.DONE, Reason.of(Code.VERSION_ADDED, evidence=_evidence(native)), bytes_moved=digest.size),
        accords=tuple(settled),
        audit={"source": str(action.source), "sha256": digest.sha256, "size": digest.size},
    )


async def _sent(task: Task, journal: StepJournal, native: NativeRecord) -> tuple[Task, Digest, NativeRecord]:
    """Send the bytes. Small files pass through the spool, so that their digest is on record before they are sent."""
    parts, action = task.parts, task.action
    origin = parts.sites[action.source.account]
    before = _fields_of(task, native)
    if action.size <= parts.settings.large_file:
        async with origin.reader.original(action.source.remote_id, lane=parts.lane) as stream:
            spooled = await parts.spool.keep(action.id, stream.chunks, expected_size=stream.size)
        if not _same_as_agreed(task, spooled.digest) or await _are_newer(task, spooled.digest):
            raise _other_bytes(task)
        await _origin_as_agreed(task, origin)
        body = Body(size=spooled.digest.size, open=lambda: parts.spool.read(spooled))
        task = await ask(task, journal, Step.VERSION, _intent(spooled.digest, before), task.groups)
        await _rechecked(task)
        await _send(task, body, native)
        digest = spooled.digest
    else:
        await _origin_as_agreed(task, origin)
        task = await ask(task, journal, Step.VERSION, {"before": fields_to_json(before)}, task.groups)
        await _rechecked(task)
        async with _streamed(origin, action, parts) as (body, passing):
            await _send(task, body, native)
        digest = passing.digest
        if not _same_as_agreed(task, digest):
            raise _other_bytes(task)
    await journal.close(Step.VERSION, {"sha256": digest.sha256})
    return task, digest, await native_of(task.site, task.remote_id)


async def _rechecked(task: Task) -> None:
    """The last look before the bytes go: fetching them may have taken long."""
    native = await native_of(task.site, task.remote_id)
    if not task.is_as_decided(to_canonical(native, task.site.map)):
        raise MovedOn(f"{native.key} was edited after the plan was made; no bytes were sent. It is planned again.")


async def _send(task: Task, body: Body, native: NativeRecord) -> None:
    """Under the name that the copy has: what it is called is a matter of its own."""
    await task.site.archive.add_version(task.remote_id, body, file_name=native.file_name, lane=task.parts.lane)


async def _origin_as_agreed(task: Task, origin: Site) -> None:
    """Raise `MovedOn` where the origin's bytes are not those any more that were decided on."""
    native = await native_of(origin, task.action.source.remote_id)
    expected = [
        version
        for place, version in task.action.expects.items()
        if place.startswith(f"{task.action.source.account}/") and place != str(task.copy)
    ]
    if not any(native.content_stamp == it.content for it in expected):
        raise _other_bytes(task)


async def _are_newer(task: Task, digest: Digest) -> bool:
    """Whether the origin shows what it was before, and hands out bytes that are known to be of a later time: those that we
    gave it over that, or fetched from it, or know of it, under another stamp. Its index lags."""
    if any(_known_under_another_stamp(task, group, digest) for group in task.groups):
        return True
    origin = next((it for group in task.groups if (it := _back_again(task, group)) is not None), None)
    if origin is None:
        return False
    copy, stamp = origin
    for sent in await bytes_sent(task.parts, task.action.link):
        row, then = sent.action, sent.action.expects.get(str(copy))
        if then is None or sent.digest is None or sent.digest.sha256 != digest.sha256 or row.id == task.action.id:
            continue
        if (row.target == copy and then.content == stamp) or (
            row.source == task.action.source and then.content != stamp
        ):
            return True
    return False


def _known_under_another_stamp(task: Task, group: GroupName, digest: Digest) -> bool:
    """Whether the origin had these very bytes before it showed this stamp, as long as a late index can be believed: from then
    on somebody has stored them once more."""
    for _, it in _origins(task, group):
        before = {stands for stamp, stands in it.tokens if stamp != it.shown.get(CONTENT)}
        if before & tokens_of(digest) and task.now < it.news_at + task.parts.policy.stale_for:
            return True
    return False


def tokens_of(digest: Digest) -> frozenset[str]:
    """By what accounts with checksums show such bytes."""
    return frozenset({f"md5:{digest.md5}", f"sha256:{digest.sha256}"})


def _origins(task: Task, group: GroupName) -> list[tuple[CopyId, Standing]]:
    copies = sorted(task.accords[group].copies.items())
    return [(it, one) for it, one in copies if it.account == task.action.source.account and it != task.copy]


def _back_again(task: Task, group: GroupName) -> tuple[CopyId, str] | None:
    """The origin, with its stamp, where it was seen as something else since it was first seen like this."""
    return next(((copy, it.version.content) for copy, it in _origins(task, group) if it.version in it.past), None)


@dataclass(frozen=True, slots=True)
class Sent:
    """Bytes that were sent, or about to be, at this aware instant; no digest where it was not put on record before."""

    action: Action
    digest: Digest | None
    at: datetime


async def bytes_sent(parts: MirrorParts, link: LinkId) -> list[Sent]:
    """What was sent to copies of the link, the latest first."""
    found: list[Sent] = []
    for row in reversed(await parts.ledger.actions_of(link)):
        if row.action.kind is ActionKind.ADD_VERSION:
            steps = reversed(await parts.ledger.steps(row.action.id))
            begun = [Sent(row.action, digest_in(it.intent), it.begun_at) for it in steps if it.step == Step.VERSION]
            found += begun[:1]
    return found


def _other_bytes(task: Task) -> MovedOn:
    return MovedOn(f"{task.action.source} has other bytes than those that were decided on. It is planned again.")


@asynccontextmanager
async def _streamed(origin: Site, action: Action, parts: MirrorParts) -> AsyncIterator[tuple[Body, Passing]]:
    async with origin.reader.original(action.source.remote_id, lane=parts.lane) as stream:
        passing = Passing(stream.chunks, stream.size)
        yield Body(size=stream.size, open=passing.chunks, repeatable=False), passing


def _intent(digest: Digest, before: Fields) -> dict[str, Any]:
    return {
        "sha256": digest.sha256,
        "md5": digest.md5,
        "size": digest.size,
        "before": fields_to_json(before),
    }


def digest_in(intent: Mapping[str, Any] | None) -> Digest | None:
    """What an earlier try set out to send, None where nothing is known of it."""
    if intent is None or "sha256" not in intent:
        return None
    return Digest(size=intent["size"], sha256=intent["sha256"], md5=intent["md5"])


async def holds(site: Site, native: NativeRecord, digest: Digest) -> bool:
    """Whether the copy has these bytes for certain: by its own digest, else by reading them."""
    if native.size is not None and native.size != digest.size:
        return False
    given = native.checksum
    if given is not None and (ours := getattr(digest, given.algorithm, None)) is not None:
        return bool(ours == given.hexdigest)
    return (await digest_of(site.reader, native.key.remote_id, lane=site.lane)).sha256 == digest.sha256


def _evidence(native: NativeRecord) -> str:
    return native.checksum.algorithm if native.checksum is not None else "read_back"


def _fields_of(task: Task, native: NativeRecord) -> Fields:
    """The copy's fields that are kept in step, as they stood before anything was sent."""
    record = to_canonical(native, task.site.map)
    kept = task.parts.policy.managed & task.site.map.writes
    return {name: value for name, value in record.fields.items() if name in kept}


async def _fields_kept(task: Task, journal: StepJournal, native: NativeRecord, before: Fields) -> NativeRecord:
    """Write back what the check-in took out of the file: only where the field now says what stands in there."""
    inside = await task.parts.inside(task.action.id, native.file_name)
    now = to_canonical(native, task.site.map).fields
    kept = task.parts.policy.managed & task.site.map.writes
    lost = [
        name
        for name in sorted(kept & inside.keys())
        if equal(name, now.get(name), inside[name]) and not equal(name, now.get(name), before.get(name))
    ]
    if not lost:
        return native
    wanted = {name: before[name] for name in lost if name in before}
    write = to_native(wanted, [it for it in lost if it not in before], task.site.map, beside=now)
    if write.problems:
        raise NotWritable(write.problems[0])
    attributes = still_to_write(native, write)

    async def work() -> Mapping[str, object]:
        await task.site.archive.write(
            task.remote_id, attributes=attributes, name=None, file_name=None, lane=task.parts.lane
        )
        return {"attributes": len(attributes)}

    await journal.run(Step.DESCRIBE, {"fields": lost}, work)
    return await native_of(task.site, task.remote_id)


def _moved_on(native: NativeRecord) -> End:
    text = f"{native.key} was edited after the plan was made; no bytes were sent. It is planned again."
    ended = Ended(Outcome.WAITING, Reason.of(Code.MOVED_ON, text=text), waits_for="next run")
    return End(ended=ended, stage=WorkStage.LEFT)


def _same_as_agreed(task: Task, digest: Digest) -> bool:
    """Whether these can be the bytes that are agreed on: a digest proves it, a stamp of the origin alone says nothing of it.
    What an account shows of a file may be older, or newer, than the file that it hands out."""
    agreed = next((str(task.wanted(it)[CONTENT]) for it in task.groups if CONTENT in task.wanted(it)), "")
    algorithm, _, hexdigest = agreed.partition(":")
    ours = None if is_stamp(agreed) else getattr(digest, algorithm, None)
    return ours == hexdigest if ours is not None else task.action.size in {0, digest.size}
