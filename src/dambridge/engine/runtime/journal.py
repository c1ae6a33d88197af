"""The local runtime's file: a line where work starts, a line where it ends. Truth is in the ledger, so no fsync."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import structlog

from dambridge.ports.errors import CannotGoOn
from dambridge.ports.runtime import WorkState

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One work as the file knows it: `queued` or ended. Running is no state of the file: cut off, it is queued again."""

    id: str
    kind: str
    queue: str
    args: Mapping[str, Any] = field(default_factory=dict)
    state: WorkState = WorkState.QUEUED
    result: Mapping[str, Any] | None = None
    error: str = ""

    def ended(self, state: WorkState, *, result: Mapping[str, Any] | None, error: str) -> Entry:
        return replace(self, state=state, result=result, error=error)


class Journal:
    """Lines are appended whole and the file is replaced whole, so a dying process leaves at most a torn last line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def read(self) -> list[Entry]:
        """The works, ended ones in the order of their ends. A damaged file is set aside: work is planned anew."""
        if not self.path.exists():
            return []
        *lines, _torn = self.path.read_bytes().split(b"\n")
        entries: dict[str, Entry] = {}
        try:
            for line in lines:
                entry = _entry(line)
                if entry.state is not WorkState.QUEUED:
                    entries.pop(entry.id, None)
                entries[entry.id] = entry
        except (ValueError, TypeError, KeyError) as error:
            aside = self.path.with_suffix(".damaged")
            self.path.replace(aside)
            log.warning("runtime.damaged", moved_to=str(aside), why=str(error))
            return []
        return list(entries.values())

    def append(self, entry: Entry) -> None:
        """Raises `CannotGoOn` where the line does not get into the file; the file is then as before."""
        if self._handle is None:
            self._handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        line = _line(entry)
        before = os.fstat(self._handle).st_size
        try:
            written = os.write(self._handle, line)
        except OSError as error:
            raise CannotGoOn(
                f"{self.path} cannot be written: {error.strerror}. Free some space, then start again."
            ) from error
        if written < len(line):
            os.ftruncate(self._handle, before)
            raise CannotGoOn(f"{self.path} cannot be written: the disk is full. Free some space, then start again.")

    def rewrite(self, entries: Iterable[Entry]) -> None:
        """Replace the file by one line for each of these."""
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.writelines(_line(it) for it in entries)
        fresh.replace(self.path)

    def close(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _line(entry: Entry) -> bytes:
    return json.dumps(asdict(entry), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _entry(line: bytes) -> Entry:
    told = json.loads(line)
    return Entry(**{**told, "state": WorkState(told["state"])})
