"""Views: further files of an asset, such as releases and contracts (NX 4.4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx.client import NetxClient
from dambridge.connectors.netx.wire import parse_view
from dambridge.model.identity import RemoteId
from dambridge.ports.attachments import Attachment
from dambridge.ports.errors import Refused
from dambridge.ports.pace import Lane
from dambridge.ports.systems import Body, ByteStream

LONGEST_DESCRIPTION: Final = 255  # NX 4.4, CONFIRMED
SYSTEM_VIEWS: Final = frozenset(
    {"previewH264", "previewMp3", "previewVTT", "previewWaveformJSON", "previewXMP"}
)  # NX 4.4, CONFIRMED
_DATA: Final = ("view.id", "view.base", "view.file")


class NetxAttachments:
    """Implements `Attachments`."""

    def __init__(self, client: NetxClient) -> None:
        self._client = client

    async def attachments(self, remote_id: RemoteId, *, lane: Lane) -> Sequence[Attachment]:
        """`getViewsByAsset` (NX 5.5, SINGLE*), the site's own derivatives left out."""
        about = f"list the views of asset {remote_id}"
        views = await self._client.rows(
            "getViewsByAsset", [nx.number(remote_id)], parse=parse_view, about=about, lane=lane, data=_DATA
        )
        return [
            Attachment(
                id=RemoteId(it.id), name=it.name, description=it.description, file_name=it.file_name, size=it.size
            )
            for it in views
            if it.name not in SYSTEM_VIEWS
        ]

    async def attach(
        self, remote_id: RemoteId, body: Body, *, name: str, description: str, file_name: str, lane: Lane
    ) -> None:
        """Import a view (NX 7, SINGLE*). What the site surely refuses is refused before any byte is sent."""
        _check(name, description)
        await self._client.send_file(
            "POST",
            nx.view_import_path(remote_id),
            body,
            form={"viewName": name, "description": description},
            file_name=file_name,
            expects_json=False,
            about=f"attach {file_name!r} to asset {remote_id}",
            lane=lane,
        )

    @asynccontextmanager
    async def attached(self, remote_id: RemoteId, attachment: RemoteId, *, lane: Lane) -> AsyncIterator[ByteStream]:
        """By id, and where the site has no such address by name over the older one (NX 8.1 SINGLE, 8.2 CONFIRMED)."""
        about = f"fetch view {attachment} of asset {remote_id}"
        async with AsyncExitStack() as stack:
            try:
                path = nx.view_path(remote_id, attachment)
                stream = await stack.enter_async_context(self._client.download(path, about=about, lane=lane))
            except Refused as refused:
                if refused.code not in {"404", str(nx.FAILURE)}:
                    raise
                name = await self._name(remote_id, attachment, refused, lane)
                path = nx.view_path_by_name(remote_id, name)
                stream = await stack.enter_async_context(self._client.download(path, about=about, lane=lane))
            yield stream

    async def _name(self, remote_id: RemoteId, attachment: RemoteId, refused: Refused, lane: Lane) -> str:
        for it in await self.attachments(remote_id, lane=lane):
            if it.id == attachment and it.name:
                return it.name
        raise refused


def _check(name: str, description: str) -> None:
    """Raise `Refused` for what a view cannot be called: its name is part of an address (NX 8.2)."""
    if not name.strip() or "/" in name:
        raise Refused("A view needs a name, without a slash. Give the attachment another name.")
    if len(description) > LONGEST_DESCRIPTION:
        raise Refused(
            f"The description has {len(description)} characters and NetX takes {LONGEST_DESCRIPTION}. Shorten it."
        )
