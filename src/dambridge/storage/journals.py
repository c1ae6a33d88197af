"""Journals that outlive the store: files with a line of JSON for each entry, chained to the one before by a SHA-256.

They stand outside the store's folder, so that they are still there when the store is lost or restored from an older backup.
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
from typing import Any, BinaryIO, ClassVar, Generic, Protocol, Self, TypeVar

import structlog

from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import Outside
from dambridge.model.tombstones import Tombstone
from dambridge.ports.errors import CannotGoOn
from dambridge.storage.columns import canonical_json


class Kept(Protocol):
    """An entry. `from_json` raises `ValueError`, `KeyError` or `TypeError` for what is none."""

    def to_json(self) -> dict[str, Any]: ...
    @classmethod
    def from_json(cls, data: Any) -> Self: ...


T = TypeVar("T", bound=Kept)
GENESIS = "0" * 64
log = structlog.get_logger()


@dataclass(slots=True)
class _End:
    """Where the sound part of the file ends, and the hash that the next line is chained to."""

    offset: int = 0
    previous: str = GENESIS
    line: int = 0


class ChainedFile(Generic[T]):
    """One journal. Several processes may share one file: each write is made under a lock."""

    kind: type[T]
    entry: ClassVar[str]
    """What a line holds, by the name that it has there."""
    option: ClassVar[str]
    """Where the configuration names its place."""
    danger: ClassVar[str]
    """What could happen without it."""
    remedy: ClassVar[str]
    """What becomes of a damaged one that is moved away while the store is whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._end = _End()

    def append(self, entries: Sequence[T]) -> None:
        if not entries:
            return
        try:
            is_new = not self.path.exists()
            with self._locked() as file:
                for _ in self._further(file):
                    pass
                self._write(file, entries)
            if is_new:
                _sync_folder(self.path.parent)
        except OSError as error:
            raise CannotGoOn(
                f"The {self.entry} journal {self.path} cannot be written: {error.strerror}. Without it, {self.danger} after "
                f"a loss of the store. Give it a place that can be written with `{self.option}`, then start again: what is "
                "missing in it is added from the store."
            ) from error

    def read(self) -> Iterator[T]:
        self._end = _End()
        try:
            with self.path.open("rb") as file:
                yield from self._further(file)
        except FileNotFoundError:
            return
        except OSError as error:
            raise CannotGoOn(
                f"The {self.entry} journal {self.path} cannot be read: {error.strerror}. Give this user the right to read and "
                f"write it, or name another place with `{self.option}`."
            ) from error

    @contextlib.contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file

    def _further(self, file: BinaryIO) -> Iterator[T]:
        """What stands in the file after the part that is known, which grows by it."""
        if file.seek(0, os.SEEK_END) < self._end.offset:
            self._end = _End()
        file.seek(self._end.offset)
        for raw in file:
            found = self._sound(raw, self._end.previous)
            if found is None:
                self._refuse_damage_within(file, raw)
                return
            entry, self._end.previous = found
            self._end.offset += len(raw)
            self._end.line += 1
            yield entry

    def _refuse_damage_within(self, file: BinaryIO, raw: bytes) -> None:
        """Only the last line may be damaged: it was being written when the process or the machine died."""
        if raw.endswith(b"\n") and file.read().strip(b"\0\n"):
            raise CannotGoOn(
                f"The {self.entry} journal {self.path} is damaged at line {self._end.line + 1}: the line was altered, or one "
                f"before it is missing. If it were ignored, {self.danger}. Restore the file from a backup. If the store is "
                f"whole, you may instead move the file away: {self.remedy}."
            )
        log.warning(
            f"{self.entry}s.cut", file=str(self.path), line=self._end.line + 1, bytes=len(raw), after=self._end.offset
        )

    def _write(self, file: BinaryIO, entries: Sequence[T]) -> None:
        """Put the lines after the sound part, over what a death left behind it."""
        lines, previous = [], self._end.previous
        for it in entries:
            body = it.to_json()
            this = _hash(previous, canonical_json(body))
            lines.append(canonical_json({"previous": previous, "hash": this, self.entry: body}).encode() + b"\n")
            previous = this
        data = b"".join(lines)
        file.seek(self._end.offset)
        file.truncate()
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
        self._end = _End(self._end.offset + len(data), previous, self._end.line + len(lines))

    def _sound(self, raw: bytes, previous: str) -> tuple[T, str] | None:
        """The entry of a line and its hash, None where the line is cut, altered or out of its place."""
        if not raw.endswith(b"\n"):
            return None
        try:
            line = json.loads(raw)
            this = _hash(previous, canonical_json(line[self.entry]))
            if (line["previous"], line["hash"]) != (previous, this):
                return None
            return self.kind.from_json(line[self.entry]), this
        except (ValueError, KeyError, TypeError):
            return None


class FileTombstoneJournal(ChainedFile[Tombstone]):
    """Implements `ports.tombstones.TombstoneJournal`."""

    kind = Tombstone
    entry = "tombstone"
    option = "store.tombstones"
    danger = "what was taken down could come back"
    remedy = "it is then written anew from the store"


class FileOutsideJournal(ChainedFile[Outside]):
    """Implements `ports.publishing.OutsideJournal`."""

    kind = Outside
    entry = "publication"
    option = "store.publications"
    danger = "nobody could tell which files outside are ours, and what they end by"
    remedy = "it is then written anew from the store with the next sweep"


class FileOrderJournal(ChainedFile[OutletOrder]):
    """Implements `ports.publishing.OrderJournal`."""

    kind = OutletOrder
    entry = "order"
    option = "store.orders"
    danger = "what people ordered to outlets would be forgotten, and taken back as if nobody wanted it"
    remedy = "it is then written anew from the store"


def _hash(previous: str, body: str) -> str:
    return hashlib.sha256((previous + body).encode()).hexdigest()


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
