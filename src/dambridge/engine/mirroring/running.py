"""One run of a two-way flow: take up what was cut off, look around, decide, act, account. Every link seen gets one end."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dambridge.engine import reconciling
from dambridge.engine.accounting import account_for
from dambridge.engine.batches import paused
from dambridge.engine.by_link import carry_plan
from dambridge.engine.mirroring.acting import ORDER
from dambridge.engine.mirroring.assembling import assemble
from dambridge.engine.mirroring.deciding import Decide, Decided, decide_links
from dambridge.engine.mirroring.drifting import count_drift
from dambridge.engine.mirroring.due import set_due
from dambridge.engine.mirroring.looking import Round, look_around, remember_position, tranches
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.settling import face_of
from dambridge.engine.mirroring.sighting import tell_sights
from dambridge.engine.running import RunResult, take_up_run
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import AssetKey, CommandId, Link, LinkId, RunId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.ledger import Observation

Besides = Callable[[RunId, list[Reason]], Awaitable[None]]


async def run_mirror(
    parts: MirrorParts,
    *,
    command: CommandId | None = None,
    full: bool = False,
    reconcile: bool = False,
    decide: Decide | None = None,
    besides: Besides | None = None,
) -> RunResult:
    """Run the flow once, draining what there is. `full` looks at every link, `reconcile` at all ids and a share of them.

    `decide` says what links need; left out, that all their copies come to agree. `besides` is what the run does beside its
    links."""
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
            await parts.ledger.forget_sights(old.id)
            stopped += await take_up_run(parts, old.id, by=run, account=_account)
        parts.progress.begin("looking")
        found = await look_around(parts, run, full=full, reconcile=reconcile)
        notes += found.notes
        parts.progress.begin("working", total=len(found.met))
        if not stopped:
            stopped += await _work_through(parts, run, found, notes, decide)
        if not stopped and besides is not None:
            await besides(run, notes)
        if not stopped:
            await remember_position(parts, run, found)
            if found.reconcile is not None:
                more["reconcile"] = await reconciling.end(parts, parts.sites, found.reconcile)
    except CannotGoOn as error:
        stopped.append(str(error))
    seconds = time.monotonic() - begun
    return await close_run(
        parts, run, seconds=seconds, calls_before=calls_before, notes=notes, stopped=stopped, more=more
    )


async def close_run(
    parts: MirrorParts,
    run: RunId,
    *,
    seconds: float,
    calls_before: Mapping[Any, int],
    notes: Sequence[Reason],
    stopped: list[str],
    more: Mapping[str, Any] | None = None,
) -> RunResult:
    """Account for the run and end it; `more` joins its JSON."""
    summary = await _account(parts, run, seconds=seconds, calls_before=calls_before, notes=notes, stopped=stopped)
    summary["flows"][str(parts.flow)] |= more or {}
    state = "failed" if stopped else "ended"
    await parts.ledger.close_run(run, at=await parts.clock.now(), state=state, summary=summary)
    return RunResult(run, summary, stopped)


async def _account(
    parts: MirrorParts,
    run: RunId,
    *,
    seconds: float,
    calls_before: Mapping[Any, int],
    notes: Sequence[Reason],
    stopped: Sequence[str],
) -> dict[str, Any]:
    """The run's JSON, with how many entries of the inbox are in each state."""
    summary = await account_for(parts, run, seconds=seconds, calls_before=calls_before, notes=notes, stopped=stopped)
    inbox = await parts.ledger.count_conflicts(flow=parts.flow)
    flow = summary["flows"][str(parts.flow)]
    flow["inbox"] = {str(it): inbox.get(it, 0) for it in ConflictState}
    return summary


async def _work_through(
    parts: MirrorParts, run: RunId, found: Round, notes: list[Reason], decide: Decide | None
) -> list[str]:
    """Tranche by tranche: read, decide, act. Stops at the first thing that nobody can go on from."""
    before: Counter[str] = Counter()
    least = max(len(found.met), await count_links(parts) if found.swept else 0)
    known = 0
    serial = 0
    async for ids in tranches(parts, found):
        decided = await (
            decide(ids, found.unproven) if decide is not None else decide_links(parts, ids, unproven=found.unproven)
        )
        if found.reconcile is not None:
            await count_drift(parts, found, decided)
        known += len(decided.links)
        await note_versions(parts, run, decided)
        await set_due(parts, decided.asks)
        plan = await assemble(parts, decided, before=before, known=max(known, least))
        before.update(str(it.kind) for it in plan.actions)
        held = bool(plan.header.tripped) or await paused(parts)
        await tell_sights(parts, decided.sights, actor=f"flow:{run}", all_of_it=held)
        stopped = await carry_plan(
            parts, run, plan, faces_of(parts, decided.links), order=ORDER, serial=serial, notes=notes
        )
        if stopped:
            return stopped
        serial += 1
    return []


async def note_versions(parts: MirrorParts, run: RunId, decided: Decided) -> None:
    """Write down what every copy was when it was looked at, which narrows down when its next edit was made. How the last
    item of a link ended stays as it is: this one's end is still to come."""
    at = decided.begun or await parts.clock.now()
    old = await parts.ledger.observations(parts.flow, [it.key for it in decided.records])
    faces = {face_of(parts, it) for it in decided.links.values()}
    seen: list[Observation] = []
    for it in decided.records:
        fresh = Observation(
            flow=parts.flow,
            key=it.key,
            version=it.version,
            file_name=it.file_name,
            outcome=Outcome.UNCHANGED,
            reason=Reason.of(Code.IN_STEP),
            waits_for="",
            run=_NO_RUN,
            at=at,
        )
        known = old.get(it.key)
        if it.key in faces and known is not None:
            fresh = replace(known, version=it.version, file_name=it.file_name, at=at)
        seen.append(fresh)
    await parts.ledger.record_items(run, [], seen)


_NO_RUN = RunId("")


async def count_links(parts: MirrorParts) -> int:
    """How many links the flow's accounts have copies in."""
    count = 0
    after: LinkId | None = None
    while page := await parts.ledger.links_in(list(parts.policy.accounts), after=after, limit=1000):
        count, after = count + len(page), page[-1].id
    return count


def faces_of(parts: MirrorParts, links: Mapping[LinkId, Link]) -> dict[LinkId, AssetKey]:
    return {it: face_of(parts, link) for it, link in links.items()}
