"""Giving orders: whatever a person wants done is a row that the one worker carries out, whoever asks for it and from where."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import CommandId, derived_id
from dambridge.ports.clock import Clock
from dambridge.ports.ledger import Ledger

SILENT_AFTER = 30.0
"""Seconds without a heartbeat after which a worker no longer counts as living."""
ENDED = frozenset({CommandState.DONE, CommandState.FAILED})


async def give(
    ledger: Ledger, clock: Clock, kind: CommandKind, scope: Mapping[str, Any], *, by: str, via: str, key: str = ""
) -> Command:
    """Give an order in somebody's name. The same `key` by the same person is the same order, however often it is given."""
    stamp = key or f"{time.time_ns()}"
    command = Command(
        id=CommandId(derived_id("co", str(kind), by, via, stamp)),
        kind=kind,
        actor=by,
        via=via,
        scope=scope,
        idempotency_key=derived_id("ik", by, via, stamp),
        state=CommandState.QUEUED,
        created_at=await clock.now(),
    )
    return await ledger.enqueue(command)


async def is_served(ledger: Ledger) -> bool:
    """Whether a server lives that takes orders."""
    since = time.time() - SILENT_AFTER  # noqa: TID251 - heartbeats are real time
    return any(serving for _, serving in await ledger.live_workers(since=since))


async def ended_within(ledger: Ledger, command: CommandId, patience: timedelta) -> Command | None:
    """The order once it has ended; as it stands then where that takes longer."""
    until = time.monotonic() + patience.total_seconds()
    while True:
        found = await ledger.command(command)
        if found is None or found.state in ENDED or time.monotonic() >= until:
            return found
        await asyncio.sleep(0.05)
