"""How a budget of calls goes round all links, and how long that takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolling:
    """`calls` may be spent each time, which comes round `every`; reading a link's copies takes `calls_per_link`."""

    links: int
    calls_per_link: float
    calls: int
    every: timedelta

    @property
    def share(self) -> int:
        """How many links are looked at each time: never none, so that every round comes to its end."""
        return max(1, min(self.links, math.floor(self.calls / self.calls_per_link))) if self.links else 0

    @property
    def cycle(self) -> timedelta:
        """How long it takes until every link has been looked at once."""
        return self.every * math.ceil(self.links / self.share) if self.links else timedelta(0)
