"""One run of intake: take up what was cut off, look around, decide, act, account. Every item seen gets one end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from dambridge.engine import reconciling
from dambridge.engine.accounting import account_for, ends_of_left, outcomes_of_unfinished
from dambridge.engine.batches import finish, hand_over, paused
from dambridge.engine.burying import bury
from dambridge.engine.parts import Parts
from dambridge.engine.running import RunResult, take_up_run
from dambridge.engine.taking_in.deciding import decide_all
from dambridge.engine.taking_in.drifting import count_drift, hold_all
from dambridge.engine.taking_in.observing import Listing, look_around, read_all, remember_position
from dambridge.engine.taking_in.sending_back import send_back
from dambridge.engine.taking_in.showing import show_at_source
from dambridge.model.actions import Action
from dambridge.model.identity import CommandId, PlanId, RunId
from dambridge.model.plans import Plan
from dambridge.model.reasons import Code, Reason
from dambridge.ports.errors import CannotGoOn


async def run_flow(
    parts: Parts, *, command: CommandId | None = None, full: bool = False, reconcile: bool = False
) -> RunResult:
    """Run the flow once, draining what there is. `full` looks at everything selected, as a sweep does; `reconcile` holds
    all ids of both sides against the store and reads a share of the sources again."""
    begun, calls_before = time.monotonic(), parts.calls()
    parts.progress.clear()
    earlier = await parts.ledger.unfinished_runs(parts.flow)
    run = await parts.ledger.open_run(
        parts.flow, at=await parts.clock.now(), command=command, plan=None, configuration=parts.configuration
    )
    stopped: list[str] = []
    notes: list[Reason] = []
    more: dict[str, Any] = {}
    try:
        for old in earlier:
            stopped += await take_up_run(parts, old.id, by=run)
        parts.progress.begin("looking")
        listing = await look_around(parts, full=full, due=not reconcile)
        if reconcile:
            await hold_all(parts, run, listing)
        notes += listing.notes
        parts.progress.begin("working", total=len(listing.ids))
        stopped += await _work_through(parts, run, listing, notes)
        if not stopped:
            await remember_position(parts, listing)
            if listing.reconcile is not None:
                await parts.ledger.forget_sights(run)
                more["reconcile"] = await reconciling.end(parts, {parts.policy.source: parts.source}, listing.reconcile)
    except CannotGoOn as error:
        stopped.append(str(error))
    summary = await account_for(
        parts, run, seconds=time.monotonic() - begun, calls_before=calls_before, notes=notes, stopped=stopped
    )
    summary["flows"][str(parts.flow)] |= more
    state = "failed" if stopped else "ended"
    await parts.ledger.close_run(run, at=await parts.clock.now(), state=state, summary=summary)
    return RunResult(run, summary, stopped)


async def _work_through(parts: Parts, run: RunId, listing: Listing, notes: list[Reason]) -> list[str]:
    """Tranche by tranche: read, decide, act. Stops at the first thing that nobody can go on from."""
    changes = 0
    for serial, start in enumerate(range(0, len(listing.ids), parts.settings.tranche)):
        ids = listing.ids[start : start + parts.settings.tranche]
        sights = await read_all(parts, ids, restated=listing.restated)
        if listing.reconcile is not None:
            await count_drift(parts, listing, sights)
        plan = await decide_all(parts, sights, changes_before=changes, known=len(listing.ids))
        changes += len(plan.actions)
        stopped = await carry_plan(parts, run, plan, serial=serial, notes=notes)
        if stopped:
            return stopped
        if not plan.header.tripped and not await paused(parts):
            await show_at_source(parts, sights)
    return []


async def carry_plan(parts: Parts, run: RunId, plan: Plan, *, serial: int, notes: list[Reason]) -> list[str]:
    """Write down what the plan leaves, carry out what it says; a tripped guard or a pause holds every action back."""
    await ends_of_left(parts, run, plan.left)
    await bury(parts, plan.left)
    held = plan.header.tripped[0] if plan.header.tripped else None
    if held is None and await paused(parts):
        held = Reason.of(Code.PAUSED, flow=str(parts.flow))
    if held is not None:
        notes.append(held)
        await outcomes_of_unfinished(parts, run, plan.actions, held)
        return []
    await send_back(parts, plan.left, plan.actions)
    return await _act(parts, run, plan.id, plan.actions, serial=serial)


async def _act(parts: Parts, run: RunId, plan: PlanId, actions: Sequence[Action], *, serial: int) -> list[str]:
    works = await hand_over(parts, run, plan, actions, serial=serial)
    stopped = await finish(parts, works)
    open_still = await parts.ledger.unsettled(run, [it.id for it in actions])
    if open_still:
        left = [it for it in actions if it.id in open_still]
        why = Reason.of(Code.TRY_LATER, text=stopped[0]) if stopped else Reason.of(Code.PAUSED, flow=str(parts.flow))
        await outcomes_of_unfinished(parts, run, left, why)
    return stopped
