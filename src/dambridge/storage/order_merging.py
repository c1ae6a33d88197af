"""Store and journal of orders brought to say the same when a worker starts, whichever of the two was lost or is older."""

from __future__ import annotations

import asyncio

import structlog

from dambridge.model.identity import AssetKey, FlowName
from dambridge.model.outlet_orders import OutletOrder
from dambridge.ports.publishing import OrderJournal, Publishing

PAGE = 500
FLOWS = (FlowName.INTAKE, FlowName.PUBLISH, FlowName.SYNDICATE)
log = structlog.get_logger()


async def merge_orders(ledger: Publishing, journal: OrderJournal) -> tuple[int, int]:
    """Gives how many the store had lost, and how many the journal. Raises `CannotGoOn` for a damaged journal."""
    told = await asyncio.to_thread(lambda: {(it.outlet, it.source): it for it in journal.read()})
    regained = await _regain(ledger, list(told.values()))
    added = 0
    for flow in FLOWS:
        after: tuple[str, AssetKey] | None = None
        while page := await ledger.outlet_orders_in(flow, ended=True, after=after, limit=PAGE):
            after = (page[-1].outlet, page[-1].source)
            missing = [it for it in page if told.get((it.outlet, it.source)) != it]
            await asyncio.to_thread(journal.append, missing)
            added += len(missing)
    if regained or added:
        log.warning("orders.merged", regained=regained, added=added)
    return regained, added


async def _regain(ledger: Publishing, told: list[OutletOrder]) -> int:
    """Write down what the store does not know or knows an earlier word of."""
    regained = 0
    for start in range(0, len(told), PAGE):
        some = told[start : start + PAGE]
        known = await ledger.outlet_orders([it.source for it in some])
        news = [it for it in some if _is_news(it, known.get(it.source, {}).get(it.outlet))]
        regained += await ledger.put_outlet_orders(news) if news else 0
    return regained


def _is_news(it: OutletOrder, known: OutletOrder | None) -> bool:
    return known is None or known.said_at < it.said_at
