"""Each flow says what it needs and what happens without; what stands in the way is found, and nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.identity import FlowName, System
from dambridge.policy.needs import NEEDS, Outlook, outlook, unmet
from dambridge.ports.capabilities import ArchiveCapabilities, ReaderCapabilities

EVERY: Mapping[System, frozenset[str]] = {
    system: frozenset(it.cell for needs in NEEDS.values() for it in needs if it.system is system) for system in System
}


@pytest.mark.parametrize("flow", list(FlowName))
def test_a_flow_does_all_of_it_where_everything_is_proven_and_waits_where_nothing_is(flow: FlowName) -> None:
    assert outlook(flow, EVERY) is Outlook.WHOLE
    assert outlook(flow, {}) is Outlook.WAITS


@pytest.mark.parametrize("flow", list(FlowName))
def test_each_need_alone_stops_the_flow_or_leaves_part_of_it(flow: FlowName) -> None:
    for need in NEEDS[flow]:
        can = {**EVERY, need.system: EVERY[need.system] - {need.cell}}
        assert unmet(flow, can) == (need,)
        assert outlook(flow, can) is (Outlook.WAITS if need.essential else Outlook.PART)


@given(st.sets(st.sampled_from([(it.system, it.cell) for needs in NEEDS.values() for it in needs])))
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
    assert {it.cell for needs in NEEDS.values() for it in needs} <= members


def test_nothing_goes_out_where_no_way_back_is_proven() -> None:
    can = {**EVERY, System.PHOTOSHELTER: EVERY[System.PHOTOSHELTER] - {"archive.take_out"}}
    assert outlook(FlowName.PUBLISH, can) is outlook(FlowName.SYNDICATE, can) is Outlook.WAITS
