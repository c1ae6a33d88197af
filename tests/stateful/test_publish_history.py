"""No write of ours ever shows what the gate forbids, what others show is corrected, and whatever may be seen is seen.

Each world is a history of two systems from one seed: librarians and rights managers in the source; people who add files to
other galleries, open, shut and move them, take ours out or throw them away, and say something else about rights; time that
goes on or jumps; outages of either side; replies that are lost, requests that are answered well and do nothing, reads that
lag; processes that die between any two writes of the ledger; and somebody who does something between any two of our calls.
A witness with its own reading of rights and dates judges every exposure as it begins and ends (`support.publish_oracle`).
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
import structlog

from support.publish_history import History

PARTS, WORLDS, EVENTS = range(4), 5, 250
"""Five thousand events in all."""
FLOORS: Mapping[str, int] = {
    "events": 250,
    "publications": 26,
    "withdrawals": 25,
    "corrections": 4,
    "exposed by others": 8,
    "crashes": 1,
    "calm runs": 6,
    "seen when calm": 60,
    "seen at rest": 2,
    "records": 25,
    "instants": 3,
}
"""Least counts of each world, taken over all worlds of a part: about half of what is met."""
SOME: Mapping[str, int] = {"lost replies": 2, "deaf": 1, "met in the middle": 4, "ends met in time": 3}
"""Least counts of a part of five worlds: of what is rare."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


def prove(part: int, worlds: int = WORLDS, events: int = EVENTS) -> None:
    """So many worlds, each from a seed of its own, played to their end; what was met is printed and has to be enough."""
    met: Counter[str] = Counter()
    lags: dict[str, list[float]] = {}
    reported: list[float] = []
    for seed in range(1000 * part, 1000 * part + worlds):
        history = History(seed, met=met)
        try:
            history.play(events)
        except AssertionError as broken:
            said = "\n".join(history.events[-30:])
            raise AssertionError(f"world {seed}, event {len(history.events)}: {broken}\n{said}") from broken
        finally:
            history.close()
        for name, some in history.witness.lags.items():
            lags.setdefault(name, []).extend(some)
        reported += history.reported
    spread = {name: spread_of(some) for name, some in {**lags, "reported": reported}.items()}
    print(json.dumps({"part": part, "met": dict(sorted(met.items())), "seconds": spread}))
    floors = {name: least * worlds for name, least in FLOORS.items()}
    floors |= {name: least * worlds // 5 for name, least in SOME.items()}
    assert {it: (met[it], least) for it, least in floors.items() if met[it] < least} == {}
    assert spread["others"]["max"] <= spread["reported"]["max"], "a lag that was longer than any that was told"


def spread_of(some: list[float]) -> dict[str, float]:
    ranked = sorted(some)
    at = {"p50": 50, "p99": 99, "max": 100}
    return {name: round(ranked[(len(ranked) - 1) * percent // 100], 1) for name, percent in at.items()}


@pytest.mark.hazard("P40")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", PARTS)
def test_nothing_is_seen_that_may_not_be_and_whatever_may_be_is(part: int) -> None:
    prove(part)
