"""Small pictures in a folder; the oldest make room. The folder may be emptied at any time."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

LOOK_AFTER = 64
"""Writes after which the folder's size is looked at."""


class FilePictureCache:
    """Implements `ports.searching.PictureCache`."""

    def __init__(self, folder: Path, *, most_bytes: int) -> None:
        self._folder = folder
        self._most = most_bytes
        self._writes = 0

    async def get(self, name: str) -> bytes | None:
        return await asyncio.to_thread(self._get, name)

    async def put(self, name: str, data: bytes) -> None:
        await asyncio.to_thread(self._put, name, data)

    def _get(self, name: str) -> bytes | None:
        try:
            return self._file(name).read_bytes()
        except OSError:
            return None

    def _put(self, name: str, data: bytes) -> None:
        """A full disk, or a folder that nobody may write, costs a picture's keeping and nothing else."""
        file = self._file(name)
        beside = file.with_name(f".{name}.{os.getpid()}")
        with contextlib.suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            beside.write_bytes(data)
            beside.replace(file)
            self._writes += 1
            if self._writes % LOOK_AFTER == 0:
                self._make_room()

    def _make_room(self) -> None:
        files = [(it.stat(), it) for it in self._folder.glob("??/*") if it.is_file()]
        total = sum(stat.st_size for stat, _ in files)
        for stat, it in sorted(files, key=lambda one: one[0].st_mtime):
            if total <= self._most:
                return
            it.unlink(missing_ok=True)
            total -= stat.st_size

    def _file(self, name: str) -> Path:
        return self._folder / name[:2] / name
