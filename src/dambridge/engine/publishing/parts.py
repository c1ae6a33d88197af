"""What a flow that publishes is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dambridge.engine.docking import Dock
from dambridge.engine.parts import FlowParts
from dambridge.engine.publishing.watching import Watch
from dambridge.engine.sites import Site
from dambridge.expressions import Program
from dambridge.mapping import AccountMap
from dambridge.model.identity import AccountId, AssetKey
from dambridge.model.publications import Outside, Stage
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.ports.files import Inspector
from dambridge.ports.outgoing import Outfitter
from dambridge.ports.pace import Lane
from dambridge.ports.publishing import OutsideJournal
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
    journal: OutsideJournal | None = None
    """Where what is shown is written down beside the store; None keeps it nowhere else."""
    kits_met: dict[str, set[AssetKey]] = field(default_factory=dict)
    """Masters by the kit that they named when they were read: the account finds them by an index that may lag."""
    _watches: dict[AccountId, Watch] = field(default_factory=dict)
    _told: dict[AssetKey, tuple[object, ...]] = field(default_factory=dict)

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

    async def note_outside(self, several: Iterable[Outside]) -> None:
        """Put on record beside the store what is shown, or is about to be. Nothing is said twice in a row by one process."""
        if self.journal is None:
            return
        shown = [it for it in several if it.publication.stage is Stage.VISIBLE and it.publication.key is not None]
        news = [it for it in shown if self._told.get(_file_of(it)) != it.told]
        await asyncio.to_thread(self.journal.append, news)
        self._told |= {_file_of(it): it.told for it in news}

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


def _file_of(it: Outside) -> AssetKey:
    key = it.publication.key
    assert key is not None  # noqa: S101 - asked by the caller
    return key
