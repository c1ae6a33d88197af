"""Runs and how their items ended: one row per run and asset, so that an item has exactly one end in a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select, update

from dambridge.model.identity import AccountId, AssetKey, CommandId, FlowName, LinkId, PlanId, RemoteId, RunId
from dambridge.model.outcomes import Counts, ItemOutcome, Outcome
from dambridge.model.reasons import Reason
from dambridge.ports.ledger import RunRow
from dambridge.storage.counting import next_number
from dambridge.storage.keys import behind
from dambridge.storage.orders import silent
from dambridge.storage.tables.work import commands, items, runs, workers
from dambridge.storage.upserting import put_later
from dambridge.storage.writer import Tx


def open_run(
    conn: Connection,
    flow: FlowName,
    *,
    at: datetime,
    command: CommandId | None,
    plan: PlanId | None,
    configuration: str,
) -> RunId:
    seq = next_number(conn, "run")
    run = RunId(f"run-{seq:06d}")
    claim = 0
    if command is not None:
        claim = conn.execute(select(commands.c.claims).where(commands.c.id == command)).scalar_one_or_none() or 0
    row = {
        "seq": seq,
        "id": run,
        "flow": flow,
        "command": command,
        "claim": claim,
        "plan": plan,
        "started_at": at,
        "state": "running",
        "configuration": configuration or None,
    }
    conn.execute(insert(runs), row)
    return run


def close_run(conn: Connection, run: RunId, at: datetime, state: str, summary: Mapping[str, Any]) -> None:
    """Raises `LookupError` for a run that was never opened."""
    change = update(runs).where(runs.c.id == run).values(ended_at=at, state=state, summary=dict(summary))
    if conn.execute(change).rowcount != 1:
        raise LookupError(f"there is no run {run}")


def unfinished_runs(conn: Connection, flow: FlowName) -> list[RunRow]:
    """Runs that nobody works on any more; one whose order is in the hands of a living worker is not among them."""
    alive = exists().where(
        commands.c.id == runs.c.command,
        commands.c.state == "running",
        commands.c.claims == runs.c.claim,
        workers.c.name == commands.c.worker,
        ~silent(workers.c.beat),
    )
    query = select(runs).where(runs.c.flow == flow, runs.c.ended_at.is_(None), ~alive).order_by(runs.c.seq)
    return [_run(row) for row in conn.execute(query)]


def run_row(conn: Connection, run: RunId) -> RunRow | None:
    row = conn.execute(select(runs).where(runs.c.id == run)).one_or_none()
    return _run(row) if row else None


def latest_runs(conn: Connection, flow: FlowName | None, before: RunId | None, limit: int) -> list[RunRow]:
    """The newest first."""
    query = select(runs).order_by(runs.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(runs.c.seq < select(runs.c.seq).where(runs.c.id == before).scalar_subquery())
    if flow is not None:
        query = query.where(runs.c.flow == flow)
    return [_run(row) for row in conn.execute(query)]


_TOLD = frozenset({"lag", "bytes_moved"})
"""What was carried over is not undone by what of the item waits."""


def put_items(tx: Tx, run: RunId, ends: Sequence[ItemOutcome]) -> None:
    """Write ends of items; of two for one asset the later counts, with the longest lag and all bytes that were told."""
    put_later(tx, items, [_item_values(run, it) for it in ends], most=_TOLD)


def counts(conn: Connection, run: RunId) -> Counts:
    query = select(items.c.outcome, func.count()).where(items.c.run == run).group_by(items.c.outcome)
    return Counts(**{row[0]: row[1] for row in conn.execute(query)})


def carried(conn: Connection, run: RunId) -> tuple[int, list[float]]:
    """Bytes moved in the run, and the lags in seconds of what was carried over."""
    moved = conn.execute(select(func.coalesce(func.sum(items.c.bytes_moved), 0)).where(items.c.run == run)).scalar_one()
    lags = select(items.c.lag).where(items.c.run == run, items.c.lag.is_not(None)).order_by(items.c.lag)
    return int(moved), [float(it) for it in conn.execute(lags).scalars()]


def items_of(
    conn: Connection, run: RunId, outcome: Outcome | None, after: AssetKey | None, limit: int
) -> list[ItemOutcome]:
    query = select(items).where(items.c.run == run).order_by(items.c.account, items.c.remote_id).limit(limit)
    if outcome is not None:
        query = query.where(items.c.outcome == outcome)
    if after is not None:
        query = query.where(behind([(items.c.account, after.account), (items.c.remote_id, after.remote_id)]))
    return [_item(row) for row in conn.execute(query)]


def _run(row: Row[Any]) -> RunRow:
    return RunRow(
        id=RunId(row.id),
        flow=FlowName(row.flow),
        command=CommandId(row.command) if row.command is not None else None,
        plan=PlanId(row.plan) if row.plan is not None else None,
        started_at=row.started_at,
        ended_at=row.ended_at,
        state=row.state,
        summary=row.summary,
        configuration=row.configuration or "",
    )


def _item_values(run: RunId, it: ItemOutcome) -> dict[str, Any]:
    return {
        "run": run,
        "account": it.key.account,
        "remote_id": it.key.remote_id,
        "link": it.link,
        "outcome": str(it.outcome),
        "reason": it.reason.to_json(),
        "waits_for": it.waits_for,
        "bytes_moved": it.bytes_moved,
        "lag": it.lag,
    }


def _item(row: Row[Any]) -> ItemOutcome:
    return ItemOutcome(
        key=AssetKey(AccountId(row.account), RemoteId(row.remote_id)),
        link=LinkId(row.link) if row.link is not None else None,
        outcome=Outcome(row.outcome),
        reason=Reason.from_json(row.reason),
        waits_for=row.waits_for,
        bytes_moved=row.bytes_moved,
        lag=row.lag,
    )
