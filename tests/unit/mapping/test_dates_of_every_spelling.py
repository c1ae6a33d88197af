"""Dates keep precision and offset; no zone is invented; a hundred round trips end where they began."""

from __future__ import annotations

from datetime import date, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.mapping.dates import parse_date, same_date
from dambridge.mapping.values import canonical_value, native_texts
from dambridge.model.values import DateValue, FieldName, Value

NAME = FieldName("date_created")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026", "2026"),
        ("2026-03", "2026-03"),
        ("2026-03-14", "2026-03-14"),
        ("20260314", "2026-03-14"),
        ("2026:03:14", "2026-03-14"),
        ("2026:03:14 07:42:10", "2026-03-14T07:42:10"),
        ("2026:03:14 07:42:10.50+09:00", "2026-03-14T07:42:10.50+09:00"),
        ("2026-11-02 09:00:00 GMT", "2026-11-02T09:00:00Z"),
        ("2026-11-02 09:00:00 UTC", "2026-11-02T09:00:00Z"),
        ("2026-11-02T09:00:00+0130", "2026-11-02T09:00:00+01:30"),
        ("2026-11-02T09:00Z", "2026-11-02T09:00Z"),
        (" 2024-02-29 ", "2024-02-29"),
    ],
)
def test_every_spelling_is_read(text: str, iso: str) -> None:
    assert parse_date(text) == DateValue(iso)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-13-01",
        "2026-02-30",
        "2025-02-29",
        "0000",
        "2026-03-14 25:00:00",
        "14.03.2026",
        "2026-3-4",
        "1e5",
    ],
)
def test_what_is_no_day_of_the_calendar_is_no_date(text: str) -> None:
    assert parse_date(text) is None


OFFSETS = st.none() | st.integers(-14 * 4, 14 * 4).map(lambda it: timezone(timedelta(minutes=15 * it)))


@st.composite
def dates(draw: st.DrawFn) -> DateValue:
    """Dates of every precision, with every offset in use and with none."""
    day = draw(st.dates(date(1826, 1, 1), date(2199, 12, 31))).isoformat()
    precision = draw(st.sampled_from(["year", "month", "day", "minute", "second", "fraction"]))
    if precision in {"year", "month", "day"}:
        return DateValue({"year": day[:4], "month": day[:7], "day": day}[precision])
    clock = draw(st.times()).isoformat(timespec="microseconds")
    time = {"minute": clock[:5], "second": clock[:8], "fraction": clock}[precision]
    zone = draw(OFFSETS)
    offset = "" if zone is None else str(zone).removeprefix("UTC") or "Z"
    return DateValue(f"{day}T{time}{offset}")


@pytest.mark.hazard("P26")
@pytest.mark.hazard("P27")
@given(dates())
def test_a_date_is_a_fixed_point_of_a_hundred_round_trips(value: DateValue) -> None:
    """Full precision places give back exactly what they got; day-only places settle on the day of the wall clock."""
    travelling: Value = value
    for _ in range(100):
        (text,) = native_texts(travelling, separator=None, day_only=False)
        back, _left = canonical_value(NAME, text)
        assert back is not None
        travelling = back
    assert travelling == value
    if value.day is None:
        return
    for _ in range(100):
        (text,) = native_texts(travelling, separator=None, day_only=True)
        assert text == value.iso[:10]
        back, _left = canonical_value(NAME, text)
        assert back is not None
        travelling = back
    assert isinstance(travelling, DateValue)
    assert same_date(travelling, value)


@pytest.mark.hazard("P26")
@given(dates(), dates())
def test_comparing_dates_is_even_handed_and_total(one: DateValue, other: DateValue) -> None:
    assert same_date(one, one)
    assert same_date(one, other) is same_date(other, one)
    if one.year != other.year and (one.offset is None or other.offset is None):
        assert not same_date(one, other)


@given(dates())
def test_another_day_is_another_date(value: DateValue) -> None:
    if value.day is not None:
        later = (date.fromisoformat(value.day) + timedelta(days=2)).isoformat()
        assert not same_date(value, DateValue(later + value.iso[10:]))
