"""The ledger of what several copies keep in step: accords, the conflict inbox, tombstones, and sweeps held against links.

Every method that writes is one transaction and returns after it is durable. Accords and conflicts carry the revision that
they were read at; one is written only where the store still holds that revision, else `MovedOn` is raised and nothing of
the call is written. So two workers, or a worker and a person, never write over each other unseen. The ledger of
`ports.ledger` offers this too: both are one store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from dambridge.model.accords import Accord, GroupName
from dambridge.model.conflicts import Conflict, ConflictId, ConflictState
from dambridge.model.identity import AccountId, ActionId, AssetKey, FlowName, Link, LinkId, RemoteId, RunId
from dambridge.model.records import Agreed
from dambridge.model.tombstones import Tombstone
from dambridge.ports.covering import Covering
from dambridge.ports.ledger import AuditEntry, Ledger, StepRow
from dambridge.ports.publishing import Publishing
from dambridge.ports.submitting import Submitting


class Agreeing(Protocol):
    """What merging, ruling and sweeping need of the store."""

    # accords -----------------------------------------------------------------------------------------------------
    async def accords(self, links: Sequence[LinkId]) -> Mapping[LinkId, Mapping[GroupName, Accord]]:
        """Links without an accord are not in the answer."""
        ...

    async def put_accords(self, accords: Sequence[Accord], audit: Sequence[AuditEntry] = ()) -> Sequence[Accord]:
        """Write them, with what the audit trail says about it; gives them back at their new revision. Raises `MovedOn`."""
        ...

    async def begin_write(
        self, action: ActionId, step: str, *, intent: Mapping[str, Any], at: datetime, accords: Sequence[Accord]
    ) -> tuple[StepRow, Sequence[Accord]]:
        """As `begin_step` and `put_accords` in one: the intent of a write, durable together with the accords that say it is
        asked for (`Accord.asking`). Raises `MovedOn` where another writer was there first: then do not write outside."""
        ...

    # conflicts ---------------------------------------------------------------------------------------------------
    async def conflict(self, conflict: ConflictId) -> Conflict | None: ...

    async def conflicts_of(self, links: Sequence[LinkId]) -> Mapping[LinkId, Mapping[GroupName, Conflict]]:
        """The latest entry of each group of these links, whatever its state: what a new one counts its serial on from."""
        ...

    async def conflicts(
        self,
        *,
        flow: FlowName | None = None,
        states: Sequence[ConflictState] = (ConflictState.OPEN,),
        group: GroupName | None = None,
        after: ConflictId | None = None,
        limit: int,
    ) -> Sequence[Conflict]:
        """A page of the inbox, the oldest first; `after` is the last entry of the page before. Raises `LookupError` for one
        that there is not."""
        ...

    async def count_conflicts(self, *, flow: FlowName | None = None) -> Mapping[ConflictState, int]:
        """How many entries there are in each state; states without one are left out."""
        ...

    async def put_conflicts(
        self, conflicts: Sequence[Conflict], audit: Sequence[AuditEntry] = ()
    ) -> Sequence[Conflict]:
        """Write entries, rulings included, with what the audit trail says about it; gives them back at their new revision.

        Raises `MovedOn` where another writer was there first, or another entry of that link and group still stands."""
        ...

    # tombstones --------------------------------------------------------------------------------------------------
    async def tombstones(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Tombstone]: ...

    async def tombstones_by_kin(self, keys: Sequence[AssetKey]) -> Mapping[AssetKey, Sequence[Tombstone]]:
        """For each of these assets, the tombstones that name it as another copy of what went, the oldest first."""
        ...

    async def put_tombstones(self, tombstones: Sequence[Tombstone]) -> int:
        """Write those that are news: of two for one asset the later counts. Gives how many were."""
        ...

    async def all_tombstones(self, *, after: AssetKey | None, limit: int) -> Sequence[Tombstone]:
        """A page of them all, by account and id."""
        ...

    # links found again -------------------------------------------------------------------------------------------
    async def put_links(
        self, links: Sequence[Link], agreed: Mapping[LinkId, Agreed], audit: Sequence[AuditEntry] = ()
    ) -> None:
        """Write links as they are now, and of those named what their copies have in common; all of it or nothing."""
        ...

    # sweeps ------------------------------------------------------------------------------------------------------
    async def links_in(self, accounts: Sequence[AccountId], *, after: LinkId | None, limit: int) -> Sequence[Link]:
        """A page of the links that have a copy in one of these accounts, by id; `after` is the last of the page before."""
        ...

    async def count_links(self, accounts: Sequence[AccountId]) -> int:
        """How many links have a copy in one of these accounts."""
        ...

    async def longest_unseen(
        self, flow: FlowName, accounts: Sequence[AccountId], *, limit: int
    ) -> Sequence[tuple[LinkId, AssetKey]]:
        """Copies in these accounts, in the order in which their turn comes to be looked at: links with a published copy
        first, of them those that the flow never looked at, then those longest not; a link's copies stand together."""
        ...

    async def sight(self, run: RunId, account: AccountId, ids: Sequence[RemoteId]) -> None:
        """Note that a sweep of this run met these assets; meeting one twice is meeting it once."""
        ...

    async def count_sights(self, run: RunId, account: AccountId) -> int: ...

    async def unsighted(
        self, run: RunId, account: AccountId, *, after: RemoteId | None, limit: int
    ) -> Sequence[RemoteId]:
        """A page of the copies known in this account that the run's sweep has not met, by id: what may be gone, and is to
        be read one by one."""
        ...

    async def unlinked(
        self, run: RunId, account: AccountId, *, after: RemoteId | None, limit: int
    ) -> Sequence[RemoteId]:
        """A page of what the sweep met that no link has a copy of, by id."""
        ...

    async def forget_sights(self, run: RunId) -> None: ...


class AgreeingLedger(Ledger, Agreeing, Covering, Publishing, Submitting, Protocol):
    """The whole store."""
