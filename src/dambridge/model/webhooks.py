"""What is told to other programs: events by type, who listens, and what became of each delivery."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from dambridge.model.identity import FlowName


class HookType(StrEnum):
    """The types of events. The part before the full stop is what an event is about."""

    ASSET_ARRIVED = "asset.arrived"
    """A file was brought into the archive."""
    ASSET_UPDATED = "asset.updated"
    """Fields or bytes of a copy within were brought in step."""
    ASSET_QUARANTINED = "asset.quarantined"
    ASSET_ASKED_FOR = "asset.asked_for"
    """A person asked for an asset to be brought, or shown."""
    ASSET_PUBLISHED = "asset.published"
    """A file is shown at an outlet."""
    ASSET_RENEWED = "asset.renewed"
    """What an outlet shows has another file, or other fields."""
    ASSET_WITHDRAWN = "asset.withdrawn"
    """A file left an audience's sight."""
    CONFLICT_OPENED = "conflict.opened"
    CONFLICT_SETTLED = "conflict.settled"
    SUBMISSION_HANDED_IN = "submission.handed_in"
    SUBMISSION_DECIDED = "submission.decided"
    SUBMISSION_ARCHIVED = "submission.archived"
    PLAN_APPROVED = "plan.approved"
    FLOW_PAUSED = "flow.paused"
    FLOW_RESUMED = "flow.resumed"
    FLOW_STOPPED = "flow.stopped"
    """A guard stopped a flow."""
    RUN_TROUBLED = "run.troubled"
    """A run ended with something that needs attention, more of it than was told before."""
    RIGHTS_EXPIRING = "rights.expiring"
    RIGHTS_OPENING = "rights.opening"
    RIGHTS_OVERDUE = "rights.overdue"
    RIGHTS_UNCLEAR = "rights.unclear"
    RIGHTS_OVERRULED = "rights.overruled"
    """A looser word on rights was overruled."""
    OUTLET_DRIFTED = "outlet.drifted"
    """A gallery is not as it was agreed."""
    WEBHOOK_DISABLED = "webhook.disabled"
    """Another endpoint took nothing for long, and gets nothing any more."""
    WEBHOOK_TEST = "webhook.test"
    """Sent when somebody asks for it, to that endpoint alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HookEvent:
    """One event: ids and a sentence, and nothing that an asset says of itself. `id` is the same however often it is sent;
    `flow` and `region` say whose it is, where it is of one."""

    id: str
    type: HookType
    at: datetime
    says: str
    data: Mapping[str, Any] = field(default_factory=dict)
    flow: FlowName | None = None
    region: str = ""

    def body(self) -> str:
        """The payload as it is signed and sent, byte for byte."""
        said = {"says": self.says, **({"flow": str(self.flow)} if self.flow else {}), **self.data}
        if self.region:
            said["region"] = self.region
        told = {"type": str(self.type), "timestamp": self.at.isoformat(), "data": said}
        return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """What one endpoint wants to hear: types, and None for every flow or every region."""

    name: str
    types: frozenset[HookType]
    flows: frozenset[FlowName] | None = None
    regions: frozenset[str] | None = None


class DeliveryState(StrEnum):
    """The life of a delivery."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    """It was tried as often as the schedule says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one endpoint. `status` is what the last attempt was answered, None without an answer; `error` a
    word for why there was none. `seq` is the entry of the audit trail that it tells of, 0 for a test."""

    endpoint: str
    id: str
    seq: int
    type: HookType
    body: str
    made_at: datetime
    next_at: datetime
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    last_at: datetime | None = None
    status: int | None = None
    error: str = ""

    @property
    def answer(self) -> str:
        """What the last attempt came to, in a word."""
        return str(self.status) if self.status is not None else self.error

    def to_json(self) -> dict[str, Any]:
        return {
            "message": self.id,
            "endpoint": self.endpoint,
            "type": str(self.type),
            "state": str(self.state),
            "attempts": self.attempts,
            "status": self.status,
            "error": self.error,
            "made_at": self.made_at.isoformat(),
            "last_at": self.last_at.isoformat() if self.last_at else None,
            "next_at": self.next_at.isoformat() if self.state is DeliveryState.WAITING else None,
            "payload": json.loads(self.body),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """How it stands with one endpoint. Events after `cursor`, an entry of the audit trail, are still to be told. `failures` in
    a row since `failing_since`; nothing is sent before `rest_until`, and nothing at all while it is disabled."""

    name: str
    cursor: int
    failures: int = 0
    failing_since: datetime | None = None
    rest_until: datetime | None = None
    disabled_at: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What an attempt came to: the status of an answer, or a word for why there was none; seconds to wait where the receiver
    named some."""

    status: int | None = None
    error: str = ""
    retry_after: float | None = None

    @property
    def took(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Whether the receiver says that it wants nothing any more."""
        return self.status == 410
