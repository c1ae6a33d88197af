"""Says that something has changed, to everybody who looks: one look at the store for all open pages together.

A listener hears that there is news about what it watches, never what: the page then asks for itself, as whoever is signed in."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from dambridge.engine.people import PeopleDesk
from dambridge.model.identity import FlowName
from dambridge.ports.ledger import Ledger

log = structlog.get_logger()
EVERYTHING: Final = "all"
Stamps = Mapping[str, str]
"""By topic, a text that is another one after every change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tempo:
    """Seconds: between two looks at the store, between two words to one listener, until a sign of life, of one connection, and
    between two questions whether sessions still hold. And how many listen at most: in all, and of one session."""

    look: float = 1.0
    apart: float = 3.0
    heartbeat: float = 15.0
    longest: float = 600.0
    sessions: float = 5.0
    most: int = 200
    each: int = 12


class Crowded(Exception):
    """As many listen as may; whoever asks looks for themselves every few seconds."""


@dataclass(eq=False, slots=True)
class _Listener:
    session: str
    topic: str
    news: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False

    def end(self) -> None:
        self.ended = True
        self.news.set()


class Pulse:
    """One for a process. It looks only while somebody listens."""

    def __init__(
        self,
        stamps: Callable[[], Awaitable[Stamps]],
        holds: Callable[[str], Awaitable[bool]],
        *,
        tempo: Tempo | None = None,
    ) -> None:
        """`stamps` reads how things stand; `holds` says whether a session still lasts, without prolonging it."""
        self.tempo = tempo or Tempo()
        self._stamps, self._holds = stamps, holds
        self._listeners: set[_Listener] = set()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._listeners)

    def listen(self, session: str, topic: str) -> AsyncIterator[str]:
        """What goes over the line. Raises `Crowded`."""
        of_each = Counter(it.session for it in self._listeners)
        if len(self._listeners) >= self.tempo.most or of_each[session] >= self.tempo.each:
            raise Crowded
        return self._told(_Listener(session, topic))

    def end(self, session: str) -> None:
        """Let go of whoever listens in this session: it is over."""
        for it in self._listeners:
            if it.session == session:
                it.end()

    async def _told(self, it: _Listener) -> AsyncIterator[str]:
        loop = asyncio.get_running_loop()
        until = loop.time() + self.tempo.longest
        self._listeners.add(it)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        try:
            yield "retry: 5000\n\n"
            while loop.time() < until and not it.ended:
                try:
                    async with asyncio.timeout(self.tempo.heartbeat):
                        await it.news.wait()
                except TimeoutError:
                    yield ": here\n\n"
                    continue
                it.news.clear()
                if not it.ended:
                    yield "data: news\n\n"
                    await asyncio.sleep(self.tempo.apart)
            if it.ended:
                yield "event: over\ndata: over\n\n"
        finally:
            self._listeners.discard(it)

    async def _look(self) -> None:
        """Until nobody listens any more. Where the store cannot be read, everybody is let go and comes again."""
        before: Stamps | None = None
        asked = asyncio.get_running_loop().time()
        try:
            while self._listeners:
                now = await self._stamps()
                self._tell(before, now)
                before = now
                if asyncio.get_running_loop().time() - asked >= self.tempo.sessions:
                    asked = asyncio.get_running_loop().time()
                    await self._let_go()
                await asyncio.sleep(self.tempo.look)
        except Exception as error:  # noqa: BLE001 - whatever it is: pages fall back to asking
            log.warning("console.pulse_lost", why=type(error).__name__)
            for it in list(self._listeners):
                it.end()

    def _tell(self, before: Stamps | None, now: Stamps) -> None:
        for it in self._listeners:
            if before is not None and before.get(it.topic) != now.get(it.topic):
                it.news.set()

    async def _let_go(self) -> None:
        for session in {it.session for it in self._listeners}:
            if not await self._holds(session):
                self.end(session)


def over(ledger: Ledger, people: PeopleDesk, flows: Sequence[FlowName], *, tempo: Tempo | None = None) -> Pulse:
    """The pulse of an installation: by flow what runs and how far it is, and everything together with what people decided."""

    async def stamps() -> Stamps:
        found = {str(it): await _stamp(ledger, it) for it in flows}
        return {**found, EVERYTHING: f"{await ledger.last_audit()} {found}"}

    async def holds(session: str) -> bool:
        now = await people.clock.now()
        found = await people.store.session(session, now=now)
        return found is not None and found[0].begun_at + people.longest > now

    return Pulse(stamps, holds, tempo=tempo)


async def _stamp(ledger: Ledger, flow: FlowName) -> str:
    last = next(iter(await ledger.runs(flow=flow, limit=1)), None)
    run = f"{last.id} {last.state} {last.ended_at}" if last is not None else ""
    return f"{run} {await ledger.control(f'paused:{flow}')} {await ledger.control(f'progress:{flow}')}"
