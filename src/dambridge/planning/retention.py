"""What need not be kept any more, and what stands in the way: pure, link by link. Nothing here is done by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dambridge.model.accords import Accord
from dambridge.model.actions import Act, Action, ActionKind, Decision, Leave
from dambridge.model.identity import AssetKey, Copy, CopyId, Link
from dambridge.model.outcomes import Outcome
from dambridge.model.publications import Publication, Stage
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, Present, Seen, Unread
from dambridge.model.submissions import Hold
from dambridge.planning.transitions import status_of
from dambridge.policy.retention import Ending, Retention

CALLS = 3
"""At the account of each copy: a look, the call itself, a look."""
KINDS: Mapping[Ending, ActionKind] = {
    Ending.HOLD: ActionKind.RETIRE,
    Ending.TRASH: ActionKind.DELETE,
    Ending.DELETE: ActionKind.DELETE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One link with everything that speaks for or against its going."""

    link: Link
    accord: Accord | None
    seen: Mapping[AssetKey, Seen]
    holds: Sequence[Hold] = ()
    publications: Sequence[Publication] = ()
    disputed: bool = False


def is_over(accord: Accord | None, retention: Retention, now: datetime) -> bool:
    """Whether the link has stood long enough in a status after which it may go."""
    status = status_of(accord.fields) if accord is not None else None
    if accord is None or status is None or status not in retention.after:
        return False
    return accord.since + retention.after[status] <= now


def retain(it: Kept, retention: Retention, now: datetime) -> Decision | None:
    """What becomes of a link: an action for each copy that goes, why it stays although it is due, or None where it is not."""
    if it.accord is None or not is_over(it.accord, retention, now):
        return None
    if (held := in_the_way(it)) is not None:
        return held
    reason = ended(it.accord)
    actions = [
        made
        for copy in it.link.copies
        if (ending := retention.ending(copy.id.account)) is not Ending.KEEP
        and (made := _action(it, copy, ending, reason)) is not None
    ]
    return Act(actions=tuple(actions)) if actions else None


def ended(accord: Accord) -> Reason:
    """Why its copies go, as it stands in their actions."""
    return Reason.of(Code.RETENTION_ENDED, status=str(status_of(accord.fields)), since=accord.since.isoformat())


def is_of_retention(action: Action) -> bool:
    return any(it.code is Code.RETENTION_ENDED for it in action.reasons)


def in_the_way(it: Kept) -> Leave | None:
    """Why nothing of the link may go: a legal hold on any of its copies, something in people's sight, a dispute, a copy that
    could not be read or that is only watched."""
    if it.holds:
        hold = it.holds[0]
        return _waits(Reason.of(Code.LEGAL_HOLD, by=hold.by, why=hold.why), "coordinator")
    if it.link.observe_only:
        return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.OBSERVE_ONLY))
    for one in it.publications:
        if one.stage is not Stage.WITHDRAWN:
            return _waits(Reason.of(Code.STILL_PUBLISHED, outlet=str(one.copy.region)), "system")
    if it.disputed:
        return _waits(Reason.of(Code.STILL_DISPUTED), "coordinator")
    for key, seen in sorted(it.seen.items()):
        if isinstance(seen, Unread):
            return _waits(Reason.of(Code.COPY_UNREAD, copy=str(key), text=str(seen.reason.code)), "system")
    return None


def _action(it: Kept, copy: Copy, ending: Ending, reason: Reason) -> Action | None:
    """None for a copy that is not there any more: what follows from that is the flow's, not retention's."""
    seen = it.seen[copy.key]
    if not isinstance(seen, Present):
        return None
    record = seen.record
    return Action(
        kind=KINDS[ending],
        link=it.link.id,
        source=_face(it.link).key,
        target=copy.id,
        target_id=copy.remote_id,
        fields={},
        cleared=(),
        expects={str(one): version.version for one, version in _records(it).items()},
        reasons=(reason,),
        file_name=record.file_name,
        name=str(ending),
        media_type=str(record.media_type),
        calls={copy.id.account: CALLS},
    )


def _records(it: Kept) -> dict[CopyId, AssetRecord]:
    return {one.id: found.record for one in it.link.copies if isinstance(found := it.seen[one.key], Present)}


def _face(link: Link) -> Copy:
    return min(link.copies, key=lambda it: (str(it.id.role) != "source", it.id))


def too_many(links: int, known: int, retention: Retention) -> tuple[Reason, ...]:
    """Which of the absolute and the relative limit so many links go over, of all that are known. One may always go."""
    found: list[Reason] = []
    if retention.max_assets is not None and links > retention.max_assets:
        found.append(Reason.of(Code.GUARD_TRIPPED, guard="max_assets", found=links, limit=retention.max_assets))
    if retention.max_share is not None and links > max(1.0, retention.max_share * known):
        limit = max(1, int(retention.max_share * known))
        found.append(Reason.of(Code.GUARD_TRIPPED, guard="max_share", found=links, limit=limit))
    return tuple(found)


def _waits(reason: Reason, who: str) -> Leave:
    return Leave(outcome=Outcome.WAITING, reason=reason, waits_for=who)
