"""Who asks: people's roles, what of the library they are answerable for, and what a role lets somebody see and order.

Nothing here knows how somebody signed in. A `Searcher` is made by the edge (console, API, CLI) from who is signed in, and handed
down; every question about the library is asked in the name of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType

from dambridge.model.identity import FlowName


class Role(StrEnum):
    """What somebody is to the library. One person may have several."""

    VIEWER = "viewer"
    """Looks, at what may be used; orders nothing."""
    SEARCHER = "searcher"
    """Looks for what may be used, and asks for it to be brought."""
    REVIEWER = "reviewer"
    """Decides about what was handed in, so sees it before it is approved."""
    LIBRARIAN = "librarian"
    """Answers for the words on every asset: sees all of them."""
    RIGHTS_MANAGER = "rights_manager"
    """Answers for what may be shown, so sees what may not."""
    OPERATOR = "operator"
    """Keeps the machine going: sees what it works on."""
    ADMINISTRATOR = "administrator"
    """Gives the others their roles."""


class Sight(IntEnum):
    """How much of what is in scope a person sees. Each includes those before it."""

    NOTHING = 0
    CLEARED = 1
    """What the rights gate permits now, in a territory and through a channel of theirs."""
    IN_REVIEW = 2
    """That, and whatever is not approved yet or was turned down, whatever its rights."""
    EVERYTHING = 3
    """All of it, with the gate's word beside it."""


SIGHT: Mapping[Role, Sight] = MappingProxyType(
    {
        Role.VIEWER: Sight.CLEARED,
        Role.SEARCHER: Sight.CLEARED,
        Role.REVIEWER: Sight.IN_REVIEW,
        Role.LIBRARIAN: Sight.EVERYTHING,
        Role.RIGHTS_MANAGER: Sight.EVERYTHING,
        Role.OPERATOR: Sight.EVERYTHING,
        Role.ADMINISTRATOR: Sight.EVERYTHING,
    }
)
"""What each role sees; a person with several sees the most that any of them lets them."""

ORDERS: frozenset[Role] = frozenset(Role) - {Role.VIEWER}
"""Roles that may ask for an asset to be brought or shown; the gate has the last word in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The part of the library that somebody has to do with. None means no limit, an empty set means nothing at all.

    `flows`: only assets of accounts that one of these flows works with, and only orders to these flows. `regions`: only
    assets whose territories are known to admit one of these (ISO 3166 codes, or names of groups in the configuration);
    what is not known to be permitted anywhere is in nobody's region. `selections`: only assets that stand in one of these
    selections, by their names in the configuration (`search: selections:`).
    """

    flows: frozenset[FlowName] | None = None
    regions: frozenset[str] | None = None
    selections: frozenset[str] | None = None


EVERYTHING_IN_SCOPE = Scope()


@dataclass(frozen=True, slots=True, kw_only=True)
class Searcher:
    """The one who asks. `name` goes into orders and the audit; `audience` is what the rights gate is told (empty: nobody in
    particular); `channels` are those that this person uses assets through (None: any that the rules know)."""

    name: str
    roles: frozenset[Role]
    scope: Scope = EVERYTHING_IN_SCOPE
    audience: str = ""
    channels: frozenset[str] | None = None

    @property
    def sight(self) -> Sight:
        return max((SIGHT[it] for it in self.roles), default=Sight.NOTHING)

    @property
    def may_order(self) -> bool:
        return bool(self.roles & ORDERS)

    def may_order_of(self, flow: FlowName) -> bool:
        """Whether this person may ask this flow for anything."""
        return self.may_order and (self.scope.flows is None or flow in self.scope.flows)


def everything(name: str) -> Searcher:
    """Whoever has the machine itself, as on its command line: sees and may order all."""
    return Searcher(name=name, roles=frozenset(Role))
