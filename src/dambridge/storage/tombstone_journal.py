"""The tombstone journal as a file: a line of JSON per tombstone, each chained to the one before by a SHA-256.

It stands outside the store's folder, so that it is still there when the store is lost or restored from an older backup.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from dambridge.model.tombstones import Tombstone
from dambridge.ports.errors import CannotGoOn
from dambridge.storage.columns import canonical_json

GENESIS = "0" * 64
log = structlog.get_logger()


@dataclass(slots=True)
class _End:
    """Where the sound part of the file ends, and the hash that the next line is chained to."""

    offset: int = 0
    previous: str = GENESIS
    line: int = 0


class FileTombstoneJournal:
    """Implements `ports.tombstones.TombstoneJournal`. Several processes may share one file: each write is made under a lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._end = _End()

    def append(self, tombstones: Sequence[Tombstone]) -> None:
        if not tombstones:
            return
        try:
            is_new = not self.path.exists()
            with self._locked() as file:
                for _ in self._further(file):
                    pass
                self._write(file, tombstones)
            if is_new:
                _sync_folder(self.path.parent)
        except OSError as error:
            raise CannotGoOn(
                f"The tombstone journal {self.path} cannot be written: {error.strerror}. Without it, what was taken down "
                "could come back after a loss of the store. Give it a place that can be written with `store.tombstones`, "
                "then start again: what is missing in it is added from the store."
            ) from error

    def read(self) -> Iterator[Tombstone]:
        self._end = _End()
        try:
            with self.path.open("rb") as file:
                yield from self._further(file)
        except FileNotFoundError:
            return
        except OSError as error:
            raise CannotGoOn(
                f"The tombstone journal {self.path} cannot be read: {error.strerror}. Give this user the right to read and "
                "write it, or name another place with `store.tombstones`."
            ) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def _further(self, file: BinaryIO) -> Iterator[Tombstone]:
        """What stands in the file after the part that is known, which grows by it."""
        if file.seek(0, os.SEEK_END) < self._end.offset:
            self._end = _End()
        file.seek(self._end.offset)
        for raw in file:
            found = _sound(raw, self._end.previous)
            if found is None:
                self._refuse_damage_within(file, raw)
                return
            stone, self._end.previous = found
            self._end.offset += len(raw)
            self._end.line += 1
            yield stone

    def _refuse_damage_within(self, file: BinaryIO, raw: bytes) -> None:
        """Only the last line may be damaged: it was being written when the process or the machine died."""
        if raw.endswith(b"\n") and file.read().strip(b"\0\n"):
            raise CannotGoOn(
                f"The tombstone journal {self.path} is damaged at line {self._end.line + 1}: the line was altered, or one "
                "before it is missing. If it were ignored, what was taken down could come back. Restore the file from a "
                "backup. If the store is whole, you may instead move the file away: it is then written anew from the store."
            )
        log.warning(
            "tombstones.cut", file=str(self.path), line=self._end.line + 1, bytes=len(raw), after=self._end.offset
        )

    def _write(self, file: BinaryIO, tombstones: Sequence[Tombstone]) -> None:
        """Put the lines after the sound part, over what a death left behind it."""
        lines, previous = [], self._end.previous
        for it in tombstones:
            body = it.to_json()
            this = _hash(previous, canonical_json(body))
            lines.append(canonical_json({"previous": previous, "hash": this, "tombstone": body}).encode() + b"\n")
            previous = this
        data = b"".join(lines)
        file.seek(self._end.offset)
        file.truncate()
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        self._end = _End(self._end.offset + len(data), previous, self._end.line + len(lines))


def _hash(previous: str, body: str) -> str:
    return hashlib.sha256((previous + body).encode()).hexdigest()


def _sound(raw: bytes, previous: str) -> tuple[Tombstone, str] | None:
    """The tombstone of a line and its hash, None where the line is cut, altered or out of its place."""
    if not raw.endswith(b"\n"):
        return None
    try:
        line = json.loads(raw)
        this = _hash(previous, canonical_json(line["tombstone"]))
        if (line["previous"], line["hash"]) != (previous, this):
            return None
        return Tombstone.from_json(line["tombstone"]), this
    except (ValueError, KeyError, TypeError):
        return None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
