"""What became of bytes that were sent and whose reply was lost, where no checksum tells: looked up before anything is decided.

Fields are recognised by what a copy shows. Bytes of an account without checksums show nothing but a new stamp, which looks
like anybody's: they are read and held against the digest that was put on record before they were sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import structlog

from dambridge.engine.delivery.fetching import digest_of
from dambridge.engine.mirroring.bringing import bytes_sent, tokens_of
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.reading import native_of
from dambridge.mapping import to_canonical
from dambridge.model.accords import CONTENT, Accord, GroupName
from dambridge.model.identity import AssetKey, CopyId, Link, LinkId
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Digest, Present, Seen, Unread
from dambridge.planning.views import content_token
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.ledger import AuditEntry

log = structlog.get_logger()
Accords = Mapping[LinkId, Mapping[GroupName, Accord]]


async def resolve(
    parts: MirrorParts, links: Mapping[LinkId, Link], accords: Accords, seen: dict[AssetKey, Seen]
) -> Accords:
    """The accords with every copy settled that turns out to hold the bytes it was to be given. A copy that shows one file
    and then another is `Unread` in `seen` from here on: one of the answers was late."""
    group = next((it.name for it in parts.policy.groups if it.is_content), None)
    found: dict[LinkId, Mapping[GroupName, Accord]] = dict(accords)
    for link_id, link in links.items():
        accord = accords.get(link_id, {}).get(group) if group is not None else None
        if accord is None or not any(it.asked for it in accord.copies.values()):
            continue
        for copy in link.copies:
            record = seen[copy.key]
            if isinstance(record, Present) and _is_open(accord, copy.id, record.record.version.content):
                accord, seen[copy.key] = await _looked_up(parts, accord, copy.id, record)
        found[link_id] = {**accords[link_id], accord.group: accord}
    return found


def _is_open(accord: Accord, copy: CopyId, stamp: str) -> bool:
    standing = accord.copies.get(copy)
    return standing is not None and bool(standing.asked) and standing.version.content != stamp


async def _looked_up(parts: MirrorParts, accord: Accord, copy: CopyId, seen: Present) -> tuple[Accord, Seen]:
    """By the account's own digest of what was seen, where there is one; else the file is read."""
    record, key = seen.record, seen.record.key
    sent = next((it for it in await bytes_sent(parts, accord.link) if it.action.target == copy), None)
    if sent is None or sent.digest is None:
        return accord, seen
    given = record.checksum
    if given is not None and (ours := getattr(sent.digest, given.algorithm, None)) is not None:
        is_ours = bool(ours == given.hexdigest)
    else:
        site = parts.sites[key.account]
        try:
            read = await digest_of(site.reader, key.remote_id, lane=site.lane)
            native = await native_of(site, key.remote_id)
        except CannotGoOn:
            raise
        except NextMove as error:
            log.info("bytes.unread", asset=str(key), why=str(error))
            return accord, seen
        is_ours = read.sha256 == sent.digest.sha256
        believed = await parts.clock.now() < sent.at + parts.policy.stale_for
        old = not is_ours and believed and _stood_for(accord, copy, read)
        if old or native.content_stamp != record.version.content:
            text = "it showed one file and then another"
            both = record, to_canonical(native, site.map)
            return accord, Unread(Reason.of(Code.COPY_UNREAD, copy=str(copy), text=text), both)
    return (await _recognised(parts, accord, copy, seen, sent.digest) if is_ours else accord), seen


def _stood_for(accord: Accord, copy: CopyId, read: Digest) -> bool:
    """Whether a file that shows a new stamp is handed out as it was before: the one or the other answer is late. What it was
    is told by its own digest, or by that of a copy that stood for the same."""
    before = accord.copies[copy].fields.get(CONTENT)
    alike = [it.shown.get(CONTENT) for it in accord.copies.values() if it.fields.get(CONTENT) == before]
    return not {before, *alike}.isdisjoint(tokens_of(read))


async def _recognised(parts: MirrorParts, accord: Accord, copy: CopyId, seen: Present, sent: Digest) -> Accord:
    record, key = seen.record, seen.record.key
    now = await parts.clock.now()
    standing = accord.copies[copy]
    ours = replace(
        standing.moved_to(record.version, at=now),
        fields=standing.asked[-1],
        shown={CONTENT: content_token(copy, record)},
        asked=(),
        overruled=None,
    )
    told = AuditEntry(
        at=now,
        actor=f"flow:{parts.flow}",
        event="asset.bytes_recognised",
        subject=accord.link,
        detail={"asset": str(key), "sha256": sent.sha256},
    )
    (kept,) = await parts.ledger.put_accords([accord.with_copy(copy, ours)], audit=[told])
    return kept
