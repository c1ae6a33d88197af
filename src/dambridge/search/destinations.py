"""Where finds can be asked to go, and what asking needs of the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dambridge.model.commands import Command
from dambridge.model.identity import AccountId, AssetKey, CopyId, FlowName, Link, LinkId
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import Publication
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.ports.ledger import AuditEntry, Due


class OrderLedger(Protocol):
    """What giving an order needs of the ledger."""

    async def enqueue(self, command: Command) -> Command: ...
    async def add_due(self, due: Sequence[Due]) -> None: ...
    async def audit(self, entries: Sequence[AuditEntry]) -> None: ...
    async def links(self, ids: Sequence[LinkId]) -> Mapping[LinkId, Link]: ...
    async def links_of(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, LinkId]: ...
    async def publications(self, links: Sequence[LinkId]) -> Mapping[LinkId, Mapping[CopyId, Publication]]: ...
    async def outlet_orders(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Mapping[str, OutletOrder]]: ...
    async def outlet_orders_in(
        self, flow: FlowName, *, ended: bool = False, after: tuple[str, AssetKey] | None, limit: int
    ) -> Sequence[OutletOrder]: ...
    async def put_outlet_orders(self, orders: Sequence[OutletOrder], audit: Sequence[AuditEntry] = ()) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Destinations:
    """Where finds can go. `inward` are accounts that a flow takes assets from into the archive, with `inward_orders` also what
    its selection does not name; `outward` the flows with outlets."""

    inward: Mapping[AccountId, FlowName]
    inward_orders: bool = False
    outward: tuple[PublishPolicy, ...]

    def outlets(self) -> dict[str, tuple[PublishPolicy, Outlet]]:
        return {name: (policy, outlet) for policy in self.outward for name, outlet in policy.outlets.items()}
