"""What an account can really do, found out by asking it: questions, what each would change, and findings.

The engine's `probe` decides which questions are asked and keeps the record; a connector knows how to ask its own system.
Without leave to write only questions without mutations are asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from dambridge.ports.capabilities import Proof
from dambridge.ports.pace import Lane


@dataclass(frozen=True, slots=True)
class Mutation:
    """Something a question changes on the account: `what` for people, `sets_off` what that may start there (AutoTasks,
    webhooks, mails, profiles), `cleaned_up` how it is taken back, empty where it cannot be."""

    what: str
    sets_off: str
    cleaned_up: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing not known of this account. `reference` is the section that leaves it open; `needs` names questions whose
    answer must be had first."""

    id: str
    asks: str
    reference: str
    mutations: tuple[Mutation, ...] = ()
    needs: tuple[str, ...] = ()


class Standing(StrEnum):
    """How a question ended."""

    ANSWERED = "answered"
    NOT_ASKED = "not_asked"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer to one question. `value` is the position found, plain JSON; `told` a sentence for people; `evidence` what was
    called and what came back, without secrets; `cells` capability cells that follow (`reader.custom_fields`,
    `archive.deliver.video`, `archive.fields.Credit`); `suggests` options of the account to set; `ask_vendor` a question
    ready to be sent to the vendor's support, empty where none is left; `administrator` what only the account's
    administrator can look at or change."""

    question: str
    standing: Standing
    value: Any
    told: str
    evidence: tuple[str, ...] = ()
    cells: Mapping[str, Proof] = field(default_factory=dict)
    suggests: Mapping[str, Any] = field(default_factory=dict)
    warning: str = ""
    ask_vendor: str = ""
    administrator: str = ""


class Prober(Protocol):
    """A connector's own examination of its account."""

    def questions(self) -> Sequence[Question]:
        """Every open question of the reference about this kind of system, in the order to ask them."""
        ...

    async def ask(self, question: Question, found: Mapping[str, Finding], *, lane: Lane) -> Finding:
        """Find out. `found` holds earlier findings by question id. A question with mutations works only in the scratch
        container that `open_scratch` verified private. Never raises `Refused` or `TryLater`: those are `UNANSWERED`."""
        ...

    async def open_scratch(self, *, lane: Lane) -> str:
        """Make or find the scratch container, verify that nobody but staff sees it, and return its path for people.

        Raises `Refused` where that cannot be verified: then nothing is written."""
        ...

    async def clean_up(self, *, lane: Lane) -> Sequence[str]:
        """Take back all that was made, and return sentences about what could not be."""
        ...
