"""A map saved while a server works is in force from the next order on, never within one; a broken one changes nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
import structlog

from dambridge.bootstrap import Bridge, Service, load_settings
from dambridge.engine.in_force import InForce, in_force, trouble
from dambridge.engine.ordering import give
from dambridge.engine.warning import _unreadable
from dambridge.model.alarms import AlarmKind
from dambridge.model.commands import Command, CommandKind, CommandState
from support.pictures import approved, picture
from support.world import World, world

MAP = 'owner: Mara Lind\nreview_by: 2090-01-01\nplaces: [{folder: "ONE/{gallery}"}]\n'
SOON = 15.0
T = TypeVar("T")


@dataclass(slots=True)
class Server:
    """A server at work over both simulators, in this process."""

    pair: World
    bridge: Bridge
    service: Service

    @property
    def map(self) -> Path:
        return self.pair.folder / "map.yaml"

    async def ordered(self, kind: CommandKind = CommandKind.RUN, **scope: str) -> Command:
        common = self.bridge.common
        return await give(common.ledger, common.clock, kind, {"flow": "intake", **scope}, by="ada", via="test")

    async def ended(self, command: Command) -> Command:
        async def found() -> Command | None:
            it = await self.bridge.common.ledger.command(command.id)
            return it if it is not None and it.state in {CommandState.DONE, CommandState.FAILED} else None

        return await until(found, "the order ended")

    async def works_by(self) -> InForce:
        (it,) = await in_force(self.bridge.common.ledger)
        return it

    async def other_than(self, digest: str) -> InForce:
        async def found() -> InForce | None:
            it = await self.works_by()
            return it if it.configuration != digest else None

        return await until(found, "the map took force")

    async def says(self, *, other_than: str = "") -> InForce:
        """What it says of its files, once that is another thing than this."""

        async def found() -> InForce | None:
            it = await self.works_by()
            return it if it.says not in {"", other_than} else None

        return await until(found, "it is said")

    def folders(self) -> Counter[str]:
        """How many assets of the archive stand under which first folder of ours."""
        return Counter(path.split("/")[0] for it in self.pair.archived() for path in it["containers"])


async def until(look: Callable[[], Awaitable[T | None]], what: str) -> T:
    """What `look` comes to find."""
    for _ in range(int(SOON / 0.02)):
        if (found := await look()) is not None:
            return found
        await asyncio.sleep(0.02)
    pytest.fail(f"not within {SOON:.0f} seconds: {what}")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    engine = {"runtime": "local", "concurrency": 4, "poll_every": "P9D"}
    with world(tmp_path, map_file="map.yaml", engine=engine) as it:
        yield it


@pytest.fixture
async def server(pair: World) -> AsyncIterator[Server]:
    async with at_work(pair) as it:
        yield it


@asynccontextmanager
async def at_work(pair: World) -> AsyncIterator[Server]:
    async with pair.bridge() as bridge:
        service = Service(load_settings(pair.folder / "dambridge.yaml"), bridge, look=0.02)
        task = asyncio.create_task(service.run())
        server = Server(pair, bridge, service)
        try:
            await until(lambda: polled(bridge), "its first look at the systems has ended")
            yield server
        finally:
            service.stop()
            await task


async def polled(bridge: Bridge) -> bool | None:
    runs = await bridge.common.ledger.runs(flow=None, limit=1)
    return bool(await in_force(bridge.common.ledger) and runs and runs[0].ended_at is not None) or None


def submit(pair: World, *numbers: int) -> None:
    for it in numbers:
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=["Intake/Harbour"], iptc=approved(title=f"T{it}"))


async def test_a_saved_map_holds_from_the_next_run_on_without_a_start(server: Server) -> None:
    before = await server.works_by()
    submit(server.pair, 1)
    assert (await server.ended(await server.ordered())).state is CommandState.DONE
    planned = await server.ended(await server.ordered(CommandKind.PLAN, full="1"))
    assert planned.result is not None
    worker = server.bridge.worker_name
    server.map.write_text(MAP.replace("ONE", "TWO"), encoding="utf-8")
    now = await server.other_than(before.configuration)
    assert (now.worker, now.says) == (worker, "")
    submit(server.pair, 2)
    await server.ended(await server.ordered())
    assert server.folders() == {"ONE": 1, "TWO": 1}
    runs = await server.bridge.common.ledger.runs(flow=None, limit=9)
    assert {it.configuration for it in runs} == {before.configuration, now.configuration}
    assert runs[0].configuration == now.configuration
    refused = await server.ended(await server.ordered(CommandKind.APPLY, plan=str(planned.result["plan"])))
    assert refused.state is CommandState.FAILED
    assert "changed since plan" in str(refused.result)
    trail = await server.bridge.common.ledger.audit_trail(subject=now.short, after=0, limit=9)
    assert [(it.entry.event, it.entry.detail["worker"]) for it in trail] == [("configuration.taken", worker)]


async def test_a_run_under_way_goes_on_by_the_map_it_began_with(server: Server) -> None:
    before = await server.works_by()
    submit(server.pair, *range(12))
    server.pair.traffic("netx", latency_ms=15)
    slow = await server.ordered()

    async def begun() -> bool | None:
        return len(server.pair.archived()) >= 2 or None

    await until(begun, "the run has begun")
    server.map.write_text(MAP.replace("ONE", "TWO"), encoding="utf-8")
    submit(server.pair, *range(12, 15))
    await server.ended(slow)
    server.pair.traffic("netx")
    now = await server.other_than(before.configuration)
    told = await server.bridge.common.ledger.runs(flow=None, limit=1)
    assert told[0].configuration == before.configuration
    by_first = server.folders()
    assert set(by_first) == {"ONE"}
    assert by_first["ONE"] >= 12
    await server.ended(await server.ordered())
    assert sum(server.folders().values()) == 15
    assert server.folders()["TWO"] == 15 - by_first["ONE"]
    assert now.configuration != before.configuration


BROKEN = {
    "no YAML": "owner: [",
    "a slip": MAP.replace("places", "plaecs"),
    "two into one": MAP + "accounts: {archive: {fields: {credit: Keywords}}}\n",
    "what the linter calls wrong": MAP + "accounts: {archive: {fields: {keywords: {to: K, type: pulldown}}}}\n",
    "gone": None,
}


async def test_a_broken_map_changes_nothing_and_is_told_until_it_is_mended(server: Server) -> None:
    before = told = await server.works_by()
    with structlog.testing.capture_logs() as logged:
        for name, text in BROKEN.items():
            server.map.unlink() if text is None else server.map.write_text(text, encoding="utf-8")
            told = await server.says(other_than=told.says)
            assert (told.broken, told.configuration) == (True, before.configuration), name
    levels = [it["log_level"] for it in logged if it["event"] == "configuration.broken"]
    assert levels == ["error"] * len(BROKEN)
    assert trouble([told]) == ("bad", told.says)
    assert [it.kind for it in await _unreadable(server.bridge.common.ledger)] == [AlarmKind.UNREADABLE]
    submit(server.pair, 1)
    assert (await server.ended(await server.ordered())).state is CommandState.DONE
    assert server.folders() == {"ONE": 1}
    server.map.write_text(MAP.replace("ONE", "TWO"), encoding="utf-8")
    assert (await server.other_than(before.configuration)).says == ""
    assert await _unreadable(server.bridge.common.ledger) == []


async def test_what_is_no_rule_waits_for_a_start_and_says_so(server: Server) -> None:
    before = await server.works_by()
    config = server.pair.folder / "dambridge.yaml"
    written = config.read_text(encoding="utf-8")
    with structlog.testing.capture_logs() as logged:
        config.write_text(written.replace("burst: 500", "burst: 400"), encoding="utf-8")
        server.map.write_text(MAP.replace("ONE", "TWO"), encoding="utf-8")
        told = await server.says()
    assert "configuration.waits" in {it["event"] for it in logged}
    assert not told.broken
    assert "`accounts`" in told.says
    assert told.configuration == before.configuration
    config.write_text(written.replace("Intake/**", "Other/**"), encoding="utf-8")
    now = await server.other_than(before.configuration)
    submit(server.pair, 1)
    await server.ended(await server.ordered())
    assert server.folders() == {}, "the rule of selection holds"
    config.write_text(written, encoding="utf-8")
    await server.other_than(now.configuration)
    await server.ended(await server.ordered())
    assert server.folders() == {"TWO": 1}


async def test_what_cannot_be_made_anew_leaves_all_as_it_was(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    before = await server.works_by()

    async def fails(_: object) -> None:
        raise OSError("no such place")

    server.bridge.renewed.append(fails)
    server.map.write_text(MAP.replace("ONE", "TWO"), encoding="utf-8")
    told = await server.says()
    assert told.broken
    assert told.configuration == before.configuration
    submit(server.pair, 1)
    await server.ended(await server.ordered())
    assert server.folders() == {"ONE": 1}
