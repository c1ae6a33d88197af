"""One action about one outlet, with what it works on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.publishing.watching import Watch
from dambridge.engine.sites import Site
from dambridge.model.actions import Action
from dambridge.model.identity import AssetKey, RemoteId
from dambridge.model.publications import Outward, Publication, Stage
from dambridge.policy.outlets import Outlet
from dambridge.ports.errors import MovedOn, Refused
from dambridge.ports.pace import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`publication` is what the ledger has of it now, None before its file stands there."""

    parts: PublishParts
    action: Action
    outlet: Outlet
    outward: Outward
    publication: Publication | None

    @property
    def site(self) -> Site:
        return self.parts.sites[self.action.target.account]

    @property
    def watch(self) -> Watch:
        found = self.parts.watch(self.action.target.account)
        if found is None:
            raise Refused(f"{self.action.target.account} has no audiences that can be read, so nothing goes out there.")
        return found

    @property
    def lane(self) -> Lane:
        return self.parts.lane

    @property
    def source(self) -> AssetKey:
        return self.action.source

    async def now(self) -> datetime:
        return await self.parts.clock.now()

    async def home(self, lane: Lane) -> RemoteId:
        """The gallery in which this outlet's files stand unseen."""
        return await self.site.archive.ensure_folder(self.parts.home_of(self.outlet.name), lane=lane)

    def known(self) -> Publication:
        """The publication, which has to be there. Raises `MovedOn`."""
        if self.publication is None:
            raise MovedOn(f"Nothing stands of {self.source} in {self.outlet.name}. It is planned again.")
        return self.publication

    async def put(self, wanted: Publication) -> Task:
        """Write the publication down, durably, before anything else is done; gives the task with it."""
        (kept,) = await self.parts.ledger.put_publications([wanted])
        return replace(self, publication=kept)


async def task_of(parts: PublishParts, action: Action) -> Task:
    """What the action works on. Raises `MovedOn` where its outlet is not configured any more, or what stands there was
    written by others after it was planned, its own earlier tries aside."""
    name = action.target.region
    outlet = parts.outlet(name)
    if outlet is None or action.outward is None:
        raise MovedOn(f"The outlet {name} is not configured here any more. It is planned again.")
    found = (await parts.ledger.publications([action.link])).get(action.link, {})
    publication = found.get(action.target)
    if publication is not None and publication.turn != action.outward.turn:
        raise MovedOn(f"What stands of {action.source} in {name} was dealt with after this was planned.")
    return Task(parts=parts, action=action, outlet=outlet, outward=action.outward, publication=publication)


def turned(it: Publication, stage: Stage, at: datetime) -> Publication:
    """The publication after one of its turns has ended."""
    return replace(it, stage=stage, at=it.at if stage is it.stage else at, turn=it.turn + 1, doing="")
