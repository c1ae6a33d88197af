"""What the rights gate is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dambridge.model.rights import Fact


class Block(StrEnum):
    """Why the gate is shut."""

    BEFORE_START = "before_start"
    ENDED = "ended"
    TERRITORY = "territory"
    CHANNEL = "channel"
    AUDIENCE = "audience"
    EDITORIAL_ONLY = "editorial_only"
    NO_MODEL_RELEASE = "no_model_release"
    NO_PROPERTY_RELEASE = "no_property_release"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    MINING_PROHIBITED = "mining_prohibited"
    NOT_APPROVED = "not_approved"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked. `at` is aware; `status` is the lifecycle word of the asset, None where nothing says one and being selected
    is enough."""

    channel: str
    territory: str
    audience: str
    at: datetime
    status: str | None = "approved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the gate says. `blocks` is empty if and only if it is open.

    `until` is the first instant at which an open gate shuts by itself, None where no such instant is known. `opens` is the
    instant at which a gate shut for its date alone opens. `unknown` names the facts that are missing. `ask_again` is the
    next known instant at which the answer may be another one.
    """

    blocks: tuple[Block, ...]
    unknown: tuple[Fact, ...] = ()
    until: datetime | None = None
    opens: datetime | None = None
    ask_again: datetime | None = None

    @property
    def permits(self) -> bool:
        return not self.blocks
