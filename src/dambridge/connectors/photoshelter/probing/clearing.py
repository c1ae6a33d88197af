"""Taking back all that a probe made, and what an earlier one left behind.

Files are deleted before the galleries in which they are, galleries before collections, so that nothing of anybody else
ever goes along: a gallery of ours that holds somebody's file stays. What was deleted lies in PhotoShelter's trash, which no
call empties; each question that uploads says so beforehand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.probing.calls import Calls
from dambridge.connectors.photoshelter.probing.look import Rest
from dambridge.connectors.photoshelter.probing.scratch import (
    COLLECTIONS,
    GALLERIES,
    PREFIX,
    Place,
    Scratch,
    children,
    media,
)
from dambridge.connectors.photoshelter.wire import text
from dambridge.ports.errors import NextMove

_OURS: Final = re.compile(rf"{re.escape(PREFIX)}[0-9a-f]{{8}}(-.*)?")
_APPEARS_WITHIN: Final = 60.0


async def clear(calls: Calls, org_id: str, scratch: Scratch, rest: Rest) -> list[str]:
    """Take everything back; sentences about what could not be."""
    clearing = _Clearing(calls, org_id, scratch, rest)
    try:
        await clearing.run()
    except NextMove as error:
        clearing.left.append(f"Not everything could be taken back: {calls.client.mask(str(error))}")
    return clearing.left


class _Clearing:
    def __init__(self, calls: Calls, org_id: str, scratch: Scratch, rest: Rest) -> None:
        self._calls = calls
        self._org_id = org_id
        self._scratch = scratch
        self._rest = rest
        self._trashed = scratch.trashed
        self.left: list[str] = []

    async def run(self) -> None:
        galleries = await self._places(GALLERIES)
        for gallery in galleries:
            for media_id in await children(self._calls, gallery) or ():
                await self._drop_file(media_id)
        for media_id in await self._stray():
            await self._drop_file(media_id)
        for gallery in galleries:
            await self._drop(gallery)
        for collection in await self._places(COLLECTIONS):
            await self._drop(collection)

    async def _places(self, plural: str) -> list[Place]:
        """Containers of ours: those made just now, and those whose name is one of ours."""
        found = {it.id: it for it in self._scratch.made if it.plural == plural}
        match = {"match": "false"} if plural == COLLECTIONS else {}
        for page in range(1, 20):
            said = await self._calls.get(f"/{plural}", name=PREFIX, page=str(page), per_page="500", **match)
            items = said.items()
            for it in items:
                name = text(it.attributes.get("name"))
                if _OURS.fullmatch(name):
                    found[it.id] = Place(plural, it.id, name)
            if len(items) < 500:
                break
        return list(found.values())

    async def _stray(self) -> Iterable[str]:
        """Files of ours outside our galleries: those uploaded just now, and those that the search knows by their name."""
        said = await self._calls.get("/media", org_id=self._org_id, file_name=PREFIX, page="1", per_page="500")
        named = [it.id for it in said.items() if text(it.attributes.get("file_name")).startswith(PREFIX)]
        return dict.fromkeys([*self._scratch.files, *named])

    async def _drop_file(self, media_id: str) -> None:
        """Delete a file of ours; somebody else's is left alone."""
        if media_id in self._trashed:
            return
        said = await media(self._calls, media_id)
        if said.status == 404 and media_id in self._scratch.files:
            await self._await_there(media_id)
            said = await media(self._calls, media_id)
        if said.status == 404:
            return
        name = text(said.attributes().get("file_name"))
        if not name.startswith(PREFIX):
            self.left.append(f"The file {media_id} stands in a container of the probe and is not the probe's own.")
            return
        deleted = await self._calls.write("DELETE", protocol.media_path(media_id))
        if deleted.ok:
            self._trashed.add(media_id)
        else:
            self.left.append(f"The file {name} ({media_id}) could not be deleted: {deleted.in_words}.")

    async def _await_there(self, media_id: str) -> None:
        """A file of ours that was accepted may not be there yet, and would come after we are gone."""

        async def there() -> bool:
            return (await media(self._calls, media_id)).ok

        if (await self._rest.until(there, at_most=_APPEARS_WITHIN))[1] is None:
            self.left.append(f"The file {media_id} was uploaded and never appeared; look for {PREFIX}... later.")

    async def _drop(self, place: Place) -> None:
        """Delete a container that is empty."""
        inside = await children(self._calls, place)
        if inside is None:
            if (await self._calls.get(place.path)).status != 404:
                self.left.append(f"The container {place.name} ({place.id}) cannot be looked into and was left.")
            return
        if inside:
            self.left.append(f"The container {place.name} ({place.id}) is not empty and was left.")
            return
        deleted = await self._calls.write("DELETE", place.path)
        if not deleted.ok and deleted.status != 404:
            self.left.append(f"The container {place.name} ({place.id}) could not be deleted: {deleted.in_words}.")
