"""Parts that are made anew while an installation is open: nothing is closed under work that is still done with it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dambridge.bootstrap.bridging import Bridge, Shift
from dambridge.model.identity import FlowName

SETTINGS: Any = None


def shift(name: str, closed: list[str]) -> Shift:
    stack = AsyncExitStack()
    stack.callback(closed.append, name)
    flows: Any = {FlowName.INTAKE: name}
    common: Any = SimpleNamespace()
    return Shift(sites={}, flows=flows, common=common, outlets=None, warner=None, announcer=None, stack=stack)


def bridge(closed: list[str]) -> Bridge:
    async def opened(_: Any) -> Shift:
        return shift("new", closed)

    return Bridge(shift("old", closed), name="here:1", open_shift=opened)


async def test_what_was_before_is_closed_when_the_last_work_done_with_it_has_ended() -> None:
    closed: list[str] = []
    it = bridge(closed)
    with it.working():
        renewal = asyncio.create_task(it.renew(SETTINGS))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with it.working():
            assert cast("Any", it.flows[FlowName.INTAKE]) == "new", "work that begins now is done with what is new"
        assert closed == []
        assert not renewal.done()
    await renewal
    assert closed == ["old"]
    await it.close()
    assert closed == ["old", "new"]


async def test_where_somebody_cannot_follow_everything_is_as_before() -> None:
    closed: list[str] = []
    it = bridge(closed)

    async def fails(_: Any) -> None:
        raise OSError("no such place")

    it.renewed.append(fails)
    with pytest.raises(OSError, match="no such place"):
        await it.renew(SETTINGS)
    assert (cast("Any", it.flows[FlowName.INTAKE]), closed) == ("old", ["new"])
