"""Telling other programs: what is kept of it, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dambridge.model.webhooks import Attempt, Delivery, DeliveryState, Endpoint
from dambridge.ports.ledger import AuditEntry


class HookStore(Protocol):
    """Endpoints and deliveries. Every method that writes is one transaction and returns after it is durable."""

    async def endpoint(self, name: str) -> Endpoint | None: ...

    async def endpoints(self) -> Sequence[Endpoint]:
        """All that were ever told anything, by name."""
        ...

    async def put_endpoint(
        self, endpoint: Endpoint, deliveries: Sequence[Delivery] = (), audit: Sequence[AuditEntry] = ()
    ) -> None:
        """Write the endpoint, and with it deliveries that are new or moved on; one that is there stays as often as its event
        is met again with no attempt made."""
        ...

    async def put_delivery(self, delivery: Delivery) -> None:
        """Write one delivery as it stands, and nothing of its endpoint."""
        ...

    async def due(self, name: str, now: datetime, *, limit: int) -> Sequence[Delivery]:
        """What may be tried now, in the order of the trail."""
        ...

    async def next_due(self, name: str) -> datetime | None:
        """When the next of what waits may be tried."""
        ...

    async def deliveries(self, name: str, *, state: DeliveryState | None = None, limit: int = 50) -> Sequence[Delivery]:
        """The latest first."""
        ...

    async def delivery(self, name: str, message: str) -> Delivery | None: ...

    async def waiting(self, name: str) -> int: ...

    async def forget(self, before: datetime) -> int:
        """Forget deliveries that ended, and were made before this instant; gives how many."""
        ...


class HookSender(Protocol):
    """The way to one endpoint. Its address and secret are in no text that comes from here."""

    @property
    def where(self) -> str:
        """The host alone, for people."""
        ...

    async def send(self, message: str, body: str) -> Attempt:
        """One attempt, signed for the present moment. Never raises for what the receiver or the network does."""
        ...
