"""The port `Spool`: originals on their way rest on disk, hashed as they come, named so that a restart can trust them.

A kept file's name holds the digest of its action's name, its size and its SHA-256. It appears by one rename after its last
byte, so what bears such a name and matches it is whole, whatever happened before.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import hashlib
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from dambridge.model.records import Digest
from dambridge.ports.errors import CannotGoOn, TryLater
from dambridge.ports.files import Spooled

_PIECE = 1 << 20
_LOOK_EVERY = 64 << 20
_PART = ".part"
_KEPT = re.compile(r"(?P<name>[0-9a-f]{32})-(?P<size>\d+)-(?P<sha256>[0-9a-f]{64})")


class FileSpool:
    """A folder of originals. One process uses a folder at a time; its tasks may work on different names side by side."""

    def __init__(self, folder: Path, *, keep_free: int = 1 << 30, limit: int | None = None) -> None:
        """Use `folder`, made if missing. `keep_free` bytes are left on its disk; `limit` bounds what the spool holds."""
        self._folder = folder.absolute()
        self._keep_free = keep_free
        self._limit = limit
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._held = sum(path.stat().st_size for path in self._files())
        self._by_stem: dict[str, set[Path]] = {}
        for path in self._files():
            self._take_in(path)

    async def keep(self, name: str, chunks: AsyncIterator[bytes], *, expected_size: int | None) -> Spooled:
        """Write the chunks, hashing on the way. Raises `TryLater` when fewer or more bytes came than announced, and
        `CannotGoOn` when the disk or the spool's own room is full. Leaves nothing behind on failure."""
        self._guard(expected_size or 0, name)
        part = self._folder / (_stem(name) + _PART)
        try:
            with part.open("wb") as target:
                digest = await self._write(name, chunks, target, expected_size)
            await self.drop(name)
            kept = self._folder / f"{_stem(name)}-{digest.size}-{digest.sha256}"
            part.replace(kept)
            self._take_in(kept)
        except OSError as problem:
            if problem.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise CannotGoOn(
                    f"The disk of the spool {self._folder} is full: make room and start again."
                ) from problem
            raise
        finally:
            part.unlink(missing_ok=True)
        self._held += digest.size
        return Spooled(kept, digest)

    async def find(self, name: str) -> Spooled | None:
        """What was kept under `name`, hashed anew; None if there is nothing whole (what is not whole is removed)."""
        for path in self._kept(name):
            spooled = await asyncio.to_thread(_check, path)
            if spooled is not None:
                return spooled
            self._remove(path)
        return None

    async def read(self, spooled: Spooled) -> AsyncIterator[bytes]:
        """The bytes again, from the start, in pieces of 1 MiB."""
        with spooled.path.open("rb") as source:
            while piece := source.read(_PIECE):
                yield piece

    async def drop(self, name: str) -> None:
        """Forget it. Safe to repeat."""
        for path in self._kept(name):
            self._remove(path)

    async def purge(self, keep: Sequence[str]) -> int:
        """Remove whatever is not named in `keep`, unfinished pieces included; returns the bytes freed."""
        wanted = {_stem(name) for name in keep}
        freed = 0
        for path in list(self._files()):
            found = _KEPT.fullmatch(path.name)
            if found is None or found["name"] not in wanted:
                freed += path.stat().st_size
                self._remove(path)
        return freed

    async def _write(
        self, name: str, chunks: AsyncIterator[bytes], target: BinaryIO, expected_size: int | None
    ) -> Digest:
        sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        size, looked = 0, 0
        async for chunk in chunks:
            size += len(chunk)
            if expected_size is not None and size > expected_size:
                raise TryLater(f"{name}: more than the announced {expected_size} bytes came; it will be fetched again.")
            if size - looked >= _LOOK_EVERY:
                looked = size
                self._guard(0, name, already=size)
            sha256.update(chunk)
            md5.update(chunk)
            target.write(chunk)
        if expected_size is not None and size != expected_size:
            raise TryLater(f"{name}: {size} of the announced {expected_size} bytes came; it will be fetched again.")
        return Digest(size=size, sha256=sha256.hexdigest(), md5=md5.hexdigest())

    def _guard(self, wanted: int, name: str, *, already: int = 0) -> None:
        """Refuse what would not fit, before it is fetched and every 64 MiB while it comes."""
        free = shutil.disk_usage(self._folder).free
        if free - wanted < self._keep_free:
            raise CannotGoOn(
                f"{name}: {wanted} bytes would leave less than {self._keep_free} of the {free} bytes free at "
                f"{self._folder}: make room, or move the spool to a larger disk."
            )
        if self._limit is not None and self._held + already + wanted > self._limit:
            raise CannotGoOn(
                f"{name}: the spool {self._folder} holds {self._held} bytes and may hold {self._limit}: "
                "raise its limit, or let fewer files travel at once."
            )

    def _files(self) -> Iterator[Path]:
        return (path for path in self._folder.iterdir() if _KEPT.fullmatch(path.name) or path.name.endswith(_PART))

    def _kept(self, name: str) -> list[Path]:
        return sorted(self._by_stem.get(_stem(name), ()))

    def _take_in(self, path: Path) -> None:
        """Know a kept file without looking through the folder: one process uses a folder at a time."""
        if (found := _KEPT.fullmatch(path.name)) is not None:
            self._by_stem.setdefault(found["name"], set()).add(path)

    def _remove(self, path: Path) -> None:
        if (found := _KEPT.fullmatch(path.name)) is not None and (known := self._by_stem.get(found["name"])):
            known.discard(path)
            if not known:
                del self._by_stem[found["name"]]
        with contextlib.suppress(FileNotFoundError):
            size = path.stat().st_size
            path.unlink()
            if _KEPT.fullmatch(path.name):
                self._held = max(0, self._held - size)


def _stem(name: str) -> str:
    """A name that every file system takes and that ExifTool cannot misread."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _check(path: Path) -> Spooled | None:
    """Hash a kept file anew; None unless it is what its name says."""
    found = _KEPT.fullmatch(path.name)
    if found is None or path.stat().st_size != int(found["size"]):
        return None
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            sha256.update(piece)
            md5.update(piece)
    if sha256.hexdigest() != found["sha256"]:
        return None
    return Spooled(path, Digest(size=int(found["size"]), sha256=sha256.hexdigest(), md5=md5.hexdigest()))
