"""The part of the ledger that knows what stands outside: publications, records of withdrawals, agreed audiences."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from dambridge.model.identity import AccountId, AssetKey, CopyId, FlowName, LinkId
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import AgreedAudience, Publication, Stage, Withdrawal
from dambridge.ports.ledger import AuditEntry
from dambridge.storage import outlet_orders as ordered
from dambridge.storage import publications as rows
from dambridge.storage import withdrawing
from dambridge.storage.store import SqlStore
from dambridge.storage.writer import Tx


class SqlPublishing(SqlStore):
    """Implements `ports.publishing.Publishing`."""

    # publications ------------------------------------------------------------------------------------------------
    async def publications(self, links: Sequence[LinkId]) -> Mapping[LinkId, Mapping[CopyId, Publication]]:
        return await self._read(lambda c: rows.read_publications(c, links))

    async def publications_at(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Publication]:
        return await self._read(lambda c: rows.publications_at(c, keys), snapshot=True)

    async def publications_in(
        self,
        flow: FlowName,
        *,
        outlet: str | None = None,
        stages: Sequence[Stage],
        after: tuple[LinkId, CopyId] | None,
        limit: int,
    ) -> Sequence[Publication]:
        return await self._read(
            lambda c: rows.page_of_publications(c, flow, outlet=outlet, stages=stages, after=after, limit=limit)
        )

    async def longest_unchecked(self, flow: FlowName, *, limit: int) -> Sequence[Publication]:
        return await self._read(lambda c: rows.longest_unchecked(c, flow, limit))

    async def ends(self, flow: FlowName, *, before: datetime) -> Mapping[AccountId, Sequence[tuple[datetime, int]]]:
        return await self._read(lambda c: rows.ends(c, flow, before))

    async def ending(
        self, flow: FlowName, account: AccountId, *, before: datetime, outlets: Sequence[str] | None = None, limit: int
    ) -> Sequence[Publication]:
        return await self._read(lambda c: rows.ending(c, flow, account, before, outlets=outlets, limit=limit))

    async def count_ending(self, flow: FlowName, *, before: datetime) -> Mapping[str, int]:
        return await self._read(lambda c: rows.count_ending(c, flow, before))

    async def next_end(self, flow: FlowName) -> datetime | None:
        return await self._read(lambda c: rows.next_end(c, flow))

    async def count_publications(self, flow: FlowName) -> Mapping[tuple[str, Stage], int]:
        return await self._read(lambda c: rows.count_publications(c, flow))

    async def put_publications(
        self,
        publications: Sequence[Publication],
        *,
        withdrawals: Sequence[Withdrawal] = (),
        audit: Sequence[AuditEntry] = (),
    ) -> Sequence[Publication]:
        def put(tx: Tx) -> list[Publication]:
            tx.audit.extend(audit)
            withdrawing.put_withdrawals(tx, withdrawals)
            return rows.put_publications(tx, publications)

        return await self._writer.run(put)

    # withdrawals -------------------------------------------------------------------------------------------------
    async def withdrawals(
        self,
        *,
        flow: FlowName | None = None,
        link: LinkId | None = None,
        unproven: bool = False,
        after: str | None = None,
        limit: int,
    ) -> Sequence[Withdrawal]:
        return await self._read(
            lambda c: withdrawing.page_of_withdrawals(
                c, flow=flow, link=link, unproven=unproven, after=after, limit=limit
            )
        )

    async def withdrawal(self, withdrawal: str) -> Withdrawal | None:
        return await self._read(lambda c: withdrawing.read_withdrawal(c, withdrawal))

    # orders ------------------------------------------------------------------------------------------------------
    async def outlet_orders(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Mapping[str, OutletOrder]]:
        return await self._read(lambda c: ordered.read_outlet_orders(c, keys))

    async def outlet_orders_in(
        self, flow: FlowName, *, ended: bool = False, after: tuple[str, AssetKey] | None, limit: int
    ) -> Sequence[OutletOrder]:
        return await self._read(lambda c: ordered.page_of_outlet_orders(c, flow, ended=ended, after=after, limit=limit))

    async def put_outlet_orders(self, orders: Sequence[OutletOrder], audit: Sequence[AuditEntry] = ()) -> int:
        def put(tx: Tx) -> list[OutletOrder]:
            tx.audit.extend(audit)
            return ordered.put_outlet_orders(tx.conn, orders)

        news = await self._writer.run(put)
        if self._orders is not None and news:  # should this fail, the next start makes up for it
            await asyncio.to_thread(self._orders.append, news)
        return len(news)

    # audiences ---------------------------------------------------------------------------------------------------
    async def agree_audience(self, agreed: AgreedAudience, audit: Sequence[AuditEntry] = ()) -> None:
        def put(tx: Tx) -> None:
            tx.audit.extend(audit)
            withdrawing.put_agreed_audience(tx.conn, agreed)

        await self._writer.run(put)

    async def agreed_audiences(self) -> Mapping[str, AgreedAudience]:
        return await self._read(withdrawing.read_agreed_audiences)
