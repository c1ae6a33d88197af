"""What a question is given to look with, and what it gives back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.connectors.photoshelter.probing.calls import Calls
from dambridge.ports.capabilities import Proof
from dambridge.ports.probing import Finding, Mutation, Question, Standing

if TYPE_CHECKING:
    from dambridge.connectors.photoshelter.probing.learnt import Bench
    from dambridge.connectors.photoshelter.probing.library import Library
    from dambridge.connectors.photoshelter.probing.scratch import Scratch

_SHORTEST: Final = 1.0
_LONGEST: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a question came to; the fields are those of a `Finding`."""

    value: Any
    told: str
    standing: Standing = Standing.ANSWERED
    cells: Mapping[str, Proof] = field(default_factory=dict)
    suggests: Mapping[str, Any] = field(default_factory=dict)
    warning: str = ""
    ask_vendor: str = ""
    administrator: str = ""

    def finding(self, question: str, evidence: Sequence[str]) -> Finding:
        """It as the port gives it. Only options that exist are suggested."""
        return Finding(
            question=question,
            standing=self.standing,
            value=self.value,
            told=self.told,
            evidence=tuple(evidence),
            cells=self.cells,
            suggests={k: v for k, v in self.suggests.items() if k in PhotoShelterOptions.model_fields},
            warning=self.warning,
            ask_vendor=self.ask_vendor,
            administrator=self.administrator,
        )


def unanswered(told: str, *, ask_vendor: str = "", administrator: str = "") -> Answer:
    """No answer, and why."""
    return Answer(
        value=None, told=told, standing=Standing.UNANSWERED, ask_vendor=ask_vendor, administrator=administrator
    )


def proof(works: bool) -> Proof:
    return Proof.PROVEN if works else Proof.ABSENT


@dataclass(frozen=True, slots=True)
class Rest:
    """Waiting, and how long it took; seconds."""

    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic

    async def until(self, happened: Callable[[], Awaitable[bool]], *, at_most: float) -> tuple[float, float | None]:
        """Look again and again: when it was last known not to have happened, and when it was first seen (None: not yet)."""
        began, pause, not_before = self.monotonic(), _SHORTEST, 0.0
        while True:
            asked = self.monotonic() - began
            if await happened():
                return not_before, self.monotonic() - began
            not_before = asked
            if asked >= at_most:
                return not_before, None
            await self.sleep(min(pause, max(at_most - asked, _SHORTEST)))
            pause = min(pause * 1.6, _LONGEST)


@dataclass(frozen=True, slots=True)
class Look:
    """The means of one question. `found` holds earlier findings by question id."""

    calls: Calls
    options: PhotoShelterOptions
    library: Library
    scratch: Scratch
    bench: Bench
    found: Mapping[str, Finding]
    rest: Rest

    def value(self, question: str) -> Any:
        """The answer to an earlier question, None where it has none."""
        earlier = self.found.get(question)
        return earlier.value if earlier is not None and earlier.standing is Standing.ANSWERED else None


@dataclass(frozen=True, slots=True)
class Entry:
    """A question and how it is asked."""

    question: Question
    ask: Callable[[Look], Awaitable[Answer]]


def entry(
    identifier: str,
    asks: str,
    reference: str,
    ask: Callable[[Look], Awaitable[Answer]],
    *mutations: Mutation,
    needs: tuple[str, ...] = (),
) -> Entry:
    """One line of the catalogue."""
    return Entry(Question(id=identifier, asks=asks, reference=reference, mutations=mutations, needs=needs), ask)
