"""Listings that lie, drift, come late or are very long: nothing is lost, no cursor moves on what was not proven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine.running import RunResult
from dambridge.model.identity import AccountId
from support.pictures import approved, picture
from support.world import World, control, world

GALLERY = ["Intake/Harbour"]
MEMBERS = {"path": "*/galleries/*/children"}
CONTAINERS = {"path": "*/collections/*/children"}
CHANGED = {"path": "*/media"}
LIES = [
    pytest.param(MEMBERS, "empty_list", True, id="no member, total tells"),
    pytest.param(MEMBERS, "empty_list", False, id="no member, total lies too"),
    pytest.param(MEMBERS, "half_list", True, id="half the members, total tells"),
    pytest.param(MEMBERS, "half_list", False, id="half the members, total lies too"),
    pytest.param(CONTAINERS, "empty_list", True, id="no gallery, total tells"),
    pytest.param(CONTAINERS, "empty_list", False, id="no gallery, total lies too"),
]


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("systems")) as it:
        yield it


@pytest.fixture
def pair(systems: World, tmp_path: Path) -> World:
    return systems.anew(tmp_path)


def submit(pair: World, count: int, first: int = 0, **meta: Any) -> list[str]:
    return [
        pair.submit(picture(it % 400), file_name=f"{it}.jpg", containers=GALLERY, iptc=approved(title=f"T{it}"), **meta)
        for it in range(first, first + count)
    ]


async def cursors(pair: World) -> tuple[str | None, str | None]:
    async with pair.bridge() as bridge:
        ledger = bridge.parts.ledger
        agency = AccountId("agency")
        return await ledger.cursor(agency, "intake:changed"), await ledger.cursor(agency, "intake:swept")


def flow_of(result: RunResult) -> dict[str, Any]:
    flow: dict[str, Any] = result.summary["flows"]["intake"]
    return flow


@pytest.mark.hazard("P01")
@pytest.mark.hazard("P02")
@pytest.mark.parametrize(("listing", "action", "total"), LIES)
async def test_a_sweep_that_shows_too_little_moves_no_cursor_and_removes_nothing(
    pair: World, listing: dict[str, str], action: str, total: bool
) -> None:
    submit(pair, 12)
    await pair.run()
    before = await cursors(pair)
    archived = {it["id"]: it["sha256"] for it in pair.archived()}
    late = submit(pair, 4, first=20)
    pair.advance(2 * 86_400)
    pair.faults("photoshelter", {"match": listing, "action": action, "keep_total": total})
    told = await pair.run()
    assert await cursors(pair) == before
    assert told.exit_code == 3
    assert flow_of(told)["needs_attention"].get("listing_unproven", 0) >= 1
    assert {it["id"]: it["sha256"] for it in pair.archived() if it["id"] in archived} == archived
    pair.faults("photoshelter")
    good = await pair.run()
    assert good.exit_code == 0
    assert await cursors(pair) > before
    assert set(late) <= set(pair.by_source())
    assert len(pair.archived()) == 16


@pytest.mark.hazard("P01")
@pytest.mark.parametrize("galleries", [["Intake/**"], []], ids=["galleries", "the whole library"])
async def test_an_empty_answer_to_the_first_sweep_is_not_taken_for_a_finished_one(
    pair: World, galleries: list[str]
) -> None:
    pair = replace(pair, overrides={"flows": {"intake": {"select": {"galleries": galleries}}}})
    assets = submit(pair, 5, uploaded_at="2026-10-01 08:00:00 GMT")
    pair.advance(86_400)
    pair.faults("photoshelter", {"match": {"path": "*"}, "action": "empty_list"})
    await pair.run()
    assert pair.archived() == []
    pair.faults("photoshelter")
    await pair.run()
    assert sorted(pair.by_source()) == sorted(assets)


@pytest.mark.hazard("P01")
@pytest.mark.hazard("P17")
async def test_an_empty_poll_is_made_good_by_the_next_one_and_by_the_sweep(pair: World) -> None:
    early, late = submit(pair, 2)
    await pair.run()
    pair.advance(3600)
    pair.edit(early, iptc={"caption": "Soon"})
    pair.advance(120)
    pair.faults("photoshelter", {"match": CHANGED, "action": "empty_list"})
    await pair.run()
    pair.faults("photoshelter")
    pair.advance(120)
    await pair.run()
    assert pair.by_source()[early][0]["attributes"]["Caption"] == ["Soon"], "polls overlap"

    pair.edit(late, iptc={"caption": "Later"})
    pair.advance(3600)
    pair.faults("photoshelter", {"match": CHANGED, "action": "empty_list"})
    await pair.run()
    pair.faults("photoshelter")
    pair.advance(2 * 86_400)
    await pair.run()
    assert pair.by_source()[late][0]["attributes"]["Caption"] == ["Later"], "the sweep looks at everything"


@pytest.mark.hazard("P01")
async def test_a_gallery_that_may_not_be_listed_is_said_and_the_others_arrive(pair: World) -> None:
    assets = submit(pair, 3)
    pair.faults("photoshelter", {"match": MEMBERS, "action": "status", "status": 403, "times": 1})
    told = await pair.run()
    assert told.exit_code != 0
    assert await cursors(pair) == (None, None)
    good = await pair.run()
    assert good.exit_code == 0
    assert sorted(pair.by_source()) == sorted(assets)


@pytest.mark.hazard("P08")
@pytest.mark.parametrize("change", ["remove", "insert"])
async def test_pages_that_drift_lose_nothing(pair: World, change: str) -> None:
    small = replace(pair, overrides={"accounts": {"agency": {"per_page": 20}}})
    assets = submit(pair, 70)
    drift = {"match": MEMBERS, "action": "page_drift", "change": change, "count": 3, "times": 4}
    pair.faults("photoshelter", drift)
    await small.run()
    assert sorted(pair.by_source()) == sorted(assets)
    assert {len(it) for it in pair.by_source().values()} == {1}


@pytest.mark.hazard("P08")
async def test_an_item_that_is_shown_twice_arrives_once_and_counts_once(pair: World) -> None:
    assets = submit(pair, 5)
    pair.faults("photoshelter", {"match": MEMBERS, "action": "duplicate_item"})
    result = await pair.run()
    assert flow_of(result)["seen"] == flow_of(result)["done"] == 5
    assert sorted(pair.by_source()) == sorted(assets)


@pytest.mark.hazard("P09")
async def test_many_assets_of_one_instant_all_arrive_and_all_their_edits(pair: World) -> None:
    small = replace(pair, overrides={"accounts": {"agency": {"per_page": 20}}})
    control(pair.photoshelter.url, "POST", "/__sim__/clock", {"freeze": True})
    assets = submit(pair, 45)
    await small.run()
    assert len(pair.by_source()) == 45
    pair.advance(3600)
    for it in assets:
        pair.edit(it, iptc={"caption": "All at once"})
    await small.run()
    assert {it["attributes"]["Caption"][0] for it in pair.archived()} == {"All at once"}


@pytest.mark.hazard("P09")
async def test_what_is_stamped_before_the_read_and_seen_after_it_is_not_lost(pair: World) -> None:
    """The source commits late: an edit carries a time that the last poll has already passed."""
    (asset,) = submit(pair, 1)
    await pair.run()
    pair.advance(3600)
    swept, _ = await cursors(pair)
    assert swept is not None
    pair.faults("photoshelter", {"match": CHANGED, "action": "empty_list", "times": 1})
    pair.edit(asset, iptc={"caption": "Stamped early, seen late"})
    pair.advance(120)
    await pair.run()
    pair.advance(300)
    await pair.run()
    polled, _ = await cursors(pair)
    assert datetime.fromisoformat(str(polled)) > datetime.fromisoformat(swept)
    assert pair.archived()[0]["attributes"]["Caption"] == ["Stamped early, seen late"]


@pytest.mark.hazard("P11")
async def test_more_newcomers_than_a_page_all_arrive_between_two_polls(pair: World) -> None:
    small = replace(pair, overrides={"accounts": {"agency": {"per_page": 20}}})
    submit(pair, 1)
    await small.run()
    pair.advance(3600)
    submit(pair, 64, first=1, uploaded_at="2026-10-01 08:00:00 GMT")
    result = await small.run()
    assert flow_of(result)["done"] == 64
    assert len(pair.by_source()) == 65


@pytest.mark.hazard("P11")
async def test_more_old_assets_than_a_page_put_into_a_gallery_all_arrive(pair: World) -> None:
    """Membership moves no modified time, so no poll shows them: the gallery itself is read until all is known."""
    small = replace(pair, overrides={"accounts": {"agency": {"per_page": 20}}})
    old = [
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=["Elsewhere/Old"], iptc=approved())
        for it in range(45)
    ]
    pair.advance(3600)
    (first,) = submit(pair, 1, first=60)
    await small.run()
    assert list(pair.by_source()) == [first]
    pair.advance(3600)
    for it in old:
        pair.edit(it, containers=GALLERY)
    result = await small.run()
    assert flow_of(result)["done"] == 45
    assert sorted(pair.by_source()) == sorted([first, *old])
