"""Renditions: the thumbnail, preview and zoom that the site makes of what it can picture."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx.client import NetxClient
from dambridge.model.identity import RemoteId
from dambridge.ports.errors import Refused
from dambridge.ports.pace import Lane
from dambridge.ports.systems import ByteStream

SIZES: Final = {"thumbnail": 150, "preview": 500, "zoom": 2000}
"""The longer side in pixels, as sites come (NX 8.2, CONFIRMED as "about")."""


class NetxPictures:
    """Implements `Renditions`, and finds the picture for the search."""

    def __init__(self, client: NetxClient) -> None:
        self._client = client

    @property
    def renditions(self) -> tuple[str, ...]:
        return tuple(SIZES)

    @asynccontextmanager
    async def rendition(self, remote_id: RemoteId, name: str, *, lane: Lane) -> AsyncIterator[ByteStream]:
        """One rendition by name. It is made some time after an import, and for pictures alone."""
        if name not in SIZES:
            raise Refused(f"NetX has no rendition {name!r}; there are {', '.join(SIZES)}.")
        about = f"fetch the {name} of asset {remote_id}"
        async with self._client.download(nx.picture_path(remote_id, name), about=about, lane=lane) as stream:
            yield stream

    @asynccontextmanager
    async def picture(self, remote_id: RemoteId, *, longest_side: int, lane: Lane) -> AsyncIterator[ByteStream]:
        """The smallest that is large enough, else the largest that can be had."""
        enough = [name for name, pixels in SIZES.items() if pixels >= longest_side]
        smaller = [name for name in reversed(SIZES) if name not in enough]
        async with AsyncExitStack() as stack:
            yield await self._first([*enough, *smaller], remote_id, lane, stack)

    async def _first(self, names: list[str], remote_id: RemoteId, lane: Lane, stack: AsyncExitStack) -> ByteStream:
        refusals: list[str] = []
        for name in names:
            try:
                return await stack.enter_async_context(self.rendition(remote_id, name, lane=lane))
            except Refused as refused:
                refusals.append(str(refused))
        raise Refused(f"There is no picture of asset {remote_id}: {refusals[0]}")
