"""Ends that touch nothing outside: what the copies agree on, the inbox, and copies that leave their link."""

from __future__ import annotations

from dambridge.engine.ended import Ended
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.mirroring.settling import End, agreed_told
from dambridge.model.actions import Action
from dambridge.model.identity import Copy, CopyId, Link
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.tombstones import Tombstone
from dambridge.ports.errors import MovedOn


async def agree(parts: MirrorParts, action: Action) -> End:
    """Write down accords and inbox as the decision left them, all of it or nothing; every value seen goes on record."""
    before = (await parts.ledger.accords([action.link])).get(action.link, {})
    told = agreed_told(before, action.accords)
    names = tuple(sorted(str(it) for it in told.get("agreed", {})))
    ended = Ended(Outcome.UNCHANGED, Reason.of(Code.IN_STEP))
    if names or action.conflicts:
        ended = Ended(Outcome.DONE, Reason.of(Code.AGREED, groups=names))
    return End(ended=ended, accords=action.accords, conflicts=action.conflicts, audit=told)


async def let_go(parts: MirrorParts, link: Link, action: Action) -> End:
    """Take the copy that is gone out of its link. A tombstone keeps it from ever being made anew."""
    copy = gone_copy(link, action.target)
    why = next((it["absence"] for it in action.reasons if it.code is Code.LET_GO), "gone")
    reason = Reason.of(Code.LET_GO, copy=str(copy.key), absence=why)
    stone = await tombstone_of(parts, link, copy, action, reason)
    return End(
        ended=Ended(Outcome.DONE, reason),
        tombstones=(stone,),
        drop_copies=(copy.id,),
        audit={"why": [it.to_json() for it in action.reasons]},
    )


def gone_copy(link: Link, copy_id: CopyId) -> Copy:
    """Raises `MovedOn` where the link has no such copy any more."""
    copy = link.copy(copy_id)
    if copy is None:
        raise MovedOn(f"The link {link.id} has no copy {copy_id} any more. It is planned again.")
    return copy


async def tombstone_of(parts: MirrorParts, link: Link, copy: Copy, action: Action, reason: Reason) -> Tombstone:
    """What says that the copy went, and what else stood for the same asset then."""
    agreed = (await parts.ledger.agreed([link.id])).get(link.id)
    return Tombstone(
        key=copy.key,
        copy=copy.id,
        link=link.id,
        reason=reason,
        at=await parts.clock.now(),
        kin=tuple(it.key for it in link.copies if it != copy),
        file_name=action.file_name,
        sha256=agreed.content.sha256 if agreed is not None and agreed.content is not None else "",
    )
