"""ExifTool, started once for a session and lent to whoever opens an installation: a start costs as much as many a whole test.

A process that is given back sound is lent again, as one that stays open is asked again in an installation that runs for days;
one that was lost or killed is gone, as ever. What begins and ends one is asked where none is lent: see tests/conftest.py."""

from __future__ import annotations

import atexit
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dambridge.files import embedding, pool
from dambridge.files.process import ExifToolProcess

_IDLE: defaultdict[tuple[Path, int], list[ExifToolProcess]] = defaultdict(list)


class Lent:
    """An `ExifToolProcess` until it is closed, and then somebody else's."""

    def __init__(self, program: Path, *, memory_bytes: int) -> None:
        self._home = _IDLE[program, memory_bytes]
        self._process = self._sound() or _starter().submit(ExifToolProcess, program, memory_bytes=memory_bytes).result()
        self._over = False

    def _sound(self) -> ExifToolProcess | None:
        while self._home:
            it = self._home.pop()
            if it._process.poll() is None:
                return it
            it.kill()
        return None

    def read(self, arguments: Sequence[str], paths: Sequence[Path], *, seconds: float) -> list[Mapping[str, Any]]:
        return self._process.read(arguments, paths, seconds=seconds)

    def write(self, source: Path, values: Path, target: Path, *, seconds: float) -> str:
        return self._process.write(source, values, target, seconds=seconds)

    def side_car(self, source: Path, values: Path, target: Path, *, seconds: float) -> str:
        return self._process.side_car(source, values, target, seconds=seconds)

    def close(self, *, seconds: float = 2.0) -> None:
        del seconds
        if not self._over:
            self._over = True
            self._home.append(self._process)

    def kill(self) -> None:
        if not self._over:
            self._over = True
            self._process.kill()


@contextmanager
def lent() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (pool, embedding):
            patch.setattr(module, "ExifToolProcess", Lent)
        yield


@cache
def _starter() -> ThreadPoolExecutor:
    """The thread that starts them and lives on: where the system can, a process dies with the thread that started it."""
    atexit.register(_end)
    return ThreadPoolExecutor(1, thread_name_prefix="exiftool-starter")


def _end() -> None:
    for idle in _IDLE.values():
        for it in idle:
            it.kill()
