"""What is looked for and found: a copy as an index holds it, the profile of its rights, hits, facets, and what is missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from dambridge.model.gate import Answer
from dambridge.model.identity import AccountId, AssetKey, LinkId
from dambridge.model.queries import Facet, Time, Usable
from dambridge.model.records import MediaType
from dambridge.model.rights import Bounds, Consent, LicenceKind, Release, Rights
from dambridge.model.values import Fields

_KNOWN = "x"
"""Stands in a profile for a text of which only matters that there is one."""


def reduced(rights: Rights) -> Rights:
    """As much of it as the gate's answers rest on: texts for people only as being there or not, so that assets under the same
    terms share a profile."""
    return replace(
        rights,
        holder=_KNOWN if rights.holder else "",
        credit=_KNOWN if rights.credit else "",
        contract=_KNOWN if rights.contract else "",
        terms="",
        constraints="",
        people=(_KNOWN,) if rights.people else (),
        also=tuple(sorted({reduced(it) for it in rights.also}, key=_text_of)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the gate is asked about: rights (`reduced`) of the whole asset, and its status."""

    rights: Rights
    status: str
    _hash: int | None = field(default=None, init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        """Reckoned once: it goes into all that the rights say, and an answer asks for it several times for each asset."""
        if self._hash is None:
            object.__setattr__(self, "_hash", hash((self.rights, self.status)))
        return self._hash or 0

    def to_json(self) -> dict[str, Any]:
        return {"rights": rights_to_json(self.rights), "status": self.status}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Profile:
        return cls(rights=rights_from_json(data["rights"]), status=data["status"])

    @property
    def digest(self) -> str:
        return _digest_of(self)


@lru_cache(maxsize=16_384)
def _digest_of(profile: Profile) -> str:
    """Many assets share a profile, and each asks for its digest."""
    return hashlib.sha256(json.dumps(profile.to_json(), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One copy of an asset as it was last observed, in the form in which it is looked for and shown.

    `entry` names the asset: its link, or its own key where it has none; `main` says that this copy is the one that the asset's
    rights and status are read from. `profile` is the asset's, with every restriction that any copy names; `rights` and
    `status` are this copy's own. `texts` are the words of every field, value by value; `free` the fields whose words are
    found without naming the field. `modified` is the system's own spelling of when it was changed, `groups` what of it was
    read. `paths` is None where the containers were not read. Days are `YYYY-MM-DD`.
    """

    key: AssetKey
    entry: str
    main: bool
    profile: Profile
    rights: Rights
    status: str
    media_type: MediaType
    file_name: str
    title: str
    campaigns: tuple[str, ...]
    photographers: tuple[str, ...]
    days: Mapping[Time, str]
    paths: tuple[str, ...] | None
    texts: Mapping[str, tuple[tuple[str, ...], ...]]
    free: frozenset[str]
    fields: Fields
    size: int | None
    modified: str
    groups: frozenset[str]
    seen_at: datetime


class Missed(StrEnum):
    """Why a system is not in an answer, or not wholly."""

    LATE = "late"
    """It did not answer within its deadline."""
    BROKEN = "broken"
    """It could not be asked, or would not answer."""
    NOT_ALL = "not_all"
    """It has more than was looked at."""
    NOT_SAID = "not_said"
    """It cannot be asked all of the question; the rest was held against its answers here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A word about one system. `told` says it to people, without a secret; `parts` are what it could not be asked."""

    account: AccountId
    missed: Missed
    told: str
    parts: tuple[str, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether assets may be missing for it."""
        return self.missed is not Missed.NOT_SAID


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A field in which the copies of one asset, as far as the one who asks sees them, do not say the same."""

    name: str
    values: Mapping[AssetKey, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HitCopy:
    """One copy of a hit. `live` says that it was read for this answer, else it is as last observed at `seen_at`."""

    key: AssetKey
    media_type: MediaType
    file_name: str
    title: str
    status: str
    size: int | None
    fields: Fields
    paths: tuple[str, ...]
    seen_at: datetime
    matched: bool
    main: bool
    live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One asset: every copy that the one who asks may see, those that match first. `usable` and `answer` are the gate's word
    now; `way` names the channel and territory that it is about."""

    entry: str
    link: LinkId | None
    copies: tuple[HitCopy, ...]
    differences: tuple[Difference, ...]
    usable: Usable
    answer: Answer
    way: tuple[str, str]

    @property
    def first(self) -> HitCopy:
        return self.copies[0]


class Order(StrEnum):
    BEST = "best"
    """What fits best first."""
    NEWEST = "newest"
    """What was met last first: of a question that very many assets answer, or that names no words."""
    MERGED = "merged"
    """By each system's own order, laid one into the other; scores are never compared."""


FacetCounts = Mapping[Facet, tuple[tuple[str, int], ...]]
"""By facet its values with the number of assets, the most first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A page of hits. `total` counts assets; not `exact` means at least so many. `cursor` asks for the page after this one,
    None where there is none. `gaps` is what has to be said about systems; `facets` None where not asked for, and not
    `facets_exact` where they count the part of very many that was looked at."""

    hits: tuple[Hit, ...]
    total: int
    exact: bool
    order: Order
    cursor: str | None
    facets: FacetCounts | None = None
    facets_exact: bool = True
    gaps: tuple[Gap, ...] = ()
    live: bool = False

    @property
    def partial(self) -> bool:
        return any(it.partial for it in self.gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A word that the one who asks would find something with. `assets` counts them among those that were looked at."""

    word: str
    assets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A question that somebody keeps. With `alert` its owner is told of assets that it finds for the first time."""

    id: str
    owner: str
    name: str
    query: str
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alert: bool = False
    created_at: datetime
    checked_at: datetime | None = None
    known: tuple[str, ...] = ()
    """Entries that it has found so far."""
    news: tuple[str, ...] = ()
    """Those of them that its owner has not looked at yet."""
    owner_json: Mapping[str, Any] = field(default_factory=dict)
    """The owner's roles and scope as they were when it was saved: an alert never says more than its owner may see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """A small picture: its bytes and what they are. Nothing of where it came from."""

    data: bytes
    content_type: str


# rights as JSON -------------------------------------------------------------------------------------------------------


def rights_to_json(rights: Rights) -> dict[str, Any]:
    """Only what is said, so that equal rights have one spelling."""
    found: dict[str, Any] = {}
    plain = Rights()
    for it in fields(Rights):
        value = getattr(rights, it.name)
        if value != getattr(plain, it.name):
            found[it.name] = _spelled(value)
    return found


def _spelled(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case Bounds():
            permitted = sorted(value.permitted) if value.permitted is not None else None
            return {"permitted": permitted, "forbidden": sorted(value.forbidden)}
        case tuple():
            return [rights_to_json(it) if isinstance(it, Rights) else it for it in value]
        case StrEnum():
            return str(value)
        case _:
            return value


_READ: Mapping[str, Any] = {
    "kind": LicenceKind,
    "model_release": Release,
    "property_release": Release,
    "consent": Consent,
    "not_before": datetime.fromisoformat,
    "not_after": datetime.fromisoformat,
    "unclear": tuple,
    "people": tuple,
}


def rights_from_json(data: Mapping[str, Any]) -> Rights:
    found: dict[str, Any] = {}
    for name, value in data.items():
        if name in {"territories", "channels"}:
            permitted = frozenset(value["permitted"]) if value["permitted"] is not None else None
            found[name] = Bounds(permitted=permitted, forbidden=frozenset(value["forbidden"]))
        elif name == "also":
            found[name] = tuple(rights_from_json(it) for it in value)
        else:
            found[name] = _READ[name](value) if name in _READ else value
    return Rights(**found)


def _text_of(rights: Rights) -> str:
    return json.dumps(rights_to_json(rights), sort_keys=True)
