"""What the PhotoShelter reader does where an account is proven to offer more: licences, ranges, parts that come along."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from dambridge.connectors.photoshelter.config import Guess
from dambridge.model.identity import RemoteId
from dambridge.model.records import NativeRecord
from dambridge.ports.errors import TryLater
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetReader
from dambridge.testing.archive_samples import small_jpeg

if TYPE_CHECKING:
    from contract.connectors.photoshelter.conftest import PhotoShelterSite

LANE = Lane.NORMAL
ALL = frozenset({"base", "iptc", "custom", "containers"})
LICENSE = frozenset({"base", "license"})
ENDS = "2027-01-31 00:00:00 GMT"
DOWNLOAD = "*/media/*/download"


async def record(reader: AssetReader, remote_id: RemoteId, groups: frozenset[str]) -> NativeRecord:
    found = await reader.read(remote_id, groups=groups, lane=LANE)
    assert isinstance(found, NativeRecord)
    return found


async def with_license(site: PhotoShelterSite, ends: str | None = "2027-01-31", name: str = "a.jpg") -> RemoteId:
    asset = await site.add(name, small_jpeg(name), containers=["Home/Gallery"])
    if ends:
        await site.edit(asset, {"license_expires": ends})
    return asset


# licences ------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P37")
@pytest.mark.parametrize("via", ["v3", "v4"])
async def test_a_licence_end_is_read_where_there_is_a_way(photoshelter: PhotoShelterSite, via: str) -> None:
    ending = await with_license(photoshelter)
    endless = await with_license(photoshelter, None, "b.jpg")
    async with photoshelter.reader(license_via=via, v3_api_key=photoshelter.v3_key) as reader:
        seen = await record(reader, ending, LICENSE)
        assert seen.fields["license_etime"] == ENDS
        assert "license" in seen.groups
        seen = await record(reader, endless, LICENSE)
        assert "license_etime" not in seen.fields
        assert "license" in seen.groups  # it was read, and there is none


async def test_a_licence_that_may_not_be_known_is_unread_and_not_empty(photoshelter: PhotoShelterSite) -> None:
    asset = await with_license(photoshelter)
    async with photoshelter.reader() as reader:
        seen = await record(reader, asset, LICENSE)
    assert "license" not in seen.groups
    assert "license_etime" not in seen.fields


async def test_a_licence_that_an_account_does_not_serve_is_unread(strict_photoshelter: PhotoShelterSite) -> None:
    asset = await with_license(strict_photoshelter)
    async with strict_photoshelter.reader(license_via="v4") as reader:
        assert "license" not in (await record(reader, asset, LICENSE)).groups


async def test_a_licence_is_found_behind_the_first_page_of_a_gallery(photoshelter: PhotoShelterSite) -> None:
    for number in range(101):
        await photoshelter.add(f"{number}.jpg", small_jpeg(str(number)), containers=["Home/Gallery"])
    asset = await with_license(photoshelter)
    async with photoshelter.reader(license_via="v3", v3_api_key=photoshelter.v3_key) as reader:
        assert (await record(reader, asset, LICENSE)).fields["license_etime"] == ENDS


# parts that come along -----------------------------------------------------------------------------------------------


async def test_a_whole_record_is_one_call_where_its_parts_come_along(photoshelter: PhotoShelterSite) -> None:
    asset = await photoshelter.add(
        "a.jpg", small_jpeg("a"), containers=["X/Y", "X/Z"], fields={"caption": "c"}, custom={"permit": "P-1"}
    )
    async with photoshelter.reader() as reader:
        plain = await record(reader, asset, ALL)
    async with photoshelter.reader(proven=[Guess.MORE_INCLUDES]) as reader:
        await record(reader, asset, ALL)  # walks the library for its paths
        before = len(await photoshelter.journal())
        assert await record(reader, asset, ALL) == plain
        assert len(await photoshelter.journal()) == before + 1
    assert {it.path for it in plain.containers} == {"X/Y", "X/Z"}
    assert plain.fields["custom.permit"] == "P-1"


async def test_parts_that_do_not_come_along_are_fetched(strict_photoshelter: PhotoShelterSite) -> None:
    asset = await strict_photoshelter.add("a.jpg", small_jpeg("a"), containers=["X/Y"], custom={"permit": "P-1"})
    async with strict_photoshelter.reader(proven=[Guess.MORE_INCLUDES]) as reader:
        seen = await record(reader, asset, ALL)
    assert [it.path for it in seen.containers] == ["X/Y"]
    assert seen.fields["custom.permit"] == "P-1"


# byte ranges ---------------------------------------------------------------------------------------------------------

BIG = small_jpeg("big") + bytes(range(256)) * 4000


async def fetch(reader: AssetReader, asset: RemoteId) -> bytes:
    async with reader.original(asset, lane=LANE) as stream:
        assert stream.size == len(BIG)
        return b"".join([chunk async for chunk in stream.chunks])


@pytest.mark.hazard("P43")
@pytest.mark.parametrize("cut", [1, len(BIG) // 2, len(BIG) - 1])
async def test_a_download_that_is_cut_goes_on_where_ranges_are_proven(photoshelter: PhotoShelterSite, cut: int) -> None:
    asset = await photoshelter.add("big.jpg", BIG)
    async with photoshelter.reader(proven=[Guess.BYTE_RANGES]) as reader:
        await photoshelter.fault({"match": {"path": DOWNLOAD, "nth": 1}, "action": "truncate", "bytes": cut})
        assert await fetch(reader, asset) == BIG
    calls = [it for it in await photoshelter.journal() if it["path"].endswith("/download")]
    assert [it["status"] for it in calls] == [200, 206]


@pytest.mark.hazard("P43")
async def test_a_download_cut_again_and_again_is_put_off(photoshelter: PhotoShelterSite) -> None:
    asset = await photoshelter.add("big.jpg", BIG)
    async with photoshelter.reader(proven=[Guess.BYTE_RANGES]) as reader:
        await photoshelter.fault({"match": {"path": DOWNLOAD}, "action": "truncate", "bytes": 1000})
        with pytest.raises(TryLater, match="to its end"):
            await fetch(reader, asset)
    assert len([it for it in await photoshelter.journal() if it["path"].endswith("/download")]) == 6


@pytest.mark.parametrize(("switches", "proven"), [({"download_ranges": False}, [Guess.BYTE_RANGES]), ({}, [])])
async def test_a_cut_is_the_callers_where_ranges_are_not_to_be_had(
    photoshelter: PhotoShelterSite, switches: dict[str, Any], proven: list[Guess]
) -> None:
    asset = await photoshelter.add("big.jpg", BIG)
    await photoshelter.switch(**switches)
    async with photoshelter.reader(proven=proven) as reader:
        await photoshelter.fault({"match": {"path": DOWNLOAD, "nth": 1}, "action": "truncate", "bytes": 1000})
        with pytest.raises(TryLater, match="to its end"):
            await fetch(reader, asset)


@pytest.mark.hazard("P43")
async def test_a_file_that_was_replaced_meanwhile_is_never_patched_together(photoshelter: PhotoShelterSite) -> None:
    asset = await photoshelter.add("big.jpg", BIG)
    other = BIG[:-256] + bytes(256)
    async with photoshelter.reader(proven=[Guess.BYTE_RANGES]) as reader:
        await photoshelter.fault({"match": {"path": DOWNLOAD, "nth": 1}, "action": "truncate", "bytes": 100_000})
        async with reader.original(asset, lane=LANE) as stream:
            chunks = stream.chunks
            await anext(chunks)
            await photoshelter.advance(timedelta(seconds=2))
            await photoshelter.replace_file(asset, other)
            with pytest.raises(TryLater, match="replaced meanwhile"):
                [chunk async for chunk in chunks]
