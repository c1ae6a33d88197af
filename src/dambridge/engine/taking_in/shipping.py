"""What intake brings: the source's own bytes, or a copy of them with the fields inside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from dambridge.engine.delivery.embedding import embedded_copy, for_target
from dambridge.engine.delivery.fetching import body_of, hash_source, stream_through
from dambridge.engine.delivery.side_cars import fetch_with_words, words_beside
from dambridge.engine.docking import Facts
from dambridge.engine.parts import Parts
from dambridge.engine.taking_in.updating import filled_from
from dambridge.mapping import embedded_fields, status_words
from dambridge.model.actions import Action
from dambridge.model.records import Digest, EmbeddedMetadata
from dambridge.model.values import Fields
from dambridge.ports.files import Spooled
from dambridge.ports.systems import Body


@dataclass(frozen=True, slots=True)
class SourceFile:
    """An asset's original on its way to the target: streamed where it is large, else by way of the spool."""

    parts: Parts
    action: Action

    @asynccontextmanager
    async def bytes(self) -> AsyncIterator[tuple[Body, Facts]]:
        parts, action = self.parts, self.action
        if action.size > parts.settings.large_file and not parts.embeds(action):
            beside = await words_beside(parts, action)
            async with stream_through(parts, action) as (body, passing):
                yield body, _facts(lambda: passing.digest, beside)
            return
        spooled, inside = await fetch_with_words(parts, action)
        yield await from_spool(parts, action, spooled, inside)

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
