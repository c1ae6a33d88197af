"""The part of the ledger that knows what was handed in, and what stands under legal hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select, update

from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId
from dambridge.model.lifecycle import Status
from dambridge.model.submissions import Hold, Submission
from dambridge.ports.errors import MovedOn
from dambridge.ports.ledger import AuditEntry
from dambridge.storage.keys import behind, by_account
from dambridge.storage.store import SqlStore
from dambridge.storage.tables.outward import holds, submissions
from dambridge.storage.upserting import insert_new
from dambridge.storage.writer import Tx

_TABLE = submissions.c
_ROW: tuple[ColumnElement[Any], ...] = (_TABLE.body, _TABLE.revision)
_CHANGING = ("shoot", "status", "unfinished", "body")
_REPLACE = (
    update(submissions)
    .where(
        _TABLE.flow == bindparam("of"),
        _TABLE.account == bindparam("at_account"),
        _TABLE.remote_id == bindparam("as_id"),
        _TABLE.revision == bindparam("rests_on"),
    )
    .values(
        revision=_TABLE.revision + 1,
        **{it: bindparam(f"now_{it}", type_=submissions.c[it].type) for it in _CHANGING},
    )
)


class SqlSubmitting(SqlStore):
    """Implements `ports.submitting.Submitting`."""

    async def submissions(self, flow: FlowName, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Submission]:
        return await self._read(lambda c: _of(c, flow, keys))

    async def submissions_in(
        self,
        flow: FlowName,
        *,
        statuses: Sequence[Status] | None = None,
        shoot: str | None = None,
        after: AssetKey | None = None,
        limit: int,
    ) -> Sequence[Submission]:
        wanted: list[ColumnElement[bool]] = (
            [] if statuses is None else [_TABLE.status.in_([str(it) for it in statuses])]
        )
        if shoot is not None:
            wanted.append(_TABLE.shoot == shoot)
        return await self._read(lambda c: _page(c, flow, wanted, after, limit))

    async def unfinished(self, flow: FlowName, *, after: AssetKey | None = None, limit: int) -> Sequence[Submission]:
        return await self._read(lambda c: _page(c, flow, [_TABLE.unfinished.is_(True)], after, limit))

    async def count_submissions(self, flow: FlowName) -> Mapping[tuple[str, Status], int]:
        columns = (_TABLE.shoot, _TABLE.status)
        query = select(*columns, func.count()).where(_TABLE.flow == str(flow)).group_by(*columns).order_by(*columns)
        return await self._read(lambda c: {(row[0], Status(row[1])): row[2] for row in c.execute(query)})

    async def put_submissions(
        self, submissions: Sequence[Submission], audit: Sequence[AuditEntry] = ()
    ) -> Sequence[Submission]:
        def put(tx: Tx) -> list[Submission]:
            tx.audit.extend(audit)
            return put_submissions(tx, submissions)

        return await self._writer.run(put)

    async def set_hold(self, hold: Hold, audit: Sequence[AuditEntry] = ()) -> bool:
        row: dict[str, Any] = {"account": hold.key.account, "remote_id": hold.key.remote_id}
        row |= {"by": hold.by, "why": hold.why, "at": hold.at}

        def put(tx: Tx) -> bool:
            made = tx.conn.execute(insert_new(tx.dialect, holds), row).first() is not None
            tx.audit.extend(audit if made else ())
            return made

        return await self._writer.run(put)

    async def lift_hold(self, key: AssetKey, audit: Sequence[AuditEntry] = ()) -> bool:
        gone = delete(holds).where(holds.c.account == key.account, holds.c.remote_id == key.remote_id)

        def lift(tx: Tx) -> bool:
            lifted = tx.conn.execute(gone).rowcount == 1
            tx.audit.extend(audit if lifted else ())
            return lifted

        return await self._writer.run(lift)

    async def holds(self, keys: Sequence[AssetKey] | None = None) -> Mapping[AssetKey, Hold]:
        return await self._read(lambda c: _holds(c, keys))


def put_submissions(tx: Tx, wanted: Sequence[Submission]) -> list[Submission]:
    """Raises `MovedOn` for one that rests on another revision than the store's."""
    for it in wanted:
        row = _columns(it)
        if it.revision:
            where = {"of": row["flow"], "at_account": row["account"], "as_id": row["remote_id"]}
            changed = {f"now_{name}": row[name] for name in _CHANGING}
            written = tx.conn.execute(_REPLACE, {**where, "rests_on": it.revision, **changed}).rowcount == 1
        else:
            written = tx.conn.execute(insert_new(tx.dialect, submissions), row).first() is not None
        if not written:
            raise MovedOn(f"Somebody else decided about {it.key} meanwhile; it is looked at again.")
    return [replace(it, revision=it.revision + 1) for it in wanted]


def _of(conn: Connection, flow: FlowName, keys: Sequence[AssetKey]) -> dict[AssetKey, Submission]:
    found: dict[AssetKey, Submission] = {}
    for account, ids in by_account(keys):
        query = select(*_ROW).where(_TABLE.flow == str(flow), _TABLE.account == account, _TABLE.remote_id.in_(ids))
        found |= {it.key: it for it in map(_submission, conn.execute(query))}
    return found


def _page(
    conn: Connection, flow: FlowName, wanted: Sequence[ColumnElement[bool]], after: AssetKey | None, limit: int
) -> list[Submission]:
    query = select(*_ROW).where(_TABLE.flow == str(flow), *wanted)
    if after is not None:
        query = query.where(behind([(_TABLE.account, after.account), (_TABLE.remote_id, after.remote_id)]))
    return [_submission(it) for it in conn.execute(query.order_by(_TABLE.account, _TABLE.remote_id).limit(limit))]


def _holds(conn: Connection, keys: Sequence[AssetKey] | None) -> dict[AssetKey, Hold]:
    if keys is None:
        rows = list(conn.execute(select(holds).order_by(holds.c.account, holds.c.remote_id)))
    else:
        rows = [
            row
            for account, ids in by_account(keys)
            for row in conn.execute(select(holds).where(holds.c.account == account, holds.c.remote_id.in_(ids)))
        ]
    return {it.key: it for it in map(_hold, rows)}


def _hold(row: Any) -> Hold:
    return Hold(key=AssetKey(AccountId(row.account), RemoteId(row.remote_id)), by=row.by, why=row.why, at=row.at)


def _columns(it: Submission) -> dict[str, Any]:
    return {
        "flow": str(it.flow),
        "account": it.key.account,
        "remote_id": it.key.remote_id,
        "shoot": it.shoot,
        "status": str(it.status),
        "unfinished": it.unfinished,
        "revision": 1,
        "body": replace(it, revision=0).to_json(),
    }


def _submission(row: Any) -> Submission:
    return replace(Submission.from_json(row.body), revision=row.revision)
