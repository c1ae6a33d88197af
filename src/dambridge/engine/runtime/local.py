"""The deterministic runtime: one work at a time, in the order of their starts, on the caller's event loop.

No threads, no timers. What was started is a line in a file, what ended is another; whatever has no second line is taken up
at the next launch. An error that is no `Exception` ends the runtime as the death of the process would: nothing more is
written, and whoever waits gets that error. That is how tests crash between any two ledger writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog

from dambridge.engine.runtime.journal import Entry, Journal
from dambridge.engine.runtime.rules import CLOSED, ENDED, Registry, as_json, known_queue, last_line, unknown_work
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.runtime import Json, Work, Workflow, WorkState

MOST = 4000
"""Ended works that are remembered; beyond this the older half is forgotten unasked."""

log = structlog.get_logger()


class LocalRuntime:
    """Works of one process over one file, which is made at the launch. The worker's lock keeps others away from it."""

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)
        self._registry = Registry()
        self._entries: dict[str, Entry] = {}
        self._ended: dict[str, None] = {}
        self._open: dict[str, None] = {}
        self._events: dict[str, asyncio.Event] = {}
        self._given = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._body: tuple[str, asyncio.Task[Json]] | None = None
        self._cancelled: set[str] = set()
        self._stopped: BaseException | None = None

    def register(self, kind: str, workflow: Workflow) -> None:
        self._registry.add(kind, workflow)

    async def launch(self) -> None:
        if self._registry.closed:
            raise RuntimeError("The runtime is launched already.")
        self._registry.closed = True
        for entry in self._journal.read():
            self._entries[entry.id] = entry
            (self._ended if entry.state in ENDED else self._open)[entry.id] = None
        self._forget(keep=MOST)
        self._journal.rewrite(self._entries.values())
        if self._open:
            self._given.set()
        self._worker = asyncio.create_task(self._work(), name="local runtime")
        self._worker.add_done_callback(self._fell)

    async def start(self, work_id: str, kind: str, args: Json, *, queue: str, key: str = "") -> None:
        """Raises `ValueError` for an unknown kind or queue, `TypeError` where `args` are no JSON."""
        self._check()
        self._registry.find(kind)
        known_queue(queue)
        if work_id in self._entries:
            return
        entry = Entry(id=work_id, kind=kind, queue=queue, args=as_json(args, what=f"arguments of {work_id!r}"))
        self._journal.append(entry)
        self._entries[work_id] = entry
        self._open[work_id] = None
        self._given.set()

    async def wait(self, work_id: str, *, seconds: float | None = None) -> Work:
        """Raises what ended the runtime, if it ended first; `LookupError` for a work that nobody started."""
        self._check()
        if work_id not in self._entries:
            raise unknown_work(work_id)
        if self._entries[work_id].state not in ENDED:
            event = self._events.setdefault(work_id, asyncio.Event())
            try:
                await asyncio.wait_for(event.wait(), seconds)
            except TimeoutError:
                return self._seen(work_id)
            self._check()
        return self._seen(work_id)

    async def get(self, work_id: str) -> Work | None:
        self._check()
        return self._seen(work_id) if work_id in self._entries else None

    async def unfinished(self) -> Sequence[Work]:
        self._check()
        return [self._seen(it) for it in self._open]

    async def cancel(self, work_id: str) -> None:
        """What waits never begins; what runs gets `CancelledError` at its next await. An unknown or ended work is left."""
        self._check()
        if work_id not in self._open:
            return
        if self._body is not None and self._body[0] == work_id:
            self._cancelled.add(work_id)
            self._body[1].cancel()
        else:
            self._end(work_id, WorkState.CANCELLED)

    async def sweep(self) -> int:
        """Nobody else works on this file: always 0."""
        self._check()
        return 0

    async def prune(self, *, keep: int) -> int:
        self._check()
        forgotten = self._forget(keep=keep)
        if forgotten:
            self._journal.rewrite(self._entries.values())
        return forgotten

    async def close(self) -> None:
        """Stop at the next await of the work under way, which the next launch takes up again. Safe to repeat."""
        if self._stopped is None:
            self._stop(CannotGoOn(CLOSED))
        for task in (self._body[1] if self._body else None, self._worker):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
                await asyncio.wait({task})
        self._journal.close()

    # the loop ----------------------------------------------------------------------------------------------------------
    async def _work(self) -> None:
        while self._stopped is None:
            work_id = next(iter(self._open), None)
            if work_id is None:
                self._given.clear()
                await self._given.wait()
            else:
                await self._run(work_id)

    async def _run(self, work_id: str) -> None:
        entry = self._entries[work_id]
        try:
            workflow = self._registry.find(entry.kind)
        except ValueError as error:
            self._end(work_id, WorkState.FAILED, error=last_line(error))
            return
        body = asyncio.ensure_future(workflow(dict(entry.args)))
        self._body = (work_id, body)
        await asyncio.wait({body})
        if self._stopped is None:
            self._judge(work_id, body)
        elif not body.cancelled():
            body.exception()  # closed meanwhile: whatever it was, the next launch runs the work again
        self._body = None

    def _judge(self, work_id: str, body: asyncio.Future[Json]) -> None:
        """Write down how the work ended, or stop the runtime where it ended as a process does."""
        if body.cancelled():
            asked = work_id in self._cancelled
            why = "" if asked else "CancelledError: the workflow was cancelled from within"
            self._end(work_id, WorkState.CANCELLED if asked else WorkState.FAILED, error=why)
            return
        error = body.exception()
        if error is None:
            try:
                self._end(work_id, WorkState.DONE, result=as_json(body.result(), what=f"result of {work_id!r}"))
            except TypeError as wrong:
                self._end(work_id, WorkState.FAILED, error=last_line(wrong))
        elif isinstance(error, Exception):
            log.warning("work.failed", work=work_id, kind=self._entries[work_id].kind, exc_info=error)
            self._end(work_id, WorkState.FAILED, error=last_line(error))
        else:
            self._stop(error)

    def _end(self, work_id: str, state: WorkState, *, result: Json | None = None, error: str = "") -> None:
        entry = self._entries[work_id].ended(state, result=result, error=error)
        self._journal.append(entry)
        self._entries[work_id] = entry
        self._open.pop(work_id)
        self._ended[work_id] = None
        self._cancelled.discard(work_id)
        if event := self._events.pop(work_id, None):
            event.set()
        if len(self._ended) > MOST and self._forget(keep=MOST // 2):
            self._journal.rewrite(self._entries.values())

    # ------------------------------------------------------------------------------------------------------------------
    def _fell(self, worker: asyncio.Task[None]) -> None:
        """The loop itself ended, as where the file can no longer be written: nobody may wait for ever."""
        if not worker.cancelled() and (error := worker.exception()) is not None:
            self._stop(error)

    def _stop(self, reason: BaseException) -> None:
        """Nothing is written from here on; everybody who waits learns why."""
        self._stopped = reason
        self._given.set()
        for event in self._events.values():
            event.set()

    def _check(self) -> None:
        if self._stopped is not None:
            raise self._stopped
        if not self._registry.closed:
            raise RuntimeError("The runtime is not launched yet: call `launch` first.")

    def _seen(self, work_id: str) -> Work:
        entry = self._entries[work_id]
        runs = self._body is not None and self._body[0] == work_id and entry.state not in ENDED
        state = WorkState.RUNNING if runs else entry.state
        return Work(id=work_id, kind=entry.kind, queue=entry.queue, state=state, result=entry.result, error=entry.error)

    def _forget(self, *, keep: int) -> int:
        old = list(self._ended)[: max(0, len(self._ended) - keep)]
        for work_id in old:
            del self._ended[work_id]
            del self._entries[work_id]
        return len(old)
