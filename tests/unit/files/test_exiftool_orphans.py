"""No ExifTool outlives the process that started it, however that one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

READER = """
import asyncio, sys, time
from pathlib import Path
from dambridge.files import ExifToolOptions, FileInspector

inspector = FileInspector(ExifToolOptions(workers=1))
asyncio.run(inspector.inspect(Path(sys.argv[1]), file_name="picture.jpg"))
print("read", flush=True)
if sys.argv[2] == "close":
    asyncio.run(inspector.close())
elif sys.argv[2] == "wait":
    time.sleep(600)
"""


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text(encoding="ascii").split()]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def ended(pids: list[int], *, within: float) -> bool:
    deadline = time.monotonic() + within
    while any(alive(it) for it in pids):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="children are looked up in Linux's /proc")
@pytest.mark.parametrize("ending", ["close", "leave", "SIGTERM", "SIGKILL"])
def test_exiftool_ends_with_its_parent(tmp_path: Path, encoded: Callable[..., bytes], ending: str) -> None:
    picture = tmp_path / "picture"
    picture.write_bytes(encoded("JPEG"))
    how = ending if ending in {"close", "leave"} else "wait"
    parent = subprocess.Popen([sys.executable, "-c", READER, picture, how], stdout=subprocess.PIPE)
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"read\n"
        started = children(parent.pid)
        if how == "wait":
            assert started
            os.kill(parent.pid, signal.Signals[ending])
        parent.wait(timeout=30)
        assert ended(started, within=10)
    finally:
        parent.kill()
        parent.wait()
        if parent.stdout is not None:
            parent.stdout.close()
