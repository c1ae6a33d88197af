"""Links that were found again: their copies read, their bytes compared, and what they have in common written down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from dambridge.engine.delivery.fetching import digest_of
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.reading import read_copies
from dambridge.engine.parts import FlowParts, Parts
from dambridge.engine.sites import Site
from dambridge.engine.taking_in.observing import read_all, read_targets
from dambridge.model.identity import AccountId, AssetKey, CopyId, CopyRole, Link
from dambridge.model.records import AssetRecord, Digest, Present, Seen
from dambridge.planning.rebuilding import Restored, came_back, restore
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.ledger import AuditEntry

log = structlog.get_logger()
Read = Callable[[Sequence[AssetKey]], Awaitable[Mapping[AssetKey, Seen]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a flow gives to have its links restored: its accounts, and its own way of reading copies, for versions compare."""

    parts: FlowParts
    sites: Mapping[AccountId, Site]
    read: Read


def means_of(parts: FlowParts) -> Means:
    """Raises `TypeError` for a flow that has no links of its own kind."""
    match parts:
        case Parts():
            return Means(parts=parts, sites={it.account: it for it in (parts.source, parts.target)}, read=_by(parts))
        case MirrorParts():
            return Means(parts=parts, sites=parts.sites, read=lambda keys: read_copies(parts, keys))
    raise TypeError(f"links of flow {parts.flow} cannot be restored")


def _by(parts: Parts) -> Read:
    async def read(keys: Sequence[AssetKey]) -> Mapping[AssetKey, Seen]:
        sources = [it.remote_id for it in keys if it.account == parts.policy.source]
        targets = [it.remote_id for it in keys if it.account == parts.policy.target]
        seen: dict[AssetKey, Seen] = {it.key: it.seen for it in await read_all(parts, sources)}
        found = await read_targets(parts, targets)
        return {**seen, **{AssetKey(parts.policy.target, it): one for it, one in found.items()}}

    return read


async def restore_links(means: Means, links: Sequence[Link]) -> list[Restored]:
    """Write these links down, with what their copies have in common now; harmless to repeat.

    Copies that were let go of before, as the tombstones say, stay out of their links. One whose copies were not all read,
    or not proven to hold the same bytes, is only watched until a person releases it."""
    keys = [copy.key for it in links for copy in it.copies]
    stones = await means.parts.ledger.tombstones(keys)
    buried = {key for key, stone in stones.items() if not came_back(stone)}
    seen = await means.read([it for it in keys if it not in buried])
    gate = asyncio.Semaphore(means.parts.settings.concurrency)

    async def one(link: Link) -> Restored:
        async with gate:
            return await _restored(means, link, seen, buried)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(it)) for it in links]
    restored = [it.result() for it in tasks]
    await _write_down(means, restored)
    return restored


async def _write_down(means: Means, restored: Sequence[Restored]) -> None:
    now = await means.parts.clock.now()
    await means.parts.ledger.put_links(
        [it.link for it in restored],
        {it.link.id: it.agreed for it in restored},
        [
            AuditEntry(
                at=now,
                actor=f"flow:{means.parts.flow}",
                event="link.restored",
                subject=it.link.id,
                detail={
                    "copies": {str(copy.id): str(copy.key) for copy in it.link.copies},
                    "agreed": sorted(it.agreed.fields),
                    "watched": it.watched.to_json() if it.watched else None,
                },
            )
            for it in restored
        ],
    )


async def _restored(means: Means, link: Link, seen: Mapping[AssetKey, Seen], buried: set[AssetKey]) -> Restored:
    of_copy = {it.id: seen[it.key] for it in link.copies if it.key in seen}
    records = {it: one.record for it, one in of_copy.items() if isinstance(one, Present)}
    whole = all(it.key in buried or it.id in records for it in link.copies)
    digest, proofs = await _bytes_alike(means, records) if whole else (None, {})
    return restore(
        link,
        of_copy,
        maps={name: site.map for name, site in means.sites.items()},
        bytes_alike=digest,
        buried=buried,
        proofs=proofs,
        now=await means.parts.clock.now(),
    )


async def _bytes_alike(means: Means, records: Mapping[CopyId, AssetRecord]) -> tuple[Digest | None, Mapping[str, str]]:
    """The digest of the original where all copies hold it for certain, and how each was proven."""
    origin = next((it for it in sorted(records) if it.role is CopyRole.SOURCE), min(records))
    sizes = {it.size for it in records.values() if it.size is not None}
    if len(sizes) > 1:
        return None, {}
    try:
        site = means.sites[origin.account]
        digest = await digest_of(site.reader, records[origin].key.remote_id, lane=site.lane)
        proofs = {str(origin): "source"}
        for copy, record in records.items():
            if copy != origin:
                proof = await _proof(means, record, digest)
                if proof is None:
                    return None, {}
                proofs[str(copy)] = proof
    except CannotGoOn:
        raise
    except NextMove as error:
        log.info("rebuild.bytes_unread", asset=str(records[origin].key), why=str(error))
        return None, {}
    return digest, proofs


async def _proof(means: Means, record: AssetRecord, digest: Digest) -> str | None:
    """By what it is known that the copy holds these bytes, None where it does not."""
    given = record.checksum
    if given is not None and (ours := getattr(digest, given.algorithm, None)) is not None:
        return given.algorithm if ours == given.hexdigest else None
    site = means.sites[record.key.account]
    read = await digest_of(site.reader, record.key.remote_id, lane=site.lane)
    return "read_back" if read.sha256 == digest.sha256 else None
