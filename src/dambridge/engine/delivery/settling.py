"""How an action's end becomes one ledger write: item, link, agreed state, observation, audit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from dambridge.engine.docking import SIDE_CAR
from dambridge.engine.parts import Parts
from dambridge.model.actions import Action
from dambridge.model.identity import Copy, Link, RemoteId
from dambridge.model.outcomes import ItemOutcome, Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import BROUGHT, Agreed, AssetVersion, Digest
from dambridge.model.terms import TermUse
from dambridge.model.values import FieldName, Fields, fields_to_json
from dambridge.ports.ledger import ActionRow, AuditEntry, Observation, Settlement, WorkStage


@dataclass(frozen=True, slots=True)
class End:
    """How one action ended, before it is written. `target_version` is what was read back; `held` are fields for which the
    asset waits, though all else was done; `file_name` is the name that it got where the plan left it open;
    `side_car` says which file beside the original was read with it, `brought` which words inside could be taken for a status."""

    outcome: Outcome
    reason: Reason
    waits_for: str = ""
    stage: WorkStage = WorkStage.DONE
    target_id: RemoteId | None = None
    target_version: AssetVersion | None = None
    digest: Digest | None = None
    filled: Fields = field(default_factory=dict)
    evidence: str = ""
    proofs: Mapping[str, str] = field(default_factory=dict)
    bytes_moved: int = 0
    before: Fields = field(default_factory=dict)
    observe_only: bool = False
    retry_after: timedelta | None = None
    words: tuple[TermUse, ...] | None = None
    """Words that were found unknown on the way; those of the action where None."""
    held: tuple[FieldName, ...] = ()
    file_name: str = ""
    side_car: str = ""
    brought: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether what was to be done was done."""
        return self.outcome in {Outcome.DONE, Outcome.UNCHANGED} or bool(self.held)


def held_back(end: End, action: Action) -> End:
    """The end of an action whose asset still waits for fields: they never count as written, whatever the target shows."""
    if not action.held or not end.good:
        return end
    reason = Reason.of(Code.FIELDS_WAIT, fields=tuple(sorted(map(str, action.held))))
    return replace(end, outcome=Outcome.WAITING, reason=reason, waits_for="administrator", held=action.held)


def settlement_of(parts: Parts, row: ActionRow, end: End, agreed: Agreed | None, *, now: datetime) -> Settlement:
    """Everything that one end writes, as one value."""
    action = row.action
    item = ItemOutcome(
        key=action.source,
        link=action.link,
        outcome=end.outcome,
        reason=end.reason,
        waits_for=end.waits_for,
        bytes_moved=end.bytes_moved,
        lag=_lag(action, now) if end.outcome is Outcome.DONE else None,
    )
    return Settlement(
        action=action.id,
        stage=end.stage,
        item=item,
        run=row.run,
        link=_link(parts, action, end),
        agreed=_agreed(parts, action, end, agreed or Agreed()) if end.good else None,
        observation=Observation(
            flow=parts.flow,
            key=action.source,
            version=action.expects.get(str(parts.source_copy)) if _final(end) else None,
            file_name=end.file_name or action.file_name,
            outcome=end.outcome,
            reason=end.reason,
            waits_for=end.waits_for,
            run=row.run,
            at=now,
            words=_words(action, end),
        ),
        audit=(_audit(action, end, agreed, row, now),),
        retry_at=now + end.retry_after if end.retry_after is not None else None,
    )


def _words(action: Action, end: End) -> tuple[TermUse, ...] | None:
    """What is known of the asset's words by now. Those that an action brings count once it is done: what was not written
    is planned again as often as it takes."""
    if end.words is not None:
        return end.words
    return action.words if end.good or end.outcome is Outcome.QUARANTINED else None


def _final(end: End) -> bool:
    """Whether looking again makes sense only once the source has changed."""
    return end.outcome in {Outcome.DONE, Outcome.UNCHANGED, Outcome.QUARANTINED}


def _link(parts: Parts, action: Action, end: End) -> Link | None:
    if end.target_id is None:
        return None
    copies = (Copy(parts.source_copy, action.source.remote_id), Copy(action.target, end.target_id))
    return Link(action.link, parts.flow, copies, observe_only=end.observe_only)


def _agreed(parts: Parts, action: Action, end: End, agreed: Agreed) -> Agreed:
    brought = {name: value for name, value in action.fields.items() if name not in end.held}
    fields = {name: value for name, value in {**agreed.fields, **brought}.items() if name not in action.cleared}
    versions = {**agreed.versions}
    source = str(parts.source_copy)
    if source in action.expects:
        versions[source] = action.expects[source]
    if end.target_version is not None:
        versions[str(action.target)] = end.target_version
    evidence = {**agreed.evidence, source: "source"}
    if end.evidence:
        evidence = {name: it for name, it in evidence.items() if not name.startswith(f"{action.target}.")}
        evidence[str(action.target)] = end.evidence
        evidence |= {f"{action.target}.{name}": it for name, it in end.proofs.items()}
    if end.side_car:
        evidence[f"{source}.{SIDE_CAR}"] = end.side_car
    if end.brought:
        evidence[BROUGHT] = json.dumps(sorted(end.brought))
    waiting = f"{action.target}.held"
    evidence = {name: it for name, it in evidence.items() if name != waiting}
    if end.held:
        evidence[waiting] = " ".join(sorted(end.held))
    said = {*action.fields, *action.cleared}
    return Agreed(
        fields=fields,
        filled=dict(end.filled) or {name: value for name, value in agreed.filled.items() if name not in said},
        versions=versions,
        content=end.digest or agreed.content,
        evidence=evidence,
        turn=agreed.turn + 1,
    )


def _lag(action: Action, now: datetime) -> float | None:
    return max(0.0, (now - action.modified_at).total_seconds()) if action.modified_at else None


def _audit(action: Action, end: End, agreed: Agreed | None, row: ActionRow, now: datetime) -> AuditEntry:
    before: Mapping[str, Any] = fields_to_json(
        {
            name: value
            for name, value in (end.before or (agreed.fields if agreed else {})).items()
            if name in action.fields
        }
    )
    detail: dict[str, Any] = {
        "run": row.run,
        "source": str(action.source),
        "target": f"{action.target.account}:{end.target_id}" if end.target_id else None,
        "outcome": str(end.outcome),
        "reason": end.reason.to_json(),
    }
    if end.outcome is Outcome.DONE or end.held:
        detail["from"] = before
        detail["to"] = fields_to_json(action.fields)
        detail["cleared"] = sorted(action.cleared)
        detail["sha256"] = end.digest.sha256 if end.digest else None
        detail["evidence"] = end.evidence
        detail |= end.proofs
    return AuditEntry(at=now, actor=f"flow:{row.run}", event=f"asset.{action.kind}", subject=action.link, detail=detail)
