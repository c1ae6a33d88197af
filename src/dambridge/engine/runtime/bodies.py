"""What works do, run on the event loop that launched the runtime, whichever thread asks for it."""

from __future__ import annotations

import asyncio
import contextvars

import structlog

from dambridge.engine.runtime.rows import WorkFailedError
from dambridge.engine.runtime.rules import Registry, as_json, last_line
from dambridge.ports.runtime import Json

log = structlog.get_logger()


class Bodies:
    """The works that run here now. Made on the loop they are to run on, in whose context they see what its maker saw."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._running: dict[str, asyncio.Task[Json]] = {}
        self._asked: set[str] = set()
        self._ended: dict[str, asyncio.Event] = {}
        self.stopped: BaseException | None = None
        """Why nothing runs here any more: closed, or a body ended as only a dying process does."""

    @property
    def running(self) -> list[str]:
        return list(self._running)

    def ending(self, work_id: str) -> asyncio.Event:
        """Set when that body ends here, or when everything stops."""
        return self._ended.setdefault(work_id, asyncio.Event())

    def forget(self, work_id: str) -> None:
        self._ended.pop(work_id, None)

    def stop(self, reason: BaseException) -> None:
        """Begin nothing more. The first reason counts."""
        if self.stopped is None:
            self.stopped = reason
        for ended in self._ended.values():
            ended.set()

    async def run_from_afar(self, work_id: str, kind: str, args: Json) -> Json:
        """Run the body on the maker's loop, awaited from another one.

        Raises `WorkFailedError` where it failed, and `CancelledError`, which leaves a work unfinished, where it was
        interrupted or may not begin."""
        if self.stopped is not None or self._loop.is_closed():
            raise asyncio.CancelledError
        body = self._body(work_id, kind, args)
        there = self._context.copy().run(asyncio.run_coroutine_threadsafe, body, self._loop)
        return await asyncio.wrap_future(there)

    async def interrupt(self, work_id: str, *, asked: bool = True) -> None:
        """End the body here, if it runs here, and return when it is gone. `asked`: somebody wants the work not to be done."""
        task = self._running.get(work_id)
        if task is None or task is asyncio.current_task():
            return
        if asked:
            self._asked.add(work_id)
        task.cancel()
        await asyncio.wait({task})
        self._asked.discard(work_id)

    async def _body(self, work_id: str, kind: str, args: Json) -> Json:
        task = asyncio.current_task()
        if task is None or self.stopped is not None:
            raise asyncio.CancelledError
        self._running[work_id] = task
        try:
            return as_json(await self._registry.find(kind)(args), what=f"result of {work_id!r}")
        except asyncio.CancelledError:
            if self.stopped is None and work_id not in self._asked:
                raise WorkFailedError("CancelledError: the workflow was cancelled from within") from None
            raise
        except Exception as error:
            log.warning("work.failed", work=work_id, kind=kind, exc_info=error)
            raise WorkFailedError(last_line(error)) from None
        except BaseException as error:
            self.stop(error)
            raise asyncio.CancelledError from error
        finally:
            self._running.pop(work_id, None)
            if ended := self._ended.get(work_id):
                ended.set()
