"""Outlets: the places that assets go out to, and what decides about it, as data.

An outlet is one gallery that administrators prepared for one audience. What it may hold is the selection's and the gate's to
say; what its copies look like follows from its rendition, languages and naming. A flow that publishes has outlets without a
region, one that syndicates has one per region; nothing else tells the two apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from dambridge.model.identity import AccountId, CopyId, CopyRole, FlowName
from dambridge.model.values import FieldName
from dambridge.policy.gate import GateRules

ORIGINAL = "original"
"""The rendition that is the source's own file, with rights embedded."""
STAND_IN = "stand-in"
"""The rendition of an outlet whose files only stand for their masters: small pictures that say where the original is."""
LARGEST_STAND_IN = 2000
"""Pixels of its longer side at most."""


class WithdrawTo(StrEnum):
    """What becomes of a file that left its gallery."""

    HOLDING = "holding"
    """It stays in a gallery that only administrators see, and can be shown again without moving bytes."""
    TRASH = "trash"
    """It is discarded in the system's own way."""


class OnMassAbsence(StrEnum):
    """What follows when more masters are gone at once than the guards find plausible."""

    HOLD = "hold"
    """What has no end that was known ahead stays until a person says so."""
    WITHDRAW = "withdraw"
    """All of it is withdrawn, so that it can be had again, with an alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """A file to be made of the original. `longest` is the longer side in pixels at most, `quality` 1 to 100; `watermark` is
    the path of a picture laid over it, `opacity` 0 to 1 how strongly."""

    name: str
    longest: int | None = None
    format: str = "jpeg"
    quality: int = 88
    profile: str = "srgb"
    watermark: str = ""
    opacity: float = 0.35


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One way out. `gallery` is its path in the account, or `id:…`. `languages` are tags in order of preference, empty for
    the master's own default; `naming` a template for file names; `own_fields` and `own_file` are the region's: they are given
    once, at the beginning, and never written again. `wholly_ours` says that the gallery holds nothing but ours, so that its
    visibility may be changed."""

    name: str
    account: AccountId
    gallery: str
    channel: str
    territory: str
    audience: str
    region: str = ""
    rendition: Rendition | None = None
    languages: tuple[str, ...] = ()
    naming: str = "{file_name}"
    own_fields: frozenset[FieldName] = frozenset()
    own_file: bool = False
    withdraw_to: WithdrawTo = WithdrawTo.HOLDING
    wholly_ours: bool = False
    orders: bool = False
    """Whether people may order single assets to it that the selection does not name."""
    answers_for: tuple[str, ...] = ("**",)
    """Patterns over gallery paths of the account in which our copies are looked for and corrected."""

    @property
    def stand_in(self) -> bool:
        """Whether its files only stand for their masters, and say so."""
        return self.rendition is not None and self.rendition.name == STAND_IN

    @property
    def copy(self) -> CopyId:
        return CopyId(self.account, CopyRole.PUBLISHED, self.name, self.rendition.name if self.rendition else ORIGINAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The allow-list: what stands in one of these folders and satisfies the expression. Nothing named, nothing goes out.
    `outlets` is the field whose values name the outlets that an asset is meant for; None: every outlet."""

    folders: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    expression: str = ""
    outlets: FieldName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPolicy:
    """Everything that decides about what goes out and comes back, as data.

    `fields` are what every copy says beside its rights. `status` is the field that holds the lifecycle word, None where being
    selected is being approved. `kit` is the field whose value names what goes out as a whole. `margin` is added to every lead,
    for outages; `rates` are calls per second that each account bears. `max_removals` and `max_removal_share` bound what may
    leave without a date that was known ahead.
    """

    flow: FlowName
    source: AccountId
    outlets: Mapping[str, Outlet]
    selection: Selection
    gate: GateRules
    zone: ZoneInfo
    fields: frozenset[FieldName]
    status: FieldName | None = None
    kit: FieldName | None = None
    rates: Mapping[AccountId, float] = field(default_factory=dict)
    margin: timedelta = timedelta(minutes=10)
    stale_for: timedelta = timedelta(minutes=10)
    max_changes: int | None = None
    max_share: float | None = None
    max_removals: int | None = 20
    max_removal_share: float | None = 0.02
    on_mass_absence: OnMassAbsence = OnMassAbsence.HOLD
    plan_ttl: timedelta = timedelta(days=2)

    @property
    def accounts(self) -> tuple[AccountId, ...]:
        """The source first, then every account that something goes out to, each once."""
        return tuple(dict.fromkeys((self.source, *(it.account for it in self.outlets.values()))))

    @property
    def source_copy(self) -> CopyId:
        return CopyId(self.source, CopyRole.RECORD)
