"""What need not be kept any more, planned on request: a plan like any other, which a named person applies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from dambridge.engine.mirroring.deciding import Known, capability_digest, gather, policy_digest
from dambridge.engine.mirroring.deleting import status_group
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.running import count_links
from dambridge.engine.mirroring.settling import face_of
from dambridge.model.accords import Accord, GroupName
from dambridge.model.actions import Act, Action, Leave
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import Link, LinkId
from dambridge.model.plans import LeftItem, Plan
from dambridge.planning import HeaderFacts, forecast, make_plan
from dambridge.planning.retention import Kept, is_over, retain, too_many
from dambridge.policy.retention import Retention
from dambridge.ports.errors import Refused

PAGE = 200


async def plan_retention(parts: MirrorParts) -> Plan:
    """The plan of what may go now, stored. Nothing outside is touched. Raises `Refused` where nothing is said of retention."""
    retention = _retention(parts)
    now = await parts.clock.now()
    actions: list[Action] = []
    left: list[LeftItem] = []
    async for ids in _due(parts, retention):
        known = await gather(parts, ids, begin=None)
        for link in known.links.values():
            match retain(await _kept(parts, link, known), retention, now):
                case Act() as act:
                    actions += act.actions
                case Leave() as leave:
                    left.append(LeftItem(key=face_of(parts, link), leave=leave, expects=None, file_name=""))
                case None:
                    pass
    plan = make_plan(
        actions,
        left,
        facts=HeaderFacts(
            flow=parts.flow,
            policy=policy_digest(parts),
            configuration=parts.configuration,
            capabilities=capability_digest(parts),
            changes_before=0,
            known=len(actions),
        ),
        policy=parts.policy,
        takes=forecast(actions, {name: site.rate for name, site in parts.sites.items()}),
        now=now,
        tripped=too_many(len({it.link for it in actions}), await count_links(parts), retention),
    )
    await parts.ledger.save_plan(plan.id, parts.flow, at=now, lines=list(plan.lines()))
    return plan


def _retention(parts: MirrorParts) -> Retention:
    if parts.policy.retention is None:
        raise Refused("Nothing says how long anything is kept: `flows.lifecycle.retention`. So everything is.")
    return parts.policy.retention


async def _due(parts: MirrorParts, retention: Retention) -> AsyncIterator[list[LinkId]]:
    """Page by page the links that have stood long enough in a status after which they may go."""
    group, now, after = status_group(parts), await parts.clock.now(), None
    while page := await parts.ledger.links_in(list(parts.policy.accounts), after=after, limit=PAGE):
        after = page[-1].id
        accords = await parts.ledger.accords([it.id for it in page])
        due = [it.id for it in page if is_over(_of(accords, it.id, group), retention, now)]
        if due:
            yield due


def _of(accords: Mapping[LinkId, Mapping[GroupName, Accord]], link: LinkId, group: GroupName | None) -> Accord | None:
    return accords.get(link, {}).get(group) if group is not None else None


async def _kept(parts: MirrorParts, link: Link, known: Known) -> Kept:
    """Holds on copies in any account count, whichever flow they belong to."""
    whole = (await parts.ledger.links([link.id])).get(link.id, link)
    entries = known.conflicts.get(link.id, {}).values()
    return Kept(
        link=link,
        accord=_of(known.accords, link.id, status_group(parts)),
        seen={it.key: known.seen[it.key] for it in link.copies},
        holds=list((await parts.ledger.holds([it.key for it in whole.copies])).values()),
        publications=list((await parts.ledger.publications([link.id])).get(link.id, {}).values()),
        disputed=any(it.state in {ConflictState.OPEN, ConflictState.RULED} for it in entries),
    )
