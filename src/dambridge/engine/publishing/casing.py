"""From what was read to cases: one master before one outlet, with everything that a decision about it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dambridge.engine.mirroring.reading import read_copies
from dambridge.engine.publishing.leading import Ahead, ahead_of
from dambridge.engine.publishing.parts import PublishParts
from dambridge.engine.publishing.selecting import why_not
from dambridge.engine.publishing.tasks import Task
from dambridge.mapping.localising import localised
from dambridge.mapping.rights import RIGHTS_FIELDS
from dambridge.model.identity import AccountId, AssetKey, CopyId, LinkId
from dambridge.model.publications import AgreedAudience, Publication, Stage
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, Missing, NotYet, Present, Seen
from dambridge.model.values import FieldName, Fields
from dambridge.planning.kits import KitVerdict
from dambridge.planning.outlets import Case, Held, agreed_statuses, ask_gate, status_of
from dambridge.planning.publishing import forbids
from dambridge.policy.naming import name_by
from dambridge.policy.outlets import Outlet, PublishPolicy
from dambridge.policy.placing import file_name_for
from dambridge.ports.audience import Audience
from dambridge.ports.errors import CannotGoOn, NextMove

PERSONAL = frozenset({FieldName("people_shown"), FieldName("consent")})
"""What goes along only where the policy's fields name it."""
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


def case_of(parts: PublishParts, known: Known, key: AssetKey, outlet: Outlet, kit: KitVerdict | None = None) -> Case:
    """The case of one master before one outlet."""
    master = known.masters[key]
    record = master.record if isinstance(master, Present) else None
    link = known.links[key]
    publication = publication_in(known.publications.get(link, {}), outlet)
    copy = publication.key if publication is not None else None
    unselected = why_not(record, parts.policy, outlet, parts.program, known.now) if record is not None else ""
    agreed = known.statuses.get(link, "")
    status = status_of(record.fields, parts.policy, agreed) if record is not None else ""
    return Case(
        link=link,
        source=key,
        master=master,
        selected=record is not None and not unselected,
        unselected=unselected,
        outlet=outlet,
        agreed=known.agreed.get(outlet.name),
        audience=known.audiences.get(outlet.name),
        can=parts.sites[outlet.account].archive.capabilities,
        wanted=wanted_of(parts.policy, record, outlet) if record is not None else {},
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


def wanted_of(policy: PublishPolicy, record: AssetRecord, outlet: Outlet) -> Fields:
    """What the copy is to say, in the outlet's languages."""
    names = policy.fields | (RIGHTS_FIELDS - PERSONAL)
    return localised({it: value for it, value in record.fields.items() if it in names}, outlet.languages).fields


def name_of(record: AssetRecord, outlet: Outlet) -> str:
    """The file name there; a name that cannot be made is the master's own."""
    found = None if outlet.naming == PLAIN else name_by(record, outlet.naming, selects=lambda _: True)
    plain = file_name_for(record)
    return found if isinstance(found, str) else plain if isinstance(plain, str) else record.key.remote_id


def horizon_of(known: Known, account: AccountId) -> datetime:
    """What ends by then has to go now."""
    ahead = known.ahead.get(account)
    return ahead.horizon(known.now) if ahead is not None else known.now


async def audience_of(parts: PublishParts, agreed: AgreedAudience | None) -> Audience | Missing | None:
    """How an outlet's gallery stands now; None where nothing was agreed or it cannot be read."""
    watch = parts.watch(agreed.account) if agreed is not None else None
    if agreed is None or watch is None:
        return None
    try:
        return await watch.audience(agreed.gallery, parts.lane)
    except CannotGoOn:
        raise
    except NextMove:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The answer to whether something may be shown now: `refused` says why not and for whom that waits."""

    record: AssetRecord | None
    until: datetime | None
    refused: tuple[Reason, str] | None


async def asked_now(task: Task) -> Asked:
    """Ask everything again that speaks against showing it, with master and audience read now."""
    parts, key = task.parts, task.source
    agreed = (await parts.ledger.agreed_audiences()).get(task.outlet.name)
    masters = await read_copies(parts, [key])
    audience = await audience_of(parts, agreed)
    now = await task.now()
    known = Known(
        links={key: task.action.link},
        masters=masters,
        publications={task.action.link: {task.action.target: task.publication}} if task.publication else {},
        copies={},
        places={},
        agreed={task.outlet.name: agreed} if agreed is not None else {},
        audiences={task.outlet.name: audience},
        ahead=await ahead_of(parts, now),
        statuses=agreed_statuses(await parts.ledger.accords([task.action.link]), parts.policy.status),
        now=now,
    )
    case = case_of(parts, known, key, task.outlet)
    record = case.master.record if isinstance(case.master, Present) else None
    refused = forbids(case)
    if refused is not None or record is None:
        reason, waits_for = (refused.reason, refused.waits_for) if refused is not None else (task.action.reasons[0], "")
        return Asked(record=record, until=None, refused=(reason, waits_for or "next run"))
    moved = _moved(task, record, case)
    until = ask_gate(case, record, now).until
    return Asked(record=record, until=until, refused=(moved, "next run") if moved is not None else None)


def _moved(task: Task, record: AssetRecord, case: Case) -> Reason | None:
    """That something is not as it was when this was planned, which then has to be planned again."""
    expected = task.action.expects.get(str(task.parts.policy.source_copy))
    if expected is not None and record.version != expected:
        return Reason.of(Code.MOVED_ON, text=f"{record.key} was edited after it was planned; it is planned again.")
    if case.gallery != task.outward.gallery:
        return Reason.of(Code.MOVED_ON, text=f"{task.outlet.name} has another gallery by now.")
    return None
