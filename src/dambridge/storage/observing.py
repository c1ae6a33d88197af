"""What each flow last saw of each source asset: one row per flow and asset."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, literal, select, tuple_

from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId, RunId
from dambridge.model.outcomes import NOBODY, Outcome
from dambridge.model.reasons import Reason
from dambridge.model.records import AssetVersion
from dambridge.ports.ledger import Observation
from dambridge.storage.conflicts import open_by_code
from dambridge.storage.keys import by_account
from dambridge.storage.tables.work import WAITS, observations
from dambridge.storage.terms import put_uses
from dambridge.storage.upserting import put_later
from dambridge.storage.writer import Tx


def put_observations(tx: Tx, seen: Sequence[Observation]) -> None:
    """Write what was seen, and the words that it says; of two observations of one asset the later counts."""
    put_later(tx, observations, [_values(it) for it in seen])
    put_uses(tx, seen)


def observed(conn: Connection, flow: FlowName, keys: Sequence[AssetKey]) -> dict[AssetKey, Observation]:
    table = observations.c
    found: dict[AssetKey, Observation] = {}
    for account, ids in by_account(keys):
        query = select(observations).where(table.flow == flow, table.account == account, table.remote_id.in_(ids))
        for row in conn.execute(query):
            seen = _observation(row)
            found[seen.key] = seen
    return found


def attention(conn: Connection, flow: FlowName) -> dict[str, int]:
    """Several reads: needs a snapshot. What stands in the inbox is counted by its entries, not by the assets that wait."""
    table = observations.c
    query = (
        select(table.code, func.count())
        .where(table.flow == flow, WAITS)
        .where((table.outcome != str(Outcome.WAITING)) | table.waits_for.not_in(NOBODY))
        .group_by(table.code)
        .order_by(table.code)
    )
    waiting = {row[0]: row[1] for row in conn.execute(query)}
    return dict(sorted({**waiting, **open_by_code(conn, flow)}.items()))


def lingering(
    conn: Connection, flow: FlowName, outcomes: Sequence[Outcome], after: tuple[datetime, AssetKey] | None, limit: int
) -> list[Observation]:
    table = observations.c
    query = (
        select(observations)
        .where(table.flow == flow, table.outcome.in_([str(it) for it in outcomes]))
        .order_by(table.at, table.account, table.remote_id)
        .limit(limit)
    )
    if after is not None:
        at, key = after
        place = tuple_(literal(at, table.at.type), literal(key.account), literal(key.remote_id))
        query = query.where(tuple_(table.at, table.account, table.remote_id) > place)
    return [_observation(row) for row in conn.execute(query)]


def _values(it: Observation) -> dict[str, Any]:
    seen = {
        "version": it.version.to_json() if it.version else None,
        "file_name": it.file_name,
        "reason": it.reason.to_json(),
    }
    return {
        "flow": str(it.flow),
        "account": it.key.account,
        "remote_id": it.key.remote_id,
        "outcome": str(it.outcome),
        "code": str(it.reason.code),
        "waits_for": it.waits_for,
        "run": it.run,
        "at": it.at,
        "seen": seen,
    }


def _observation(row: Row[Any]) -> Observation:
    version = row.seen["version"]
    return Observation(
        flow=FlowName(row.flow),
        key=AssetKey(AccountId(row.account), RemoteId(row.remote_id)),
        version=AssetVersion.from_json(version) if version else None,
        file_name=row.seen["file_name"],
        outcome=Outcome(row.outcome),
        reason=Reason.from_json(row.seen["reason"]),
        waits_for=row.waits_for,
        run=RunId(row.run),
        at=row.at,
    )
