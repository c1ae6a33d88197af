"""A flow that publishes as the worker knows it: `publish` and `syndicate` are told apart by their outlets alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from dambridge.engine.fitting import Approval
from dambridge.engine.publishing import batches, previewing
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.publishing.running import run_in_time, run_publish
from dambridge.engine.running import RunResult
from dambridge.model.identity import AccountId, CommandId
from dambridge.model.plans import Plan
from dambridge.ports.runtime import Json


@dataclass(frozen=True, slots=True)
class PublishFlow:
    """Selected masters stand in their outlets as the gate permits, and nowhere else that we answer for."""

    parts: PublishParts
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, compare=False, repr=False)

    @property
    def accounts(self) -> Sequence[AccountId]:
        return self.parts.policy.accounts

    async def run(self, *, command: CommandId | None, full: bool, reconcile: bool = False) -> RunResult:
        async with self._turn:
            return await run_publish(self.parts, command=command, full=full or reconcile)

    async def in_time(self) -> None:
        """Do what an instant asks for; a run that is under way sees to it itself."""
        if not self._turn.locked():
            async with self._turn:
                await run_in_time(self.parts)

    async def preview(self, *, full: bool) -> Plan:
        return await previewing.preview(self.parts, full=full)

    async def apply(self, plan: Plan, approval: Approval) -> RunResult:
        async with self._turn:
            return await previewing.apply(self.parts, plan, approval)

    async def work_off(self, batch: str) -> Json:
        return await batches.work_off(self.parts, batch)
