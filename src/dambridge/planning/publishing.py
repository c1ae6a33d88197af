"""Decide about one asset before one outlet: bring it there, keep it in step, take it out, or leave it, each with a reason.

What has to go goes, whatever else cannot be done: its causes are gathered first. Then comes what was put elsewhere by
others. Only what has no cause to go and no reason to wait goes out or is written. Everything that is not known holds up what
is new, and empties nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dambridge.mapping import unread_fields
from dambridge.model.actions import Action, ActionKind, Leave
from dambridge.model.gate import Answer, Block
from dambridge.model.outcomes import NOBODY, Outcome
from dambridge.model.outlet_orders import OutletOrder
from dambridge.model.publications import Publication, Stage
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, Missing, Present, Unread
from dambridge.planning.audiences import Drift
from dambridge.planning.outlets import Case, as_read, ask_gate, drifted, rights_edited, said_there
from dambridge.planning.outward import bring, correct, fingerprint_of, note, update, withdraw
from dambridge.policy.outlets import WithdrawTo
from dambridge.ports.capabilities import Proof

OUTWARD = frozenset(
    {ActionKind.STAGE, ActionKind.PUBLISH, ActionKind.SHOW, ActionKind.REPLACE, ActionKind.UPDATE_FIELDS}
)
"""What shows something outside, or prepares it. No other action makes anything visible."""
_QUIET = frozenset({Outcome.UNCHANGED, Outcome.SKIPPED})
_FOR_GOOD = frozenset({Code.MASTER_GONE, Code.UNSELECTED, Code.ORDER_OVER, Code.GATE_SHUT, Code.ENDS_SOON})
_WAITS_FOR = {
    Code.EMBARGOED: "date",
    Code.RIGHTS_UNKNOWN: "rights manager",
    Code.KIT_INCOMPLETE: "coordinator",
    Code.STATUS_DISPUTED: "reviewer",
}
"""Whose turn it is where the cause is one that somebody or something ends; the others end the item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to do, in this order, and how the item ends or what of it still waits; `leave` is None where the actions are all
    there is. `ask_again` is the next instant at which the answer may be another one by itself: a row that falls due."""

    actions: tuple[Action, ...] = ()
    leave: Leave | None = None
    ask_again: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """What was made of a case: the master's record and the gate's word, None where it was not read; how the gallery drifted."""

    case: Case
    record: AssetRecord | None
    answer: Answer | None
    drift: Drift | None

    @property
    def until(self) -> datetime | None:
        """The instant at which it has to be gone, its kit's and its order's included."""
        several = (self.answer, self.case.kit)
        ends = (self.case.selected_until, *(it.until for it in several if it is not None))
        return min((it for it in ends if it is not None), default=None)

    @property
    def ask_again(self) -> datetime | None:
        times = [it.ask_again for it in (self.answer, self.case.kit) if it is not None and it.ask_again is not None]
        return min(times, default=None)


def decide_link(cases: Sequence[Case]) -> Verdict:
    """All outlets of one link together: what others said about rights in one copy counts for all of them."""
    found: list[Verdict] = []
    for case in cases:
        others = (it for it in cases if it.outlet.name != case.outlet.name)
        said = tuple(said_there(it.publication, it.copy_record, it.policy.zone) for it in others)
        found.append(decide_publication(replace(case, elsewhere=(*case.elsewhere, *said))))
    return together(found)


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """One item of several outlets: everything that is to be done, what takes away first; and the most pressing end of those
    that end without it."""
    actions = [action for it in verdicts for action in it.actions]
    leaves = [it.leave for it in verdicts if it.leave is not None]
    pressing = [it for it in sorted(leaves, key=_press) if it.outcome not in _QUIET or not actions]
    times = [it.ask_again for it in verdicts if it.ask_again is not None]
    return Verdict(
        actions=tuple(sorted(actions, key=lambda it: it.kind in OUTWARD)),
        leave=next(iter(pressing), None),
        ask_again=min(times, default=None),
    )


def _press(leave: Leave) -> tuple[bool, bool]:
    return leave.outcome in _QUIET and leave.outcome is not Outcome.UNCHANGED, leave.waits_for in {"", *NOBODY}


def decide_publication(case: Case) -> Verdict:
    """Say what to do about one link in one outlet. Pure: the gate is asked with `case.now`, and again before each write."""
    case = replace(case, master=as_read(case.master, case.policy))
    if case.stage is Stage.ADOPTED or (case.observe_only and not case.in_sight):
        return Verdict(leave=Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.OBSERVE_ONLY)))
    if case.stage is Stage.LEAVING:
        unproven = Reason.of(Code.LEAVING_UNPROVEN, outlet=case.outlet.name)
        return Verdict(actions=(withdraw(case, (unproven,), _deadline(case)),))
    view = _look(case)
    causes = tuple(_causes(view))
    if causes and _takes_out(case, causes):
        return Verdict(actions=(withdraw(case, causes, _deadline(case)),), ask_again=view.ask_again)
    goes_on = _held(view, causes) or _next(view)
    writes = goes_on.actions
    if writes and (blocked := _unfit(view, writes)) is not None:
        goes_on = Verdict(leave=blocked)
    first = (*_noted(view), *_corrected(case))
    leave = goes_on.leave
    if first and leave is not None and leave.outcome in _QUIET:
        leave = None
    return Verdict(actions=(*first, *goes_on.actions), leave=leave, ask_again=view.ask_again)


def forbids(case: Case) -> Leave | None:
    """Why nothing may be shown or written in this outlet now, None where it may. Asked right before each outward write, with
    the master and the gallery's audience read again and the instant of then; nothing that was planned is believed."""
    case = replace(case, master=as_read(case.master, case.policy))
    if case.audience is None:
        reason = Reason.of(Code.AUDIENCE_UNREAD, outlet=case.outlet.name)
        return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="system")
    view = _look(case)
    held = _held(view, tuple(_causes(view)))
    return held.leave if held is not None else None


def _look(case: Case) -> _View:
    record = case.master.record if isinstance(case.master, Present) else None
    answer = ask_gate(case, record, case.now) if record is not None else None
    return _View(case=case, record=record, answer=answer, drift=drifted(case))


def _deadline(case: Case) -> datetime | None:
    """The end for which it goes, where that was known ahead and has come near."""
    until = case.publication.until if case.publication is not None else None
    return until if until is not None and until <= case.horizon else None


# causes to go -----------------------------------------------------------------------------------------------------------


def _causes(view: _View) -> Iterator[Reason]:
    """Everything for which it must not be seen now; none of it because something could not be read."""
    case, outlet = view.case, view.case.outlet.name
    match case.master:
        case Unread():
            if (end := _deadline(case)) is not None:
                yield Reason.of(Code.ENDS_SOON, outlet=outlet, until=case.told(end))
        case Missing() as it:
            yield Reason.of(Code.MASTER_GONE, absence=str(it.absence), evidence=it.evidence)
        case Present():
            yield from _by_master(view)
        case _:
            yield Reason.of(Code.MASTER_GONE, absence="never seen", evidence="")
    if case.kit is not None and case.kit.lacking:
        yield Reason.of(Code.KIT_INCOMPLETE, outlet=outlet, kit=case.kit.kit, lacking=case.kit.lacking)
    if view.drift is not None and view.drift.wider and case.in_sight:
        yield Reason.of(Code.EXPOSED, outlet=outlet, differs=view.drift.wider)


def _by_master(view: _View) -> Iterator[Reason]:
    case, answer = view.case, view.answer
    if not case.selected:
        yield _unselected(case)
    if answer is not None and not answer.permits:
        yield _shut(case, answer)
    elif view.until is not None and view.until <= case.horizon:
        yield Reason.of(Code.ENDS_SOON, outlet=case.outlet.name, until=case.told(view.until))


def _unselected(case: Case) -> Reason:
    """That nothing selects it any more; where it came by an order, that this is over. What came otherwise is nobody's order."""
    order, outlet = case.order_over, case.outlet.name
    if order is None or order.ends is None or (case.in_sight and not _came_by(case, order)):
        return Reason.of(Code.UNSELECTED, outlet=outlet, why=case.unselected)
    taken_back = order.ended_at is not None and order.ended_at == order.ends
    how = f"{order.ended_by} took it back" if taken_back else f"it was for the time until {case.told(order.ends)}"
    return Reason.of(Code.ORDER_OVER, outlet=outlet, by=order.by, how=how)


def _came_by(case: Case, order: OutletOrder) -> bool:
    """Whether it was first shown while the order stood."""
    shown = case.publication.at if case.publication is not None else None
    return shown is not None and order.ends is not None and order.at <= shown <= order.ends


def _shut(case: Case, answer: Answer) -> Reason:
    """Why the gate is shut, by who can open it: nobody, somebody who knows, time."""
    outlet = case.outlet.name
    if case.disputed and set(answer.blocks) == {Block.NOT_APPROVED}:
        return Reason.of(Code.STATUS_DISPUTED, outlet=outlet, agreed=case.status or "")
    if set(answer.blocks) - {Block.BEFORE_START, Block.UNKNOWN}:
        return Reason.of(Code.GATE_SHUT, outlet=outlet, blocks=tuple(map(str, answer.blocks)))
    if Block.UNKNOWN in answer.blocks:
        return Reason.of(Code.RIGHTS_UNKNOWN, outlet=outlet, facts=tuple(map(str, answer.unknown)))
    return Reason.of(Code.EMBARGOED, outlet=outlet, opens=case.told(answer.opens) if answer.opens else "")


def _takes_out(case: Case, causes: Sequence[Reason]) -> bool:
    """Whether there is something to take out: what is in sight, and what stands ready and will not be shown any more."""
    return case.in_sight or (case.stage is Stage.STAGED and any(it.code in _FOR_GOOD for it in causes))


# what holds it up -------------------------------------------------------------------------------------------------------


def _held(view: _View, causes: Sequence[Reason]) -> Verdict | None:
    """Why nothing may be written, and whose turn it is."""
    case, outlet = view.case, view.case.outlet.name
    if isinstance(case.master, Unread):
        text = str(dict(case.master.reason.params).get("text", case.master.reason.code))
        copy = str(case.policy.source_copy)
        return _wait(Reason.of(Code.SOURCE_UNREAD, copy=copy, text=text), "system")
    for cause in causes:
        waits_for = _WAITS_FOR.get(cause.code)
        if waits_for is not None:
            return _wait(cause, waits_for)
        return Verdict(leave=Leave(outcome=Outcome.SKIPPED, reason=cause))
    if case.kit is not None and case.kit.unread:
        return _wait(Reason.of(Code.KIT_UNREAD, kit=case.kit.kit, outlet=outlet), "system")
    if case.agreed is None:
        return _wait(Reason.of(Code.AUDIENCE_UNAGREED, outlet=outlet), "administrator")
    if view.drift is not None and view.drift.differs:
        return _wait(Reason.of(Code.AUDIENCE_DRIFTED, outlet=outlet, differs=view.drift.differs), "administrator")
    return None


def _unfit(view: _View, writes: Sequence[Action]) -> Leave | None:
    """What has to be known or proven before anything is written outside at all."""
    case, can = view.case, view.case.can
    if case.audience is None:
        reason = Reason.of(Code.AUDIENCE_UNREAD, outlet=case.outlet.name)
        return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="system")
    assert view.record is not None  # noqa: S101 - nothing is written of a master that was not read
    media_type = view.record.media_type
    needs = {"take files out of galleries": can.take_out, "place files in galleries": can.folders}
    if case.outlet.withdraw_to is WithdrawTo.TRASH:
        needs["discard files"] = can.discard
    if any(it.size for it in writes):
        needs["take files"] = can.deliver.get(media_type, Proof.UNPROVEN)
    if any(it.kind is ActionKind.UPDATE_FIELDS for it in writes):
        needs["write attributes"] = can.may_write_any(media_type)
    for what, proof in needs.items():
        if not proof.usable:
            lacking = Reason.of(Code.CAPABILITY_UNPROVEN, what=what, media_type=str(media_type), proof=str(proof))
            return Leave(outcome=Outcome.WAITING, reason=lacking, waits_for="administrator")
    return None


def _wait(reason: Reason, waits_for: str) -> Verdict:
    return Verdict(leave=Leave(outcome=Outcome.WAITING, reason=reason, waits_for=waits_for))


# what was written down, what others did ---------------------------------------------------------------------------------


def _noted(view: _View) -> tuple[Action, ...]:
    """Until when it may be seen is written down at once, whatever else waits: its withdrawal is reckoned from that."""
    if view.answer is None or not view.case.in_sight:
        return ()
    found = note(view.case, view.until)
    return (found,) if found is not None else ()


def _corrected(case: Case) -> tuple[Action, ...]:
    """Our file in places that others put it in, seen from outside: only what is visible may stand in its own gallery."""
    own = case.gallery if case.stage is Stage.VISIBLE else None
    astray = tuple(it for it in case.answered_for if it.container != own)
    return (correct(case, astray),) if astray and case.publication is not None else ()


# what follows -----------------------------------------------------------------------------------------------------------


def _next(view: _View) -> Verdict:
    case = view.case
    record = view.record
    assert record is not None  # noqa: S101 - what was not read is held
    if isinstance(case.copy, Unread):
        text = str(dict(case.copy.reason.params).get("text", case.copy.reason.code))
        return _wait(Reason.of(Code.COPY_UNREAD, copy=str(case.outlet.copy), text=text), "system")
    if (begun := _under_way(case.publication)) is not None:
        return Verdict(actions=(bring(case, record, begun, view.until),))
    return _keep(view, record) if case.stage is Stage.VISIBLE else _go_out(view, record)


def _under_way(known: Publication | None) -> ActionKind | None:
    """What was begun with its file and not settled: it is gone on with as the same action. A first showing that was settled
    has counted a turn, and a replacement has no former file any more. What was taken over from others was never begun."""
    if known is None:
        return None
    if known.doing:
        return ActionKind(known.doing)
    if known.stage is not Stage.VISIBLE:
        return None
    if known.former is not None:
        return ActionKind.REPLACE
    return ActionKind.PUBLISH if known.turn == 0 and known.master else None


def _go_out(view: _View, record: AssetRecord) -> Verdict:
    """What is not outside and may be. A kit is shown once all of it stands ready."""
    case, known = view.case, view.case.publication
    unread = tuple(sorted(unread_fields(record) & case.policy.fields))
    if known is None and unread:
        return _wait(Reason.of(Code.FIELDS_UNREAD, fields=unread), "system")
    here = case.copy_record is not None and known is not None
    same = known is not None and (known.master == fingerprint_of(case, record) or case.outlet.own_file)
    if here and not same and (lost := _edited_rights(case)):
        return lost
    if case.kit is not None and not (case.kit.ready and here and same):
        if here and same:
            return _wait(Reason.of(Code.KIT_NOT_READY, outlet=case.outlet.name, kit=case.kit.kit), "next run")
        return Verdict(actions=(bring(case, record, ActionKind.STAGE, view.until),))
    kind = ActionKind.SHOW if here and same else ActionKind.PUBLISH
    return Verdict(actions=(bring(case, record, kind, view.until),))


def _keep(view: _View, record: AssetRecord) -> Verdict:
    """What is outside and may stay: another file, other fields, or nothing."""
    case, known = view.case, view.case.publication
    assert known is not None  # noqa: S101 - it is visible
    removed = _removed(case)
    if removed:
        return _wait(Reason.of(Code.REMOVED_THERE, outlet=case.outlet.name, how=removed), "coordinator")
    if not case.outlet.own_file and known.master != fingerprint_of(case, record):
        lost = _edited_rights(case)
        return lost or Verdict(actions=(bring(case, record, ActionKind.REPLACE, view.until),))
    found = update(case, record, view.until)
    if found is not None:
        return Verdict(actions=(found,))
    return Verdict(leave=Leave(outcome=Outcome.UNCHANGED, reason=Reason.of(Code.IN_STEP)))


def _removed(case: Case) -> str:
    """How people took it out of its gallery, empty where they did not or nobody looked."""
    if isinstance(case.copy, Missing):
        return str(case.copy.absence)
    if case.places is not None and case.gallery not in {it.container for it in case.places}:
        return "it stands in other galleries" if case.places else "it stands in no gallery"
    return ""


def _edited_rights(case: Case) -> Verdict | None:
    record = case.copy_record
    edited = rights_edited(case.publication, record) if record is not None else ()
    if not edited:
        return None
    names = tuple(map(str, edited))
    return _wait(Reason.of(Code.RIGHTS_EDITED_THERE, outlet=case.outlet.name, fields=names), "rights manager")
