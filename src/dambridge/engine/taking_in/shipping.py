"""What intake brings: the source's own bytes, or a copy of them with the fields inside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from dambridge.engine.delivery.embedding import embedded_copy, for_target
from dambridge.engine.delivery.fetching import body_of, hash_source, stream_through
from dambridge.engine.delivery.side_cars import fetch_with_words, words_beside
from dambridge.engine.docking import Facts
from dambridge.engine.parts import Parts
from dambridge.engine.taking_in.updating import filled_from
from dambridge.mapping import embedded_fields, status_words
from dambridge.model.actions import Action
from dambridge.model.records import ANYTHING, Digest, EmbeddedMetadata
from dambridge.model.values import Fields
from dambridge.ports.files import Spooled
from dambridge.ports.systems import Body


class ByItsOwnWord(Exception):
    """Nobody but the file itself has approved it: by this word. Not frozen: context managers set an error's traceback."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True, slots=True)
class SourceFile:
    """An asset's original on its way to the target: streamed where it is large, else by way of the spool."""

    parts: Parts
    action: Action

    @asynccontextmanager
    async def bytes(self) -> AsyncIterator[tuple[Body, Facts]]:
        parts, action = self.parts, self.action
        doubted = self._doubted()
        if action.size > parts.settings.large_file and not parts.embeds(action) and not doubted:
            beside = await words_beside(parts, action)
            async with stream_through(parts, action) as (body, passing):
                yield body, replace(_facts(lambda: passing.digest, beside), brought=(ANYTHING,))
            return
        spooled, inside = await fetch_with_words(parts, action)
        if doubted and (word := parts.policy.approval.stands_inside(inside)):
            raise ByItsOwnWord(word)
        yield await from_spool(parts, action, spooled, inside)

    def _doubted(self) -> bool:
        """Whether the approval may be the file's own word, so that it is looked into whatever its size."""
        policy = self.parts.policy
        return policy.mode == "approved" and policy.approval.by_value and not self.action.given

    async def digest(self) -> Digest:
        return await hash_source(self.parts, self.action)


async def from_spool(parts: Parts, action: Action, spooled: Spooled, inside: EmbeddedMetadata) -> tuple[Body, Facts]:
    """The original as it is sent: itself, or a copy with the fields inside where the target takes them from there."""
    if not parts.embeds(action):
        return body_of(parts, spooled), _facts(lambda: spooled.digest, inside)
    it = await embedded_copy(parts, action, spooled, inside, all_wanted(parts, action, embedded_fields(inside)))
    return body_of(parts, it.copy), _facts(lambda: it.written, inside, it.to_json())


def all_wanted(parts: Parts, action: Action, inside: Fields) -> Fields:
    """What a new copy should say: the action's fields, and what the file says beyond them."""
    return {**action.fields, **for_target(parts, action, filled_from(action, inside))}


def _facts(known: Callable[[], Digest], inside: EmbeddedMetadata, embedded: Mapping[str, Any] | None = None) -> Facts:
    return Facts(
        known=known,
        filled=embedded_fields(inside),
        embedded=embedded or {},
        disagreements=inside.disagreements,
        side_car=inside.side_car,
        brought=status_words(inside),
    )
