"""The registry of durable steps: each has its intent written before the outside world is touched, its outcome after.

The crash suite takes its cases from here, so a step that nobody has crashed fails the suite.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from dambridge.model.accords import Accord
from dambridge.model.actions import ActionKind
from dambridge.model.identity import ActionId
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.clock import Clock
from dambridge.ports.ledger import ActionRow


class Step(StrEnum):
    """One write to a system."""

    DELIVER = "deliver"
    DESCRIBE = "describe"
    PLACE = "place"
    VERSION = "version"
    RETIRE = "retire"
    SHOW = "show"
    LEAVE = "leave"
    DISCARD = "discard"
    HANG = "hang"
    NOTE = "note"
    TELL = "tell"
    DISPOSE = "dispose"


STEPS: Mapping[ActionKind, tuple[Step, ...]] = {
    ActionKind.CREATE: (Step.DELIVER, Step.DESCRIBE, Step.PLACE),
    ActionKind.UPDATE_FIELDS: (Step.DESCRIBE,),
    ActionKind.ADD_VERSION: (Step.VERSION, Step.DESCRIBE),
    ActionKind.CONFIRM_BYTES: (Step.DESCRIBE,),
    ActionKind.AGREE: (),
    ActionKind.LET_GO: (),
    ActionKind.RETIRE: (Step.RETIRE,),
    ActionKind.DELETE: (Step.DISCARD,),
    ActionKind.ACTIVATE: (),
    ActionKind.STAGE: (Step.DELIVER, Step.DESCRIBE, Step.PLACE),
    ActionKind.PUBLISH: (Step.DELIVER, Step.DESCRIBE, Step.PLACE, Step.SHOW),
    ActionKind.SHOW: (Step.DESCRIBE, Step.SHOW),
    ActionKind.REPLACE: (Step.VERSION, Step.DELIVER, Step.DESCRIBE, Step.PLACE, Step.SHOW, Step.LEAVE),
    ActionKind.WITHDRAW: (Step.LEAVE, Step.DISCARD),
    ActionKind.CORRECT: (Step.LEAVE,),
    ActionKind.NOTE: (),
}
"""Which steps an action may take. A confirmation that finds other bytes goes on as a version, and so does the create of a copy
with fields inside whose fields were edited while the first file was waited for."""


class Errand(StrEnum):
    """Work on the outside world that no plan lists. Its steps are kept under an id of its own, made of what it is about."""

    PAPER = "paper"
    """A paper hung on a picture (`enriching.papers`)."""
    NOTE = "note"
    """A note at the source about what an asset lacks (`sending_back`)."""
    DISPLAY = "display"
    """A field shown in another one's place at the source (`showing`)."""
    ANSWER = "answer"
    """A contributor told of a decision (`handing_off.telling`)."""
    STATUS = "status"
    """What a review came to, shown at the source (`handing_off.showing`)."""
    REPLY = "reply"
    """A contributor answered in a field of the source (`handing_off.replying`)."""
    DISPOSITION = "disposition"
    """A source seen to once its archived copy is proven (`handing_off.disposing`)."""


ERRANDS: Mapping[Errand, tuple[Step, ...]] = {
    Errand.PAPER: (Step.HANG,),
    Errand.NOTE: (Step.NOTE,),
    Errand.DISPLAY: (Step.SHOW,),
    Errand.ANSWER: (Step.TELL,),
    Errand.STATUS: (Step.SHOW,),
    Errand.REPLY: (Step.NOTE,),
    Errand.DISPOSITION: (Step.DISPOSE,),
}
"""Which steps an errand takes."""


class Keeps(Protocol):
    """What keeping a journal takes."""

    @property
    def ledger(self) -> AgreeingLedger: ...
    @property
    def clock(self) -> Clock: ...


class StepJournal:
    """Writes intents and outcomes of the steps of one action or errand and knows those of earlier tries."""

    def __init__(self, ledger: AgreeingLedger, clock: Clock, action: ActionId) -> None:
        self._ledger = ledger
        self._clock = clock
        self._action = action
        self._known: dict[str, tuple[Mapping[str, Any], Mapping[str, Any] | None]] = {}

    @classmethod
    async def of(cls, parts: Keeps, row: ActionRow, attempt: int = 1) -> StepJournal:
        """The journal of an action that was taken up; nothing is read for the first try of one of which no step was begun."""
        journal = cls(parts.ledger, parts.clock, row.action.id)
        return await journal.load() if row.begun or attempt > 1 else journal

    async def load(self) -> StepJournal:
        for row in await self._ledger.steps(self._action):
            self._known[row.step] = (row.intent, row.outcome)
        return self

    def outcome(self, step: Step) -> Mapping[str, Any] | None:
        """What the step ended with, None where it has not ended or its end is not known."""
        known = self._known.get(step)
        return known[1] if known else None

    def intent(self, step: Step) -> Mapping[str, Any] | None:
        """What the step set out to do, None where it never began."""
        known = self._known.get(step)
        return known[0] if known else None

    def begun_at(self, step: Step) -> datetime | None:
        """When the step was last begun, None where it never was: not later than anything that it did."""
        intent = self.intent(step)
        return datetime.fromisoformat(str(intent["at"])) if intent is not None else None

    async def run(
        self,
        step: Step,
        intent: Mapping[str, Any],
        work: Callable[[], Awaitable[Mapping[str, Any]]],
    ) -> Mapping[str, Any]:
        """Write the intent, do the work, write the outcome. Whatever `work` raises leaves the outcome unknown."""
        await self.rewrite(step, intent)
        outcome = await work()
        await self.close(step, outcome)
        return outcome

    async def rewrite(self, step: Step, intent: Mapping[str, Any]) -> Mapping[str, Any]:
        """Write the intent anew with the present time, before anything else is done; returns it as it now stands."""
        now = await self._clock.now()
        stamped = {**intent, "at": now.isoformat()}
        await self._ledger.begin_step(self._action, step, intent=stamped, at=now)
        self._known[step] = (stamped, None)
        return stamped

    async def ask(self, step: Step, intent: Mapping[str, Any], accords: Sequence[Accord]) -> Sequence[Accord]:
        """Write the intent anew together with the accords that say what is asked for; returns these as the store has them."""
        now = await self._clock.now()
        stamped = {**intent, "at": now.isoformat()}
        _, kept = await self._ledger.begin_write(self._action, step, intent=stamped, at=now, accords=accords)
        self._known[step] = (stamped, None)
        return kept

    async def close(self, step: Step, outcome: Mapping[str, Any]) -> None:
        """Write the outcome of a step that turned out to have happened."""
        await self._ledger.end_step(self._action, step, outcome=outcome, at=await self._clock.now())
        self._known[step] = (self._known.get(step, ({}, None))[0], outcome)
