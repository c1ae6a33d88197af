"""Work side by side in which what ends one ends all, and is raised as what it is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any, TypeVar

from dambridge.ports.errors import NextMove

S = TypeVar("S")
T = TypeVar("T")


async def together(works: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Do all of these side by side; their results in the same order. What ends one ends all, and is raised as itself where
    it names a next move: whoever waits for `CannotGoOn` must not be met by a group of one."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(it) for it in works]
    except ExceptionGroup as failed:
        moves, others = failed.split(NextMove)
        if moves is None or others is not None:
            raise
        raise _first(moves) from None
    return [task.result() for task in tasks]


async def for_each(items: Sequence[S], work: Callable[[S], Awaitable[T]], *, at_once: int) -> list[T]:
    """The work for each item, `at_once` of them at a time; their results in the same order. Raises like `together`."""
    gate = asyncio.Semaphore(at_once)

    async def one(item: S) -> T:
        async with gate:
            return await work(item)

    return await together(one(it) for it in items)


def _first(group: BaseExceptionGroup[NextMove]) -> BaseException:
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
