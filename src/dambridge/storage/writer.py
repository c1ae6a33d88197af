"""One thread that writes. Writes that arrive together share one transaction, and none returns before it is on the disk."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable
from sqlalchemy.exc import DBAPIError

from dambridge.ports.errors import CannotGoOn
from dambridge.ports.ledger import AuditEntry
from dambridge.storage.database import Database

T = TypeVar("T")
TOGETHER = 128
"""The most writes that share a commit: enough to hide the disk, few enough that the first does not wait for long."""

PATIENCE = 60.0
"""Seconds for which a database that went away is tried again before the run is stopped."""


class Tx:
    """The transaction of one group.

    Audit entries are gathered here and chained by the writer just before the commit, so that the chain's lock is held for
    an instant only. Rows given to `later` are gathered too: those of one statement are sent together, before anything
    reads and at the latest before the commit.
    """

    __slots__ = ("_conn", "_later", "audit", "marked")

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._later: dict[tuple[Executable, bool], list[Mapping[str, Any]]] = {}
        self.audit: list[AuditEntry] = []
        self.marked: set[str] = set()
        """What the waiting rows are about, for those who must not gather two of one kind."""

    @property
    def conn(self) -> Connection:
        """The connection, with all gathered rows sent."""
        if self._later:
            self.send()
        return self._conn

    @property
    def dialect(self) -> str:
        return self._conn.dialect.name

    def later(self, statement: Executable, row: Mapping[str, Any], *, hits_one: bool = False) -> None:
        """Run `statement` for `row` soon. With `hits_one` it is an error (`LookupError`) if no row of the store fits."""
        self._later.setdefault((statement, hits_one), []).append(row)

    def send(self) -> None:
        """Send what was gathered, statement by statement in the order in which each was first given."""
        waiting, self._later = self._later, {}
        self.marked.clear()
        for (statement, hits_one), rows in waiting.items():
            done = self._conn.execute(statement, rows if len(rows) > 1 else rows[0])
            if hits_one and done.rowcount != len(rows):
                raise LookupError(f"no such row for {len(rows) - done.rowcount} of {len(rows)}: {rows[0]}")


Operation = Callable[[Tx], Any]


@dataclass(slots=True, eq=False)
class _Job:
    operation: Operation
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


@dataclass(slots=True, eq=False)
class _Answer:
    job: _Job
    result: Any = None
    error: BaseException | None = None


class GroupWriter:
    """Runs operations in a thread of its own, as many to a commit as are waiting.

    An operation is a function of the transaction without side effects elsewhere: when one of a group fails, the group is
    rolled back and each of it runs again alone, so that a failure reaches only the caller it belongs to.
    """

    def __init__(self, database: Database, *, before_commit: Callable[[Tx], None]) -> None:
        self._database = database
        self._before_commit = before_commit
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._closed = False
        self._conn: Connection | None = None
        self._thread = threading.Thread(target=self._work, name="ledger-writer", daemon=True)
        self._thread.start()

    async def run(self, operation: Callable[[Tx], T]) -> T:
        """Run `operation` in a transaction; returns its result once that is durable."""
        if self._closed:
            raise CannotGoOn(f"The ledger {self._database.name} has been closed; nothing more can be written to it.")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put(_Job(operation, loop, future))
        return await future

    def close(self) -> None:
        """Write what is waiting, then end the thread. Blocks until then."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        last = False
        while not last and (job := self._jobs.get()) is not None:
            group, last = self._gather(job)
            self._finish(group)
        self._hang_up()

    def _gather(self, first: _Job) -> tuple[list[_Job], bool]:
        group = [first]
        with contextlib.suppress(Empty):
            while len(group) < TOGETHER:
                job = self._jobs.get_nowait()
                if job is None:
                    return group, True
                group.append(job)
        return group, False

    def _finish(self, group: Sequence[_Job]) -> None:
        try:
            answers = self._together(group)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to a caller, and the thread must live on
            answers = [_Answer(group[0], error=error)] if len(group) == 1 else [self._alone(job) for job in group]
        _give(answers)

    def _alone(self, job: _Job) -> _Answer:
        try:
            return self._together([job])[0]
        except Exception as error:  # noqa: BLE001 - as above
            return _Answer(job, error=error)

    def _together(self, group: Sequence[_Job]) -> list[_Answer]:
        begun = time.monotonic()
        pause = 0.05
        while True:
            try:
                return self._once(group)
            except DBAPIError as error:
                if hopeless := self._database.hopeless(error):
                    raise CannotGoOn(hopeless) from error
                if not self._database.repeatable(error):
                    raise
                if time.monotonic() - begun > PATIENCE:
                    raise CannotGoOn(
                        f"The ledger {self._database.name} could not be written for {PATIENCE:.0f} seconds "
                        f"({_first_line(error)}). See that it runs and that no other program holds it, then start again."
                    ) from error
            time.sleep(pause)
            pause = min(1.0, pause * 2)

    def _once(self, group: Sequence[_Job]) -> list[_Answer]:
        if self._conn is None:
            self._conn = self._database.writing.connect()
        try:
            return self._in_transaction(self._conn, group)
        except DBAPIError:
            self._hang_up()
            raise

    def _in_transaction(self, conn: Connection, group: Sequence[_Job]) -> list[_Answer]:
        transaction = conn.begin()
        try:
            tx = Tx(conn)
            answers = [_Answer(job, result=job.operation(tx)) for job in group]
            tx.send()
            self._before_commit(tx)
        except BaseException:
            _undo(transaction)
            raise
        self._commit(transaction)
        return answers

    def _hang_up(self) -> None:
        """Give the connection back; the next group takes a sound one."""
        if self._conn is not None:
            with contextlib.suppress(DBAPIError):
                self._conn.close()
            self._conn = None

    def _commit(self, transaction: Any) -> None:
        """Commit; a connection lost in this very moment leaves it open whether the write happened."""
        try:
            transaction.commit()
        except DBAPIError as error:
            _undo(transaction)
            if error.connection_invalidated:
                raise CannotGoOn(
                    f"The ledger {self._database.name} went away while a write was being committed, so it is not known "
                    "whether it happened. Start again: unfinished work is looked at before it is gone on with."
                ) from error
            raise


def _undo(transaction: Any) -> None:
    with contextlib.suppress(DBAPIError):  # a lost connection has been rolled back by the server
        transaction.rollback()


def _first_line(error: DBAPIError) -> str:
    return (
        str(error.orig).strip().splitlines()[0] if error.orig and str(error.orig).strip() else type(error.orig).__name__
    )


def _give(answers: Sequence[_Answer]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Answer]] = {}
    for answer in answers:
        by_loop.setdefault(answer.job.loop, []).append(answer)
    for loop, group in by_loop.items():
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_set_all, group)


def _set_all(answers: Sequence[_Answer]) -> None:
    for answer in answers:
        if answer.job.future.done():
            continue
        if answer.error is not None:
            answer.job.future.set_exception(answer.error)
        else:
            answer.job.future.set_result(answer.result)
