"""One ExifTool process that stays open, fed by its input, watched by the clock, and killed with all its children.

The process is never shared between threads. File names are absolute paths of our own making; values of metadata never
become options. A reply that is late, cut or not JSON makes the process unusable: `ProcessLostError`, then start a new one.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

_CHUNK = 1 << 16
_WRITING = ("-api", "LargeFileSupport=1", "-charset", "UTF8")
"""Without `-n`, which drops day-only dates in silence."""


class ProcessLostError(Exception):
    """The process died, fell silent or said something that is no answer. What it was asked is unknown."""


class ExifToolProcess:
    """A running ExifTool; `read` asks it about files. Not for more than one thread."""

    def __init__(self, program: Path, *, memory_bytes: int) -> None:
        self._number = 0
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(  # noqa: S603 - found and checked by `finding`
            [*wrappers(memory_bytes), str(program), "-config", "", "-stay_open", "True", "-@", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=_clean_environment(),
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )

    def read(self, arguments: Sequence[str], paths: Sequence[Path], *, seconds: float) -> list[Mapping[str, Any]]:
        """ExifTool's JSON objects for `paths`, in their order as far as it answered. Raises `ProcessLostError`."""
        said = self._ask([*arguments, *(_argument(path) for path in paths)], seconds=seconds)
        if not said.strip():
            return []
        try:
            answer = json.loads(said.decode("utf-8", "replace"))
        except ValueError as problem:
            raise ProcessLostError(f"ExifTool's answer is not JSON: {problem}") from problem
        return answer if isinstance(answer, list) else []

    def write(self, source: Path, values: Path, target: Path, *, seconds: float) -> str:
        """Write the tags of the JSON file `values` into a new file `target`; returns what ExifTool said of it. Raises
        `ProcessLostError`. Nothing that it says is proof: the caller reads the new file."""
        names = (f"-json={_argument(values)}", "-o", _argument(target), _argument(source))
        said = self._ask([*_WRITING, *names], seconds=seconds)
        return f"{said.decode('utf-8', 'replace').strip()} {self._last_words()}".strip()

    def side_car(self, source: Path, values: Path, target: Path, *, seconds: float) -> str:
        """As `write`, into an XMP file of its own that also says what the XMP of `source` says; `source` is read alone."""
        names = ("-tagsFromFile", _argument(source), "-XMP:all", f"-json={_argument(values)}", "-o", _argument(target))
        said = self._ask([*_WRITING, *names], seconds=seconds)
        return f"{said.decode('utf-8', 'replace').strip()} {self._last_words()}".strip()

    def _ask(self, lines: Sequence[str], *, seconds: float) -> bytes:
        """Have one command carried out and take what it says."""
        self._number += 1
        deadline = time.monotonic() + seconds
        try:
            self._send("\n".join([*lines, f"-execute{self._number}", ""]).encode(), deadline)
            return self._receive(f"{{ready{self._number}}}".encode(), deadline)
        except OSError as problem:
            raise ProcessLostError(f"ExifTool ended: {self._last_words() or problem}") from problem

    def close(self, *, seconds: float = 2.0) -> None:
        """Let the process end, else kill it with its whole group. Safe to repeat."""
        if self._process.poll() is None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.write(b"-stay_open\nFalse\n")
                self._process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End the process and whatever it started, now. Safe to repeat."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._errors.close()

    def _send(self, data: bytes, deadline: float) -> None:
        stdin = _open(self._process.stdin)
        # A batch of names can be longer than the pipe is deep while ExifTool is still busy: never block without a limit.
        os.set_blocking(stdin.fileno(), False)
        view = memoryview(data)
        with selectors.DefaultSelector() as selector:
            selector.register(stdin, selectors.EVENT_WRITE)
            while view:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise ProcessLostError("ExifTool took no orders within its time limit")
                view = view[os.write(stdin.fileno(), view[:_CHUNK]) :]

    def _receive(self, mark: bytes, deadline: float) -> bytes:
        stdout = _open(self._process.stdout)
        said = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise ProcessLostError("ExifTool did not answer within its time limit")
                chunk = os.read(stdout.fileno(), _CHUNK)
                if not chunk:
                    raise ProcessLostError(f"ExifTool ended: {self._last_words() or 'without a word'}")
                said += chunk
                if said.endswith((mark + b"\n", mark + b"\r\n")):
                    return bytes(said[: said.rindex(mark)])

    def _last_words(self) -> str:
        """The end of what it wrote to standard error."""
        with contextlib.suppress(OSError, ValueError):
            size = self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, size - 300))
            return self._errors.read().decode("utf-8", "replace").strip()
        return ""


def _open(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None or stream.closed:
        raise ProcessLostError("ExifTool has been closed")
    return stream


def _argument(path: Path) -> str:
    """A path as a line of ExifTool's argument file. Only absolute paths without line breaks keep their meaning there."""
    text = str(path)
    if not path.is_absolute() or any(it in text for it in "\n\r\0"):
        raise ValueError(f"not a path that may be handed to ExifTool: {text!r}")
    return text


def _clean_environment() -> dict[str, str]:
    """As little as Perl needs: no options, libraries or zones of the surrounding shell."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def wrappers(memory_bytes: int) -> list[str]:
    """Programs that bound the process where the machine has them: it dies with us, and its memory has an end."""
    command: list[str] = []
    if found := shutil.which("setpriv"):
        command += [found, "--pdeathsig", "KILL", "--"]
    if found := shutil.which("prlimit"):
        command += [found, f"--as={memory_bytes}", "--core=0", "--"]
    return command
