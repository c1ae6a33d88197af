"""A process that publishes dies by SIGKILL at seeded moments while PhotoShelter loses requests and replies. Then the weather
clears: everything is there once, what is permitted is shown, and nothing ever was that was not whole and permitted."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from support.commands import start_module
from support.publishing import Portal, anew, portal

WITHIN = 1.5
"""Seconds after its first change within which a run is killed."""
ROUGH = [
    {"match": {"path": "*/galleries/*/children*"}, "action": "drop_reply", "probability": 0.05},
    {"match": {"method": "POST", "path": "/psapi/v4.0/media"}, "action": "drop_reply", "probability": 0.1},
    {"action": "status", "status": 503, "probability": 0.02},
]


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("systems")) as it:
        yield it


def killed(press: Portal, random: Random) -> bool:
    """Start a run, and kill it some time after its first change. True when it was still running."""
    folder = press.pair.config.parent
    before = press.pair.seq("photoshelter")
    with start_module("support.publishing_process", str(folder)) as process:
        until = time.monotonic() + 40
        while process.poll() is None and not press.pair.changes("photoshelter", before) and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(random.uniform(0.0, WITHIN))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    return process.returncode == -signal.SIGKILL


@pytest.mark.hazard("P19")
@pytest.mark.timeout(500)
@pytest.mark.parametrize(("masters", "kills"), [(6, 4), pytest.param(12, 10, marks=pytest.mark.long)])
def test_killed_again_and_again_everything_is_there_once(
    systems: Portal, tmp_path: Path, masters: int, kills: int
) -> None:
    press, random = anew(systems, tmp_path), Random(11)
    press.gallery("Partners/Press")
    press.agree()
    ids = [press.master(number) for number in range(masters)]
    press.pair.faults("photoshelter", *ROUGH, seed=3)
    press.pair.traffic("photoshelter", latency_ms=15)
    hits = Counter[bool]()
    for turn in range(kills):
        if turn == kills // 2:
            for it in ids[: masters // 2]:
                press.say(it, Territories=["US"])
        hits[killed(press, random)] += 1
        press.pair.advance(1200)
    assert hits[True] >= kills // 2, "a run that ends before it is killed proves nothing"
    press.pair.faults("photoshelter")
    press.pair.traffic("photoshelter")
    for _ in range(6):
        press.pair.advance(3600)
        if press.run(full=True).summary["flows"]["publish"]["done"] == 0:
            break
    shown = [it["file_name"] for it in press.in_gallery()]
    assert shown == sorted(f"boat{number}.jpg" for number in range(masters // 2, masters)), press.reasons()
    assert len(press.visible()) == masters - masters // 2
    names = Counter(it["file_name"] for it in press.files())
    assert max(names.values()) == 1, names
    assert names.total() <= masters
