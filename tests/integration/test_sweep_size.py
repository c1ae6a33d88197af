"""Ids of very large libraries are held against the store within the plan's time and memory, and nothing is missed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "scripts" / "sweep_size.py"
CPU, MEMORY = 60, 400
"""Seconds of own CPU and megabytes for a million on each side."""
LINKS_IN_TURN = 1980
"""2,000 calls at 1.01 a link."""


def swept(assets: int) -> dict[str, Any]:
    command = [sys.executable, str(PROGRAM), "--assets", str(assets)]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=580)
    assert said.returncode == 0, said.stderr
    told: dict[str, Any] = json.loads(said.stdout)
    assert (told["listed"], told["links"]) == (2 * assets, assets)
    assert (told["gone"], told["new"]) == (20, 20), "the few that differ are found, on both sides"
    assert LINKS_IN_TURN <= told["to_look_at"] <= LINKS_IN_TURN + 20, (
        "they are looked at, and those whose turn has come"
    )
    return told


@pytest.mark.hazard("P17")
def test_twenty_thousand_on_each_side() -> None:
    told = swept(20_000)
    assert told["cpu_seconds"] < CPU / 10
    assert told["peak_mb"] < MEMORY / 2


@pytest.mark.long
@pytest.mark.timeout(590)
def test_a_million_on_each_side_in_a_minute_of_own_time_and_in_flat_memory() -> None:
    told = swept(1_000_000)
    print(json.dumps(told))
    assert told["cpu_seconds"] < CPU
    assert told["peak_mb"] < MEMORY
