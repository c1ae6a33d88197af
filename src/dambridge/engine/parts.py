"""What the loop is made of: ports and policies, put together by `bootstrap`, passed as one value."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from dambridge.engine.config import EngineSettings
from dambridge.engine.progress import Progress
from dambridge.engine.reading import GatheredReads
from dambridge.expressions import Program
from dambridge.mapping import AccountMap
from dambridge.model.actions import Action
from dambridge.model.identity import AccountId, CopyId, CopyRole, FlowName, RemoteId
from dambridge.model.records import MediaType
from dambridge.policy.intake import IntakePolicy
from dambridge.ports.clock import Clock
from dambridge.ports.files import Embedder, Inspector, Spool
from dambridge.ports.ledger import Ledger
from dambridge.ports.pace import Lane, PaceRule
from dambridge.ports.runtime import Runtime
from dambridge.ports.systems import AssetArchive, AssetReader, AttributeDefinition

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
class Parts:
    """Everything that one intake flow works with. `definitions` are the target's fields, read once per process."""

    ledger: Ledger
    reader: AssetReader
    archive: AssetArchive
    spool: Spool
    inspector: Inspector
    embedder: Embedder
    clock: Clock
    runtime: Runtime
    policy: IntakePolicy
    maps: Mapping[AccountId, AccountMap]
    programs: Mapping[str, Program]
    settings: EngineSettings
    paces: Mapping[AccountId, PaceRule]
    calls: CallMeter
    configuration: str
    """A digest of the configuration, for plan headers."""
    homes: Mapping[str, str] = field(default_factory=dict)
    """Which attribute of the target is read from which XMP name of a file, where fields travel inside."""
    desk: SourceDesk | None = None
    flow: FlowName = FlowName.INTAKE
    progress: Progress = field(default_factory=Progress)
    rest: Callable[[timedelta], Awaitable[None]] = _rest
    lane: Lane = Lane.NORMAL
    definitions: Sequence[AttributeDefinition] | None = None
    defined: bool = False
    clear_berths: set[RemoteId] = field(default_factory=set)
    """Berths seen empty by this process."""
    no_berths: bool = False
    """Whether this process was refused a berth: what comes after goes straight where it may."""
    reads: GatheredReads = field(init=False)

    def __post_init__(self) -> None:
        self.reads = GatheredReads(self.archive, self.lane)

    @property
    def source_copy(self) -> CopyId:
        return CopyId(self.policy.source, CopyRole.SOURCE)

    @property
    def target_copy(self) -> CopyId:
        return CopyId(self.policy.target, CopyRole.RECORD)

    def embeds(self, action: Action) -> bool:
        """Whether the target takes this asset's fields out of the files that bring them."""
        known = bool(action.media_type)
        return known and self.archive.capabilities.embeds(MediaType(action.media_type))

    async def target_fields(self) -> Sequence[AttributeDefinition] | None:
        """The target's attribute definitions, read from the account the first time they are asked for; None where it does
        not show them."""
        if not self.defined:
            self.definitions, self.defined = await self.archive.attributes(), True
        return self.definitions
