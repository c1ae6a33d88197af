"""Working time: what counts, what does not, and the hour at which a span of it has passed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.policy.calendars import WorkingCalendar

BERLIN = ZoneInfo("Europe/Berlin")
FREE = {date(2026, 12, 25)}
OFFICE = WorkingCalendar(zone=BERLIN, is_holiday=FREE.__contains__)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-11-30T10:00", 2, "2026-11-30T12:00"),
        ("2026-11-30T16:00", 2, "2026-12-01T10:00"),
        ("2026-11-28T12:00", 1, "2026-11-30T10:00"),  # a Saturday
        ("2026-11-30T05:00", 8, "2026-11-30T17:00"),
        ("2026-11-30T18:00", 8, "2026-12-01T17:00"),
        ("2026-12-24T16:00", 2, "2026-12-28T10:00"),  # a holiday and a weekend
        ("2026-10-23T16:00", 9, "2026-10-26T17:00"),  # the clocks went back between
    ],
)
def test_a_span_passes_in_working_hours_alone(start: str, hours: int, end: str) -> None:
    assert OFFICE.after(at(start), timedelta(hours=hours)) == at(end)


@given(
    start=st.datetimes(
        min_value=datetime.fromisoformat("2026-01-01"),
        max_value=datetime.fromisoformat("2027-01-01"),
        timezones=st.just(UTC),
    ),
    minutes=st.integers(1, 5000),
)
def test_it_counts_up_minute_by_minute_as_a_clock_that_is_asked_would(start: datetime, minutes: int) -> None:
    """Held against a count of minutes, one after the other."""
    start = start.replace(second=0, microsecond=0)
    end = OFFICE.after(start, timedelta(minutes=minutes))
    assert end >= start + timedelta(minutes=minutes)
    assert worked(start, end) == minutes


def worked(start: datetime, end: datetime) -> int:
    count, here = 0, start
    while here < end:
        there = here.astimezone(BERLIN)
        count += there.weekday() < 5 and there.date() not in FREE and time(9) <= there.time() < time(17)
        here += timedelta(minutes=1)
    return count


def test_a_calendar_without_working_time_is_said_to_be_one() -> None:
    never = WorkingCalendar(zone=BERLIN, is_holiday=lambda _: True)
    with pytest.raises(ValueError, match="no working time"):
        never.after(at("2026-11-30T10:00"), timedelta(hours=1))
