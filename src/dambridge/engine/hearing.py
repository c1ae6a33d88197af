"""Hints from outside: kept as rows until each flow's next round reads those assets again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from dambridge.engine.flows import Flows
from dambridge.engine.hinting import hints_of
from dambridge.engine.parts import FlowParts
from dambridge.model.identity import AccountId
from dambridge.ports.errors import Refused
from dambridge.ports.hints import Hint, HintReader
from dambridge.ports.ledger import Due

MOST_WAITING = 10_000
"""Rows kept for a flow between two rounds; what comes beyond is found by the poll and the sweep."""
log = structlog.get_logger()


class HintKeeper:
    """Takes what systems send, for every flow that has to do with the account. `readers` understand what each account's
    system says."""

    def __init__(self, flows: Flows, readers: Mapping[AccountId, HintReader]) -> None:
        self._flows = flows
        self._readers = readers

    async def take(self, account: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Keep the hints of one delivery; False where there are too many already, if only for one of the flows: the others
        have theirs then. Raises `Refused` for what is no hint, `KeyError` for an account that sends none."""
        reader = self._readers[AccountId(account)]
        try:
            hints = reader.read(headers, body)
        except Refused as refused:
            log.warning("hook.refused", account=account, why=str(refused))
            raise
        if not hints:
            return True
        concerned = [it.parts for it in self._flows.values() if account in it.accounts]
        return all([await self._kept(parts, hints) for parts in concerned])

    async def _kept(self, parts: FlowParts, hints: Sequence[Hint]) -> bool:
        """One row per asset and flow, however often it is spoken of; False where the flow has too many already."""
        kind = hints_of(parts)
        if await parts.ledger.count_due(kind) + len(hints) > MOST_WAITING:
            log.warning("hook.overflow", account=hints[0].key.account, flow=str(parts.flow), hints=len(hints))
            return False
        now = await parts.clock.now()
        keys = dict.fromkeys(it.key for it in hints)
        payload = [{"account": str(it.account), "id": str(it.remote_id)} for it in keys]
        rows = [Due(at=now, kind=kind, key=str(it), payload=said) for it, said in zip(keys, payload, strict=True)]
        await parts.ledger.add_due(rows)
        return True
