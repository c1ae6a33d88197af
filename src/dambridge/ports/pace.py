"""Call budgets: one bucket per account, shared by all workers, taken per call, with a share kept for urgent lanes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from dambridge.model.identity import AccountId


class Lane(StrEnum):
    """Whose call it is. A withdrawal never waits behind a backfill."""

    URGENT = "urgent"
    NORMAL = "normal"
    BACKFILL = "backfill"


class PaceShape(StrEnum):
    """How the account counts: a bucket that refills steadily, or a window that opens anew."""

    TOKEN_BUCKET = "token_bucket"  # noqa: S105 - a shape of pacing, not a secret
    FIXED_WINDOW = "fixed_window"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceRule:
    """What an account allows: `rate` calls per second with `burst` at once, or `rate * window` calls per window.

    `reserve` is the share (0 to 1) that only urgent calls may take."""

    shape: PaceShape
    rate: float
    burst: int
    window: timedelta
    reserve: float


class Pacer(Protocol):
    """Gives leave to call. Real time, not the domain's."""

    async def take(self, account: AccountId, lane: Lane, calls: int = 1, *, deadline: float | None = None) -> None:
        """Return when `calls` calls may be made; raise `TryLater` at once if that cannot be within `deadline` seconds."""
        ...

    async def told_to_wait(self, account: AccountId, wait: timedelta) -> None:
        """The account answered that we are too quick: no call by any worker before `wait` has passed."""
        ...

    async def told_window(self, account: AccountId, *, limit: int, used: int, resets_in: timedelta) -> None:
        """The account showed its fixed window: fit to it."""
        ...
