"""Each flow says what it needs and what happens without; what stands in the way is found, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.identity import FlowName, System
from dambridge.policy.needs import NEEDS, Outlook, cells_of, outlook, stand_in, unmet
from dambridge.ports.capabilities import ArchiveCapabilities, ReaderCapabilities

EVERY: Mapping[System, frozenset[str]] = {system: frozenset(cells_of(system)) for system in System}


@pytest.mark.parametrize("flow", list(FlowName))
def test_a_flow_does_all_of_it_where_everything_is_proven_and_waits_where_nothing_is(flow: FlowName) -> None:
    assert outlook(flow, EVERY) is Outlook.WHOLE
    assert outlook(flow, {}) is Outlook.WAITS


@pytest.mark.parametrize("flow", list(FlowName))
def test_each_need_alone_stops_the_flow_or_leaves_part_of_it(flow: FlowName) -> None:
    for need in NEEDS[flow]:
        can = {**EVERY, need.system: EVERY[need.system] - {need.cell}}
        assert unmet(flow, can) == (need,)
        assert stand_in(need, can) == need.instead
        stops = need.essential and need.instead is None
        assert outlook(flow, can) is (Outlook.WAITS if stops else Outlook.PART)


@pytest.mark.parametrize("flow", list(FlowName))
def test_where_nothing_stands_in_an_essential_need_stops_the_flow(flow: FlowName) -> None:
    for need in NEEDS[flow]:
        gone = {need.cell, *((need.instead.cell,) if need.instead else ())}
        can = {**EVERY, need.system: EVERY[need.system] - gone}
        assert stand_in(need, can) is None
        assert outlook(flow, can) is (Outlook.WAITS if need.essential else Outlook.PART)


@given(st.sets(st.sampled_from([(system, cell) for system in System for cell in cells_of(system)])))
def test_more_proof_never_makes_a_flow_worse(proven: set[tuple[System, str]]) -> None:
    order = [Outlook.WAITS, Outlook.PART, Outlook.WHOLE]
    can: dict[System, set[str]] = defaultdict(set)
    before = dict.fromkeys(FlowName, 0)
    for system, cell in sorted(proven):
        can[system].add(cell)
        now = {flow: order.index(outlook(flow, can)) for flow in FlowName}
        assert all(now[flow] >= before[flow] for flow in FlowName)
        before = now


def test_cells_are_members_of_the_capabilities() -> None:
    members = {
        *(f"reader.{it}" for it in ReaderCapabilities.__dataclass_fields__),
        *(f"archive.{it}" for it in ArchiveCapabilities.__dataclass_fields__),
        "audience.read",
        "audience.set_visibility",
        "finder.search",
    }
    assert {cell for system in System for cell in cells_of(system)} <= members
    assert sum(len(cells_of(system)) for system in System) >= 20


def test_nothing_goes_out_where_no_way_back_is_proven() -> None:
    coarse = {**EVERY, System.PHOTOSHELTER: EVERY[System.PHOTOSHELTER] - {"archive.take_out"}}
    assert outlook(FlowName.PUBLISH, coarse) is outlook(FlowName.SYNDICATE, coarse) is Outlook.PART
    can = {**EVERY, System.PHOTOSHELTER: coarse[System.PHOTOSHELTER] - {"archive.discard_folder"}}
    assert outlook(FlowName.PUBLISH, can) is outlook(FlowName.SYNDICATE, can) is Outlook.WAITS
