"""A reconcile holds all ids against the store, reads a share of the assets again, and says how far the two drifted apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dambridge.engine.mirroring.running import run_mirror
from dambridge.model.identity import AssetKey, CopyRole, Link
from support.two_way import AGENCY, ARCHIVE, PRESS, SETTINGS, TwoWay, differing
from support.two_way_systems import CITY, Presence

LINKS = 40


@pytest.fixture
def world() -> Iterator[TwoWay]:
    it = TwoWay()
    yield it
    it.close()


def library(world: TwoWay, count: int = LINKS) -> list[Link]:
    links = [world.add_link(it, title=("Same",), city=("Hull",), headline=("Same",)) for it in range(count)]
    world.run(full=True)
    world.times.advance(timedelta(hours=1))
    return links


def reconcile(world: TwoWay) -> dict[str, Any]:
    """One reconcile; what it says of itself."""
    world.times.advance(timedelta(hours=1))
    ran = world.wait(run_mirror(world.parts(), reconcile=True))
    flow = ran.summary["flows"][str(world.policy.flow)]
    assert flow["failed"] == 0, flow
    told: dict[str, Any] = flow["reconcile"]
    return {**told, "notes": flow["notes"]}


@pytest.mark.hazard("P17")
def test_of_a_hundred_edits_one_was_never_announced_and_after_a_reconcile_nothing_drifts(world: TwoWay) -> None:
    links = library(world)
    edited = 0
    for number, link in enumerate(links):
        for copy in link.copies[: 3 if number % 2 else 2]:
            if copy.id.role is not CopyRole.PUBLISHED or number % 2:
                world.libraries[copy.id.account].edit(copy.remote_id, headline=(f"Better {number}",))
                edited += 1
    lost = links[7].copies[1]
    for copy in links[7].copies:
        world.libraries[copy.id.account].unpolled.add(copy.remote_id)
    assert edited == 100, "one link of three copies that nobody announced is among them"
    world.run()
    assert differing(world, links[7]) == [], "all of its copies were edited alike"
    world.libraries[lost.id.account].edit(lost.remote_id, city=("Quay",))
    world.times.advance(timedelta(hours=2))
    world.run()
    assert differing(world, links[7]) == [CITY], "polls alone do not find it"
    first = reconcile(world)
    assert first["differed"] == 3
    assert first["drift"] == pytest.approx(3 / first["looked"])
    assert [differing(world, it) for it in links] == [[]] * LINKS
    second = reconcile(world)
    assert (second["differed"], second["drift"], second["looked"]) == (0, 0.0, 3 * LINKS)
    (told,) = [it for it in world.wait(_trail(world)) if it.entry.event == "flow.reconciled"][-1:]
    assert told.entry.detail["drift"] == 0.0


async def _trail(world: TwoWay) -> list[Any]:
    return list(await world.ledger.audit_trail(subject=str(world.policy.flow), after=0, limit=10_000))


def test_what_the_change_feed_said_is_no_drift(world: TwoWay) -> None:
    links = library(world, 4)
    for it in links:
        world.libraries[it.copies[0].id.account].edit(it.copies[0].remote_id, city=("Quay",))
    told = reconcile(world)
    assert (told["differed"], told["looked"]) == (0, 0)
    assert reconcile(world)["looked"] == 0, "the feed tells our own writes too"
    assert reconcile(world)["looked"] == 12


def test_a_budget_goes_round_all_links_and_says_how_long_that_takes(world: TwoWay) -> None:
    links = library(world, 12)
    world.settings = replace(SETTINGS, reconcile_calls=9, reconcile_every=timedelta(days=1), relook=0)
    begun = world.times.now_at
    told = reconcile(world)
    rounds = round(told["cycle_seconds"] / 86400)
    assert (told["links"], rounds) == (12, 3), "9 calls, 2.02 a link: 4 links a day"
    for _ in range(rounds - 1):
        assert reconcile(world)["looked"] == 12, "4 links of 3 copies"
    assert len(links) == 12
    assert all(at > begun for at in _looked_at(world, links).values()), "each had its turn"


def _looked_at(world: TwoWay, links: list[Link]) -> dict[AssetKey, datetime]:
    keys = [copy.key for it in links for copy in it.copies]
    seen = world.wait(world.ledger.observations(world.policy.flow, keys))
    return {key: it.at for key, it in seen.items()}


@pytest.mark.hazard("P01")
@pytest.mark.parametrize("hole", [True, False], ids=["a hole in the listing", "a whole listing"])
def test_a_reconcile_concludes_no_absence_from_a_listing_with_a_hole_and_does_from_a_whole_one(
    world: TwoWay, hole: bool
) -> None:
    links = library(world, 6)
    gone, hidden = links[0], links[3]
    library_of = world.libraries[ARCHIVE]
    assert {it.copies[1].id.account for it in (gone, hidden)} == {ARCHIVE}
    library_of.become(gone.copies[1].remote_id, Presence.DELETED)
    library_of.unpolled.add(gone.copies[1].remote_id)
    if hole:
        library_of.unlisted.add(hidden.copies[1].remote_id)
    before = world.writes()
    told = reconcile(world)
    reconcile(world)
    assert bool(told["notes"]) is hole
    assert (world.writes() - before > 0) is not hole, "where a deletion is followed, the other copies are retired"


def test_a_store_that_was_lost_is_restored_link_by_link_and_says_what_it_said(world: TwoWay) -> None:
    links = library(world, 5)
    copy = links[0].copies[0]
    world.libraries[AGENCY].edit(copy.remote_id, city=("Quay",))
    world.run()
    world.libraries[AGENCY].edit(copy.remote_id, title=("A title longer than what one of the systems holds, " * 2,))
    world.run(full=True)
    before = {link: {group: it.fields for group, it in groups.items()} for link, groups in world.accords().items()}
    writes = world.writes()
    restored = world.lose_and_restore()
    assert [it.watched for it in restored] == [None] * 5
    world.run(full=True)
    world.run(full=True)
    assert world.writes() == writes
    assert {
        link: {group: it.fields for group, it in groups.items()} for link, groups in world.accords().items()
    } == before


def test_of_a_restored_link_copies_with_other_bytes_are_only_watched(world: TwoWay) -> None:
    links = library(world, 2)
    world.libraries[PRESS].replace_file(links[0].copies[2].remote_id, "other bytes")
    restored = world.lose_and_restore()
    assert [it.watched is not None for it in restored] == [True, False]
    writes = world.writes()
    world.run(full=True)
    assert world.writes() == writes
