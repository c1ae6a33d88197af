"""The part of the ledger that keeps copies in step: accords, conflicts, tombstones, sweeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dambridge.model.accords import Accord, GroupName
from dambridge.model.conflicts import Conflict, ConflictId, ConflictState
from dambridge.model.identity import AccountId, ActionId, AssetKey, FlowName, Link, LinkId, RemoteId, RunId
from dambridge.model.records import Agreed
from dambridge.model.tombstones import Tombstone
from dambridge.ports.ledger import AuditEntry, StepRow
from dambridge.storage import accords as accord_rows
from dambridge.storage import conflicts as conflict_rows
from dambridge.storage import links as link_rows
from dambridge.storage import sweeps, work
from dambridge.storage import tombstones as tombstone_rows
from dambridge.storage.store import SqlStore
from dambridge.storage.writer import Tx


class SqlAgreeing(SqlStore):
    """Implements `ports.agreeing.Agreeing`."""

    # accords -----------------------------------------------------------------------------------------------------
    async def accords(self, links: Sequence[LinkId]) -> Mapping[LinkId, Mapping[GroupName, Accord]]:
        return await self._read(lambda c: accord_rows.read_accords(c, links))

    async def put_accords(self, accords: Sequence[Accord], audit: Sequence[AuditEntry] = ()) -> Sequence[Accord]:
        def put(tx: Tx) -> list[Accord]:
            tx.audit.extend(audit)
            return accord_rows.put_accords(tx, accords)

        return await self._writer.run(put)

    async def begin_write(
        self, action: ActionId, step: str, *, intent: Mapping[str, Any], at: datetime, accords: Sequence[Accord]
    ) -> tuple[StepRow, Sequence[Accord]]:
        def begin(tx: Tx) -> tuple[StepRow, list[Accord]]:
            written = accord_rows.put_accords(tx, accords)
            return work.begin_step(tx.conn, action, step, intent, at), written

        return await self._writer.run(begin)

    # conflicts ---------------------------------------------------------------------------------------------------
    async def conflict(self, conflict: ConflictId) -> Conflict | None:
        return await self._read(lambda c: conflict_rows.read_conflict(c, conflict))

    async def conflicts_of(self, links: Sequence[LinkId]) -> Mapping[LinkId, Mapping[GroupName, Conflict]]:
        return await self._read(lambda c: conflict_rows.conflicts_of(c, links))

    async def conflicts(
        self,
        *,
        flow: FlowName | None = None,
        states: Sequence[ConflictState] = (ConflictState.OPEN,),
        group: GroupName | None = None,
        after: ConflictId | None = None,
        limit: int,
    ) -> Sequence[Conflict]:
        return await self._read(
            lambda c: conflict_rows.page_of_conflicts(
                c, flow=flow, states=states, group=group, after=after, limit=limit
            )
        )

    async def count_conflicts(self, *, flow: FlowName | None = None) -> Mapping[ConflictState, int]:
        return await self._read(lambda c: conflict_rows.count_conflicts(c, flow))

    async def put_conflicts(
        self, conflicts: Sequence[Conflict], audit: Sequence[AuditEntry] = ()
    ) -> Sequence[Conflict]:
        def put(tx: Tx) -> list[Conflict]:
            tx.audit.extend(audit)
            return conflict_rows.put_conflicts(tx, conflicts)

        return await self._writer.run(put)

    # tombstones --------------------------------------------------------------------------------------------------
    async def tombstones(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Tombstone]:
        return await self._read(lambda c: tombstone_rows.read_tombstones(c, keys))

    async def tombstones_by_kin(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Sequence[Tombstone]]:
        return await self._read(lambda c: tombstone_rows.tombstones_by_kin(c, keys))

    async def put_tombstones(self, tombstones: Sequence[Tombstone]) -> int:
        news = await self._write(lambda c: tombstone_rows.put_tombstones(c, tombstones))
        await self._journalled(news)
        return len(news)

    async def all_tombstones(self, *, after: AssetKey | None, limit: int) -> Sequence[Tombstone]:
        return await self._read(lambda c: tombstone_rows.page_of_tombstones(c, after, limit))

    # links found again -------------------------------------------------------------------------------------------
    async def put_links(
        self, links: Sequence[Link], agreed: Mapping[LinkId, Agreed], audit: Sequence[AuditEntry] = ()
    ) -> None:
        def put(tx: Tx) -> None:
            tx.audit.extend(audit)
            for it in links:
                link_rows.put_link(tx, it)
            for link, state in agreed.items():
                link_rows.put_agreed(tx, link, state)

        await self._writer.run(put)

    # sweeps ------------------------------------------------------------------------------------------------------
    async def links_in(self, accounts: Sequence[AccountId], *, after: LinkId | None, limit: int) -> Sequence[Link]:
        return await self._read(lambda c: sweeps.links_in(c, accounts, after, limit), snapshot=True)

    async def count_links(self, accounts: Sequence[AccountId]) -> int:
        return await self._read(lambda c: sweeps.count_links(c, accounts))

    async def longest_unseen(
        self, flow: FlowName, accounts: Sequence[AccountId], *, limit: int
    ) -> Sequence[tuple[LinkId, AssetKey]]:
        return await self._read(lambda c: sweeps.longest_unseen(c, flow, accounts, limit))

    async def sight(self, run: RunId, account: AccountId, ids: Sequence[RemoteId]) -> None:
        await self._write(lambda c: sweeps.sight(c, run, account, ids))

    async def count_sights(self, run: RunId, account: AccountId) -> int:
        return await self._read(lambda c: sweeps.count_sights(c, run, account))

    async def unsighted(
        self, run: RunId, account: AccountId, *, after: RemoteId | None, limit: int
    ) -> Sequence[RemoteId]:
        return await self._read(lambda c: sweeps.unsighted(c, run, account, after, limit))

    async def unlinked(
        self, run: RunId, account: AccountId, *, after: RemoteId | None, limit: int
    ) -> Sequence[RemoteId]:
        return await self._read(lambda c: sweeps.unlinked(c, run, account, after, limit))

    async def forget_sights(self, run: RunId) -> None:
        while await self._write(lambda c: sweeps.forget_some_sights(c, run)):
            pass
