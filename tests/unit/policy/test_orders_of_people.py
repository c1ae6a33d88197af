"""What an order adds to a selection, who may give one where, and how its end is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dambridge.model.access import Role, Scope, Searcher
from dambridge.model.identity import FlowName
from dambridge.model.outlet_orders import OutletOrder
from dambridge.policy.ordering import Choice, chosen, end_of, may_order_to
from support.outlets import HOUR, MASTER, NOW, OUTLET, RULES

TAKES = replace(OUTLET, orders=True)
ORDER = OutletOrder(
    flow=FlowName.PUBLISH, outlet="partners", source=MASTER, by="Ann", at=NOW - HOUR, said_at=NOW - HOUR
)
UNNAMED = "it stands in no selected folder"


def test_what_the_selection_names_needs_no_order_and_knows_no_end_of_one() -> None:
    ending = replace(ORDER, until=NOW + HOUR)
    assert chosen("", ending, TAKES, NOW) == Choice()
    assert chosen("", None, OUTLET, NOW).selected


@pytest.mark.parametrize(
    ("order", "outlet", "wanted"),
    [
        (None, TAKES, Choice(why_not=UNNAMED)),
        (ORDER, OUTLET, Choice(why_not=UNNAMED)),
        (ORDER, TAKES, Choice()),
        (replace(ORDER, until=NOW + HOUR), TAKES, Choice(until=NOW + HOUR)),
        (replace(ORDER, until=NOW), TAKES, Choice(why_not=UNNAMED, over=replace(ORDER, until=NOW))),
        (replace(ORDER, ended_at=NOW), TAKES, Choice(why_not=UNNAMED, over=replace(ORDER, ended_at=NOW))),
    ],
)
def test_an_order_selects_where_the_outlet_takes_orders_and_while_it_stands(
    order: OutletOrder | None, outlet: object, wanted: Choice
) -> None:
    assert chosen(UNNAMED, order, outlet, NOW) == wanted  # type: ignore[arg-type]


def test_orders_are_kept_whole_as_json() -> None:
    for it in (ORDER, replace(ORDER, until=NOW, ended_at=NOW + HOUR, ended_by="Ben", said_at=NOW + HOUR)):
        assert OutletOrder.from_json(it.to_json()) == it


@pytest.mark.parametrize(
    ("regions", "territory", "may"),
    [
        (None, "DE", True),
        ({"DE"}, "DE", True),
        ({"DACH"}, "DE", True),
        ({"DE"}, "DACH", False),
        ({"DE", "AT", "CH"}, "DACH", True),
        ({"FR"}, "DE", False),
        (set(), "DE", False),
        ({"*"}, "US", True),
    ],
)
def test_people_of_a_region_order_to_outlets_of_it_alone(regions: set[str] | None, territory: str, may: bool) -> None:
    scope = Scope(regions=frozenset(regions) if regions is not None else None)
    who = Searcher(name="ann", roles=frozenset({Role.LIBRARIAN}), scope=scope)
    assert may_order_to(who, replace(TAKES, territory=territory), RULES) is may


def test_an_outlet_of_ones_region_by_name_is_ones_own() -> None:
    who = Searcher(name="ann", roles=frozenset({Role.LIBRARIAN}), scope=Scope(regions=frozenset({"nordics"})))
    assert may_order_to(who, replace(TAKES, region="nordics", territory="SE"), RULES)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("", None),
        ("2027-03-31", datetime(2027, 3, 31, 22, tzinfo=UTC)),
        ("2027-12-31", datetime(2027, 12, 31, 23, tzinfo=UTC)),
        ("2027-03-31T12:00:00+02:00", datetime(2027, 3, 31, 10, tzinfo=UTC)),
        ("2027-03-31T12:00:00Z", datetime(2027, 3, 31, 12, tzinfo=UTC)),
    ],
)
def test_a_day_is_wanted_to_its_end_in_the_business_zone(given: str, wanted: datetime | None) -> None:
    assert end_of(given, ZoneInfo("Europe/Berlin")) == wanted


@pytest.mark.parametrize("given", ["tomorrow", "2027-13-01", "2027-03-31T12:00:00", "9999-12-31", "31.3.2027"])
def test_what_is_no_end_is_said_to_be_none(given: str) -> None:
    with pytest.raises(ValueError, match="write a day as"):
        end_of(given, ZoneInfo("Europe/Berlin"))


def test_orders_stand_until_their_end_and_not_at_it() -> None:
    it = replace(ORDER, until=NOW)
    assert it.stands(NOW - timedelta(microseconds=1))
    assert not it.stands(NOW)
