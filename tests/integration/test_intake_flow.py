"""Flow `intake` over real HTTP between the two simulators: what arrives, what does not, and what a second run does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.pictures import approved, captioned, picture
from support.world import World, world


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as it:
        yield it


async def test_an_approved_asset_arrives_once_with_its_bytes_and_fields(pair: World) -> None:
    data = picture(1)
    iptc = approved(title="Härbour", keywords=["boat", "quay"], author="Jane Doe", city="Leeds")
    asset = pair.submit(data, file_name="boat.jpg", containers=["Intake/Harbour"], iptc=iptc)
    result = await pair.run()
    (copy,) = pair.by_source()[asset]
    assert result.exit_code == 0
    assert copy["sha256"] == hashlib.sha256(data).hexdigest()
    assert copy["file_name"] == "boat.jpg"
    assert copy["name"] == "Härbour"
    assert copy["attributes"]["Keywords"] == ["boat", "quay"]
    assert copy["attributes"]["Credit"] == ["Riverbend"]
    assert copy["attributes"]["City"] == ["Leeds"]
    assert [it for it in copy["containers"] if it.startswith("PhotoShelter/")] == copy["containers"]


async def test_every_item_seen_has_one_end_and_the_sums_match(pair: World) -> None:
    pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Harbour"], iptc=approved())
    pair.submit(
        picture(2), file_name="b.jpg", containers=["Intake/Harbour"], iptc={"edit_status": "draft", "credit": "R"}
    )
    pair.submit(picture(3), file_name="c.jpg", containers=["Intake/Harbour"], iptc={"edit_status": "approved"})
    pair.submit(picture(4)[:700], file_name="d.jpg", containers=["Intake/Harbour"], iptc=approved())
    result = await pair.run()
    flow = result.summary["flows"]["intake"]
    assert {it: flow[it] for it in ("done", "skipped", "waiting", "quarantined", "failed", "unchanged")} == {
        "done": 1,
        "skipped": 1,
        "waiting": 1,
        "quarantined": 1,
        "failed": 0,
        "unchanged": 0,
    }
    assert flow["seen"] == 4
    assert result.exit_code == 3


async def test_a_second_run_writes_nothing(pair: World) -> None:
    for number in range(5):
        pair.submit(picture(number), file_name=f"{number}.jpg", containers=["Intake/Harbour"], iptc=approved())
    first = await pair.run()
    before = pair.seq("netx")
    second = await pair.run()
    assert first.summary["flows"]["intake"]["done"] == 5
    assert second.summary["flows"]["intake"]["done"] == 0
    assert pair.changes("netx", before) == []


@pytest.mark.hazard("P12")
@pytest.mark.parametrize("moves", [True, False], ids=["an edit moves the time", "an edit moves no time"])
async def test_a_draft_approved_later_arrives_with_the_next_run(pair: World, moves: bool) -> None:
    pair.switch("photoshelter", iptc_moves_modified=moves)
    asset = pair.submit(
        picture(1), file_name="a.jpg", containers=["Intake/Harbour"], iptc={"edit_status": "draft", "credit": "R"}
    )
    await pair.run()
    assert pair.by_source() == {}
    for _ in range(2):  # so that no poll reaches back to the upload
        pair.advance(3600)
        await pair.run()
    pair.edit(asset, iptc={"edit_status": "approved"})
    await pair.run()
    assert len(pair.by_source()[asset]) == 1


@pytest.mark.hazard("P13")
async def test_a_caption_edit_moves_no_bytes(pair: World) -> None:
    asset = pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Harbour"], iptc=approved())
    await pair.run()
    pair.advance(3600)
    pair.edit(asset, iptc={"caption": "A better sentence"})
    netx, photoshelter = pair.seq("netx"), pair.seq("photoshelter")
    result = await pair.run()
    (copy,) = pair.by_source()[asset]
    assert result.summary["flows"]["intake"]["done"] == 1
    assert copy["attributes"]["Caption"] == ["A better sentence"]
    assert result.summary["flows"]["intake"]["bytes"] == 0
    assert len(pair.changes("netx", netx)) == 1
    assert [it for it in pair.journal("photoshelter", photoshelter) if it["path"].endswith("/download")] == []


@pytest.mark.hazard("P22")
async def test_new_bytes_become_a_version_of_the_same_asset(pair: World) -> None:
    asset = pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Harbour"], iptc=approved(title="Boat"))
    await pair.run()
    (before,) = pair.by_source()[asset]
    data = picture(2, side=64)
    pair.advance(3600)
    pair.edit(asset, data)
    await pair.run()
    (after,) = pair.by_source()[asset]
    assert after["id"] == before["id"]
    assert after["sha256"] == hashlib.sha256(data).hexdigest()
    assert after["versions"] == 2
    assert after["attributes"]["Title"] == ["Boat"]


@pytest.mark.hazard("P22")
async def test_what_netx_reads_out_of_the_new_file_does_not_overwrite_the_fields(pair: World) -> None:
    """A site maps embedded metadata to attributes on check-in; the values that stood there are written back."""
    asset = pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Harbour"], iptc=approved(title="Boat"))
    await pair.run()
    (before,) = pair.by_source()[asset]
    pair.advance(3600)
    pair.edit_netx(before["id"], attributes={"Caption": ["The librarian's words"]})
    pair.edit(asset, captioned(2, "CAMERA DEFAULT"))
    await pair.run()
    (after,) = pair.by_source()[asset]
    assert after["versions"] == 2
    assert after["attributes"]["Caption"] == ["The librarian's words"]
    assert (await pair.run()).summary["flows"]["intake"]["done"] == 0


async def test_what_a_person_changed_in_netx_is_left_alone(pair: World) -> None:
    asset = pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Harbour"], iptc=approved(title="Boat"))
    await pair.run()
    (copy,) = pair.by_source()[asset]
    pair.advance(3600)
    pair.edit_netx(copy["id"], attributes={"Title": ["The librarian's title"]})
    pair.edit(asset, iptc={"caption": "New caption"})
    await pair.run()
    (after,) = pair.by_source()[asset]
    assert after["attributes"]["Title"] == ["The librarian's title"]
    assert after["attributes"]["Caption"] == ["New caption"]


@pytest.mark.hazard("P19")
async def test_an_empty_listing_is_believed_only_after_the_settle_time(pair: World) -> None:
    """The import took effect, its reply was lost, and for a while no listing shows it: nothing is sent again."""
    patient = replace(pair, overrides={"accounts": {"archive": {"settle_seconds": 4000}}, "engine": {"attempts": 1}})
    pair.switch("netx", index_lag_s=3000, folder_listing_lag=True)
    asset = pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Harbour"], iptc=approved())
    pair.faults("netx", {"match": {"method": "POST", "path": "/api/import/*"}, "action": "drop_reply", "times": 1})
    for _ in range(3):
        await patient.run()
        assert len(pair.archived()) == 1
    pair.advance(5000)
    await patient.run()
    assert {source: len(copies) for source, copies in pair.by_source().items()} == {asset: 1}
    assert len(pair.archived()) == 1


@pytest.mark.hazard("P20")
@pytest.mark.parametrize("checksums", [True, False], ids=["checksums", "no checksums"])
async def test_a_lost_reply_makes_no_second_copy(pair: World, checksums: bool) -> None:
    pair.switch("netx", **{"metadata.checksumEnabled": checksums})
    assets = [
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=["Intake/Harbour"], iptc=approved())
        for it in range(6)
    ]
    pair.faults("netx", {"match": {"method": "POST", "path": "/api/import/*"}, "action": "drop_reply", "times": 6})
    await pair.run()
    await pair.run()
    copies = pair.by_source()
    assert sorted(copies) == sorted(assets)
    assert {len(it) for it in copies.values()} == {1}
    assert len(pair.archived()) == 6
