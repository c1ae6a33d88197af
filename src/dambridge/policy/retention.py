"""How long what is out of circulation is kept, and what then becomes of each copy. Data.

Nothing here is done by a run: what is due is planned on request, and a named person applies the plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from dambridge.model.identity import AccountId
from dambridge.model.lifecycle import Status

ENDED = frozenset({Status.REJECTED, Status.EXPIRED, Status.WITHDRAWN})
"""Statuses after which a copy may go. What is archived is kept: an archive is no way to delete."""


class Ending(StrEnum):
    """What becomes of a copy that need not be kept any more."""

    KEEP = "keep"
    HOLD = "hold"
    """Out of everybody's sight, where administrators have it again: NetX's holding folder; out of the selected galleries."""
    TRASH = "trash"
    """Into the trash, where that was proven to be one."""
    DELETE = "delete"
    """For good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """`after` says per status how long an asset is kept once it stands so; a status that is not named keeps it for ever.
    `endings` are per account, `hold` where none is named for an account of NetX and `keep` for others. `max_assets` and
    `max_share` bound what one plan may take."""

    after: Mapping[Status, timedelta]
    endings: Mapping[AccountId, Ending] = field(default_factory=dict)
    max_assets: int | None = 20
    max_share: float | None = 0.01

    def ending(self, account: AccountId) -> Ending:
        return self.endings.get(account, Ending.KEEP)
