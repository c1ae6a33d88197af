"""What search goes by, as data: which accounts there are, what a status, a campaign and a photographer are read from, and the
ways out that "usable" is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from dambridge.model.access import Scope
from dambridge.model.identity import AccountId, FlowName, System
from dambridge.model.values import FieldName
from dambridge.policy.gate import GateRules
from dambridge.policy.patterns import matches_any


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHome:
    """One account that is searched. `flows` are those that work with it; `record` says that it is the system of record, whose
    word on rights and status counts where an asset stands in several."""

    account: AccountId
    system: System
    flows: frozenset[FlowName]
    record: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSelection:
    """A part of the library by where its assets stand: patterns over paths, in these accounts (None: in all)."""

    folders: tuple[str, ...]
    exclude: tuple[str, ...] = ()
    accounts: frozenset[AccountId] | None = None

    def holds(self, account: AccountId, path: str) -> bool:
        here = self.accounts is None or account in self.accounts
        return here and matches_any(path, self.folders) and not matches_any(path, self.exclude)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A channel into a territory that people use assets through."""

    channel: str
    territory: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPolicy:
    """Everything that search goes by. `status` None: nothing is known to be
    approved. `ways` are those that
    "usable" means where somebody has no region of their own; `deadline` is what each system has for a live answer, and
    `at_most` how many of its finds are read."""

    homes: Mapping[AccountId, SearchHome]
    gate: GateRules
    zone: ZoneInfo
    status: FieldName | None
    campaign: FieldName
    photographer: FieldName
    ways: tuple[Way, ...] = ()
    selections: Mapping[str, NamedSelection] = field(default_factory=dict)
    deadline: timedelta = timedelta(seconds=4)
    at_most: int = 50
    check_every: timedelta = timedelta(hours=1)

    def accounts_of(self, scope: Scope) -> frozenset[AccountId] | None:
        """The accounts that somebody with this scope has to do with; None for all."""
        if scope.flows is None:
            return None
        return frozenset(it.account for it in self.homes.values() if it.flows & scope.flows)

    def stands_in(self, scope: Scope, account: AccountId, path: str) -> bool:
        """Whether this container lies in one of the scope's selections. A selection that nobody configured holds nothing."""
        wanted = (self.selections.get(it) for it in scope.selections or ())
        return any(it is not None and it.holds(account, path) for it in wanted)
