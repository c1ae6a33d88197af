"""Who else works on a shared database, and who of them is dead. DBOS leaves that to its makers' commercial service.

A worker is dead when it has been silent for long, when it left without taking its work along, or, at once, when it ran
on this machine and its process is gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from dambridge.engine.runtime.stores import SCHEMA
from dambridge.ports.errors import CannotGoOn

_LOCK = 0x64616D627269
"""The advisory lock under which the table is made and sweeps are done, one worker at a time."""

_TABLE = f"{SCHEMA}.dambridge_workers"
_MAKE = (
    f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}",
    f"CREATE TABLE IF NOT EXISTS {_TABLE} (name text PRIMARY KEY, process text NOT NULL, beat timestamptz NOT NULL)",
)
_BEAT = text(
    f"INSERT INTO {_TABLE} (name, process, beat) VALUES (:name, :process, clock_timestamp()) "  # noqa: S608 - a constant name
    "ON CONFLICT (name) DO UPDATE SET process = excluded.process, beat = excluded.beat"
)
_ALL = text(f"SELECT name, process, extract(epoch FROM clock_timestamp() - beat) FROM {_TABLE}")  # noqa: S608 - likewise
_LEAVE = text(f"DELETE FROM {_TABLE} WHERE name = :name AND process = :process")  # noqa: S608 - likewise
_FORGET = text(f"DELETE FROM {_TABLE} WHERE name = ANY(:names)")  # noqa: S608 - likewise


class Peers:
    """The heartbeats of all workers of one database. Every method is one transaction and blocks its thread."""

    def __init__(self, engine: Engine, *, name: str, silent: float) -> None:
        """`silent`: seconds without a beat after which a worker counts as dead."""
        self._engine = engine
        self._name = name
        self._silent = silent
        self._process = process_mark()

    def enter(self) -> None:
        """Show up under this name. Raises `CannotGoOn` where a living worker has it already."""
        with self._engine.begin() as conn:
            conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            for statement in _MAKE:
                conn.execute(text(statement))
            if self._name in self._living(conn):
                raise CannotGoOn(
                    f"A worker named {self._name!r} is at work on this database. Stop it, or wait {self._silent:.0f} "
                    "seconds if it died on another machine, or start this one under another name."
                )
            conn.execute(_BEAT, {"name": self._name, "process": self._process})

    def beat(self) -> None:
        with self._engine.begin() as conn:
            conn.execute(_BEAT, {"name": self._name, "process": self._process})

    def leave(self) -> None:
        """Go in good order: whatever is left unfinished may be taken at once."""
        with self._engine.begin() as conn:
            conn.execute(_LEAVE, {"name": self._name, "process": self._process})

    @contextmanager
    def sweeping(self) -> Iterator[frozenset[str] | None]:
        """The names of those who live, this worker among them, while no other worker sweeps; None where another does."""
        with self._engine.begin() as conn:
            if conn.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _LOCK}).scalar_one():
                yield self._living(conn) | {self._name}
            else:
                yield None

    def forget(self, names: list[str]) -> None:
        with self._engine.begin() as conn:
            conn.execute(_FORGET, {"names": names})

    def _living(self, conn: Connection) -> frozenset[str]:
        return frozenset(
            name for name, process, age in conn.execute(_ALL) if float(age) <= self._silent and not is_gone(process)
        )


def process_mark(pid: str = "self") -> str:
    """This process, so that no other is ever taken for it: machine start, process namespace, number, time of its start.

    Empty where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = Path("/proc/self/ns/pid").stat().st_ino
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    number, (state, *fields) = told.split(" ", 1)[0], told.rpartition(")")[2].split()
    return "" if state in "ZX" else f"{boot}/{namespace}/{number}/{fields[18]}"


def is_gone(mark: str) -> bool:
    """Whether that process is known to have ended; one of another machine or namespace never is."""
    here = process_mark()
    if not mark or not here or mark.split("/")[:2] != here.split("/")[:2]:
        return False
    return process_mark(mark.split("/")[2]) != mark
