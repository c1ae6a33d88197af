"""The ledger of what stands outside: publications, agreed audiences, records of withdrawals, orders of people.

Offered by the ledger beside `ports.ledger` and `ports.agreeing`: all are one store. Every method that writes is one
transaction and returns after it is durable. Publications carry the revision that they were read at; one is written only
where the store still holds that revision, else `MovedOn` is raised and nothing of the call is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from dambridge.model.identity import AccountId, AssetKey, CopyId, FlowName, LinkId
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import AgreedAudience, Outside, Publication, Stage, Withdrawal
from dambridge.ports.ledger import AuditEntry


class OutsideJournal(Protocol):
    """What was shown, on record beside the store, so that it outlives it. Grows only, and blocks while it works: call it from
    a thread."""

    def append(self, entries: Sequence[Outside]) -> None:
        """Write them; returns when they would outlive a power cut. Raises `CannotGoOn` where that cannot be."""
        ...

    def read(self) -> Iterator[Outside]:
        """All of them in the order in which they were written; of two for one file the later counts. Raises `CannotGoOn` for
        damage anywhere but in a last line that was cut."""
        ...


class OrderJournal(Protocol):
    """What people ordered to outlets and took back, on record beside the store likewise."""

    def append(self, entries: Sequence[OutletOrder]) -> None:
        """As `OutsideJournal.append`."""
        ...

    def read(self) -> Iterator[OutletOrder]:
        """As `OutsideJournal.read`; of two for one outlet and master the later counts."""
        ...


class Publishing(Protocol):
    """What publishing, withdrawing and reporting need of the store."""

    async def publications(self, links: Sequence[LinkId]) -> Mapping[LinkId, Mapping[CopyId, Publication]]:
        """Everything ever published of these links, whatever its stage; links without are not in the answer."""
        ...

    async def publications_at(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Publication]:
        """The publications whose files these assets are, or were until another took their place and they are proven gone."""
        ...

    async def publications_in(
        self,
        flow: FlowName,
        *,
        outlet: str | None = None,
        stages: Sequence[Stage],
        after: tuple[LinkId, CopyId] | None,
        limit: int,
    ) -> Sequence[Publication]:
        """A page of them by link and copy; `after` names the last of the page before."""
        ...

    async def longest_unchecked(self, flow: FlowName, *, limit: int) -> Sequence[Publication]:
        """Those in sight, in the order in which their places want looking at: never looked at first."""
        ...

    async def ends(self, flow: FlowName, *, before: datetime) -> Mapping[AccountId, Sequence[tuple[datetime, int]]]:
        """How many publications in sight end at which instant before this one, earliest first, by the account that they
        stand in: what the lead of withdrawals is reckoned from."""
        ...

    async def ending(
        self, flow: FlowName, account: AccountId, *, before: datetime, outlets: Sequence[str] | None = None, limit: int
    ) -> Sequence[Publication]:
        """Those in sight whose `until` is at or before this instant, earliest first; `outlets` names those that are meant,
        None for all."""
        ...

    async def count_ending(self, flow: FlowName, *, before: datetime) -> Mapping[str, int]:
        """How many of those in sight have their `until` at or before this instant, by outlet."""
        ...

    async def next_end(self, flow: FlowName) -> datetime | None:
        """The earliest `until` of what is in sight."""
        ...

    async def count_publications(self, flow: FlowName) -> Mapping[tuple[str, Stage], int]:
        """How many there are by outlet and stage; none is left out but those without."""
        ...

    async def put_publications(
        self,
        publications: Sequence[Publication],
        *,
        withdrawals: Sequence[Withdrawal] = (),
        audit: Sequence[AuditEntry] = (),
    ) -> Sequence[Publication]:
        """Write them with the records that belong to them; gives them back at their new revision. Raises `MovedOn`,
        also where a record that is verified would become another one: those are never changed."""
        ...

    async def withdrawals(
        self,
        *,
        flow: FlowName | None = None,
        link: LinkId | None = None,
        unproven: bool = False,
        after: str | None = None,
        limit: int,
    ) -> Sequence[Withdrawal]:
        """Records, the oldest first; `unproven` gives those alone that were not verified yet."""
        ...

    async def withdrawal(self, withdrawal: str) -> Withdrawal | None: ...

    async def outlet_orders(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Mapping[str, OutletOrder]]:
        """What people ordered of these masters, by outlet, those orders included that are over; masters without are not in the
        answer."""
        ...

    async def outlet_orders_in(
        self, flow: FlowName, *, ended: bool = False, after: tuple[str, AssetKey] | None, limit: int
    ) -> Sequence[OutletOrder]:
        """A page of them by outlet and master; without `ended` those alone that nobody took back."""
        ...

    async def put_outlet_orders(self, orders: Sequence[OutletOrder], audit: Sequence[AuditEntry] = ()) -> int:
        """Write those that were said at or after what the store knows, one for each outlet and master; gives how many were
        news. What was said earlier is passed over."""
        ...

    async def agree_audience(self, agreed: AgreedAudience, audit: Sequence[AuditEntry] = ()) -> None:
        """Write what a person agreed; it takes the place of what stood for that outlet."""
        ...

    async def agreed_audiences(self) -> Mapping[str, AgreedAudience]:
        """By the name of the outlet."""
        ...
