"""Plans of which every item is a link with any number of actions: carried out link by link, each item with one end.

An item is listed under its face: one asset of the link, always the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from dambridge.engine.accounting import ends_of_left
from dambridge.engine.batches import BATCH, Hold, finish, paused, start_batch
from dambridge.engine.ended import Ended, worse
from dambridge.engine.parts import FlowParts
from dambridge.model.actions import Action, ActionKind, Leave
from dambridge.model.identity import AssetKey, LinkId, PlanId, RunId
from dambridge.model.outcomes import ItemOutcome, Outcome
from dambridge.model.plans import LeftItem, Plan
from dambridge.model.reasons import Code, Reason
from dambridge.model.terms import TermUse
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.ledger import ActionRow, AuditEntry, Observation, Settlement, WorkStage
from dambridge.ports.runtime import Json

Faces = Mapping[LinkId, AssetKey]
Order = Sequence[ActionKind]
"""The kinds of a link's actions in the order in which they are done."""


def in_order(rows: Iterable[ActionRow], order: Order) -> list[ActionRow]:
    return sorted(rows, key=lambda it: (order.index(it.action.kind), it.action.target, it.action.id))


def by_link(rows: Iterable[ActionRow]) -> dict[LinkId, list[ActionRow]]:
    found: dict[LinkId, list[ActionRow]] = {}
    for row in rows:
        found.setdefault(row.action.link, []).append(row)
    return found


async def each(
    parts: FlowParts,
    links: Collection[LinkId],
    work: Callable[[LinkId], Awaitable[None]],
    *,
    at_once: int | None = None,
) -> Json:
    """Work on these links, as many at once as the settings allow, until people hold the flow or nobody can go on.

    Returns `{"ended": n}`, with `"stopped"` and a sentence where the run cannot go on."""
    gate = asyncio.Semaphore(at_once or parts.settings.concurrency)
    held = Hold(parts)
    stopped: list[str] = []
    ended = 0

    async def one(link: LinkId) -> None:
        nonlocal ended
        async with gate:
            if stopped or await held():
                return
            try:
                await work(link)
                ended += 1
            except CannotGoOn as error:
                stopped.append(str(error))

    async with asyncio.TaskGroup() as group:
        for link in links:
            group.create_task(one(link))
    return {"ended": ended, **({"stopped": stopped[0]} if stopped else {})}


async def carry_plan(
    parts: FlowParts, run: RunId, plan: Plan, faces: Faces, *, order: Order, serial: int, notes: list[Reason]
) -> list[str]:
    """Write down what the plan leaves, carry out what it says; a tripped guard or a pause holds every write back."""
    acting = {it.link for it in plan.actions}
    own = {faces[it] for it in acting}
    await end_left(parts, run, [it for it in plan.left if it.key not in own])
    held = plan.header.tripped[0] if plan.header.tripped else None
    if held is None and await paused(parts):
        held = Reason.of(Code.PAUSED, flow=str(parts.flow))
    if held is not None:
        notes.append(held)
        await hold_back(parts, run, [faces[it] for it in sorted(acting)], held)
        return []
    stopped = await _act(parts, run, plan.id, plan.actions, faces, order=order, serial=serial)
    await _still_waiting(parts, run, [it for it in plan.left if it.key in own])
    return stopped


async def _still_waiting(parts: FlowParts, run: RunId, left: Sequence[LeftItem]) -> None:
    """Links that were worked on, and of which something waits nevertheless: the item ends as the worse of both."""
    ends = await parts.ledger.observations(parts.flow, [it.key for it in left])
    worst: list[LeftItem] = []
    for item in left:
        so_far = ends.get(item.key)
        own = Ended(item.leave.outcome, item.leave.reason, item.leave.waits_for)
        if so_far is None or so_far.run != run or worse(Ended.of(so_far), own).reason == own.reason:
            worst.append(item)
    await end_left(parts, run, worst)


async def end_left(parts: FlowParts, run: RunId, left: Sequence[LeftItem]) -> None:
    """Write the ends of items; what was seen of them is as old as the look at them."""
    known = await parts.ledger.observations(parts.flow, [it.key for it in left])
    await ends_of_left(parts, run, left, looked={key: it.at for key, it in known.items()})


async def hold_back(parts: FlowParts, run: RunId, faces: Sequence[AssetKey], why: Reason) -> None:
    """Links that were to be worked on wait, and say for whom."""
    waits_for = "coordinator" if why.code in {Code.GUARD_TRIPPED, Code.PAUSED, Code.NOT_IN_WAVE} else "system"
    leave = Leave(outcome=Outcome.WAITING, reason=why, waits_for=waits_for)
    await end_left(parts, run, [LeftItem(key=it, leave=leave, expects=None) for it in faces])


async def _act(
    parts: FlowParts, run: RunId, plan: PlanId, actions: Sequence[Action], faces: Faces, *, order: Order, serial: int
) -> list[str]:
    works = [
        await start_batch(parts, BATCH, run, plan, batch=f"{run}/{serial:04d}-{number:03d}", actions=some)
        for number, some in enumerate(_batches(actions, order, parts.settings.batch))
    ]
    stopped = await finish(parts, works)
    open_still = await parts.ledger.unsettled(run, [it.id for it in actions])
    if open_still:
        left = sorted({it.link for it in actions if it.id in open_still})
        why = Reason.of(Code.TRY_LATER, text=stopped[0]) if stopped else Reason.of(Code.PAUSED, flow=str(parts.flow))
        await hold_back(parts, run, [faces[it] for it in left], why)
    return stopped


def _batches(actions: Sequence[Action], order: Order, size: int) -> list[list[Action]]:
    """Actions by link, each link's in the order in which they are done, no link in two batches."""
    found: list[list[Action]] = []
    for action in sorted(actions, key=lambda it: (it.link, order.index(it.kind), it.target, it.id)):
        if not found or (len(found[-1]) >= size and found[-1][-1].link != action.link):
            found.append([])
        found[-1].append(action)
    return found


def settled_by_link(
    parts: FlowParts,
    row: ActionRow,
    *,
    stage: WorkStage,
    face: AssetKey,
    item: Ended,
    looked: Observation | None,
    lag: float | None,
    audit: Sequence[AuditEntry],
    retry_after: timedelta | None,
    now: datetime,
    words: tuple[TermUse, ...] | None = None,
) -> Settlement:
    """What the end of an action writes of the item that its link is: `item` is how that ended so far, this action's end
    included; `looked` says what the item's copy was when it was looked at, and when."""
    return Settlement(
        action=row.action.id,
        stage=stage,
        item=ItemOutcome(
            key=face,
            link=row.action.link,
            outcome=item.outcome,
            reason=item.reason,
            waits_for=item.waits_for,
            bytes_moved=item.bytes_moved,
            lag=lag,
        ),
        run=row.run,
        link=None,
        agreed=None,
        observation=Observation(
            flow=parts.flow,
            key=face,
            version=looked.version if looked is not None else None,
            file_name=looked.file_name if looked is not None else row.action.file_name,
            outcome=item.outcome,
            reason=item.reason,
            waits_for=item.waits_for,
            run=row.run,
            at=looked.at if looked is not None else now,
            words=words,
        ),
        audit=tuple(audit),
        retry_at=now + retry_after if retry_after is not None else None,
    )
