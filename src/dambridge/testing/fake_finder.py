"""A search in memory: the `Finder` port without a network, and the person who fills its library."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from dambridge.model.identity import RemoteId
from dambridge.model.records import NativeValue
from dambridge.ports.errors import Refused, TryLater
from dambridge.ports.finding import Found
from dambridge.ports.pace import Lane
from dambridge.ports.searching import LiveFound, Wanted
from dambridge.ports.systems import ByteStream, Sighting


@dataclass(frozen=True, slots=True)
class FakeFinding:
    """An asset as the fake keeps it: its words and its bytes."""

    file_name: str
    words: frozenset[str]
    content: bytes


@dataclass(slots=True)
class FakeFinder:
    """Passes `FinderContract`. `down` makes every search fail as a system does that cannot be reached."""

    assets: dict[RemoteId, FakeFinding] = field(default_factory=dict)
    down: bool = False
    asked: list[str] = field(default_factory=list)

    async def search(self, words: str, *, limit: int, lane: Lane) -> Found:
        self.asked.append(words)
        if self.down:
            raise TryLater("the system cannot be reached")
        wanted = _words(words)
        found = [Sighting(key, None, it.file_name) for key, it in self.assets.items() if wanted and wanted <= it.words]
        return Found(tuple(found[:limit]), len(found))

    async def look_for(self, wanted: Wanted, *, limit: int, lane: Lane) -> LiveFound:
        """It knows words alone."""
        asked = " ".join(wanted.words)
        found = await self.search(asked, limit=limit, lane=lane) if asked else Found((), None)
        every = tuple(self.assets)[:limit]
        ids = tuple(it.remote_id for it in found.sightings) if asked else every
        return LiveFound(ids, found.total if asked else len(self.assets), tuple(name for name, _ in wanted.texts))

    @asynccontextmanager
    async def picture(self, remote_id: RemoteId, *, longest_side: int, lane: Lane) -> AsyncIterator[ByteStream]:
        if remote_id not in self.assets:
            raise Refused(f"there is no picture of {remote_id}")
        content = self.assets[remote_id].content
        yield ByteStream(len(content), _once(content))

    async def add(
        self,
        file_name: str,
        content: bytes,
        *,
        containers: Sequence[str] = (),
        fields: Mapping[str, NativeValue] | None = None,
    ) -> RemoteId:
        """Put an asset there, as a person would."""
        made = RemoteId(f"found-{len(self.assets) + 1}")
        text = " ".join([file_name, *containers, *(str(it) for it in (fields or {}).values())])
        self.assets[made] = FakeFinding(file_name, _words(text), content)
        return made


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.casefold()))


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
