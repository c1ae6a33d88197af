"""Two hundred thousand steps of the two-way proof, in parts that each choose their own worlds."""

from __future__ import annotations

import json

import pytest

from stateful.test_two_way import EXAMPLES, FLOORS, quiet, walked

PARTS = range(100, 140)
"""Parts of five thousand steps, none of which `make test` walks."""


@pytest.mark.long
@pytest.mark.hazard("P45")
@pytest.mark.hazard("P46")
@pytest.mark.timeout(590)
@pytest.mark.parametrize("part", PARTS)
def test_no_edit_that_was_seen_is_lost_in_the_long_run(part: int) -> None:
    met = walked(part, examples=EXAMPLES)
    print(json.dumps({"part": part, **dict(sorted(met.items()))}))
    short = {name: (met[name], floor) for name, floor in FLOORS.items() if met[name] < floor}
    assert not short, f"too little was met to prove anything: {short}"


__all__ = ["quiet"]
