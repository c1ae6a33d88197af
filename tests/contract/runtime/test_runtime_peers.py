"""Several workers over one PostgreSQL: who takes over whose work, and who must not."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from dambridge.engine.runtime.peers import is_gone, process_mark
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.runtime import WorkState
from dambridge.testing.runtime_contract import LIMIT, Home, ended, give, hang, note, register_calm
from dambridge.testing.runtime_process import open_runtime

pytestmark = pytest.mark.postgres


@pytest.fixture
def home(tmp_path: Path, postgres_url: str) -> Iterator[Home]:
    home = Home("dbos", postgres_url, tmp_path / "journal", together=True)
    yield home
    home.end_processes()


async def calm(args: dict[str, str]) -> dict[str, str]:
    return {"calm": args["name"]}


@pytest.mark.hazard("P19")
async def test_the_work_of_a_killed_peer_is_taken_over_at_once(home: Home) -> None:
    process = home.process("dead", start=[hang("h1", key="k"), hang("h2")], wait=["h1"])
    await home.line("hang h1")
    await home.line("hang h2")
    runtime = open_runtime("dbos", home.store, "heir", beat=1000)
    register_calm(runtime, home, calm)
    await runtime.launch()
    try:
        assert await runtime.sweep() == 0, "the peer lives and keeps its work"
        assert {it.state for it in await runtime.unfinished()} == {WorkState.RUNNING}
        os.kill(process.pid, signal.SIGKILL)
        process.wait(LIMIT)
        assert await runtime.sweep() == 2
        assert await runtime.sweep() == 0
        assert (await ended(runtime, "h1")).result == {"calm": "h1"}
        assert (await ended(runtime, "h2")).result == {"calm": "h2"}
    finally:
        await runtime.close()


async def test_a_launch_takes_over_what_dead_peers_left(home: Home) -> None:
    """So the only worker of a store goes on under whatever name it gets after a restart."""
    process = home.process("first", start=[hang("h")], wait=["h"])
    await home.line("hang h")
    os.kill(process.pid, signal.SIGKILL)
    process.wait(LIMIT)
    runtime = open_runtime("dbos", home.store, "second")
    register_calm(runtime, home, calm)
    await runtime.launch()
    try:
        assert (await ended(runtime, "h")).result == {"calm": "h"}
    finally:
        await runtime.close()


async def test_a_peer_of_another_machine_is_dead_only_after_its_silence(home: Home) -> None:
    process = home.process("far", start=[hang("h")], wait=["h"], beat=100)
    await home.line("hang h")
    os.kill(process.pid, signal.SIGKILL)
    process.wait(LIMIT)
    move(home, "far", "another-boot/1/1/1", "0 seconds")
    async with home.launched("near", beat=1000) as runtime:
        assert await runtime.sweep() == 0, "nobody here can know that it died"
        move(home, "far", "another-boot/1/1/1", "61 seconds")
        assert await runtime.sweep() == 1


@pytest.mark.hazard("P19")
async def test_a_frozen_worker_that_comes_back_drops_what_was_taken_from_it(home: Home) -> None:
    process = home.process("frozen", start=[hang("h", key="k")], linger=True, beat=0.2, silent=1)
    await home.line("hang h")
    os.kill(process.pid, signal.SIGSTOP)
    try:
        runtime = open_runtime("dbos", home.store, "awake", beat=0.2, silent=1)
        register_calm(runtime, home, calm)
        await runtime.launch()
        try:
            assert (await ended(runtime, "h")).result == {"calm": "h"}
            os.kill(process.pid, signal.SIGCONT)
            await home.line("interrupted h")
            assert (await ended(runtime, "h")).result == {"calm": "h"}, "the end that was written stays"
        finally:
            await runtime.close()
    finally:
        os.kill(process.pid, signal.SIGCONT)


async def test_cancelling_reaches_a_work_on_another_worker(home: Home) -> None:
    home.process("far", start=[hang("h")], linger=True, beat=0.2)
    await home.line("hang h")
    async with home.launched("near") as runtime:
        await runtime.cancel("h")
        assert (await ended(runtime, "h")).state is WorkState.CANCELLED
        await home.line("interrupted h")


async def test_who_waits_learns_of_an_end_on_another_worker(home: Home) -> None:
    process = home.process("far", start=[hang("h")], wait=["h"])
    await home.line("hang h")
    async with home.launched("near") as runtime:
        await runtime.cancel("h")
        assert await asyncio.to_thread(process.wait, LIMIT) == 0


async def test_a_worker_that_leaves_in_good_order_leaves_its_work_to_others(home: Home) -> None:
    async with home.launched("first") as runtime:
        await give(runtime, hang("h"))
        await home.line("hang h")
    async with home.launched("second") as runtime:
        await home.line("hang h", times=2)
        assert [it.state for it in await runtime.unfinished()] == [WorkState.RUNNING]


async def test_two_living_workers_never_share_a_name(home: Home) -> None:
    process = home.process("same", start=[hang("h")], wait=["h"])
    await home.line("hang h")
    runtime = open_runtime("dbos", home.store, "same")
    with pytest.raises(CannotGoOn, match=r"'same' is at work.*another name"):
        await runtime.launch()
    assert home.lines() == ["hang h"]
    os.kill(process.pid, signal.SIGKILL)
    process.wait(LIMIT)
    async with home.launched("same") as runtime:
        await home.line("hang h", times=2)


async def test_works_of_two_workers_share_the_keys(home: Home) -> None:
    process = home.process("far", start=[hang("h", key="k")], wait=["h"])
    await home.line("hang h")
    async with home.launched("near") as runtime:
        await give(runtime, note("same", key="k"), note("other", key="l"))
        assert (await ended(runtime, "other")).state is WorkState.DONE
        assert (await runtime.wait("same", seconds=0.3)).state is WorkState.QUEUED
        os.kill(process.pid, signal.SIGKILL)
        process.wait(LIMIT)
        await runtime.cancel("h")
        assert (await ended(runtime, "same")).state is WorkState.DONE


async def test_a_wrong_address_is_told_without_its_password() -> None:
    runtime = open_runtime("dbos", "postgresql://someone:hush-hush@127.0.0.1:1/nowhere?connect_timeout=2", "w")
    with pytest.raises(CannotGoOn, match="cannot be opened") as caught:
        await runtime.launch()
    assert "hush" not in str(caught.value)
    with pytest.raises(CannotGoOn, match="names no database"):
        await open_runtime("dbos", "postgresql://someone:hush-hush@127.0.0.1", "w").launch()


def test_a_process_is_known_to_be_gone_only_when_it_is() -> None:
    mark = process_mark()
    boot, namespace, number, born = mark.split("/")
    assert number == str(os.getpid())
    assert not is_gone(mark)
    assert is_gone(f"{boot}/{namespace}/{number}/{int(born) + 1}"), "the number was given to another process"
    assert not is_gone(f"elsewhere/{namespace}/{number}/{born}1"), "another machine cannot be seen from here"
    assert not is_gone(f"{boot}/0/{number}/{born}1"), "nor another container"
    assert not is_gone("")


def move(home: Home, worker: str, process: str, ago: str) -> None:
    """Make a worker look as if it ran on another machine and last beat some time ago."""
    with psycopg.connect(home.store, autocommit=True) as conn:
        changed = conn.execute(
            "UPDATE dbos.dambridge_workers SET process = %s, beat = clock_timestamp() - %s::interval WHERE name = %s",
            (process, ago, worker),
        )
        assert changed.rowcount == 1
