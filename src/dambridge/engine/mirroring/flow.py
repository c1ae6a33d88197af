"""A two-way flow as the worker knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dambridge.engine.fitting import Approval
from dambridge.engine.mirroring import batches, previewing
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.running import run_mirror
from dambridge.engine.running import RunResult
from dambridge.model.identity import AccountId, CommandId
from dambridge.model.plans import Plan
from dambridge.ports.runtime import Json


@dataclass(frozen=True, slots=True)
class MirrorFlow:
    """What people edit in one account stands in the others too."""

    parts: MirrorParts

    @property
    def accounts(self) -> Sequence[AccountId]:
        return self.parts.policy.accounts

    async def run(self, *, command: CommandId | None, full: bool, reconcile: bool = False) -> RunResult:
        return await run_mirror(self.parts, command=command, full=full, reconcile=reconcile)

    async def preview(self, *, full: bool) -> Plan:
        return await previewing.preview(self.parts, full=full)

    async def apply(self, plan: Plan, approval: Approval) -> RunResult:
        return await previewing.apply(self.parts, plan, approval)

    async def work_off(self, batch: str) -> Json:
        return await batches.work_off(self.parts, batch)
