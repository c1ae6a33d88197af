"""Stored plans: header and seal as a row, the lines in parts, exactly as they were made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from dambridge.model.identity import FlowName, PlanId
from dambridge.ports.ledger import PlanRow
from dambridge.storage.tables.work import plan_parts, plans
from dambridge.storage.upserting import add_if_new

LINES_PER_PART = 500


def save_plan(conn: Connection, plan: PlanId, flow: FlowName, at: datetime, lines: Sequence[str]) -> None:
    """Keep the plan; one that is known is left as it is, for its id is made of what it says."""
    row = {
        "id": plan,
        "flow": str(flow),
        "made_at": at,
        "state": "made",
        "header": {**json.loads(lines[0]), **json.loads(lines[-1])},
        "approved_by": "",
    }
    if not add_if_new(conn, plans, row):
        return
    starts = range(0, len(lines), LINES_PER_PART)
    parts = [{"plan": plan, "part": i, "lines": list(lines[at : at + LINES_PER_PART])} for i, at in enumerate(starts)]
    conn.execute(insert(plan_parts), parts)


def plan_lines(conn: Connection, plan: PlanId) -> list[str] | None:
    query = select(plan_parts.c.lines).where(plan_parts.c.plan == plan).order_by(plan_parts.c.part)
    lines = [line for part in conn.execute(query).scalars() for line in part]
    return lines or None


def latest_plans(conn: Connection, limit: int) -> list[PlanRow]:
    """The newest first."""
    return [
        PlanRow(
            id=PlanId(row.id),
            flow=FlowName(row.flow),
            made_at=row.made_at,
            state=row.state,
            header=row.header,
            approved_by=row.approved_by,
        )
        for row in conn.execute(select(plans).order_by(plans.c.made_at.desc(), plans.c.id).limit(limit))
    ]


def mark_plan(conn: Connection, plan: PlanId, state: str, approved_by: str) -> None:
    """Raises `LookupError` for a plan that was never saved."""
    change = update(plans).where(plans.c.id == plan).values(state=state, approved_by=approved_by)
    if conn.execute(change).rowcount != 1:
        raise LookupError(f"there is no plan {plan}")
