"""The planted faults of P32 to P50, each seen to make its tests fail; and the same tests over sound code, seen to pass."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from planted.parts import Runs, faults_of, runs
from planted.planting import Fault

pytestmark = [pytest.mark.long, pytest.mark.timeout(590)]


@pytest.fixture(scope="module")
def going(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    with runs("four", request.session.items, tmp_path_factory.mktemp("planted")) as it:
        yield it


def test_nothing_is_caught_where_nothing_is_planted(going: Runs) -> None:
    assert going.failings_unplanted() == []


@pytest.mark.parametrize("fault", faults_of("four"), ids=lambda it: it.name)
def test_a_planted_fault_is_caught(going: Runs, fault: Fault) -> None:
    assert going.misses_of(fault) == [], fault.plants
