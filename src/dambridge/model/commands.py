"""Orders: whatever a person or a script wants done is a row that the one worker executes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dambridge.model.identity import CommandId


class CommandKind(StrEnum):
    """What can be asked of the worker."""

    RUN = "run"
    PLAN = "plan"
    APPLY = "apply"
    PAUSE = "pause"
    RESUME = "resume"
    SETTLE = "settle"
    """Rule about an entry of the conflict inbox, or about all like it."""
    UNDO = "undo"
    """Take a ruling back."""
    DECIDE_TERM = "decide_term"
    """Say what a word means that a vocabulary does not know."""
    UNDO_TERM = "undo_term"
    """Take such a decision back."""
    REBUILD = "rebuild"
    """Make a lost store anew from what the systems show."""
    RELEASE = "release"
    """Let go on what was held or only watched since the store was made anew."""
    AGREE_AUDIENCE = "agree_audience"
    """Agree that an outlet's gallery is seen by whom it should be."""
    ADOPT_OUTLET = "adopt_outlet"
    """Watch what others put into an outlet's gallery."""
    PLAN_OUTLET = "plan_outlet"
    """Make the plan that lets what is watched there go to work."""
    ACTIVATE_OUTLET = "activate_outlet"
    """Let exactly what such a plan names go to work."""
    RELEASE_RIGHTS = "release_rights"
    """Let somebody's looser word on rights stand everywhere."""
    PLAN_RETENTION = "plan_retention"
    """Make the plan of what need not be kept any more; a person applies it."""
    REVIEW = "review"
    """Decide about files that were handed in, or take such a decision back."""
    COMPARE = "compare"
    """Compare two libraries: which of their assets are one."""
    PROBE = "probe"
    """Find out what an account can do."""
    REFILL = "refill"
    """Fill the index of search anew from the systems."""
    HOLD = "hold"
    """Put assets under legal hold, or lift it."""
    WEBHOOK = "webhook"
    """Test an endpoint, send something to it again, or let it go on."""


class CommandState(StrEnum):
    """The life of an order."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One order. `via` is `cli`, `console`, `api` or `panel`; `scope` its parameters; the same key is the same order."""

    id: CommandId
    kind: CommandKind
    actor: str
    via: str
    scope: Mapping[str, Any]
    idempotency_key: str
    state: CommandState
    created_at: datetime
    result: Mapping[str, Any] | None = None
