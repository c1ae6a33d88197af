"""XMP files beside camera raw at the source: read with the raw file, first of all that it says; never assets of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from dambridge.connectors.photoshelter.searching import PhotoShelterFinder
from dambridge.engine.fitting import Approval
from dambridge.engine.taking_in.previewing import apply, preview
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed
from dambridge.ports.errors import MovedOn, TryLater
from support.kinds_of_files import sample
from support.pictures import approved
from support.world import World, merged, world

PLACE = ["Intake/Harbour"]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, engine={"attempts": 1}) as it:
        yield it


def packet(*, city: str = "Basel", **more: str) -> bytes:
    """A side-car as any editor writes one, made here without any of our code."""
    said = {"City": city, **more}
    inner = "".join(f"<photoshop:{name}>{escape(text)}</photoshop:{name}>" for name, text in said.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">{inner}</rdf:Description></rdf:RDF></x:xmpmeta>'
        '<?xpacket end="w"?>'
    ).encode()


def raw(pair: World, name: str = "A_1.NEF", *, containers: list[str] = PLACE, **iptc: Any) -> str:
    return pair.submit(sample("a.nef"), file_name=name, containers=containers, iptc=approved(**iptc))


def side_car(pair: World, name: str = "A_1.xmp", data: bytes | None = None, *, containers: list[str] = PLACE) -> str:
    return pair.submit(data or packet(), file_name=name, containers=containers, iptc={})


def told(result: Any) -> dict[str, int]:
    flow = result.summary["flows"]["intake"]
    return {it: flow[it] for it in ("done", "unchanged", "skipped", "waiting", "quarantined", "failed") if flow[it]}


async def reasons(pair: World, outcome: Outcome) -> list[Reason]:
    async with pair.bridge() as bridge:
        found = await bridge.parts.ledger.lingering(bridge.parts.flow, outcomes=[outcome], limit=10)
        return [it.reason for it in found if it.reason is not None]


async def agreed_of(pair: World, asset: str) -> Agreed:
    async with pair.bridge() as bridge:
        ledger, key = bridge.parts.ledger, AssetKey(AccountId("agency"), RemoteId(asset))
        link = (await ledger.links_of([key]))[key]
        return (await ledger.agreed([link]))[link]


def cities(pair: World) -> dict[str, list[str]]:
    return {it["file_name"]: it["attributes"].get("City", []) for it in pair.archived()}


@pytest.mark.hazard("P31")
@pytest.mark.parametrize("name", ["A_1.xmp", "A_1.NEF.xmp", "A_1.XMP"])
async def test_its_words_arrive_with_the_raw_file_and_it_is_no_asset_of_its_own(pair: World, name: str) -> None:
    source = raw(pair)
    side_car(pair, name)
    assert told(await pair.run()) == {"done": 1, "skipped": 1}
    assert cities(pair) == {"A_1.NEF": ["Basel"]}
    (reason,) = await reasons(pair, Outcome.SKIPPED)
    assert (reason.code, dict(reason.params)["files"]) == (Code.SIDE_CAR, ("A_1.NEF",))
    assert (await agreed_of(pair, source)).evidence["agency/source/-/original.side_car"].split()
    mark = pair.seq("netx")
    for full in (False, True):
        assert told(await pair.run(full=full)).keys() <= {"unchanged", "skipped"}
    assert pair.changes("netx", mark) == []


async def test_a_raw_file_without_one_arrives_all_the_same(pair: World) -> None:
    raw(pair)
    assert told(await pair.run()) == {"done": 1}
    assert cities(pair) == {"A_1.NEF": []}


async def test_what_the_source_itself_says_counts_before_it_and_a_large_file_has_it_too(pair: World) -> None:
    pair.overrides = merged(pair.overrides, {"engine": {"large_file": 1 << 20}})
    data = sample("a.nef") + bytes(1 << 20)
    pair.submit(data, file_name="A_1.NEF", containers=PLACE, iptc=approved(city="Geneva"))
    side_car(pair, data=packet(city="Basel", Headline="From beside"))
    assert told(await pair.run()) == {"done": 1, "skipped": 1}
    (asset,) = pair.archived()
    assert (asset["attributes"]["City"], asset["attributes"]["Headline"]) == (["Geneva"], ["From beside"])


@pytest.mark.hazard("P13")
async def test_one_that_comes_or_changes_later_is_read_once_and_people_keep_what_they_wrote(pair: World) -> None:
    raw(pair)
    assert told(await pair.run()) == {"done": 1}
    pair.advance(60)
    beside = side_car(pair, data=packet(city="Basel", Headline="One"))
    assert told(await pair.run()) == {"done": 1, "skipped": 1}
    (asset,) = pair.archived()
    assert (asset["attributes"]["City"], asset["attributes"]["Headline"]) == (["Basel"], ["One"])
    pair.advance(60)
    pair.edit_netx(asset["id"], attributes={"City": ["Bern"]})
    pair.edit(beside, packet(city="Chur", Headline="Two"))
    assert told(await pair.run()) == {"done": 1, "skipped": 1}
    (asset,) = pair.archived()
    assert (asset["attributes"]["City"], asset["attributes"]["Headline"]) == (["Bern"], ["Two"])
    mark = pair.seq("netx")
    for full in (False, True):
        assert told(await pair.run(full=full)).keys() <= {"unchanged", "skipped"}
    assert pair.changes("netx", mark) == []
    versions = [it for it in pair.journal("netx") if it["path"].endswith("/version")]
    assert versions == [], "the raw file itself is not sent again"


@pytest.mark.hazard("P47")
@pytest.mark.parametrize("moves", [False, True])
async def test_a_plan_for_a_late_one_is_carried_out_unless_it_changed_since(pair: World, moves: bool) -> None:
    raw(pair)
    assert told(await pair.run()) == {"done": 1}
    pair.advance(60)
    beside = side_car(pair)
    async with pair.bridge() as bridge:
        plan = await preview(bridge.parts, full=False)
    if moves:
        pair.advance(60)
        pair.edit(beside, packet(city="Chur"))
    async with pair.bridge() as bridge:
        if moves:
            with pytest.raises(MovedOn, match="Plan again"):
                await apply(bridge.parts, plan, Approval(by="Ada"))
        else:
            await apply(bridge.parts, plan, Approval(by="Ada"))
    assert cities(pair) == {"A_1.NEF": [] if moves else ["Basel"]}


async def test_where_another_flow_keeps_the_bytes_in_step_its_words_are_read_and_no_bytes_are_moved(
    pair: World,
) -> None:
    file = raw(pair)
    assert told(await pair.run()) == {"done": 1}
    rights = {"between": ["agency", "archive"], "groups": {"bytes": {"fields": ["content"], "authority": "ask"}}}
    pair.overrides = merged(pair.overrides, {"flows": {"rights": rights}})
    pair.advance(60)
    pair.edit(file, sample("a.nef") + b" ")
    side_car(pair)
    mark = pair.seq("netx")
    assert told(await pair.run()) == {"done": 1, "skipped": 1}
    assert cities(pair) == {"A_1.NEF": ["Basel"]}
    assert not any("version" in it["path"] for it in pair.journal("netx", mark))
    evidence = (await agreed_of(pair, file)).evidence
    assert any(it.endswith(".side_car") for it in evidence)
    assert told(await pair.run(full=True)).keys() <= {"unchanged", "skipped"}


async def test_one_without_a_raw_file_in_its_gallery_waits_and_is_found_when_that_comes(pair: World) -> None:
    raw(pair, "A_1.NEF", containers=["Intake/Elsewhere"])
    pair.submit(sample("a.jpg"), file_name="A_1.jpg", containers=PLACE, iptc=approved())
    side_car(pair)
    assert told(await pair.run()) == {"done": 2, "waiting": 1}
    (reason,) = await reasons(pair, Outcome.WAITING)
    assert reason.code is Code.SIDE_CAR_ALONE
    assert set(cities(pair)) == {"A_1.NEF", "A_1.jpg"}
    pair.advance(60)
    raw(pair, "A_1.CR2")
    told_now = told(await pair.run())
    assert (told_now["done"], told_now["skipped"]) == (1, 1)
    assert cities(pair)["A_1.CR2"] == ["Basel"]


@pytest.mark.hazard("P31")
@pytest.mark.parametrize("wrong", [packet()[:300], b"no XMP at all"], ids=["cut", "text"])
async def test_one_that_cannot_be_read_holds_its_file_until_a_sound_one_stands_there(pair: World, wrong: bytes) -> None:
    raw(pair)
    beside = side_car(pair, data=wrong)
    assert told(await pair.run()) == {"waiting": 1, "skipped": 1}
    (reason,) = await reasons(pair, Outcome.WAITING)
    assert reason.code is Code.SIDE_CAR_UNREAD
    assert pair.archived() == []
    pair.advance(60)
    pair.edit(beside, packet())
    assert told(await pair.run())["done"] == 1
    assert cities(pair) == {"A_1.NEF": ["Basel"]}


async def test_where_the_search_for_its_file_is_not_answered_it_alone_waits(
    pair: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw(pair)
    side_car(pair)

    async def search(*_: object, **__: object) -> None:
        raise TryLater("the search gave no answer")

    with monkeypatch.context() as patched:
        patched.setattr(PhotoShelterFinder, "search", search)
        assert told(await pair.run()) == {"done": 1, "waiting": 1}
        (reason,) = await reasons(pair, Outcome.WAITING)
        assert reason.code is Code.SOURCE_UNREAD
    assert cities(pair) == {"A_1.NEF": ["Basel"]}, "the raw file itself looks its side-car up by name"
    assert told(await pair.run())["skipped"] == 1


async def test_told_to_ignore_them_it_is_a_file_like_any_other(pair: World) -> None:
    pair.overrides = merged(
        pair.overrides, {"flows": {"intake": {"side_cars": "ignore", "mode": "new", "required": []}}}
    )
    raw(pair)
    side_car(pair)
    assert told(await pair.run()) == {"done": 2}
    assert cities(pair)["A_1.NEF"] == []


def test_a_lost_reply_writes_the_words_of_a_late_one_once(pair: World) -> None:
    raw(pair)
    asyncio.run(pair.run())
    pair.advance(60)
    side_car(pair)
    pair.faults("netx", {"match": {"rpc": "updateAsset"}, "action": "drop_reply", "times": 1})
    asyncio.run(pair.run())
    pair.advance(3600)
    asyncio.run(pair.run())
    assert cities(pair) == {"A_1.NEF": ["Basel"]}
