"""Work side by side ends as the first of it ends; reads that are shared outlive whoever asked for them first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest

from dambridge.engine.reading import GatheredReads
from dambridge.engine.together import for_each, together
from dambridge.model.identity import RemoteId
from dambridge.model.records import Absence, Missing
from dambridge.ports.errors import CannotGoOn, TryLater
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetArchive


async def _doubled(number: int) -> int:
    await asyncio.sleep(0)
    if number == 3:
        raise CannotGoOn("The key is not valid any more.")
    return number * 2


async def test_results_come_in_the_order_of_the_items() -> None:
    assert await for_each([1, 2, 4], _doubled, at_once=2) == [2, 4, 8]
    assert await together([]) == []


async def test_what_stops_one_is_raised_as_itself() -> None:
    with pytest.raises(CannotGoOn, match="key"):
        await for_each([1, 2, 3, 4], _doubled, at_once=4)


async def test_a_bug_is_not_taken_for_a_next_move() -> None:
    async def work(number: int) -> int:
        raise TryLater("busy") if number else ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        await for_each([0, 1], work, at_once=2)


async def test_no_more_are_at_work_than_may_be() -> None:
    busy, most = 0, 0

    async def work(_: int) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1

    await for_each(range(20), work, at_once=3)
    assert most == 3


class SlowArchive:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.calls: list[list[RemoteId]] = []
        self.go = asyncio.Event()

    async def read(self, ids: Sequence[RemoteId], *, lane: Lane) -> Mapping[RemoteId, Any]:
        self.calls.append(list(ids))
        await self.go.wait()
        return {it: Missing(Absence.DELETED, f"told of {it}") for it in ids}


async def test_whoever_shares_a_read_gets_it_although_the_first_was_stopped() -> None:
    archive = SlowArchive()
    reads = GatheredReads(cast("AssetArchive", archive), Lane.NORMAL)
    first = asyncio.create_task(reads.read(RemoteId("1")))
    await asyncio.sleep(0)
    stopped = asyncio.create_task(reads.read(RemoteId("2")))
    other = asyncio.create_task(reads.read(RemoteId("3")))
    await asyncio.sleep(0)
    archive.go.set()
    await asyncio.sleep(0)
    archive.go.clear()
    assert await first == Missing(Absence.DELETED, "told of 1")
    for _ in range(5):
        await asyncio.sleep(0)
    assert archive.calls[-1] == ["2", "3"], "the two who came meanwhile share a call"
    stopped.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopped
    archive.go.set()
    assert await asyncio.wait_for(other, 5) == Missing(Absence.DELETED, "told of 3")
