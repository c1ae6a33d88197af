"""What answers with a gigabyte where the record speaks of a kilobyte fills no disk and reaches no target."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dambridge.engine.delivery.fetching import fetch, hash_source, stream_through
from dambridge.files import FileSpool
from dambridge.ports.errors import TryLater
from dambridge.ports.systems import ByteStream

PIECE = bytes(100_000)
GIB = 1 << 30


@dataclass
class Source:
    """Gives so many bytes, announced or not, and counts those that were taken."""

    size: int
    announced: bool
    taken: int = 0

    @asynccontextmanager
    async def original(self, remote_id: Any, *, lane: Any) -> AsyncIterator[ByteStream]:
        async def chunks() -> AsyncIterator[bytes]:
            while self.taken < self.size:
                piece = PIECE[: self.size - self.taken]
                self.taken += len(piece)
                yield piece

        yield ByteStream(self.size if self.announced else None, chunks())


def action_of(size: int) -> Any:
    source = SimpleNamespace(remote_id="I1")
    return SimpleNamespace(id="a1", size=size, source=source, file_name="a.jpg", media_type="image")


def parts_of(source: Source, folder: Path) -> Any:
    async def sound(path: Path, *, file_name: str) -> dict[str, str]:
        return {}

    inspector = SimpleNamespace(inspect=sound)
    policy = SimpleNamespace(side_cars=True)
    return SimpleNamespace(
        reader=source, spool=FileSpool(folder, keep_free=0), inspector=inspector, lane=None, policy=policy
    )


async def _fetched(parts: Any, action: Any) -> None:
    await fetch(parts, action)


async def _streamed(parts: Any, action: Any) -> None:
    async with stream_through(parts, action) as (body, _):
        async for _ in body.open():
            pass


async def _hashed(parts: Any, action: Any) -> None:
    await hash_source(parts, action)


WAYS = pytest.mark.parametrize("way", [_fetched, _streamed, _hashed], ids=["spooled", "streamed", "hashed"])


@WAYS
@pytest.mark.parametrize("announced", [True, False])
async def test_a_gigabyte_where_a_kilobyte_was_due_is_given_up_at_once(
    tmp_path: Path, way: Callable[[Any, Any], Any], announced: bool
) -> None:
    source = Source(GIB, announced)
    with pytest.raises(TryLater, match=r"its record says 1000; it is fetched again"):
        await way(parts_of(source, tmp_path), action_of(1000))
    assert source.taken <= len(PIECE)
    assert not [it for it in tmp_path.rglob("*") if it.is_file() and it.stat().st_size]


@WAYS
@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize("size", [1000, 0])
async def test_what_the_record_says_or_does_not_say_is_taken_whole(
    tmp_path: Path, way: Callable[[Any, Any], Any], announced: bool, size: int
) -> None:
    """A record without a size bounds nothing."""
    source = Source(1000 if size else 250_000, announced)
    await way(parts_of(source, tmp_path), action_of(size))
    assert source.taken == source.size
