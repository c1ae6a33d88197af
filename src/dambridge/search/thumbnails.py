"""Small pictures for those who may see the asset: fetched once, kept, and given on as bytes and nothing else. No address, header
or name of the system's goes along, so nothing in them can open anything."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping

from dambridge.model.access import Searcher
from dambridge.model.identity import AccountId, AssetKey
from dambridge.model.searching import Thumbnail
from dambridge.ports.errors import Refused
from dambridge.ports.finding import Finder
from dambridge.ports.pace import Lane
from dambridge.ports.searching import PictureCache
from dambridge.search.asking import IndexSearch

SIDES = (150, 300, 600)
"""Pixels of the longer side that are kept; another wish gets the next larger one."""
LARGEST = 5 * 1024 * 1024
"""Bytes of a picture that is still a small one."""
SECONDS = 10.0
_KINDS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_NONE = b""
"""Kept for an asset that has no picture, so that it is not asked for again with every page."""


class Thumbnails:
    """Gives out pictures. `finders` are the accounts that can be asked; what is kept is given out without them."""

    def __init__(self, search: IndexSearch, finders: Mapping[AccountId, Finder], cache: PictureCache) -> None:
        self._search = search
        self._finders = finders
        self._cache = cache
        self._under_way: dict[str, asyncio.Task[bytes]] = {}

    async def of(self, key: AssetKey, searcher: Searcher, *, longest_side: int = 300) -> Thumbnail | None:
        """The picture of this copy; None where there is none, and where the person may not see the asset: the two look the
        same. Raises `TryLater` where the system cannot be had now."""
        copy = (await self._search.seen([key], searcher)).get(key)
        if copy is None:
            return None
        side = next((it for it in SIDES if it >= longest_side), SIDES[-1])
        name = hashlib.sha256(f"{key} {copy.modified} {copy.size} {side}".encode()).hexdigest()
        data = await self._cache.get(name)
        if data is None:
            data = await self._fetched_once(name, key, side)
        kind = content_type(data)
        return Thumbnail(data=data, content_type=kind) if kind else None

    async def _fetched_once(self, name: str, key: AssetKey, side: int) -> bytes:
        """However many ask for it meanwhile."""
        task = self._under_way.get(name)
        if task is None:
            task = self._under_way[name] = asyncio.create_task(self._fetched(name, key, side))
            task.add_done_callback(lambda _: self._under_way.pop(name, None))
        return await asyncio.shield(task)

    async def _fetched(self, name: str, key: AssetKey, side: int) -> bytes:
        finder = self._finders.get(key.account)
        if finder is None:
            return _NONE
        data = bytearray()
        try:
            async with (
                asyncio.timeout(SECONDS),
                finder.picture(key.remote_id, longest_side=side, lane=Lane.NORMAL) as it,
            ):
                async for chunk in it.chunks:
                    data += chunk
                    if len(data) > LARGEST:
                        data.clear()
                        break
        except Refused:
            data.clear()
        kept = bytes(data) if content_type(bytes(data)) else _NONE
        await self._cache.put(name, kept)
        return kept


def content_type(data: bytes) -> str:
    """What the bytes are by what they begin with; empty for what is no picture that every browser shows. What a system calls
    them is not believed."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _KINDS if data.startswith(start)), "")
