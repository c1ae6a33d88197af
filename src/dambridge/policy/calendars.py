"""Working time: the hours in which somebody can be expected to act, and when so much of it will have passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST = 3660
"""Days that are looked through before a calendar is taken to have no working time at all."""


def no_holiday(day: date) -> bool:
    """Every day is like any other."""
    del day
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """The hours `opens` to `closes`, in the zone's own time, of those days of the week (Monday is 0) that are no holidays."""

    zone: ZoneInfo
    days: frozenset[int] = frozenset(range(5))
    opens: time = time(9)
    closes: time = time(17)
    is_holiday: Callable[[date], bool] = field(default=no_holiday, repr=False, compare=False)

    def works_on(self, day: date) -> bool:
        return day.weekday() in self.days and not self.is_holiday(day)

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The instant at which `span` of working time has passed since `start`, in the zone of `start`.

        Raises `ValueError` where there is no working time within ten years."""
        left = span
        day = start.astimezone(self.zone).date()
        for _ in range(LONGEST):
            if self.works_on(day):
                begins, ends = (self._at(day, it).astimezone(start.tzinfo) for it in (self.opens, self.closes))
                begins = max(begins, start)
                if ends > begins and ends - begins >= left:
                    return begins + left
                left -= max(ends - begins, timedelta(0))
            day += timedelta(days=1)
        raise ValueError("this calendar has no working time")

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, tzinfo=self.zone)
