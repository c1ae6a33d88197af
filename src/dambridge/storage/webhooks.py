"""Endpoints and deliveries, what was heard lately, and selections that came in, in the database of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from dambridge.model.identity import AccountId
from dambridge.model.webhooks import Delivery, DeliveryState, Endpoint, HookType
from dambridge.ports.hints import Selection
from dambridge.ports.ledger import AuditEntry
from dambridge.storage.ledger import SqlLedger
from dambridge.storage.tables.asking import hints_heard, selections, webhook_deliveries, webhook_endpoints
from dambridge.storage.upserting import add_if_new, put
from dambridge.storage.writer import Tx

_E, _D, _H, _S = webhook_endpoints.c, webhook_deliveries.c, hints_heard.c, selections.c
_ENDPOINT = tuple(it.name for it in webhook_endpoints.columns)
_DELIVERY = tuple(it.name for it in webhook_deliveries.columns)


class SqlHookStore:
    """Implements `ports.webhooks.HookStore` through the ledger's own writer and readers."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger

    async def endpoint(self, name: str) -> Endpoint | None:
        found = await self._ledger.read(
            lambda c: c.execute(select(webhook_endpoints).where(_E.name == name)).one_or_none()
        )
        return _endpoint(found) if found else None

    async def endpoints(self) -> Sequence[Endpoint]:
        query = select(webhook_endpoints).order_by(_E.name)
        return await self._ledger.read(lambda c: [_endpoint(it) for it in c.execute(query)])

    async def put_endpoint(
        self, endpoint: Endpoint, deliveries: Sequence[Delivery] = (), audit: Sequence[AuditEntry] = ()
    ) -> None:
        def write(tx: Tx) -> None:
            put(tx.conn, webhook_endpoints, [{name: getattr(endpoint, name) for name in _ENDPOINT}])
            for it in deliveries:
                _put_delivery(tx.conn, it)
            tx.audit.extend(audit)

        await self._ledger.write(write)

    async def put_delivery(self, delivery: Delivery) -> None:
        await self._ledger.write(lambda tx: _put_delivery(tx.conn, delivery))

    async def due(self, name: str, now: datetime, *, limit: int) -> Sequence[Delivery]:
        query = _waiting(name).where(_D.next_at <= now).order_by(_D.seq, _D.id).limit(limit)
        return await self._ledger.read(lambda c: [_delivery(it) for it in c.execute(query)])

    async def next_due(self, name: str) -> datetime | None:
        query = select(func.min(_D.next_at, type_=_D.next_at.type)).where(_D.endpoint == name, _D.state == "waiting")
        found: datetime | None = await self._ledger.read(lambda c: c.execute(query).scalar_one_or_none())
        return found

    async def deliveries(self, name: str, *, state: DeliveryState | None = None, limit: int = 50) -> Sequence[Delivery]:
        query = select(webhook_deliveries).where(_D.endpoint == name)
        query = query if state is None else query.where(_D.state == str(state))
        query = query.order_by(_D.made_at.desc(), _D.seq.desc(), _D.id).limit(limit)
        return await self._ledger.read(lambda c: [_delivery(it) for it in c.execute(query)])

    async def delivery(self, name: str, message: str) -> Delivery | None:
        query = select(webhook_deliveries).where(_D.endpoint == name, _D.id == message)
        found = await self._ledger.read(lambda c: c.execute(query).one_or_none())
        return _delivery(found) if found else None

    async def waiting(self, name: str) -> int:
        query = select(func.count()).select_from(_waiting(name).subquery())
        return await self._ledger.read(lambda c: int(c.execute(query).scalar_one()))

    async def forget(self, before: datetime) -> int:
        gone = delete(webhook_deliveries).where(_D.made_at < before, _D.state != "waiting")
        return await self._ledger.write(lambda tx: int(tx.conn.execute(gone).rowcount))


class SqlHintMemory:
    """Implements `ports.hints.HintMemory` through the ledger's own writer and readers."""

    def __init__(self, ledger: SqlLedger) -> None:
        self._ledger = ledger

    async def heard(self, account: AccountId, delivery: str) -> bool:
        query = select(_H.id).where(_H.account == account, _H.id == delivery)
        return await self._ledger.read(lambda c: c.execute(query).first() is not None)

    async def remember(self, account: AccountId, delivery: str, *, now: datetime, until: datetime) -> None:
        def write(tx: Tx) -> None:
            tx.conn.execute(delete(hints_heard).where(_H.until <= now))
            put(tx.conn, hints_heard, [{"account": account, "id": delivery, "until": until}])

        await self._ledger.write(write)

    async def keep(self, selection: Selection, *, before: datetime) -> None:
        row = {name: getattr(selection, name) for name in ("id", "account", "at", "action", "by")}

        def write(tx: Tx) -> None:
            tx.conn.execute(delete(selections).where(_S.at < before))
            put(tx.conn, selections, [{**row, "assets": list(selection.assets)}])

        await self._ledger.write(write)

    async def selection(self, name: str) -> Selection | None:
        query = select(selections).where(_S.id == name)
        found = await self._ledger.read(lambda c: c.execute(query).one_or_none())
        return _selection(found) if found else None

    async def selections(self, *, since: datetime, limit: int) -> Sequence[Selection]:
        query = select(selections).where(_S.at >= since).order_by(_S.at.desc(), _S.id).limit(limit)
        return await self._ledger.read(lambda c: [_selection(it) for it in c.execute(query)])


def _selection(row: Row[Any]) -> Selection:
    return Selection(
        id=row.id,
        account=AccountId(row.account),
        at=row.at,
        action=row.action,
        by=row.by,
        assets=tuple(row.assets),
    )


def _waiting(name: str) -> Any:
    return select(webhook_deliveries).where(_D.endpoint == name, _D.state == "waiting")


def _put_delivery(conn: Connection, it: Delivery) -> None:
    row = {name: getattr(it, name) for name in _DELIVERY} | {"type": str(it.type), "state": str(it.state)}
    if it.attempts or it.state is not DeliveryState.WAITING or not it.seq:
        put(conn, webhook_deliveries, [row])
    else:
        add_if_new(conn, webhook_deliveries, row)


def _endpoint(row: Row[Any]) -> Endpoint:
    return Endpoint(**{name: getattr(row, name) for name in _ENDPOINT})


def _delivery(row: Row[Any]) -> Delivery:
    plain = {name: getattr(row, name) for name in _DELIVERY if name not in {"type", "state"}}
    return Delivery(type=HookType(row.type), state=DeliveryState(row.state), **plain)
