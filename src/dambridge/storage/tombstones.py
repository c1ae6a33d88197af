"""What is gone and must not come back: one row per asset, and one for each other copy that it had."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, select

from dambridge.model.identity import AssetKey, RemoteId
from dambridge.model.tombstones import Tombstone
from dambridge.storage.keys import behind, by_account
from dambridge.storage.search_keeping import tell_search_now
from dambridge.storage.tables.in_step import tombstone_kin, tombstones
from dambridge.storage.upserting import insert_new, put


def read_tombstones(conn: Connection, keys: Sequence[AssetKey]) -> dict[AssetKey, Tombstone]:
    table = tombstones.c
    found: dict[AssetKey, Tombstone] = {}
    for account, ids in by_account(keys):
        for body in conn.execute(
            select(table.body).where(table.account == account, table.remote_id.in_(ids))
        ).scalars():
            stone = Tombstone.from_json(body)
            found[stone.key] = stone
    return found


def tombstones_by_kin(conn: Connection, keys: Sequence[AssetKey]) -> dict[AssetKey, list[Tombstone]]:
    kin, table = tombstone_kin.c, tombstones.c
    found: dict[AssetKey, list[Tombstone]] = {}
    for account, ids in by_account(keys):
        query = (
            select(kin.remote_id, table.body)
            .join(tombstones, and_(table.account == kin.gone_account, table.remote_id == kin.gone_id))
            .where(kin.account == account, kin.remote_id.in_(ids))
            .order_by(table.at, table.account, table.remote_id)
        )
        for row in conn.execute(query):
            found.setdefault(AssetKey(account, RemoteId(row.remote_id)), []).append(Tombstone.from_json(row.body))
    return found


def put_tombstones(conn: Connection, wanted: Sequence[Tombstone]) -> list[Tombstone]:
    """Write those that are news, and give them."""
    latest: dict[AssetKey, Tombstone] = {}
    for it in sorted(wanted, key=lambda it: it.at):
        latest[it.key] = it
    known = read_tombstones(conn, list(latest))
    news = [it for key, it in latest.items() if key not in known or known[key].at < it.at]
    for it in news:
        _forget_kin(conn, it.key)
    put(conn, tombstones, [_row(it) for it in news])
    tell_search_now(conn, [it.key for it in news])
    for row in _kin_rows(news):
        conn.execute(insert_new(conn.dialect.name, tombstone_kin), row)
    return news


def page_of_tombstones(conn: Connection, after: AssetKey | None, limit: int) -> list[Tombstone]:
    table = tombstones.c
    query = select(table.body).order_by(table.account, table.remote_id).limit(limit)
    if after is not None:
        query = query.where(behind([(table.account, after.account), (table.remote_id, after.remote_id)]))
    return [Tombstone.from_json(body) for body in conn.execute(query).scalars()]


def _forget_kin(conn: Connection, key: AssetKey) -> None:
    kin = tombstone_kin.c
    conn.execute(delete(tombstone_kin).where(kin.gone_account == key.account, kin.gone_id == key.remote_id))


def _row(it: Tombstone) -> dict[str, Any]:
    return {
        "account": it.key.account,
        "remote_id": it.key.remote_id,
        "link": it.link,
        "at": it.at,
        "body": it.to_json(),
    }


def _kin_rows(stones: Iterable[Tombstone]) -> list[dict[str, str]]:
    return [
        {
            "account": kin.account,
            "remote_id": kin.remote_id,
            "gone_account": it.key.account,
            "gone_id": it.key.remote_id,
        }
        for it in stones
        for kin in it.kin
    ]
