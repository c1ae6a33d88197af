"""Account: every item seen ends in exactly one way, and the run says so in one document whose sums match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dambridge.engine.parts import FlowParts
from dambridge.model.actions import Action
from dambridge.model.identity import AccountId, AssetKey, RunId
from dambridge.model.outcomes import Counts, ItemOutcome, Outcome
from dambridge.model.plans import LeftItem
from dambridge.model.reasons import Code, Reason
from dambridge.ports.ledger import Observation
from dambridge.telemetry import percentile

PEOPLE_SETTLE = frozenset({Outcome.WAITING, Outcome.QUARANTINED, Outcome.FAILED})


async def ends_of_left(
    parts: FlowParts, run: RunId, left: Sequence[LeftItem], *, looked: Mapping[AssetKey, datetime] | None = None
) -> None:
    """Write the ends of items that need nothing, with what was seen of them: now, or when each was `looked` at."""
    now = await parts.clock.now()
    items = [
        ItemOutcome(
            key=it.key,
            link=None,
            outcome=it.leave.outcome,
            reason=it.leave.reason,
            waits_for=it.leave.waits_for,
        )
        for it in left
    ]
    seen = [
        Observation(
            flow=parts.flow,
            key=it.key,
            version=it.expects,
            file_name=it.file_name,
            outcome=it.leave.outcome,
            reason=it.leave.reason,
            waits_for=it.leave.waits_for,
            run=run,
            at=(looked or {}).get(it.key, now),
            words=it.leave.words,
        )
        for it in left
    ]
    await parts.ledger.record_items(run, items, seen)
    for item in items:
        parts.progress.end_item(item.outcome)


async def outcomes_of_unfinished(parts: FlowParts, run: RunId, actions: Sequence[Action], why: Reason) -> None:
    """Actions that were planned and not begun wait, and say for whom."""
    now = await parts.clock.now()
    waits_for = "coordinator" if why.code in {Code.GUARD_TRIPPED, Code.PAUSED, Code.NOT_IN_WAVE} else "system"
    items = [
        ItemOutcome(key=it.source, link=None, outcome=Outcome.WAITING, reason=why, waits_for=waits_for)
        for it in actions
    ]
    seen = [
        Observation(
            flow=parts.flow,
            key=it.source,
            version=None,
            file_name=it.file_name,
            outcome=Outcome.WAITING,
            reason=why,
            waits_for=waits_for,
            run=run,
            at=now,
        )
        for it in actions
    ]
    await parts.ledger.record_items(run, items, seen)
    for item in items:
        parts.progress.end_item(item.outcome)


async def account_for(
    parts: FlowParts,
    run: RunId,
    *,
    seconds: float,
    calls_before: Mapping[AccountId, int],
    notes: Sequence[Reason],
    stopped: Sequence[str],
) -> dict[str, Any]:
    """The run's JSON: what `dambridge run --json` prints and scripts rely on."""
    counts = await parts.ledger.counts(run)
    moved, lags = await parts.ledger.carried(run)
    said = Counter(str(note.code) for note in notes)
    waiting = {**said, **await parts.ledger.attention(parts.flow)}
    now = parts.calls()
    flow = {
        "run_id": run,
        **counts.to_json(),
        "bytes": moved,
        "calls": {account: now[account] - calls_before.get(account, 0) for account in sorted(now)},
        "seconds": round(seconds, 3),
        "lag_seconds": {"p50": percentile(lags, 50), "p99": percentile(lags, 99), "max": max(lags, default=None)},
        "needs_attention": waiting,
        "notes": [it.to_json() for it in notes],
        "stopped": list(stopped),
    }
    return {"run_id": run, "flows": {str(parts.flow): flow}}


def account_of_nothing(why: str) -> dict[str, Any]:
    """The account of a flow that ended before it could give one."""
    return {
        "run_id": None,
        **Counts().to_json(),
        "bytes": 0,
        "calls": {},
        "seconds": 0.0,
        "lag_seconds": {"p50": None, "p99": None, "max": None},
        "needs_attention": {},
        "notes": [],
        "stopped": [why],
    }
