"""How the flows stand, for people: one row a flow, and what waits for whom. Only reads."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from dambridge.engine.ordering import SILENT_AFTER
from dambridge.engine.reconciling import last_reconcile
from dambridge.model.identity import FlowName, RunId
from dambridge.ports.ledger import Ledger, RunRow

RECENT = 24
"""Runs of a flow that its small chart shows."""
LOOKS_BACK = 5
"""How often more runs are read for a chart that is not full yet."""


class Health(StrEnum):
    """How a flow is, in a word."""

    WELL = "well"
    NEEDS_YOU = "needs a person"
    HELD = "held"
    FAILED = "failed"
    WORKING = "working"
    NEW = "not run yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run under way is; `seconds_left` None where nobody can say."""

    stage: str
    ended: int
    total: int
    bytes: int
    seconds_left: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStanding:
    """One flow. `held_by` names who holds it; `runs` are the latest, newest first; `attention` what waits for a person by
    reason code; `progress` where it is at work; `next_at` when it looks again by itself."""

    flow: FlowName
    held_by: str | None
    runs: tuple[RunRow, ...]
    attention: Mapping[str, int]
    progress: Progress | None
    next_at: datetime | None
    reconcile: Mapping[str, Any] | None

    @property
    def last(self) -> RunRow | None:
        """The last run that has ended."""
        return next((it for it in self.runs if it.ended_at is not None), None)

    @property
    def history(self) -> list[tuple[int, bool]]:
        """For each run that has ended, the oldest first: assets done, and whether anything was left for a person."""
        told = [(it.summary or {}).get("flows", {}).get(str(self.flow), {}) for it in reversed(self.runs) if it.summary]
        return [(int(it.get("done") or 0), bool(it.get("needs_attention"))) for it in told]

    @property
    def told(self) -> Mapping[str, Any]:
        """What the last run says of itself."""
        last = self.last
        flows: Mapping[str, Any] = (last.summary or {}).get("flows", {}) if last else {}
        found: Mapping[str, Any] = flows.get(str(self.flow), {})
        return found

    @property
    def backlog(self) -> int:
        """Assets that wait, are quarantined or failed, as far as the last run knew."""
        return sum(int(self.told.get(it) or 0) for it in ("waiting", "quarantined", "failed"))

    @property
    def lag(self) -> float | None:
        """The middle lag in seconds of the latest run that carried anything."""
        for run in self.runs:
            told = ((run.summary or {}).get("flows", {}) or {}).get(str(self.flow), {})
            if (found := (told.get("lag_seconds") or {}).get("p50")) is not None:
                return float(found)
        return None

    @property
    def health(self) -> Health:
        if self.progress is not None:
            return Health.WORKING
        if self.held_by is not None:
            return Health.HELD
        if self.last is None:
            return Health.NEW
        if self.told.get("stopped") or self.last.state not in {"ended", "waiting"}:
            return Health.FAILED
        return Health.NEEDS_YOU if self.attention else Health.WELL


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One run that has ended, as a chart shows it: assets done, assets left for people, the middle lag in seconds."""

    run: RunId
    at: datetime
    done: int
    left: int
    lag: float | None


async def points_of(ledger: Ledger, flow: FlowName, *, limit: int) -> Sequence[Point]:
    """The latest runs of this flow that have ended and looked at anything, the oldest first. Most runs of a quiet flow look at
    nothing, so it is looked back further than that, within a bound."""
    found: list[Point] = []
    before: RunId | None = None
    for _ in range(LOOKS_BACK):
        rows = await ledger.runs(flow=flow, before=before, limit=limit * 2)
        found += [it for it in map(partial(_point, flow=flow), rows) if it is not None]
        if len(found) >= limit or len(rows) < limit * 2:
            break
        before = rows[-1].id
    return found[:limit][::-1]


def _point(run: RunRow, *, flow: FlowName) -> Point | None:
    told = (run.summary or {}).get("flows", {}).get(str(flow), {})
    if run.ended_at is None or not told.get("seen"):
        return None
    left = sum(int(told.get(it) or 0) for it in ("waiting", "quarantined", "failed"))
    lag = (told.get("lag_seconds") or {}).get("p50")
    done = int(told.get("done") or 0)
    return Point(run=run.id, at=run.ended_at, done=done, left=left, lag=None if lag is None else float(lag))


async def flow_standing(ledger: Ledger, flow: FlowName) -> FlowStanding:
    runs = tuple(await ledger.runs(flow=flow, limit=RECENT))
    return FlowStanding(
        flow=flow,
        held_by=await ledger.control(f"paused:{flow}"),
        runs=runs,
        attention=dict(await ledger.attention(flow)),
        progress=await progress_of(ledger, flow) if runs and runs[0].ended_at is None else None,
        next_at=await ledger.next_due(kinds=[f"poll:{flow}"]),
        reconcile=await last_reconcile(ledger, flow),
    )


async def progress_of(ledger: Ledger, flow: FlowName) -> Progress | None:
    """What the worker last said of this flow."""
    stage, ended, total, moved, left = [*(await ledger.control(f"progress:{flow}") or "").split("|"), *[""] * 5][:5]
    if not stage:
        return None
    seconds = float(left) if left else None
    return Progress(
        stage=stage, ended=int(ended or 0), total=int(total or 0), bytes=int(moved or 0), seconds_left=seconds
    )


async def live_workers(ledger: Ledger) -> Sequence[tuple[str, bool]]:
    """Who works, and whether they take orders."""
    return await ledger.live_workers(since=time.time() - SILENT_AFTER)  # noqa: TID251 - heartbeats are real time


async def needs(ledger: Ledger) -> dict[str, int]:
    """What waits for a person, of flows that are not configured any more too: their inbox stands."""
    found: Counter[str] = Counter()
    for flow in FlowName:
        found.update(await ledger.attention(flow))
    return dict(sorted(found.items()))
