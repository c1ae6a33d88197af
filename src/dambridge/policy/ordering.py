"""Which masters an outlet is given by somebody's order, beside its selection; and who may order to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from dambridge.model.access import Searcher
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.rights import EVERYWHERE
from dambridge.policy.gate import GateRules
from dambridge.policy.outlets import Outlet


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Whether a master is meant for an outlet. `why_not` is empty where it is; `until` is the end of the order that names it,
    None where the selection does or no end was given; `over` is an order that named it and does no more."""

    why_not: str = ""
    until: datetime | None = None
    over: OutletOrder | None = None

    @property
    def selected(self) -> bool:
        return not self.why_not


def chosen(why_not: str, order: OutletOrder | None, outlet: Outlet, now: datetime) -> Choice:
    """What an order adds to the selection's own word. What the selection names needs no order, and an outlet that lets nobody
    order knows none."""
    if not why_not:
        return Choice()
    if order is None or not outlet.orders:
        return Choice(why_not=why_not)
    if order.stands(now):
        return Choice(until=order.until)
    return Choice(why_not=why_not, over=order)


def end_of(given: str, zone: tzinfo) -> datetime | None:
    """The end of an order as people write it, in UTC: an instant with its offset, or the last day on which it is wanted there.
    None for nothing. Raises `ValueError` with a sentence."""
    text = given.strip()
    if not text:
        return None
    try:
        if len(text) == len("2026-01-01"):
            day = date.fromisoformat(text) + timedelta(days=1)
            return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
        at = datetime.fromisoformat(text)
        offset = at.utcoffset()
        if offset is not None:
            return (at.replace(tzinfo=None) - offset).replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"`{text}` is no end: write a day as 2027-03-31, or an instant with its offset.")


def may_order_to(who: Searcher, outlet: Outlet, gate: GateRules) -> bool:
    """Whether the outlet is in this person's part of the world: every territory that it shows to is in one of their regions."""
    regions = who.scope.regions
    if regions is None or outlet.region in regions or EVERYWHERE in regions:
        return True
    mine = {territory for it in regions for territory in gate.members_of(it)}
    return gate.members_of(outlet.territory) <= mine
