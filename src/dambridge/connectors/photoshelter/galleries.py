"""Where galleries stand: the library walked from its root, and the paths remembered for a while.

A gallery can sit in several collections (PS 3, CONFIRMED-2019), so it has as many paths; all of them are given.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from dambridge.connectors.kit.paging import Page, whole_listing
from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.wire import WireItem, text
from dambridge.model.identity import RemoteId
from dambridge.model.records import Container
from dambridge.ports.errors import MovedOn
from dambridge.ports.pace import Lane

_SLASH: Final = "\N{DIVISION SLASH}"
"""Stands for a slash within a name, which would otherwise look like one more level."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """A gallery as a file's own list of galleries names it (PS E30)."""

    id: RemoteId
    name: str


def gallery_of(item: WireItem) -> Gallery:
    """The gallery behind an element of E30: the element may be the gallery or only its link to the file, and carries the
    name in `includes.gallery` (CONFIRMED); what its own id stands for is not known."""
    inner = item.included("gallery") or item
    found = inner.id if inner.id.startswith("G0") else text(item.attributes.get("gallery_id")) or inner.id or item.id
    return Gallery(RemoteId(found), _segment(text(inner.attributes.get("name"))))


class GalleryPaths:
    """Knows the paths of galleries. `keep` is in seconds of real time; a name that does not fit ends it sooner."""

    def __init__(
        self,
        client: PhotoShelterClient,
        *,
        page_size: int,
        keep: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._page_size = page_size
        self._keep = keep
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._paths: dict[RemoteId, tuple[Container, ...]] = {}
        self._elsewhere: set[Gallery] = set()
        self._walked_at: float | None = None
        self._walks = 0

    async def walk(self, lane: Lane) -> AsyncIterator[Container]:
        """Every gallery, once for each place where it stands. A walk that came to its end is remembered."""
        found: dict[RemoteId, list[Container]] = {}
        began = self._monotonic()
        waiting: deque[tuple[str, str]] = deque([("", "/library")])
        await self._client.enter_again(lane=lane)  # the calls below name no organisation: they show whichever this is
        while waiting:
            above, path = waiting.popleft()
            async for item in self._surely(path, above, lane):
                here = f"{above}{_segment(text(item.attributes.get('name')))}"
                if _is_collection(item):
                    waiting.append((f"{here}/", f"/collections/{quote(item.id, safe='')}/children"))
                else:
                    container = Container(RemoteId(item.id), here)
                    found.setdefault(container.id, []).append(container)
                    yield container
        self._paths = {gallery: tuple(places) for gallery, places in found.items()}
        self._elsewhere = set()
        self._walked_at = began
        self._walks += 1

    async def places(self, galleries: Sequence[Gallery], lane: Lane) -> tuple[Container, ...]:
        """The containers of these galleries, the library walked anew where what is remembered does not fit."""
        walks = self._walks
        if not self._fit(galleries):
            async with self._lock:
                if walks == self._walks:
                    async for _ in self.walk(lane):
                        pass
        places: list[Container] = []
        for it in galleries:
            known = self._paths.get(it.id)
            if known is None:
                # Shared with us from outside the library: it has no path of ours, only a name.
                self._elsewhere.add(it)
                known = (Container(it.id, it.name or it.id),)
            places.extend(known)
        return tuple(places)

    def _fit(self, galleries: Sequence[Gallery]) -> bool:
        if self._walked_at is None or self._monotonic() > self._walked_at + self._keep:
            return not galleries
        return all(it in self._elsewhere or self._named_so(it) for it in galleries)

    def _named_so(self, gallery: Gallery) -> bool:
        known = self._paths.get(gallery.id)
        return known is not None and (not gallery.name or known[0].path.rpartition("/")[2] == gallery.name)

    async def _surely(self, path: str, above: str, lane: Lane) -> AsyncIterator[WireItem]:
        """What stands in a collection. One that is not there, to a session that is surely in our organisation, went away
        during the walk and holds nothing any more."""
        met: set[str] = set()
        for entered_again in (False, True):
            try:
                async for item in self._children(path, above, lane):
                    self._client.check_organisation(item, "list the galleries")
                    if item.id not in met:
                        met.add(item.id)
                        yield item
            except MovedOn:
                if not entered_again:
                    await self._client.enter_again(lane=lane)
            else:
                return

    async def _children(self, path: str, above: str, lane: Lane) -> AsyncIterator[WireItem]:
        about = f"list what stands in {above.rstrip('/') or 'the library'}"

        async def fetch(number: int, size: int) -> Page[WireItem]:
            query = protocol.paged(protocol.CHILDREN_QUERY, number, size)
            page = await self._client.page(path, about=about, lane=lane, query=query)
            return Page(page.items, page.total)

        async for page in whole_listing(fetch, key=_id_of, size=self._page_size, about=about):
            for item in page.items:
                yield item


def _is_collection(item: WireItem) -> bool:
    return item.type == "collection" or (item.type != "gallery" and item.id.startswith("C0"))


def _segment(name: str) -> str:
    return name.replace("/", _SLASH)


def _id_of(item: WireItem) -> str:
    return item.id
