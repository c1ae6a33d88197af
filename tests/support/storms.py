"""Bad weather: faults of every kind on both simulators, and a process that is killed again and again in the middle of it."""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from support.commands import Answer, dambridge, start
from support.world import World

CLEAR: tuple[Mapping[str, Any], ...] = ()
IMPORTS = {"method": "POST", "path": "/api/import*"}
LATER = {"Retry-After": "1"}


def rough_netx(strength: float = 1.0) -> list[dict[str, Any]]:
    """NetX loses requests and replies, refuses, breaks, and cuts bodies both ways."""
    return [
        {"match": IMPORTS, "action": "drop_reply", "times": 3},
        {"match": IMPORTS, "action": "drop_reply", "probability": 0.3 * strength},
        {"match": IMPORTS, "action": "drop_request", "probability": 0.05 * strength},
        {"match": IMPORTS, "action": "truncate", "direction": "request", "bytes": 9000, "probability": 0.05 * strength},
        {"match": IMPORTS, "action": "truncate", "direction": "reply", "bytes": 5, "probability": 0.08 * strength},
        {"match": IMPORTS, "action": "status", "status": 500, "after": True, "probability": 0.08 * strength},
        {"action": "status", "status": 429, "headers": LATER, "probability": 0.004 * strength},
        {"action": "status", "status": 500, "probability": 0.01 * strength},
        {"action": "status", "status": 503, "headers": LATER, "probability": 0.004 * strength},
        {"action": "drop_request", "probability": 0.01 * strength},
        {"action": "drop_reply", "probability": 0.015 * strength},
        {"action": "truncate", "bytes": 40, "probability": 0.01 * strength},
    ]


def rough_photoshelter(strength: float = 1.0) -> list[dict[str, Any]]:
    """PhotoShelter loses, refuses, breaks, and cuts downloads."""
    return [
        {"match": {"path": "*/download"}, "action": "truncate", "bytes": 5000, "probability": 0.1 * strength},
        {"match": {"path": "*/download"}, "action": "drop_reply", "probability": 0.05 * strength},
        {"action": "status", "status": 429, "headers": LATER, "probability": 0.004 * strength},
        {"action": "status", "status": 500, "probability": 0.01 * strength},
        {"action": "status", "status": 503, "probability": 0.01 * strength},
        {"action": "drop_request", "probability": 0.01 * strength},
        {"action": "truncate", "bytes": 40, "probability": 0.01 * strength},
    ]


@dataclass(slots=True)
class Storm:
    """What was done to the process and what the simulators say of it."""

    pair: World
    config: Path
    random: Random
    kills: int = 0
    ended_first: int = 0
    rough_ends: list[int] = field(default_factory=list)
    settled_in: list[Answer] = field(default_factory=list)

    def kill_once(self, *, within: float, from_work_on: bool) -> bool:
        """Start a run and kill it within so many seconds of its first call (or of its first change in NetX). True when it
        was still running."""
        journal = self.pair.netx.world.journal
        before = len(self.pair.photoshelter.world.journal) + len(journal)
        at_work = len(journal)
        with start(self.config, "run", "--once") as process:
            called: Callable[[], bool] = (
                (lambda: any(it["changed"] for it in journal.lines(at_work)))
                if from_work_on
                else (lambda: len(self.pair.photoshelter.world.journal) + len(journal) > before)
            )
            until = time.monotonic() + 30
            while process.poll() is None and not called() and time.monotonic() < until:
                time.sleep(0.005)
            wait = time.monotonic() + self.random.uniform(0.0, within)
            while process.poll() is None and time.monotonic() < wait:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=30)
        hit = process.returncode == -signal.SIGKILL
        self.kills += hit
        self.ended_first += not hit
        if not hit:
            self.rough_ends.append(process.returncode)
        return hit

    def settle(self, *, rounds: int = 8, between: float = 3600) -> None:
        """Faults off, and runs until one finds nothing to do and nothing that waits."""
        for system in ("netx", "photoshelter"):
            self.pair.faults(system)
            self.pair.traffic(system)
        for _ in range(rounds):
            self.pair.advance(between)
            before = len(self.pair.netx.world.journal)
            answer = dambridge(self.config, "run", "--once")
            self.settled_in.append(answer)
            assert answer.code in {0, 3}, answer.err
            if answer.intake["waiting"] == 0 and self.pair.changes("netx", before) == []:
                return
        raise AssertionError(f"{rounds} runs in fair weather and still something to do: {self.settled_in[-1].out}")

    def weather(self) -> Counter[str]:
        """The faults that struck, by system and kind, and the imports that took effect without their reply arriving."""
        counted: Counter[str] = Counter()
        for system in ("netx", "photoshelter"):
            for call in self.pair.journal(system):
                for fault in (call["fault"] or "").split(","):
                    if fault:
                        name = f"{fault} {call['status']}" if fault == "status" else fault
                        counted[f"{system}: {name}"] += 1
                if system == "netx" and call["changed"] and call["path"].startswith("/api/import"):
                    counted["imports that took effect"] += 1
                    counted["of those unanswered"] += bool(call["fault"])
        return counted

    def told(self) -> Counter[str]:
        """The weather, and all of it written where whoever runs the test with `-s` or `-rA` sees it."""
        weather = self.weather()
        lines = "".join(f"  {name}: {number}\n" for name, number in sorted(weather.items()))
        sys.stdout.write(f"\n{self.kills} kills of a running process, {self.ended_first} ended first\n{lines}")
        return weather
