"""What the loop is made of: ports and policies, put together by `bootstrap`, passed as one value."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from dambridge.engine.config import EngineSettings
from dambridge.engine.docking import Dock
from dambridge.engine.progress import Progress
from dambridge.engine.reading import GatheredReads
from dambridge.engine.sites import Site
from dambridge.expressions import Program
from dambridge.mapping import AccountMap
from dambridge.model.actions import Action
from dambridge.model.identity import AccountId, CopyId, CopyRole, FlowName
from dambridge.model.records import MediaType
from dambridge.planning.inside import goes_inside
from dambridge.policy.intake import IntakePolicy
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.clock import Clock
from dambridge.ports.files import Embedder, Inspector, Spool
from dambridge.ports.pace import Lane
from dambridge.ports.runtime import Runtime
from dambridge.ports.systems import AssetArchive, AssetReader
from dambridge.ports.terms import WholeLedger

CallMeter = Callable[[], Mapping[AccountId, int]]
"""Calls made so far by this process, per account."""


@dataclass(frozen=True, slots=True)
class SourceDesk:
    """Where the source is told what an asset lacks: its own write calls, and the field that takes the note."""

    archive: AssetArchive
    field: str


async def _rest(wait: timedelta) -> None:
    await asyncio.sleep(wait.total_seconds())


@dataclass(slots=True, kw_only=True)
class FlowParts:
    """What every flow works with. All but `flow` and `progress` is shared by the flows of a process."""

    flow: FlowName
    ledger: AgreeingLedger
    spool: Spool
    clock: Clock
    runtime: Runtime
    settings: EngineSettings
    calls: CallMeter
    configuration: str
    """A digest of the configuration, for plan headers."""
    progress: Progress = field(default_factory=Progress)
    rest: Callable[[timedelta], Awaitable[None]] = _rest
    lane: Lane = Lane.NORMAL


@dataclass(slots=True, kw_only=True)
class Parts(FlowParts):
    """Everything that the intake flow works with."""

    flow: FlowName = FlowName.INTAKE
    ledger: WholeLedger
    source: Site
    target: Site
    inspector: Inspector
    embedder: Embedder
    policy: IntakePolicy
    programs: Mapping[str, Program]
    desk: SourceDesk | None = None

    @property
    def reader(self) -> AssetReader:
        return self.source.reader

    @property
    def archive(self) -> AssetArchive:
        return self.target.archive

    @property
    def reads(self) -> GatheredReads:
        return self.target.reads

    @property
    def dock(self) -> Dock:
        """Where deliveries arrive in the target."""
        return Dock(
            site=self.target,
            ledger=self.ledger,
            clock=self.clock,
            settings=self.settings,
            lane=self.lane,
            settle=self.target.settle,
            arrival=self.policy.arrival,
        )

    @property
    def maps(self) -> Mapping[AccountId, AccountMap]:
        return {it.account: it.map for it in (self.source, self.target)}

    @property
    def source_copy(self) -> CopyId:
        return CopyId(self.policy.source, CopyRole.SOURCE)

    @property
    def target_copy(self) -> CopyId:
        return CopyId(self.policy.target, CopyRole.RECORD)

    def embeds(self, action: Action) -> bool:
        """Whether the target takes this asset's fields out of the file that brings them: into which one may write."""
        can = self.archive.capabilities
        return goes_inside(can, action.media_type, action.file_name, untouched=action.untouched)

    def takes(self, action: Action, attribute: str) -> bool:
        """Whether the target is known to take this attribute of the asset, in the way that the asset's fields go."""
        can = self.archive.capabilities
        inside = self.embeds(action)
        return (can.may_write(attribute, MediaType(action.media_type)) if inside else can.may_call(attribute)).usable
