"""A two-way flow as the worker knows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.running import RunResult
from dambridge.model.identity import AccountId, CommandId
from dambridge.model.plans import Plan
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.runtime import Json


@dataclass(frozen=True, slots=True)
class MirrorFlow:
    """What people edit in one account stands in the others too."""

    parts: MirrorParts

    @property
    def accounts(self) -> Sequence[AccountId]:
        return self.parts.policy.accounts

    async def run(self, *, command: CommandId | None, full: bool) -> RunResult:
        raise self._not_built()

    async def preview(self, *, full: bool) -> Plan:
        raise self._not_built()

    async def apply(
        self,
        plan: Plan,
        *,
        approved_by: str,
        command: CommandId | None,
        pilot: int,
        wave: int,
        allow_tripped: bool,
    ) -> RunResult:
        raise self._not_built()

    async def work_off(self, batch: str) -> Json:
        raise self._not_built()

    def _not_built(self) -> CannotGoOn:
        return CannotGoOn(f"The flow `{self.parts.flow}` is not built yet. Leave it out of `flows`.")
