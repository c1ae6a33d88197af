"""Actions and their durable steps, the batches they are worked off in, and the berths they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Text, bindparam, case, delete, exists, func, insert, or_, select, update

from dambridge.model.actions import Action
from dambridge.model.identity import AccountId, ActionId, FlowName, LinkId, PlanId, RunId
from dambridge.ports.ledger import ActionRow, StepRow, WorkStage
from dambridge.storage.counting import next_number
from dambridge.storage.keys import pieces
from dambridge.storage.tables.work import actions, batches, berths, runs, steps
from dambridge.storage.upserting import add_if_new, put
from dambridge.storage.writer import Tx

_STEPS = select(steps).where(steps.c.action == bindparam("of")).order_by(steps.c.place)
_of = steps.alias()
_ADD_STEP = (
    insert(steps)
    .from_select(
        ["action", "place", "step", "attempt", "intent", "begun_at"],
        select(
            bindparam("of", type_=Text),
            func.coalesce(func.max(_of.c.place), 0) + 1,
            bindparam("name", type_=Text),
            func.coalesce(func.max(case((_of.c.step == bindparam("name", type_=Text), _of.c.attempt))), 0) + 1,
            bindparam("intended", type_=steps.c.intent.type),
            bindparam("begun", type_=steps.c.begun_at.type),
        ).where(_of.c.action == bindparam("of", type_=Text)),
    )
    .returning(steps.c.attempt)
)
_END_STEP = (
    update(steps)
    .where(
        steps.c.action == bindparam("of"),
        steps.c.place
        == select(func.max(_of.c.place))
        .where(_of.c.action == bindparam("of"), _of.c.step == bindparam("name"))
        .scalar_subquery(),
    )
    .values(
        outcome=bindparam("result", type_=steps.c.outcome.type), ended_at=bindparam("end", type_=steps.c.ended_at.type)
    )
)
_SETTLE = (
    update(actions)
    .where(actions.c.id == bindparam("of"))
    .values(
        stage=bindparam("to"),
        attempts=actions.c.attempts + 1,
        not_before=bindparam("until", type_=actions.c.not_before.type),
    )
)
_BERTHS = select(berths.c.number, berths.c.action).where(berths.c.account == bindparam("of"))
_RELEASE = delete(berths).where(berths.c.action == bindparam("of"))


def put_actions(conn: Connection, run: RunId, plan: PlanId, batch: str, wanted: Sequence[Action]) -> None:
    """Add open actions; one that is known and not done is opened again under this run and batch, without a hold."""
    _note_batch(conn, run, batch)
    latest = {it.id: it for it in wanted}
    known: dict[str, tuple[str, int]] = {}
    for piece in pieces(latest):
        query = select(actions.c.id, actions.c.stage, actions.c.attempts).where(actions.c.id.in_(piece))
        known |= {row.id: (row.stage, row.attempts) for row in conn.execute(query)}
    rows = [
        {
            "id": action.id,
            "link": action.link,
            "run": run,
            "plan": plan,
            "batch": batch,
            "place": place,
            "stage": str(WorkStage.OPEN),
            "attempts": known.get(action.id, ("", 0))[1],
            "not_before": None,
            "body": action.to_json(),
        }
        for place, action in enumerate(latest.values())
        if known.get(action.id, ("", 0))[0] != WorkStage.DONE
    ]
    put(conn, actions, rows)


def _note_batch(conn: Connection, run: RunId, batch: str) -> None:
    if conn.execute(select(batches.c.seq).where(batches.c.name == batch)).one_or_none() is not None:
        return
    flow = conn.execute(select(runs.c.flow).where(runs.c.id == run)).scalar_one_or_none()
    if flow is None:
        raise LookupError(f"there is no run {run}")
    add_if_new(conn, batches, {"seq": next_number(conn, "batch"), "name": batch, "run": run, "flow": flow})


def open_actions(conn: Connection, batch: str, now: datetime) -> list[ActionRow]:
    query = (
        select(actions, exists().where(steps.c.action == actions.c.id).label("begun"))
        .where(actions.c.stage == str(WorkStage.OPEN), actions.c.batch == batch)
        .where(or_(actions.c.not_before.is_(None), actions.c.not_before <= now))
        .order_by(actions.c.place)
    )
    return [replace(_action(row), begun=bool(row.begun)) for row in conn.execute(query)]


def unsettled(conn: Connection, run: RunId, ids: Sequence[ActionId]) -> frozenset[ActionId]:
    found: set[ActionId] = set()
    for piece in pieces(ids):
        query = select(actions.c.id).where(
            actions.c.id.in_(piece), actions.c.run == run, actions.c.stage == str(WorkStage.OPEN)
        )
        found.update(ActionId(it) for it in conn.execute(query).scalars())
    return frozenset(found)


def open_batches(conn: Connection, flow: FlowName) -> list[tuple[RunId, str]]:
    """Batches with open actions, oldest first; the run is the one to which the open actions belong now."""
    query = (
        select(actions.c.run, actions.c.batch, batches.c.seq)
        .join(batches, batches.c.name == actions.c.batch)
        .where(actions.c.stage == str(WorkStage.OPEN), batches.c.flow == flow)
        .distinct()
        .order_by(batches.c.seq)
    )
    return [(RunId(row.run), row.batch) for row in conn.execute(query)]


def action_row(conn: Connection, action: ActionId) -> ActionRow | None:
    row = conn.execute(select(actions).where(actions.c.id == action)).one_or_none()
    return _action(row) if row else None


def actions_of(conn: Connection, link: LinkId) -> list[ActionRow]:
    query = select(actions).where(actions.c.link == link).order_by(actions.c.run, actions.c.place, actions.c.id)
    return [_action(row) for row in conn.execute(query)]


def begin_step(conn: Connection, action: ActionId, step: str, intent: Mapping[str, Any], at: datetime) -> StepRow:
    """Write an intent; one more of the same step raises the attempt number."""
    row = {"of": action, "name": step, "intended": dict(intent), "begun": at}
    attempt = conn.execute(_ADD_STEP, row).scalar_one()
    return StepRow(
        action=action, step=step, attempt=attempt, intent=dict(intent), outcome=None, begun_at=at, ended_at=None
    )


def end_step(tx: Tx, action: ActionId, step: str, outcome: Mapping[str, Any], at: datetime) -> None:
    """Write the outcome of the latest attempt. Raises `LookupError` for a step whose intent was never written."""
    tx.later(_END_STEP, {"of": action, "name": step, "result": dict(outcome), "end": at}, hits_one=True)


def steps_of(conn: Connection, action: ActionId) -> list[StepRow]:
    return [
        StepRow(
            action=ActionId(row.action),
            step=row.step,
            attempt=row.attempt,
            intent=row.intent,
            outcome=row.outcome,
            begun_at=row.begun_at,
            ended_at=row.ended_at,
        )
        for row in conn.execute(_STEPS, {"of": action})
    ]


def set_stage(tx: Tx, action: ActionId, stage: WorkStage, retry_at: datetime | None) -> None:
    """Raises `LookupError` for an action that was never put down."""
    tx.later(_SETTLE, {"of": action, "to": str(stage), "until": retry_at}, hits_one=True)
    if stage in {WorkStage.DONE, WorkStage.SUPERSEDED}:
        tx.later(_RELEASE, {"of": action})


def lease_berth(conn: Connection, account: AccountId, action: ActionId, count: int) -> int | None:
    held = _berths(conn, account)
    if action in held.values():
        return next(number for number, holder in held.items() if holder == action)
    for number in range(count):
        if number not in held and add_if_new(conn, berths, {"account": account, "number": number, "action": action}):
            return number
    now_held = _berths(conn, account)  # another worker may have leased one for this very action meanwhile
    return next((number for number, holder in now_held.items() if holder == action), None)


def _berths(conn: Connection, account: AccountId) -> dict[int, str]:
    return {row.number: row.action for row in conn.execute(_BERTHS, {"of": account}).all()}


def release_berth(conn: Connection, account: AccountId, action: ActionId) -> None:
    conn.execute(delete(berths).where(berths.c.account == account, berths.c.action == action))


def _action(row: Row[Any]) -> ActionRow:
    return ActionRow(
        action=Action.from_json(row.body),
        run=RunId(row.run),
        plan=PlanId(row.plan),
        batch=row.batch,
        stage=WorkStage(row.stage),
        attempts=row.attempts,
        not_before=row.not_before,
    )
