"""No edit that was ever seen is lost: people and accidents in four accounts against the real engine, step by step.

Each machine is a world of links with three copies each, in two accounts a side. People edit, rename, move, delete, restore and
replace; the clock moves; replies are lost after the write; answers are stale or do not come; hints are lost, doubled, late;
the process dies between any two writes to the ledger; a person's edit falls before a recheck or after it; the whole store is
lost and made anew. What has to hold is told by a witness from what happened, and by an oracle that has read the policy and
none of the code.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count
from typing import ClassVar

import pytest
import structlog
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from support.same_walks import walks_by_seed_alone
from support.two_way_machine import Play

LINK, COPY, FIELD = st.integers(0, 1), st.integers(0, 2), st.integers(0, 3)
VALUE, FEW, SOME = st.integers(0, 15), st.integers(0, 4), st.integers(0, 63)
PARTS, STEPS = 4, 5000
"""Four parts of so many steps: twenty thousand in all."""
WORLDS_AT_ONCE, STEPS_OF_A_WORLD = 20, 50
"""Few worlds at once: of many, Hypothesis makes five in six by copying steps of the sixth."""
STEPS_BETWEEN_RESTS, STEPS_BETWEEN_ORDERS, STEPS_BETWEEN_LOSSES = 6, 6, 16
FLOORS: Mapping[str, int] = {
    "steps": 5000,
    "runs": 3100,
    "writes": 1850,
    "crashes": 60,
    "replies lost": 190,
    "replays": 57,
    "conflicts opened": 125,
    "merges": 1080,
    "adoptions": 64,
    "rulings": 25,
    "inboxes compared": 5800,
    "groups in step at rest": 1130,
    "groups in conflict at rest": 75,
    "edits while a run was at it": 25,
    "edits right after a write": 185,
    "edits after our write": 134,
    "orders compared": 68,
    "stale answers": 208,
    "comings and goings": 29,
    "copies let go": 5,
    "rebuilds": 26,
    "rests": 230,
    "claims held": 5500,
}
"""Least counts in each part: about three quarters of the least that is met in any of the quick and the long run."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


class TwoWayMachine(RuleBasedStateMachine):
    """Hypothesis chooses; `Play` does, and checks after each run."""

    met: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.play = Play(self.met)
        self.rested = self.ordered = self.lost = self.met["steps"]

    def teardown(self) -> None:
        try:
            if self.play.world is not None:
                self.play.come_to_rest()
        finally:
            self.play.close()

    @initialize(start=st.integers(0, 2**32 - 1))
    def begin(self, start: int) -> None:
        self.play.begin(start)

    @rule(link=LINK, copy=COPY, field=FIELD, value=VALUE)
    def somebody_edits(self, link: int, copy: int, field: int, value: int) -> None:
        self.met["steps"] += 1
        self.play.edit(link, copy, field, value)

    @rule(link=LINK, copy=COPY, field=FIELD, value=VALUE, other=VALUE)
    def two_people_edit(self, link: int, copy: int, field: int, value: int, other: int) -> None:
        self.met["steps"] += 1
        self.play.edit(link, copy, field, value)
        self.play.edit(link, copy + 1, field, other)

    @rule(link=LINK, copy=COPY, field=FIELD, value=VALUE)
    def somebody_edits_and_puts_it_back(self, link: int, copy: int, field: int, value: int) -> None:
        self.met["steps"] += 1
        self.play.edit_and_back(link, copy, field, value)

    @rule(link=LINK, copy=COPY, how=FEW)
    def somebody_takes_away_or_restores(self, link: int, copy: int, how: int) -> None:
        self.met["steps"] += 1
        self.play.come_or_go(link, copy, how)

    @rule(which=FEW, side=COPY)
    def somebody_rules(self, which: int, side: int) -> None:
        self.met["steps"] += 1
        self.play.rules(which, side)

    @rule(which=FEW)
    def time_goes_by(self, which: int) -> None:
        self.met["steps"] += 1
        self.play.tick(which)

    @rule(link=LINK, copy=COPY, times=COPY)
    def a_hint_comes(self, link: int, copy: int, times: int) -> None:
        self.met["steps"] += 1
        self.play.hint(link, copy, times)

    @rule(link=LINK, copy=COPY)
    def a_hint_is_lost(self, link: int, copy: int) -> None:
        self.met["steps"] += 1
        self.play.lose_a_hint(link, copy)

    @precondition(lambda self: self.met["steps"] >= self.ordered + STEPS_BETWEEN_ORDERS)
    @rule(link=LINK, field=FIELD, value=VALUE, order=SOME)
    def edits_of_all_links_and_runs_in_another_order(self, link: int, field: int, value: int, order: int) -> None:
        self.met["steps"] += 1
        self.ordered = self.met["steps"]
        for copy in range(3):
            self.play.edit(link + copy, copy + value, field + copy, value + copy)
        self.play.run_in_another_order(order)

    @rule(full=st.booleans())
    def a_run(self, full: bool) -> None:
        self.met["steps"] += 1
        self.play.run(full=full)

    @rule(link=LINK, copy=COPY, field=FIELD, value=VALUE, when=SOME)
    def a_run_and_somebody_edits(self, link: int, copy: int, field: int, value: int, when: int) -> None:
        self.met["steps"] += 1
        self.play.run_with_somebody(link, copy, field, value, when=when)

    @rule(link=LINK, copy=COPY, field=FIELD, value=VALUE, account=FEW, fates=SOME)
    def an_edit_and_a_run_that_loses_replies(
        self, link: int, copy: int, field: int, value: int, account: int, fates: int
    ) -> None:
        self.met["steps"] += 1
        self.play.edit(link, copy, field, value)
        self.play.run_in_bad_weather(account, fates)

    @rule(link=LINK, copy=COPY, field=FIELD, value=VALUE, how=FEW)
    def a_run_and_somebody_right_after_its_write(self, link: int, copy: int, field: int, value: int, how: int) -> None:
        self.met["steps"] += 1
        self.play.run_with_somebody_right_after(link, copy, field, value, how=how)

    @rule(link=LINK, copy=COPY, times=COPY, lag=COPY)
    def a_run_gets_a_stale_answer(self, link: int, copy: int, times: int, lag: int) -> None:
        self.met["steps"] += 1
        self.play.run_with_a_stale_answer(link, copy, times, lag)

    @rule(link=LINK, copy=COPY, field=FIELD, value=VALUE, other=VALUE, which=FEW)
    def a_run_gets_an_answer_older_than_is_believed(
        self, link: int, copy: int, field: int, value: int, other: int, which: int
    ) -> None:
        self.met["steps"] += 1
        self.play.edit(link, copy, field, value)
        self.play.run()
        self.play.tick(which)
        self.play.run()
        self.play.edit(link, copy + 1, field, other)
        self.play.run_with_a_stale_answer(link, copy, 0, 2)

    @rule(link=LINK, copy=COPY)
    def a_run_gets_no_answer(self, link: int, copy: int) -> None:
        self.met["steps"] += 1
        self.play.run_without_an_answer(link, copy)

    @rule(link=LINK, copy=COPY, field=FIELD, value=VALUE, at=st.integers(0, 30), after=st.booleans())
    def an_edit_and_a_run_that_dies(self, link: int, copy: int, field: int, value: int, at: int, after: bool) -> None:
        self.met["steps"] += 1
        self.play.edit(link, copy, field, value)
        self.play.run_until_it_dies(at, after=after)

    @precondition(lambda self: self.play.losing and self.met["steps"] >= self.lost + STEPS_BETWEEN_LOSSES)
    @rule()
    def the_store_is_lost_and_made_anew(self) -> None:
        self.met["steps"] += 1
        self.lost = self.met["steps"]
        self.play.lose_the_store()

    @precondition(lambda self: self.met["steps"] >= self.rested + STEPS_BETWEEN_RESTS)
    @rule()
    def nobody_edits_any_more(self) -> None:
        self.met["steps"] += 1
        self.rested = self.met["steps"]
        self.play.come_to_rest()


def walked(part: int, *, steps: int, met: Counter[str] | None = None) -> Counter[str]:
    """So many steps in worlds chosen by the number of the part; what was met in them is counted in `met` as it happens."""
    met = met if met is not None else Counter()
    machine = type(f"TwoWay{part}", (TwoWayMachine,), {"met": met})
    choices = settings(
        max_examples=WORLDS_AT_ONCE,
        stateful_step_count=STEPS_OF_A_WORLD,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    turns = count(part * 1000)
    with walks_by_seed_alone():
        while met["steps"] < steps:
            run_state_machine_as_test(seed(next(turns))(machine), settings=choices)
    return met


def prove(part: int) -> None:
    """Walk the steps of one part, and see that enough was met in them."""
    met = walked(part, steps=STEPS)
    print(json.dumps({"part": part, **dict(sorted(met.items()))}))
    short = {name: (met[name], floor) for name, floor in FLOORS.items() if met[name] < floor}
    assert not short, f"too little was met to prove anything: {short}"


@pytest.mark.hazard("P45")
@pytest.mark.hazard("P46")
@pytest.mark.timeout(280)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_edit_that_was_seen_is_lost(part: int) -> None:
    prove(part)
