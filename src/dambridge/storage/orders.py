"""Orders, the workers that carry them out, and the switches that people set."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, case, delete, func, insert, or_, select, update

from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import CommandId
from dambridge.storage.counting import next_number
from dambridge.storage.tables.work import commands, controls, workers
from dambridge.storage.upserting import add_if_new, put

SILENCE = 60.0
"""Seconds without a heartbeat, by the newest beat of any worker, after which a worker counts as gone."""


def silent(beat: ColumnElement[float]) -> ColumnElement[bool]:
    """Whether a worker with this beat fell silent. The newest beat tells the time: no clock is asked."""
    newest = workers.alias()
    return beat < select(func.max(newest.c.beat)).scalar_subquery() - SILENCE


def enqueue(conn: Connection, command: Command) -> Command:
    """Add the order, or return the one that has its idempotency key already. An empty key is no key."""
    seq = next_number(conn, "command")  # its lock is held from here on: nobody else adds the same order meanwhile
    if command.idempotency_key:
        known = conn.execute(
            select(commands).where(commands.c.idempotency_key == command.idempotency_key)
        ).one_or_none()
        if known is not None:
            return _command(known)
    row = {
        "seq": seq,
        "id": command.id,
        "kind": str(command.kind),
        "actor": command.actor,
        "via": command.via,
        "scope": dict(command.scope),
        "idempotency_key": command.idempotency_key or None,
        "state": str(command.state),
        "created_at": command.created_at,
        "result": dict(command.result) if command.result is not None else None,
        "claims": 0,
    }
    conn.execute(insert(commands), row)
    return command


def claim_command(conn: Connection, worker: str, beside: Collection[CommandId], *, skip_locked: bool) -> Command | None:
    """Take the oldest order that is queued, or that `worker` itself or one now silent left running, but for those `beside`."""
    newest = conn.execute(select(func.max(workers.c.beat))).scalar_one_or_none() or 0.0
    add_if_new(conn, workers, {"name": worker, "serving": False, "beat": newest})
    living = select(workers.c.name).where(~silent(workers.c.beat), workers.c.name != worker)
    orphaned = (commands.c.state == "running") & or_(commands.c.worker.is_(None), commands.c.worker.not_in(living))
    query = (
        select(commands)
        .where(or_(commands.c.state == "queued", orphaned), commands.c.id.not_in(list(beside)))
        .order_by(case((commands.c.state == "running", 0), else_=1), commands.c.seq)
        .limit(1)
        .with_for_update(skip_locked=skip_locked)
    )
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    taken = {"state": "running", "worker": worker, "claims": row.claims + 1}
    conn.execute(update(commands).where(commands.c.seq == row.seq).values(taken))
    return _command(row, state=CommandState.RUNNING)


def finish_command(conn: Connection, command: CommandId, state: CommandState, result: Mapping[str, Any]) -> None:
    """Raises `LookupError` for an order that was never given."""
    change = update(commands).where(commands.c.id == command).values(state=str(state), result=dict(result), worker=None)
    if conn.execute(change).rowcount != 1:
        raise LookupError(f"there is no order {command}")


def command_row(conn: Connection, command: CommandId) -> Command | None:
    row = conn.execute(select(commands).where(commands.c.id == command)).one_or_none()
    return _command(row) if row else None


def heartbeat(conn: Connection, worker: str, serving: bool, beat: float) -> None:
    put(conn, workers, [{"name": worker, "serving": serving, "beat": beat}])


def live_workers(conn: Connection, since: float) -> list[tuple[str, bool]]:
    query = select(workers.c.name, workers.c.serving).where(workers.c.beat >= since).order_by(workers.c.name)
    return [(row.name, row.serving) for row in conn.execute(query)]


def forget_worker(conn: Connection, worker: str) -> None:
    conn.execute(delete(workers).where(workers.c.name == worker))


_CONTROL = select(controls.c.value).where(controls.c.name == bindparam("control"))


def control(conn: Connection, name: str) -> str | None:
    return conn.execute(_CONTROL, {"control": name}).scalar_one_or_none()


def set_control(conn: Connection, name: str, value: str | None) -> None:
    if value is None:
        conn.execute(delete(controls).where(controls.c.name == name))
    else:
        put(conn, controls, [{"name": name, "value": value}])


def _command(row: Row[Any], *, state: CommandState | None = None) -> Command:
    return Command(
        id=CommandId(row.id),
        kind=CommandKind(row.kind),
        actor=row.actor,
        via=row.via,
        scope=row.scope,
        idempotency_key=row.idempotency_key or "",
        state=state or CommandState(row.state),
        created_at=row.created_at,
        result=row.result,
    )
