"""Orders about outlets: a named person agrees who sees a gallery, has what stands there already watched, and lets it go to work.

In the two systems nothing is written here. What is watched stays as it is, whatever its rights say, until exactly its plan was
activated under somebody's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dambridge.engine.orders.activating_outlets import activate, plan_activation
from dambridge.engine.orders.outlet_desk import OutletDesk
from dambridge.model.commands import Command, CommandKind
from dambridge.model.identity import AssetKey, LinkId, PlanId, RemoteId, link_id_for
from dambridge.model.publications import Publication, Stage
from dambridge.planning.audiences import agreement
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.ports.audience import Audience, Visibility
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import AuditEntry
from dambridge.ports.pace import Lane

PAGE = 500


ORDERS = frozenset(
    {CommandKind.AGREE_AUDIENCE, CommandKind.ADOPT_OUTLET, CommandKind.PLAN_OUTLET, CommandKind.ACTIVATE_OUTLET}
)
"""The orders that are carried out here."""


async def carry_out(desk: OutletDesk | None, command: Command) -> Mapping[str, Any]:
    """Carry out an order about an outlet. Raises `Refused` or `MovedOn` in words for the person who gave it."""
    if desk is None:
        raise Refused("No outlet is configured here. `docs/howto/publish.md` shows how to begin.")
    if not command.actor.strip():
        raise Refused("An outlet is agreed on, adopted and activated by a named person: `--by NAME`.")
    scope = command.scope
    match command.kind:
        case CommandKind.AGREE_AUDIENCE:
            return await _agree(desk, str(scope["outlet"]), everyone=bool(scope.get("everyone")), by=command.actor)
        case CommandKind.ADOPT_OUTLET:
            return await _adopt(desk, str(scope["outlet"]), by=command.actor)
        case CommandKind.PLAN_OUTLET:
            return await plan_activation(desk, str(scope["outlet"]))
        case CommandKind.ACTIVATE_OUTLET:
            return await activate(desk, PlanId(scope["plan"]), by=command.actor)
    raise Refused(f"`{command.kind}` is no order about an outlet.")


# who sees it ----------------------------------------------------------------------------------------------------------


async def gallery_of(desk: OutletDesk, outlet: Outlet) -> RemoteId:
    """The outlet's gallery as it stands in the account. Raises `Refused` where there is none."""
    site = desk.sites[outlet.account]
    if outlet.gallery.startswith("id:"):
        return RemoteId(outlet.gallery.removeprefix("id:"))
    found = await site.archive.folder_at(outlet.gallery, lane=Lane.NORMAL)
    if found is None:
        raise Refused(
            f"There is no gallery {outlet.gallery} in `{outlet.account}`. An administrator makes it and says who sees it; then "
            f"agree again."
        )
    return found


async def audience_now(desk: OutletDesk, outlet: Outlet) -> Audience:
    """Who sees the outlet's gallery, read now."""
    keeper = desk.sites[outlet.account].audience
    if keeper is None:
        raise Refused(f"Who sees a gallery cannot be read in `{outlet.account}`, so nothing can be agreed about it.")
    return await keeper.audience(await gallery_of(desk, outlet), lane=Lane.NORMAL)


async def _agree(desk: OutletDesk, name: str, *, everyone: bool, by: str) -> Mapping[str, Any]:
    _, outlet = desk.named(name)
    found = await audience_now(desk, outlet)
    if found.effective is Visibility.EVERYONE and not everyone:
        raise Refused(
            f"The gallery of `{name}` is open to everyone. If that is the audience you mean, say so: `--everyone`; else have "
            "it closed and agree then."
        )
    now = await desk.clock.now()
    agreed = agreement(name, outlet.account, found, by=by, at=now)
    before = (await desk.ledger.agreed_audiences()).get(name)
    detail = {
        "gallery": agreed.gallery,
        "own": agreed.own,
        "effective": agreed.effective,
        "grants": list(agreed.grants),
        "before": {"by": before.by, "effective": before.effective, "grants": list(before.grants)} if before else None,
    }
    entry = AuditEntry(at=now, actor=by, event="audience.agreed", subject=name, detail=detail)
    await desk.ledger.agree_audience(agreed, [entry])
    return {"agreed": {"outlet": name, "path": outlet.gallery, **detail, "by": by}, "exit_code": 0}


# what stands there already --------------------------------------------------------------------------------------------


def _refuse_stand_ins(outlet: Outlet) -> None:
    """What others put into a gallery of stand-ins is none. Raises `Refused`."""
    if outlet.stand_in:
        raise Refused(
            f"{outlet.name} holds stand-ins, and what others put there is none: nothing is adopted there. Files of theirs belong "
            "into another gallery."
        )


async def _adopt(desk: OutletDesk, name: str, *, by: str) -> Mapping[str, Any]:
    """Watch everything that stands in the gallery and is not ours. Asking again adds what came since."""
    policy, outlet = desk.named(name)
    _refuse_stand_ins(outlet)
    gallery = await gallery_of(desk, outlet)
    now = await desk.clock.now()
    members = await _members(desk, outlet, gallery)
    keys = [AssetKey(outlet.account, it) for it in members]
    ours = await desk.ledger.publications_at(keys)
    links = await desk.ledger.links_of(keys)
    new = [it for it in keys if it not in ours]
    adopted = [_adopted(policy, outlet, it, links.get(it), in_gallery=(gallery, now)) for it in new]
    rows, twice = await _once_each(desk, adopted)
    detail = {"gallery": gallery, "found": len(keys), "adopted": len(rows)}
    for start in range(0, len(rows), PAGE):
        await desk.ledger.put_publications(rows[start : start + PAGE])
    await desk.ledger.audit([AuditEntry(at=now, actor=by, event="outlet.adopted", subject=name, detail=detail)])
    linked = sum(it.key in links for it in rows if it.key is not None)
    return {"adopted": {**detail, "linked": linked, "twice": [str(it) for it in twice]}, "exit_code": 3 if twice else 0}


async def _members(desk: OutletDesk, outlet: Outlet, gallery: RemoteId) -> list[RemoteId]:
    """Everything in the gallery. Raises `TryLater` where the listing breaks off, and `Refused` where it shows too few."""
    ids: dict[RemoteId, None] = {}
    total: int | None = None
    async for page in desk.sites[outlet.account].reader.members(gallery, lane=Lane.NORMAL):
        ids |= dict.fromkeys(it.remote_id for it in page.sightings)
        total = page.total if page.total is not None else total
    if total is not None and len(ids) < total:
        raise Refused(
            f"The gallery showed {len(ids)} of {total} files that it announced. Nothing was adopted; try again."
        )
    return list(ids)


def _adopted(
    policy: PublishPolicy, outlet: Outlet, key: AssetKey, link: LinkId | None, *, in_gallery: tuple[RemoteId, datetime]
) -> Publication:
    """A file that others put there. Without a link nobody knows its master: it is watched under an id of its own."""
    gallery, now = in_gallery
    return Publication(
        flow=policy.flow,
        link=link or link_id_for(policy.flow, key),
        copy=outlet.copy,
        stage=Stage.ADOPTED,
        gallery=gallery,
        remote_id=key.remote_id,
        at=now,
    )


async def _once_each(desk: OutletDesk, rows: Sequence[Publication]) -> tuple[list[Publication], list[AssetKey]]:
    """One publication a link and outlet: another file of the same asset there is told, and left to people."""
    taken = await desk.ledger.publications([it.link for it in rows])
    seen = {(link, copy) for link, copies in taken.items() for copy in copies}
    once: list[Publication] = []
    twice: list[AssetKey] = []
    for it in rows:
        if (it.link, it.copy) not in seen:
            seen.add((it.link, it.copy))
            once.append(it)
        elif it.key is not None:
            twice.append(it.key)
    return once, twice
