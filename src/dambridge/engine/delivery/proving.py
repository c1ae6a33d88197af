"""Proof of bytes: what was read from the source is what the target holds, and by which evidence that is known."""

from __future__ import annotations

import hashlib
from typing import Any

from dambridge.engine.delivery.fetching import Passing
from dambridge.engine.parts import Parts
from dambridge.model.outcomes import Outcome
from dambridge.model.records import Digest, NativeRecord


async def prove_bytes(parts: Parts, native: NativeRecord, digest: Digest) -> str | None:
    """The evidence that `native` holds the bytes of `digest`: `md5`, `sha256`, `sha1`, `read_back` or `size_only`.

    None when they are proven to differ. A digest that the account gives decides; without one the bytes are read back,
    always, for a sample, or never, as the policy says. A size that differs always decides."""
    if native.size is not None and native.size != digest.size:
        return None
    given = native.checksum
    if given is not None and (ours := getattr(digest, given.algorithm, None)) is not None:
        return given.algorithm if ours == given.hexdigest else None
    if not _read_back_wanted(parts, native):
        return "size_only"
    return "read_back" if await _read_back(parts, native) == digest.sha256 else None


async def holds(parts: Parts, native: NativeRecord, digest: Digest) -> bool:
    """Whether `native` has these bytes for certain: by its digest, else by reading them, whatever the policy saves."""
    given = native.checksum
    if native.size is not None and native.size != digest.size:
        return False
    if given is not None and (ours := getattr(digest, given.algorithm, None)) is not None:
        return bool(ours == given.hexdigest)
    return await _read_back(parts, native) == digest.sha256


async def _read_back(parts: Parts, native: NativeRecord) -> str:
    async with parts.archive.original(native.key.remote_id, lane=parts.lane) as stream:
        passing = Passing(stream.chunks, stream.size)
        async for _ in passing.chunks():
            pass
    return passing.digest.sha256


def _read_back_wanted(parts: Parts, native: NativeRecord) -> bool:
    match parts.policy.verify_bytes:
        case "always":
            return True
        case "never":
            return False
        case _:
            lot = int(hashlib.sha256(str(native.key).encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
            return lot < parts.policy.sample_rate


async def prove_links(parts: Parts, *, limit: int) -> dict[str, Any]:
    """Hold linked assets against the target: is each copy there, with the bytes that were agreed?

    Returns `{"checked": n, "differ": [sentences]}`; the copies looked at are those settled last."""
    checked = 0
    differ: list[str] = []
    settled = await parts.ledger.lingering(parts.flow, outcomes=[Outcome.DONE, Outcome.UNCHANGED], limit=limit)
    links_by_key = await parts.ledger.links_of([it.key for it in settled])
    links = await parts.ledger.links(list(links_by_key.values()))
    agreed = await parts.ledger.agreed(list(links))
    for link_id, link in sorted(links.items()):
        copy, state = link.copy(parts.target_copy), agreed.get(link_id)
        if copy is None or state is None or state.content is None:
            continue
        native = (await parts.archive.read([copy.remote_id], lane=parts.lane)).get(copy.remote_id)
        checked += 1
        if not isinstance(native, NativeRecord):
            differ.append(f"{copy.key} ({link_id}) is not there any more.")
        elif await prove_bytes(parts, native, given := state.given(parts.target_copy) or state.content) is None:
            differ.append(f"{copy.key} ({link_id}) does not hold the bytes with SHA-256 {given.sha256}.")
    return {"checked": checked, "differ": differ}
