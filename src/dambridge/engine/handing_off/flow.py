"""Flow `handoff` as the worker knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dambridge.engine import batches
from dambridge.engine.fitting import Approval
from dambridge.engine.handing_off.archiving import carry_out
from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.engine.handing_off.running import preview_plan, run_handoff
from dambridge.engine.running import RunResult
from dambridge.engine.taking_in import previewing
from dambridge.model.identity import AccountId, CommandId
from dambridge.model.plans import Plan
from dambridge.ports.runtime import Json


@dataclass(frozen=True, slots=True)
class HandoffFlow:
    """What is handed in is reviewed; what is approved is archived as it was approved, and its source seen to."""

    parts: HandoffParts

    @property
    def accounts(self) -> Sequence[AccountId]:
        return (self.parts.policy.source, self.parts.policy.target)

    async def run(self, *, command: CommandId | None, full: bool, reconcile: bool = False) -> RunResult:
        return await run_handoff(self.parts, command=command, full=full or reconcile)

    async def preview(self, *, full: bool) -> Plan:
        return await preview_plan(self.parts, full=full)

    async def apply(self, plan: Plan, approval: Approval) -> RunResult:
        return await previewing.apply(self.parts, plan, approval)

    async def work_off(self, batch: str) -> Json:
        return await batches.work_off(self.parts, batch, by=lambda row, _: carry_out(self.parts, row))
