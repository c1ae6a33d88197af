"""Files that nothing may be written into at a site that reads them: sent as they are or waiting; never changed."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from PIL import Image

from dambridge.bootstrap import Bridge
from dambridge.connectors.netx.archive import NetxArchive
from dambridge.connectors.netx.config import WriteRoute
from dambridge.connectors.netx.routes import AttributeRoutes, FieldRoute
from dambridge.engine.mirroring.flow import MirrorFlow
from dambridge.engine.taking_in.running import run_flow
from dambridge.model.identity import AccountId, FlowName
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import MediaType
from dambridge.ports.capabilities import Proof
from support.pictures import approved, picture
from support.signatures import signed
from support.world import World, merged, world

FIELDS = ["title", "description", "credit"]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[World]:
    archive = {"write_route": "embedded"}
    flows = {"intake": {"managed": FIELDS}}
    with world(tmp_path, accounts={"archive": archive}, flows=flows, engine={"attempts": 1}) as it:
        it.switch("netx", attribute_write="absent")
        yield it


def submit(pair: World, data: bytes, name: str = "1.jpg") -> str:
    return pair.submit(data, file_name=name, containers=["Intake/Harbour"], iptc=approved(title="Harbour"))


def gif() -> bytes:
    out = BytesIO()
    Image.new("RGB", (8, 8), "red").save(out, "GIF")
    return out.getvalue()


def told(result: Any) -> dict[str, int]:
    flow = result.summary["flows"]["intake"]
    return {it: flow[it] for it in ("done", "unchanged", "waiting", "quarantined", "failed") if flow[it]}


def stored(pair: World) -> bytes:
    (asset,) = pair.archived()
    token = pair.netx.credentials["token"]
    address = f"{pair.netx.url}/api/file/asset/{asset['id']}"
    with urlopen(Request(address, headers={"Authorization": f"apiToken {token}"}), timeout=30) as answer:
        return bytes(answer.read())


async def why(pair: World) -> Reason:
    async with pair.bridge() as bridge:
        found = await bridge.parts.ledger.lingering(bridge.parts.flow, outcomes=[Outcome.WAITING], limit=10)
    (only,) = [it.reason for it in found]
    assert only is not None
    return only


def deliver_anyway(pair: World) -> None:
    pair.overrides = merged(pair.overrides, {"flows": {"intake": {"unproven_fields": "deliver"}}})


def downloads(pair: World, after: int) -> list[str]:
    return [it["path"] for it in pair.journal("photoshelter", after) if it["path"].endswith("/download")]


async def test_a_signed_file_waits_and_the_reason_names_what_lacks(pair: World) -> None:
    submit(pair, signed(picture(1)))
    submit(pair, picture(2), "2.jpg")
    assert told(await pair.run()) == {"done": 1, "waiting": 1}
    reason = await why(pair)
    assert reason.code is Code.FILE_UNTOUCHED
    assert "C2PA" in str(reason["why"])
    assert tuple(reason["fields"]) == ("credit", "description", "title")  # type: ignore[arg-type]
    assert [it["file_name"] for it in pair.archived()] == ["2.jpg"]


@pytest.mark.parametrize("data", [signed(picture(1)), gif()], ids=["signed", "of another kind"])
async def test_where_fields_may_wait_the_file_arrives_as_it_is_and_is_not_fetched_again(
    pair: World, data: bytes
) -> None:
    deliver_anyway(pair)
    source = submit(pair, data)
    assert told(await pair.run()) == {"waiting": 1}
    assert stored(pair) == data
    reason = await why(pair)
    assert (reason.code, tuple(reason["fields"])) == (Code.FIELDS_WAIT, ("credit", "description", "title"))  # type: ignore[arg-type]
    here, there = pair.seq("photoshelter"), pair.seq("netx")
    pair.advance(60)
    pair.edit(source, iptc={"caption": "Another"})
    for full in (False, True):
        assert told(await pair.run(full=full)) == {"waiting": 1}
    assert pair.changes("netx", there) == []
    assert len(downloads(pair, here)) <= 1, "an edit of fields alone asks once whether the bytes moved"
    assert stored(pair) == data


async def test_new_bytes_of_it_are_looked_at_anew(pair: World) -> None:
    deliver_anyway(pair)
    source = submit(pair, signed(picture(1)))
    await pair.run()
    pair.advance(60)
    pair.edit(source, picture(2))
    assert told(await pair.run()) == {"done": 1}
    (asset,) = pair.archived()
    assert asset["attributes"]["Title"] == ["Harbour"]
    assert stored(pair) != picture(2)


@pytest.mark.parametrize(("data", "name"), [(signed(picture(1)), "1.jpg"), (gif(), "1.gif")], ids=["signed", "kind"])
async def test_its_fields_go_by_a_call_where_calls_are_known_to_work(pair: World, data: bytes, name: str) -> None:
    pair.switch("netx", attribute_write="update_asset")
    submit(pair, data, name)
    submit(pair, picture(2), "2.jpg")
    async with pair.bridge() as bridge:
        _both_ways(bridge)
        assert told(await run_flow(bridge.parts)) == {"done": 2}
        found = {it["file_name"]: it for it in pair.archived()}
        assert {it["attributes"]["Caption"][0] for it in found.values()} == {"A boat"}
        mark = pair.seq("netx")
        assert told(await run_flow(bridge.parts, full=True)) == {"unchanged": 2}
        assert pair.changes("netx", mark) == []


@pytest.mark.hazard("P21")
@pytest.mark.parametrize(("data", "name"), [(signed(picture(1)), "1.jpg"), (gif(), "1.gif")], ids=["signed", "kind"])
async def test_a_two_way_flow_writes_its_fields_by_a_call_and_those_of_other_files_wait(
    pair: World, data: bytes, name: str
) -> None:
    rights = {"between": ["agency", "archive"], "groups": {"credit": {"fields": ["credit"], "authority": "ask"}}}
    proven = {"agency": {"proven": ["write_iptc", "write_media"]}}
    pair.overrides = merged(pair.overrides, {"accounts": proven, "flows": {"rights": rights}})
    pair.switch("netx", attribute_write="update_asset")
    assets = [submit(pair, data, name), submit(pair, picture(2), "2.jpg")]
    async with pair.bridge() as bridge:
        flow = bridge.flows[FlowName.RIGHTS]
        assert isinstance(flow, MirrorFlow)
        for site in (bridge.parts.target, flow.parts.sites[AccountId("archive")]):
            _both_ways(bridge, site.archive)
        assert told(await run_flow(bridge.parts)) == {"done": 2}
        await flow.run(command=None, full=True)
        pair.advance(60)
        for it in assets:
            pair.edit(it, iptc={"credit": "Somebody"})
        ran = (await flow.run(command=None, full=True)).summary["flows"]["rights"]
        assert ran["done"] == 1, ran
        assert ran["needs_attention"] == {"capability_unproven": 1}, ran
        said = {it["file_name"]: it["attributes"].get("Credit") for it in pair.archived()}
        assert (said[name], said["2.jpg"] == ["Somebody"]) == (["Somebody"], False)


def _both_ways(bridge: Bridge, archive: object = None) -> None:
    """As after a probe that saw calls take single attributes, and files bring them."""
    archive = archive or bridge.parts.target.archive
    archive = getattr(archive, "_inner", archive)  # behind the keeper of the search index, which hears what is read
    assert isinstance(archive, NetxArchive)
    names = ["Title", "Caption", "Credit"]
    archive._routes = AttributeRoutes(
        fields={it: FieldRoute(WriteRoute.RPC, Proof.PROVEN) for it in names},
        other=FieldRoute(WriteRoute.NONE, Proof.ABSENT),
        embedded={MediaType.IMAGE: dict.fromkeys(names, Proof.PROVEN)},
    )
    archive._capabilities = archive._routes.laid_over(archive._capabilities)
