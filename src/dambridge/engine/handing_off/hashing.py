"""The bytes of a source, hashed for a submission, with what stands inside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dambridge.engine.delivery.fetching import BrokenOriginal
from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.mapping import AccountMap, embedded_fields
from dambridge.model.identity import AssetKey, derived_id
from dambridge.model.records import Broken, Digest, EmbeddedMetadata
from dambridge.policy.carriers import INSIDE, Carrier, CarrierKind
from dambridge.policy.intake import plain


@dataclass(frozen=True, slots=True)
class Hashed:
    """What was hashed, and what it says by itself in the fields that carry a status."""

    digest: Digest
    brought: Mapping[str, tuple[str, ...]]


async def hash_submission(parts: HandoffParts, key: AssetKey, *, file_name: str) -> Hashed:
    """Fetch the original, hash it and look into it; nothing of it is kept.

    Raises `BrokenOriginal` for a file that is empty, cut or not what it says."""
    name = derived_id("hi", key.account, key.remote_id)
    try:
        async with parts.reader.original(key.remote_id, lane=parts.lane) as stream:
            spooled = await parts.spool.keep(name, stream.chunks, expected_size=stream.size)
        inside = await parts.inspector.inspect(spooled.path, file_name=file_name)
    finally:
        await parts.spool.drop(name)
    if isinstance(inside, Broken):
        raise BrokenOriginal(inside)
    return Hashed(spooled.digest, _brought(inside, parts.handoff.carriers, parts.source.map))


def _brought(inside: EmbeddedMetadata, carriers: Sequence[Carrier], home: AccountMap) -> dict[str, tuple[str, ...]]:
    """By the account's field what the file says there. Where any of its fields may have become the carrier, any word of it
    that says a status counts."""
    said = embedded_fields(inside)
    anywhere = [text for tag in inside.tags.values() for text in _texts(tag)]
    found: dict[str, tuple[str, ...]] = {}
    for it in carriers:
        if it.is_place:
            continue
        texts = [text for tag in INSIDE.get(it.kind, ()) for text in _texts(inside.tags.get(tag))]
        texts += [plain(said[rule.field]) for rule in home.rules if rule.native == it.native and rule.field in said]
        texts += [text for text in anywhere if it.kind is CarrierKind.CUSTOM and it.status_of(text) is not None]
        if texts:
            found[it.native] = tuple(dict.fromkeys(texts))
    return found


def _texts(tag: Any) -> tuple[str, ...]:
    match tag:
        case None:
            return ()
        case tuple():
            return tuple(map(str, tag))
        case Mapping():
            return tuple(map(str, tag.values()))
    return (str(tag),)
