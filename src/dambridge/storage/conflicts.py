"""The conflict inbox: one row per entry, and at most one that still stands for each link and group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError

from dambridge.model.accords import GroupName
from dambridge.model.conflicts import Conflict, ConflictId, ConflictState
from dambridge.model.identity import FlowName, LinkId
from dambridge.ports.errors import MovedOn
from dambridge.storage.keys import behind, pieces
from dambridge.storage.tables.in_step import conflicts
from dambridge.storage.upserting import insert_new
from dambridge.storage.writer import Tx

_REPLACE = (
    update(conflicts)
    .where(conflicts.c.id == bindparam("of"), conflicts.c.revision == bindparam("rests_on"))
    .values(
        revision=conflicts.c.revision + 1,
        state=bindparam("now_in"),
        code=bindparam("because"),
        body=bindparam("now", type_=conflicts.c.body.type),
    )
)


def put_conflicts(tx: Tx, wanted: Sequence[Conflict]) -> list[Conflict]:
    """Those that have ended go first, so that the next entry of their group may stand in their place.

    Raises `MovedOn` for one that rests on another revision than the store's, or beside which another stands."""
    for it in sorted(wanted, key=lambda it: it.stands):
        if not _written(tx, it):
            raise MovedOn(
                f"The conflict {it.id} about {it.group} of {it.link} was written by somebody else meanwhile. Look at it "
                "again: `dambridge conflicts show`."
            )
    return [replace(it, revision=it.revision + 1) for it in wanted]


def _written(tx: Tx, it: Conflict) -> bool:
    body = replace(it, revision=0).to_json()
    if not it.revision:
        return tx.conn.execute(insert_new(tx.dialect, conflicts), _first(it, body)).first() is not None
    try:
        row = {
            "of": it.id,
            "rests_on": it.revision,
            "now_in": str(it.state),
            "because": str(it.reason.code),
            "now": body,
        }
        return bool(tx.conn.execute(_REPLACE, row).rowcount == 1)
    except IntegrityError:
        return False  # another entry of the group stands; the whole transaction is given up by whoever called


def _first(it: Conflict, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": it.id,
        "link": it.link,
        "group_name": it.group,
        "serial": it.serial,
        "flow": str(it.flow),
        "state": str(it.state),
        "code": str(it.reason.code),
        "opened_at": it.opened_at,
        "revision": 1,
        "body": body,
    }


def read_conflict(conn: Connection, conflict: ConflictId) -> Conflict | None:
    row = conn.execute(select(conflicts).where(conflicts.c.id == conflict)).one_or_none()
    return _conflict(row) if row else None


def conflicts_of(conn: Connection, links: Sequence[LinkId]) -> dict[LinkId, dict[GroupName, Conflict]]:
    found: dict[LinkId, dict[GroupName, Conflict]] = {}
    for piece in pieces(links):
        query = select(conflicts).where(conflicts.c.link.in_(piece)).order_by(conflicts.c.serial)
        for row in conn.execute(query):
            entry = _conflict(row)
            found.setdefault(entry.link, {})[entry.group] = entry
    return found


def page_of_conflicts(
    conn: Connection,
    *,
    flow: FlowName | None,
    states: Sequence[ConflictState],
    group: GroupName | None,
    after: ConflictId | None,
    limit: int,
) -> list[Conflict]:
    table = conflicts.c
    query = select(conflicts).where(table.state.in_([str(it) for it in states]))
    if flow is not None:
        query = query.where(table.flow == str(flow))
    if group is not None:
        query = query.where(table.group_name == group)
    if after is not None:
        opened_at = conn.execute(select(table.opened_at).where(table.id == after)).scalar_one_or_none()
        if opened_at is None:
            raise LookupError(f"there is no conflict {after}")
        query = query.where(behind([(table.opened_at, opened_at), (table.id, after)]))
    return [_conflict(row) for row in conn.execute(query.order_by(table.opened_at, table.id).limit(limit))]


def count_conflicts(conn: Connection, flow: FlowName | None) -> dict[ConflictState, int]:
    query = select(conflicts.c.state, func.count()).group_by(conflicts.c.state).order_by(conflicts.c.state)
    if flow is not None:
        query = query.where(conflicts.c.flow == str(flow))
    return {ConflictState(row[0]): row[1] for row in conn.execute(query)}


def open_by_code(conn: Connection, flow: FlowName) -> dict[str, int]:
    """How many open entries of the flow there are, by the code of their reason."""
    table = conflicts.c
    query = select(table.code, func.count()).where(table.state == str(ConflictState.OPEN), table.flow == str(flow))
    return {row[0]: row[1] for row in conn.execute(query.group_by(table.code).order_by(table.code))}


def _conflict(row: Row[Any]) -> Conflict:
    return replace(Conflict.from_json(row.body), revision=row.revision)
