"""How often and how far apart reads are repeated, and what `Retry-After` says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """At most `attempts` sendings of one read, waits growing from `first` to at most `longest` seconds.

    `patience` is how many seconds one call may wait, for budget or because the service said so, before it is put off.
    """

    attempts: int = 6
    first: float = 0.5
    longest: float = 30.0
    patience: float = 300.0

    def wait(self, sent: int, jitter: float) -> timedelta:
        """The wait after `sent` sendings; `jitter` in [0, 1) spreads it over the upper half, so that workers part."""
        longest = min(self.longest, self.first * 2.0 ** (sent - 1))
        return timedelta(seconds=longest * (0.5 + jitter / 2))


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The wait that the service asks for, None where it names none or nonsense.

    Seconds, or a date, which is measured against the reply's own `Date` and so needs no clock of ours."""
    said = headers.get("Retry-After", "").strip()
    if not said:
        return None
    if said.isdigit():
        return timedelta(seconds=min(int(said), 7 * 86_400))
    try:
        wait = parsedate_to_datetime(said) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return max(timedelta(), wait)
