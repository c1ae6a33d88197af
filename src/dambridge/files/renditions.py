"""The port `Renderer`: renditions made in processes of their own, bounded in memory and time, and replaced when they are lost.

A process that dies or falls silent is tried once more on the same file with a new one; then the file is refused. After a
number of renditions a process is replaced, so that what its libraries leak has an end.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import queue
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from dambridge.files.colours import target_profile
from dambridge.files.config import RenderingOptions
from dambridge.files.inspector import look
from dambridge.files.pool import BYTES_PER_SECOND
from dambridge.files.process import wrappers
from dambridge.files.rendering import READABLE, RECIPE, Order, refuse_mistakes
from dambridge.model.records import Broken, MediaType
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.outgoing import NotRendered, Rendered, RenditionOrder

_COMMAND = (sys.executable, "-m", "dambridge.files.rendering_worker")
_MIME = {"jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "tiff": "image/tiff"}


class FileRenderer:
    """May be used from several event loops; processes start with the first file."""

    def __init__(self, options: RenderingOptions | None = None) -> None:
        self._options = options or RenderingOptions()
        self._threads = ThreadPoolExecutor(max(1, self._options.workers), thread_name_prefix="renditions")
        self._idle: queue.SimpleQueue[_Process] = queue.SimpleQueue()

    async def render(self, source: Path, target: Path, order: RenditionOrder, *, file_name: str) -> Rendered:
        """Make `target` a rendition of `source`; both are absolute. Raises as the port says."""
        wanted = order_of(order)
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, self._render, source, target, wanted, file_name
        )
        return await work

    async def close(self) -> None:
        """Finish what was begun, end the processes. Safe to repeat."""
        await asyncio.to_thread(self._end)

    def _render(self, source: Path, target: Path, order: Order, file_name: str) -> Rendered:
        refuse_mistakes(order)
        kind, size = _kind(source, file_name)
        asked = {
            "source": str(source),
            "target": str(target),
            "order": asdict(order),
            "kind": kind,
            "most_pixels": self._options.most_pixels,
        }
        try:
            answer = self._asked(asked, self._options.patience.total_seconds() + size / BYTES_PER_SECOND)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        if "made" in answer:
            made = answer["made"]
            return Rendered(
                path=target,
                width=made["width"],
                height=made["height"],
                mime_type=_MIME[order.format],
                notes=tuple(made["notes"]),
            )
        target.unlink(missing_ok=True)
        if "fault" in answer:
            raise CannotGoOn(answer["fault"])
        raise NotRendered(answer["refused"])

    def _asked(self, asked: Mapping[str, Any], seconds: float) -> Mapping[str, Any]:
        for tries_left in (1, 0):
            process = self._process()
            try:
                answer = process.ask(asked, seconds=seconds)
            except _LostError as lost:
                process.kill()
                if not tries_left:
                    raise NotRendered(
                        f"the process that reads it was lost twice ({lost}): look at the file by hand."
                    ) from lost
            except BaseException:
                process.kill()
                raise
            else:
                self._put_back(process)
                return answer
        raise AssertionError("unreachable: the loop returns or raises")

    def _process(self) -> _Process:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return _Process(self._options.memory_bytes)

    def _put_back(self, process: _Process) -> None:
        if process.asked >= self._options.renditions_per_process:
            process.close()
        else:
            self._idle.put(process)

    def _end(self) -> None:
        self._threads.shutdown(wait=True)
        with contextlib.suppress(queue.Empty):
            while True:
                self._idle.get_nowait().close()


def order_of(order: RenditionOrder) -> Order:
    return Order(
        name=order.name,
        longest=order.longest,
        format=order.format,
        quality=order.quality,
        profile=order.profile,
        watermark=order.watermark,
        opacity=order.opacity,
    )


def recipe_of(order: RenditionOrder) -> str:
    """A digest of all that decides about a rendition but its source: the order, what its files hold, our own recipe. The
    version of the image library is left out: an update of it would send everything out again. Raises `CannotGoOn`."""
    wanted = order_of(order)
    refuse_mistakes(wanted)
    said = {**asdict(wanted), "recipe": RECIPE, "watermark": "", "name": ""}
    said["profile"] = hashlib.sha256(target_profile(wanted.profile)).hexdigest()
    if wanted.watermark:
        try:
            said["watermark"] = hashlib.sha256(Path(wanted.watermark).read_bytes()).hexdigest()
        except OSError as problem:
            raise CannotGoOn(
                f"The watermark {wanted.watermark} of the rendition {wanted.name} cannot be read: {problem.strerror}."
            ) from problem
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def _kind(source: Path, file_name: str) -> tuple[str, int]:
    looked = look(source, file_name)
    if isinstance(looked, Broken):
        raise NotRendered(looked.why)
    kind, size = looked[1], looked[3]
    if kind.media_type is MediaType.RAW:
        raise NotRendered("it is a camera's raw file, which has to be developed by a person first.")
    if kind.format not in READABLE:
        raise NotRendered(f"it is a {kind.mime_type} inside, and no renditions are made of files of that kind.")
    return kind.format, size


def _python_path() -> str:
    """Where this interpreter finds its modules, wherever the process is started."""
    return os.pathsep.join(str(Path(it).absolute()) for it in sys.path if it)


class _LostError(Exception):
    """The process died or fell silent; what it was asked is not done."""


class _Process:
    """One process that makes renditions. Not for more than one thread at a time."""

    def __init__(self, memory_bytes: int) -> None:
        self.asked = 0
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(  # noqa: S603 - our own module in this very interpreter
            [*wrappers(memory_bytes), *_COMMAND],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "LC_ALL": "C.UTF-8",
                "PYTHONPATH": _python_path(),
            },
            cwd="/",
            start_new_session=True,
            bufsize=0,
        )

    def ask(self, asked: Mapping[str, Any], *, seconds: float) -> Mapping[str, Any]:
        """Its answer to an order. Raises `_LostError`."""
        self.asked += 1
        stdin = self._process.stdin
        assert stdin is not None  # noqa: S101 - opened as a pipe
        try:
            stdin.write(json.dumps(asked).encode() + b"\n")
            line = self._line(time.monotonic() + seconds)
        except OSError as problem:
            raise _LostError(self._last_words() or str(problem)) from problem
        try:
            answer: Mapping[str, Any] = json.loads(line)
        except ValueError as problem:
            raise _LostError(self._last_words() or "it ended without a word") from problem
        return answer

    def _line(self, deadline: float) -> bytes:
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 - opened as a pipe
        said = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while not said.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise _LostError("it did not answer within its time limit")
                chunk = os.read(stdout.fileno(), 1 << 16)
                if not chunk:
                    break
                said += chunk
        return bytes(said)

    def close(self) -> None:
        """Let it end, else kill it."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)
        self.kill()

    def kill(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._errors.close()

    def _last_words(self) -> str:
        """The last line of what it wrote to standard error; paths of files are not in it."""
        with contextlib.suppress(OSError, ValueError):
            self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - 300))
            return self._errors.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
        return ""
