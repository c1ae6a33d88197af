"""Who can see a container, and the one thing about it that we may change: its own visibility.

Grants and passwords have no public interface in either system: administrators prepare audiences, and the engine compares
what stands with what was agreed before each write. Only `published` containers that are wholly ours are ever opened or shut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from dambridge.model.identity import RemoteId
from dambridge.model.records import Container
from dambridge.ports.pace import Lane


class Visibility(StrEnum):
    """PhotoShelter's words for the modes of a container (PS 3, CONFIRMED)."""

    EVERYONE = "everyone"
    PERMISSION = "permission"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One entry that lets somebody in: `kind` as the system names it (contact, group, token, password, access_level), `who`
    its id there, never a credential. `expires` aware and in UTC, None where it does not end."""

    kind: str
    who: str
    expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """How a container stands: its own mode, the mode after inheritance in the most restrictive of its places, and its grants.

    `own` is None where the container takes its parent's mode and shows none of its own."""

    container: RemoteId
    own: Visibility | None
    effective: Visibility
    inherits: bool | None
    listed: bool | None
    grants: tuple[Grant, ...]


class AudienceKeeper(Protocol):
    """A system whose containers have an audience that can be read."""

    async def audience(self, container: RemoteId, *, lane: Lane) -> Audience:
        """As it stands now, read fresh. Raises `MovedOn` where the container is gone, `TryLater` where it cannot be read."""
        ...

    async def places(self, remote_id: RemoteId, *, lane: Lane) -> Sequence[Container]:
        """The containers that hold this file now, in as few calls as the system allows; one that stands in several places
        comes once for each of them. Raises `MovedOn` where the file is not there any more."""
        ...

    async def set_visibility(self, container: RemoteId, mode: Visibility, *, lane: Lane) -> None:
        """Give the container this mode of its own. Whoever asks reads the audience back: a reply is no proof.

        Raises `Unclear` when no answer came, `Refused` where the account has no proven route for it."""
        ...
