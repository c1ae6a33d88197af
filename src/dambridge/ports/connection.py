"""One account with all that its system offers us, over one session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dambridge.model.identity import AccountId, System
from dambridge.ports.attachments import Attachments
from dambridge.ports.audience import AudienceKeeper
from dambridge.ports.finding import Finder
from dambridge.ports.hints import HintReader, SelectionReader
from dambridge.ports.renditions import Renditions
from dambridge.ports.systems import AssetArchive, AssetReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """What a connector's `connect` gives. A facet that is None does not exist in this system at all; what exists and may
    not work on this account is said by the capabilities. Nothing is called before the first use."""

    account: AccountId
    system: System
    reader: AssetReader
    archive: AssetArchive
    audience: AudienceKeeper | None
    attachments: Attachments | None
    finder: Finder
    hints: HintReader | None
    renditions: Renditions | None = None
    selections: SelectionReader | None = None
    close: Callable[[], Awaitable[None]]
