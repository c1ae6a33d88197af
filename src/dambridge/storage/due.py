"""What falls due, by the domain's clock: rows that workers claim for a time and finish."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, or_, select, tuple_, update

from dambridge.model.identity import AccountId
from dambridge.ports.ledger import Due
from dambridge.storage.tables.work import cursors, due
from dambridge.storage.upserting import put


def add_due(conn: Connection, things: Sequence[Due]) -> None:
    """Set things due; one that is known is moved, and a claim on it lapses."""
    rows = {
        (it.kind, it.key): {
            "kind": it.kind,
            "key": it.key,
            "at": it.at,
            "payload": dict(it.payload),
            "worker": None,
            "lease": None,
        }
        for it in things
    }
    put(conn, due, list(rows.values()))


def take_due(
    conn: Connection,
    now: datetime,
    *,
    kinds: Sequence[str],
    limit: int,
    worker: str,
    lease: datetime,
    skip_locked: bool,
) -> list[Due]:
    query = (
        select(due)
        .where(due.c.kind.in_(kinds), due.c.at <= now, or_(due.c.worker.is_(None), due.c.lease <= now))
        .order_by(due.c.at, due.c.kind, due.c.key)
        .limit(limit)
        .with_for_update(skip_locked=skip_locked)
    )
    taken = [_due(row) for row in conn.execute(query)]
    if taken:
        mine = tuple_(due.c.kind, due.c.key).in_([(it.kind, it.key) for it in taken])
        conn.execute(update(due).where(mine).values(worker=worker, lease=lease))
    return taken


def finish_due(conn: Connection, kind: str, key: str, worker: str, next_at: datetime | None) -> None:
    mine = (due.c.kind == kind, due.c.key == key, due.c.worker == worker)
    if next_at is None:
        conn.execute(delete(due).where(*mine))
    else:
        conn.execute(update(due).where(*mine).values(at=next_at, worker=None, lease=None))


def next_due(conn: Connection, kinds: Sequence[str]) -> datetime | None:
    """When the next thing can be taken: a claimed one not before its claim ends."""
    query = select(func.min(func.coalesce(due.c.lease, due.c.at), type_=due.c.at.type)).where(due.c.kind.in_(kinds))
    found: datetime | None = conn.execute(query).scalar_one_or_none()
    return found


def count_due(conn: Connection, kind: str) -> int:
    return conn.execute(select(func.count()).select_from(due).where(due.c.kind == kind)).scalar_one()


def cursor(conn: Connection, account: AccountId, stream: str) -> str | None:
    query = select(cursors.c.position).where(cursors.c.account == account, cursors.c.stream == stream)
    return conn.execute(query).scalar_one_or_none()


def move_cursor(conn: Connection, account: AccountId, stream: str, position: str) -> None:
    put(conn, cursors, [{"account": account, "stream": stream, "position": position}])


def _due(row: Row[Any]) -> Due:
    return Due(at=row.at, kind=row.kind, key=row.key, payload=row.payload)
