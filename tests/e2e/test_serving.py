"""A server and the commands beside it: orders go to the one worker, polls fall due by the domain's clock, Ctrl-C ends well."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.commands import Process, dambridge, finish, start, wait_for
from support.pictures import approved, picture
from support.world import World, world

COMMAND = 0.2
"""Seconds between looks that are commands."""


@pytest.fixture
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    store: dict[str, Any] = {}
    if hasattr(request, "param"):
        store["store"] = {"url": request.getfixturevalue("postgres_url")}
    with world(tmp_path, engine={"runtime": "dbos", "poll_every": "PT10M"}, **store) as it:
        yield it


ON_POSTGRES = pytest.mark.parametrize(
    "pair", [pytest.param("on postgres", marks=pytest.mark.postgres)], indirect=True, ids=["on postgres"]
)


@contextmanager
def served(config: Path, *, program: bool = False) -> Iterator[Process]:
    """A server at work; it is stopped by Ctrl-C at the end and must then end by itself, soon and well."""
    process = start(config, "serve", program=program)
    try:
        wait_for(
            lambda: serving(config) or process.poll() is not None, about="a server is there", seconds=40, every=COMMAND
        )
        assert process.poll() is None, process.communicate()
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        try:
            answer = finish(process, begun=begun, timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
    assert answer.code in {0, -signal.SIGKILL}, answer.err
    assert "Traceback" not in answer.err


def serving(config: Path) -> bool:
    return any(it["serving"] for it in dambridge(config, "status").json["workers"])


def submit(pair: World, count: int, first: int = 0) -> None:
    for it in range(first, first + count):
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=["Intake/Harbour"], iptc=approved(title=f"T{it}"))


def runs(config: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dambridge(config, "runs").json
    return found


@ON_POSTGRES
def test_a_server_on_postgresql_carries_out_the_orders_beside_it(pair: World) -> None:
    an_order_beside_a_server(pair)


def test_an_order_beside_a_server_is_carried_out_by_the_server(pair: World) -> None:
    an_order_beside_a_server(pair)


def an_order_beside_a_server(pair: World) -> None:
    config = pair.config
    submit(pair, 3)
    with served(config, program=True) as server:
        wait_for(lambda: len(pair.archived()) == 3, about="the first poll brought what there was")
        submit(pair, 2, first=3)
        answer = dambridge(config, "run", "--once")
        assert answer.code == 0, answer.err
        assert answer.intake["done"] == 2
        assert len(pair.archived()) == 5
        (worker,) = [it["name"] for it in dambridge(config, "status").json["workers"] if it["serving"]]
        assert worker.endswith(f":{server.pid}")
        assert len([it for it in runs(config) if it["run"] == answer.json["run_id"]]) == 1
    assert not serving(config)
    submit(pair, 1, first=5)
    assert dambridge(config, "run", "--once").intake["done"] == 1, "without a server the command works by itself"


def test_a_paused_flow_does_nothing_until_it_is_resumed(pair: World) -> None:
    config = pair.config
    with served(config):
        assert dambridge(config, "runs", "pause", "--by", "Ada").json == {
            "flows": ["intake"],
            "paused": True,
            "by": "Ada",
        }
        submit(pair, 2)
        held = dambridge(config, "run", "--once")
        assert held.code == 3
        assert held.intake["needs_attention"]["paused"] >= 2
        assert pair.archived() == []
        assert dambridge(config, "status").json["flows"]["intake"]["paused"]
        assert dambridge(config, "runs", "resume", "--by", "Ada").code == 0
        assert dambridge(config, "run", "--once").code == 0
        assert len(pair.archived()) == 2
    events = [(it["event"], it["actor"]) for it in dambridge(config, "audit").json]
    assert ("flow.paused", "Ada") in events
    assert ("flow.resumed", "Ada") in events


def test_a_pause_in_the_middle_holds_the_rest_and_shows_progress(pair: World) -> None:
    config = pair.config
    submit(pair, 60)
    pair.traffic("netx", latency_ms=60)
    with served(config):
        wait_for(lambda: len(pair.archived()) >= 4, about="work has begun")
        assert dambridge(config, "runs", "pause", "--by", "Ada").code == 0
        seen = len(pair.archived())
        wait_for(lambda: runs(config)[0]["state"] == "ended", every=COMMAND, about="the run under way ends")
        assert runs(config)[0]["summary"]["flows"]["intake"]["needs_attention"]["paused"] >= 1
        assert seen <= len(pair.archived()) < 60
        pair.traffic("netx")
        dambridge(config, "runs", "resume", "--by", "Ada")
        assert dambridge(config, "run", "--once").code == 0
    assert len(pair.archived()) == 60
    assert {len(it) for it in pair.by_source().values()} == {1}


def test_ctrl_c_in_the_middle_of_work_ends_soon_and_loses_nothing(pair: World) -> None:
    config = pair.config
    submit(pair, 60)
    pair.traffic("netx", latency_ms=60)
    with served(config) as server:
        wait_for(lambda: len(pair.archived()) >= 4, about="work has begun")
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)
    pair.traffic("netx")
    assert dambridge(config, "run", "--once").code == 0
    assert len(pair.archived()) == 60
    assert {len(it) for it in pair.by_source().values()} == {1}
    assert dambridge(config, "verify", "--links", "100").code == 0


@pytest.mark.hazard("P17")
def test_polls_fall_due_by_the_simulated_clock_across_a_restart(pair: World) -> None:
    config = pair.config
    with served(config):
        wait_for(lambda: len(runs(config)) >= 1, every=COMMAND, about="the first poll")
        submit(pair, 1)
        time.sleep(1.5)
        assert pair.archived() == [], "before its time nothing is polled"
        pair.advance(601)
        wait_for(lambda: len(pair.archived()) == 1, about="a poll ten minutes later")
    count = len(runs(config))
    submit(pair, 1, first=1)
    with served(config) as server:
        time.sleep(1.0)
        assert len(runs(config)) == count, "a restart does not make a poll fall due"
        pair.advance(601)
        wait_for(lambda: len(pair.archived()) == 2, about="the poll that was due after the restart")
        server.send_signal(signal.SIGKILL)
        server.wait(timeout=10)
    submit(pair, 1, first=2)
    pair.advance(3 * 86_400)
    with served(config):
        wait_for(lambda: len(pair.archived()) == 3, about="what fell due while nobody was there")
        wait_for(lambda: runs(config)[0]["state"] == "ended", every=COMMAND, about="it ended")
        late = len(runs(config))
        time.sleep(1.5)
        assert len(runs(config)) == late, "three days of missed polls are one poll"
    assert {len(it) for it in pair.by_source().values()} == {1}
