"""Where files are brought into an account: its site, how much bringing one needs to know, and what is brought."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from dambridge.engine.config import EngineSettings
from dambridge.engine.sites import Site
from dambridge.model.records import Digest
from dambridge.model.values import Fields
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.clock import Clock
from dambridge.ports.pace import Lane
from dambridge.ports.systems import Body

SIDE_CAR = "side_car"
"""Under what name it is on record which file beside an original was read with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dock:
    """The side of an account at which deliveries arrive. `arrival` says how: `auto`, `berth` or `folder` (see `arriving`);
    `settle` how long after a try that was not answered its absence still proves nothing."""

    site: Site
    ledger: AgreeingLedger
    clock: Clock
    settings: EngineSettings
    lane: Lane
    settle: timedelta
    arrival: str = "auto"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a file that is brought; the digest of one that streams through only once it has gone out.

    `filled` are values that it brings along. `embedded` is the evidence of a copy that was written into, and `disagreements`
    names fields of which XMP, IIM and Exif inside say different things. `side_car` says which file beside the original was
    read with it, `brought` which words inside could be taken for a status."""

    known: Callable[[], Digest]
    filled: Fields = field(default_factory=dict)
    embedded: Mapping[str, Any] = field(default_factory=dict)
    disagreements: tuple[str, ...] = ()
    side_car: str = ""
    brought: tuple[str, ...] = ()

    @property
    def digest(self) -> Digest:
        return self.known()


class Shipment(Protocol):
    """One file that is to be brought."""

    def bytes(self) -> AbstractAsyncContextManager[tuple[Body, Facts]]: ...

    async def digest(self) -> Digest:
        """The digest of what an earlier try sent that left none."""
        ...
