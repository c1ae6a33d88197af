"""The journal of API calls: one JSON line each, appended before the reply leaves, so that a kill loses none that was answered."""

from __future__ import annotations

import json
import os
import threading
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Journal:
    """Lines on disk and their places in memory (8 bytes a line). `seq` begins at 1 and has no gaps."""

    def __init__(self, path: Path) -> None:
        """Open or create the file; a line that a kill tore is cut off."""
        self._path = path
        self._lock = threading.Lock()
        self._starts = array("Q")
        self._end = 0
        self._recover()
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def __len__(self) -> int:
        """Return how many lines there are, which is also the last `seq`."""
        return len(self._starts)

    def append(self, line: dict[str, Any]) -> int:
        """Write one line and return its `seq`."""
        with self._lock:
            seq = len(self._starts) + 1
            data = json.dumps({"seq": seq, **line}, separators=(",", ":")).encode() + b"\n"
            os.write(self._handle, data)
            self._starts.append(self._end)
            self._end += len(data)
            return seq

    def raw(self, after: int = 0, size: int = 1 << 20) -> Iterator[bytes]:
        """Yield the lines after `seq` as bytes in pieces, up to the last one written at the start."""
        with self._lock:
            if not 0 <= after < len(self._starts):
                return
            start, end = self._starts[after], self._end
        with self._path.open("rb") as source:
            source.seek(start)
            while start < end:
                data = source.read(min(size, end - start))
                start += len(data)
                yield data

    def lines(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the lines after `seq`, parsed."""
        return [json.loads(line) for line in b"".join(self.raw(after)).splitlines()]

    def clear(self) -> None:
        """Begin anew at 1."""
        with self._lock:
            os.ftruncate(self._handle, 0)
            self._starts = array("Q")
            self._end = 0

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)

    def _recover(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as source:
            for line in source:
                if not line.endswith(b"\n"):
                    break
                self._starts.append(self._end)
                self._end += len(line)
        os.truncate(self._path, self._end)
