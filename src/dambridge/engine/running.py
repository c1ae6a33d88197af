"""How every flow's run ends, and how one that died is taken up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dambridge.engine.accounting import account_for
from dambridge.engine.batches import finish, take_up
from dambridge.engine.parts import FlowParts
from dambridge.model.identity import RunId


@dataclass(slots=True)
class RunResult:
    """How a run ended: its JSON, and whether it went well, needs attention or failed."""

    run: RunId
    summary: Mapping[str, Any]
    stopped: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        flows = self.summary["flows"].values()
        if self.stopped or any(it["failed"] for it in flows):
            return 1
        return 3 if any(it["needs_attention"] for it in flows) else 0


async def take_up_run(
    parts: FlowParts, old: RunId, *, by: RunId, account: Callable[..., Awaitable[dict[str, Any]]] = account_for
) -> list[str]:
    """End what a run that died had begun, under its own name, and close it; `account` makes its JSON."""
    works = [
        await take_up(parts, batch, by=by) for run, batch in await parts.ledger.open_batches(parts.flow) if run == old
    ]
    stopped = await finish(parts, works)
    summary = await account(parts, old, seconds=0.0, calls_before=parts.calls(), notes=[], stopped=stopped)
    await parts.ledger.close_run(old, at=await parts.clock.now(), state="resumed", summary=summary)
    return stopped
