"""Withdraw: out of the gallery first, then looked for everywhere that the file can stand, with a record of all of it.

Two calls where nobody has put it anywhere else: its membership is taken out, its memberships are read. It is gone once no
container that somebody outside sees holds it; only then does its record say so.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dambridge.engine.publishing.ending import End, done, unchanged
from dambridge.engine.publishing.tasks import Task, turned
from dambridge.engine.steps import Step, StepJournal
from dambridge.model.actions import ActionKind
from dambridge.model.identity import AssetKey, RemoteId, derived_id
from dambridge.model.publications import Place, Publication, Stage, Withdrawal
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Missing
from dambridge.planning.outlets import Held
from dambridge.policy.patterns import matches_any
from dambridge.ports.audience import Visibility
from dambridge.ports.errors import MovedOn, Refused, Unclear
from dambridge.ports.pace import Lane

URGENT = Lane.URGENT
LOOKS = 3
"""How often it is taken out of what it is found in before that waits for the next try."""


@dataclass(slots=True)
class Traces:
    """Where one file was looked for, and what was done about it."""

    left: list[str] = field(default_factory=list)
    places: dict[RemoteId, Place] = field(default_factory=dict)
    beyond: list[str] = field(default_factory=list)


async def withdraw(task: Task, journal: StepJournal) -> End:
    """Take it out of sight and prove it. Raises `Unclear` as long as it is not proven: then it is tried again."""
    known = task.known()
    ours = known.remote_id
    if known.stage is Stage.WITHDRAWN or ours is None:
        return unchanged()
    task, record = await _begun(task)
    known = task.known()
    traces = Traces()
    for file in (it for it in (known.former, ours) if it is not None):
        await leave(task, journal, file, traces)
    if known.former is not None:
        await give_up(task, known.former)
    if task.outward.discard:
        await _discard(task, journal, ours)
        traces.left.append("moved to the trash")
    now = await task.now()
    known_to_be = known.master if known.doing in {"", ActionKind.SHOW} else ""  # what was half done is not shown again
    gone = replace(turned(known, Stage.WITHDRAWN, now), former=None, checked_at=now, master=known_to_be)
    proven = replace(
        record,
        verified_at=now,
        how=tuple(dict.fromkeys((*record.how, *traces.left))),
        places=tuple(traces.places.values()),
        unchecked=(*await _unchecked(task), *traces.beyond),
    )
    reason = Reason.of(Code.WITHDRAWN, outlet=task.outlet.name)
    end = done(reason, gone, withdrawal=record.id, how=list(proven.how))
    return replace(end, withdrawals=(proven,), since=record.decided_at)


async def leave_former(task: Task, journal: StepJournal) -> Task:
    """The file whose place was taken: out of sight, on record, and into the trash where that is proven to be one."""
    known = task.known()
    if known.former is None:
        return task
    traces = Traces()
    now = await task.now()
    record = record_of(task, replace(known, remote_id=known.former), f"{record_id(known)}.{known.former}", now)
    await leave(task, journal, known.former, traces)
    if await give_up(task, known.former):
        traces.left.append("moved to the trash")
    proven = replace(record, verified_at=await task.now(), how=tuple(traces.left), places=tuple(traces.places.values()))
    (kept,) = await task.parts.ledger.put_publications([replace(known, former=None)], withdrawals=[proven])
    return replace(task, publication=kept)


async def _begun(task: Task) -> tuple[Task, Withdrawal]:
    """That it is being taken out is on record, with the record of it, before the first call."""
    known = task.known()
    name = record_id(known)
    record = await task.parts.ledger.withdrawal(name)
    if known.stage is Stage.LEAVING and record is not None:
        return task, record
    now = await task.now()
    record = record or record_of(task, known, name, now)
    leaving = replace(known, stage=Stage.LEAVING, at=now)
    (kept,) = await task.parts.ledger.put_publications([leaving], withdrawals=[record])
    return replace(task, publication=kept), record


def record_id(known: Publication) -> str:
    return derived_id("wd", known.link, str(known.copy), str(known.turn))


def record_of(task: Task, known: Publication, name: str, now: datetime) -> Withdrawal:
    assert known.remote_id is not None  # noqa: S101 - who has no file is not withdrawn
    seen = known.at if known.stage is Stage.VISIBLE else None
    return Withdrawal(
        id=name,
        flow=known.flow,
        link=known.link,
        copy=known.copy,
        key=AssetKey(known.copy.account, known.remote_id),
        file_name=known.file_name,
        sha256=known.sha256,
        causes=task.action.reasons,
        deadline=task.outward.deadline,
        visible_since=seen,
        decided_at=now,
        begun_at=now,
        own_fields=tuple(sorted(task.outlet.own_fields)),
    )


async def leave(task: Task, journal: StepJournal, file: RemoteId, traces: Traces) -> None:
    """Take one file out of its gallery and of every place outside that it is found in, until it is found in none."""
    known, wanted = task.known(), task.outward
    first = tuple(dict.fromkeys(it for it in (known.gallery, wanted.gallery, *wanted.places) if it))

    async def work() -> Mapping[str, object]:
        if not known.sha256:
            await _at_home(task, file)  # not ours from the start: it may stand nowhere else
        await _out_of(task, file, first)
        return {"places": list(first)}

    if journal.outcome(Step.LEAVE) is None or file == known.former:
        await journal.run(Step.LEAVE, {"file": file, "places": list(first)}, work)
    for look in range(LOOKS):
        held = await _held(task, file)
        outside = [it for it in held if it.effective is not Visibility.PRIVATE]
        meant = [it for it in outside if it.container in first or matches_any(it.path, task.outlet.answers_for)]
        await _note(task, traces, first, held, look)
        if not meant:
            traces.beyond += [f"{it.path}: not answered for by this outlet" for it in outside]
            if not wanted.discard and file == known.remote_id:
                await _bring_home(task, file, held)
            return
        await _out_of(task, file, [it.container for it in meant])
    raise Unclear(f"{task.site.account}:{file} is still shown outside after it was taken out; it is looked at again.")


async def _out_of(task: Task, file: RemoteId, containers: Sequence[RemoteId]) -> None:
    for it in containers:
        try:
            await task.site.archive.take_out(file, out_of=it, lane=URGENT)
        except (Refused, MovedOn):
            continue  # the gallery or the file may be gone; the look that follows says


async def _held(task: Task, file: RemoteId) -> tuple[Held, ...]:
    """The containers that hold it; none where it is proven to be gone."""
    try:
        return await task.watch.places(file, URGENT)
    except MovedOn:
        found = (await task.site.archive.read([file], lane=URGENT)).get(file)
        if found is None or isinstance(found, Missing):
            return ()
        raise


async def _note(task: Task, traces: Traces, first: Sequence[RemoteId], held: Sequence[Held], look: int) -> None:
    """What this look found, and what was left before it."""
    now = await task.now()
    there = {it.container: it for it in held}
    for container in dict.fromkeys((*first, *traces.places, *there)):
        it = there.get(container)
        was = traces.places.get(container)
        before = was.held_before if was is not None else (container in first or look == 0)
        path = it.path if it is not None else was.path if was is not None else _path(task, container)
        effective = it.effective if it is not None else was.effective if was is not None else "unknown"
        traces.places[container] = Place(
            container=container,
            path=path,
            effective=str(effective),
            held_before=before or it is not None,
            held_after=it is not None,
            at=now,
        )
        if it is None and f"taken out of {path}" not in traces.left and before:
            traces.left.append(f"taken out of {path}")


def _path(task: Task, container: RemoteId) -> str:
    return task.outlet.gallery if container == task.known().gallery else f"id:{container}"


async def _at_home(task: Task, file: RemoteId) -> None:
    home = await task.home(URGENT)
    await task.site.archive.place(file, into=home, out_of=None, lane=URGENT)


async def _bring_home(task: Task, file: RemoteId, held: Sequence[Held]) -> None:
    """A file that stands in no place at all, because people took it out of ours, or still in the berth that it came in."""
    berth = next((it.container for it in held if it.path.startswith(f"{task.site.arrivals}/")), None)
    if held and berth is None:
        return
    try:
        home = await task.home(URGENT)
        await task.site.archive.place(file, into=home, out_of=berth, lane=URGENT)
    except (Refused, MovedOn):
        return  # it is gone altogether, which the look has said
    for kind in (ActionKind.STAGE, ActionKind.PUBLISH):
        await task.parts.ledger.release_berth(task.site.account, replace(task.action, kind=kind).id)


async def _discard(task: Task, journal: StepJournal, file: RemoteId) -> None:
    async def work() -> Mapping[str, object]:
        await _thrown_away(task, file)
        return {"file": file}

    if journal.outcome(Step.DISCARD) is None:
        await journal.run(Step.DISCARD, {"file": file}, work)


async def give_up(task: Task, file: RemoteId) -> bool:
    """Nobody looks after it from here on: into the trash where that is proven to be one. Says whether it went there."""
    if not task.site.archive.capabilities.discard_recoverable.usable:
        return False
    try:
        await _thrown_away(task, file)
    except Refused:
        return False
    return True


async def _thrown_away(task: Task, file: RemoteId) -> None:
    """Discard it, and see that it is gone: people could show again what only seems to be. Raises `Unclear` where it is not."""
    with contextlib.suppress(MovedOn):
        await task.site.archive.discard(file, lane=URGENT)
    found = (await task.site.archive.read([file], lane=URGENT)).get(file)
    if found is not None and not isinstance(found, Missing):
        raise Unclear(f"{task.site.account}:{file} was thrown away and is still there; it is looked at again.")


async def _unchecked(task: Task) -> tuple[str, ...]:
    """What nobody can look into, each with who could have it."""
    agreed = (await task.parts.ledger.agreed_audiences()).get(task.outlet.name)
    who = ", ".join((agreed.effective, *agreed.grants)) if agreed is not None else "an audience that nobody agreed"
    return tuple(f"{it}: {who}" for it in ("downloads", "embeds", "caches"))
