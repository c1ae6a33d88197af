"""Hints from outside: kept as rows until each flow's next round reads those assets again. Selections that people send are kept
until somebody who is signed in says what is to become of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta

import structlog

from dambridge.engine.flows import Flows
from dambridge.engine.hinting import hints_of
from dambridge.engine.parts import FlowParts
from dambridge.model.identity import AccountId, derived_id
from dambridge.ports.clock import Clock
from dambridge.ports.errors import Refused
from dambridge.ports.hints import Hint, HintMemory, HintReader, Selection, SelectionReader, Stamp
from dambridge.ports.ledger import Due

MOST_WAITING = 10_000
"""Rows kept for a flow between two rounds; what comes beyond is found by the poll and the sweep."""
log = structlog.get_logger()


LONGEST_ID = 200
"""Of a delivery's own id; a longer one is told by its digest."""


class Gate:
    """Turns away what is too old, or was taken before, for one receiver. Without a `memory` everything passes."""

    def __init__(self, memory: HintMemory | None, clock: Clock | None) -> None:
        self._memory = memory
        self._clock = clock

    async def passes(self, account: AccountId, stamp: Stamp) -> bool:
        """False for what was taken before. Raises `Refused` for what is too old, or from a time to come."""
        if self._memory is None or self._clock is None:
            return True
        now = await self._clock.now()
        if stamp.at is not None and abs(now - stamp.at) > stamp.window:
            raise Refused("A delivery was made too long ago, or its sender's clock is wrong.", code="late")
        return not (stamp.id and await self._memory.heard(account, _short(stamp.id)))

    async def taken(self, account: AccountId, stamp: Stamp) -> None:
        """It was kept: only now is it known by its id. While its instant would let it in again it is remembered."""
        if self._memory is not None and self._clock is not None and stamp.id:
            now = await self._clock.now()
            until = max(now, stamp.at or now) + 2 * stamp.window
            await self._memory.remember(account, _short(stamp.id), now=now, until=until)


def _short(delivery: str) -> str:
    return delivery if len(delivery) <= LONGEST_ID else hashlib.sha256(delivery.encode()).hexdigest()


class HintKeeper:
    """Takes what systems send, for every flow that has to do with the account. `readers` understand what each account's
    system says; `gate` turns away what is old or was taken before."""

    def __init__(self, flows: Flows, readers: Mapping[AccountId, HintReader], gate: Gate | None = None) -> None:
        self._flows = flows
        self._readers = readers
        self._gate = gate or Gate(None, None)

    async def take(self, account: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Keep the hints of one delivery; False where there are too many already, if only for one of the flows: the others
        have theirs then. Raises `Refused` for what is no hint, `KeyError` for an account that sends none."""
        name = AccountId(account)
        reader = self._readers[name]
        try:
            hints, stamp = reader.read(headers, body), reader.stamp(headers, body)
            fresh = await self._gate.passes(name, stamp)
        except Refused as refused:
            log.warning("hook.refused", account=account, why=str(refused))
            raise
        if not hints or not fresh:
            return True
        concerned = [it.parts for it in self._flows.values() if account in it.accounts]
        kept = all([await self._kept(parts, hints) for parts in concerned])
        if kept:
            await self._gate.taken(name, stamp)
        return kept

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


KEPT_FOR = timedelta(days=1)
"""How long a selection waits for whoever sent it."""


class SelectionKeeper:
    """Takes selections that people send from a system. Nothing follows from one by itself."""

    def __init__(
        self, readers: Mapping[AccountId, SelectionReader], memory: HintMemory, clock: Clock, gate: Gate | None = None
    ) -> None:
        self._readers = readers
        self._memory = memory
        self._clock = clock
        self._gate = gate or Gate(memory, clock)

    async def take(self, account: str, headers: Mapping[str, str], body: bytes) -> bool:
        """Keep the selection of one delivery. Raises `Refused` for what is none, `KeyError` for an account that sends none."""
        name = AccountId(account)
        reader = self._readers[name]
        try:
            action, by, assets = reader.selected(headers, body)
            stamp = reader.stamp(headers, body)
            fresh = await self._gate.passes(name, stamp)
        except Refused as refused:
            log.warning("hook.refused", account=account, why=str(refused))
            raise
        if assets and fresh:
            now = await self._clock.now()
            made = derived_id("se", account, now.isoformat(), action, by, *assets)
            it = Selection(id=made, account=name, at=now, action=action, by=by, assets=assets)
            await self._memory.keep(it, before=now - KEPT_FOR)
            await self._gate.taken(name, stamp)
        return True
