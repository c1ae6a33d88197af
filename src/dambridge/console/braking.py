"""A brake for whoever guesses passwords: after some failures a name, or an address, has to wait. Time is passed in."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

MOST: Final = 10_000
"""Names and addresses remembered; the longest not heard of is forgotten first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many failures within so long."""

    failures: int
    within: timedelta


OF_NAME = Limit(failures=5, within=timedelta(minutes=15))
OF_ADDRESS = Limit(failures=30, within=timedelta(minutes=15))


class Brake:
    """Counts attempts before it is known how they end, so that many at once gain nothing; a good one clears its name."""

    def __init__(self, *, name: Limit = OF_NAME, address: Limit = OF_ADDRESS) -> None:
        self._limits = {"name": name, "address": address}
        self._tries: OrderedDict[tuple[str, str], list[datetime]] = OrderedDict()

    def attempt(self, name: str, address: str, now: datetime) -> timedelta | None:
        """None where it may be tried, which then counts; else how long to wait."""
        keys = [("name", name), ("address", address)]
        waits = [self._wait(it, now) for it in keys]
        if longest := max((it for it in waits if it is not None), default=None):
            return longest
        for it in keys:
            self._tries.setdefault(it, []).append(now)
            self._tries.move_to_end(it)
        while len(self._tries) > MOST:
            self._tries.popitem(last=False)
        return None

    def succeeded(self, name: str, address: str) -> None:
        self._tries.pop(("name", name), None)
        if tries := self._tries.get(("address", address)):
            tries.pop()

    def _wait(self, key: tuple[str, str], now: datetime) -> timedelta | None:
        limit = self._limits[key[0]]
        tries = self._tries.get(key)
        if tries is None:
            return None
        tries[:] = [it for it in tries if now - it < limit.within]
        return tries[0] + limit.within - now if len(tries) >= limit.failures else None
