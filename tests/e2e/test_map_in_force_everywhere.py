"""Real servers, a console, PostgreSQL: a map saved on a page is taken by every worker, and no run is of two maps."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from support.commands import Process, dambridge, finish, start, wait_for
from support.console import Browser
from support.pictures import approved, picture
from support.world import World, world

MAP = 'owner: Mara Lind\nreview_by: 2090-01-01\nplaces: [{folder: "ONE/{gallery}"}]\n'


def free_port() -> int:
    import socket

    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return int(it.getsockname()[1])


@contextmanager
def servers(*configs: Path) -> Iterator[list[Process]]:
    """So many servers at work; each ends well by itself."""
    processes = [start(it, "serve", program=True) for it in configs]
    try:
        yield processes
    finally:
        for it in processes:
            it.send_signal(signal.SIGINT)
        answers = [finish(it, begun=time.monotonic(), timeout=30) for it in processes]
    assert [it.code for it in answers] == [0] * len(processes), [it.err for it in answers]
    assert not [it for it in answers if "Traceback" in it.err]


def works_by(config: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dambridge(config, "status").json["in_force"]
    return found


def submit(pair: World, *numbers: int) -> None:
    for it in numbers:
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=["Intake/Harbour"], iptc=approved(title=f"T{it}"))


def folders(pair: World) -> Counter[str]:
    return Counter(path.split("/")[0] for it in pair.archived() for path in it["containers"])


async def saved_in_the_console(port: int, password: str, text: str) -> str:
    """What the page says after somebody saved that map."""
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", follow_redirects=False) as client:
        form = {"name": "ada", "password": password}
        assert (await client.post("/sign-in", data=form)).status_code == 303
        browser = Browser(client)
        seen = re.search(r'name="digest" value="(\w+)"', (await browser.get("/maps?view=text")).text)
        assert seen is not None
        wish = {"part": "map", "view": "text", "account": "archive", "text": text, "digest": seen[1]}
        answer = await browser.post("/maps/save", **wish)
        assert answer.status_code == 303, answer.text[-2000:]
        return (await browser.get(answer.headers["location"])).text


async def console_says(port: int, password: str) -> str:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        await client.post("/sign-in", data={"name": "ada", "password": password})
        return (await client.get("/maps")).text


@pytest.mark.long
@pytest.mark.postgres
async def test_each_of_two_servers_takes_a_saved_map_and_no_run_is_of_two(tmp_path: Path, postgres_url: str) -> None:
    port = free_port()
    engine = {"runtime": "dbos", "poll_every": "P9D", "concurrency": 2, "batch": 4}
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    with world(tmp_path, map_file="map.yaml", engine=engine, store={"url": postgres_url}) as pair:
        plain = pair.config
        shown = tmp_path / "with-console.yaml"
        shown.write_text(plain.read_text() + f"console: {{port: {port}}}\n", encoding="utf-8")
        added = dambridge(plain, "users", "add", "Ada", "--role", "administrator", "--by", "test")
        with servers(shown, plain):
            wait_for(lambda: len(works_by(plain)) == 2, about="both work", seconds=60)
            before = {it["configuration"] for it in works_by(plain)}
            assert len(before) == 1
            submit(pair, *range(40))
            pair.traffic("netx", latency_ms=40)
            run = start(plain, "run", "--once")
            wait_for(lambda: len(pair.archived()) >= 4, about="the run has begun", seconds=60)
            page = await saved_in_the_console(port, added.json["password"], MAP.replace("ONE", "TWO"))
            assert "Saved." in page
            submit(pair, *range(40, 44))
            ran = finish(run, begun=time.monotonic(), timeout=120)
            assert ran.code == 0, ran.out
            pair.traffic("netx")
            wait_for(
                lambda: {it["configuration"] for it in works_by(plain)}.isdisjoint(before),
                about="both took it",
                seconds=60,
            )
            assert set(folders(pair)) == {"ONE"}, "the run under way ended by the map it began with"
            assert dambridge(plain, "run", "--once").code == 0
            assert sum(folders(pair).values()) == 44
            assert 1 <= folders(pair)["TWO"] <= 4
            now = {it["configuration"] for it in works_by(plain)}
            assert len(now) == 1
            runs = dambridge(plain, "runs").json
            assert {it.get("configuration") for it in runs} >= before | now
            assert "In force since" in await console_says(port, added.json["password"])
            (tmp_path / "map.yaml").write_text("owner: [", encoding="utf-8")
            for _ in range(60):
                if "cannot be used" in (told := await console_says(port, added.json["password"])):
                    break
                await asyncio.sleep(0.5)
            assert "what was in force before stays in force" in told
            (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
            wait_for(lambda: {it["configuration"] for it in works_by(plain)} == before, about="mended", seconds=60)
