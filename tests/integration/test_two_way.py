"""Flow `rights` over real HTTP between the two simulators: people edit in both systems, and both come to say the same."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dambridge.bootstrap import load_settings, open_bridge
from dambridge.engine.running import RunResult
from dambridge.model.identity import FlowName
from support.commands import dambridge
from support.pictures import approved, picture
from support.world import World, control, lines, world

ASSETS = 100
GROUPS: dict[str, Any] = {
    "headline": {"fields": ["headline"], "authority": "ask"},
    "credit": {"fields": ["credit"], "authority": "ask"},
    "keywords": {"fields": ["keywords"], "authority": "union"},
    "city": {"fields": ["city"], "authority": {"account": "archive"}},
}
RIGHTS: dict[str, Any] = {"between": ["agency", "archive"], "groups": GROUPS}
OVERRIDES: dict[str, Any] = {
    "accounts": {"agency": {"proven": ["write_iptc", "write_media"]}},
    "flows": {"rights": RIGHTS},
}
"""What an administrator has had proven on the account, which the reference alone does not prove (PS E20, E22: SINGLE)."""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, **OVERRIDES) as it:
        yield it


async def rights(pair: World, *, full: bool = False) -> RunResult:
    async with open_bridge(load_settings(pair.config)) as bridge:
        return await bridge.flows[FlowName.RIGHTS].run(command=None, full=full)


def linked(pair: World, count: int, **iptc: Any) -> dict[str, str]:
    """So many assets brought in by intake and looked at once by rights; PhotoShelter's id to NetX's."""
    for number in range(count):
        pair.submit(
            picture(number),
            file_name=f"{number:03}.jpg",
            containers=["Intake/Harbour"],
            iptc=approved(headline=f"Headline {number}", **iptc),
        )
    asyncio.run(pair.run())
    asyncio.run(rights(pair, full=True))
    pair.advance(3600)
    return {source: str(copies[0]["id"]) for source, copies in pair.by_source().items()}


def shown(pair: World) -> dict[str, Mapping[str, Any]]:
    """What PhotoShelter shows, by id."""
    return {str(it["id"]): it for it in lines(pair.photoshelter.url, "/__sim__/state")}


@pytest.mark.hazard("P45")
def test_edits_of_different_fields_on_both_sides_all_stand_everywhere(pair: World) -> None:
    ids = linked(pair, ASSETS)
    for number, (here, there) in enumerate(sorted(ids.items())):
        pair.edit(here, iptc={"headline": f"Better {number}"})
        pair.edit_netx(there, attributes={"Credit": [f"Agency {number}"]})
    first = asyncio.run(rights(pair))
    flow = first.summary["flows"]["rights"]
    assert (flow["done"], flow["failed"], first.exit_code) == (ASSETS, 0, 0), flow
    archived = {str(it["id"]): it["attributes"] for it in pair.archived()}
    iptc = {it: one["metadata"] for it, one in shown(pair).items()}
    for number, (here, there) in enumerate(sorted(ids.items())):
        assert archived[there]["Headline"] == [f"Better {number}"]
        assert archived[there]["Credit"] == [f"Agency {number}"]
        assert iptc[here]["headline"] == f"Better {number}"
        assert iptc[here]["credit"] == f"Agency {number}"
    assert flow["inbox"]["open"] == 0
    after = {name: pair.seq(name) for name in ("photoshelter", "netx")}
    pair.advance(3600)
    second = asyncio.run(rights(pair, full=True))
    assert second.summary["flows"]["rights"]["done"] == 0
    assert [pair.changes(name, seq) for name, seq in after.items()] == [[], []]


@pytest.mark.hazard("P46")
@pytest.mark.timeout(240)
def test_edits_of_the_same_field_stand_in_the_inbox_until_a_person_rules_and_may_be_undone(pair: World) -> None:
    ids = linked(pair, ASSETS)
    for number, (here, there) in enumerate(sorted(ids.items())):
        pair.edit(here, iptc={"headline": f"Here {number}"})
        pair.edit_netx(there, attributes={"Headline": [f"There {number}"]})
    first = asyncio.run(rights(pair))
    flow = first.summary["flows"]["rights"]
    assert (flow["inbox"]["open"], first.exit_code) == (ASSETS, 3), flow
    assert flow["needs_attention"] == {"conflict": ASSETS}
    assert {str(it["id"]): it["attributes"]["Headline"] for it in pair.archived()} == {
        there: [f"There {number}"] for number, (_, there) in enumerate(sorted(ids.items()))
    }, "nothing is written while a person has not ruled"
    entries = dambridge(pair.config, "conflicts", "--limit", "200").json["conflicts"]
    assert len(entries) == ASSETS
    settled = dambridge(
        pair.config, "conflicts", "settle", entries[0]["id"], "--side", "archive", "--all-like", "--by", "jane"
    )
    assert settled.code == 0, settled.out
    pair.advance(60)
    ran = dambridge(pair.config, "run", "--once", "--flow", "rights")
    assert ran.json["flows"]["rights"]["inbox"]["settled"] == ASSETS, ran.out
    state = shown(pair)
    for number, (here, _) in enumerate(sorted(ids.items())):
        assert state[here]["metadata"]["headline"] == f"There {number}"
    undone = dambridge(pair.config, "conflicts", "undo", entries[0]["id"], "--by", "jane")
    assert undone.code == 0, undone.out
    pair.advance(60)
    dambridge(pair.config, "run", "--once", "--flow", "rights")
    again = {
        (it["metadata"]["headline"]) for it in shown(pair).values() if it["metadata"]["headline"].startswith("Here")
    }
    assert len(again) == 1, "the one asset whose ruling was taken back has its own value again"
    verified = dambridge(pair.config, "verify")
    assert verified.json["audit"]["holds"], verified.out


def with_bytes(pair: World) -> None:
    groups = {"headline": {"fields": ["headline"]}, "name": {"fields": ["file_name"]}, "bytes": {"fields": ["content"]}}
    pair.overrides = {
        "accounts": {"agency": {"proven": ["write_iptc", "write_media", "versions", "places"]}},
        "flows": {"rights": {"between": ["agency", "archive"], "groups": groups, "absent": {"archive": ABSENT}}},
    }


ABSENT = {"hidden": "let_go"}
"""NetX does not say of what was deleted whether it is only hidden from us (NX 11)."""


@pytest.mark.parametrize("side", ["photoshelter", "netx"])
def test_a_file_replaced_on_either_side_becomes_a_version_on_the_other(pair: World, side: str) -> None:
    with_bytes(pair)
    ((here, there),) = linked(pair, 1).items()
    fresh = picture(77, side=90)
    if side == "photoshelter":
        pair.edit(here, fresh)
    else:
        pair.edit_netx(there, fresh)
    first = asyncio.run(rights(pair))
    assert first.summary["flows"]["rights"]["done"] == 1, first.summary
    sha = hashlib.sha256(fresh).hexdigest()
    (archived,) = pair.archived()
    assert (shown(pair)[here]["sha256"], archived["sha256"]) == (sha, sha)
    assert archived["attributes"]["Headline"] == ["Headline 0"], "what stands in the file takes no field's place"
    after = {name: pair.seq(name) for name in ("photoshelter", "netx")}
    for _ in range(2):
        pair.advance(3600)
        assert asyncio.run(rights(pair, full=True)).summary["flows"]["rights"]["done"] == 0
    assert [pair.changes(name, seq) for name, seq in after.items()] == [[], []]


@pytest.mark.parametrize("side", ["photoshelter", "netx"])
def test_a_rename_on_either_side_is_one_write_on_the_other(pair: World, side: str) -> None:
    with_bytes(pair)
    ((here, there),) = linked(pair, 1).items()
    if side == "photoshelter":
        pair.edit(here, file_name="renamed.jpg")
    else:
        pair.edit_netx(there, file_name="renamed.jpg")
    after = {name: pair.seq(name) for name in ("photoshelter", "netx")}
    assert asyncio.run(rights(pair)).summary["flows"]["rights"]["done"] == 1
    (archived,) = pair.archived()
    assert (shown(pair)[here]["file_name"], archived["file_name"]) == ("renamed.jpg", "renamed.jpg")
    changes = {name: len(pair.changes(name, seq)) for name, seq in after.items()}
    assert changes == {"photoshelter": int(side == "netx"), "netx": int(side == "photoshelter")}


@pytest.mark.hazard("P04")
def test_a_copy_that_people_delete_leaves_the_link_and_never_comes_back(pair: World) -> None:
    with_bytes(pair)
    ((here, there),) = linked(pair, 1).items()
    control(pair.netx.url, "DELETE", f"/__sim__/assets/{there}")
    first = asyncio.run(rights(pair, full=True))
    assert first.summary["flows"]["rights"]["done"] == 1, first.summary
    pair.edit(here, iptc={"headline": "Alone"})
    pair.advance(3600)
    assert asyncio.run(rights(pair, full=True)).summary["flows"]["rights"]["failed"] == 0
    intake = asyncio.run(pair.run(full=True)).summary["flows"]["intake"]
    assert (intake["skipped"], intake["done"]) == (1, 0)
    assert pair.archived() == []


def test_what_leaves_the_selection_leaves_its_link_and_nothing_else_happens(pair: World) -> None:
    with_bytes(pair)
    pair.overrides["flows"]["rights"]["select"] = {"agency": ["Intake/**"]}  # type: ignore[index]
    ((here, _),) = linked(pair, 1).items()
    pair.edit(here, containers=["Private/Drafts"], iptc={"headline": "Not for the archive"})
    after = pair.seq("netx")
    first = asyncio.run(rights(pair, full=True))
    assert first.summary["flows"]["rights"]["done"] == 1, first.summary
    pair.advance(3600)
    asyncio.run(rights(pair, full=True))
    assert pair.changes("netx", after) == []
