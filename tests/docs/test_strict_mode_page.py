"""What the strict-mode page says is what happens: every cell is tried, strict and not, and the flows follow from that."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest
from generate_strict_mode import PAGE, page, trials, working

from dambridge.model.identity import FlowName, System
from dambridge.policy.needs import Outlook, outlook
from dambridge_sim.__main__ import make_vendor
from dambridge_sim.kit.serving import serve
from dambridge_sim.kit.simulator import Options
from support.pictures import approved, picture
from support.world import World

Found = Mapping[System, Mapping[str, str]]


@pytest.fixture(scope="module")
def strict() -> Found:
    return trials(strict=True)


def test_the_page_is_fresh(strict: Found) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(strict), "run python scripts/generate_strict_mode.py"


def test_with_every_operation_every_cell_works_and_every_flow_is_whole() -> None:
    """The exercises can be passed: a cell that fails in strict mode fails for want of the operation."""
    found = trials(strict=False)
    assert {cell: why for cells in found.values() for cell, why in cells.items() if why} == {}
    assert {flow: outlook(flow, working(found)) for flow in FlowName} == dict.fromkeys(FlowName, Outlook.WHOLE)
    assert sum(map(len, found.values())) >= 18


def test_what_strict_mode_allows(strict: Found) -> None:
    """Reading, searching and taking files in are confirmed; making places, taking out and writing fields are not."""
    can = working(strict)
    reads = {"reader.modified_window", "reader.originals", "finder.search", "archive.deliver"}
    assert reads <= can[System.PHOTOSHELTER] & can[System.NETX]
    writes = {"archive.folders", "archive.write_attributes", "archive.versions"}
    assert not writes & (can[System.PHOTOSHELTER] | can[System.NETX])
    assert "audience.read" in can[System.PHOTOSHELTER]
    outlooks = {flow: outlook(flow, can) for flow in FlowName}
    assert outlooks[FlowName.SEARCH] is Outlook.WHOLE
    assert outlooks[FlowName.PUBLISH] is outlooks[FlowName.SYNDICATE] is Outlook.WAITS


async def test_intake_in_strict_mode_says_what_it_waits_for_and_fails_nothing(tmp_path: Path) -> None:
    with ExitStack() as stack:
        ps, nx = [stack.enter_context(serve(make_vendor(it), Options(strict=True))) for it in ("photoshelter", "netx")]
        pair = World(ps, nx, tmp_path, {})
        for number in range(3):
            meta = approved(title=f"T{number}")
            pair.submit(picture(number), file_name=f"{number}.jpg", containers=["Intake/Harbour"], iptc=meta)
        flow = (await pair.run()).summary["flows"]["intake"]
    assert (flow["seen"], flow["done"], flow["failed"]) == (3, 0, 0), flow
    assert flow["waiting"] + flow["quarantined"] == 3
    assert flow["needs_attention"] == {"refused_by_system": 3}
