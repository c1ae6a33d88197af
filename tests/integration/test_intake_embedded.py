"""Intake where NetX takes no attributes over its API: fields arrive inside the files, and everything else stays as it was."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from PIL import Image

from dambridge.engine.delivery.proving import prove_links
from dambridge.engine.taking_in.previewing import preview
from dambridge.engine.taking_in.running import run_flow
from dambridge.model.identity import AccountId, AssetKey, CopyId, CopyRole, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed
from support.crashing import Crash, CrashingLedger, CrashPlan
from support.pictures import approved, captioned, picture
from support.world import World, world

FIELDS = ["title", "description", "keywords", "creator", "credit", "copyright_notice", "usage_terms", "date_created"]
TARGET = str(CopyId(AccountId("archive"), CopyRole.RECORD))
WORDS = {
    "title": "Ünï\tcode & <b>",
    "caption": "First line\nsecond -execute\n$x",
    "keywords": ["harbour", "true", "日本"],
    "author": "M. Field",
}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    archive = {"write_route": "embedded"}
    flows = {"intake": {"managed": FIELDS}}
    with world(tmp_path, accounts={"archive": archive}, flows=flows, engine={"attempts": 1}) as it:
        it.switch("netx", attribute_write="absent")  # nothing reaches an attribute but what a file says
        yield it


def submit(pair: World, number: int = 1, data: bytes | None = None, **more: Any) -> str:
    iptc = approved(**{**WORDS, **more})
    return pair.submit(data or picture(number), file_name=f"{number}.jpg", containers=["Intake/Harbour"], iptc=iptc)


def told(result: Any) -> dict[str, int]:
    flow = result.summary["flows"]["intake"]
    return {it: flow[it] for it in ("done", "unchanged", "waiting", "quarantined", "failed") if flow[it]}


def stored(pair: World, asset: str) -> bytes:
    token = pair.netx.credentials["token"]
    request = Request(f"{pair.netx.url}/api/file/asset/{asset}", headers={"Authorization": f"apiToken {token}"})
    with urlopen(request, timeout=30) as answer:
        return bytes(answer.read())


def pixels(data: bytes) -> str:
    return hashlib.sha256(Image.open(BytesIO(data)).convert("RGB").tobytes()).hexdigest()


async def agreed_of(pair: World, asset: str) -> Agreed:
    async with pair.bridge() as bridge:
        ledger, key = bridge.parts.ledger, AssetKey(AccountId("agency"), RemoteId(asset))
        link = (await ledger.links_of([key]))[key]
        return (await ledger.agreed([link]))[link]


async def reasons(pair: World, outcome: Outcome) -> list[Reason]:
    async with pair.bridge() as bridge:
        found = await bridge.parts.ledger.lingering(bridge.parts.flow, outcomes=[outcome], limit=10)
        return [it.reason for it in found if it.reason is not None]


@pytest.mark.hazard("P14")
async def test_fields_arrive_inside_the_file_and_a_second_run_writes_nothing(pair: World) -> None:
    data = picture(1)
    source = submit(pair, data=data)
    assert told(await pair.run()) == {"done": 1}
    (asset,) = pair.archived()
    assert asset["attributes"]["Caption"] == [WORDS["caption"]]
    assert asset["attributes"]["Title"] == [WORDS["title"]]
    assert sorted(asset["attributes"]["Keywords"]) == sorted(WORDS["keywords"])
    assert asset["file_name"] == "1.jpg"
    assert asset["containers"][0].startswith("PhotoShelter/")
    there = stored(pair, asset["id"])
    assert there != data
    assert pixels(there) == pixels(data)
    agreed = await agreed_of(pair, source)
    assert agreed.evidence[TARGET] == "embedded"
    assert agreed.evidence[f"{TARGET}.proof"] == "md5"
    assert agreed.content is not None
    assert agreed.content.sha256 == hashlib.sha256(data).hexdigest(), "what is agreed on is the original"
    given = agreed.given(CopyId.parse(TARGET))
    assert given is not None
    assert given.sha256 == hashlib.sha256(there).hexdigest()
    assert len(agreed.evidence[f"{TARGET}.essence"]) == 64
    mark = pair.seq("netx")
    for full in (False, True):
        assert told(await pair.run(full=full)) == {"unchanged": 1}
    assert pair.changes("netx", mark) == []
    async with pair.bridge() as bridge:
        assert await prove_links(bridge.parts, limit=10) == {"checked": 1, "differ": []}


def with_old_caption(data: bytes, caption: str) -> bytes:
    """The JPEG with this caption in an old IPTC block."""
    said = b"\x1c\x02\x78" + len(caption.encode()).to_bytes(2, "big") + caption.encode()
    body = b"Photoshop 3.0\x008BIM\x04\x04\x00\x00" + len(said).to_bytes(4, "big") + said + bytes(len(said) % 2)
    return data[:2] + b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body + data[2:]


@pytest.mark.parametrize(("old", "shown"), [("An older caption", "description"), ("The camera's caption", None)])
async def test_a_file_that_contradicts_itself_arrives_and_is_told_of(pair: World, old: str, shown: str | None) -> None:
    source = submit(pair, data=with_old_caption(captioned(1, "The camera's caption"), old))
    assert told(await pair.run()) == {"done": 1}
    assert (await agreed_of(pair, source)).evidence.get(f"{TARGET}.disagreements") == shown


async def test_an_edit_of_a_caption_makes_one_version_and_the_forecast_counts_its_bytes(pair: World) -> None:
    data = picture(1)
    source = submit(pair, data=data)
    await pair.run()
    (before,) = pair.archived()
    pair.edit_netx(before["id"], attributes={"Title": ["As our librarian wants it"]})
    pair.advance(60)
    pair.edit(source, iptc={"caption": "A better sentence"})
    async with pair.bridge() as bridge:
        plan = await preview(bridge.parts, full=True)
    assert plan.header.counts == {"add_version": 1}
    assert plan.header.forecast.bytes == len(data)
    assert told(await pair.run()) == {"done": 1}
    (asset,) = pair.archived()
    assert asset["attributes"]["Caption"] == ["A better sentence"]
    assert asset["attributes"]["Title"] == ["As our librarian wants it"], "people's edits travel back inside"
    assert asset["versions"] == before["versions"] + 1
    assert pixels(stored(pair, asset["id"])) == pixels(data)
    mark = pair.seq("netx")
    assert told(await pair.run(full=True)) == {"unchanged": 1}
    assert pair.changes("netx", mark) == []


async def test_new_bytes_at_the_source_become_a_version_with_the_fields_inside(pair: World) -> None:
    source = submit(pair)
    await pair.run()
    pair.advance(60)
    pair.edit(source, picture(7, side=80), iptc={"caption": "Better"})
    assert told(await pair.run()) == {"done": 1}
    (asset,) = pair.archived()
    assert asset["attributes"]["Caption"] == ["Better"]
    assert pixels(stored(pair, asset["id"])) == pixels(picture(7, side=80))
    assert told(await pair.run(full=True)) == {"unchanged": 1}


async def test_without_checksums_the_copy_is_read_back(pair: World) -> None:
    pair.switch("netx", **{"metadata.checksumEnabled": False})
    pair.overrides = {**pair.overrides, "flows": {"intake": {"managed": FIELDS, "verify_bytes": "always"}}}
    source = submit(pair)
    assert told(await pair.run()) == {"done": 1}
    assert (await agreed_of(pair, source)).evidence[f"{TARGET}.proof"] == "read_back"
    assert told(await pair.run(full=True)) == {"unchanged": 1}


@pytest.mark.hazard("P14")
async def test_a_later_sync_is_waited_for_and_nothing_is_sent_again(pair: World) -> None:
    pair.switch("netx", sync_delay_s=3600)
    source = submit(pair)
    first = await pair.run()
    assert told(first) == {"waiting": 1}
    assert first.exit_code == 0, "nobody is needed"
    mark = pair.seq("netx")
    assert told(await pair.run()) == {"waiting": 1}
    pair.advance(3700)
    assert told(await pair.run()) == {"done": 1}
    assert pair.changes("netx", mark) == []
    pair.edit(source, iptc={"caption": "A better sentence"})
    assert told(await pair.run()) == {"waiting": 1}
    mark = pair.seq("netx")
    assert told(await pair.run()) == {"waiting": 1}
    pair.advance(3700)
    assert told(await pair.run()) == {"done": 1}
    assert pair.changes("netx", mark) == []
    (asset,) = pair.archived()
    assert asset["versions"] == 2
    assert asset["attributes"]["Caption"] == ["A better sentence"]
    assert told(await pair.run(full=True)) == {"unchanged": 1}
    async with pair.bridge() as bridge:
        assert await prove_links(bridge.parts, limit=10) == {"checked": 1, "differ": []}


async def test_an_edit_while_the_first_file_is_waited_for_is_brought_by_a_version(pair: World) -> None:
    pair.switch("netx", sync_delay_s=3600)
    source = submit(pair)
    assert told(await pair.run()) == {"waiting": 1}
    pair.edit(source, iptc={"caption": "A better sentence"})
    assert told(await pair.run()) == {"waiting": 1}
    pair.advance(3700)
    assert told(await pair.run()) == {"done": 1}
    (asset,) = pair.archived()
    assert asset["versions"] == 2
    assert asset["attributes"]["Caption"] == ["A better sentence"]
    assert told(await pair.run(full=True)) == {"unchanged": 1}


async def test_what_is_never_read_out_of_the_file_ends_with_a_person(pair: World) -> None:
    pair.switch("netx", sync_delay_s=30 * 86400)
    submit(pair)
    assert told(await pair.run()) == {"waiting": 1}
    pair.advance(3 * 86400)
    assert told(await pair.run()) == {"quarantined": 1}
    assert len(pair.archived()) == 1


async def test_an_attribute_without_a_home_waits_and_so_does_a_kind_that_is_not_written(pair: World) -> None:
    pair.overrides = {**pair.overrides, "flows": {"intake": {"managed": [*FIELDS, "city"]}}}
    submit(pair, 1, city="Basel")
    submit(pair, 2)
    gif = BytesIO()
    Image.new("RGB", (8, 8), "red").save(gif, "GIF")
    pair.submit(gif.getvalue(), file_name="3.gif", containers=["Intake/Harbour"], iptc=approved())
    assert told(await pair.run()) == {"done": 1, "waiting": 2}
    assert len(pair.archived()) == 1
    whats = [str(it["what"]) for it in await reasons(pair, Outcome.WAITING)]
    assert sorted(whats) == ["have fields written into files of this kind", "write the attribute City"]


async def test_a_field_emptied_at_the_source_waits_for_no_file_can_empty_it(pair: World) -> None:
    source = submit(pair)
    await pair.run()
    pair.advance(60)
    mark = pair.seq("netx")
    pair.edit(source, iptc={"author": ""})
    assert told(await pair.run()) == {"waiting": 1}
    assert pair.changes("netx", mark) == []


async def test_a_file_that_cannot_be_written_into_is_put_aside_with_the_reason_and_is_not_sent(pair: World) -> None:
    gif = BytesIO()
    Image.new("RGB", (8, 8), "red").save(gif, "GIF")
    pair.submit(gif.getvalue(), file_name="1.jpg", containers=["Intake/Harbour"], iptc=approved())
    assert told(await pair.run()) == {"quarantined": 1}
    (reason,) = await reasons(pair, Outcome.QUARANTINED)
    assert reason.code is Code.NOT_EMBEDDED
    assert "image/gif" in str(reason["why"])
    assert pair.archived() == []


async def test_people_who_made_the_same_edit_themselves_are_not_sent_a_file(pair: World) -> None:
    source = submit(pair)
    await pair.run()
    pair.advance(60)
    (asset,) = pair.archived()
    pair.edit_netx(asset["id"], attributes={"Caption": ["Both"]})
    pair.edit(source, iptc={"caption": "Both"})
    mark = pair.seq("netx")
    assert told(await pair.run()) == {"unchanged": 1}
    assert pair.changes("netx", mark) == []
    assert told(await pair.run(full=True)) == {"unchanged": 1}


@pytest.mark.hazard("P19")
@pytest.mark.parametrize("edit", [False, True], ids=["create", "version"])
@pytest.mark.parametrize("method", ["begin_step", "end_step"])
@pytest.mark.parametrize("after", [pytest.param(False, marks=pytest.mark.long), True], ids=["before", "after"])
async def test_a_crash_between_delivery_and_reading_back_leaves_one_copy(
    pair: World, method: str, edit: bool, after: bool
) -> None:
    steps = ["version", "describe"] if edit else ["deliver", "describe", "place"]
    source = submit(pair)
    for number, step in enumerate(steps):
        if edit:
            await pair.run()
            pair.advance(3600)
            pair.edit(source, iptc={"caption": f"Sentence {number}"})
        else:
            source = submit(pair, 10 + number)
        plan = CrashPlan(method=method, step=step, after=after)
        await run_until_crash(pair, plan)
        assert plan.crashed
        for _ in range(3):
            await pair.run()
        assert told(await pair.run(full=True)) == {"unchanged": 1 if edit else 2 + number}
        assert len(pair.archived()) == (1 if edit else 2 + number)
        if edit:
            (asset,) = pair.archived()
            assert asset["attributes"]["Caption"] == [f"Sentence {number}"]
            assert asset["versions"] == 2 + number


@pytest.mark.hazard("P19")
@pytest.mark.parametrize("method", ["begin_step", "end_step"])
@pytest.mark.parametrize("after", [pytest.param(False, marks=pytest.mark.long), True], ids=["before", "after"])
async def test_a_crash_while_an_edit_overtakes_the_first_file_leaves_one_copy_and_one_version(
    pair: World, method: str, after: bool
) -> None:
    pair.switch("netx", sync_delay_s=3600)
    source = submit(pair)
    assert told(await pair.run()) == {"waiting": 1}
    pair.edit(source, iptc={"caption": "A better sentence"})
    plan = CrashPlan(method=method, step="version", after=after)
    await run_until_crash(pair, plan)
    assert plan.crashed
    await pair.run()
    pair.advance(3700)
    await pair.run()
    assert told(await pair.run(full=True)) == {"unchanged": 1}
    (asset,) = pair.archived()
    assert asset["versions"] == 2
    assert asset["attributes"]["Caption"] == ["A better sentence"]


async def run_until_crash(pair: World, plan: CrashPlan) -> None:
    with contextlib.suppress(Crash, asyncio.CancelledError, BaseExceptionGroup):
        async with pair.bridge() as bridge:
            bridge.parts.ledger = CrashingLedger(bridge.parts.ledger, plan)
            await run_flow(bridge.parts)
