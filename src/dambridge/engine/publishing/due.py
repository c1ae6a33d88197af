"""When this flow has to be run next because of an instant that is known: an end that comes near, an embargo that opens."""

from __future__ import annotations

from dambridge.engine.publishing.deciding import asking
from dambridge.engine.publishing.leading import next_withdrawal
from dambridge.engine.publishing.parts import PublishParts
from dambridge.model.identity import FlowName
from dambridge.policy.rounds import GATE
from dambridge.ports.ledger import Due


def gate_of(flow: FlowName) -> str:
    """The kind of the row that says so."""
    return f"{GATE}:{flow}"


async def set_next(parts: PublishParts) -> None:
    """Write down when that is; what `serve` gives an order for, at that instant and not at its next poll."""
    now = await parts.clock.now()
    times = (await next_withdrawal(parts, now), await parts.ledger.next_due(kinds=[asking(parts)]))
    first = min((it for it in times if it is not None), default=None)
    if first is not None:
        kind = gate_of(parts.flow)
        await parts.ledger.add_due([Due(at=first, kind=kind, key=str(parts.flow), payload={})])
