"""The durable unit of work: a batch of links with their actions. It may be run again at any time."""

from __future__ import annotations

from dambridge.engine.by_link import by_link, each
from dambridge.engine.publishing.acting import carry_out
from dambridge.engine.publishing.parts import PublishParts
from dambridge.model.actions import ActionKind
from dambridge.model.identity import LinkId
from dambridge.ports.runtime import Json

AT_ONCE = 48
"""Withdrawals under way at once: two small calls each, so that their number is bound by the account's rate alone."""
TAKES_OUT = frozenset({ActionKind.WITHDRAW, ActionKind.CORRECT, ActionKind.NOTE})


async def work_off(parts: PublishParts, batch: str) -> Json:
    """Carry out whatever of the batch is still open, link by link; harmless to repeat."""
    rows = by_link(await parts.ledger.open_actions(batch, now=await parts.clock.now()))
    faces = {link: own[0].action.source for link, own in rows.items()}
    ends = await parts.ledger.observations(parts.flow, list(faces.values()))

    async def one(link: LinkId) -> None:
        await carry_out(parts, faces[link], rows[link], ends.get(faces[link]))

    leaving = all(it.action.kind in TAKES_OUT for own in rows.values() for it in own)
    at_once = max(AT_ONCE, parts.settings.concurrency) if leaving else None
    return await each(parts, list(rows), one, at_once=at_once)
