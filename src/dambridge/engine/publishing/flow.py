"""A flow that publishes as the worker knows it: `publish` and `syndicate` are told apart by their outlets alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dambridge.engine.fitting import Approval
from dambridge.engine.publishing import batches, previewing
from dambridge.engine.publishing.due import gate_of
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.publishing.running import run_publish
from dambridge.engine.running import RunResult
from dambridge.model.identity import AccountId, CommandId
from dambridge.model.plans import Plan
from dambridge.ports.runtime import Json


@dataclass(frozen=True, slots=True)
class PublishFlow:
    """Selected masters stand in their outlets as the gate permits, and nowhere else that we answer for."""

    parts: PublishParts

    @property
    def accounts(self) -> Sequence[AccountId]:
        return self.parts.policy.accounts

    @property
    def due(self) -> str:
        """The kind of the row that says when an instant known ahead wants a run."""
        return gate_of(self.parts.flow)

    async def run(self, *, command: CommandId | None, full: bool, reconcile: bool = False) -> RunResult:
        return await run_publish(self.parts, command=command, full=full or reconcile)

    async def preview(self, *, full: bool) -> Plan:
        return await previewing.preview(self.parts, full=full)

    async def apply(self, plan: Plan, approval: Approval) -> RunResult:
        return await previewing.apply(self.parts, plan, approval)

    async def work_off(self, batch: str) -> Json:
        return await batches.work_off(self.parts, batch)
