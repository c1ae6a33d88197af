"""Links whose status moves by itself at an instant that is known ahead: the end of a licence, and the warning before it."""

from __future__ import annotations

from collections.abc import Sequence

from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.model.identity import LinkId
from dambridge.policy.rounds import GATE
from dambridge.ports.ledger import Due

MOST_PER_ROUND = 10_000


def ending(parts: MirrorParts) -> str:
    """The kind of the rows that say when a link is to be looked at though nothing of it moves."""
    return f"ends:{parts.flow}"


async def fallen_due(parts: MirrorParts) -> Sequence[Due]:
    """The rows whose instant has come; nothing is claimed where there are none."""
    kind, now = ending(parts), await parts.clock.now()
    first = await parts.ledger.next_due(kinds=[kind])
    if first is None or first > now:
        return ()
    return await parts.ledger.take_due(now, kinds=[kind], limit=MOST_PER_ROUND, worker=kind, lease=now)


def links_of(dues: Sequence[Due]) -> list[LinkId]:
    return [LinkId(it.key) for it in dues]


async def forget_due(parts: MirrorParts, dues: Sequence[Due]) -> None:
    """They were looked at; one that was set anew meanwhile stays."""
    for it in dues:
        await parts.ledger.finish_due(it.kind, it.key, worker=it.kind, next_at=None)


async def set_due(parts: MirrorParts, asks: Sequence[Due]) -> None:
    """Write these down, and when the flow has to be run because of the first: `serve` gives an order at that instant."""
    if not asks:
        return
    await parts.ledger.add_due(asks)
    first = await parts.ledger.next_due(kinds=[ending(parts)])
    if first is not None:
        flow = str(parts.flow)
        await parts.ledger.add_due([Due(at=first, kind=f"{GATE}:{flow}", key=flow, payload={})])
