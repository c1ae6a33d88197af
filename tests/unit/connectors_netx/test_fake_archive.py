"""The in-memory archive is awkward where the real one is: tests of the engine rest on that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from dambridge.model.records import NativeRecord
from dambridge.ports.errors import TryLater, Unclear
from dambridge.ports.pace import Lane
from dambridge.testing.archive_samples import body_of, small_jpeg
from dambridge.testing.fake_archive import FakeArchive

LANE = Lane.NORMAL
LAG = timedelta(seconds=30)


async def test_a_lagging_listing_hides_who_came_and_shows_who_left() -> None:
    archive = FakeArchive(listing_lag=LAG)
    berth, final = [await archive.ensure_folder(it, lane=LANE) for it in ("berth", "final")]
    asset = await archive.deliver(berth, body_of(small_jpeg("a")), file_name="a.jpg", lane=LANE)
    assert list(await archive.contents(berth, lane=LANE)) == []
    archive.advance(LAG)
    assert [it.key.remote_id for it in await archive.contents(berth, lane=LANE)] == [asset]
    await archive.place(asset, into=final, out_of=berth, lane=LANE)
    (stale,) = await archive.contents(berth, lane=LANE)
    assert berth in {it.id for it in stale.containers}
    fresh = (await archive.read([asset], lane=LANE))[asset]
    assert isinstance(fresh, NativeRecord)
    assert [it.id for it in fresh.containers] == [final]
    archive.advance(LAG)
    assert list(await archive.contents(berth, lane=LANE)) == []


async def test_search_lags_too() -> None:
    archive = FakeArchive(query_lag=LAG)
    asset = archive.put("x", b"1", file_name="1.jpg", attributes={"Source Id": ("7",)})
    assert list(await archive.find("Source Id", "7", lane=LANE)) == []
    archive.advance(LAG)
    assert list(await archive.find("Source Id", "7", lane=LANE)) == [asset.id]


async def test_a_lost_reply_happened_and_a_failed_call_did_not() -> None:
    archive = FakeArchive()
    folder = await archive.ensure_folder("x", lane=LANE)
    archive.lose_next_reply("deliver")
    with pytest.raises(Unclear):
        await archive.deliver(folder, body_of(b"1"), file_name="1.jpg", lane=LANE)
    archive.fail_next("deliver", TryLater("not now"))
    with pytest.raises(TryLater):
        await archive.deliver(folder, body_of(b"2"), file_name="2.jpg", lane=LANE)
    assert [it.content for it in archive.standing_in("x")] == [b"1"]
    assert [it.method for it in archive.changes] == ["ensure_folder", "deliver"]


async def test_same_bytes_answer_the_older_asset_where_the_site_folds_them() -> None:
    archive = FakeArchive(same_bytes_join=True)
    older = archive.put("final", b"1", file_name="older.jpg")
    berth = await archive.ensure_folder("berth", lane=LANE)
    assert await archive.deliver(berth, body_of(b"1"), file_name="new.jpg", lane=LANE) == older.id
    (standing,) = await archive.contents(berth, lane=LANE)
    assert standing.file_name == "older.jpg"


async def test_a_file_fills_attributes_as_the_sites_map_says() -> None:
    def titled(_content: bytes) -> Mapping[str, tuple[str, ...]]:
        return {"Title": ("from the file",)}

    archive = FakeArchive(embedded=titled)
    folder = await archive.ensure_folder("x", lane=LANE)
    asset = await archive.deliver(folder, body_of(b"1"), file_name="1.jpg", lane=LANE)
    assert archive.assets[asset].attributes == {"Title": ("from the file",)}


async def test_a_crash_can_fall_on_any_call() -> None:
    class CrashError(BaseException): ...

    def crash(method: str) -> None:
        if method == "write":
            raise CrashError

    archive = FakeArchive()
    asset = archive.put("x", b"1", file_name="1.jpg")
    archive.before_call = crash
    await archive.read([asset.id], lane=LANE)
    with pytest.raises(CrashError):
        await archive.write(asset.id, attributes={}, name="n", file_name=None, lane=LANE)
    assert asset.name == "1"
