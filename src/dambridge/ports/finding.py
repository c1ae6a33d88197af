"""One system's own search, live, as the federated search asks it; and the small picture of what it found."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from dambridge.model.identity import RemoteId
from dambridge.ports.pace import Lane
from dambridge.ports.searching import LiveFound, Wanted
from dambridge.ports.systems import ByteStream, Sighting


@dataclass(frozen=True, slots=True)
class Found:
    """The best of what matches, in the system's own order; `total` is how many match in all, None where it does not say."""

    sightings: tuple[Sighting, ...]
    total: int | None


class Finder(Protocol):
    """A system that can be searched by words."""

    async def search(self, words: str, *, limit: int, lane: Lane) -> Found:
        """Assets that match all the words, at most `limit`, in one call where the system allows. `words` is text of a person:
        nothing in it is ever syntax. Raises `TryLater` where no answer can be had; the caller keeps its own deadline."""
        ...

    async def look_for(self, wanted: Wanted, *, limit: int, lane: Lane) -> LiveFound:
        """At most `limit` assets that may satisfy all of it, in the system's own order, in one call where it allows. It may find
        more than was wanted: what it cannot be asked is named in the answer. Words are of persons, and never syntax.

        Raises `TryLater` or another `NextMove` where no answer can be had; the caller keeps its own deadline."""
        ...

    def picture(self, remote_id: RemoteId, *, longest_side: int, lane: Lane) -> AbstractAsyncContextManager[ByteStream]:
        """A small picture of the asset, at least so long where there is one. Raises `Refused` where there is none."""
        ...
