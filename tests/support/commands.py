"""The command line in processes of its own: as people and scripts use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).parent / "dambridge"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document and nothing else."""
        return json.loads(self.out)

    @property
    def intake(self) -> Mapping[str, Any]:
        """The flow's part of a run's JSON."""
        flow: Mapping[str, Any] = self.json["flows"]["intake"]
        return flow

    @property
    def ends(self) -> dict[str, int]:
        """The outcomes that occurred, with their counts."""
        names = ("seen", "done", "unchanged", "skipped", "waiting", "quarantined", "failed")
        return {it: self.intake[it] for it in names if self.intake[it]}


def start(config: Path, *arguments: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    """Begin a command with `--json` and leave it to itself."""
    return subprocess.Popen(
        [str(PROGRAM), "--config", str(config), "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **(env or {})},
    )


def finish(process: subprocess.Popen[str], *, begun: float, timeout: float = 240) -> Answer:
    out, err = process.communicate(timeout=timeout)
    return Answer(process.returncode, out, err, time.monotonic() - begun)


def dambridge(config: Path, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 240) -> Answer:
    """Run a command with `--json` to its end."""
    begun = time.monotonic()
    with start(config, *arguments, env=env) as process:
        return finish(process, begun=begun, timeout=timeout)


def wait_for(what: Callable[[], bool], *, seconds: float = 30, about: str) -> None:
    """Look again and again until it is so. Fails the test when it has not come to be in this time."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise AssertionError(f"in {seconds:.0f} s it did not come to this: {about}")
        time.sleep(0.02)
