"""Every pair of status changes on every pair of copies, as the oracle says; then a hundred runs without a write.

Shown by a rating, which cannot say everything, and an attribute."""

from __future__ import annotations

import pytest

from stateful.test_lifecycle import ALL, PARTS, all_pairs

pytestmark = [pytest.mark.long, pytest.mark.timeout(590)]


@pytest.mark.hazard("P15")
@pytest.mark.hazard("P45")
@pytest.mark.hazard("P46")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("way", sorted(ALL))
def test_all_pairs_end_as_the_table_says(way: str, part: int) -> None:
    all_pairs("rating", way, part)
