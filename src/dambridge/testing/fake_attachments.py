"""Attachments in memory: the `Attachments` port without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from dambridge.model.identity import RemoteId
from dambridge.ports.attachments import Attachment
from dambridge.ports.errors import NextMove, Refused, Unclear
from dambridge.ports.pace import Lane
from dambridge.ports.systems import Body, ByteStream


@dataclass(slots=True, kw_only=True)
class FakeAttachments:
    """Passes `AttachmentsContract`. `assets` are those that exist; `derivatives` are names that the system keeps to itself."""

    assets: set[RemoteId] = field(default_factory=set)
    derivatives: frozenset[str] = frozenset({"preview"})
    longest_description: int = 255
    lose_next: bool = False
    """The next `attach` is done and its reply lost."""
    fail_next: NextMove | None = None
    _held: dict[RemoteId, list[tuple[Attachment, bytes]]] = field(default_factory=dict)
    _last: int = 87

    async def attachments(self, remote_id: RemoteId, *, lane: Lane) -> Sequence[Attachment]:
        self._known(remote_id)
        return [it for it, _ in self._held.get(remote_id, ()) if it.name not in self.derivatives]

    async def attach(
        self, remote_id: RemoteId, body: Body, *, name: str, description: str, file_name: str, lane: Lane
    ) -> None:
        if not name.strip() or len(description) > self.longest_description:
            raise Refused("The fake takes no attachment of this name or description.")
        self._known(remote_id)
        content = b"".join([it async for it in body.open()])
        self.put(
            remote_id,
            Attachment(id=RemoteId(""), name=name, description=description, file_name=file_name, size=0),
            content,
        )
        if self.lose_next:
            self.lose_next = False
            raise Unclear(f"The fake lost its reply about {remote_id}. It may have happened.")

    @asynccontextmanager
    async def attached(self, remote_id: RemoteId, attachment: RemoteId, *, lane: Lane) -> AsyncIterator[ByteStream]:
        self._known(remote_id)
        for it, content in self._held.get(remote_id, ()):
            if it.id == attachment:
                yield ByteStream(len(content), _chunks(content))
                return
        raise Refused(f"The fake has no attachment {attachment} of {remote_id}.")

    def put(self, remote_id: RemoteId, attachment: Attachment, content: bytes) -> None:
        """Hang it there as a person would."""
        self._last += 1
        kept = replace(attachment, id=RemoteId(str(self._last)), size=len(content))
        self._held.setdefault(remote_id, []).append((kept, content))

    def _known(self, remote_id: RemoteId) -> None:
        failure, self.fail_next = self.fail_next, None
        if failure is not None:
            raise failure
        if remote_id not in self.assets:
            raise Refused(f"The fake has no asset {remote_id}.")


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1 << 16):
        yield content[start : start + (1 << 16)]
