"""Intake with confirmed operations alone: straight into folders that people made, one copy of each file, byte for byte.

Both simulators are strict, so a call that is not confirmed does not exist; beside it stands that the same world without
confirmed ways round (`arrival: berth`) delivers nothing."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from dambridge.engine.running import RunResult
from dambridge.engine.taking_in.running import run_flow
from dambridge.model.identity import AccountId, AssetKey, CopyId, CopyRole, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.records import Agreed
from support.crashing import Crash, CrashingLedger, CrashPlan
from support.pictures import approved, picture
from support.world import World, control, merged, world

FOLDER = "Archive/From agencies"
FIELDS = ["title", "description", "keywords", "creator", "credit", "copyright_notice"]
ENDS = ("done", "unchanged", "skipped", "waiting", "quarantined", "failed")
IMPORT = {"method": "POST", "path": "/api/import*"}
TARGET = CopyId(AccountId("archive"), CopyRole.RECORD)
BARE: dict[str, Any] = {
    "accounts": {"archive": {"write_route": "none"}},
    "flows": {"intake": {"place": {"folder": FOLDER}, "unproven_fields": "deliver"}},
    "engine": {"concurrency": 2},
}
EMBEDDED = merged(
    BARE, {"accounts": {"archive": {"write_route": "embedded"}}, "flows": {"intake": {"managed": FIELDS}}}
)


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("systems"), strict=True) as it:
        yield it


@pytest.fixture(scope="module")
def open_systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("open")) as it:
        yield it


@pytest.fixture
def pair(systems: World, tmp_path: Path) -> World:
    return anew(systems, tmp_path, BARE)


def anew(systems: World, folder: Path, overrides: dict[str, Any]) -> World:
    fresh = systems.anew(folder)
    fresh.overrides = overrides
    fresh.make_folder(FOLDER)
    return fresh


def submit(pair: World, count: int = 1, first: int = 0, **more: Any) -> list[str]:
    return [
        pair.submit(
            picture(it),
            file_name=f"{it}.jpg",
            containers=["Intake/Harbour"],
            iptc=approved(title=f"T{it}", keywords=["boat", "dusk"], **more),
        )
        for it in range(first, first + count)
    ]


def ended(result: RunResult) -> dict[str, int]:
    flow = result.summary["flows"]["intake"]
    assert flow["seen"] == sum(flow[it] for it in ENDS), "every item seen has one end"
    return {it: flow[it] for it in ENDS if flow[it]}


def attention(result: RunResult) -> dict[str, int]:
    found: dict[str, int] = result.summary["flows"]["intake"]["needs_attention"]
    return found


def copies(pair: World) -> Counter[tuple[str, str]]:
    """NetX's assets by file name and SHA-256 of what is stored."""
    return Counter((it["file_name"], it["sha256"]) for it in pair.archived())


def originals(count: int) -> Counter[tuple[str, str]]:
    return Counter((f"{it}.jpg", hashlib.sha256(picture(it)).hexdigest()) for it in range(count))


async def agreed_of(pair: World, asset: str) -> Agreed:
    async with pair.bridge() as bridge:
        ledger, key = bridge.parts.ledger, AssetKey(AccountId("agency"), RemoteId(asset))
        link = (await ledger.links_of([key]))[key]
        return (await ledger.agreed([link]))[link]


async def crashed_run(pair: World, plan: CrashPlan) -> None:
    with contextlib.suppress(Crash, asyncio.CancelledError, BaseExceptionGroup):
        async with pair.bridge() as bridge:
            bridge.parts.ledger = CrashingLedger(bridge.parts.ledger, plan)
            await run_flow(bridge.parts)


# what is delivered -------------------------------------------------------------------------------------------------


async def test_files_arrive_byte_for_byte_once_each_and_their_fields_wait_by_name(pair: World) -> None:
    sources = submit(pair, 3)
    first = await pair.run()
    assert ended(first) == {"waiting": 3}
    assert attention(first) == {"fields_wait": 3}
    assert first.exit_code == 3, "a person is needed for the fields"
    assert copies(pair) == originals(3)
    assert all(it["containers"] == [FOLDER] for it in pair.archived())
    assert {it["name"] for it in pair.archived()} == {"T0", "T1", "T2"}, "names are written by a confirmed call"
    state = await agreed_of(pair, sources[0])
    assert state.fields == {}, "nothing that was not written counts as agreed"
    assert {"description", "credit", "title"} <= set(state.held(TARGET))
    assert state.content is not None
    assert state.content.sha256 == hashlib.sha256(picture(0)).hexdigest()
    mark = pair.seq("netx")
    for full in (False, True):
        assert ended(await pair.run(full=full)) == {"waiting": 3}, "still waiting, not unchanged"
    assert pair.changes("netx", mark) == []
    assert {it["confidence"] for it in pair.changes("netx", 0)} <= {"CONFIRMED", "CONFIRMED-2019", None}


async def test_fields_travel_inside_the_files_and_a_second_run_writes_nothing(systems: World, tmp_path: Path) -> None:
    pair = anew(systems, tmp_path, EMBEDDED)
    submit(pair, 2)
    assert ended(await pair.run()) == {"done": 2}
    for number, asset in enumerate(sorted(pair.archived(), key=lambda it: str(it["file_name"]))):
        assert asset["attributes"]["Title"] == [f"T{number}"]
        assert asset["attributes"]["Caption"] == ["A boat"]
        assert sorted(asset["attributes"]["Keywords"]) == ["boat", "dusk"]
        assert asset["containers"] == [FOLDER]
        assert asset["file_name"] == f"{number}.jpg"
    mark = pair.seq("netx")
    for full in (False, True):
        assert ended(await pair.run(full=full)) == {"unchanged": 2}
    assert pair.changes("netx", mark) == []


async def test_a_field_that_no_file_carries_waits_beside_those_that_arrived(systems: World, tmp_path: Path) -> None:
    pair = anew(systems, tmp_path, merged(EMBEDDED, {"flows": {"intake": {"managed": [*FIELDS, "city"]}}}))
    (source,) = submit(pair, 1, city="Basel")
    submit(pair, 1, first=1)
    assert ended(await pair.run()) == {"done": 1, "waiting": 1}
    state = await agreed_of(pair, source)
    assert state.held(TARGET) == ("city",)
    assert "city" not in state.fields
    assert {"title", "credit"} <= set(state.fields)
    assert ended(await pair.run(full=True)) == {"unchanged": 1, "waiting": 1}


async def test_a_folder_is_named_by_its_number(pair: World) -> None:
    pair.overrides = merged(BARE, {"flows": {"intake": {"place": {"folder": f"id:{folder_number(pair)}"}}}})
    submit(pair)
    assert attention(await pair.run()) == {"fields_wait": 1}
    assert [it["containers"] for it in pair.archived()] == [[FOLDER]]


def folder_number(pair: World) -> str:
    """As a librarian reads it off the address bar."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "getFolderByPath", "params": [FOLDER, {"data": ["folder.id"]}]}
    headers = {"Authorization": f"apiToken {pair.netx.credentials['token']}", "Content-Type": "application/json"}
    request = Request(f"{pair.netx.url}/api/rpc", data=json.dumps(call).encode(), headers=headers)
    with urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["result"]["id"])


async def test_a_missing_folder_makes_its_assets_wait_by_name_until_a_person_makes_it(pair: World) -> None:
    pair.overrides = merged(BARE, {"flows": {"intake": {"place": {"folder": "Archive/Later"}}}})
    submit(pair)
    first = await pair.run()
    assert attention(first) == {"folder_missing": 1}
    async with pair.bridge() as bridge:
        (item,) = await bridge.parts.ledger.lingering(bridge.parts.flow, outcomes=[Outcome.WAITING], limit=9)
        assert item.reason is not None
        assert item.reason["folder"] == "Archive/Later"
    assert pair.archived() == []
    assert pair.changes("netx", 0) == []
    pair.make_folder("Archive/Later")
    assert attention(await pair.run()) == {"fields_wait": 1}
    assert [it["containers"] for it in pair.archived()] == [["Archive/Later"]]


async def test_who_asks_for_berths_is_told_that_none_can_be_made(pair: World) -> None:
    pair.overrides = merged(BARE, {"flows": {"intake": {"place": {"arrival": "berth"}}}})
    submit(pair)
    assert attention(await pair.run()) == {"refused_by_system": 1}
    assert pair.archived() == []


async def test_new_bytes_and_new_words_wait_and_change_nothing_there(pair: World) -> None:
    (source,) = submit(pair)
    await pair.run()
    pair.advance(3600)
    pair.edit(source, picture(9), iptc={"caption": "Better"})
    mark = pair.seq("netx")
    for _ in range(2):
        assert ended(await pair.run()) == {"waiting": 1}
    assert pair.changes("netx", mark) == []


async def test_fields_that_waited_are_written_once_a_route_is_proven(open_systems: World, tmp_path: Path) -> None:
    pair = anew(open_systems, tmp_path, merged(BARE, {"flows": {"intake": {"place": {"arrival": "folder"}}}}))
    (source,) = submit(pair)
    assert ended(await pair.run()) == {"waiting": 1}
    pair.overrides = merged(pair.overrides, {"accounts": {"archive": {"write_route": "rpc"}}})
    assert ended(await pair.run()) == {"done": 1}
    (asset,) = pair.archived()
    assert asset["attributes"]["Caption"] == ["A boat"]
    assert asset["attributes"]["Source Id"] == [source]
    assert (await agreed_of(pair, source)).held(TARGET) == ()
    mark = pair.seq("netx")
    assert ended(await pair.run(full=True)) == {"unchanged": 1}
    assert pair.changes("netx", mark) == []


async def test_a_librarians_edit_made_while_a_field_waited_stays(open_systems: World, tmp_path: Path) -> None:
    pair = anew(open_systems, tmp_path, merged(BARE, {"flows": {"intake": {"place": {"arrival": "folder"}}}}))
    submit(pair)
    await pair.run()
    (asset,) = pair.archived()
    pair.edit_netx(asset["id"], attributes={"Caption": ["A librarian's sentence"]})
    pair.overrides = merged(pair.overrides, {"accounts": {"archive": {"write_route": "rpc"}}})
    await pair.run()
    (asset,) = pair.archived()
    assert asset["attributes"]["Caption"] == ["A librarian's sentence"]
    assert asset["attributes"]["Credit"] == ["Riverbend"]


# one copy, whatever happens ------------------------------------------------------------------------------------------


@pytest.mark.hazard("P19")
@pytest.mark.hazard("P20")
@pytest.mark.parametrize("lag", [0, 30])
@pytest.mark.parametrize("fault", ["drop_reply", "drop_request"])
async def test_a_lost_import_is_looked_for_by_its_name_and_made_once(pair: World, fault: str, lag: int) -> None:
    pair.overrides = merged(BARE, {"accounts": {"archive": {"settle_seconds": 60}}, "engine": {"attempts": 1}})
    pair.switch("netx", index_lag_s=lag)
    submit(pair, 3)
    pair.faults("netx", {"match": IMPORT, "action": fault, "times": 2})
    await pair.run()
    for _ in range(4):
        pair.advance(70)
        await pair.run()
    assert pair.netx.world.faults.describe()["rules"][0]["fired"] == 2, "replies did get lost"
    assert copies(pair) == originals(3)
    assert ended(await pair.run(full=True)) == {"waiting": 3}
    assert attention(await pair.run(full=True)) == {"fields_wait": 3}


@pytest.mark.hazard("P19")
@pytest.mark.parametrize("route", [BARE, EMBEDDED], ids=["bare", "embedded"])
@pytest.mark.parametrize("step", ["deliver", "describe"])
@pytest.mark.parametrize("method", ["begin_step", "end_step"])
@pytest.mark.parametrize("after", [pytest.param(False, marks=pytest.mark.long), True], ids=["before", "after"])
async def test_a_process_that_dies_at_any_step_leaves_one_copy(
    systems: World, tmp_path: Path, route: dict[str, Any], step: str, method: str, after: bool
) -> None:
    pair = anew(systems, tmp_path, route)
    submit(pair, 2)
    plan = CrashPlan(method=method, step=step, after=after)
    await crashed_run(pair, plan)
    assert plan.crashed
    for _ in range(3):
        await pair.run()
    assert len(pair.archived()) == 2
    assert sorted(it["file_name"] for it in pair.archived()) == ["0.jpg", "1.jpg"]
    assert ended(await pair.run(full=True)) == {"waiting" if route is BARE else "unchanged": 2}
    if route is BARE:
        assert copies(pair) == originals(2)


@pytest.mark.hazard("P19")
async def test_a_process_that_dies_before_any_ledger_write_leaves_one_copy(systems: World, tmp_path: Path) -> None:
    calm = anew(systems, tmp_path / "calm", BARE)
    submit(calm)
    plan = CrashPlan()
    await crashed_run(calm, plan)
    assert len(plan.seen) >= 8
    for number in range(1, len(plan.seen) + 1):
        pair = anew(systems, tmp_path / str(number), BARE)
        submit(pair)
        torn = CrashPlan(at=number)
        await crashed_run(pair, torn)
        assert torn.crashed
        for _ in range(2):
            await pair.run()
        assert copies(pair) == originals(1), f"dead at write {number} ({torn.seen[-1]})"


@pytest.mark.hazard("P20")
@pytest.mark.parametrize("lost", [False, True])
async def test_a_site_that_folds_the_same_bytes_is_believed_and_a_person_is_asked(pair: World, lost: bool) -> None:
    pair.switch("netx", **{"metadata.checksumEnabled": True, "duplicate_detection": True})
    pair.overrides = merged(BARE, {"engine": {"attempts": 1, "concurrency": 1}})
    submit(pair)
    assert attention(await pair.run()) == {"fields_wait": 1}
    pair.submit(picture(0), file_name="twin.jpg", containers=["Intake/Harbour"], iptc=approved(title="Twin"))
    if lost:
        pair.faults("netx", {"match": IMPORT, "action": "drop_reply", "times": 1})
    seen = Counter[str]()
    for _ in range(3):
        seen.update(attention(await pair.run()))
        pair.advance(5)
    assert seen["same_bytes_exist"] == 1
    assert copies(pair) == originals(1)
    assert pair.archived()[0]["name"] == "T0", "an older asset is not ours to describe"


async def test_a_copy_that_shows_up_late_is_told_though_the_second_was_answered(pair: World) -> None:
    pair.switch("netx", index_lag_s=90)
    pair.overrides = merged(BARE, {"accounts": {"archive": {"settle_seconds": 60}}, "engine": {"attempts": 1}})
    submit(pair)
    pair.faults("netx", {"match": IMPORT, "action": "drop_reply", "times": 1})
    told = []
    for _ in range(4):
        told.append(attention(await pair.run()))
        pair.advance(61)
    assert {"two_copies": 1} in told
    assert not any(it.get("fields_wait") for it in told), "nothing counts as delivered while two stand there"


async def test_two_with_the_name_of_one_delivery_are_told_and_neither_is_touched(pair: World) -> None:
    """The wait was shorter than searches lag: what nobody can prevent then is at least said."""
    pair.switch("netx", index_lag_s=600)
    pair.overrides = merged(BARE, {"engine": {"attempts": 1}})
    submit(pair)
    pair.faults("netx", {"match": IMPORT, "action": "drop_reply", "times": 2})
    await pair.run()
    await pair.run()
    pair.advance(700)
    mark = pair.seq("netx")
    for _ in range(2):
        assert attention(await pair.run()) == {"two_copies": 1}
    assert pair.changes("netx", mark) == []
    assert len(pair.archived()) == 2
    spare = max(pair.archived(), key=lambda it: int(it["id"]))
    control(pair.netx.url, "DELETE", f"/__sim__/assets/{spare['id']}")
    lagging = (await pair.run()).summary["flows"]["intake"]
    assert (lagging["waiting"], lagging["done"]) == (1, 0), "searches still find what was thrown away"
    pair.advance(700)
    assert attention(await pair.run()) == {"fields_wait": 1}
    assert copies(pair) == originals(1)
