"""From what was read to cases: one master before one outlet, with everything that a decision about it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath

from dambridge.engine.publishing.leading import Ahead
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.publishing.selecting import Orders, why_not
from dambridge.mapping.localising import localised
from dambridge.model.identity import AccountId, AssetKey, CopyId, LinkId
from dambridge.model.publications import AgreedAudience, Publication, Stage
from dambridge.model.records import AssetRecord, Missing, NotYet, Present, Seen
from dambridge.model.stand_ins import STAND_IN_FIELD, stand_in_words
from dambridge.model.values import Fields
from dambridge.planning.kits import KitVerdict
from dambridge.planning.outlets import Case, Held, said_outside, status_of
from dambridge.policy.naming import name_by
from dambridge.policy.ordering import Choice, chosen
from dambridge.policy.outlets import STAND_IN, Outlet, PublishPolicy
from dambridge.policy.placing import file_name_for
from dambridge.ports.audience import Audience
from dambridge.ports.errors import CannotGoOn, NextMove

PLAIN = "{file_name}"
Audiences = Mapping[str, Audience | Missing | None]
"""By the name of the outlet; None where it could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that was read about some masters. `places` has no entry for a file that nobody looked for."""

    links: Mapping[AssetKey, LinkId]
    masters: Mapping[AssetKey, Seen]
    publications: Mapping[LinkId, Mapping[CopyId, Publication]]
    copies: Mapping[AssetKey, Seen]
    places: Mapping[AssetKey, tuple[Held, ...]]
    agreed: Mapping[str, AgreedAudience]
    audiences: Audiences
    ahead: Mapping[AccountId, Ahead]
    statuses: Mapping[LinkId, str]
    """The lifecycle words that the copies of a link agree on, where a flow keeps them in step."""
    now: datetime
    orders: Orders = field(default_factory=dict)
    """What people ordered of these masters."""


def case_of(parts: PublishParts, known: Known, key: AssetKey, outlet: Outlet, kit: KitVerdict | None = None) -> Case:
    """The case of one master before one outlet."""
    master = known.masters[key]
    record = master.record if isinstance(master, Present) else None
    link = known.links[key]
    publication = publication_in(known.publications.get(link, {}), outlet)
    copy = publication.key if publication is not None else None
    choice = Choice()
    if record is not None:
        unnamed = why_not(record, parts.policy, outlet, parts.program, known.now)
        choice = chosen(unnamed, known.orders.get(key, {}).get(outlet.name), outlet, known.now)
    agreed = known.statuses.get(link, "")
    status = status_of(record.fields, parts.policy, agreed) if record is not None else ""
    return Case(
        link=link,
        source=key,
        master=master,
        selected=record is not None and choice.selected,
        unselected=choice.why_not,
        selected_until=choice.until,
        order_over=choice.over,
        outlet=outlet,
        agreed=known.agreed.get(outlet.name),
        audience=known.audiences.get(outlet.name),
        can=parts.sites[outlet.account].archive.capabilities,
        wanted=wanted_of(parts.policy, record, outlet, page=parts.source.archive.page_of(key.remote_id))
        if record is not None
        else {},
        policy=parts.policy,
        now=known.now,
        horizon=horizon_of(known, outlet.account),
        status=status,
        disputed=record is not None and status != status_of(record.fields, parts.policy),
        publication=publication,
        copy=known.copies.get(copy, NotYet()) if copy is not None else NotYet(),
        places=known.places.get(copy) if copy is not None else None,
        kit=kit,
        file_name=name_of(record, outlet) if record is not None else "",
    )


def publication_in(found: Mapping[CopyId, Publication], outlet: Outlet) -> Publication | None:
    """What stands for the outlet: of its own rendition, else of one that it had before."""
    ours = [it for it in found.values() if it.outlet == outlet.name and it.copy.account == outlet.account]
    exact = next((it for it in ours if it.copy == outlet.copy), None)
    return exact or next((it for it in ours if it.stage is not Stage.WITHDRAWN), None)


def wanted_of(policy: PublishPolicy, record: AssetRecord, outlet: Outlet, *, page: str = "") -> Fields:
    """What the copy is to say, in the outlet's languages; of a stand-in also that it is one, and of what on which `page`."""
    names = said_outside(policy)
    said = localised({it: value for it, value in record.fields.items() if it in names}, outlet.languages).fields
    return {**said, STAND_IN_FIELD: stand_in_words(page)} if outlet.stand_in else said


def name_of(record: AssetRecord, outlet: Outlet) -> str:
    """The file name there; a name that cannot be made is the master's own. A stand-in's name says that it is one."""
    found = None if outlet.naming == PLAIN else name_by(record, outlet.naming, selects=lambda _: True)
    plain = file_name_for(record)
    name = found if isinstance(found, str) else plain if isinstance(plain, str) else record.key.remote_id
    path = PurePath(name)
    return f"{path.stem} {STAND_IN}{path.suffix}" if outlet.stand_in else name


def horizon_of(known: Known, account: AccountId) -> datetime:
    """What ends by then has to go now."""
    ahead = known.ahead.get(account)
    return ahead.horizon(known.now) if ahead is not None else known.now


async def audience_of(
    parts: PublishParts, agreed: AgreedAudience | None, *, recent: bool = False
) -> Audience | Missing | None:
    """How an outlet's gallery stands now, or stood a moment ago; None where nothing was agreed or it cannot be read."""
    watch = parts.watch(agreed.account) if agreed is not None else None
    if agreed is None or watch is None:
        return None
    try:
        return await watch.audience(agreed.gallery, parts.lane, recent=recent)
    except CannotGoOn:
        raise
    except NextMove:
        return None
