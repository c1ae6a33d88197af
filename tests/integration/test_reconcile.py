"""`run --reconcile` over both simulators: a lost event is found and told as drift, and no absence follows from a hole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.commands import dambridge
from support.pictures import approved, picture
from support.world import World, control, world

CHANGED = {"path": "*/media"}
ASSETS = 20


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as it:
        yield it


def submitted(pair: World) -> list[str]:
    return [
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=["Intake/Quay"], iptc=approved(headline=f"H{it}"))
        for it in range(ASSETS)
    ]


def reconciled(pair: World) -> Mapping[str, Any]:
    """The flow's account of a reconcile, an hour later."""
    pair.advance(3600)
    ran = dambridge(pair.config, "run", "--once", "--reconcile")
    assert ran.code == 0, ran.out + ran.err
    return ran.intake


@pytest.mark.hazard("P17")
def test_an_event_that_was_lost_is_found_and_told_and_then_nothing_drifts(pair: World) -> None:
    assets = submitted(pair)
    asyncio.run(pair.run())
    pair.advance(3600)
    pair.edit(assets[3], iptc={"headline": "Nobody said so"})
    pair.advance(3600)
    pair.faults("photoshelter", {"match": CHANGED, "action": "empty_list"})
    asyncio.run(pair.run())
    pair.faults("photoshelter")
    pair.advance(7200)
    first = reconciled(pair)
    told = first["reconcile"]
    assert (told["looked"], told["differed"], told["drift"]) == (ASSETS, 1, 1 / ASSETS), told
    assert told["listed"] == {"agency": ASSETS, "archive": ASSETS}
    assert first["done"] == 1
    assert pair.by_source()[assets[3]][0]["attributes"]["Headline"] == ["Nobody said so"]
    status = dambridge(pair.config, "status").json["flows"]["intake"]["reconcile"]
    assert status == told
    entries = dambridge(pair.config, "audit", "--subject", "intake", "--limit", "50").json
    (entry,) = [it for it in entries if it["event"] == "flow.reconciled"]
    assert entry["detail"]["assets"] == [f"agency:{assets[3]}"]
    reconciled(pair)
    last = reconciled(pair)
    assert (last["reconcile"]["looked"], last["reconcile"]["drift"], last["done"]) == (ASSETS, 0, 0)


@pytest.mark.hazard("P01")
def test_what_stands_in_neither_listing_is_counted_and_nothing_is_made_anew(pair: World) -> None:
    assets = submitted(pair)
    asyncio.run(pair.run())
    (gone,) = pair.by_source()[assets[0]]
    control(pair.netx.url, "DELETE", f"/__sim__/assets/{gone['id']}")
    before = pair.seq("netx")
    assert reconciled(pair)["reconcile"]["gone"] == 1
    assert reconciled(pair)["done"] == 0
    assert pair.changes("netx", before) == []
    new = pair.submit(picture(99), file_name="99.jpg", containers=["Intake/Quay"], iptc=approved())
    pair.faults("photoshelter", {"match": CHANGED, "action": "empty_list"})
    told = reconciled(pair)
    assert (told["done"], new in pair.by_source()) == (1, True), "what is new and was not announced arrives"
