"""A hundred thousand steps of the two-way proof, in parts that each choose their own worlds."""

from __future__ import annotations

import pytest

from stateful.test_two_way import prove, quiet

PARTS = range(200, 220)


@pytest.mark.long
@pytest.mark.hazard("P45")
@pytest.mark.hazard("P46")
@pytest.mark.timeout(590)
@pytest.mark.parametrize("part", PARTS)
def test_no_edit_that_was_seen_is_lost_in_the_long_run(part: int) -> None:
    prove(part)


__all__ = ["quiet"]
