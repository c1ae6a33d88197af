"""A download that goes on where it was cut, for accounts that are proven to answer byte ranges."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from dambridge.connectors.kit import Download
from dambridge.ports.errors import TryLater
from dambridge.ports.systems import ByteStream

_MOST_CUTS: Final = 5

From = Callable[[int], AbstractAsyncContextManager[Download]]
"""Opens the download anew from a byte on."""


def resumed(first: Download, again: From) -> ByteStream | None:
    """The same stream, which asks for its rest when it is cut. Without an announced size there is nothing to hold a rest
    against, and the cut is the caller's."""
    stream = first.stream
    if stream is None or stream.size is None:
        return stream
    return ByteStream(stream.size, _pieces(first, stream, stream.size, again))


async def _pieces(first: Download, stream: ByteStream, size: int, again: From) -> AsyncIterator[bytes]:
    received, cuts = 0, 0
    try:
        async for piece in stream.chunks:
            received += len(piece)
            yield piece
    except TryLater as cut:
        problem = cut
    else:
        return
    while cuts < _MOST_CUTS and 0 < received < size:
        cuts += 1
        async with again(received) as found:
            if found.stream is None or not _fits(found, first, received, size):
                raise problem
            try:
                async for piece in found.stream.chunks:
                    received += len(piece)
                    yield piece
            except TryLater as cut:
                problem = cut
            else:
                return
    raise problem


def _fits(rest: Download, first: Download, start: int, size: int) -> bool:
    """Whether this is the rest of the same file: 206, from the byte asked for, of the size and with the stamps that were
    announced at first."""
    said = rest.reply.headers.get("Content-Range", "").strip()
    same = all(rest.reply.headers.get(it) == first.reply.headers.get(it) for it in ("ETag", "Last-Modified"))
    return rest.reply.status == 206 and said == f"bytes {start}-{size - 1}/{size}" and same
