"""The book of people who may sign in, of browsers that are signed in, and of tokens for scripts.

Every method that writes is one transaction, with what the audit trail says of it, and returns after it is durable.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dambridge.model.people import ApiToken, PanelToken, Person, Session
from dambridge.ports.ledger import AuditEntry


class PeopleStore(Protocol):
    """What signing in and the users page need of the store."""

    async def people(self) -> Sequence[Person]:
        """All of them, by name; those who are disabled too."""
        ...

    async def person(self, name: str) -> Person | None: ...

    async def person_by_subject(self, subject: str) -> Person | None:
        """Whoever signs in elsewhere as this."""
        ...

    async def add_person(self, person: Person, audit: Sequence[AuditEntry]) -> bool:
        """False, and nothing is written, where one of this name, or of this subject, is there."""
        ...

    async def put_person(self, person: Person, audit: Sequence[AuditEntry], *, sign_out: bool) -> None:
        """Write one who is there; with `sign_out` all of their sessions end with it."""
        ...

    async def note(self, audit: Sequence[AuditEntry]) -> None:
        """Put on record what changes nothing else."""
        ...

    async def open_session(self, session: Session, *, instead_of: str | None = None) -> None:
        """Write it, and forget the one in whose place it stands."""
        ...

    async def session(self, digest: str, *, now: datetime) -> tuple[Session, Person] | None:
        """A session that has not ended, with its person as they are now; None for one whose person is disabled."""
        ...

    async def touch_session(self, digest: str, *, seen_at: datetime, ends_at: datetime) -> None: ...

    async def end_session(self, digest: str) -> None: ...

    async def tokens(self, person: str | None = None) -> Sequence[ApiToken]:
        """By key; those that have ended too."""
        ...

    async def add_token(self, token: ApiToken, audit: Sequence[AuditEntry]) -> None: ...

    async def token(self, digest: str, *, now: datetime) -> tuple[ApiToken, Person] | None:
        """A token that holds, with its maker as they are now."""
        ...

    async def revoke_token(self, key: str, audit: Sequence[AuditEntry]) -> bool: ...

    async def add_panel_token(self, token: PanelToken, audit: Sequence[AuditEntry]) -> None:
        """Write it, and forget those that have ended by the time at which it was made."""
        ...

    async def panel_token(self, digest: str, *, now: datetime) -> tuple[PanelToken, ApiToken, Person] | None:
        """A panel token that holds, with the token that made it, which holds too, and that one's maker as they are now."""
        ...
