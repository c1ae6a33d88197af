"""The decision held against an oracle that knows the policy and the history of edits, and none of the code."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dambridge.model.identity import CopyId
from dambridge.policy.mirror import MirrorPolicy
from support.mirror import THREE, TWO
from support.mirror_histories import STEPS, chance_policy, chance_steps, enough, history, policies

FLOORS = {
    "histories": 100,
    "conflicts open": 20,
    "conflicts moot": 4,
    "conflicts settled": 3,
    "rulings": 3,
    "overruled": 30,
    "echoes": 10,
    "merged by union": 3,
    "merged by most_restrictive": 1,
    "updates": 120,
    "versions": 20,
    "stale answers": 15,
    "lost reply": 10,
    "lost request": 10,
    "crash": 10,
}
"""A third at most of what chance gave on every seed that was tried."""


@pytest.mark.hazard("P46")
@pytest.mark.hazard("P45")
@pytest.mark.parametrize("copies", [TWO, THREE], ids=["two copies", "three copies"])
def test_the_smallest_history_that_differs_is_shown(copies: tuple[CopyId, ...]) -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=60, deadline=None)
    @given(policies(), st.booleans(), st.lists(STEPS, min_size=6, max_size=16))
    def holds(policy: MirrorPolicy, alike: bool, steps: list[tuple[Any, ...]]) -> None:
        history(policy, copies, alike, steps, met)

    holds()
    enough(met, {"histories": 40})


@pytest.mark.hazard("P46")
@pytest.mark.hazard("P45")
@pytest.mark.parametrize("copies", [TWO, THREE], ids=["two copies", "three copies"])
def test_the_inbox_is_what_a_naive_reading_of_the_policy_says(copies: tuple[CopyId, ...]) -> None:
    met: Counter[str] = Counter()
    for seed in range(200):
        chance = random.Random(seed)
        history(chance_policy(chance), copies, chance.random() < 0.7, chance_steps(chance), met)
    enough(met, FLOORS)
