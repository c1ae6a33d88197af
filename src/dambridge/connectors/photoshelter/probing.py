"""What is asked of a PhotoShelter account to find out what it can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dambridge.ports.errors import Refused
from dambridge.ports.pace import Lane
from dambridge.ports.probing import Finding, Question, Standing


class PhotoShelterProber:
    """Implements `Prober` with no questions."""

    def questions(self) -> Sequence[Question]:
        return ()

    async def ask(self, question: Question, found: Mapping[str, Finding], *, lane: Lane) -> Finding:
        return Finding(question=question.id, standing=Standing.NOT_ASKED, value=None, told="It is not asked here.")

    async def open_scratch(self, *, lane: Lane) -> str:
        raise Refused("Nothing is written: there are no questions that write.")

    async def clean_up(self, *, lane: Lane) -> Sequence[str]:
        return ()
