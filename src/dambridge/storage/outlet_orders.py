"""Rows of what people ordered to outlets: one for each outlet and master, the last word about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, select, tuple_

from dambridge.model.identity import AssetKey, FlowName
from dambridge.model.outlet_orders import OutletOrder
from dambridge.storage.keys import by_account
from dambridge.storage.tables.outward import outlet_orders
from dambridge.storage.upserting import put

_TABLE = outlet_orders.c


def put_outlet_orders(conn: Connection, wanted: Iterable[OutletOrder]) -> list[OutletOrder]:
    """Write those that say something later than what is there, and give them."""
    latest: dict[tuple[str, AssetKey], OutletOrder] = {}
    for it in wanted:
        known = latest.get((it.outlet, it.source))
        if known is None or known.said_at <= it.said_at:
            latest[it.outlet, it.source] = it
    there = read_outlet_orders(conn, list(dict.fromkeys(key for _, key in latest)))
    news = [it for it in latest.values() if _is_news(it, there.get(it.source, {}).get(it.outlet))]
    put(conn, outlet_orders, [_row(it) for it in news])
    return news


def _is_news(it: OutletOrder, known: OutletOrder | None) -> bool:
    return known is None or (known.said_at <= it.said_at and known != it)


def read_outlet_orders(conn: Connection, keys: Sequence[AssetKey]) -> dict[AssetKey, dict[str, OutletOrder]]:
    found: dict[AssetKey, dict[str, OutletOrder]] = {}
    for account, ids in by_account(keys):
        query = select(_TABLE.body).where(_TABLE.account == account, _TABLE.remote_id.in_(ids))
        for body in conn.execute(query.order_by(_TABLE.remote_id, _TABLE.outlet)).scalars():
            it = OutletOrder.from_json(body)
            found.setdefault(it.source, {})[it.outlet] = it
    return found


def page_of_outlet_orders(
    conn: Connection, flow: FlowName, *, ended: bool, after: tuple[str, AssetKey] | None, limit: int
) -> list[OutletOrder]:
    query = select(_TABLE.body).where(_TABLE.flow == str(flow))
    if not ended:
        query = query.where(_TABLE.ended.is_(False))
    order = (_TABLE.outlet, _TABLE.account, _TABLE.remote_id)
    if after is not None:
        outlet, key = after
        query = query.where(tuple_(*order) > (outlet, str(key.account), str(key.remote_id)))
    return [OutletOrder.from_json(body) for body in conn.execute(query.order_by(*order).limit(limit)).scalars()]


def _row(it: OutletOrder) -> dict[str, Any]:
    return {
        "outlet": it.outlet,
        "account": it.source.account,
        "remote_id": it.source.remote_id,
        "flow": str(it.flow),
        "said_at": it.said_at,
        "ended": it.ended_at is not None,
        "body": it.to_json(),
    }
