"""Originals on their way: whole or not at all, hashed, bounded, tidied."""

from __future__ import annotations

import hashlib
import shutil
from collections import namedtuple
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dambridge.files import FileSpool
from dambridge.ports.errors import CannotGoOn, TryLater

CONTENT = [b"first ", b"second ", b"", b"third"]
WHOLE = b"".join(CONTENT)


async def stream(*chunks: bytes, fails: bool = False) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk
    if fails:
        raise ConnectionResetError("the other side went away")


def make(folder: Path, **options: int) -> FileSpool:
    return FileSpool(folder / "spool", **{"keep_free": 0, **options})


def left(folder: Path) -> list[Path]:
    return sorted((folder / "spool").iterdir())


async def test_what_is_kept_is_hashed_and_read_back(tmp_path: Path) -> None:
    spool = make(tmp_path)
    kept = await spool.keep("action-1", stream(*CONTENT), expected_size=len(WHOLE))
    assert kept.digest.size == len(WHOLE)
    assert kept.digest.sha256 == hashlib.sha256(WHOLE).hexdigest()
    assert kept.digest.md5 == hashlib.md5(WHOLE, usedforsecurity=False).hexdigest()
    assert b"".join([it async for it in spool.read(kept)]) == WHOLE
    assert kept.path.read_bytes() == WHOLE


async def test_an_unannounced_size_and_an_empty_file_are_taken(tmp_path: Path) -> None:
    spool = make(tmp_path)
    assert (await spool.keep("a", stream(*CONTENT), expected_size=None)).digest.size == len(WHOLE)
    assert (await spool.keep("b", stream(), expected_size=0)).digest.size == 0


@pytest.mark.parametrize("expected", [len(WHOLE) - 1, len(WHOLE) + 1])
async def test_another_size_than_announced_leaves_nothing(tmp_path: Path, expected: int) -> None:
    spool = make(tmp_path)
    with pytest.raises(TryLater):
        await spool.keep("action-1", stream(*CONTENT), expected_size=expected)
    assert left(tmp_path) == []
    assert await spool.find("action-1") is None


async def test_a_broken_delivery_leaves_nothing_and_its_error_goes_on(tmp_path: Path) -> None:
    spool = make(tmp_path)
    with pytest.raises(ConnectionResetError):
        await spool.keep("action-1", stream(*CONTENT, fails=True), expected_size=None)
    assert left(tmp_path) == []


async def test_a_second_fetch_replaces_the_first(tmp_path: Path) -> None:
    spool = make(tmp_path)
    await spool.keep("action-1", stream(*CONTENT), expected_size=None)
    second = await spool.keep("action-1", stream(b"anew"), expected_size=None)
    assert left(tmp_path) == [second.path]


async def test_a_restart_finds_what_is_whole_and_removes_what_is_not(tmp_path: Path) -> None:
    kept = await make(tmp_path).keep("action-1", stream(*CONTENT), expected_size=None)
    hurt = await make(tmp_path).keep("action-2", stream(*CONTENT), expected_size=None)
    hurt.path.write_bytes(b"\x00" * len(WHOLE))
    again = make(tmp_path)
    assert await again.find("action-1") == kept
    assert await again.find("action-2") is None
    assert left(tmp_path) == [kept.path]


async def test_names_of_any_kind_stay_within_the_folder_and_apart(tmp_path: Path) -> None:
    spool = make(tmp_path)
    names = ["../../etc/passwd", "a/b", "-delete", "#x", "", "\n", "x" * 4000]
    for name in names:
        await spool.keep(name, stream(name.encode()), expected_size=None)
    assert len(left(tmp_path)) == len(names)
    for name in names:
        found = await spool.find(name)
        assert found is not None
        assert found.path.read_bytes() == name.encode()


async def test_dropping_is_safe_to_repeat(tmp_path: Path) -> None:
    spool = make(tmp_path)
    await spool.keep("action-1", stream(*CONTENT), expected_size=None)
    await spool.drop("action-1")
    await spool.drop("action-1")
    assert left(tmp_path) == []


async def test_purging_keeps_what_is_named_and_counts_what_it_freed(tmp_path: Path) -> None:
    spool = make(tmp_path)
    kept = await spool.keep("wanted", stream(b"12345"), expected_size=None)
    await spool.keep("orphan", stream(b"1234567"), expected_size=None)
    (tmp_path / "spool" / ("0" * 32 + ".part")).write_bytes(b"123")
    (tmp_path / "spool" / "README").write_text("somebody else's")
    assert await spool.purge(["wanted"]) == 10
    assert left(tmp_path) == sorted([kept.path, tmp_path / "spool" / "README"])


@pytest.mark.hazard("P42")
async def test_a_nearly_full_disk_is_refused_before_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - the shape that shutil gives
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 40, 60))
    spool = make(tmp_path, keep_free=50)
    asked = False

    async def watched() -> AsyncIterator[bytes]:
        nonlocal asked
        asked = True
        yield b"x" * 20

    with pytest.raises(CannotGoOn, match="make room"):
        await spool.keep("action-1", watched(), expected_size=20)
    assert not asked
    assert (await spool.keep("small", stream(b"x" * 9), expected_size=9)).digest.size == 9


async def test_the_spool_keeps_to_its_own_limit_and_takes_again_when_room_is_made(tmp_path: Path) -> None:
    spool = make(tmp_path, limit=30)
    await spool.keep("one", stream(b"x" * 20), expected_size=20)
    with pytest.raises(CannotGoOn, match="raise its limit"):
        await spool.keep("two", stream(b"x" * 20), expected_size=20)
    await spool.drop("one")
    assert (await spool.keep("two", stream(b"x" * 20), expected_size=20)).digest.size == 20


async def test_what_an_earlier_process_left_counts_towards_the_limit(tmp_path: Path) -> None:
    await make(tmp_path).keep("one", stream(b"x" * 20), expected_size=20)
    with pytest.raises(CannotGoOn):
        await make(tmp_path, limit=30).keep("two", stream(b"x" * 20), expected_size=20)
