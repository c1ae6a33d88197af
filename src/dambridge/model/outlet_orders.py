"""What people ordered: one asset to one outlet, or into the archive, in somebody's name, beside everything that is selected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId

ARCHIVE = ""
"""What stands in place of an outlet's name where somebody ordered a source into the archive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletOrder:
    """One row per outlet and master: whoever orders again takes the place of the order before. All instants are aware and UTC.

    `by` ordered it; `at` is since when it stands, which giving it another end does not change. `until` is the end that it was
    given. `ended_at` and `ended_by` say who took it back, None and empty while nobody did. `said_at` is when somebody last said
    something about it: of two for one thing the later counts. An order only selects: what may be shown is the gate's to say,
    at every look."""

    flow: FlowName
    outlet: str
    source: AssetKey
    by: str
    at: datetime
    until: datetime | None = None
    ended_at: datetime | None = None
    ended_by: str = ""
    said_at: datetime

    def stands(self, now: datetime) -> bool:
        """Whether the asset counts as selected by it at this instant."""
        return self.ended_at is None and (self.until is None or now < self.until)

    @property
    def ends(self) -> datetime | None:
        """When it ended or will by itself, None where nobody said so."""
        return min((it for it in (self.ended_at, self.until) if it is not None), default=None)

    def to_json(self) -> dict[str, Any]:
        return {
            "flow": str(self.flow),
            "outlet": self.outlet,
            "source": str(self.source),
            "by": self.by,
            "at": self.at.isoformat(),
            "until": self.until.isoformat() if self.until is not None else None,
            "ended_at": self.ended_at.isoformat() if self.ended_at is not None else None,
            "ended_by": self.ended_by,
            "said_at": self.said_at.isoformat(),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OutletOrder:
        account, _, remote_id = data["source"].partition(":")
        return cls(
            flow=FlowName(data["flow"]),
            outlet=data["outlet"],
            source=AssetKey(AccountId(account), RemoteId(remote_id)),
            by=data["by"],
            at=datetime.fromisoformat(data["at"]),
            until=datetime.fromisoformat(data["until"]) if data["until"] else None,
            ended_at=datetime.fromisoformat(data["ended_at"]) if data["ended_at"] else None,
            ended_by=data["ended_by"],
            said_at=datetime.fromisoformat(data["said_at"]),
        )
