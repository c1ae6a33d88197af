"""PhotoShelter as a `Finder`: its own search by words, and the small picture that its display link shows."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from dambridge.connectors.photoshelter import protocol, records
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.connectors.photoshelter.wire import text
from dambridge.model.identity import RemoteId
from dambridge.ports.errors import MovedOn, Refused
from dambridge.ports.finding import Found
from dambridge.ports.pace import Lane
from dambridge.ports.searching import LiveFound, Wanted
from dambridge.ports.systems import ByteStream

_WORDS: Final = re.compile(r"\w+(?:[._'’-]\w+)*")
_MOST: Final = 500  # PS 4.4: the largest page that the drafts allow


class PhotoShelterFinder:
    """Implements `Finder` by E17 (CONFIRMED); the service's syntax, if it has any, is never reached."""

    def __init__(self, options: PhotoShelterOptions, client: PhotoShelterClient) -> None:
        self._options = options
        self._client = client

    async def search(self, words: str, *, limit: int, lane: Lane) -> Found:
        """One call. Signs are taken out, capitals too (AND, OR): what is left is words and nothing else."""
        terms = [it.lower() for it in _WORDS.findall(words)]
        if not terms or limit < 1:
            return Found((), 0)
        query = protocol.paged(protocol.terms_query(self._options.org_id, terms), 1, min(limit, _MOST))
        page = await self._client.page("/media", about="search", lane=lane, query=query)
        return Found(tuple(records.sightings(page).items)[:limit], page.total)

    async def look_for(self, wanted: Wanted, *, limit: int, lane: Lane) -> LiveFound:
        """One call of E17. Its filters (CONFIRMED-2019) are ANDed (INFERRED): words by `terms` (CONFIRMED), IPTC fields by
        filters of their own names, days by those of `create` and `modify`. `headline` and a site's own fields have none."""
        query, unsaid = protocol.wanted_query(self._options.org_id, wanted, _terms)
        query = protocol.paged(query, 1, max(1, min(limit, _MOST)))
        page = await self._client.page("/media", about="search", lane=lane, query=query)
        ids = tuple(it.remote_id for it in records.sightings(page).items)
        return LiveFound(ids[:limit], page.total, unsaid)

    @asynccontextmanager
    async def picture(self, remote_id: RemoteId, *, longest_side: int, lane: Lane) -> AsyncIterator[ByteStream]:
        """The picture behind the display link (PS E27, CONFIRMED), which leads to a host of its own: fetched without
        anything that says who we are, and only where it is PhotoShelter's."""
        about = f"show a picture of asset {remote_id}"
        query = {"image_size": f"{longest_side}x{longest_side}", "image_mode": "fit"}
        try:
            item = await self._client.item(protocol.media_path(remote_id, "/link"), about=about, lane=lane, query=query)
        except MovedOn as gone:
            raise Refused(str(gone), code="404") from None
        link = text(item.attributes.get("link")) or text(item.attributes.get("url"))
        async with self._client.shown(link, about=about, lane=lane) as found:
            kind = found.reply.headers.get("Content-Type", "")
            if found.stream is None or not kind.startswith("image/"):
                raise Refused(f"Could not {about}: there is none.", code=str(found.reply.status))
            yield found.stream


def _terms(words: str) -> list[str]:
    """Words as `terms` takes them: without signs and capitals (AND, OR)."""
    return [it.lower() for it in _WORDS.findall(words)]
