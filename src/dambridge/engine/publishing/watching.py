"""Where our files stand and who sees them there, read fresh in as few calls as that allows."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from dambridge.model.identity import RemoteId
from dambridge.model.records import Absence, Container, Missing
from dambridge.planning.outlets import Held
from dambridge.ports.audience import Audience, AudienceKeeper, Visibility
from dambridge.ports.errors import MovedOn
from dambridge.ports.pace import Lane

T = TypeVar("T")
LOOK = 2
"""Calls that it takes to see who sees a container: what it is, its permissions."""
RECENT = 5.0
"""Seconds of real time for which a container's audience counts as seen where a file is looked for in many places."""


class Shared(Generic[T]):
    """Answers that were given after they were asked for: whoever asks while a call is under way shares the next one."""

    def __init__(self, call: Callable[[RemoteId, Lane], Awaitable[T]]) -> None:
        self._call = call
        self._turns: dict[RemoteId, asyncio.Lock] = {}
        self._next: dict[RemoteId, asyncio.Future[T]] = {}

    async def ask(self, key: RemoteId, lane: Lane) -> T:
        waiting = self._next.get(key)
        if waiting is not None:
            return await asyncio.shield(waiting)
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._next[key] = answer
        try:
            async with self._turns.setdefault(key, asyncio.Lock()):
                self._next.pop(key, None)
                answer.set_result(await self._call(key, lane))
        except BaseException as error:
            self._next.pop(key, None)
            if not answer.done():
                # Whoever shares it was asked for nothing wrong: an error is theirs too, a stop is not
                fault = error if isinstance(error, Exception) else MovedOn("The look was broken off; look again.")
                answer.set_exception(fault)
                answer.exception()
            raise
        return answer.result()


@dataclass(frozen=True, slots=True)
class Seen:
    """A container's audience, None where the container is gone, and when it was read (monotonic seconds)."""

    audience: Audience | None
    at: float


class Watch:
    """Over one account. Nothing is believed for longer than it says."""

    def __init__(self, keeper: AudienceKeeper, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._keeper = keeper
        self._monotonic = monotonic
        self._audiences = Shared(self._look)
        self._last: dict[RemoteId, Seen] = {}

    async def audience(self, container: RemoteId, lane: Lane, *, recent: bool = False) -> Audience | Missing:
        """As it stands now, read after it was asked for; with `recent` as it stood a few seconds ago, where that was seen:
        before nothing is shown yet."""
        found = (await (self._recent if recent else self._audiences.ask)(container, lane)).audience
        return found if found is not None else Missing(Absence.DELETED, f"the container {container} is gone")

    async def places(self, remote_id: RemoteId, lane: Lane) -> tuple[Held, ...]:
        """All containers that hold the file now, as widely open as they may be. Raises `MovedOn` where it is gone."""
        return await self.held(await self._keeper.places(remote_id, lane=lane), lane)

    async def held(self, found: Sequence[Container], lane: Lane) -> tuple[Held, ...]:
        """These containers, as widely open as they may be."""
        paths = Counter(it.id for it in found)
        first = {it.id: it for it in reversed(found)}
        return tuple([await self._held(it, paths[name], lane) for name, it in first.items()])

    async def _held(self, it: Container, paths: int, lane: Lane) -> Held:
        last = await self._recent(it.id, lane)
        return Held(container=it.id, path=it.path, effective=widest(last.audience, paths))

    async def _recent(self, container: RemoteId, lane: Lane) -> Seen:
        last = self._last.get(container)
        if last is None or self._monotonic() > last.at + RECENT:
            last = await self._audiences.ask(container, lane)
        return last

    async def _look(self, container: RemoteId, lane: Lane) -> Seen:
        begun = self._monotonic()
        found: Audience | None
        try:
            found = await self._keeper.audience(container, lane=lane)
        except MovedOn:
            found = None
        self._last[container] = Seen(found, begun)
        return self._last[container]


def widest(audience: Audience | None, paths: int) -> Visibility:
    """As widely as a container may be seen. What is shown of one that stands in several collections is its mode in the most
    restrictive of them, though people may come by another: then its own mode counts, and without one the widest."""
    if audience is None:
        return Visibility.PRIVATE
    if paths <= 1 or audience.effective is Visibility.EVERYONE:
        return audience.effective
    if audience.inherits is False and audience.own is not None:
        return audience.own
    return Visibility.EVERYONE


def is_shut(audience: Audience | Missing | None) -> bool:
    """Whether surely nobody but staff sees what stands in it."""
    return isinstance(audience, Audience) and audience.effective is Visibility.PRIVATE
