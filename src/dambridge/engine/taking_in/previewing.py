"""Plans as files: made by looking and deciding alone, stored, and carried out exactly or not at all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from dambridge.engine.accounting import account_for, outcomes_of_unfinished
from dambridge.engine.fitting import Approval, refuse_unfit, still_to_do
from dambridge.engine.parts import Parts
from dambridge.engine.running import RunResult
from dambridge.engine.taking_in.deciding import assemble, capability_digest, decide_sights, policy_digest
from dambridge.engine.taking_in.observing import look_around, read_all, read_targets
from dambridge.engine.taking_in.running import carry_plan
from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import AssetKey
from dambridge.model.plans import LeftItem, Plan
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Seen
from dambridge.planning import check_moved, waves
from dambridge.ports.errors import CannotGoOn, MovedOn, Refused
from dambridge.ports.ledger import AuditEntry


async def preview(parts: Parts, *, full: bool) -> Plan:
    """Look and decide over everything that a run would see now; write nothing but the plan itself."""
    listing = await look_around(parts, full=full)
    actions: list[Action] = []
    left: list[LeftItem] = []
    for start in range(0, len(listing.ids), parts.settings.tranche):
        ids = listing.ids[start : start + parts.settings.tranche]
        sights = await read_all(parts, ids, restated=listing.restated)
        more, leave = await decide_sights(parts, sights)
        actions += more
        left += leave
    plan = await assemble(parts, actions, left, changes_before=0, known=len(listing.ids))
    if listing.notes:
        plan = replace(plan, header=replace(plan.header, tripped=(*plan.header.tripped, *listing.notes)))
    now = await parts.clock.now()
    await parts.ledger.save_plan(plan.id, parts.flow, at=now, lines=list(plan.lines()))
    return plan


async def apply(parts: Parts, plan: Plan, approval: Approval) -> RunResult:
    """Carry out exactly this plan. Raises `Refused` before anything is done when the plan does not fit the world.

    `pilot` stops after so many assets; `wave` works in waves of so many and can be paused between them. What an
    earlier apply of the same plan did is not done again."""
    begun, calls_before = time.monotonic(), parts.calls()
    parts.progress.clear()
    await _fits(parts, plan, approval)
    todo = await still_to_do(parts, plan.actions)
    await _nothing_moved(parts, plan, todo)
    now = await parts.clock.now()
    run = await parts.ledger.open_run(
        parts.flow, at=now, command=approval.command, plan=plan.id, configuration=parts.configuration
    )
    await parts.ledger.audit(
        [
            AuditEntry(
                at=now,
                actor=approval.by,
                event="plan.approved",
                subject=plan.id,
                detail={"run": run, "pilot": approval.pilot},
            )
        ]
    )
    parts.progress.begin("working", total=len(todo) + len(plan.left))
    stopped: list[str] = []
    notes: list[Reason] = []
    first = True
    try:
        chosen = todo[: approval.pilot] if approval.pilot else todo
        for serial, part in enumerate(waves(chosen, 0, approval.wave or len(chosen) or 1) or [()]):
            piece = Plan(header=replace(plan.header, tripped=()), actions=tuple(part), left=plan.left if first else ())
            first = False
            stopped = await carry_plan(parts, run, piece, serial=serial, notes=notes)
            if stopped:
                break
        await outcomes_of_unfinished(parts, run, todo[len(chosen) :], Reason.of(Code.NOT_IN_WAVE, plan=plan.id))
    except CannotGoOn as error:
        stopped.append(str(error))
    summary = await account_for(
        parts, run, seconds=time.monotonic() - begun, calls_before=calls_before, notes=notes, stopped=stopped
    )
    whole = not await still_to_do(parts, plan.actions)
    await parts.ledger.mark_plan(plan.id, state="applied" if whole else "made", approved_by=approval.by)
    state = "failed" if stopped else "ended"
    await parts.ledger.close_run(run, at=await parts.clock.now(), state=state, summary=summary)
    return RunResult(run, summary, stopped)


async def _fits(parts: Parts, plan: Plan, approval: Approval) -> None:
    if any(it.kind is ActionKind.ACTIVATE for it in plan.actions):
        raise Refused(f"Plan {plan.id} activates links: `dambridge match activate {plan.id} --by NAME`.")
    policy, capabilities = policy_digest(parts), capability_digest(parts)
    await refuse_unfit(parts, plan, approval, policy=policy, capabilities=capabilities)


async def _nothing_moved(parts: Parts, plan: Plan, todo: Sequence[Action]) -> None:
    """Read every copy that the open actions expect something of. Raises `MovedOn` for the whole plan if any moved."""
    sources = {it.source.remote_id for it in todo} | {it.side_car for it in todo if it.side_car is not None}
    sights = await read_all(parts, sorted(sources))
    seen: dict[AssetKey, Seen] = {it.key: it.seen for it in sights}
    targets = [it.target_id for it in todo if it.target_id is not None]
    for remote_id, state in (await read_targets(parts, targets)).items():
        seen[AssetKey(parts.policy.target, remote_id)] = state
    moved = check_moved(replace(plan, actions=tuple(todo)), seen)
    if moved:
        raise MovedOn(
            f"{len(moved)} of {len(todo)} assets moved since plan {plan.id} was made; nothing was done. Plan again."
        )
