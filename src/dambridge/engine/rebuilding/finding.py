"""Which assets of the target say, by our marks, whose copy they are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from dambridge.engine.delivery.describing import LINK_FIELD, SOURCE_FIELD
from dambridge.engine.parts import Parts
from dambridge.engine.reading import CALL_HOLDS
from dambridge.model.identity import AssetKey, LinkId, RemoteId
from dambridge.model.records import NativeRecord
from dambridge.model.values import FieldName
from dambridge.planning.rebuilding import Claim
from dambridge.ports.errors import CannotGoOn, NextMove, TryLater


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
        for start in range(0, len(ids), CALL_HOLDS):
            for native in await _read(parts, ids[start : start + CALL_HOLDS]):
                _take(parts, native, marks)
    return marks


async def _read(parts: Parts, ids: Sequence[RemoteId]) -> list[NativeRecord]:
    try:
        found = await parts.archive.read(ids, lane=parts.lane)
    except CannotGoOn:
        raise
    except NextMove as error:
        raise TryLater(
            f"{parts.policy.target} could not be read: {error} Rebuild again; nothing was changed."
        ) from error
    return [it for it in found.values() if isinstance(it, NativeRecord)]


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


def _take(parts: Parts, native: NativeRecord, marks: Marks) -> None:
    link, source = (_mark(parts, native, it) for it in (LINK_FIELD, SOURCE_FIELD))
    if not link or not source:
        marks.unmarked += 1
        return
    marks.claims.append(
        Claim(
            record=native.key,
            source=AssetKey(parts.policy.source, RemoteId(source)),
            link=LinkId(link),
            created_at=native.created_at,
        )
    )


def _mark(parts: Parts, native: NativeRecord, field: FieldName) -> str:
    """What stands in the attribute that holds this mark; empty where there is none."""
    rule = parts.target.map.by_field.get(field)
    value = native.fields.get(rule.native) if rule is not None else None
    return str(value[0] if isinstance(value, tuple) and value else value or "")
