"""Folders in PhotoShelter: collections, and a gallery at the end of a path. Found before made, made private."""

from __future__ import annotations

import asyncio
import time
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.audience import PhotoShelterAudience
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.galleries import GalleryPaths, is_collection, shown_name
from dambridge.connectors.photoshelter.wire import WireItem, parse_count, parse_item, text
from dambridge.model.identity import RemoteId
from dambridge.model.records import Container
from dambridge.ports.audience import Visibility
from dambridge.ports.errors import NextMove, Refused, TryLater, Unclear
from dambridge.ports.pace import Lane

LONGEST_NAME: Final = 100  # PS E10, CONFIRMED-2019

Place = tuple[RemoteId | None, str, bool]
"""Parent (None: the root), name in NFC, and whether it is a collection."""


class Folders:
    """Knows and makes containers by path. Names compare in NFC (hazard P23); of twins the oldest counts. What is known is
    believed for `keep` seconds of real time: people rename and move containers."""

    def __init__(
        self,
        client: PhotoShelterClient,
        galleries: GalleryPaths,
        audience: PhotoShelterAudience,
        *,
        keep: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._galleries = galleries
        self._audience = audience
        self._keep = keep
        self._monotonic = monotonic
        self._known: dict[Place, tuple[RemoteId, float]] = {}
        self._lock = asyncio.Lock()

    async def ensure(self, path: str, *, lane: Lane) -> RemoteId:
        """The gallery at `path`, made with the collections above it where missing. Safe to repeat."""
        names = _names(path)
        if (known := self._remembered(names)) is not None:
            return known
        async with self._lock:
            try:
                return await self._walk(names, lane)
            except NextMove:
                self._known.clear()  # a collection on the way may have been deleted: look anew the next time
                raise

    async def at(self, path: str, *, lane: Lane) -> RemoteId | None:
        """The gallery at `path`, None where there is none. Makes nothing."""
        names = _names(path)
        if (known := self._remembered(names)) is not None:
            return known
        parent: RemoteId | None = None
        for at, name in enumerate(names, 1):
            parent = await self._find(_place(parent, name, collection=at < len(names)), lane)
            if parent is None:
                return None
        return parent

    def forget(self, gallery: RemoteId) -> None:
        """A person may have deleted or moved it: look anew the next time."""
        self._known = {place: known for place, known in self._known.items() if known[0] != gallery}

    def _remembered(self, names: Sequence[str]) -> RemoteId | None:
        parent: RemoteId | None = None
        for at, name in enumerate(names, 1):
            parent = self._believed(_place(parent, name, collection=at < len(names)))
            if parent is None:
                return None
        return parent

    def _believed(self, place: Place) -> RemoteId | None:
        known, since = self._known.get(place, (None, 0.0))
        return known if self._monotonic() <= since + self._keep else None

    async def _walk(self, names: Sequence[str], lane: Lane) -> RemoteId:
        parent: RemoteId | None = None
        for at, name in enumerate(names, 1):
            place = _place(parent, name, collection=at < len(names))
            found = self._believed(place)
            if found is None:
                found = await self._find(place, lane)
                if found is None:
                    found = await self._make(place, name, lane)
                    if at == len(names):
                        self._galleries.learn(Container(found, "/".join(names)))
                self._known[place] = (found, self._monotonic())
            parent = found
        if parent is None:
            raise Refused("A folder needs a path.")
        return parent

    async def _find(self, place: Place, lane: Lane) -> RemoteId | None:
        """By the listing of the parent, which unlike a search neither lags nor leaves a filter out (PS E1, E5)."""
        parent, name, collection = place
        fitting = [
            it
            for it in await self._galleries.under(parent, lane)
            if is_collection(it) is collection and unicodedata.normalize("NFC", shown_name(it)) == name
        ]
        return RemoteId(min(fitting, key=_age).id) if fitting else None

    async def _make(self, place: Place, name: str, lane: Lane) -> RemoteId:
        """Make it private, and look again: a refusal or a lost reply matters only where it is still not there."""
        parent, _, collection = place
        kind = "collection" if collection else "gallery"
        about = f"make the {kind} {name!r}"
        form = {"name": name, "mode": str(Visibility.PRIVATE)}  # PS E8, E16: SINGLE; `parent` and `mode` INFERRED
        form |= {"parent": parent} if parent else {}
        made: RemoteId | None = None
        try:
            reply = await self._client.change("POST", _plural(kind), about=about, form=form, lane=lane)
        except Refused as no:
            problem: NextMove = Refused(f"{no} A person can make it by hand.", code=no.code)
        except Unclear as lost:
            problem = TryLater(str(lost))  # finding or making is safe to repeat
        else:
            made = RemoteId(self._client.parsed(parse_item, reply, about).id)
            problem = Refused(f"PhotoShelter said that it would {about}, and did not put it where it belongs.")
        found = await self._find(place, lane)
        if found is None or (made is not None and found != made):
            await self._take_back(made, kind, lane)
        if found is None:
            raise problem
        await self._shut(found, made, kind, name, lane)
        return found

    async def _shut(self, found: RemoteId, made: RemoteId | None, kind: str, name: str, lane: Lane) -> None:
        """Nothing may arrive in a container of ours that others see: that `mode` is heeded is a guess."""
        standing = await self._audience.audience(found, lane=lane)
        if standing.effective is Visibility.PRIVATE:
            return
        if found == made:
            await self._take_back(made, kind, lane)
        raise Refused(
            f"PhotoShelter made the {kind} {name!r} so that others than staff see it ({standing.effective}), so it was "
            "taken back. Make it by hand and set it to private."
        )

    async def _take_back(self, made: RemoteId | None, kind: str, lane: Lane) -> None:
        """Delete what this call has made, as long as it is empty: a container is not recoverable (PS E8)."""
        if made is None:
            return
        count = await self._client.get(
            protocol.container_path(made, "/child-count"), about=f"count {kind} {made}", lane=lane, optional=True
        )
        if count.ok and parse_count(count.json_or_none()) == 0:
            about = f"delete the empty {kind} {made}"
            await self._client.change("DELETE", protocol.container_path(made), about=about, lane=lane)


def _names(path: str) -> list[str]:
    names = path.strip("/").split("/")
    if not all(it.strip() for it in names):
        raise Refused(f"{path!r} is no path of a gallery: every name in it needs a letter.")
    for it in names:
        if len(it) > LONGEST_NAME:
            raise Refused(f"PhotoShelter's names have at most {LONGEST_NAME} characters; {it!r} has {len(it)}.")
    return [it.strip() for it in names]


def _place(parent: RemoteId | None, name: str, *, collection: bool) -> Place:
    return parent, unicodedata.normalize("NFC", name), collection


def _plural(kind: str) -> str:
    return "/collections" if kind == "collection" else "/galleries"


def _age(item: WireItem) -> tuple[str, str]:
    return text(item.attributes.get("created_at")) or "~", item.id
