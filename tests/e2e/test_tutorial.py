"""The tutorial is run line by line, as it stands: statuses as it says, and at its end the pictures are where it says."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial" / "first-arrival.md"
SET_UP = ("make setup", ". .venv/bin/activate")
"""What the tests stand on already."""


def lines(text: str) -> list[tuple[str, int]]:
    """The commands of the page, each with the status that it is said to end with."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    commands = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [(line, int(said[1]) if (said := re.search(r"# status (\d+)$", line)) else 0) for line in commands]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_every_line_of_the_tutorial_does_what_it_says(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.fail("the tutorial uses curl: install it")
    text = TUTORIAL.read_text(encoding="utf-8")
    for port in ("8101", "8102"):
        text = text.replace(port, str(free_port()))
    (configuration,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "tutorial.yaml").write_text(configuration, encoding="utf-8")
    (tmp_path / ".cache").mkdir()
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    commands = [it for it in lines(text) if it[0] not in SET_UP]
    assert len(commands) > 15
    script = "set -m\ntrap 'kill $(jobs -p) 2>/dev/null' EXIT\n"
    for number, (command, _) in enumerate(commands):
        command = command.replace(".cache/demo/photoshelter", str(ROOT / ".cache/demo/photoshelter"))  # noqa: PLW2901
        script += f"{command}\nprintf '%s %s\\n' {number} $? >> statuses\n"
        if "ferry" in command or command.startswith("dambridge show"):
            script += "curl -s $(grep -o 'http://127[^\"]*' .cache/netx.json | head -1)/__sim__/state > arrived.jsonl\n"
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=280, check=False
    )
    ended = [line.split() for line in (tmp_path / "statuses").read_text(encoding="utf-8").splitlines()]
    told = {commands[int(number)][0]: int(status) for number, status in ended}
    assert told == dict(commands), done.stdout[-3000:] + done.stderr[-3000:]
    arrived = [json.loads(line) for line in (tmp_path / "arrived.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(arrived) == 32
    assert "ferry-tomorrow.jpg" in {it["file_name"] for it in arrived}
