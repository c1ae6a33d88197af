"""Copies that need not be kept any more: each deleted only from a plan that a named person applied.

Before a copy goes it is asked once more whether it may: a legal hold that was set since the plan was made, an outlet that shows
it again, a status that moved keep it. What is deleted leaves a tombstone, so that no flow brings it back.
"""

from __future__ import annotations

from collections.abc import Mapping

from dambridge.engine.delivery.describing import NotWritable
from dambridge.engine.ended import Ended
from dambridge.engine.mirroring.agreeing import gone_copy, tombstone_of
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.reading import native_if_there
from dambridge.engine.mirroring.settling import End
from dambridge.engine.sites import Site
from dambridge.engine.steps import Step, StepJournal
from dambridge.mapping import to_canonical
from dambridge.model.accords import GroupName
from dambridge.model.actions import Action
from dambridge.model.identity import Link
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import NativeRecord
from dambridge.planning.retention import Kept, ended, in_the_way, is_of_retention
from dambridge.policy.retention import Ending
from dambridge.ports.errors import MovedOn, Refused, Unclear
from dambridge.ports.ledger import WorkStage


def status_group(parts: MirrorParts) -> GroupName | None:
    """The group of the status, None where the flow has none."""
    return next((it.name for it in parts.policy.groups if it.by_transitions), None)


async def may_not(parts: MirrorParts, link: Link, action: Action) -> End | None:
    """Why this copy stays, asked right before it goes; None where it may. A legal hold keeps it whatever takes it away."""
    whole = (await parts.ledger.links([link.id])).get(link.id, link)
    holds = list((await parts.ledger.holds([it.key for it in whole.copies])).values())
    accords = (await parts.ledger.accords([link.id])).get(link.id, {})
    group = status_group(parts)
    accord = accords.get(group) if group is not None else None
    publications = list((await parts.ledger.publications([link.id])).get(link.id, {}).values())
    ours = is_of_retention(action)
    kept = Kept(link=link, accord=accord, seen={}, holds=holds, publications=publications if ours else ())
    if (leave := in_the_way(kept)) is not None:
        return End(ended=Ended(leave.outcome, leave.reason, leave.waits_for), stage=WorkStage.LEFT)
    if ours and (accord is None or ended(accord) not in action.reasons):
        raise MovedOn(f"{link.id} does not stand as it did when the plan was made; it stays. Plan again.")
    return None


async def delete(parts: MirrorParts, link: Link, action: Action, journal: StepJournal) -> End:
    """Into the trash or for good, as the plan says; then out of the link with a tombstone. Whoever was edited since stays."""
    if not is_of_retention(action):
        raise Refused("A copy is deleted only from a plan of retention.")
    copy = gone_copy(link, action.target)
    site = parts.sites[copy.id.account]
    begun = journal.intent(Step.DISCARD) is not None
    there = await native_if_there(site, copy.remote_id)
    if there is None and not begun:
        raise MovedOn(f"{copy.key} is not there any more; nothing of it was deleted here. It is planned again.")
    if there is not None:
        if to_canonical(there, site.map).version != action.expects.get(str(copy.id)):
            raise MovedOn(f"{copy.key} was edited after the plan was made; it stays. It is planned again.")
        _can(site, action, there)

        async def work() -> Mapping[str, object]:
            await site.archive.discard(copy.remote_id, lane=parts.lane)
            if await native_if_there(site, copy.remote_id) is not None:
                raise Unclear(f"{copy.key} was deleted and is still shown; it is looked at again.")
            return {"as": action.name}

        await journal.run(Step.DISCARD, {"as": action.name, "places": [it.path for it in there.containers]}, work)
    elif journal.outcome(Step.DISCARD) is None:
        await journal.close(Step.DISCARD, {"as": action.name})
    reason = Reason.of(Code.DELETED, copy=str(copy.key), how=action.name)
    return End(
        ended=Ended(Outcome.DONE, reason),
        tombstones=(await tombstone_of(parts, link, copy, action, reason),),
        drop_copies=(copy.id,),
        audit={"as": action.name, "why": [it.to_json() for it in action.reasons]},
    )


def _can(site: Site, action: Action, there: NativeRecord) -> None:
    """Raises `NotWritable` where nobody has shown that the account does it so."""
    can = site.archive.capabilities
    proof = can.discard if action.name == Ending.DELETE else can.discard_recoverable
    if not proof.usable or not can.discard.usable:
        told = Reason.of(
            Code.CAPABILITY_UNPROVEN, what=f"{action.name} it", media_type=str(there.media_type), proof=str(proof)
        )
        raise NotWritable(told)
