"""Histories in which people order masters to outlets and take that back, among everything else that people do and accidents:
held by the same witness, to whom an order is a place of its own in the source. The proof can fail: orders that nobody reads, and
orders that never end, are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from dambridge.engine.publishing import casing
from dambridge.model.outlet_orders import OutletOrder
from dambridge.policy.ordering import Choice, chosen
from stateful.test_publish_history import quiet
from support.publish_history import ORDERING, History
from support.publish_world import OUTLETS, POLICY

TAKES = replace(POLICY, outlets={name: replace(it, orders=True) for name, it in OUTLETS.items()})
EVENTS = 150
FLOORS: Mapping[str, int] = {"ordered": 8, "taken back": 3, "publications": 12, "withdrawals": 10, "seen at rest": 1}
"""Least counts of a world."""


def play(seed: int, met: Counter[str]) -> None:
    history = History(seed, met=met, policy=TAKES)
    try:
        history.play(EVENTS, ORDERING)
    except AssertionError as broken:
        said = "\n".join(history.events[-20:])
        raise AssertionError(f"world {seed}, event {len(history.events)}: {broken}\n{said}") from broken
    finally:
        history.close()


@pytest.mark.hazard("P40")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
def test_what_is_ordered_is_seen_while_it_may_be_and_no_longer(seed: int) -> None:
    met: Counter[str] = Counter()
    play(seed, met)
    assert {it: (met[it], least) for it, least in FLOORS.items() if met[it] < least} == {}


FOUND = "may be seen in|is still seen in|forbids|though it may be seen"


def nobody_reads_orders(*given: object) -> Choice:
    why_not, _, outlet, now = given
    return chosen(why_not, None, outlet, now)  # type: ignore[arg-type]


def no_order_ends(*given: object) -> Choice:
    why_not, order, outlet, now = given
    if isinstance(order, OutletOrder):
        order = replace(order, ended_at=None)
    return chosen(why_not, order, outlet, now)  # type: ignore[arg-type]


@pytest.mark.hazard("P40")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("plant", [nobody_reads_orders, no_order_ends], ids=lambda it: it.__name__)
def test_a_fault_in_orders_is_found(monkeypatch: pytest.MonkeyPatch, plant: Callable[..., Choice]) -> None:
    monkeypatch.setattr(casing, "chosen", plant)
    met: Counter[str] = Counter()

    def worlds() -> None:
        for seed in range(1, 7):
            play(seed, met)

    with pytest.raises(AssertionError, match=FOUND):
        worlds()


__all__ = ["quiet"]
