"""Files that hang on an asset beside its original: releases, contracts, captions (NetX calls them views)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from dambridge.model.identity import RemoteId
from dambridge.ports.pace import Lane
from dambridge.ports.systems import Body, ByteStream


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One attached file; `file_name` and `size` are None where the system does not show them."""

    id: RemoteId
    name: str
    description: str
    file_name: str | None
    size: int | None


class Attachments(Protocol):
    """A system that keeps further files with an asset."""

    async def attachments(self, remote_id: RemoteId, *, lane: Lane) -> Sequence[Attachment]:
        """What hangs on the asset, the system's own derivatives left out."""
        ...

    async def attach(
        self, remote_id: RemoteId, body: Body, *, name: str, description: str, file_name: str, lane: Lane
    ) -> None:
        """Hang a file on the asset. Not safe to repeat: look at `attachments` first. Raises `Unclear` when no answer came,
        `Refused` for a name or description that the system does not take."""
        ...

    def attached(
        self, remote_id: RemoteId, attachment: RemoteId, *, lane: Lane
    ) -> AbstractAsyncContextManager[ByteStream]:
        """The attached file. Raises `Refused` where it may not be had, `TryLater` when it is cut."""
        ...
