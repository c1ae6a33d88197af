"""NetX's own examination of an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dambridge.ports.errors import Refused
from dambridge.ports.pace import Lane
from dambridge.ports.probing import Finding, Question, Standing


class NetxProber:
    """Implements `Prober` without any question: it writes nothing, so it has nothing to take back."""

    def questions(self) -> Sequence[Question]:
        return ()

    async def ask(self, question: Question, found: Mapping[str, Finding], *, lane: Lane) -> Finding:
        told = "This connector asks no such question."
        return Finding(question=question.id, standing=Standing.NOT_ASKED, value=None, told=told)

    async def open_scratch(self, *, lane: Lane) -> str:
        raise Refused("Nothing is tried on this account, so no scratch folder is made.")

    async def clean_up(self, *, lane: Lane) -> Sequence[str]:
        return ()
