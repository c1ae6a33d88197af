"""What every durable runtime must do: one suite for all of them.

Subclass `RuntimeContract` and give it the fixture `home`: how to open runtimes over one store, here and in other processes.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dambridge.ports.errors import CannotGoOn
from dambridge.ports.runtime import Json, Runtime, Work, Workflow, WorkState
from dambridge.testing.runtime_process import open_runtime, register

LIMIT = 30.0
"""Seconds after which a test gives up; nothing here waits that long when all is well."""


class Crash(BaseException):
    """The process died here, as far as the runtime can tell."""


@dataclass(slots=True)
class Home:
    """One store, the runtimes over it, and what their workflows wrote down. `together`: whether works overlap."""

    kind: str
    store: str
    journal: Path
    together: bool
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def runtime(self, worker: str = "here", **settings: float) -> Runtime:
        runtime = open_runtime(self.kind, self.store, worker, **settings)
        register(runtime, self.journal)
        return runtime

    @asynccontextmanager
    async def launched(
        self, worker: str = "here", *, kinds: Mapping[str, Workflow] | None = None, **settings: float
    ) -> AsyncIterator[Runtime]:
        runtime = self.runtime(worker, **settings)
        for kind, workflow in (kinds or {}).items():
            runtime.register(kind, workflow)
        try:
            await runtime.launch()
            yield runtime
        finally:
            await runtime.close()

    def process(self, worker: str = "elsewhere", **orders: Any) -> subprocess.Popen[bytes]:
        """Another process over this store; see `runtime_process`."""
        command = [sys.executable, "-m", "dambridge.testing.runtime_process", self.kind, self.store, worker]
        process = subprocess.Popen(  # noqa: S603 - our own module
            [*command, str(self.journal), json.dumps(orders)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.processes.append(process)
        return process

    def end_processes(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def lines(self) -> list[str]:
        return self.journal.read_text(encoding="utf-8").splitlines() if self.journal.exists() else []

    async def line(self, wanted: str, *, times: int = 1) -> None:
        """Wait until this line was written so often."""
        until = time.monotonic() + LIMIT
        while self.lines().count(wanted) < times:
            if time.monotonic() > until:
                raise AssertionError(f"{wanted!r} was not written: {self.lines()}")
            await asyncio.sleep(0.02)


def note(name: str, *, key: str = "", queue: str = "batch") -> list[Any]:
    """A work that ends by itself, as `start` orders of a process name it; its id is its name."""
    return [name, "note", {"name": name}, queue, key]


def hang(name: str, *, key: str = "", queue: str = "batch") -> list[Any]:
    return [name, "hang", {"name": name}, queue, key]


async def give(runtime: Runtime, *works: Sequence[Any]) -> None:
    for work_id, kind, args, queue, key in works:
        await runtime.start(work_id, kind, args, queue=queue, key=key)


async def ended(runtime: Runtime, work_id: str) -> Work:
    work = await runtime.wait(work_id, seconds=LIMIT)
    assert work.state in {WorkState.DONE, WorkState.FAILED, WorkState.CANCELLED}, work
    return work


class RuntimeContract(ABC):
    """The suite. What a runtime may differ in is whether works of several keys overlap."""

    @pytest.fixture
    @abstractmethod
    def home(self) -> Iterator[Home]: ...

    # starting and ending ----------------------------------------------------------------------------------------------
    async def test_a_work_runs_once_and_its_result_is_told(self, home: Home) -> None:
        async with home.launched() as runtime:
            await give(runtime, note("a"))
            work = await ended(runtime, "a")
            assert work == Work(id="a", kind="note", queue="batch", state=WorkState.DONE, result={"name": "a"})
            assert await runtime.get("a") == work
            assert await runtime.unfinished() == []
        assert home.lines() == ["note a"]

    async def test_the_same_id_twice_is_one_work(self, home: Home) -> None:
        async with home.launched() as runtime:
            await give(runtime, note("a"), note("a"))
            await ended(runtime, "a")
            await runtime.start("a", "note", {"name": "other"}, queue="batch")
            assert (await ended(runtime, "a")).result == {"name": "a"}
            await give(runtime, note("b"))
            await ended(runtime, "b")
        assert home.lines() == ["note a", "note b"]

    async def test_a_later_launch_still_knows_what_ended(self, home: Home) -> None:
        async with home.launched() as runtime:
            await give(runtime, note("a"))
            await ended(runtime, "a")
        async with home.launched() as runtime:
            await give(runtime, note("a"))
            assert (await ended(runtime, "a")).result == {"name": "a"}
        assert home.lines() == ["note a"]

    async def test_a_failure_is_told_in_one_line_and_stops_nothing_else(self, home: Home) -> None:
        async def fail(args: Json) -> Json:
            async def one(number: int) -> None:
                raise ValueError(f"no {number}")

            if args.get("group"):
                async with asyncio.TaskGroup() as group:
                    group.create_task(one(1))
                    group.create_task(one(2))
            raise KeyError("missing")

        async with home.launched(kinds={"fail": fail}) as runtime:
            await runtime.start("f1", "fail", {}, queue="batch")
            await runtime.start("f2", "fail", {"group": True}, queue="batch")
            await give(runtime, note("a"))
            first, second = await ended(runtime, "f1"), await ended(runtime, "f2")
            assert (first.state, first.error) == (WorkState.FAILED, "KeyError: 'missing'")
            assert (second.state, second.error) == (WorkState.FAILED, "ValueError: no 1 (and 1 more)")
            assert (first.result, second.result) == (None, None)
            assert (await ended(runtime, "a")).state is WorkState.DONE

    async def test_a_failed_work_is_not_run_again(self, home: Home) -> None:
        runs: list[Json] = []

        async def fail(args: Json) -> Json:
            runs.append(args)
            raise ValueError("no")

        async with home.launched(kinds={"fail": fail}) as runtime:
            await runtime.start("f", "fail", {}, queue="batch")
            await ended(runtime, "f")
        async with home.launched(kinds={"fail": fail}) as runtime:
            await runtime.start("f", "fail", {}, queue="batch")
            assert (await ended(runtime, "f")).state is WorkState.FAILED
        assert runs == [{}]

    async def test_only_json_goes_in_and_out(self, home: Home) -> None:
        async def odd(_: Json) -> Json:
            return {"path": Path("x")}

        async def lists(args: Json) -> Json:
            return {"got": args["pair"], "pair": (1, 2)}

        async with home.launched(kinds={"odd": odd, "lists": lists}) as runtime:
            with pytest.raises(TypeError, match="must be small JSON"):
                await runtime.start("bad", "odd", {"path": Path("x")}, queue="batch")
            assert await runtime.get("bad") is None
            await runtime.start("odd", "odd", {}, queue="batch")
            await runtime.start("lists", "lists", {"pair": ("é", None)}, queue="batch")
            assert "must be small JSON" in (await ended(runtime, "odd")).error
            assert (await ended(runtime, "lists")).result == {"got": ["é", None], "pair": [1, 2]}

    async def test_waiting_can_be_bounded(self, home: Home) -> None:
        async with home.launched() as runtime:
            await give(runtime, hang("h"))
            await home.line("hang h")
            assert (await runtime.wait("h", seconds=0.05)).state is WorkState.RUNNING
            assert [it.id for it in await runtime.unfinished()] == ["h"]

    # what is refused --------------------------------------------------------------------------------------------------
    async def test_a_kind_is_registered_once_and_before_the_launch(self, home: Home) -> None:
        async def other(_: Json) -> Json:
            return {}

        runtime = home.runtime()
        with pytest.raises(ValueError, match="'note' is registered already"):
            runtime.register("note", other)
        with pytest.raises(RuntimeError, match="call `launch` first"):
            await give(runtime, note("a"))
        try:
            await runtime.launch()
            with pytest.raises(RuntimeError, match="register every kind before `launch`"):
                runtime.register("other", other)
            with pytest.raises(RuntimeError, match="launched already"):
                await runtime.launch()
        finally:
            await runtime.close()

    async def test_unknown_names_are_refused_in_words(self, home: Home) -> None:
        async with home.launched() as runtime:
            with pytest.raises(ValueError, match=r"No workflow named 'nothing'.*exit, hang, note"):
                await runtime.start("a", "nothing", {}, queue="batch")
            with pytest.raises(ValueError, match=r"no queue 'side'.*batch, transfer"):
                await runtime.start("a", "note", {"name": "a"}, queue="side")
            with pytest.raises(LookupError, match="'a'"):
                await runtime.wait("a")
            await runtime.cancel("a")
            assert await runtime.get("a") is None

    async def test_work_of_a_kind_that_is_gone_fails_and_does_not_linger(self, home: Home) -> None:
        async def old(_: Json) -> Json:
            await asyncio.Event().wait()
            return {}

        async with home.launched(kinds={"old": old}) as runtime:
            await runtime.start("o", "old", {}, queue="batch")
        async with home.launched() as runtime:
            work = await ended(runtime, "o")
            assert work.state is WorkState.FAILED
            assert "No workflow named 'old'" in work.error

    # one at a time ----------------------------------------------------------------------------------------------------
    async def test_works_of_one_key_never_overlap_and_all_get_their_turn(self, home: Home) -> None:
        now: dict[str, int] = {}
        most: dict[str, int] = {}

        async def watch(args: Json) -> Json:
            key = args["key"]
            now[key] = now.get(key, 0) + 1
            most[key] = max(most.get(key, 0), now[key])
            await asyncio.sleep(0.02)
            now[key] -= 1
            return {}

        async with home.launched(kinds={"watch": watch}) as runtime:
            for number in range(3):
                for key in ("x", "y"):
                    await runtime.start(f"{key}{number}", "watch", {"key": key}, queue="batch", key=key)
            for number in range(3):
                for key in ("x", "y"):
                    assert (await ended(runtime, f"{key}{number}")).state is WorkState.DONE
        assert most == {"x": 1, "y": 1}

    @pytest.mark.parametrize("keys", [("x", "y"), ("", "")], ids=["two keys", "no key"])
    async def test_works_of_different_keys_may_overlap(self, home: Home, keys: tuple[str, str]) -> None:
        if not home.together:
            pytest.skip("runs one work at a time, whatever its key")
        both = asyncio.Barrier(2)

        async def meet(_: Json) -> Json:
            await both.wait()
            return {}

        async with home.launched(kinds={"meet": meet}) as runtime:
            await runtime.start("a", "meet", {}, queue="batch", key=keys[0])
            await runtime.start("b", "meet", {}, queue="batch", key=keys[1])
            assert (await ended(runtime, "a")).state is WorkState.DONE
            assert (await ended(runtime, "b")).state is WorkState.DONE

    async def test_bodies_run_on_the_loop_that_launched(self, home: Home) -> None:
        """A lock that is being waited for belongs to one loop; so do sessions."""
        here = asyncio.get_running_loop()
        lock, reached = asyncio.Lock(), asyncio.Event()

        async def enter(_: Json) -> Json:
            reached.set()
            async with lock:
                return {"same": asyncio.get_running_loop() is here}

        async with home.launched(kinds={"enter": enter}) as runtime:
            async with lock:
                await runtime.start("e", "enter", {}, queue="batch")
                await asyncio.wait_for(reached.wait(), LIMIT)
                assert (await runtime.wait("e", seconds=0.02)).state is WorkState.RUNNING
            assert (await ended(runtime, "e")).result == {"same": True}
            assert await asyncio.to_thread(lambda: 1) == 1
        assert await asyncio.to_thread(lambda: 2) == 2, "the loop's own threads outlive the runtime"

    # cancelling -------------------------------------------------------------------------------------------------------
    async def test_what_waits_and_is_cancelled_never_begins(self, home: Home) -> None:
        async with home.launched() as runtime:
            await give(runtime, hang("h", key="k"))
            await home.line("hang h")
            await give(runtime, note("a", key="k"), note("b", key="k"))
            await runtime.cancel("a")
            await runtime.cancel("a")
            work = await ended(runtime, "a")
            assert (work.state, work.kind, work.queue) == (WorkState.CANCELLED, "note", "batch")
            await runtime.cancel("h")
            assert (await ended(runtime, "b")).state is WorkState.DONE
        assert home.lines() == ["hang h", "interrupted h", "note b"]

    async def test_what_runs_and_is_cancelled_is_interrupted_for_good(self, home: Home) -> None:
        async with home.launched() as runtime:
            await give(runtime, hang("h", queue="transfer"))
            await home.line("hang h")
            await runtime.cancel("h")
            assert (await ended(runtime, "h")).state is WorkState.CANCELLED
            await home.line("interrupted h")
        async with home.launched() as runtime:
            assert await runtime.unfinished() == []
        assert home.lines() == ["hang h", "interrupted h"]

    async def test_what_has_ended_is_not_cancelled_any_more(self, home: Home) -> None:
        async with home.launched() as runtime:
            await give(runtime, note("a"))
            await ended(runtime, "a")
            await runtime.cancel("a")
            assert (await ended(runtime, "a")).state is WorkState.DONE

    async def test_a_cancellation_from_within_is_a_failure(self, home: Home) -> None:
        async def leak(_: Json) -> Json:
            raise asyncio.CancelledError

        async with home.launched(kinds={"leak": leak}) as runtime:
            await runtime.start("l", "leak", {}, queue="batch")
            work = await ended(runtime, "l")
            assert (work.state, work.error) == (
                WorkState.FAILED,
                "CancelledError: the workflow was cancelled from within",
            )

    # surviving --------------------------------------------------------------------------------------------------------
    async def test_closing_interrupts_and_the_next_launch_goes_on(self, home: Home) -> None:
        gate = asyncio.Event()
        begun = asyncio.Event()
        runs: list[str] = []

        async def pause(args: Json) -> Json:
            runs.append(args["name"])
            begun.set()
            await gate.wait()
            return {"name": args["name"]}

        async with home.launched(kinds={"pause": pause}) as runtime:
            await runtime.start("p", "pause", {"name": "p"}, queue="batch", key="k")
            await asyncio.wait_for(begun.wait(), LIMIT)
            await runtime.start("q", "pause", {"name": "q"}, queue="batch", key="k")
            waiting = asyncio.create_task(runtime.wait("p"))
            await asyncio.sleep(0)
        with pytest.raises(CannotGoOn, match="closed"):
            await waiting
        gate.set()
        async with home.launched(kinds={"pause": pause}) as runtime:
            assert (await ended(runtime, "p")).result == {"name": "p"}
            assert (await ended(runtime, "q")).result == {"name": "q"}
        assert sorted(runs) == ["p", "p", "q"]

    async def test_closing_twice_is_closing_once(self, home: Home) -> None:
        runtime = home.runtime()
        await runtime.close()
        async with home.launched() as another:
            await another.close()
            with pytest.raises(CannotGoOn, match="closed"):
                await give(another, note("a"))

    @pytest.mark.hazard("P18")
    @pytest.mark.parametrize("grouped", [False, True], ids=["alone", "in a task group"])
    async def test_a_crash_goes_through_whoever_waits_and_the_work_is_taken_up(self, home: Home, grouped: bool) -> None:
        runs: list[Json] = []

        async def die() -> None:
            raise Crash

        async def fragile(args: Json) -> Json:
            runs.append(args)
            if len(runs) == 1:
                if not grouped:
                    raise Crash
                async with asyncio.TaskGroup() as group:
                    group.create_task(die())
            return {"runs": len(runs)}

        async with home.launched(kinds={"fragile": fragile}) as runtime:
            await runtime.start("f", "fragile", {}, queue="batch")
            with pytest.raises((Crash, BaseExceptionGroup)) as caught:
                await runtime.wait("f", seconds=LIMIT)
            assert not isinstance(caught.value, Exception)
            with pytest.raises((Crash, BaseExceptionGroup)):
                await give(runtime, note("a"))
        async with home.launched(kinds={"fragile": fragile}) as runtime:
            work = await ended(runtime, "f")
            assert (work.state, work.result) == (WorkState.DONE, {"runs": 2})

    @pytest.mark.hazard("P19")
    async def test_a_killed_process_loses_nothing_and_repeats_only_what_was_under_way(self, home: Home) -> None:
        process = home.process("one", start=[note("a"), hang("h", key="k"), note("b", key="k")], wait=["h"])
        await home.line("note a")
        await home.line("hang h")
        os.kill(process.pid, signal.SIGKILL)
        process.wait(LIMIT)

        async def calm(args: Json) -> Json:
            return {"calm": args["name"]}

        runtime = open_runtime(home.kind, home.store, "one")
        register_calm(runtime, home, calm)
        try:
            await runtime.launch()
            assert (await ended(runtime, "h")).result == {"calm": "h"}
            assert (await ended(runtime, "b")).state is WorkState.DONE
            assert (await ended(runtime, "a")).state is WorkState.DONE
        finally:
            await runtime.close()
        lines = home.lines()
        assert (lines.count("hang h"), lines.count("note b")) == (1, 1)
        assert lines.count("note a") in {1, 2}, "twice only where its end was not yet on record at the kill"

    async def test_a_process_that_closes_ends_in_silence(self, home: Home) -> None:
        """No thread keeps it alive, nothing was printed."""
        process = home.process("one", start=[note("a")], wait=["a"])
        told, _ = process.communicate(timeout=LIMIT)
        assert (process.returncode, home.lines()) == (0, ["note a"])
        assert told == b""

    # forgetting -------------------------------------------------------------------------------------------------------
    async def test_only_old_ended_work_is_forgotten(self, home: Home) -> None:
        async with home.launched() as runtime:
            for name in ("a", "b", "c", "d"):
                await give(runtime, note(name))
                await ended(runtime, name)
            await give(runtime, hang("h"))
            await home.line("hang h")
            assert await runtime.prune(keep=1) == 3
            assert await runtime.prune(keep=1) == 0
            assert await runtime.get("a") is None
            assert (await ended(runtime, "d")).result == {"name": "d"}
            assert [it.id for it in await runtime.unfinished()] == ["h"]
            with pytest.raises(LookupError, match="forgotten"):
                await runtime.wait("a")

    async def test_alone_there_is_nothing_to_sweep(self, home: Home) -> None:
        async with home.launched() as runtime:
            await give(runtime, hang("h"))
            await home.line("hang h")
            assert await runtime.sweep() == 0
        assert home.lines() == ["hang h", "interrupted h"]


def register_calm(runtime: Runtime, home: Home, calm: Workflow) -> None:
    """The kinds of a process after a repair: what hung before now ends."""

    async def write(args: Json) -> Json:
        with home.journal.open("a", encoding="utf-8") as file:
            file.write(f"note {args['name']}\n")
        return {"name": args["name"]}

    runtime.register("hang", calm)
    runtime.register("note", write)
