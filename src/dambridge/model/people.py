"""People who sign in: who they are, what they may do, and what lets them in. Nothing here knows a browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dambridge.model.access import EVERYTHING_IN_SCOPE, Role, Scope, Searcher
from dambridge.model.identity import FlowName


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a name of their own, which goes on record with all that they decide.

    `password` is a hash, None for somebody who signs in elsewhere; `subject` is who they are there (`ISSUER SUBJECT`)."""

    name: str
    display: str
    roles: frozenset[Role]
    added_at: datetime
    scope: Scope = EVERYTHING_IN_SCOPE
    password: str | None = field(default=None, repr=False)
    subject: str = ""
    disabled: bool = False

    @property
    def searcher(self) -> Searcher:
        """The same person as one who asks."""
        return Searcher(name=self.name, roles=self.roles, scope=self.scope)

    def rights_to_json(self) -> dict[str, Any]:
        """What they may do, without what lets them in."""
        return {"roles": sorted(self.roles), "scope": scope_to_json(self.scope)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser that is signed in. `id` is the digest of the secret that the browser holds, never the secret."""

    id: str
    person: str
    begun_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """What lets a script in, with no more than its maker's rights at any time: `roles` and `scope` narrow them.

    `id` is the digest of the token itself, which nobody can read back; `key` its short public name."""

    id: str
    key: str
    name: str
    person: str
    roles: frozenset[Role]
    made_at: datetime
    ends_at: datetime
    scope: Scope = EVERYTHING_IN_SCOPE
    revoked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelToken:
    """What lets pages of these origins ask and show, for some minutes: made by an API token (`parent`, its id), and good for no
    longer than that one. It finds what is cleared for use and nothing else, whatever its maker sees; `orders` lets it ask for
    an asset.

    `id` is the digest of the token itself, `key` its short public name; `audience` and `channels` are those of whoever reads
    the page."""

    id: str
    key: str
    parent: str
    person: str
    origins: tuple[str, ...]
    orders: bool
    made_at: datetime
    ends_at: datetime
    scope: Scope = EVERYTHING_IN_SCOPE
    audience: str = ""
    channels: frozenset[str] | None = None


def scope_to_json(scope: Scope) -> dict[str, list[str] | None]:
    sides: Mapping[str, frozenset[Any] | None] = {
        "flows": scope.flows,
        "regions": scope.regions,
        "selections": scope.selections,
    }
    return {name: None if it is None else sorted(map(str, it)) for name, it in sides.items()}


def scope_from_json(data: Mapping[str, Any]) -> Scope:
    """Read back what `scope_to_json` made. Raises `ValueError` for a flow that there is not."""
    flows, regions, selections = (data.get(it) for it in ("flows", "regions", "selections"))
    return Scope(
        flows=None if flows is None else frozenset(FlowName(it) for it in flows),
        regions=None if regions is None else frozenset(regions),
        selections=None if selections is None else frozenset(selections),
    )


def narrowed(scope: Scope, by: Scope) -> Scope:
    """What both admit."""
    return Scope(
        flows=_both(scope.flows, by.flows),
        regions=_both(scope.regions, by.regions),
        selections=_both(scope.selections, by.selections),
    )


def _both(one: frozenset[Any] | None, other: frozenset[Any] | None) -> frozenset[Any] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
