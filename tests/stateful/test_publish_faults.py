"""Bad weather over publishing: lost requests and replies, stale reads, errors. It comes to rest with one copy of everything,
nothing is shown that the gate forbids, and everything that it permits is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from support.publishing import Portal, anew, portal

WRITES = {"path": "/psapi/v4.0/media"}
MEMBERS = {"path": "*/galleries/*/children*"}
WEATHER: dict[str, list[dict[str, Any]]] = {
    "replies lost": [
        {"match": {**WRITES, "method": "POST"}, "action": "drop_reply", "times": 2},
        {"match": {**MEMBERS, "method": "POST"}, "action": "drop_reply", "times": 2},
        {"match": {**MEMBERS, "method": "DELETE"}, "action": "drop_reply", "times": 2},
        {"match": {"method": "PATCH"}, "action": "drop_reply", "times": 2},
    ],
    "requests lost": [
        {"match": {**WRITES, "method": "POST"}, "action": "drop_request", "times": 2},
        {"match": {**MEMBERS, "method": "POST"}, "action": "drop_request", "times": 2},
        {"match": {**MEMBERS, "method": "DELETE"}, "action": "drop_request", "times": 2},
    ],
    "done and then an error": [
        {"match": {**WRITES, "method": "POST"}, "action": "status", "status": 500, "after": True, "times": 2},
        {"match": {**MEMBERS, "method": "POST"}, "action": "status", "status": 500, "after": True, "times": 2},
        {"match": {**MEMBERS, "method": "DELETE"}, "action": "status", "status": 500, "after": True, "times": 2},
    ],
    "stale reads": [
        {
            "match": {"path": "*/media/*/galleries", "method": "GET"},
            "action": "stale_read",
            "times": 3,
            "probability": 0.5,
        },
        {"match": {"path": "*/media/I*", "method": "GET"}, "action": "stale_read", "times": 3, "probability": 0.5},
    ],
    "a bad day": [
        {"action": "status", "status": 500, "probability": 0.05},
        {"action": "drop_reply", "probability": 0.03},
        {"action": "drop_request", "probability": 0.03},
    ],
}


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("systems")) as it:
        yield it


def at_rest(press: Portal, upto: int = 6) -> None:
    for _ in range(upto):
        press.pair.advance(3600)
        if press.run(full=True).summary["flows"]["publish"]["done"] == 0:
            return
    raise AssertionError(f"it does not come to rest: {press.reasons()}")


@pytest.mark.hazard("P18")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("weather", WEATHER)
def test_what_goes_out_and_comes_back_in_bad_weather(systems: Portal, tmp_path: Path, weather: str) -> None:
    press = anew(systems, tmp_path)
    press.gallery("Partners/Press")
    press.agree()
    ids = [press.master(number) for number in range(4)]
    press.pair.faults("photoshelter", *WEATHER[weather], seed=7)
    press.run()
    press.pair.advance(3600)
    forbidden_since: datetime = press.now
    press.say(ids[0], Territories=["US"])
    press.say(ids[1], Caption="Better")
    press.run()
    press.pair.faults("photoshelter")
    at_rest(press)
    names = Counter(it["file_name"] for it in press.files())
    assert len(names) == names.total() <= 4, names
    shown = {it["file_name"]: it["metadata"]["caption"] for it in press.in_gallery()}
    assert shown == {
        "boat1.jpg": "Better",
        "boat2.jpg": "A boat in the harbour",
        "boat3.jpg": "A boat in the harbour",
    }, press.reasons()
    assert len(press.visible()) == 3
    in_sight = {it["id"] for it in press.in_gallery()}
    hidden = [spans for name, spans in press.exposure().items() if name not in in_sight]
    assert all(begun < forbidden_since for spans in hidden for begun, _ in spans), "never shown once forbidden"
