"""News for open pages: one look at the store for all, nothing after a session is over, and never more listeners than may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from dambridge.console.pulse import Crowded, Pulse, Stamps, Tempo

QUICK = Tempo(look=0.005, apart=0.0, heartbeat=5.0, longest=5.0, sessions=0.0, most=25, each=22)


@dataclass
class Store:
    """How things stand, changed by hand; counts who looks."""

    stamps: dict[str, str] = field(default_factory=lambda: {"all": "1", "intake": "1", "publish": "1"})
    looks: int = 0
    over: set[str] = field(default_factory=set)
    broken: bool = False

    async def read(self) -> Stamps:
        self.looks += 1
        if self.broken:
            raise OSError
        return dict(self.stamps)

    async def holds(self, session: str) -> bool:
        return session not in self.over

    def pulse(self, tempo: Tempo = QUICK) -> Pulse:
        return Pulse(self.read, self.holds, tempo=tempo)

    async def looked(self, times: int) -> None:
        wanted = self.looks + times
        while self.looks < wanted:  # noqa: ASYNC110 - the pulse's own tempo
            await asyncio.sleep(0.001)


async def begun(*lines: AsyncIterator[str]) -> None:
    for line in lines:
        assert await anext(line) == "retry: 5000\n\n"


def heard(line: AsyncIterator[str]) -> asyncio.Task[str]:
    def nxt() -> Awaitable[str]:
        return anext(line)

    async def one() -> str:
        return await nxt()

    return asyncio.create_task(one())


async def test_twenty_pages_cost_as_many_looks_as_one_and_all_hear_the_news() -> None:
    store = Store()
    pulse = store.pulse()
    lines = [pulse.listen("ada", "all") for _ in range(20)]
    await begun(*lines)
    assert len(pulse) == 20
    told = [heard(it) for it in lines]
    await store.looked(2)
    before = store.looks
    store.stamps["all"] = "2"
    assert {await it for it in told} == {"data: news\n\n"}
    assert store.looks - before < 20


async def test_only_what_is_watched_is_news_and_quiet_lines_show_life() -> None:
    store = Store()
    pulse = store.pulse(Tempo(look=0.005, apart=0.0, heartbeat=0.05, longest=5.0, sessions=9.0))
    intake, publish = pulse.listen("ada", "intake"), pulse.listen("ada", "publish")
    await begun(intake, publish)
    one, other = heard(intake), heard(publish)
    await store.looked(2)
    store.stamps |= {"all": "2", "intake": "2"}
    assert await one == "data: news\n\n"
    assert await other == ": here\n\n"


@pytest.mark.parametrize("end", [lambda it, store: it.end("ada"), lambda it, store: store.over.add("ada")])
async def test_a_session_that_is_over_hears_so_and_nothing_more(end: Callable[[Pulse, Store], None]) -> None:
    store = Store()
    pulse = store.pulse()
    ada, bea = pulse.listen("ada", "all"), pulse.listen("bea", "all")
    await begun(ada, bea)
    last = heard(ada)
    await store.looked(2)
    end(pulse, store)
    assert await last == "event: over\ndata: over\n\n"
    assert [it async for it in ada] == []
    other = heard(bea)
    store.stamps["all"] = "3"
    assert await other == "data: news\n\n"
    assert len(pulse) == 1


async def test_nobody_more_than_may_and_no_look_without_anybody() -> None:
    store = Store()
    pulse = store.pulse()
    lines = [pulse.listen("ada", "all") for _ in range(22)]
    await begun(*lines)
    with pytest.raises(Crowded):
        pulse.listen("ada", "all")
    await begun(*[pulse.listen("bea", "all") for _ in range(3)])
    with pytest.raises(Crowded):
        pulse.listen("cleo", "all")
    for it in lines:
        await it.aclose()  # type: ignore[attr-defined]
    assert len(pulse) == 3
    pulse.end("bea")
    quiet = Store()
    assert len(quiet.pulse()) == quiet.looks == 0


async def test_where_the_store_cannot_be_read_everybody_is_let_go_and_may_come_again() -> None:
    store = Store(broken=True)
    pulse = store.pulse()
    line = pulse.listen("ada", "all")
    assert [it async for it in line][-1] == "event: over\ndata: over\n\n"
    store.broken = False
    again = pulse.listen("ada", "all")
    await begun(again)
    news = heard(again)
    await store.looked(2)
    store.stamps["all"] = "2"
    assert await news == "data: news\n\n"
