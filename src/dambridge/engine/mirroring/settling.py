"""How one action's end becomes one ledger write: item, accords, inbox, tombstones, observation, audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from dambridge.engine.by_link import settled_by_link
from dambridge.engine.ended import Ended
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.model.accords import Accord, GroupName
from dambridge.model.actions import Action
from dambridge.model.conflicts import Conflict
from dambridge.model.identity import AssetKey, CopyId, CopyRole, Link
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code
from dambridge.model.tombstones import Tombstone
from dambridge.model.values import fields_to_json
from dambridge.ports.ledger import ActionRow, AuditEntry, Observation, Settlement, WorkStage


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How one action ended, before it is written. `accords` are those that it changed, `audit` what it did from what to what."""

    ended: Ended
    stage: WorkStage = WorkStage.DONE
    accords: tuple[Accord, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    tombstones: tuple[Tombstone, ...] = ()
    drop_copies: tuple[CopyId, ...] = ()
    audit: Mapping[str, Any] = field(default_factory=dict)
    retry_after: timedelta | None = None


def face_of(parts: MirrorParts, link: Link) -> AssetKey:
    """The copy under which an item of a link is listed: always the same one of the flow's own as long as it is there, the
    source where it has one, so that all flows list an asset as one."""
    return min(parts.mine(link).copies, key=lambda it: (it.id.role is not CopyRole.SOURCE, it.id)).key


def settlement_of(
    parts: MirrorParts,
    row: ActionRow,
    end: End,
    *,
    face: AssetKey,
    item: Ended,
    looked: Observation | None,
    now: datetime,
) -> Settlement:
    """Everything that one end writes, as one value. `item` is the end of the item so far, this action's included; `looked`
    says what the item's copy was when it was looked at, and when."""
    settlement = settled_by_link(
        parts,
        row,
        stage=end.stage,
        face=face,
        item=item,
        looked=looked,
        lag=_lag(row.action, now) if item.outcome is Outcome.DONE else None,
        audit=(*_told(row.action, end, row, now), *inbox_told(end.conflicts, actor=f"flow:{row.run}", now=now)),
        retry_after=end.retry_after,
        now=now,
        words=row.action.words if end.stage is WorkStage.DONE else None,
    )
    return replace(
        settlement,
        accords=end.accords,
        conflicts=end.conflicts,
        tombstones=end.tombstones,
        drop_copies=end.drop_copies,
    )


def _lag(action: Action, now: datetime) -> float | None:
    return max(0.0, (now - action.modified_at).total_seconds()) if action.modified_at else None


def _told(action: Action, end: End, row: ActionRow, now: datetime) -> list[AuditEntry]:
    if end.ended.reason.code is Code.IN_STEP and not end.audit:
        return []
    detail: dict[str, Any] = {
        "run": row.run,
        "target": f"{action.target.account}:{action.target_id}" if action.target_id else str(action.target),
        "outcome": str(end.ended.outcome),
        "reason": end.ended.reason.to_json(),
        **end.audit,
    }
    event = f"asset.{action.kind}"
    return [AuditEntry(at=now, actor=f"flow:{row.run}", event=event, subject=action.link, detail=detail)]


def inbox_told(conflicts: Iterable[Conflict], *, actor: str, now: datetime) -> list[AuditEntry]:
    """What the audit trail says of entries of the inbox as they now stand: every value that contends or once did."""
    return [
        AuditEntry(at=now, actor=actor, event=f"conflict.{it.state}", subject=it.link, detail=it.to_json())
        for it in conflicts
    ]


def agreed_told(before: Mapping[GroupName, Accord], after: Iterable[Accord]) -> dict[str, Any]:
    """What an agreement changes, with every value that was seen: what won, what was decided against, what shows how."""
    told: dict[str, Any] = {}
    for accord in after:
        old = before.get(accord.group)
        if old is not None and old.fields == accord.fields and not _news(old, accord):
            continue
        told[accord.group] = {
            "from": fields_to_json(old.fields) if old is not None else None,
            "to": fields_to_json(accord.fields),
            "origin": str(accord.origin) if accord.origin else None,
            "by": accord.by,
            "seen": {str(it): fields_to_json(standing.shown) for it, standing in sorted(accord.copies.items())},
            "overruled": {
                str(it): fields_to_json(standing.overruled[0])
                for it, standing in sorted(accord.copies.items())
                if standing.overruled is not None
            },
        }
    return {"agreed": told} if told else {}


def _news(old: Accord, new: Accord) -> bool:
    """Whether a copy shows other values than it did, or an edit of it was decided against."""
    for copy, standing in new.copies.items():
        was = old.copies.get(copy)
        if was is None or was.shown != standing.shown or was.overruled != standing.overruled:
            return True
    return False
