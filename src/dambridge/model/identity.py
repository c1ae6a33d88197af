"""Who is who: accounts, assets, links and their copies.

The account is part of every key, because a site may own several PhotoShelter organisations and NetX sites, production
and sandbox. A link is one asset; it has any number of copies, and nothing here knows a "left" and a "right".
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

AccountId = NewType("AccountId", str)
"""The name an account has in the configuration, for instance ``agency`` or ``archive``; unique, stable, never reused."""

RemoteId = NewType("RemoteId", str)
"""An id as the system spells it, always text (NetX's integers as decimal digits)."""

LinkId = NewType("LinkId", str)
RunId = NewType("RunId", str)
PlanId = NewType("PlanId", str)
ActionId = NewType("ActionId", str)
CommandId = NewType("CommandId", str)


class System(StrEnum):
    """The kinds of system that an account can belong to."""

    PHOTOSHELTER = "photoshelter"
    NETX = "netx"


class FlowName(StrEnum):
    """The eight flows of the product; each is a policy over the same loop."""

    INTAKE = "intake"
    ENRICH = "enrich"
    PUBLISH = "publish"
    RIGHTS = "rights"
    HANDOFF = "handoff"
    SYNDICATE = "syndicate"
    LIFECYCLE = "lifecycle"
    SEARCH = "search"


class CopyRole(StrEnum):
    """What a copy is for within its link."""

    SOURCE = "source"
    RECORD = "record"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True, order=True)
class AssetKey:
    """One asset in one account."""

    account: AccountId
    remote_id: RemoteId

    def __str__(self) -> str:
        return f"{self.account}:{self.remote_id}"


@dataclass(frozen=True, slots=True, order=True)
class CopyId:
    """The place of a copy within a link; it exists before the remote asset does, so a plan can speak of it."""

    account: AccountId
    role: CopyRole
    region: str = ""
    rendition: str = "original"

    def __str__(self) -> str:
        return "/".join((self.account, self.role, self.region or "-", self.rendition))

    @classmethod
    def parse(cls, text: str) -> CopyId:
        """Read back what `str` wrote. Raises `ValueError` for anything else."""
        account, role, region, rendition = text.split("/")
        return cls(AccountId(account), CopyRole(role), "" if region == "-" else region, rendition)


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that exists: its place in the link and its id in the account."""

    id: CopyId
    remote_id: RemoteId

    @property
    def key(self) -> AssetKey:
        return AssetKey(self.id.account, self.remote_id)


@dataclass(frozen=True, slots=True)
class Link:
    """One asset and its copies. `observe_only` holds for links found by pairing until a person activates them."""

    id: LinkId
    flow: FlowName
    copies: tuple[Copy, ...]
    observe_only: bool = False

    def copy(self, copy_id: CopyId) -> Copy | None:
        return next((it for it in self.copies if it.id == copy_id), None)


def derived_id(prefix: str, *parts: str) -> str:
    """An id computed from what it names, so that enqueuing the same thing twice is harmless.

    The parts are joined with a separator that cannot occur in ids; the result is `prefix` plus 20 letters and digits.
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return prefix + base64.b32encode(digest)[:20].decode().lower()


def link_id_for(flow: FlowName, origin: AssetKey) -> LinkId:
    """The id of the link that `flow` makes for an asset first seen at `origin`."""
    return LinkId(derived_id("ln", flow, origin.account, origin.remote_id))
