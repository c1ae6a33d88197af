"""A pool of ExifTool processes, one thread each, that takes waiting files in batches and pins a death on one file."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dambridge.files.config import ExifToolOptions
from dambridge.files.finding import find_exiftool
from dambridge.files.process import ExifToolProcess, ProcessLostError
from dambridge.ports.errors import CannotGoOn

BYTES_PER_SECOND = 20 << 20
"""How much time a call is given for its bytes, beyond its patience: the slowest disk we would still wait for."""


class UnreadableError(Exception):
    """ExifTool was lost on this very file, alone, twice; the file is not to be tried again."""


@dataclass(slots=True)
class Job:
    """One file to be read, and whoever waits for it."""

    path: Path
    size: int
    future: Future[Mapping[str, Any]] = field(default_factory=Future)


class ExifToolPool:
    """Reads files with as many ExifTool processes as configured; one starts when a file comes that no other is free for.

    `submit` may be called from any thread. Futures end with ExifTool's JSON object, with `UnreadableError` for a file that
    takes the process down, or with `CannotGoOn` where no usable ExifTool can be started.
    """

    def __init__(self, options: ExifToolOptions, arguments: Sequence[str]) -> None:
        self._options = options
        self._arguments = tuple(arguments)
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._unanswered = 0
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, path: Path, size: int) -> Future[Mapping[str, Any]]:
        """Have one file read. Raises `RuntimeError` after `close`."""
        job = Job(path, size)
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool has been closed")
            self._unanswered += 1
            if len(self._threads) < min(self._unanswered, max(1, self._options.workers)):
                self._start()
            self._waiting.put(job)
        job.future.add_done_callback(self._answered)
        return job.future

    def close(self) -> None:
        """Finish what waits, end the processes, join the threads. Safe to repeat."""
        with self._lock:
            self._closed = True
            threads, self._threads = self._threads, []
            for _ in threads:
                self._waiting.put(None)
        for thread in threads:
            thread.join()

    def _answered(self, _future: Future[Mapping[str, Any]]) -> None:
        with self._lock:
            self._unanswered -= 1

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name=f"exiftool-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        worker = _Worker(self._options, self._arguments)
        try:
            while (first := self._waiting.get()) is not None:
                jobs, ended = self._more(first)
                worker.answer(jobs)
                if ended:
                    return
        finally:
            worker.close()

    def _more(self, first: Job) -> tuple[list[Job], bool]:
        """`first` and whatever waits already, up to a batch; nobody waits for a batch to fill. True when told to end."""
        jobs = [first]
        while len(jobs) < self._options.batch:
            try:
                job = self._waiting.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False


class _Worker:
    """One thread's ExifTool, started when needed and again after each loss."""

    def __init__(self, options: ExifToolOptions, arguments: Sequence[str]) -> None:
        self._options = options
        self._arguments = arguments
        self._program: Path | None = None
        self._process: ExifToolProcess | None = None

    def answer(self, jobs: Sequence[Job]) -> None:
        """Answer every job. A batch that is lost is gone through one by one: whoever takes it down stands alone."""
        taken = [job for job in jobs if job.future.set_running_or_notify_cancel()]
        if not taken:
            return
        try:
            answers = self._ask(taken)
        except ProcessLostError as lost:
            for job in taken:
                self._answer_alone(job, lost if len(taken) == 1 else None)
        except Exception as problem:  # noqa: BLE001 - whoever waits must hear of it; the thread goes on
            _fail(taken, problem)
        else:
            for job, answer in zip(taken, answers, strict=True):
                job.future.set_result(answer)

    def _answer_alone(self, job: Job, earlier: ProcessLostError | None) -> None:
        losses = 1 if earlier is not None else 0
        while True:
            try:
                job.future.set_result(self._ask([job])[0])
            except ProcessLostError as lost:
                losses += 1
                if losses >= 2:
                    job.future.set_exception(UnreadableError(str(lost)))
                    return
            except Exception as problem:  # noqa: BLE001 - whoever waits must hear of it; the thread goes on
                job.future.set_exception(problem)
                return
            else:
                return

    def _ask(self, jobs: Sequence[Job]) -> list[Mapping[str, Any]]:
        process = self._running()
        seconds = self._options.patience.total_seconds() + sum(job.size for job in jobs) / BYTES_PER_SECOND
        try:
            objects = process.read(self._arguments, [job.path for job in jobs], seconds=seconds)
        except ProcessLostError:
            process.kill()
            self._process = None
            raise
        by_path = {str(it.get("SourceFile")): it for it in objects}
        return [by_path.get(str(job.path), {}) for job in jobs]

    def _running(self) -> ExifToolProcess:
        if self._process is None:
            if self._program is None:
                self._program = find_exiftool(self._options.program).program
            try:
                self._process = ExifToolProcess(self._program, memory_bytes=self._options.memory_bytes)
            except OSError as problem:
                raise CannotGoOn(
                    f"ExifTool at {self._program} does not start: {problem}. Install it anew."
                ) from problem
        return self._process

    def close(self) -> None:
        if self._process is not None:
            self._process.close()


def _fail(jobs: Sequence[Job], problem: Exception) -> None:
    for job in jobs:
        job.future.set_exception(problem)
