"""How one action of publishing ended, and how that becomes one ledger write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from dambridge.engine.by_link import settled_by_link
from dambridge.engine.ended import Ended
from dambridge.engine.parts import FlowParts
from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import AssetKey
from dambridge.model.outcomes import Outcome
from dambridge.model.publications import Publication, Withdrawal
from dambridge.model.reasons import Code, Reason
from dambridge.model.values import fields_to_json
from dambridge.ports.ledger import ActionRow, AuditEntry, Observation, Settlement, WorkStage


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How one action ended, before it is written. `since` is when what was put right may first have been wrong, for the lag."""

    ended: Ended
    stage: WorkStage = WorkStage.DONE
    publications: tuple[Publication, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()
    audit: Mapping[str, Any] = field(default_factory=dict)
    since: datetime | None = None
    retry_after: timedelta | None = None


def done(reason: Reason, *publications: Publication, bytes_moved: int = 0, **audit: Any) -> End:
    return End(ended=Ended(Outcome.DONE, reason, "", bytes_moved), publications=publications, audit=audit)


def unchanged() -> End:
    return End(ended=Ended(Outcome.UNCHANGED, Reason.of(Code.IN_STEP)))


def waits(reason: Reason, waits_for: str, *publications: Publication) -> End:
    """Nothing was done, or nothing more can be: planned again once what it waits for is there."""
    ended = Ended(Outcome.WAITING, reason, waits_for)
    return End(ended=ended, stage=WorkStage.LEFT, publications=publications)


def moved_on(text: str) -> End:
    return waits(Reason.of(Code.MOVED_ON, text=text), "next run")


def settlement_of(
    parts: FlowParts,
    row: ActionRow,
    end: End,
    *,
    face: AssetKey,
    item: Ended,
    looked: Observation | None,
    now: datetime,
) -> Settlement:
    """Everything that one end writes, as one value. `item` is the end of the item so far, this action's included."""
    settlement = settled_by_link(
        parts,
        row,
        stage=end.stage,
        face=face,
        item=item,
        looked=looked,
        lag=_lag(row.action, end, now) if end.ended.outcome is Outcome.DONE else None,
        audit=_told(row.action, end, row, now),
        retry_after=end.retry_after,
        now=now,
    )
    return replace(settlement, publications=end.publications, withdrawals=end.withdrawals)


def _lag(action: Action, end: End, now: datetime) -> float | None:
    since = end.since or (action.modified_at if action.kind is not ActionKind.WITHDRAW else None)
    return max(0.0, (now - since).total_seconds()) if since is not None else None


def _told(action: Action, end: End, row: ActionRow, now: datetime) -> list[AuditEntry]:
    if end.ended.reason.code is Code.IN_STEP and not end.audit:
        return []
    detail: dict[str, Any] = {
        "run": row.run,
        "master": str(action.source),
        "copy": str(action.target),
        "file": [it.remote_id for it in end.publications] or [action.target_id],
        "outcome": str(end.ended.outcome),
        "reason": end.ended.reason.to_json(),
        "why": [it.to_json() for it in action.reasons],
        **({"to": fields_to_json(action.fields)} if action.fields else {}),
        **end.audit,
    }
    event = f"outlet.{action.kind}"
    return [AuditEntry(at=now, actor=f"flow:{row.run}", event=event, subject=action.link, detail=detail)]
