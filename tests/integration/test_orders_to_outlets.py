"""What people order to an outlet goes there, is kept in step and goes as anything selected does: held against the simulator's
record of who saw what. Nothing of it stands in a folder that the outlet's selection names."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from dambridge.engine.rebuilding.outside import FoundOutside, restore_outside
from dambridge.model.identity import AssetKey, FlowName, RemoteId
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.reasons import Code
from dambridge.model.values import FieldName
from dambridge.ports.terms import WholeLedger
from dambridge.storage import FileOutsideJournal
from support.publishing import ARCHIVE, POLICY, PRESS, Portal, anew, ends, portal

T = TypeVar("T")
TAKES = replace(POLICY, outlets={"press": replace(PRESS, orders=True)}, status=FieldName("edit_status"))
ELSEWHERE = "Campaigns/Spring"


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("systems")) as it:
        yield it


@pytest.fixture
def world(systems: Portal, tmp_path: Path) -> Portal:
    it = anew(systems, tmp_path)
    it.policy, it.settings = TAKES, {"journal": FileOutsideJournal(tmp_path / "publications.jsonl")}
    it.gallery("Partners/Press")
    it.agree()
    return it


def on(it: Portal, work: Callable[[WholeLedger, datetime], Awaitable[T]]) -> T:
    async def opened() -> T:
        async with it.bridge() as (bridge, _):
            return await work(bridge.common.ledger, await bridge.common.clock.now())

    return asyncio.run(opened())


def order(it: Portal, master: str, *, until: datetime | None = None) -> None:
    """Ann orders it; nothing looks at it yet."""

    async def work(ledger: WholeLedger, now: datetime) -> None:
        key = AssetKey(ARCHIVE, RemoteId(master))
        given = OutletOrder(
            flow=FlowName.PUBLISH, outlet="press", source=key, by="Ann", at=now, until=until, said_at=now
        )
        await ledger.put_outlet_orders([given])

    on(it, work)


def take_back(it: Portal, master: str) -> None:
    async def work(ledger: WholeLedger, now: datetime) -> None:
        key = AssetKey(ARCHIVE, RemoteId(master))
        known = (await ledger.outlet_orders([key]))[key]["press"]
        await ledger.put_outlet_orders([replace(known, ended_at=now, ended_by="Ben", said_at=now)])

    on(it, work)


def shown(it: Portal) -> list[str]:
    return [one["file_name"] for one in it.in_gallery() if one["id"] in it.visible()]


def test_what_is_ordered_is_shown_kept_in_step_and_leaves_when_it_is_taken_back(world: Portal) -> None:
    wanted, other = (world.master(it, folder=ELSEWHERE, Lifecycle_Status="approved") for it in (1, 2))
    assert ends(world.run(full=True)) == {}, "no folder of the selection holds it"
    order(world, wanted)
    assert ends(world.run(full=True)) == {"seen": 1, "done": 1}
    assert shown(world) == ["boat1.jpg"]
    assert other
    world.say(wanted, Title="Another title")
    world.pair.advance(60)
    assert ends(world.run())["done"] == 1
    assert world.in_gallery()[0]["metadata"]["title"] == "Another title"
    assert ends(world.run(full=True)) == {"seen": 1, "unchanged": 1}
    take_back(world, wanted)
    ran = world.run(full=True)
    assert ends(ran) == {"seen": 1, "done": 1}
    assert shown(world) == []
    (record,) = world.withdrawals()
    assert record.verified_at is not None
    assert [it.code for it in record.causes] == [Code.ORDER_OVER]
    assert dict(record.causes[0].params)["how"] == "Ben took it back"
    world.run(full=True)
    order(world, wanted)
    world.run(full=True)
    assert shown(world) == ["boat1.jpg"], "ordered again it is shown again"


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ({"Lifecycle_Status": "draft"}, True),
        ({"Lifecycle_Status": "approved", "Embargo_Date": "2031-03-01"}, True),
        ({"Lifecycle_Status": "approved", "Territories": "US"}, True),
        ({"Lifecycle_Status": "approved", "Licence_Kind": None}, True),
        ({"Lifecycle_Status": "approved"}, False),
    ],
)
def test_the_gate_has_its_word_on_what_is_ordered(world: Portal, said: dict[str, str], holds: bool) -> None:
    order(world, world.master(1, folder=ELSEWHERE, **said))
    world.run(full=True)
    assert shown(world) == ([] if holds else ["boat1.jpg"]), world.reasons()


def test_what_is_ordered_goes_when_its_rights_end_and_when_it_is_approved_no_more(world: Portal) -> None:
    now = world.now
    end = f"{now + timedelta(days=2):%Y-%m-%d}"
    over = datetime.combine(now.date() + timedelta(days=3), time(), tzinfo=UTC)
    dated, withdrawn = (
        world.master(1, folder=ELSEWHERE, Lifecycle_Status="approved", Licence_Kind="rights_managed", Licence_End=end),
        world.master(2, folder=ELSEWHERE, Lifecycle_Status="approved"),
    )
    for it in (dated, withdrawn):
        order(world, it)
    world.run(full=True)
    assert shown(world) == ["boat1.jpg", "boat2.jpg"]
    world.say(withdrawn, Lifecycle_Status="draft")
    world.pair.advance(60)
    world.run()
    assert shown(world) == ["boat1.jpg"]
    world.at(over - timedelta(minutes=2))
    world.run()
    assert shown(world) == []


@pytest.mark.hazard("P40")
def test_an_order_for_a_time_is_over_before_that_instant_however_many_there_are(world: Portal) -> None:
    """Ends that were known ahead pass the guards, and so does what was taken back."""
    world.policy = replace(TAKES, max_removals=1, max_removal_share=0.02)
    masters = [world.master(it, folder=ELSEWHERE, Lifecycle_Status="approved") for it in range(1, 5)]
    until = world.now + timedelta(days=1)
    for it in masters[:2]:
        order(world, it, until=until)
    for it in masters[2:]:
        order(world, it)
    world.run(full=True)
    assert len(shown(world)) == 4
    assert {it.until for it in world.publications()} == {until, None}
    world.at(until - timedelta(minutes=3))
    world.run()
    assert shown(world) == ["boat3.jpg", "boat4.jpg"]
    ended = [to for spans in world.exposure().values() for _, to in spans if to is not None]
    assert len(ended) == 2
    assert max(ended) < until
    for it in masters[2:]:
        take_back(world, it)
    world.run(full=True)
    assert shown(world) == []
    world.at(until + timedelta(days=1))
    world.run(full=True)
    assert shown(world) == []


def test_an_outlet_that_takes_no_orders_any_more_lets_what_was_ordered_go(world: Portal) -> None:
    order(world, world.master(1, folder=ELSEWHERE, Lifecycle_Status="approved"))
    world.run(full=True)
    assert shown(world) == ["boat1.jpg"]
    world.policy = replace(TAKES, outlets={"press": PRESS})
    world.run(full=True)
    assert shown(world) == []
    (record,) = world.withdrawals()
    assert [it.code for it in record.causes] == [Code.UNSELECTED]


@pytest.mark.hazard("P04")
def test_a_lost_store_learns_what_was_ordered_from_the_journal(world: Portal) -> None:
    kept, over = (world.master(it, folder=ELSEWHERE, Lifecycle_Status="approved") for it in (1, 2))
    until = world.now + timedelta(days=1)
    for it in (kept, over):
        order(world, it, until=until)
    world.run(full=True)
    take_back(world, over)
    world.run(full=True)
    shutil.rmtree(world.pair.folder / "data")
    before = len(world.files())

    async def rebuilt() -> FoundOutside:
        async with world.bridge() as (_, flow):
            return await restore_outside(flow.parts, by="jane")

    assert asyncio.run(rebuilt()) == FoundOutside(visible=1, unseen=1)
    world.agree()
    assert ends(world.run(full=True)) == {"seen": 2, "unchanged": 1, "skipped": 1}, world.reasons()
    assert shown(world) == ["boat1.jpg"]
    assert len(world.files()) == before, "and no second copy"
    world.at(until - timedelta(minutes=3))
    world.run()
    assert shown(world) == [], "its end is known again"
