"""`dambridge serve` serves the console: somebody added by the command line signs in, has a flow run, and sees what came of it."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import httpx2

from support.commands import dambridge, finish, start, wait_for
from support.console import Browser
from support.pictures import approved, picture
from support.world import world


def free_port() -> int:
    import socket

    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return int(it.getsockname()[1])


async def test_somebody_signs_in_and_has_a_flow_run(tmp_path: Path) -> None:
    port = free_port()
    engine = {"runtime": "local", "poll_every": "PT10M"}
    with world(tmp_path, engine=engine, console={"port": port}) as pair:
        config = pair.config
        added = dambridge(config, "users", "add", "Ada", "--role", "operator", "--role", "librarian", "--by", "test")
        assert added.code == 0, added.err
        process = start(config, "serve", program=True)
        try:
            wait_for(lambda: answers(port) or process.poll() is not None, about="the console answers", seconds=40)
            assert process.poll() is None, process.communicate()
            for it in range(2):
                meta = {"file_name": f"{it}.jpg", "containers": ["Intake/Harbour"], "iptc": approved(title=f"T{it}")}
                pair.submit(picture(it), **meta)
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                form = {"name": "ada", "password": added.json["password"]}
                assert (await client.post("/sign-in", data=form)).status_code == 303
                browser = Browser(client)
                ran = await browser.post("/flows/intake/run")
                wait_for(lambda: len(pair.archived()) == 2, about="the pictures arrived", seconds=30)
                assert ran.status_code == 303
                runs = (await browser.get("/runs")).text
                assert re.search(r"2 done", runs), runs[-2000:]
        finally:
            process.send_signal(signal.SIGINT)
            answer = finish(process, begun=time.monotonic(), timeout=30)
    assert answer.code == 0, answer.err
    assert "Traceback" not in answer.err


def answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/sign-in").status_code == 200
    except httpx2.HTTPError:
        return False
