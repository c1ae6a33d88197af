"""The durable runtime on DBOS: one process over a SQLite file, or any number of workers over PostgreSQL.

DBOS keeps the list of works, hands each out once, and hands it out again when its worker died. What a work does runs on the
event loop that launched this runtime, because sessions and locks of the caller belong there; DBOS's own threads and its own
loop only wait for it. So nothing of DBOS ever runs on the caller's loop, nor in the caller's default thread pool.
"""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from dambridge.engine.runtime.bodies import Bodies
from dambridge.engine.runtime.logs import quieten
from dambridge.engine.runtime.peers import Peers
from dambridge.engine.runtime.rows import CRASHES, NAME, UNFINISHED, as_work, enqueue, forget_all_but
from dambridge.engine.runtime.rules import (
    CLOSED,
    ENDED,
    QUEUES,
    Registry,
    as_json,
    known_queue,
    unknown_work,
)
from dambridge.engine.runtime.stores import (
    SCHEMA,
    THREADS,
    is_postgres,
    postgres_engine,
    postgres_url,
    sqlite_engine,
)
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.runtime import Json, Work, Workflow

T = TypeVar("T")

SHAPE = "dambridge-1"
"""DBOS's application version: works of another one are never taken up. Raised only where works change incompatibly."""

EMBEDDED = "embedded"
"""The one worker's name over a SQLite file: fixed, so that each start takes up what the last one left."""


POLLS = {"batch": 0.1, "transfer": 0.25}
"""Seconds between looks at a queue, which is what a start waits for at most. What that costs: docs/decisions/0003."""

KEEP = 2000
"""Ended works that are remembered; the rest is forgotten unasked."""

FIRST, LONGEST = 0.01, 0.25
"""Seconds between looks at a work that is waited for: soon after it was given or ended here, then ever more rarely."""

PRUNE_EVERY = 360
"""Beats between two prunings."""

log = structlog.get_logger()


class DbosRuntime:
    """One per process, since DBOS is. `worker` must be unique among the living workers of a PostgreSQL store."""

    def __init__(self, store: str, *, worker: str, beat: float = 10.0, silent: float = 60.0) -> None:
        """`store`: a data folder, or a `postgresql://` address. `beat`: seconds between heartbeats; `silent`: seconds
        without one after which a peer on another machine counts as dead. Nothing is opened before `launch`."""
        self._store = store
        self._shared = is_postgres(store)
        self._worker = worker if self._shared else EMBEDDED
        self._beat, self._silent = beat, silent
        self._registry = Registry()
        self._threads: ThreadPoolExecutor | None = None
        self._engine: Engine | None = None
        self._peers: Peers | None = None
        self._upkeep: asyncio.Task[None] | None = None
        self._bodies: Bodies
        self._workflow: Callable[..., Any]

    def register(self, kind: str, workflow: Workflow) -> None:
        self._registry.add(kind, workflow)

    async def launch(self) -> None:
        """Raises `CannotGoOn` where the database cannot be used or another worker has this name."""
        global _launched  # noqa: PLW0603 - DBOS is one per process, and so is this
        if self._registry.closed:
            raise RuntimeError("The runtime is launched already.")
        if _launched is not None:
            raise RuntimeError("Another DbosRuntime of this process is open: close it first.")
        self._registry.closed = True
        _launched = self
        self._bodies = Bodies(self._registry)
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="dambridge-engine")
        try:
            await self._call(self._open)
            await self._sweep_if_shared()
            await self._call(forget_all_but, KEEP)
        except SQLAlchemyError as error:
            await self.close()
            told = str(getattr(error, "orig", None) or error).strip()
            raise CannotGoOn(f"The engine's store cannot be opened: {told}") from error
        except BaseException:
            await self.close()
            raise
        self._upkeep = asyncio.create_task(self._keep_up(), name="engine upkeep")

    async def start(self, work_id: str, kind: str, args: Json, *, queue: str, key: str = "") -> None:
        """Raises `ValueError` for an unknown kind or queue, `TypeError` where `args` are no JSON."""
        self._check()
        self._registry.find(kind)
        small = as_json(args, what=f"arguments of {work_id!r}")
        await self._call(enqueue, self._workflow, work_id, kind, small, queue=known_queue(queue), key=key)

    async def wait(self, work_id: str, *, seconds: float | None = None) -> Work:
        """Raises what ended the runtime, if it ended first; `LookupError` for a work that nobody started."""
        clock = asyncio.get_running_loop().time
        until = None if seconds is None else clock() + seconds
        rest = FIRST
        while True:
            ended = self._bodies.ending(work_id)
            work = await self.get(work_id)
            if work is None:
                raise unknown_work(work_id)
            left = LONGEST if until is None else until - clock()
            if work.state in ENDED or left <= 0:
                self._bodies.forget(work_id)
                return work
            try:
                await asyncio.wait_for(ended.wait(), min(left, rest))
                ended.clear()
                rest = FIRST
            except TimeoutError:
                rest = min(LONGEST, rest * 1.5)

    async def get(self, work_id: str) -> Work | None:
        self._check()
        status = await self._call(DBOS.get_workflow_status, work_id)
        self._check()
        return None if status is None else as_work(status)

    async def unfinished(self) -> Sequence[Work]:
        self._check()
        found = await self._call(DBOS.list_workflows, status=UNFINISHED, name=NAME, load_output=False)
        return [as_work(it) for it in found]

    async def cancel(self, work_id: str) -> None:
        """What waits never begins; what runs here gets `CancelledError` at its next await and is gone on return; what
        runs on another worker gets it at that worker's next beat. An unknown or ended work is left."""
        self._check()
        if await self.get(work_id) is None:
            return
        await self._bodies.interrupt(work_id)
        await self._call(DBOS.cancel_workflow, work_id)
        await self._bodies.interrupt(work_id)  # if it began in between

    async def sweep(self) -> int:
        self._check()
        return await self._sweep_if_shared()

    async def prune(self, *, keep: int) -> int:
        self._check()
        return await self._call(forget_all_but, keep)

    async def close(self) -> None:
        """Interrupt what runs here, which stays unfinished, and end every thread. Safe to repeat, also after a crash."""
        global _launched  # noqa: PLW0603 - see `launch`
        if self._threads is None:
            return
        self._bodies.stop(CannotGoOn(CLOSED))
        if self._upkeep is not None:
            self._upkeep.cancel()
            await asyncio.wait({self._upkeep})
        for work_id in self._bodies.running:
            await self._bodies.interrupt(work_id, asked=False)
        try:
            await self._call(self._shut)
        finally:
            self._threads.shutdown(wait=True)
            self._threads = None
            if _launched is self:
                _launched = None

    # in a thread of our own -------------------------------------------------------------------------------------------
    async def _call(self, function: Callable[..., T], *args: Any, **named: Any) -> T:
        """DBOS's plain interface, in a thread: its asynchronous one would put DBOS's pool in place of the loop's own."""
        assert self._threads is not None  # noqa: S101 - `_check` has seen to it
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, functools.partial(function, *args, **named)
        )

    def _open(self) -> None:
        quieten()
        config: DBOSConfig = {
            "name": "dambridge",
            "application_version": SHAPE,
            "executor_id": self._worker,
            "serializer": DBOSPortableJSONSerializer(),
            "max_executor_threads": THREADS,
            "log_level": "INFO",
            "enable_otlp": False,
            "notification_listener_polling_interval_sec": 0.1,  # how long closing takes; nothing is asked of the store
        }
        if self._shared:
            url = postgres_url(self._store)
            self._engine = postgres_engine(url)
            peers = Peers(self._engine, name=self._worker, silent=self._silent)
            peers.enter()
            self._peers = peers
            config["system_database_url"] = url.render_as_string(hide_password=False)
            config["dbos_system_schema"] = SCHEMA
            config["sys_db_pool_size"] = 10
        else:
            self._engine = sqlite_engine(Path(self._store).expanduser())
            config["system_database_engine"] = self._engine
        while not self._launch_dbos(config):
            DBOS.destroy(destroy_registry=True)

    def _launch_dbos(self, config: DBOSConfig) -> bool:
        """Launch and make our queues; False where they were not all there. DBOS begins with the queues that it finds and
        looks for others a second later, so the first launch over a new store is done twice: it costs a tenth of that."""
        DBOS(config=config)
        self._workflow = DBOS.workflow(name=NAME, max_recovery_attempts=CRASHES)(self._work())
        DBOS.launch()
        found = {it.name for it in DBOS.list_queues()}
        for queue, at_once in QUEUES.items():
            DBOS.register_queue(
                queue,
                worker_concurrency=at_once,
                partition_concurrency=1,
                polling_interval_sec=POLLS[queue],
                on_conflict="always_update",
            )
        return found >= set(QUEUES)

    def _work(self) -> Callable[[str, str, Json], Coroutine[Any, Any, Json]]:
        """The workflow as DBOS calls it, on its own loop. The queue is among its arguments so that it is still known when
        DBOS, which forgets the queue of a cancelled work, is asked for it."""
        bodies = self._bodies

        async def work(kind: str, _queue: str, args: Json) -> Json:
            work_id = DBOS.workflow_id
            assert work_id is not None  # noqa: S101 - we are in a workflow
            return await bodies.run_from_afar(work_id, kind, args)

        return work

    def _shut(self) -> None:
        DBOS.destroy(destroy_registry=True)
        try:
            if self._peers is not None:
                self._peers.leave()
        except SQLAlchemyError as error:
            log.warning("runtime.trouble", text=f"The heartbeat could not be taken back: {error}")
        if self._engine is not None:
            self._engine.dispose()

    def _take_over(self) -> list[str]:
        """Put the unfinished works of dead workers back into their queues; returns the ids."""
        assert self._peers is not None  # noqa: S101 - called on a shared store only
        taken: list[str] = []
        with self._peers.sweeping() as living:
            while living is not None:
                pending = DBOS.list_workflows(status="PENDING", name=NAME, load_input=False, load_output=False)
                dead = sorted({it.executor_id for it in pending if it.executor_id} - living)
                if not dead:
                    break
                # The public `resume_workflows` would forget how many workers a work has taken along already.
                handles = DBOS._recover_pending_workflows(dead)  # noqa: SLF001 - see above; the version is pinned
                taken += [it.workflow_id for it in handles]
                self._peers.forget(dead)
                if not handles:
                    break
        return taken

    # upkeep -----------------------------------------------------------------------------------------------------------
    async def _keep_up(self) -> None:
        """Beat, take over, drop what others cancelled or took, prune: as long as this worker lives."""
        for beats in itertools.count(1):
            await asyncio.sleep(self._beat)
            try:
                if self._peers is not None:
                    await self._call(self._peers.beat)
                    await self._drop_lost()
                    await self._sweep_if_shared()
                if beats % PRUNE_EVERY == 0:
                    await self._call(forget_all_but, KEEP)
            except SQLAlchemyError as error:
                log.warning("runtime.trouble", text=f"The engine's store does not answer: {error}")

    async def _drop_lost(self) -> None:
        """Interrupt here what another worker cancelled, or took over because this one was silent for too long."""
        mine = self._bodies.running
        if not mine:
            return
        found = await self._call(DBOS.list_workflows, workflow_ids=mine, load_input=False, load_output=False)
        kept = {it.workflow_id for it in found if it.status == "PENDING" and it.executor_id == self._worker}
        for work_id in set(mine) - kept:
            await self._bodies.interrupt(work_id)

    async def _sweep_if_shared(self) -> int:
        if self._peers is None:
            return 0
        taken = await self._call(self._take_over)
        if taken:
            log.warning("runtime.took_over", works=taken)
        return len(taken)

    def _check(self) -> None:
        if not self._registry.closed:
            raise RuntimeError("The runtime is not launched yet: call `launch` first.")
        if self._bodies.stopped is not None:
            raise self._bodies.stopped


_launched: DbosRuntime | None = None
