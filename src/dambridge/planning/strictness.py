"""The stricter of several values of a rights field, or that they cannot be compared. Unknown is never taken for permitted."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from dambridge.mapping import is_absent, same
from dambridge.mapping.normal import PLUS, normal_text
from dambridge.model.values import DateValue, FieldName, Value
from dambridge.planning.views import richest
from dambridge.policy.strictness import Earliest, Latest, Permits, Restricts, Scale, Strictness

_FARTHEST_ZONES = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class Incomparable:
    """Two values of which none is known to permit less."""


def strictest(name: FieldName, values: Sequence[Value | None], how: Strictness | None) -> Value | Incomparable | None:
    """The strictest of these values; their order does not matter. None is a value too: that nothing is said."""
    present = [it for it in values if it is not None and not is_absent(it)]
    some_silent = len(present) < len(values)
    if not present or (not some_silent and all(same(name, it, present[0]) for it in present)):
        return richest([{name: it} for it in present])[name] if present else None
    match how:
        case Latest():
            return _outermost(name, present, lambda a, b: _is_before(b, a))
        case Earliest():
            return _outermost(name, present, _is_before)
        case Permits() | Restricts():
            return _of_lists(present, permits=isinstance(how, Permits))
        case Scale():
            return _highest(present, how, some_silent=some_silent)
        case None:
            return Incomparable()


def _outermost(
    name: FieldName, values: Sequence[Value], beats: Callable[[DateValue, DateValue], bool]
) -> Value | Incomparable:
    """The date that beats every other one or means the same."""
    dates = [it for it in values if isinstance(it, DateValue)]
    if len(dates) < len(values):
        return Incomparable()
    best = [one for one in dates if all(one is it or beats(one, it) or same(name, one, it) for it in dates)]
    return richest([{name: it} for it in best])[name] if best else Incomparable()


def _is_before(one: DateValue, other: DateValue) -> bool:
    """Whether `one` is over before `other` begins, whatever their precision leaves open."""
    zoned = one.offset is not None or other.offset is not None
    return _bounds(one, zoned=zoned)[1] <= _bounds(other, zoned=zoned)[0] and one.iso != other.iso


def _bounds(value: DateValue, *, zoned: bool) -> tuple[datetime, datetime]:
    """First and last instant that the date can mean. Without any offset two dates are held to be of one zone."""
    start, end = _wall_clock(value)
    if not zoned:
        return start, end
    if value.offset is None:
        return start - _FARTHEST_ZONES, end + _FARTHEST_ZONES
    shift = _shift(value.offset)
    return start - shift, end - shift


def _wall_clock(value: DateValue) -> tuple[datetime, datetime]:
    day, _, clock = value.iso.partition("T")
    numbers = [int(it) for it in day.split("-")]
    year, month, date = (*numbers, *(0, 0, 0))[:3]
    if clock:
        text = clock.removesuffix(value.offset or "")
        hour, minute, *rest = text.split(":")
        seconds = float(rest[0]) if rest else 0.0
        start = datetime(year, month, date, int(hour), int(minute), tzinfo=UTC) + timedelta(seconds=seconds)
        return start, start + timedelta(seconds=0 if rest else 59)
    start = datetime(year, month or 1, date or 1, tzinfo=UTC)
    last = date or calendar.monthrange(year, month or 12)[1]
    return start, datetime(year, month or 12, last, 23, 59, 59, tzinfo=UTC)


def _shift(offset: str) -> timedelta:
    zone = datetime.fromisoformat(f"2000-01-01T00:00:00{offset.replace('Z', '+00:00')}").tzinfo
    assert isinstance(zone, timezone)  # noqa: S101 - `offset` is one by its form
    return zone.utcoffset(None)


def _of_lists(values: Sequence[Value], *, permits: bool) -> Value | Incomparable | None:
    lists = [{normal_text(it): it for it in value if it.strip()} for value in values if isinstance(value, tuple)]
    if len(lists) < len(values):
        return Incomparable()
    keys = [set(it) for it in lists]
    kept = set.intersection(*keys) if permits else set.union(*keys)
    if permits and not kept:
        # An empty list is no list to either system, and would permit everything
        return Incomparable()
    return tuple(min(it[key] for it in lists if key in it) for key in sorted(kept))


def _highest(values: Sequence[Value], scale: Scale, *, some_silent: bool) -> Value | Incomparable | None:
    places = {_code(it): it for it in sorted(values, key=str)}
    known = {step: at for at, step in enumerate(scale.steps)}
    if not places.keys() <= known.keys():
        return Incomparable()
    top = max(places, key=known.__getitem__)
    return None if some_silent and known[""] > known[top] else places[top]


def _code(value: Value) -> str:
    return str(int(value)) if isinstance(value, bool | int) else normal_text(str(value)).removeprefix(PLUS)
