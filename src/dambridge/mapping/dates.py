"""Dates of every spelling that the systems and files use, to a date with its own precision and, where known, offset.

No offset is ever invented: a time without one stays without one (hazard P26).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from dambridge.model.values import DateValue

_LOOSE = re.compile(
    r"(?P<year>\d{4})(?:[-:](?P<month>\d\d)(?:[-:](?P<day>\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?)?)?)?"
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)")


@lru_cache(maxsize=4096)
def parse_date(text: str) -> DateValue | None:
    """Read ISO 8601, Exif's colons, `YYYYMMDD` and `YYYY-MM-DD hh:mm:ss GMT`. None for anything that is no day of the
    calendar."""
    found = _COMPACT.fullmatch(text.strip()) or _LOOSE.fullmatch(text.strip())
    if found is None:
        return None
    parts = found.groupdict()
    spelled = "-".join(parts[it] for it in ("year", "month", "day") if parts[it])
    if parts.get("time"):
        spelled += f"T{parts['time']}{_offset(parts['zone'])}"
    try:
        value = DateValue(spelled)
        date(int(parts["year"]), int(parts["month"] or 1), int(parts["day"] or 1))
    except ValueError:
        return None
    return value


def _offset(zone: str | None) -> str:
    match zone:
        case None:
            return ""
        case "Z" | "UTC" | "GMT":
            return "Z"
        case _:
            return zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"


def same_date(one: DateValue, other: DateValue) -> bool:
    """Equal at the coarser precision: instants where both have offsets, wall clocks where one has none."""
    first, second = one.iso, other.iso
    if "T" not in first or "T" not in second:
        length = min(len(first.partition("T")[0]), len(second.partition("T")[0]))
        return first[:length] == second[:length]
    a, b = clock_of(one), clock_of(other)
    if one.offset is None or other.offset is None:
        a, b = a.replace(tzinfo=None), b.replace(tzinfo=None)
    difference = abs(a - b)
    if _has_seconds(first) and _has_seconds(second):
        exact = "." in first and "." in second
        return difference == timedelta(0) if exact else a.replace(microsecond=0) == b.replace(microsecond=0)
    return a.replace(second=0, microsecond=0) == b.replace(second=0, microsecond=0)


def clock_of(value: DateValue) -> datetime:
    """The wall clock with its offset where it has one; fractions finer than microseconds are cut. Raises `ValueError` for a
    time that no clock shows."""
    iso = value.iso.replace("Z", "+00:00")
    iso = re.sub(r"(\.\d{6})\d+", r"\1", iso)
    fraction = re.search(r"\.(\d{1,5})(?=$|[+-])", iso)
    if fraction:
        iso = iso.replace(f".{fraction[1]}", f".{fraction[1]:<06}", 1)
    return datetime.fromisoformat(iso)


def _has_seconds(iso: str) -> bool:
    return iso.partition("T")[2][:8].count(":") == 2
