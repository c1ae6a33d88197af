"""Dates of rights to instants, always the careful way: an embargo ends as late, a licence as early as the words allow.

A day without a time is that whole day in the business zone: an embargo ends at its first instant, a licence at the first
instant after it. A time without an offset is a wall clock in that zone; where that clock shows it twice or never (daylight
saving), the careful one of the two readings counts. Less than a day is no instant at all.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from dambridge.mapping.dates import clock_of
from dambridge.model.values import DateValue


def opens_at(value: DateValue, zone: tzinfo) -> datetime | None:
    """The first instant (UTC) that is no longer before the date; None where the date is not known to the day."""
    if (wall := _wall(value)) is None:
        return None
    try:
        return _latest(wall, zone)
    except OverflowError:
        return None


def ends_at(value: DateValue, zone: tzinfo) -> datetime | None:
    """The first instant (UTC) that is after the date; None where the date is not known to the day."""
    if (wall := _wall(value)) is None:
        return None
    try:
        return _earliest(wall if "T" in value.iso else wall + timedelta(days=1), zone)
    except OverflowError:  # at the end of what a calendar of four digits holds
        return datetime.max.replace(tzinfo=UTC) if wall.year > 1 else None


def _wall(value: DateValue) -> datetime | None:
    if value.day is None:
        return None
    try:
        return clock_of(value) if "T" in value.iso else datetime.combine(date.fromisoformat(value.day), time())
    except ValueError:
        return None


def _readings(wall: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
    if wall.tzinfo is not None:
        instant = wall.astimezone(UTC)
        return instant, instant
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return min(first, second), max(first, second)


def _earliest(wall: datetime, zone: tzinfo) -> datetime:
    return _readings(wall, zone)[0]


def _latest(wall: datetime, zone: tzinfo) -> datetime:
    return _readings(wall, zone)[1]
