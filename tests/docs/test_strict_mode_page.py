"""What the strict-mode page says is what happens: every cell is tried, strict and not, and the flows follow from that."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from generate_strict_mode import KNOWN, PAGE, page, trials, working

from dambridge.model.identity import FlowName, System
from dambridge.policy.needs import Outlook, outlook, stand_in, unmet

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
    assert "archive.take_out" not in can[System.PHOTOSHELTER]
    assert "archive.discard_folder" in can[System.PHOTOSHELTER]
    assert "archive.embedded" in can[System.NETX]


def test_every_flow_does_what_is_possible(strict: Found) -> None:
    can = working(strict)
    outlooks = {flow: outlook(flow, can) for flow in FlowName}
    assert outlooks.pop(FlowName.SEARCH) is Outlook.WHOLE
    assert set(outlooks.values()) == {Outlook.PART}, "no flow waits, and none claims more than part"
    told = page(strict)
    assert "What waits" not in told
    assert all(need.without in told or stand_in(need, can) for flow in FlowName for need in unmet(flow, can))


def test_what_is_not_confirmed_names_its_section_and_how_surely_it_is_known(strict: Found) -> None:
    missing = {(system, cell) for system, cells in strict.items() for cell, why in cells.items() if why}
    assert set(KNOWN) == missing
    assert len(missing) >= 8
    for told in KNOWN.values():
        assert re.search(r"\b(PS|NX) [EU]?\d", told), told
        assert re.search(r"SINGLE|INFERRED", told), told
        assert "CONFIRMED" not in told, told
