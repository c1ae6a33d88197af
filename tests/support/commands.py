"""The command line in processes of its own: as people and scripts use it."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

from support import nursery

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


class Process(Protocol):
    """A command at work: what `subprocess.Popen` knows of it, as far as tests ask."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | Any: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def communicate(self, *, timeout: float | None = None) -> tuple[str, str]: ...
    def send_signal(self, sig: int) -> None: ...
    def kill(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None, /
    ) -> None: ...


class Forked:
    """A command forked off the nursery, used as `subprocess.Popen` is."""

    def __init__(self, arguments: list[str], environ: Mapping[str, str], *, module: str = "dambridge.cli") -> None:
        self.returncode: int | None = None
        self._arguments = arguments
        self._out, self._err = _file(), _file()
        ours, theirs = os.pipe()
        try:
            nursery.ask(_nursery(), arguments, environ, (self._out.fileno(), self._err.fileno(), theirs), module)
        finally:
            os.close(theirs)
        self._told = os.fdopen(ours, "rb", buffering=0)
        self.pid = int(_line(self._told))

    def poll(self) -> int | None:
        return self._ended(within=0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self._arguments, timeout or 0)
        return code

    def communicate(self, *, timeout: float | None = None) -> tuple[str, str]:
        self.wait(timeout)
        return _read(self._out), _read(self._err)

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wait()
        for it in (self._out, self._err, self._told):
            it.close()

    def _ended(self, within: float | None) -> int | None:
        if self.returncode is None and select.select([self._told], [], [], within)[0]:
            self.returncode = int(_line(self._told))
        return self.returncode


def _file() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8", newline="")


def _line(told: IO[bytes]) -> bytes:
    line = told.readline()
    assert line, "the nursery has ended: what it said stands on standard error"
    return line


def _read(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


@cache
def _nursery() -> socket.socket:
    """The session's nursery, started when it is first needed; it ends when this process does."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, nursery.__file__, str(theirs.fileno())]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
    theirs.close()

    @atexit.register
    def end() -> None:
        ours.close()
        process.wait()

    return ours


def start(config: Path, *arguments: str, env: Mapping[str, str] | None = None, program: bool = False) -> Process:
    """Begin a command with `--json` and leave it to itself; with `program` it is the installed program, started afresh."""
    given = ["--config", str(config), "--json", *arguments]
    environ = {**os.environ, **(env or {})}
    if not program and sys.platform != "darwin":  # where a process with Apple's libraries loaded may not fork
        return Forked(given, environ)
    return subprocess.Popen(
        [str(PROGRAM), *given], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
    )


def start_module(module: str, *arguments: str) -> Process:
    """Begin the `main` of a module below tests in a process of its own."""
    if sys.platform != "darwin":
        return Forked(list(arguments), os.environ, module=module)
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)


def finish(process: Process, *, begun: float, timeout: float = 240) -> Answer:
    out, err = process.communicate(timeout=timeout)
    return Answer(process.returncode, out, err, time.monotonic() - begun)


def dambridge(
    config: Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    timeout: float = 240,
    program: bool = False,
) -> Answer:
    """Run a command with `--json` to its end."""
    begun = time.monotonic()
    with start(config, *arguments, env=env, program=program) as process:
        return finish(process, begun=begun, timeout=timeout)


def wait_for(what: Callable[[], bool], *, seconds: float = 30, every: float = 0.02, about: str) -> None:
    """Look again and again until it is so; a look that is a command takes work from who is waited for. Fails the test when
    it has not come to be in this time."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise AssertionError(f"in {seconds:.0f} s it did not come to this: {about}")
        time.sleep(every)
