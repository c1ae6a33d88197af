"""Folders: found or made by path, and the whole tree walked with its paths."""

from __future__ import annotations

import asyncio
import unicodedata
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from typing import Final

from dambridge.connectors.netx import protocol as nx
from dambridge.connectors.netx import wire
from dambridge.connectors.netx.client import NetxClient
from dambridge.model.identity import RemoteId
from dambridge.model.records import Container
from dambridge.ports.errors import Refused, TryLater, Unclear
from dambridge.ports.pace import Lane

_SLASH: Final = "\N{DIVISION SLASH}"
"""Stands for a slash within a name, which would otherwise look like one more level."""
_ROW: Final = ("folder.id", "folder.base", "folder.children")


class Folders:
    """The site's folders. They are remembered by path until something shows that they are not there any more."""

    def __init__(self, client: NetxClient) -> None:
        self._client = client
        self._known: dict[str, RemoteId] = {}
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ensure(self, path: str, lane: Lane) -> RemoteId:
        """By path first, then made, then by path again: whoever made it, all who ask settle on what the path leads to."""
        clean = path.strip("/")
        key = unicodedata.normalize("NFC", clean)
        if not clean:
            return RemoteId(nx.ROOT_FOLDER)
        if known := self._known.get(key):
            return known
        async with self._making[key]:
            if known := self._known.get(key):
                return known
            found = await self._at(clean, lane) or await self._make(clean, lane)
            self._known[key] = found
        self._making.pop(key, None)
        return found

    async def at(self, path: str, lane: Lane) -> RemoteId | None:
        """The folder that `path` leads to, None where there is none: by `getFolderByPath` alone (NX 5.2, CONFIRMED)."""
        clean = path.strip("/")
        key = unicodedata.normalize("NFC", clean)
        if not clean:
            return RemoteId(nx.ROOT_FOLDER)
        found = self._known.get(key) or await self._at(clean, lane)
        if found is not None:
            self._known[key] = found
        return found

    def forget(self, folder: RemoteId) -> None:
        """A person may have deleted or moved it: look anew the next time."""
        self._known = {path: known for path, known in self._known.items() if known != folder}

    async def walk(self, lane: Lane) -> AsyncIterator[Container]:
        """Every folder below the root that the account can see, level by level.

        Children are asked for folder by folder (NX 5.2, CONFIRMED). `folder.children` saves the call for a leaf, but only
        within a listing in which it is filled in for some folder: its shape is INFERRED (NX 4.2)."""
        root = RemoteId(nx.ROOT_FOLDER)
        waiting: deque[tuple[RemoteId, RemoteId, str]] = deque([(root, root, "")])
        met = {root}
        while waiting:
            parent, folder, above = waiting.popleft()
            rows = await self._children_of(folder, parent, lane)
            tells = any(it.children for it in rows)
            for row in rows:
                child, path = RemoteId(row.id), f"{above}{row.name.replace('/', _SLASH)}"
                if child in met:
                    continue
                met.add(child)
                yield Container(child, path)
                if not (tells and row.children == ()):
                    waiting.append((folder, child, f"{path}/"))

    async def _children_of(self, folder: RemoteId, parent: RemoteId, lane: Lane) -> list[wire.WireFolder]:
        """The folders in a folder; none where it went away while we walked. One that is shown and does not let itself be
        listed ends the walk: nothing may rest on a tree with a branch missing (hazard P01)."""
        try:
            return await self._children(folder, lane)
        except Refused:
            if folder == parent or any(it.id == folder for it in await self._children(parent, lane)):
                raise
            return []

    async def _children(self, folder: RemoteId, lane: Lane) -> list[wire.WireFolder]:
        params, about = [nx.number(folder)], f"list the folders in folder {folder}"
        return await self._client.rows(
            "getFoldersByParent", params, parse=wire.parse_folder, about=about, lane=lane, data=_ROW
        )

    async def _at(self, path: str, lane: Lane) -> RemoteId | None:
        """The folder at `path` in whichever Unicode form the site knows it (hazard P23); None where there is none.

        A missing path gives null or an error, nobody knows which (NX 5.2)."""
        about = f"look for the folder {path!r}"
        for spelling in dict.fromkeys((path, unicodedata.normalize("NFC", path), unicodedata.normalize("NFD", path))):
            params = [spelling, nx.options(("folder.id", "folder.base"), size=1)]
            try:
                raw = await self._client.read("getFolderByPath", params, about=about, lane=lane)
            except nx.SaidNo as said:
                if said.code < 0:  # the protocol's own codes: not an answer to the question
                    raise nx.next_move(said, tried=about, writing=False) from None
                continue
            if raw:
                return _folder_id(raw, about)
        return None

    async def _make(self, path: str, lane: Lane) -> RemoteId:
        """Make it, and look again: a refusal or a lost reply matters only where it is still not there."""
        about = f"make the folder {path!r}"
        params = [path, nx.options(("folder.id",), size=1)]
        try:
            raw = await self._client.write("createFolderFromPath", params, about=about, lane=lane)
        except nx.SaidNo as said:
            problem: Exception = nx.next_move(said, tried=f"{about} (a person can make it by hand)", writing=False)
        except Unclear as lost:
            problem = TryLater(str(lost))  # finding or making is safe to repeat
        else:
            problem = TryLater(f"NetX said that it would {about}, and it is not there.")
            if raw:
                return await self._at(path, lane) or _folder_id(raw, about)
        if (found := await self._at(path, lane)) is not None:
            return found
        raise problem


def _folder_id(raw: object, about: str) -> RemoteId:
    try:
        return RemoteId(wire.parse_id(raw))
    except wire.BadReply as bad:
        raise TryLater(f"Could not {about}: NetX's reply was not {bad}.") from None
