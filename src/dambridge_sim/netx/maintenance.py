"""The maintenance window of hosted sites (section 9): second and fourth Wednesday, 18:00 to 21:00 US Pacific."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

_WEDNESDAY, _SUNDAY = 2, 6
_FROM, _UNTIL = 18, 21


def in_window(now: datetime) -> bool:
    """Whether a site is down at this instant."""
    local = pacific(now)
    return local.weekday() == _WEDNESDAY and (local.day - 1) // 7 in {1, 3} and _FROM <= local.hour < _UNTIL


def pacific(now: datetime) -> datetime:
    """The wall clock of US Pacific. Its rule since 2007 is written out: not every machine has a database of time zones."""
    standard = now.astimezone(UTC).replace(tzinfo=None) - timedelta(hours=8)
    begins = datetime.combine(_sunday(standard.year, 3, 2), datetime.min.time()) + timedelta(hours=2)
    ends = datetime.combine(_sunday(standard.year, 11, 1), datetime.min.time()) + timedelta(hours=1)
    return standard + timedelta(hours=1) if begins <= standard < ends else standard


def _sunday(year: int, month: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(_SUNDAY - first.weekday()) % 7 + 7 * (number - 1))
