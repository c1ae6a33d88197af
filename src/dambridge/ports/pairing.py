"""What pairing keeps between looks, and the eye with which it looks at pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from dambridge.model.identity import AccountId, AssetKey, Link, LinkId
from dambridge.model.pairing import CloseLook, Decided, Likeness, Pairing, Subject, Verdict
from dambridge.model.records import Agreed
from dambridge.ports.ledger import AuditEntry

Accounts = tuple[AccountId, AccountId]
"""The two libraries of a pairing: the first and the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPairing:
    """The latest comparison of two libraries. `summary` is JSON: when, and what the look at each library found."""

    made_at: datetime
    pairing: Pairing
    summary: Mapping[str, Any]


class PairingStore(Protocol):
    """Every method that writes is one transaction and returns after it is durable."""

    async def subjects(self, account: AccountId) -> Sequence[Subject]:
        """What is known of the account's assets, by id."""
        ...

    async def keep_subjects(self, subjects: Sequence[Subject]) -> None:
        """Write down what is known of these; what was known before is replaced."""
        ...

    async def forget_subjects(self, keys: Sequence[AssetKey]) -> None: ...

    async def keep_pairing(self, accounts: Accounts, made: StoredPairing) -> None:
        """Write down the comparison in place of the one before. What persons decided stays."""
        ...

    async def pairing(self, accounts: Accounts) -> StoredPairing | None: ...

    async def decide(self, decided: Decided, audit: AuditEntry) -> None:
        """A person's word on a pair; a later one replaces it."""
        ...

    async def decided(self, accounts: Accounts, verdict: Verdict) -> Sequence[Decided]: ...

    async def adopt(self, links: Sequence[tuple[Link, Agreed]], audit: Sequence[AuditEntry]) -> None:
        """Write links that are watched only, with what their copies have in common. A link that is there stays as it is."""
        ...

    async def drop_adopted(self, links: Sequence[LinkId], audit: Sequence[AuditEntry]) -> None:
        """Forget links that pairing made, as far as nobody has activated them yet."""
        ...

    async def watched(self, accounts: Accounts) -> Sequence[Link]:
        """The links between these two accounts that are watched only."""
        ...

    async def activate(self, entries: Mapping[LinkId, AuditEntry], approved: AuditEntry) -> int:
        """From now on these links are worked on as any other; returns how many were watched only until now. `approved` goes
        on record in any case, the entry of a link where it was changed."""
        ...


class Eye(Protocol):
    """Looks at pictures. None means that nothing can be told: no picture, or one without shapes."""

    async def likeness(self, data: bytes) -> Likeness | None: ...

    async def look(self, data: bytes) -> CloseLook | None: ...

    async def captured(self, head: bytes) -> str:
        """When the picture was taken, in ISO 8601, from the first bytes of its file; empty where they do not say."""
        ...
