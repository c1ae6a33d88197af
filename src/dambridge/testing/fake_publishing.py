"""Publications in memory: the `Publishing` port."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from dambridge.model.identity import AccountId, AssetKey, CopyId, FlowName, LinkId
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import AgreedAudience, Publication, Stage, Withdrawal
from dambridge.ports.ledger import AuditEntry
from dambridge.testing.fake_agreeing import MemoryAgreeing

_NEVER = datetime.min.replace(tzinfo=UTC)


class MemoryPublishing(MemoryAgreeing):
    """Implements `ports.publishing.Publishing`."""

    async def publications(self, links: Sequence[LinkId]) -> Mapping[LinkId, Mapping[CopyId, Publication]]:
        wanted = set(links)
        found: dict[LinkId, dict[CopyId, Publication]] = {}
        for it in self._all():
            if it.link in wanted:
                found.setdefault(it.link, {})[it.copy] = it
        return found

    async def publications_at(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Publication]:
        known = {AssetKey(it.copy.account, it.former): it for it in self._all() if it.former is not None}
        known |= {it.key: it for it in self._all() if it.key is not None}
        return {it: known[it] for it in keys if it in known}

    async def publications_in(
        self,
        flow: FlowName,
        *,
        outlet: str | None = None,
        stages: Sequence[Stage],
        after: tuple[LinkId, CopyId] | None,
        limit: int,
    ) -> Sequence[Publication]:
        fits = [it for it in self._all(flow) if it.stage in stages and outlet in {None, it.outlet}]
        return [it for it in fits if after is None or _turn(it) > (after[0], str(after[1]))][:limit]

    async def longest_unchecked(self, flow: FlowName, *, limit: int) -> Sequence[Publication]:
        return sorted(self._in_sight(flow), key=lambda it: it.checked_at or _NEVER)[:limit]

    async def ends(self, flow: FlowName, *, before: datetime) -> Mapping[AccountId, Sequence[tuple[datetime, int]]]:
        counted = Counter((it.copy.account, it.until) for it in self._in_sight(flow) if it.until is not None)
        found: dict[AccountId, list[tuple[datetime, int]]] = {}
        for (account, until), files in sorted(counted.items()):
            if until < before:
                found.setdefault(account, []).append((until, files))
        return found

    async def ending(
        self, flow: FlowName, account: AccountId, *, before: datetime, outlets: Sequence[str] | None = None, limit: int
    ) -> Sequence[Publication]:
        due = [(it.until, it) for it in self._in_sight(flow) if it.until is not None and it.copy.account == account]
        found = [it for until, it in sorted(due, key=lambda one: one[0]) if until <= before]
        return [it for it in found if outlets is None or it.outlet in outlets][:limit]

    async def count_ending(self, flow: FlowName, *, before: datetime) -> Mapping[str, int]:
        return Counter(it.outlet for it in self._in_sight(flow) if it.until is not None and it.until <= before)

    async def next_end(self, flow: FlowName) -> datetime | None:
        return min((it.until for it in self._in_sight(flow) if it.until is not None), default=None)

    async def count_publications(self, flow: FlowName) -> Mapping[tuple[str, Stage], int]:
        return Counter((it.outlet, it.stage) for it in self._all(flow))

    async def put_publications(
        self,
        publications: Sequence[Publication],
        *,
        withdrawals: Sequence[Withdrawal] = (),
        audit: Sequence[AuditEntry] = (),
    ) -> Sequence[Publication]:
        self.memory.check_publications(publications, withdrawals)
        self.memory.tell(audit)
        return self.memory.put_publications(publications, withdrawals)

    async def withdrawals(
        self,
        *,
        flow: FlowName | None = None,
        link: LinkId | None = None,
        unproven: bool = False,
        after: str | None = None,
        limit: int,
    ) -> Sequence[Withdrawal]:
        fits = [
            it
            for it in self.memory.withdrawals.values()
            if flow in {None, it.flow} and link in {None, it.link} and not (unproven and it.verified_at is not None)
        ]
        if after is not None:
            if after not in self.memory.withdrawals:
                raise LookupError(f"there is no withdrawal {after}")
            last = self.memory.withdrawals[after]
            fits = [it for it in fits if (it.decided_at, it.id) > (last.decided_at, last.id)]
        return sorted(fits, key=lambda it: (it.decided_at, it.id))[:limit]

    async def withdrawal(self, withdrawal: str) -> Withdrawal | None:
        return self.memory.withdrawals.get(withdrawal)

    async def outlet_orders(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Mapping[str, OutletOrder]]:
        found: dict[AssetKey, dict[str, OutletOrder]] = {}
        for (outlet, key), it in sorted(self.memory.outlet_orders.items()):
            if key in keys:
                found.setdefault(key, {})[outlet] = it
        return found

    async def outlet_orders_in(
        self, flow: FlowName, *, ended: bool = False, after: tuple[str, AssetKey] | None, limit: int
    ) -> Sequence[OutletOrder]:
        fits = [
            it
            for place, it in sorted(self.memory.outlet_orders.items())
            if it.flow == flow and (ended or it.ended_at is None) and (after is None or place > after)
        ]
        return fits[:limit]

    async def put_outlet_orders(self, orders: Sequence[OutletOrder], audit: Sequence[AuditEntry] = ()) -> int:
        self.memory.tell(audit)
        before = dict(self.memory.outlet_orders)
        for it in orders:
            known = self.memory.outlet_orders.get((it.outlet, it.source))
            if known is None or known.said_at <= it.said_at:
                self.memory.outlet_orders[it.outlet, it.source] = it
        return sum(before.get(place) != it for place, it in self.memory.outlet_orders.items())

    async def agree_audience(self, agreed: AgreedAudience, audit: Sequence[AuditEntry] = ()) -> None:
        self.memory.tell(audit)
        self.memory.audiences[agreed.outlet] = agreed

    async def agreed_audiences(self) -> Mapping[str, AgreedAudience]:
        return dict(sorted(self.memory.audiences.items()))

    def _all(self, flow: FlowName | None = None) -> list[Publication]:
        """In the order of their keys."""
        return sorted((it for it in self.memory.publications.values() if flow in {None, it.flow}), key=_turn)

    def _in_sight(self, flow: FlowName) -> list[Publication]:
        return [it for it in self._all(flow) if it.in_sight]


def _turn(it: Publication) -> tuple[LinkId, str]:
    return it.link, str(it.copy)
