"""Twenty-five thousand events of publishing and withdrawing, in parts that each choose their own worlds."""

from __future__ import annotations

import pytest

from stateful.test_publish_history import EVENTS, prove, quiet

PARTS = range(100, 110)
WORLDS = 10
"""At the floors of the quick profile the parts come to 5,000 publications and 5,000 withdrawals, and they meet far more."""


@pytest.mark.long
@pytest.mark.hazard("P40")
@pytest.mark.timeout(590)
@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_seen_that_may_not_be_in_the_long_run(part: int) -> None:
    prove(part, WORLDS, EVENTS)


__all__ = ["quiet"]
