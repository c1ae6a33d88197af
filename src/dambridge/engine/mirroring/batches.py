"""The durable unit of work of a two-way flow: a batch of links with their actions. It may be run again at any time."""

from __future__ import annotations

from dambridge.engine.by_link import by_link, each
from dambridge.engine.mirroring.acting import carry_out
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.settling import face_of
from dambridge.model.identity import LinkId
from dambridge.ports.runtime import Json


async def work_off(parts: MirrorParts, batch: str) -> Json:
    """Carry out whatever of the batch is still open, link by link; harmless to repeat."""
    rows = by_link(await parts.ledger.open_actions(batch, now=await parts.clock.now()))
    links = {it: link for it, link in (await parts.ledger.links(list(rows))).items() if parts.mine(link).copies}
    ends = await parts.ledger.observations(parts.flow, [face_of(parts, it) for it in links.values()])

    async def one(link_id: LinkId) -> None:
        link = links[link_id]
        await carry_out(parts, link, rows[link_id], ends.get(face_of(parts, link)))

    # of a link without copies nothing is left to do
    return await each(parts, [it for it in rows if it in links], one)
