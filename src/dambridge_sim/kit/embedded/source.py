"""Bytes by place, from memory or from a file that may be large."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Self


class Source:
    """Random access. Reading past the end gives what there is."""

    def __init__(self, origin: Path | bytes) -> None:
        """Open a file, or take bytes."""
        self._data = origin if isinstance(origin, bytes) else None
        self._handle = -1 if isinstance(origin, bytes) else os.open(origin, os.O_RDONLY)
        self.size = len(origin) if isinstance(origin, bytes) else os.fstat(self._handle).st_size

    def __enter__(self) -> Self:
        """Use it in a block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._handle >= 0:
            os.close(self._handle)

    def at(self, place: int, length: int) -> bytes:
        """Return up to `length` bytes from `place` on."""
        if place < 0 or length <= 0 or place >= self.size:
            return b""
        if self._data is not None:
            return self._data[place : place + length]
        return os.pread(self._handle, min(length, self.size - place), place)
