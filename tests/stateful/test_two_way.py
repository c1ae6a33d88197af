"""No edit that was ever seen is lost: people and accidents in four accounts against the real engine, step by step.

Each machine is a world of links with three copies each, in two accounts a side. People edit, rename, move, delete, restore and
replace; the clock moves; replies are lost after the write; answers are stale or do not come; hints are lost, doubled, late;
the process dies between any two writes to the ledger; a person's edit falls before a recheck or after it. What has to hold is
told by a witness from what happened, and by an oracle that has read the policy only.

Not among the rules: the loss of the whole store, for nothing rebuilds it yet.
"""

from __future__ import annotations

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from support.two_way_machine import Play

MET: Counter[str] = Counter()


class TwoWayMachine(RuleBasedStateMachine):
    """Hypothesis chooses; `Play` does."""

    def __init__(self) -> None:
        super().__init__()
        self.play = Play(MET)

    @initialize(seed=st.integers(0, 2**32 - 1))
    def begin(self, seed: int) -> None:
        self.play.begin(seed)
