"""Latency, rate and bandwidth, in real time (never simulated: they stand for a network and a busy server)."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dambridge_sim.kit.bodies import TrafficBody


@dataclass(frozen=True, slots=True)
class RateReading:
    """The rate as a call met it: allowed, used, seconds until the window or a token is new; refused or not."""

    limit: int
    used: int
    resets_in_s: float
    refused: bool = False


class Traffic:
    """Traffic of one simulator; off until configured."""

    def __init__(
        self,
        keep: Callable[[dict[str, Any]], None] = lambda _state: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Measure with `monotonic`."""
        self._keep, self._monotonic = keep, monotonic
        self._chance = random.Random(1)  # noqa: S311 - jitter, not secrets
        self.settings = TrafficBody()
        self._line_free = 0.0
        self._start()

    def load(self, settings: TrafficBody) -> None:
        """Replace all settings; buckets begin full, windows begin with the next call."""
        self.settings = settings
        self._keep(settings.model_dump(exclude_none=True))
        self._start()

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `keep` was given."""
        self.settings = TrafficBody.model_validate(state)
        self._start()

    async def delay(self) -> None:
        """Wait for the latency of one call."""
        settings = self.settings
        if settings.latency_ms or settings.jitter_ms:
            jitter = self._chance.uniform(-settings.jitter_ms, settings.jitter_ms)
            await asyncio.sleep(max(0.0, settings.latency_ms + jitter) / 1000)

    def admit(self) -> RateReading | None:
        """Count one call; None when no rate is set. A refused call uses up nothing."""
        if self.settings.rate_per_s is None:
            return None
        return self._window() if self.settings.window_s else self._bucket(self.settings.rate_per_s)

    async def spend(self, size: int) -> None:
        """Wait until `size` bytes fit through the bandwidth that all calls share."""
        if self.settings.bandwidth_mb_s is None or size == 0:
            return
        now = self._monotonic()
        self._line_free = max(now, self._line_free) + size / (self.settings.bandwidth_mb_s * 1_000_000)
        if (wait := self._line_free - now) > 0.001:
            await asyncio.sleep(wait)

    def _start(self) -> None:
        rate = self.settings.rate_per_s or 1.0
        self._size = float(self.settings.burst or max(1, round(rate)))
        self._tokens = self._size
        self._filled = self._monotonic()
        self._window_began: float | None = None
        self._window_used = 0
        self._line_free = 0.0

    def _bucket(self, rate: float) -> RateReading:
        now = self._monotonic()
        self._tokens = min(self._size, self._tokens + (now - self._filled) * rate)
        self._filled = now
        refused = self._tokens < 1
        if not refused:
            self._tokens -= 1
        wait = max(0.0, (1 - self._tokens) / rate) if self._tokens < 1 else 0.0
        return RateReading(int(self._size), int(self._size - self._tokens), wait, refused)

    def _window(self) -> RateReading:
        now, length = self._monotonic(), self.settings.window_s or 1.0
        limit = self.settings.burst or max(1, round((self.settings.rate_per_s or 1.0) * length))
        if self._window_began is None or now >= self._window_began + length:
            self._window_began, self._window_used = now, 0
        refused = self._window_used >= limit
        if not refused:
            self._window_used += 1
        return RateReading(limit, self._window_used, self._window_began + length - now, refused)
