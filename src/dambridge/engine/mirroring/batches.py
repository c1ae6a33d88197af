"""The durable unit of work of a two-way flow: a batch of links with their actions. It may be run again at any time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from dambridge.engine.batches import Hold
from dambridge.engine.mirroring.acting import carry_out
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.settling import face_of
from dambridge.model.identity import LinkId
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.ledger import ActionRow
from dambridge.ports.runtime import Json


async def work_off(parts: MirrorParts, batch: str) -> Json:
    """Carry out whatever of the batch is still open, link by link; harmless to repeat.

    Returns `{"ended": n}`, with `"stopped"` and a sentence where the run cannot go on."""
    rows = await parts.ledger.open_actions(batch, now=await parts.clock.now())
    by_link = _by_link(rows)
    links = {it: link for it, link in (await parts.ledger.links(list(by_link))).items() if parts.mine(link).copies}
    ends = await parts.ledger.observations(parts.flow, [face_of(parts, it) for it in links.values()])
    gate = asyncio.Semaphore(parts.settings.concurrency)
    held = Hold(parts)
    stopped: list[str] = []
    ended = 0

    async def one(link_id: LinkId) -> None:
        nonlocal ended
        async with gate:
            if stopped or await held():
                return
            link, own = links[link_id], by_link[link_id]
            try:
                await carry_out(parts, link, own, ends.get(face_of(parts, link)))
                ended += 1
            except CannotGoOn as error:
                stopped.append(str(error))

    async with asyncio.TaskGroup() as group:
        for link_id in (it for it in by_link if it in links):  # of a link without copies nothing is left to do
            group.create_task(one(link_id))
    return {"ended": ended, **({"stopped": stopped[0]} if stopped else {})}


def _by_link(rows: Sequence[ActionRow]) -> dict[LinkId, list[ActionRow]]:
    found: dict[LinkId, list[ActionRow]] = {}
    for row in rows:
        found.setdefault(row.action.link, []).append(row)
    return found
