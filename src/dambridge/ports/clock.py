"""The domain's clock. It is injected, and it is not the engine's: nothing due is ever a sleep."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time by which embargoes open, licences close and retries fall due."""

    async def now(self) -> datetime:
        """The present instant, aware, in UTC. Never goes back within a process."""
        ...
