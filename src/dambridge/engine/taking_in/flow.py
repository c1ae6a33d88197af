"""Flow `intake` as the worker knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from dambridge.engine import batches
from dambridge.engine.fitting import Approval
from dambridge.engine.parts import Parts
from dambridge.engine.running import RunResult
from dambridge.engine.taking_in import previewing
from dambridge.engine.taking_in.acting import carry_out
from dambridge.engine.taking_in.running import run_flow
from dambridge.model.identity import AccountId, CommandId
from dambridge.model.plans import Plan
from dambridge.ports.runtime import Json


@dataclass(frozen=True, slots=True)
class IntakeFlow:
    """What is selected and approved at the source arrives in the target."""

    parts: Parts

    @property
    def accounts(self) -> Sequence[AccountId]:
        return (self.parts.policy.source, self.parts.policy.target)

    async def run(self, *, command: CommandId | None, full: bool, reconcile: bool = False) -> RunResult:
        return await run_flow(self.parts, command=command, full=full, reconcile=reconcile)

    async def preview(self, *, full: bool) -> Plan:
        return await previewing.preview(self.parts, full=full)

    async def apply(self, plan: Plan, approval: Approval) -> RunResult:
        return await previewing.apply(self.parts, plan, approval)

    async def work_off(self, batch: str) -> Json:
        return await batches.work_off(self.parts, batch, by=partial(carry_out, self.parts))
