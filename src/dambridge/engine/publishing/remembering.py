"""The journal of what is shown, made up from the store: by whoever begins one, or lost it."""

from __future__ import annotations

import asyncio

from dambridge.engine.publishing.parts import PublishParts
from dambridge.model.identity import CopyId, LinkId
from dambridge.model.publications import Outside, Stage

PAGE = 500


async def complete_journal(parts: PublishParts) -> int:
    """Add what the store shows and the journal does not say; gives how many that were."""
    if parts.journal is None:
        return 0
    entries = await asyncio.to_thread(lambda journal: list(journal.read()), parts.journal)
    known = {it.publication.key: it.told for it in entries}
    added = 0
    after: tuple[LinkId, CopyId] | None = None
    while page := await parts.ledger.publications_in(parts.flow, stages=[Stage.VISIBLE], after=after, limit=PAGE):
        after = (page[-1].link, page[-1].copy)
        links = await parts.ledger.links([it.link for it in page])
        masters = {name: it.copy(parts.policy.source_copy) for name, it in links.items()}
        found = [
            Outside(source=master.key, publication=it)
            for it in page
            if (master := masters.get(it.link)) is not None and it.remote_id is not None
        ]
        news = [it for it in found if known.get(it.publication.key) != it.told]
        await parts.note_outside(news)
        added += len(news)
    return added
