"""Orders about what was handed in: a named person approves, rejects, asks for changes, or takes that back; and legal holds.

An order that is carried out twice, because its worker died in between, has the effect of one: the decision names the order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dambridge.engine.flows import Flows
from dambridge.engine.handing_off.archiving import call_back
from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.engine.handing_off.telling import due_of
from dambridge.model.commands import Command, CommandKind
from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId
from dambridge.model.lifecycle import Role, Status
from dambridge.model.submissions import UNANSWERED, Hold, ReviewDecision, Submission
from dambridge.planning.handoff import DECIDED, HERE, decided
from dambridge.policy.lifecycle import Verdict, may_move
from dambridge.ports.errors import NextMove, Refused
from dambridge.ports.ledger import AuditEntry
from dambridge.ports.terms import WholeLedger

PAGE = 500
VERDICTS: Mapping[str, Status] = {
    "approve": Status.APPROVED,
    "reject": Status.REJECTED,
    "ask": Status.CHANGES_ASKED,
    "undo": Status.IN_REVIEW,
}
TOLD = "told"
"""The word of an order that says that the coordinator has told the contributor."""
_ROLES = frozenset({Role.REVIEWER})
ORDERS = frozenset({CommandKind.REVIEW, CommandKind.HOLD})
"""The orders that are carried out here."""


async def carry_out(flows: Flows, ledger: WholeLedger, command: Command) -> Mapping[str, Any]:
    """Carry out an order about what was handed in. Raises `Refused` in words for the person who gave it."""
    if command.kind is CommandKind.HOLD:
        return await hold(ledger, command)
    return await review(handoff_of(flows), command)


def handoff_of(flows: Flows) -> HandoffParts:
    """The parts of flow handoff. Raises `Refused` where it is not configured."""
    flow = flows.get(FlowName.HANDOFF)
    if flow is None or not isinstance(flow.parts, HandoffParts):
        raise Refused("Nothing is handed in here: flow `handoff` is not configured.")
    return flow.parts


@dataclass(slots=True)
class _Done:
    """What became of an order: which files it moved, and which it did not, with why."""

    moved: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"moved": self.moved, "left": self.left, "exit_code": 3 if self.left else 0}


async def review(parts: HandoffParts, command: Command) -> Mapping[str, Any]:
    """Carry out a `review`. Raises `Refused` in words for the person who gave it; of several files those that it does not fit
    are named, and the others are done."""
    scope = command.scope
    verdict, note = str(scope["verdict"]), str(scope.get("note") or "").strip()
    if not command.actor.strip():
        raise Refused("A review needs the name of whoever decides: --by NAME.")
    if verdict in {"reject", "ask"} and not note:
        raise Refused("The contributor has to hear why: --note TEXT.")
    wanted = await _meant(parts, scope, verdict)
    done = _Done()
    for submission in wanted:
        try:
            if await _one(parts, submission, verdict, note, command):
                done.moved.append(submission.id)
        except NextMove as error:
            done.left[submission.id] = str(error)
    if not done.moved and len(wanted) == 1 and done.left:
        raise Refused(next(iter(done.left.values())))
    return done.to_json()


async def _meant(parts: HandoffParts, scope: Mapping[str, Any], verdict: str) -> Sequence[Submission]:
    """The files that the order names, or all of a shoot that it is about: those in review, for an `undo` those decided."""
    if shoot := str(scope.get("shoot") or ""):
        statuses = {"undo": DECIDED, TOLD: UNANSWERED}.get(verdict, frozenset({Status.IN_REVIEW}))
        found: list[Submission] = []
        while page := await parts.ledger.submissions_in(
            parts.flow,
            statuses=sorted(statuses),
            shoot=shoot,
            after=found[-1].key if found else None,
            limit=PAGE,
        ):
            found += page
        if not found:
            raise Refused(f"Nothing of the shoot {shoot} is to be decided so. List it: `dambridge review list`.")
        return found
    keys = [AssetKey(AccountId(account), RemoteId(one)) for account, one in scope["assets"]]
    known = await parts.ledger.submissions(parts.flow, keys)
    unknown = [str(it) for it in keys if it not in known]
    if unknown or not keys:
        raise Refused(f"Nothing was handed in as {', '.join(unknown) or '(nothing)'}. List: `dambridge review list`.")
    return [known[it] for it in keys]


async def _one(parts: HandoffParts, submission: Submission, verdict: str, note: str, command: Command) -> bool:
    """Whether this order moved it. Raises `Refused` where it may not."""
    made = submission.decision
    if made is not None and made.order == command.id:
        return True  # its worker died after this was written
    if verdict == TOLD:
        return await _told(parts, submission, command)
    status = VERDICTS[verdict]
    if submission.status is Status.ARCHIVED:
        raise Refused(f"{submission.id} is archived already; what stands there is no matter of a review.")
    back = verdict == "undo"
    if back and (made is None or submission.status not in DECIDED):
        raise Refused(f"Nothing was decided about {submission.id}; there is nothing to take back.")
    if may_move(submission.status, status, _ROLES) is not Verdict.LEGAL:
        raise Refused(f"{submission.id} is {submission.status}, and from there a reviewer cannot make it {status}.")
    now = await parts.clock.now()
    made = ReviewDecision(status=status, by=command.actor, via=HERE, after=now, until=now, note=note, order=command.id)
    moved = decided(submission, made)
    moved = replace(moved, due_at=parts.handoff.queue.due(now)) if back else moved
    if submission.status is Status.APPROVED:
        await call_back(parts, submission)
    await parts.ledger.add_due(due_of(parts, moved))
    await parts.ledger.put_submissions([moved], [_entry(moved, made, command, now)])
    return True


async def _told(parts: HandoffParts, submission: Submission, command: Command) -> bool:
    if submission.status not in UNANSWERED or submission.told_at is not None:
        raise Refused(f"Nobody waits to be told about {submission.id}.")
    now = await parts.clock.now()
    told = replace(
        submission, told_at=now, told_to=f"{submission.contributor or 'the contributor'}, by {command.actor}"
    )
    detail = {"contributor": submission.contributor, "status": str(submission.status), "by": command.actor}
    entry = AuditEntry(
        at=now, actor=command.actor, event="submission.answered", subject=str(submission.key), detail=detail
    )
    await parts.ledger.put_submissions([told], [entry])
    return True


def _entry(moved: Submission, made: ReviewDecision, command: Command, now: datetime) -> AuditEntry:
    detail = {"status": str(moved.status), "turn": moved.turn, "sha256": moved.digest.sha256, "shoot": moved.shoot}
    return AuditEntry(
        at=now,
        actor=command.actor,
        event="submission.decided",
        subject=str(moved.key),
        detail={**detail, "decision": made.to_json()},
    )


async def hold(ledger: WholeLedger, command: Command) -> Mapping[str, Any]:
    """Carry out a `hold`: `set` or `lift` it for the assets named. Raises `Refused`."""
    scope, by, at = command.scope, command.actor.strip(), command.created_at
    lift, why = scope["do"] == "lift", str(scope.get("why") or "").strip()
    if not by or not why:
        raise Refused("A legal hold is set and lifted by a named person, for a reason: --by NAME --why TEXT.")
    keys = [AssetKey(AccountId(account), RemoteId(one)) for account, one in scope["assets"]]
    moved: list[str] = []
    for key in keys:
        told = AuditEntry(
            at=at, actor=by, event="hold.lifted" if lift else "hold.set", subject=str(key), detail={"why": why}
        )
        one = Hold(key=key, by=by, why=why, at=at)
        done = await ledger.lift_hold(key, [told]) if lift else await ledger.set_hold(one, [told])
        if done:
            moved.append(str(key))
    return {"moved": moved, "exit_code": 0}
