"""Bytes that have to be read before anything is agreed on: of links found again, in accounts that show no checksums.

What such an account shows is a stamp, which can be held against no other copy's. Where it is no longer the one that was seen
when the link was found again, or was not seen then, somebody may have replaced the file: it is read, and so are those that
it has to be compared with. What was read is written down with its stamp, so that it is read once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import structlog

from dambridge.engine.delivery.fetching import digest_of
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.reading import native_of
from dambridge.mapping import to_canonical
from dambridge.model.accords import Accord, GroupName
from dambridge.model.identity import AssetKey, CopyId, Link, LinkId
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed, AssetRecord, Digest, Present, Seen, Unread
from dambridge.planning.first_sight import bytes_known, kept_stamps, token_of
from dambridge.planning.rebuilding import REBUILT
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.ledger import AuditEntry

log = structlog.get_logger()
Tokens = Mapping[LinkId, Mapping[CopyId, str]]


async def read_bytes(
    parts: MirrorParts,
    links: Mapping[LinkId, Link],
    accords: Mapping[LinkId, Mapping[GroupName, Accord]],
    seen: dict[AssetKey, Seen],
) -> Tokens:
    """What is known, or found out now, of the bytes of links that agree on none yet. A copy that could not be read, or that
    shows one file and then another, is `Unread` in `seen` from here on."""
    group = next((it.name for it in parts.policy.groups if it.is_content), None)
    bare = [it for it in links if group is not None and group not in accords.get(it, {})]
    found: dict[LinkId, Mapping[CopyId, str]] = {}
    for link_id, agreed in (await parts.ledger.agreed(bare) if bare else {}).items():
        link = links[link_id]
        if REBUILT in agreed.evidence and not link.observe_only:
            found[link_id] = await _tokens(parts, link, agreed, seen)
    return found


async def _tokens(parts: MirrorParts, link: Link, agreed: Agreed, seen: dict[AssetKey, Seen]) -> Mapping[CopyId, str]:
    of_copy = {it.id: seen[it.key] for it in link.copies}
    records = {it: one.record for it, one in of_copy.items() if isinstance(one, Present)}
    known = bytes_known(agreed.evidence, records)
    if not known.unread or any(isinstance(it, Unread) for it in of_copy.values()):
        return known.tokens
    digests: dict[CopyId, Digest] = {}
    for copy in known.unread:
        found = await _read(parts, copy, records[copy])
        if isinstance(found, Unread):
            seen[records[copy].key] = found
        else:
            digests[copy] = found
    await _write_down(parts, link.id, agreed, records, digests)
    return {**known.tokens, **{it: token_of(digest, records) for it, digest in digests.items()}}


async def _read(parts: MirrorParts, copy: CopyId, record: AssetRecord) -> Digest | Unread:
    site = parts.sites[copy.account]
    try:
        digest = await digest_of(site.reader, record.key.remote_id, lane=site.lane)
        native = await native_of(site, record.key.remote_id)
    except CannotGoOn:
        raise
    except NextMove as error:
        log.info("bytes.unread", asset=str(record.key), why=str(error))
        return Unread(Reason.of(Code.COPY_UNREAD, copy=str(copy), text=str(error)), (record,))
    if native.content_stamp != record.version.content:
        text = "it showed one file and then another"
        return Unread(Reason.of(Code.COPY_UNREAD, copy=str(copy), text=text), (record, to_canonical(native, site.map)))
    return digest


async def _write_down(
    parts: MirrorParts,
    link: LinkId,
    agreed: Agreed,
    records: Mapping[CopyId, AssetRecord],
    digests: Mapping[CopyId, Digest],
) -> None:
    stamps = {name: it for copy, digest in digests.items() for name, it in _stamp(copy, digest, records).items()}
    if not stamps:
        return
    told = AuditEntry(
        at=await parts.clock.now(),
        actor=f"flow:{parts.flow}",
        event="asset.bytes_compared",
        subject=link,
        detail={"sha256": {str(it): digest.sha256 for it, digest in sorted(digests.items())}},
    )
    await parts.ledger.put_links([], {link: replace(agreed, evidence={**agreed.evidence, **stamps})}, [told])


def _stamp(copy: CopyId, digest: Digest, records: Mapping[CopyId, AssetRecord]) -> Mapping[str, str]:
    """In the terms of all of them, whoever was read."""
    return {name: it for name, it in kept_stamps(records, digest).items() if name.startswith(f"{copy}.")}
