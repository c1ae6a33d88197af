"""What may be done with an asset, as far as it is known: window, places, channels, releases, people, terms.

Rights are values read from fields; what follows from them is `policy.gate`'s to say. A fact that is None is unknown, which is
never the same as unrestricted: unrestricted is said in so many words (`EVERYWHERE`, `Release.NOT_NEEDED`, `PERPETUAL`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

EVERYWHERE = "*"
"""Among territories or channels: all of them."""


class Release(StrEnum):
    """Whether the people or the property shown have agreed (PLUS: UMR/UPR, LMR/LPR, NON, NAP)."""

    UNLIMITED = "unlimited"
    LIMITED = "limited"
    NONE = "none"
    NOT_NEEDED = "not_needed"


class LicenceKind(StrEnum):
    """On what ground the asset may be used at all."""

    OWNED = "owned"
    RIGHTS_MANAGED = "rights_managed"
    ROYALTY_FREE = "royalty_free"
    CREATIVE_COMMONS = "creative_commons"
    PUBLIC_DOMAIN = "public_domain"


PERPETUAL = frozenset({LicenceKind.OWNED, LicenceKind.PUBLIC_DOMAIN})
"""Kinds that need no end date to be known."""


class Consent(StrEnum):
    """What the people shown have said about being shown."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    NOT_NEEDED = "not_needed"


class Fact(StrEnum):
    """The facts that a rule can demand to be known."""

    HOLDER = "holder"
    CREDIT = "credit"
    KIND = "kind"
    WINDOW = "window"
    TERRITORIES = "territories"
    CHANNELS = "channels"
    MODEL_RELEASE = "model_release"
    PROPERTY_RELEASE = "property_release"
    CONSENT = "consent"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What is permitted and what is forbidden among named things; what is forbidden wins. `permitted` None is unknown."""

    permitted: frozenset[str] | None = None
    forbidden: frozenset[str] = frozenset()

    def admits(self, name: str, within: Collection[str] = ()) -> bool | None:
        """Whether `name` is permitted, itself or through a group that it stands in; None where that is not known."""
        names = {name, *within}
        if names & self.forbidden or EVERYWHERE in self.forbidden:
            return False
        if self.permitted is None:
            return None
        return EVERYWHERE in self.permitted or bool(names & self.permitted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """Everything known about what may be done with one asset. All instants are aware.

    `not_before` is the first instant at which it may be shown (embargo and licence start, the later one), `not_after` the
    first at which it may no longer (licence end and expiry, the earlier one). `unclear` names dates that were given and
    cannot be taken for an instant: as long as there is one, the window is unknown. `terms` and `constraints` are words for
    people: they are shown and never read as permission.
    """

    holder: str = ""
    credit: str = ""
    terms: str = ""
    constraints: str = ""
    contract: str = ""
    kind: LicenceKind | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    unclear: tuple[str, ...] = ()
    territories: Bounds = Bounds()
    channels: Bounds = Bounds()
    editorial_only: bool = False
    model_release: Release | None = None
    property_release: Release | None = None
    people: tuple[str, ...] = ()
    consent: Consent | None = None
    mining: str = ""
    """The PLUS data mining code without its prefix (`DMI-PROHIBITED`); empty where nothing is said."""
    also: tuple[Rights, ...] = ()
    """What is said elsewhere of the same asset. Its restrictions count as much as those above, and nothing else of it: what
    is not known above stays unknown whatever is said there."""
