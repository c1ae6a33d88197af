"""What a flow that publishes is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dambridge.engine.docking import Dock
from dambridge.engine.parts import FlowParts
from dambridge.engine.publishing.watching import Watch
from dambridge.engine.sites import Site
from dambridge.expressions import Program
from dambridge.mapping import AccountMap
from dambridge.model.identity import AccountId
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.ports.files import Inspector
from dambridge.ports.outgoing import Outfitter
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetReader


@dataclass(slots=True, kw_only=True)
class PublishParts(FlowParts):
    """Everything that the flow works with. `sites` are those of the policy's accounts; `program` is the expression of the
    selection, None where it has none. `holding` is the path above the galleries in which our files stand unseen, one for each
    outlet: every file of ours is a member of its own all the time, and of the outlet's gallery while it is shown."""

    policy: PublishPolicy
    sites: Mapping[AccountId, Site]
    outfitter: Outfitter
    inspector: Inspector
    program: Program | None = None
    holding: str = "dambridge/holding"
    place_checks: int = 200
    """Files whose places are looked at in one run though nothing was heard of them."""
    _watches: dict[AccountId, Watch] = field(default_factory=dict)

    @property
    def source(self) -> Site:
        return self.sites[self.policy.source]

    @property
    def reader(self) -> AssetReader:
        return self.source.reader

    @property
    def maps(self) -> Mapping[AccountId, AccountMap]:
        return {name: it.map for name, it in self.sites.items()}

    @property
    def selects(self) -> Mapping[AccountId, tuple[str, ...]]:
        """Copies are read wherever they stand: who left the selection is told by the decision."""
        return {}

    def outlet(self, name: str) -> Outlet | None:
        return self.policy.outlets.get(name)

    def home_of(self, outlet: str) -> str:
        """The path of the gallery in which an outlet's files stand unseen."""
        return f"{self.holding}/{outlet}"

    def watch(self, account: AccountId) -> Watch | None:
        """Who sees what in the account; None where it has no audiences to read."""
        site = self.sites[account]
        if site.audience is None:
            return None
        return self._watches.setdefault(account, Watch(site.audience))

    def dock(self, account: AccountId) -> Dock:
        """Where files arrive: always in a berth, never in a gallery that people made."""
        site = self.sites[account]
        return Dock(
            site=site,
            ledger=self.ledger,
            clock=self.clock,
            settings=self.settings,
            lane=Lane.NORMAL,
            settle=max(site.settle, self.policy.stale_for),
            arrival="berth",
        )
