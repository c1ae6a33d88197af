"""When pictures were taken, and what file names have in common: what tells frames of one burst apart."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum

_PRECISE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_APART = re.compile(r"[\s_\-.]+")
_ZONES = timedelta(hours=14)


class Moments(StrEnum):
    """What two capture times say of each other."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


def compare(one: str, other: str) -> Moments:
    """Two capture times in ISO 8601. They are the same where both are precise to the second and equal, fractions too where
    both have them. A difference of whole quarters of an hour, up to a day's worth of time zones, says nothing: one of the two
    may be written in another zone. Days that are two apart differ however they were written."""
    first, second = _precise(one), _precise(other)
    if first is None or second is None:
        return _by_day(one, other)
    apart = abs(first[0] - second[0])
    if apart:
        shifted = apart <= _ZONES and apart.total_seconds() % 900 == 0
        return Moments.UNKNOWN if shifted else Moments.DIFFERENT
    if first[1] and second[1] and not _same_fraction(first[1], second[1]):
        return Moments.DIFFERENT
    return Moments.SAME


def is_precise(moment: str) -> bool:
    """Whether the second is known."""
    return _PRECISE.fullmatch(moment) is not None


def stem(file_name: str) -> str:
    """A file name as people recognise it: without its ending, in one case and one spelling of letters and of gaps."""
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", file_name).casefold())
    base, dot, ending = plain.rpartition(".")
    kept = base if dot and len(ending) <= 5 and ending[:1].isalpha() else plain
    return _APART.sub("_", kept).strip("_")


def _precise(moment: str) -> tuple[datetime, str] | None:
    """The wall clock and the fraction's digits."""
    found = _PRECISE.fullmatch(moment)
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[1]), (found[2] or "").strip(".")
    except ValueError:
        return None


def _same_fraction(one: str, other: str) -> bool:
    """Cameras write hundredths, converters thousandths: the shorter one decides."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def _by_day(one: str, other: str) -> Moments:
    try:
        apart = datetime.fromisoformat(one[:10]) - datetime.fromisoformat(other[:10])
    except ValueError:
        return Moments.UNKNOWN
    return Moments.DIFFERENT if abs(apart) >= timedelta(days=2) else Moments.UNKNOWN
