"""Bytes from the source: spooled, hashed and looked into when small; streamed and hashed on the way when large."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from dambridge.engine.parts import Parts
from dambridge.model.actions import Action
from dambridge.model.identity import RemoteId
from dambridge.model.records import Broken, Digest, EmbeddedMetadata
from dambridge.ports.errors import TryLater
from dambridge.ports.files import Inspector, Spool, Spooled
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetReader, Body, ByteStream


class Spools(Protocol):
    @property
    def spool(self) -> Spool: ...


class Fetches(Spools, Protocol):
    """What fetching an original takes."""

    @property
    def reader(self) -> AssetReader: ...
    @property
    def inspector(self) -> Inspector: ...
    @property
    def lane(self) -> Lane: ...


class BrokenOriginal(Exception):
    """The original is not a sound file."""

    def __init__(self, broken: Broken) -> None:
        super().__init__(broken)
        self._broken = broken

    @property
    def broken(self) -> Broken:
        return self._broken


async def fetch(parts: Fetches, action: Action) -> tuple[Spooled, EmbeddedMetadata]:
    """The original in the spool, with what stands inside it.

    Raises `BrokenOriginal` for a file that is empty, cut or not what it says; what was fetched is dropped then."""
    spooled = await parts.spool.find(action.id)
    if spooled is None:
        async with parts.reader.original(action.source.remote_id, lane=parts.lane) as stream:
            chunks = _no_longer(action, stream)
            spooled = await parts.spool.keep(action.id, chunks, expected_size=stream.size)
    if action.size and spooled.digest.size != action.size:
        await parts.spool.drop(action.id)
        raise _of_another_size(action, f"{spooled.digest.size}")
    inside = await parts.inspector.inspect(spooled.path, file_name=action.file_name)
    if isinstance(inside, Broken):
        await parts.spool.drop(action.id)
        raise BrokenOriginal(inside)
    return spooled, inside


def _no_longer(action: Action, stream: ByteStream) -> AsyncIterator[bytes]:
    """The stream's chunks as long as they may be the asset that the record speaks of: whatever answers with a gigabyte
    in its place fills no disk and no target. Raises `TryLater`, before a byte is taken where the size is announced."""
    if action.size and stream.size is not None and stream.size != action.size:
        raise _of_another_size(action, f"{stream.size}")
    return _counted(action, stream.chunks)


async def _counted(action: Action, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if action.size and received > action.size:
            raise _of_another_size(action, f"{received} or more")
        yield chunk


def _of_another_size(action: Action, came: str) -> TryLater:
    return TryLater(f"{action.source} came with {came} bytes, its record says {action.size}; it is fetched again.")


def body_of(parts: Spools, spooled: Spooled) -> Body:
    return Body(size=spooled.digest.size, open=lambda: parts.spool.read(spooled))


class Passing:
    """Counts and hashes a stream that is sent on while it arrives."""

    def __init__(self, chunks: AsyncIterator[bytes], announced: int | None) -> None:
        self._chunks = chunks
        self._announced = announced
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.size = 0

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self._chunks:
            self._sha256.update(chunk)
            self._md5.update(chunk)
            self.size += len(chunk)
            yield chunk
        if self._announced is not None and self.size != self._announced:
            raise TryLater(
                f"The original ended after {self.size} of {self._announced} bytes; it will be fetched again."
            )

    @property
    def digest(self) -> Digest:
        return Digest(size=self.size, sha256=self._sha256.hexdigest(), md5=self._md5.hexdigest())


@asynccontextmanager
async def stream_through(parts: Parts, action: Action) -> AsyncIterator[tuple[Body, Passing]]:
    """A body that is the original on its way, never whole in memory and not repeatable."""
    async with parts.reader.original(action.source.remote_id, lane=parts.lane) as stream:
        passing = Passing(_no_longer(action, stream), stream.size)
        yield Body(size=stream.size, open=passing.chunks, repeatable=False), passing


async def hash_source(parts: Parts, action: Action) -> Digest:
    """The digest of the original, read once more: for a streamed delivery whose reply was lost."""
    async with parts.reader.original(action.source.remote_id, lane=parts.lane) as stream:
        passing = Passing(_no_longer(action, stream), stream.size)
        async for _ in passing.chunks():
            pass
    return passing.digest


async def digest_of(reader: AssetReader, remote_id: RemoteId, *, lane: Lane) -> Digest:
    """The digest of a stored original as it is now, by reading it, whatever its size."""
    async with reader.original(remote_id, lane=lane) as stream:
        passing = Passing(stream.chunks, stream.size)
        async for _ in passing.chunks():
            pass
    return passing.digest
