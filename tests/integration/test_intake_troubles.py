"""What goes wrong in a day of real work, one trouble at a time: what it costs, what is said of it, and that it heals."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine.running import RunResult
from support.pictures import approved, picture
from support.world import World, control, world

GALLERY = ["Intake/Harbour"]
ENDS = ("done", "unchanged", "skipped", "waiting", "quarantined", "failed")
IMPORT = {"method": "POST", "path": "/api/import*"}
PASSING: list[tuple[str, dict[str, str]]] = [
    ("photoshelter", {"path": "*/authenticate*"}),
    ("photoshelter", {"path": "*/library*"}),
    ("photoshelter", {"path": "*/galleries/*/children"}),
    ("photoshelter", {"path": "*/media"}),
    ("photoshelter", {"path": "*/media/*"}),
    ("photoshelter", {"path": "*/download"}),
    ("netx", {"rpc": "getAttributes"}),
    ("netx", {"rpc": "getFolderByPath"}),
    ("netx", {"rpc": "createFolderFromPath"}),
    ("netx", IMPORT),
    ("netx", {"rpc": "getAssets"}),
    ("netx", {"rpc": "getAssetsByFolder"}),
    ("netx", {"rpc": "updateAsset"}),
    ("netx", {"rpc": "addAssetToFolder"}),
    ("netx", {"rpc": "removeAssetFromFolder"}),
]


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("systems")) as it:
        yield it


@pytest.fixture
def pair(systems: World, tmp_path: Path) -> World:
    return systems.anew(tmp_path)


REFUSED = [
    pytest.param(
        system,
        match,
        status,
        id=f"{system} {'/'.join(match.values())} {status}",
        marks=pytest.mark.long if (place + turn) % 2 else (),
    )
    for place, (system, match) in enumerate(PASSING)
    for turn, status in enumerate((401, 503))
]
"""In the quick profile one refusal of each call, 401 and 503 in turn."""


def submit(pair: World, count: int, first: int = 0, **meta: Any) -> list[str]:
    return [
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=GALLERY, iptc=approved(title=f"T{it}"), **meta)
        for it in range(first, first + count)
    ]


def flow_of(result: RunResult) -> dict[str, Any]:
    flow: dict[str, Any] = result.summary["flows"]["intake"]
    assert flow["seen"] == sum(flow[it] for it in ENDS), "every item seen has one end"
    return flow


def ended(result: RunResult) -> dict[str, int]:
    flow = flow_of(result)
    return {it: flow[it] for it in ENDS if flow[it]}


@pytest.mark.hazard("P03")
@pytest.mark.parametrize(("system", "match", "status"), REFUSED)
async def test_one_passing_refusal_at_any_call_needs_nobody(
    pair: World, system: str, match: Mapping[str, str], status: int
) -> None:
    assets = submit(pair, 2)
    pair.faults(system, {"match": match, "action": "status", "status": status, "times": 1})
    await pair.run()
    pair.advance(1800)
    second = await pair.run()
    assert second.exit_code == 0
    assert flow_of(second)["needs_attention"] == {}
    assert {it: len(copies) for it, copies in pair.by_source().items()} == dict.fromkeys(assets, 1)
    rules = getattr(pair, system).world.faults.describe()["rules"]
    assert rules[0]["fired"] == 1, "the refusal did fall"


@pytest.mark.hazard("P05")
async def test_an_empty_file_is_quarantined_and_heals_when_it_is_replaced(pair: World) -> None:
    good = submit(pair, 1)[0]
    empty = pair.submit(b"", file_name="empty.jpg", containers=GALLERY, iptc=approved())
    first = await pair.run()
    assert ended(first) == {"done": 1, "quarantined": 1}
    assert flow_of(first)["needs_attention"] == {"empty_file": 1}
    assert first.exit_code == 3
    assert list(pair.by_source()) == [good]
    again = await pair.run()
    assert flow_of(again)["done"] == 0, "what has not changed is not fetched again"
    pair.advance(3600)
    pair.edit(empty, picture(5))
    healed = await pair.run()
    assert healed.exit_code == 0
    assert pair.by_source()[empty][0]["sha256"] == hashlib.sha256(picture(5)).hexdigest()


@pytest.mark.hazard("P05")
@pytest.mark.parametrize("cut_at", [0, 1, 600])
async def test_a_download_that_is_cut_is_never_taken_for_the_file(pair: World, cut_at: int) -> None:
    (asset,) = submit(pair, 1)
    pair.faults("photoshelter", {"match": {"path": "*/download"}, "action": "truncate", "bytes": cut_at, "times": 2})
    await pair.run()
    pair.advance(1800)
    result = await pair.run()
    assert result.exit_code == 0
    (copy,) = pair.archived()
    assert copy["attributes"]["Source Id"] == [asset]
    assert copy["sha256"] == hashlib.sha256(picture(0)).hexdigest()


@pytest.mark.hazard("P07")
@pytest.mark.hazard("P18")
async def test_when_three_of_many_fail_the_next_run_touches_three(pair: World) -> None:
    quick = replace(pair, overrides={"engine": {"attempts": 1}})
    assets = submit(pair, 40)
    failing = sorted(assets)[::14][:3]
    pair.faults(
        "photoshelter",
        *({"match": {"path": f"*/media/{it}/download"}, "action": "status", "status": 400} for it in failing),
    )
    first = await quick.run()
    assert flow_of(first)["done"] == 37
    assert first.exit_code in {1, 3}
    assert sorted(set(assets) - set(pair.by_source())) == failing
    pair.faults("photoshelter")
    pair.advance(7200)
    for it in failing:
        pair.edit(it, iptc={"caption": "Looked at"})
    before = {it: pair.seq(it) for it in ("netx", "photoshelter")}
    second = await quick.run()
    assert flow_of(second)["done"] == 3
    touched = {
        it["path"].split("/")[-2]
        for it in pair.journal("photoshelter", before["photoshelter"])
        if "/download" in it["path"]
    }
    assert sorted(touched) == failing
    assert len([it for it in pair.changes("netx", before["netx"]) if it["path"].startswith("/api/import")]) == 3
    assert {len(it) for it in pair.by_source().values()} == {1}
    assert len(pair.archived()) == 40


@pytest.mark.hazard("P21")
async def test_a_rename_a_swap_of_names_and_a_move_make_nothing_new(pair: World) -> None:
    one, two, three = submit(pair, 3)
    await pair.run()
    ids = {it: copies[0]["id"] for it, copies in pair.by_source().items()}
    pair.advance(3600)
    pair.edit(one, file_name="1.jpg")
    pair.edit(two, file_name="0.jpg")
    pair.edit(three, file_name="2.JPG", containers=["Intake/Moved"])
    before = pair.seq("netx")
    result = await pair.run(full=True)
    assert result.exit_code == 0
    assert {it: [copy["id"] for copy in copies] for it, copies in pair.by_source().items()} == {
        it: [known] for it, known in ids.items()
    }
    assert [it for it in pair.changes("netx", before) if it["path"].startswith("/api/import")] == []
    assert {it["versions"] for it in pair.archived()} == {1}
    assert sorted(copies[0]["attributes"]["Title"][0] for copies in pair.by_source().values()) == ["T0", "T1", "T2"]


@pytest.mark.hazard("P23")
@pytest.mark.hazard("P24")
async def test_names_that_differ_in_form_or_case_alone_are_two_assets_each_with_its_own_bytes(pair: World) -> None:
    names = [unicodedata.normalize(form, "Glärnisch Å.jpg") for form in ("NFC", "NFD")] + ["A.jpg", "a.JPG"]
    made = {
        pair.submit(
            picture(it),
            file_name=name,
            containers=[f"Intake/{unicodedata.normalize('NFD', 'Gärten')}"],
            iptc=approved(),
        )
        for it, name in enumerate(names)
    }
    await pair.run()
    before = pair.seq("netx")
    assert (await pair.run()).exit_code == 0
    assert pair.changes("netx", before) == []
    assert set(pair.by_source()) == made
    assert sorted(it["sha256"] for it in pair.archived()) == sorted(
        hashlib.sha256(picture(it)).hexdigest() for it in range(4)
    )
    assert sorted(it["file_name"] for it in pair.archived()) == sorted(names), "each keeps its own spelling"
    assert len({unicodedata.normalize("NFC", it["containers"][0]) for it in pair.archived()}) == 1


@pytest.mark.hazard("P35")
@pytest.mark.parametrize("how", ["metadata", "reencode"])
@pytest.mark.parametrize("checksums", [True, False], ids=["checksums", "read back"])
async def test_a_file_that_the_target_rewrites_is_quarantined_and_named(pair: World, how: str, checksums: bool) -> None:
    pair.switch("netx", **{"metadata.checksumEnabled": checksums})
    submit(pair, 2)
    pair.faults("netx", {"match": IMPORT, "action": "alter_on_upload", "how": how, "times": 1})
    result = await pair.run()
    assert ended(result) == {"done": 1, "quarantined": 1}
    assert flow_of(result)["needs_attention"] == {"bytes_differ": 1}
    assert result.exit_code == 3
    away = [it for it in pair.archived() if it["containers"] == ["dambridge/quarantine"]]
    assert len(away) == 1
    assert not away[0]["attributes"].get("Source Id"), "what is not ours byte for byte is not described as if it were"
    before = pair.seq("netx")
    assert (await pair.run()).exit_code == 3
    assert pair.changes("netx", before) == [], "it is not sent for ever"


@pytest.mark.hazard("P44")
@pytest.mark.parametrize("nth", [3, 9, 15, 22])
async def test_a_session_that_ends_in_the_middle_is_renewed(pair: World, nth: int) -> None:
    assets = submit(pair, 5)
    pair.faults("photoshelter", {"match": {"nth": nth}, "action": "expire_token"})
    result = await pair.run()
    assert result.exit_code == 0
    assert sorted(pair.by_source()) == sorted(assets)


@pytest.mark.hazard("P44")
async def test_a_storm_of_429_slows_and_does_not_end_the_run(pair: World) -> None:
    assets = submit(pair, 6)
    storm = {"action": "status", "status": 429, "headers": {"Retry-After": "1"}, "times": 3}
    pair.faults("photoshelter", {"match": {"path": "*/download"}, **storm})
    pair.faults("netx", {"match": {"rpc": "updateAsset"}, **storm})
    result = await pair.run()
    assert result.exit_code == 0
    assert sorted(pair.by_source()) == sorted(assets)


@pytest.mark.hazard("P48")
async def test_each_kind_of_end_is_counted_once_and_the_sums_match(pair: World) -> None:
    submit(pair, 2)
    await pair.run()
    pair.submit(picture(10), file_name="new.jpg", containers=GALLERY, iptc=approved())
    pair.submit(picture(11), file_name="draft.jpg", containers=GALLERY, iptc={"edit_status": "draft", "credit": "R"})
    pair.submit(picture(12), file_name="poor.jpg", containers=GALLERY, iptc={"edit_status": "approved"})
    pair.submit(picture(13)[:500], file_name="cut.jpg", containers=GALLERY, iptc=approved())
    unread = pair.submit(picture(14), file_name="unread.jpg", containers=GALLERY, iptc=approved())
    gone = pair.submit(picture(15), file_name="later.jpg", containers=GALLERY, iptc=approved())
    pair.faults(
        "photoshelter",
        {"match": {"path": f"*/media/{unread}"}, "action": "status", "status": 404, "body": "a proxy's page"},
        {"match": {"path": f"*/media/{gone}/download"}, "action": "status", "status": 400},
    )
    result = await pair.run(full=True)
    flow = flow_of(result)
    assert flow["seen"] == 8
    assert (flow["done"], flow["unchanged"], flow["skipped"]) == (1, 2, 1)
    assert flow["waiting"] + flow["quarantined"] + flow["failed"] == 4
    assert sum(flow["needs_attention"].values()) >= 3
    assert result.exit_code in {1, 3}
    async with pair.bridge() as bridge:
        ledger = bridge.parts.ledger
        items = await ledger.items(result.run)
        counts = (await ledger.counts(result.run)).to_json()
    assert len({it.key for it in items}) == len(items) == 8
    assert {it: flow[it] for it in counts} == counts
    assert all(it.reason.code and (it.waits_for or it.outcome != "waiting") for it in items)


@pytest.mark.hazard("P16")
async def test_unread_is_never_taken_for_deleted(pair: World) -> None:
    one, two = submit(pair, 2)
    await pair.run()
    pair.advance(2 * 86_400)
    answers = {"action": "status", "status": 404, "body": "nothing here"}
    pair.faults("photoshelter", {"match": {"path": f"*/media/{one}"}, **answers})
    result = await pair.run()
    async with pair.bridge() as bridge:
        ends = {str(it.key.remote_id): str(it.reason.code) for it in await bridge.parts.ledger.items(result.run)}
    assert ends == {one: "source_unread", two: "in_step"}
    control(pair.photoshelter.url, "POST", "/__sim__/faults", {"rules": []})
    control(pair.photoshelter.url, "DELETE", f"/__sim__/assets/{one}")
    pair.advance(2 * 86_400)
    result = await pair.run()
    async with pair.bridge() as bridge:
        ends = {str(it.key.remote_id): str(it.reason.code) for it in await bridge.parts.ledger.items(result.run)}
    assert ends.get(two) == "in_step"
    assert ends.get(one, "gone_at_source") == "gone_at_source", "what is really gone is said to be gone"
    assert len(pair.archived()) == 2, "intake removes nothing"
