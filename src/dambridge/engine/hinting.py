"""Hints in a round: what waits is read again, and then forgotten. A hint is never believed (hazard P16)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from dambridge.engine.parts import FlowParts, Parts
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.ports.hints import hint_kind
from dambridge.ports.ledger import Due

MOST_PER_ROUND = 1_000


def hints_of(parts: FlowParts) -> str:
    """The kind of this flow's rows: each flow looks for itself."""
    return hint_kind(parts.flow)


async def waiting_hints(parts: FlowParts) -> Sequence[Due]:
    """The hints to look at in this round. They stay until `forget_hints`: a round that dies takes none of them along."""
    now, kind = await parts.clock.now(), hints_of(parts)
    first = await parts.ledger.next_due(kinds=[kind])
    if first is None or first > now:
        return ()
    return await parts.ledger.take_due(now, kinds=[kind], limit=MOST_PER_ROUND, worker=kind, lease=now)


async def forget_hints(parts: FlowParts, hints: Sequence[Due]) -> None:
    """These were looked at. One that came again meanwhile stays for the next round."""
    await asyncio.gather(*(parts.ledger.finish_due(it.kind, it.key, worker=it.kind, next_at=None) for it in hints))


async def hinted_sources(parts: Parts, hints: Sequence[Due]) -> list[RemoteId]:
    """The source assets that hints speak of, through their links where they speak of other copies. What is in no link
    and not of the source is nothing to this flow."""
    keys = [AssetKey(AccountId(it.payload["account"]), RemoteId(it.payload["id"])) for it in hints]
    ours = [it.remote_id for it in keys if it.account == parts.policy.source]
    link_ids = await parts.ledger.links_of([it for it in keys if it.account != parts.policy.source])
    links = await parts.ledger.links(list(dict.fromkeys(link_ids.values())))
    sources = [link.copy(parts.source_copy) for link in links.values()]
    return list(dict.fromkeys([*ours, *(it.remote_id for it in sources if it is not None)]))
