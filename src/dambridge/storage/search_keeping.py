"""What the ledger keeps for search: copies that the index has to follow, and questions that people keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.searching import SavedSearch
from dambridge.storage.keys import by_account
from dambridge.storage.store import SqlStore
from dambridge.storage.tables.asking import saved_searches, search_news
from dambridge.storage.upserting import insert_quietly, put
from dambridge.storage.writer import Tx


class SqlSearchKeeping(SqlStore):
    """Implements `ports.searching.SearchNews` and `SavedSearches`."""

    async def search_news(self, *, limit: int) -> Sequence[AssetKey]:
        return await self._read(lambda conn: _news(conn, limit))

    async def heard_news(self, keys: Sequence[AssetKey]) -> None:
        await self._write(lambda conn: _heard(conn, keys))

    async def save_search(self, search: SavedSearch) -> None:
        row = {"owner": search.owner, "id": search.id, "body": _to_json(search)}
        await self._write(lambda conn: put(conn, saved_searches, [row]))

    async def saved_searches(self, *, owner: str | None = None) -> Sequence[SavedSearch]:
        return await self._read(lambda conn: _saved(conn, owner))

    async def drop_search(self, search: str, *, owner: str) -> bool:
        table = saved_searches.c
        gone = delete(saved_searches).where(table.owner == owner, table.id == search).returning(table.id)
        return bool(await self._write(lambda conn: conn.execute(gone).all()))


def tell_search(tx: Tx, keys: Iterable[AssetKey]) -> None:
    """Say that the index has to look at these copies again."""
    statement = insert_quietly(tx.dialect, search_news)
    for it in keys:
        tx.later(statement, {"account": it.account, "remote_id": it.remote_id})


def tell_search_now(conn: Connection, keys: Iterable[AssetKey]) -> None:
    """Likewise, at once."""
    rows = [{"account": it.account, "remote_id": it.remote_id} for it in keys]
    if rows:
        conn.execute(insert_quietly(conn.dialect.name, search_news), rows)


def _news(conn: Connection, limit: int) -> list[AssetKey]:
    query = select(search_news).order_by(search_news.c.account, search_news.c.remote_id).limit(limit)
    return [AssetKey(AccountId(row.account), RemoteId(row.remote_id)) for row in conn.execute(query)]


def _heard(conn: Connection, keys: Sequence[AssetKey]) -> None:
    table = search_news.c
    for account, ids in by_account(keys):
        conn.execute(delete(search_news).where(table.account == account, table.remote_id.in_(ids)))


def _saved(conn: Connection, owner: str | None) -> list[SavedSearch]:
    query = select(saved_searches)
    if owner is not None:
        query = query.where(saved_searches.c.owner == owner)
    found = [_from_json(row.owner, row.id, row.body) for row in conn.execute(query)]
    return sorted(found, key=lambda it: (it.owner, it.name, it.id))


def _to_json(it: SavedSearch) -> dict[str, Any]:
    return {
        "name": it.name,
        "query": it.query,
        "filters": {name: list(values) for name, values in it.filters.items()},
        "alert": it.alert,
        "created_at": it.created_at.isoformat(),
        "checked_at": it.checked_at.isoformat() if it.checked_at else None,
        "known": list(it.known),
        "news": list(it.news),
        "owner": dict(it.owner_json),
    }


def _from_json(owner: str, name: str, data: Mapping[str, Any]) -> SavedSearch:
    return SavedSearch(
        id=name,
        owner=owner,
        name=data["name"],
        query=data["query"],
        filters={name: tuple(values) for name, values in data["filters"].items()},
        alert=data["alert"],
        created_at=datetime.fromisoformat(data["created_at"]),
        checked_at=datetime.fromisoformat(data["checked_at"]) if data["checked_at"] else None,
        known=tuple(data["known"]),
        news=tuple(data["news"]),
        owner_json=data["owner"],
    )
