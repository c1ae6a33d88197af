"""What follows for an asset at an outlet by somebody's order: its end is one known ahead, its being over no accident."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import FlowName
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import Stage
from dambridge.model.reasons import Code
from dambridge.model.values import DateValue
from dambridge.planning.departures import Departure, departure
from dambridge.planning.outlets import Case
from dambridge.planning.publishing import decide_publication, forbids
from support.outlets import END, HOUR, LEAD, MASTER, NOW, SECOND, first_time, in_sight, published, record

LONG_AGO = NOW - 100 * HOUR
ORDER = OutletOrder(flow=FlowName.PUBLISH, outlet="partners", source=MASTER, by="Ann", at=LONG_AGO, said_at=LONG_AGO)
TAKEN_BACK = replace(ORDER, ended_at=NOW - SECOND, ended_by="Ben", said_at=NOW - SECOND)


def only(case: Case) -> Action:
    (action,) = decide_publication(case).actions
    return action


def over(order: OutletOrder, **more: Any) -> Case:
    return in_sight(selected=False, unselected="it stands in no selected folder", order_over=order, **more)


@pytest.mark.parametrize("until", [END - HOUR, END + HOUR])
def test_it_may_be_seen_until_the_earlier_of_its_orders_end_and_its_rights(until: datetime) -> None:
    wanted = min(until, END)
    bringing = only(first_time(selected_until=until))
    assert bringing.kind is ActionKind.PUBLISH
    assert bringing.outward is not None
    assert bringing.outward.until == wanted
    noted = decide_publication(in_sight(selected_until=until)).actions
    assert [it.kind for it in noted] == ([ActionKind.NOTE] if wanted != END else [])


@pytest.mark.parametrize(("ahead", "goes"), [(LEAD, True), (LEAD + SECOND, False)])
def test_it_begins_to_go_as_long_before_its_orders_end_as_before_any_end(ahead: timedelta, goes: bool) -> None:
    until = NOW + ahead
    case = in_sight(selected_until=until, publication=published(until=until))
    actions = decide_publication(case).actions
    assert [it.kind for it in actions] == ([ActionKind.WITHDRAW] if goes else [])
    if goes:
        assert departure(actions[0]) is Departure.FREE
        assert {it.code for it in actions[0].reasons} == {Code.ENDS_SOON}
    assert (forbids(case) is not None) is goes, "and is not shown anew"


@pytest.mark.parametrize(
    ("order", "how"),
    [
        (TAKEN_BACK, "Ben took it back"),
        (replace(ORDER, until=NOW), f"it was for the time until {NOW.isoformat()}"),
        (replace(TAKEN_BACK, until=NOW + HOUR), "Ben took it back"),
    ],
)
def test_what_came_by_an_order_that_is_over_goes_and_no_guard_asks(order: OutletOrder, how: str) -> None:
    action = only(over(order))
    assert action.kind is ActionKind.WITHDRAW
    assert [it.code for it in action.reasons] == [Code.ORDER_OVER]
    assert action.reasons[0]["how"] == how
    assert departure(action) is Departure.FREE


@pytest.mark.parametrize("shown", [LONG_AGO - SECOND, NOW])
def test_what_came_otherwise_is_only_unselected_and_the_guards_ask(shown: datetime) -> None:
    action = only(over(TAKEN_BACK, publication=published(at=shown)))
    assert [it.code for it in action.reasons] == [Code.UNSELECTED]
    assert departure(action) is Departure.ABSENCE


def test_what_stands_ready_by_an_order_that_is_over_goes_too_and_what_never_came_is_left() -> None:
    staged = over(TAKEN_BACK, publication=published(Stage.STAGED))
    assert only(staged).kind is ActionKind.WITHDRAW
    never = decide_publication(first_time(selected=False, unselected="no", order_over=TAKEN_BACK))
    assert never.leave is not None
    assert never.leave.reason.code is Code.ORDER_OVER


def test_an_order_opens_no_gate() -> None:
    ended = record(licence_end=DateValue("2026-05-01T00:00:00Z"))
    case = in_sight(ended, selected_until=NOW + 100 * HOUR)
    assert only(case).kind is ActionKind.WITHDRAW
