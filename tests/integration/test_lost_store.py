"""The whole store is lost and made anew from what both systems show: nothing deleted comes back, nothing edited is lost."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dambridge.bootstrap import load_settings, open_bridge
from dambridge.engine.running import RunResult
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId, link_id_for
from support.commands import Answer, dambridge
from support.pictures import approved, picture
from support.world import World, control, send, world

ASSETS = 60
FIELDS = ("headline", "credit", "keywords")
OVERRIDES: dict[str, Any] = {
    "accounts": {"agency": {"proven": ["write_iptc", "write_media"]}},
    "flows": {
        "rights": {
            "between": ["agency", "archive"],
            "absent": {"archive": {"hidden": "ask"}},
            "groups": {
                "headline": {"fields": ["headline"], "authority": "ask"},
                "credit": {"fields": ["credit"], "authority": {"account": "archive"}},
                "keywords": {"fields": ["keywords"], "authority": "union"},
            },
        }
    },
}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, **OVERRIDES) as it:
        yield it


@dataclass(frozen=True, slots=True)
class Lived:
    """A library that was lived in: PhotoShelter's id to NetX's, and what people took away in each."""

    ids: Mapping[str, str]
    let_go: frozenset[str]
    gone_there: frozenset[str]
    gone_here: frozenset[str]
    contended: frozenset[str]


async def flow(pair: World, name: FlowName, *, full: bool = True) -> RunResult:
    async with open_bridge(load_settings(pair.config)) as bridge:
        return await bridge.flows[name].run(command=None, full=full)


def both(pair: World) -> dict[str, Mapping[str, Any]]:
    """A round of both flows over everything; what each did."""
    pair.advance(3600)
    told = {it: asyncio.run(flow(pair, it)).summary["flows"][str(it)] for it in (FlowName.INTAKE, FlowName.RIGHTS)}
    return {str(it): one for it, one in told.items()}


def lived_in(pair: World, count: int = ASSETS) -> Lived:
    """Delivered, edited in step and against each other, and taken away on both sides; the flows have dealt with all of it."""
    for number in range(count):
        iptc = approved(headline=f"Headline {number}", keywords=["quay", "boat"])
        pair.submit(picture(number), file_name=f"{number:03}.jpg", containers=["Intake/Harbour"], iptc=iptc)
    both(pair)
    both(pair)
    ids = {source: str(copies[0]["id"]) for source, copies in pair.by_source().items()}
    order = sorted(ids)
    pair.advance(3600)
    for it in order[:8]:
        pair.edit(it, iptc={"headline": f"Better {it}"})
        pair.edit_netx(ids[it], attributes={"Credit": ["Quayside"]})
    contended = frozenset(order[8:13])
    for it in contended:
        pair.edit(it, iptc={"headline": f"Here {it}"})
        pair.edit_netx(ids[it], attributes={"Headline": [f"There {it}"]})
    let_go, gone_there, gone_here = order[13:16], order[16:18], order[18:22]
    for it in (*let_go, *gone_there):
        control(pair.netx.url, "DELETE", f"/__sim__/assets/{ids[it]}")
    for it in gone_here:
        control(pair.photoshelter.url, "DELETE", f"/__sim__/assets/{it}")
    both(pair)
    entries = dambridge(pair.config, "conflicts", "--group", "presence", "--limit", "50").json["conflicts"]
    assert len(entries) == len(let_go) + len(gone_there) + len(gone_here)
    for entry in entries:
        if entry["link"] in {
            link_id_for(FlowName.INTAKE, AssetKey(AccountId("agency"), RemoteId(it))) for it in let_go
        }:
            dambridge(pair.config, "conflicts", "settle", entry["id"], "--value", "presence=let_go", "--by", "jane")
    both(pair)
    both(pair)
    return Lived(ids, frozenset(let_go), frozenset(gone_there), frozenset(gone_here), contended)


def lose(pair: World, *, journal: bool) -> None:
    shutil.rmtree(pair.folder / "data")
    if not journal:
        for it in pair.folder.glob("*tombstones*"):
            it.unlink()


async def known(pair: World) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What the store says: links, what is agreed on in each, and what stands in the inbox, all without times."""
    async with open_bridge(load_settings(pair.config), work=False) as bridge:
        ledger = bridge.common.ledger
        links = await ledger.links_in([AccountId("agency"), AccountId("archive")], after=None, limit=1000)
        accords = await ledger.accords([it.id for it in links])
        inbox = await ledger.conflicts(states=(ConflictState.OPEN,), limit=1000)
        return (
            {it.id: (sorted(map(str, (copy.key for copy in it.copies))), it.observe_only) for it in links},
            {it: {group: dict(one.fields) for group, one in groups.items()} for it, groups in accords.items()},
            {
                it.link: (
                    it.group,
                    sorted((str(side.copy), sorted(map(str, side.fields.items()))) for side in it.sides),
                )
                for it in inbox
            },
        )


def rebuilt(pair: World) -> Answer:
    pair.advance(60)
    return dambridge(pair.config, "store", "rebuild", "--by", "jane")


def writes(pair: World, since: Mapping[str, int]) -> list[Any]:
    """What was changed in either system since."""
    return [it for name, seq in since.items() for it in pair.changes(name, seq)]


def marks(pair: World) -> dict[str, int]:
    return {name: pair.seq(name) for name in ("photoshelter", "netx")}


@pytest.mark.hazard("P04")
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "journal", [True, pytest.param(False, marks=pytest.mark.long)], ids=["with the journal", "the journal lost as well"]
)
def test_a_lost_store_is_made_anew_and_nothing_deleted_comes_back(pair: World, journal: bool) -> None:
    was = lived_in(pair)
    links, agreed, inbox = asyncio.run(known(pair))
    before, since = {str(it["id"]) for it in pair.archived()}, marks(pair)
    lose(pair, journal=journal)
    if journal:  # it says that the store was lost, whoever starts what
        hasty = both(pair)["intake"]
        early = dambridge(pair.config, "store", "release", "--all", "--by", "jane")
        assert (early.code, "store rebuild" in early.json["error"]) == (3, True)
        assert (hasty["done"], hasty["needs_attention"].get("unknown_since_loss", 0)) == (
            0,
            ASSETS - len(was.gone_here | was.let_go),
        )
    made = rebuilt(pair)
    assert made.code == 3, made.out + made.err
    away = len(was.let_go | was.gone_there)
    assert made.json["active"] == ASSETS - away - len(was.gone_here)
    assert made.json["watched"] == {"copy_not_seen": len(was.gone_here)}
    assert made.json["taken_down"] == (len(was.let_go) if journal else 0)
    assert made.json["held"] == away - made.json["taken_down"]
    rounds = [both(pair), both(pair)]
    assert writes(pair, since) == []
    assert {str(it["id"]) for it in pair.archived()} == before
    assert [it["intake"]["done"] for it in rounds] == [0, 0]
    assert (rounds[1]["rights"]["done"], rounds[1]["intake"]["failed"], rounds[1]["rights"]["failed"]) == (0, 0, 0)
    links_now, agreed_now, inbox_now = asyncio.run(known(pair))
    whole = {it for it, (_, watched) in links_now.items() if not watched}
    assert len(whole) == ASSETS - away - len(was.gone_here)
    assert {it: links_now[it] for it in whole} == {it: links[it] for it in whole}
    contended = {it for it in whole if it in inbox}
    assert len(contended) == len(was.contended)
    assert {it: inbox_now.get(it) for it in whole} == {it: inbox.get(it) for it in whole}
    for it in whole - contended:
        assert {name: agreed_now[it].get(name) for name in FIELDS} == {name: agreed[it].get(name) for name in FIELDS}
    review = dambridge(pair.config, "store", "review").json
    assert review["counts"] == [made.json["held"], len(was.gone_here)]


@pytest.mark.hazard("P04")
def test_what_is_held_is_delivered_once_a_person_lets_it_go_and_new_assets_need_no_word(pair: World) -> None:
    assets = [
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=["Intake/Quay"], iptc=approved(headline=f"H{it}"))
        for it in range(6)
    ]
    both(pair)
    ids = {source: str(copies[0]["id"]) for source, copies in pair.by_source().items()}
    for it in assets[:3]:
        control(pair.netx.url, "DELETE", f"/__sim__/assets/{ids[it]}")
    lose(pair, journal=True)
    assert rebuilt(pair).json["held"] == 3, "nobody had noticed: no tombstone says so"
    pair.advance(60)
    new = pair.submit(picture(9), file_name="9.jpg", containers=["Intake/Quay"], iptc=approved())
    first = both(pair)["intake"]
    assert (first["done"], first["waiting"]) == (1, 3), first
    assert first["needs_attention"] == {"unknown_since_loss": 3}
    assert set(pair.by_source()) == {*assets[3:], new}
    refused = dambridge(pair.config, "store", "release", "agency:nobody", "--by", "jane")
    assert refused.code == 3, refused.out
    assert dambridge(pair.config, "store", "release", f"agency:{assets[0]}", "--by", "jane").json == {"released": 1}
    assert both(pair)["intake"]["done"] == 1
    assert set(pair.by_source()) == {assets[0], *assets[3:], new}
    assert dambridge(pair.config, "store", "release", "--all", "--by", "jane").json == {"released": 2}
    assert both(pair)["intake"]["done"] == 2
    assert {it: len(copies) for it, copies in pair.by_source().items()} == dict.fromkeys([*assets, new], 1)
    trail = dambridge(pair.config, "audit", "--limit", "200").json
    assert {it["actor"] for it in trail if it["event"] in {"link.released", "store.released"}} == {"jane"}


def test_a_copy_that_people_made_of_a_marked_asset_steals_no_link(pair: World) -> None:
    source = pair.submit(picture(1), file_name="1.jpg", containers=["Intake/Quay"], iptc=approved())
    both(pair)
    (ours,) = pair.by_source()[source]
    pair.advance(60)
    meta = {"file_name": "1.jpg", "containers": ["Elsewhere"], "attributes": ours["attributes"]}
    theirs = send(pair.netx.url, "POST", "/__sim__/assets", meta=meta, data=picture(2))
    lose(pair, journal=True)
    told = rebuilt(pair).json
    assert (told["active"], told["watched"]) == (1, {}), told
    assert [it["copy"] for it in told["copied_marks"]] == [f"archive:{theirs['id']}"]
    links, _, _ = asyncio.run(known(pair))
    assert list(links.values()) == [([f"agency:{source}", f"archive:{ours['id']}"], False)]
    since = marks(pair)
    both(pair)
    assert writes(pair, since) == []


def test_a_copy_with_other_bytes_is_only_watched_until_a_person_lets_it_work(pair: World) -> None:
    source = pair.submit(picture(1), file_name="1.jpg", containers=["Intake/Quay"], iptc=approved(headline="One"))
    both(pair)
    (ours,) = pair.by_source()[source]
    pair.edit_netx(str(ours["id"]), data=picture(2))
    (theirs,) = pair.archived()
    lose(pair, journal=True)
    assert rebuilt(pair).json["watched"] == {"bytes_unproven": 1}
    pair.advance(60)
    pair.edit(source, iptc={"headline": "Two"})
    since = marks(pair)
    both(pair)
    assert writes(pair, since) == []
    assert dambridge(pair.config, "store", "release", "--all", "--by", "jane").json == {"released": 1}
    both(pair)
    (kept,) = pair.archived()
    assert kept["attributes"]["Headline"] == ["Two"], (
        "what was edited since both said the same is an edit like any other"
    )
    assert (kept["size"], kept["versions"]) == (theirs["size"], theirs["versions"]), "its file stays"


def test_a_whole_store_is_not_made_anew(pair: World) -> None:
    pair.submit(picture(1), file_name="1.jpg", containers=["Intake/Quay"], iptc=approved())
    both(pair)
    refused = dambridge(pair.config, "store", "rebuild", "--by", "jane")
    assert refused.code == 3
    assert "not lost" in refused.json["error"]
