"""The two spellings of time (PS 4.5, CONFIRMED-2019), and the one that date parameters take."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PARAMETER: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2}(?::\d{2})?))?(?: ?(?:GMT|UTC|Z))?\Z")


@lru_cache(maxsize=65536)
def media_time(milliseconds: int) -> str:
    """Return `2025-10-02 14:39:23 GMT`: whole seconds, cut and not rounded."""
    return (_EPOCH + timedelta(seconds=milliseconds // 1000)).strftime("%Y-%m-%d %H:%M:%S GMT")


def container_time(milliseconds: int, zone: tzinfo = UTC) -> str:
    """Return `2025-04-25T14:54:12.136000`: microseconds and no zone. Which zone is meant is not stated (a switch)."""
    at = (_EPOCH + timedelta(milliseconds=milliseconds)).astimezone(zone)
    return at.replace(tzinfo=None).isoformat(timespec="microseconds")


def license_time(milliseconds: int, form: str, zone: tzinfo = UTC) -> str | int:
    """Return the end of a licence as `license_format` spells it; the real format is unknown (PS 10 point 10)."""
    match form:
        case "epoch":
            return milliseconds // 1000
        case "date":
            return media_time(milliseconds)[:10]
        case "container":
            return container_time(milliseconds, zone)
    return media_time(milliseconds)


def parse_parameter(text: str) -> int:
    """Read a date parameter such as `2025-10-15 12:00:00 GMT`; return milliseconds since 1970 UTC.

    A day alone is its first second. Raises `ValueError` for anything else.
    """
    found = _PARAMETER.match(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a date of the form 2025-10-15 12:00:00 GMT")
    day, time = found.groups()
    return (datetime.fromisoformat(f"{day}T{time or '00:00'}+00:00") - _EPOCH) // timedelta(milliseconds=1)


def parse_person(text: str) -> int:
    """Read a date that a person or a seed file gives: ISO 8601 (UTC when it names no zone) or the parameter form."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        return parse_parameter(text)
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - _EPOCH) // timedelta(milliseconds=1)
