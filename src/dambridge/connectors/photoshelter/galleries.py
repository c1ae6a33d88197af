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

from dambridge.connectors.kit.paging import Page, whole_listing
from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.wire import WireItem, text
from dambridge.model.identity import RemoteId
from dambridge.model.records import Container
from dambridge.ports.errors import MovedOn, TryLater
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
        waiting: deque[tuple[str, RemoteId | None]] = deque([("", None)])
        await self._client.still_ours(lane)  # the calls below name no organisation: they show whichever this is
        while waiting:
            above, collection = waiting.popleft()
            try:
                async for item in self._children(collection, lane):
                    self._client.check_organisation(item, "list the galleries")
                    here = f"{above}{shown_name(item)}"
                    if is_collection(item):
                        waiting.append((f"{here}/", RemoteId(item.id)))
                    else:
                        container = Container(RemoteId(item.id), here)
                        found.setdefault(container.id, []).append(container)
                        yield container
            except MovedOn:
                continue  # a collection that went away during the walk holds nothing any more
        if await self._client.still_ours(lane) is False:
            raise TryLater("Could not walk the library: the session stood in another organisation. It is back.")
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

    async def under(self, collection: RemoteId | None, lane: Lane) -> list[WireItem]:
        """What stands in a collection itself, or in the library's root, read fresh and surely of our organisation."""
        found = [it async for it in self._children(collection, lane)]
        if collection is None and await self._client.still_ours(lane) is False:
            raise TryLater("Could not list the library: the session stood in another organisation. It is back.")
        return found

    def learn(self, gallery: Container) -> None:
        """Remember the place of a gallery that was found or made by its path, so that no walk is needed to know it."""
        if self._walked_at is not None:
            known = self._paths.get(gallery.id, ())
            self._paths[gallery.id] = known if gallery in known else (*known, gallery)

    def _fit(self, galleries: Sequence[Gallery]) -> bool:
        if self._walked_at is None or self._monotonic() > self._walked_at + self._keep:
            return not galleries
        return all(it in self._elsewhere or self._named_so(it) for it in galleries)

    def _named_so(self, gallery: Gallery) -> bool:
        known = self._paths.get(gallery.id)
        return known is not None and (not gallery.name or known[0].path.rpartition("/")[2] == gallery.name)

    async def _children(self, collection: RemoteId | None, lane: Lane) -> AsyncIterator[WireItem]:
        """By E5, of the root by E1 (CONFIRMED)."""
        path = "/library" if collection is None else protocol.container_path(collection, "/children")
        about = f"list what stands in {'the library' if collection is None else f'collection {collection}'}"

        async def fetch(number: int, size: int) -> Page[WireItem]:
            query = protocol.paged(protocol.CHILDREN_QUERY, number, size)
            page = await self._client.page(path, about=about, lane=lane, query=query)
            return Page(page.items, page.total)

        met: set[str] = set()
        async for page in whole_listing(fetch, key=_id_of, size=self._page_size, about=about):
            for item in page.items:
                if item.id not in met:
                    met.add(item.id)
                    yield item


def is_collection(item: WireItem) -> bool:
    return item.type == "collection" or (item.type != "gallery" and protocol.is_collection_id(item.id))


def shown_name(item: WireItem) -> str:
    """The name of a container as a segment of a path."""
    return _segment(text(item.attributes.get("name")))


def _segment(name: str) -> str:
    return name.replace("/", _SLASH)


def _id_of(item: WireItem) -> str:
    return item.id
