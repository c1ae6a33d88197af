"""What stands outside, found again after a loss of the store: by the journal of what was shown, and by where the files stand.

A file is ours where both say so: the journal names it for this outlet, and it stands in the outlet's holding gallery or in
the outlet's own. What only one of them knows is left alone, counted and told. Nothing is written to any system.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dambridge.engine.publishing.parts import PublishParts
from dambridge.model.actions import ActionKind
from dambridge.model.identity import AssetKey, Copy, CopyId, Link, LinkId, RemoteId
from dambridge.model.publications import Outside, Publication, Stage
from dambridge.policy.outlets import Outlet
from dambridge.ports.errors import CannotGoOn, NextMove, Refused, TryLater
from dambridge.ports.ledger import AuditEntry

ID = "id:"
PAGE = 500


@dataclass(slots=True)
class FoundOutside:
    """What became of the files in one flow's galleries. `unproven` stand in holding galleries and no journal knows them,
    `others` in outlets' galleries likewise: people's, or ours from before there was a journal."""

    visible: int = 0
    unseen: int = 0
    unproven: int = 0
    others: int = 0

    @property
    def clear(self) -> bool:
        return not self.unproven and not self.others

    def to_json(self) -> dict[str, Any]:
        return {"visible": self.visible, "unseen": self.unseen, "unproven": self.unproven, "others": self.others}


async def restore_outside(parts: PublishParts, *, by: str) -> FoundOutside:
    """Write down what stands outside and is ours; harmless to repeat, and nothing that the store knows is touched. Raises
    `TryLater` where a gallery could not be read whole: who is missing in a part of it would be taken for withdrawn."""
    known = await _journalled(parts)
    result = FoundOutside()
    restored: list[Outside] = []
    for outlet in parts.policy.outlets.values():
        gallery = await _container(parts, outlet, outlet.gallery)
        home = await _container(parts, outlet, parts.home_of(outlet.name))
        shown, held = await _members(parts, outlet, gallery), await _members(parts, outlet, home)
        mine = {file for file in shown | held if _is_for(known.get(_key(outlet, file)), parts, outlet)}
        result.others += len(shown - held - mine)
        result.unproven += len(held - mine)
        restored += _standing([known[_key(outlet, it)] for it in mine], shown, gallery, await parts.clock.now())
    for start in range(0, len(restored), PAGE):
        await _write_down(parts, restored[start : start + PAGE], result, by=by)
    return result


async def _journalled(parts: PublishParts) -> Mapping[AssetKey, Outside]:
    if parts.journal is None:
        return {}
    entries = await asyncio.to_thread(lambda journal: list(journal.read()), parts.journal)
    return {it.publication.key: it for it in entries if it.publication.key is not None}


def _is_for(it: Outside | None, parts: PublishParts, outlet: Outlet) -> bool:
    return it is not None and it.publication.flow == parts.flow and it.publication.outlet == outlet.name


def _standing(mine: Sequence[Outside], shown: set[RemoteId], gallery: RemoteId | None, now: datetime) -> list[Outside]:
    """One publication for each copy, of the file that was shown last; one whose place it took goes while it is still seen.

    Its turns count on from the time of this, so that no record of a withdrawal has the name of one that was lost."""
    by_copy: dict[tuple[LinkId, CopyId], list[Outside]] = {}
    for it in sorted(mine, key=lambda one: one.publication.at):
        by_copy.setdefault((it.publication.link, it.publication.copy), []).append(it)
    found: list[Outside] = []
    for several in by_copy.values():
        last = several[-1].publication
        former = next((it.publication.remote_id for it in several[:-1] if it.publication.remote_id in shown), None)
        publication = replace(
            last,
            stage=Stage.VISIBLE if last.remote_id in shown or former is not None else Stage.WITHDRAWN,
            gallery=gallery or last.gallery,
            former=former,
            doing=str(ActionKind.REPLACE) if former is not None else "",
            at=now,
            checked_at=None,
            turn=int(now.timestamp()) // 60,
            revision=0,
        )
        found.append(replace(several[-1], publication=publication))
    return found


async def _write_down(parts: PublishParts, several: Sequence[Outside], result: FoundOutside, *, by: str) -> None:
    """Links first; what the store knows of a copy stays as it is."""
    links = await parts.ledger.links_of([it.source for it in several])
    named = [(it, links.get(it.source) or it.publication.link) for it in several]
    there = await parts.ledger.publications(sorted({link for _, link in named}))
    fresh = [(it, link) for it, link in named if it.publication.copy not in there.get(link, {})]
    now = await parts.clock.now()
    new = {it.source: link for it, link in fresh if it.source not in links}
    record = parts.policy.source_copy
    await parts.ledger.put_links(
        [Link(link, parts.flow, (Copy(record, source.remote_id),)) for source, link in new.items()], {}
    )
    publications = [replace(it.publication, link=link) for it, link in fresh]
    await parts.ledger.put_publications(publications, audit=[_told(it, by, now) for it in publications])
    result.visible += sum(it.stage is Stage.VISIBLE for it in publications)
    result.unseen += sum(it.stage is not Stage.VISIBLE for it in publications)


def _told(it: Publication, by: str, now: datetime) -> AuditEntry:
    detail = {"file": str(it.key), "outlet": it.outlet, "stage": str(it.stage)}
    return AuditEntry(at=now, actor=by, event="outlet.restored", subject=it.link, detail=detail)


# galleries ------------------------------------------------------------------------------------------------------------


async def _container(parts: PublishParts, outlet: Outlet, path: str) -> RemoteId | None:
    """The gallery at this path, None where there is none."""
    if path.startswith(ID):
        return RemoteId(path.removeprefix(ID))
    try:
        return await parts.sites[outlet.account].archive.folder_at(path, lane=parts.lane)
    except CannotGoOn:
        raise
    except NextMove as error:
        raise _unread(path, error) from error


async def _members(parts: PublishParts, outlet: Outlet, container: RemoteId | None) -> set[RemoteId]:
    if container is None:
        return set()
    found: set[RemoteId] = set()
    total: int | None = None
    try:
        async for page in parts.sites[outlet.account].reader.members(container, lane=parts.lane):
            total = page.total if page.total is not None else total
            found.update(it.remote_id for it in page.sightings)
    except CannotGoOn:
        raise
    except NextMove as error:
        raise _unread(outlet.gallery, error) from error
    if total is not None and len(found) < total:
        raise _unread(outlet.gallery, Refused(f"it announced {total} files and showed {len(found)}."))
    return found


def _unread(what: str, why: NextMove) -> TryLater:
    return TryLater(f"{what} could not be read: {why} Rebuild again; of what stands outside nothing was changed.")


def _key(outlet: Outlet, file: RemoteId) -> AssetKey:
    return AssetKey(outlet.account, file)
