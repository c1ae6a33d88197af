"""Derivatives that a system makes of an original: smaller pictures to be shown or published in its place."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from dambridge.model.identity import RemoteId
from dambridge.ports.pace import Lane
from dambridge.ports.systems import ByteStream


class Renditions(Protocol):
    """A system that gives out renditions of its assets."""

    @property
    def renditions(self) -> tuple[str, ...]:
        """Their names, the smallest first."""
        ...

    def rendition(self, remote_id: RemoteId, name: str, *, lane: Lane) -> AbstractAsyncContextManager[ByteStream]:
        """One rendition. It carries no embedded metadata that could be relied on.

        Raises `Refused` where there is none (yet, or of this kind of file), `TryLater` when it is cut."""
        ...
