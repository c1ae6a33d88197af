"""Which assets of the target say, by our marks, whose copy they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from dambridge.engine.describing import LINK_FIELD, SOURCE_FIELD
from dambridge.engine.observing import read_targets
from dambridge.engine.parts import Parts
from dambridge.model.identity import AssetKey, LinkId, RemoteId
from dambridge.model.records import AssetRecord, Present, Unread
from dambridge.planning.rebuilding import Claim
from dambridge.ports.errors import CannotGoOn, NextMove, TryLater

PAGE = 500


@dataclass(slots=True)
class Marks:
    """What a look through the whole target brought."""

    claims: list[Claim] = field(default_factory=list)
    unmarked: int = 0


async def find_marks(parts: Parts) -> Marks:
    """Read every asset of the target. Raises `TryLater` where the listing, or a part of it, could not be had whole: a store
    that was made of a part would take the rest for missing."""
    marks = Marks()
    async for ids in _everything(parts):
        for remote_id, seen in (await read_targets(parts, ids)).items():
            if isinstance(seen, Unread):
                raise TryLater(
                    f"{parts.policy.target}:{remote_id} could not be read. Rebuild again; nothing was changed."
                )
            if isinstance(seen, Present):
                _take(parts, seen.record, marks)
    return marks


async def _everything(parts: Parts) -> AsyncIterator[Sequence[RemoteId]]:
    target = parts.policy.target
    own: set[RemoteId] = set()
    total: int | None = None
    try:
        async for page in parts.target.reader.everything(lane=parts.lane):
            total = page.total if page.total is not None else total
            fresh = list(dict.fromkeys(it.remote_id for it in page.sightings if it.remote_id not in own))
            own.update(fresh)
            if fresh:
                yield fresh
    except CannotGoOn:
        raise
    except NextMove as error:
        raise TryLater(f"The listing of {target} broke off: {error} Rebuild again; nothing was changed.") from error
    if total is not None and len(own) < total:
        raise TryLater(f"{target} announced {total} assets and showed {len(own)}. Rebuild again; nothing was changed.")


def _take(parts: Parts, record: AssetRecord, marks: Marks) -> None:
    link, source = record.fields.get(LINK_FIELD), record.fields.get(SOURCE_FIELD)
    if not link or not source:
        marks.unmarked += 1
        return
    marks.claims.append(
        Claim(
            record=record.key,
            source=AssetKey(parts.policy.source, RemoteId(str(source))),
            link=LinkId(str(link)),
            created_at=record.created_at,
        )
    )
