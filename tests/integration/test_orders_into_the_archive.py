"""What people order into the archive arrives like anything selected: once approved, byte for byte, once; and stays when the order
is taken back, which only ends its being kept in step. No gallery of the selection holds it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dambridge.bootstrap import load_settings, open_search
from dambridge.model.access import everything
from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId
from dambridge.model.outlet_orders import ARCHIVE, OutletOrder
from dambridge.ports.errors import Refused
from support.pictures import approved, picture
from support.world import World, merged, world

AGENCY = AccountId("agency")
ELSEWHERE = ["Desk/Ferries"]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as it:
        it.overrides = merged(it.overrides, {"flows": {"intake": {"orders": True}}})
        yield it


async def order(it: World, asset: str, *, back: bool = False) -> None:
    async with it.bridge() as bridge:
        ledger, now = bridge.common.ledger, await bridge.common.clock.now()
        key = AssetKey(AGENCY, RemoteId(asset))
        given = OutletOrder(flow=FlowName.INTAKE, outlet=ARCHIVE, source=key, by="Ann", at=now, said_at=now)
        if back:
            known = (await ledger.outlet_orders([key]))[key][ARCHIVE]
            given = replace(known, ended_at=now, ended_by="Ben", said_at=now)
        await ledger.put_outlet_orders([given])


def count(ran: object) -> dict[str, int]:
    flow = ran.summary["flows"]["intake"]  # type: ignore[attr-defined]
    return {it: flow[it] for it in ("done", "unchanged", "skipped", "waiting", "quarantined", "failed") if flow[it]}


async def test_what_is_ordered_arrives_once_it_is_approved_and_is_kept_in_step_until_it_is_taken_back(
    pair: World,
) -> None:
    data = picture(1)
    wanted = pair.submit(data, file_name="ferry.jpg", containers=ELSEWHERE, iptc={"edit_status": "draft"})
    other = pair.submit(picture(2), file_name="tram.jpg", containers=ELSEWHERE, iptc=approved())
    await pair.run(full=True)
    assert pair.archived() == []
    await order(pair, wanted)
    assert count(await pair.run(full=True)) == {"skipped": 1}, "ordered is not approved"
    assert pair.archived() == []
    pair.edit(wanted, iptc=approved(title="A ferry"))
    pair.advance(60)
    await pair.run()
    ((copy,),) = [pair.by_source()[wanted]]
    assert copy["sha256"] == hashlib.sha256(data).hexdigest()
    assert [it for it in copy["containers"] if it.endswith("/Ferries")] == copy["containers"], "by its own gallery"
    assert other not in pair.by_source(), "and nothing else comes"
    assert count(await pair.run(full=True)) == {"unchanged": 1, "skipped": 1}
    pair.edit(wanted, iptc=approved(title="A new ferry"))
    pair.advance(60)
    await pair.run()
    assert pair.by_source()[wanted][0]["name"] == "A new ferry"
    await order(pair, wanted, back=True)
    pair.edit(wanted, iptc=approved(title="Another ferry"))
    pair.advance(60)
    await pair.run(full=True)
    assert [it["name"] for it in pair.by_source()[wanted]] == ["A new ferry"], "it stays, and is kept in step no more"


async def test_without_the_option_an_order_brings_nothing(pair: World) -> None:
    asset = pair.submit(picture(1), file_name="ferry.jpg", containers=ELSEWHERE, iptc=approved())
    await order(pair, asset)
    pair.overrides = merged(pair.overrides, {"flows": {"intake": {"orders": False}}})
    await pair.run(full=True)
    assert pair.archived() == []


async def test_it_is_ordered_by_whoever_finds_it_and_what_is_there_already_is_said_to_be(pair: World) -> None:
    asset = pair.submit(picture(1), file_name="ferry.jpg", containers=ELSEWHERE, iptc=approved(title="Ferry"))
    key, ann = AssetKey(AGENCY, RemoteId(asset)), everything("ann")
    async with open_search(load_settings(pair.config)) as desk:
        await desk.refill(lambda account, number: None)
        given = await desk.orders.bring(key, ann, via="api")
        assert (await desk.orders.bring(key, ann, via="api")).id == given.id
        assert [(it.by, it.outlet) for it in await desk.orders.ordered(ann)] == [("ann", ARCHIVE)]
    assert count(await pair.run()) == {"done": 1}
    (copy,) = pair.by_source()[asset]
    async with open_search(load_settings(pair.config)) as desk:
        with pytest.raises(Refused, match=f"in the archive already, as archive:{copy['id']}"):
            await desk.orders.bring(key, ann, via="api")
        await desk.orders.take_back(key, ARCHIVE, ann, via="api")
        assert await desk.orders.ordered(ann) == []
    await pair.run(full=True)
    assert len(pair.archived()) == 1
