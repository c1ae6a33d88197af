"""The durable units of work: a batch of actions, and a large file of its own. Both may be run again at any time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog

from dambridge.engine.parts import FlowParts, Parts
from dambridge.model.actions import Action
from dambridge.model.identity import PlanId, RunId
from dambridge.model.records import Agreed
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.ledger import ActionRow
from dambridge.ports.runtime import Json, Work, WorkState

BATCH = "batch"
TRANSFER = "transfer"
ELSEWHERE = "elsewhere"
"""In a work's result: it belongs to a worker that goes by another map."""
GIVE_OUT_AGAIN = timedelta(seconds=0.5)
log = structlog.get_logger()


CarryOut = Callable[[ActionRow, Agreed | None], Awaitable[object]]


async def work_off(parts: Parts, batch: str, *, by: CarryOut) -> Json:
    """Carry out whatever of the batch is still open, as `by` does it; harmless to repeat.

    Returns `{"ended": n}`, with `"stopped"` and a sentence where the run cannot go on."""
    rows = await parts.ledger.open_actions(batch, now=await parts.clock.now())
    agreed = await parts.ledger.agreed([row.action.link for row in rows])
    gate = asyncio.Semaphore(parts.settings.concurrency)
    held = Hold(parts)
    stopped: list[str] = []
    ended = 0

    async def one(row: ActionRow) -> None:
        nonlocal ended
        async with gate:
            if stopped or await held():
                return
            try:
                await by(row, agreed.get(row.action.link))
                ended += 1
            except CannotGoOn as error:
                stopped.append(str(error))

    async with asyncio.TaskGroup() as group:
        for row in rows:
            group.create_task(one(row))
    return {"ended": ended, **({"stopped": stopped[0]} if stopped else {})}


class Hold:
    """Whether people hold the flow, asked of the ledger twice a second at most."""

    def __init__(self, parts: FlowParts) -> None:
        self._parts = parts
        self._asked = -1.0
        self._answer = False

    async def __call__(self) -> bool:
        now = time.monotonic()
        if now - self._asked > 0.5:
            self._asked = now
            self._answer = await paused(self._parts)
        return self._answer


async def paused(parts: FlowParts) -> bool:
    return await parts.ledger.control(f"paused:{parts.flow}") is not None


async def hand_over(parts: FlowParts, run: RunId, plan: PlanId, actions: Sequence[Action], *, serial: int) -> list[str]:
    """Write the actions down as open and give them to the runtime; returns the ids of the works to wait for."""
    small = [it for it in actions if it.size <= parts.settings.large_file]
    large = [it for it in actions if it.size > parts.settings.large_file]
    works: list[str] = []
    for number, start in enumerate(range(0, len(small), parts.settings.batch)):
        batch = f"{run}/{serial:04d}-{number:03d}"
        some = small[start : start + parts.settings.batch]
        works.append(await start_batch(parts, BATCH, run, plan, batch=batch, actions=some))
    for action in large:
        batch = f"{run}/{action.id}"
        works.append(await start_batch(parts, TRANSFER, run, plan, batch=batch, actions=[action]))
    return works


async def start_batch(
    parts: FlowParts, kind: str, run: RunId, plan: PlanId, *, batch: str, actions: Sequence[Action]
) -> str:
    """Write the actions of one batch down as open and give it to the runtime; returns the id of the work to wait for."""
    await parts.ledger.put_actions(run, plan, batch, actions)
    return await _start(parts, kind, batch)


async def _start(parts: FlowParts, kind: str, batch: str, *, suffix: str = "") -> str:
    work_id = f"{kind}:{parts.flow}:{batch}{suffix}"
    args = {"flow": str(parts.flow), "batch": batch, "configuration": parts.configuration}
    await parts.runtime.start(work_id, kind, args, queue=kind, key=f"{parts.flow}:{batch}")
    return work_id


async def take_up(parts: FlowParts, batch: str, *, by: RunId) -> str:
    """Start a batch that an earlier run left open; its own workflow, if it lives, has the same key and goes first."""
    return await _start(parts, BATCH, batch, suffix=f"@{by}")


def turned_away(parts: FlowParts, args: Json) -> Json | None:
    """What comes of a work that was begun under another map or other rules than this worker goes by: nothing is done, and
    whoever waits for it gives it out again. A run is never carried out under two maps."""
    given = args.get("configuration")
    if given is None or given == parts.configuration:  # an earlier release gave it out without saying
        return None
    return {"ended": 0, ELSEWHERE: str(args["batch"])}


async def _ended(parts: FlowParts, work_id: str) -> Work:
    """The work once it has ended in the hands of a worker that goes by what its run goes by: this one is such a worker."""
    work = await parts.runtime.wait(work_id)
    while work.state is WorkState.DONE and work.result is not None and ELSEWHERE in work.result:
        await parts.rest(GIVE_OUT_AGAIN)
        kind, batch = work_id.partition(":")[0], str(work.result[ELSEWHERE])
        work_id = await _start(parts, kind, batch, suffix=f"{work_id.removeprefix(f'{kind}:{parts.flow}:{batch}')}~")
        work = await parts.runtime.wait(work_id)
    return work


async def finish(parts: FlowParts, works: Sequence[str]) -> list[str]:
    """Wait for the works; returns what stopped any of them, in words."""
    stopped: list[str] = []
    for work_id in works:
        work = await _ended(parts, work_id)
        if work.state is WorkState.DONE and work.result is not None:
            if "stopped" in work.result:
                stopped.append(str(work.result["stopped"]))
        else:
            log.error("work.ended_badly", work=work_id, state=str(work.state), error=work.error)
            stopped.append(f"{work_id} ended as {work.state}: {work.error or 'no reason given'}")
    return stopped
