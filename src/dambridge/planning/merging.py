"""Merge one group of one link: what was agreed on and what every copy shows become a new accord, or a conflict.

Nothing here knows a left and a right, and the order of copies does not matter. See docs/explanation/in-step.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dambridge.model.accords import Accord, Standing
from dambridge.model.conflicts import Conflict, ConflictState, Ruling, Side
from dambridge.model.identity import CopyId, LinkId
from dambridge.model.lifecycle import Role
from dambridge.model.reasons import Code, Reason
from dambridge.model.values import FieldName, Fields
from dambridge.planning.contending import (
    Chosen,
    Contender,
    Undecided,
    chosen,
    contend,
    decide,
    refused,
    tightened,
)
from dambridge.planning.first_sight import at_first_sight
from dambridge.planning.inbox import followed, is_about, live, moot, opened, settled_by, sides_of
from dambridge.planning.opening import silent_facts
from dambridge.planning.standings import Reading, settled, watched
from dambridge.planning.transitions import expiring, settle, spoken, superseding, unlawful
from dambridge.planning.views import alike, part
from dambridge.policy.mirror import FieldGroup, MirrorPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One group of one link. `last` is the latest inbox entry that it has had, ended or not; `unread` are copies that carry
    the group and did not show it this time."""

    link: LinkId
    group: FieldGroup
    accord: Accord | None
    last: Conflict | None
    readings: Sequence[Reading]
    policy: MirrorPolicy
    now: datetime
    unread: frozenset[CopyId] = frozenset()
    ended: bool = False
    """Whether a licence is known to have ended, which moves the status by itself."""
    tokens: Mapping[CopyId, str] = field(default_factory=dict)
    """Of bytes that were read because their account shows a stamp alone, for the first sight."""
    superseded: bool = False
    """Whether another asset is known to have taken its place, which does so too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of the group. `accord` is None while nothing was ever agreed on; a `frozen` group is not written;
    `given_back` are values that single copies get again although nothing is agreed on."""

    group: FieldGroup
    readings: Sequence[Reading]
    accord: Accord | None
    conflict: Conflict | None
    frozen: bool = False
    given_back: Mapping[CopyId, Fields] = field(default_factory=dict)


def merge(question: Question) -> Merged:
    """Decide about one group."""
    if question.group.by_transitions:
        question = replace(question, readings=spoken(question.readings))
    if question.accord is None:
        question = replace(question, readings=at_first_sight(question.group, question.readings, question.tokens))
    entry = live(question.last)
    if entry is not None and any(it.copy in question.unread for it in entry.sides):
        return _frozen(question, entry)
    if entry is not None and entry.ruling is not None and entry.ruling.restore is not None:
        return _given_back(question, entry, entry.ruling, entry.ruling.restore)
    contenders = _contenders(question, entry)
    if entry is None:
        return _unburdened(question, contenders)
    if entry.state is ConflictState.RULED and entry.ruling is not None:
        return _ruled(question, entry, entry.ruling, contenders)
    return _open(question, entry, contenders)


def _unburdened(question: Question, contenders: Sequence[Contender]) -> Merged:
    if len(contenders) < 2:
        return _agreed(question, _only(question, contenders))
    verdict = _decide(question, contenders)
    if isinstance(verdict, Chosen):
        merged = _agreed(question, verdict)
        return replace(merged, conflict=_refused(question, contenders, verdict.fields))
    entry = opened(
        question.group,
        sides_of(contenders, question.group, question.accord),
        verdict.why,
        question.last,
        accord=question.accord,
        policy=question.policy,
        link=question.link,
        now=question.now,
    )
    return _held(question, entry, contenders)


def _decide(question: Question, contenders: Sequence[Contender]) -> Chosen | Undecided:
    if question.group.by_transitions:
        return settle(contenders, question.group, question.accord, question.policy)
    return decide(contenders, question.group, question.accord, question.policy, _silent(question))


def _refused(question: Question, contenders: Sequence[Contender], stands: Fields) -> Conflict | None:
    """What others than the owner said that permits more: it does not stand, and it is not forgotten. The entry has ended, for
    nothing waits for it; a named person may let it stand all the same."""
    group, accord = question.group, question.accord
    if accord is None or group.owner is None:
        return None
    lost = [it for it in contenders if it.readings and refused(it, group, stands)]
    lost = [it for it in lost if all(one.copy.account != group.owner for one in it.readings)]
    if not lost:
        return None
    entry = opened(
        group,
        sides_of(contenders, group, accord),
        "",
        question.last,
        accord=accord,
        policy=question.policy,
        link=question.link,
        now=question.now,
    )
    names = tuple(sorted({str(name) for it in lost for name in refused(it, group, stands)}))
    copies = tuple(sorted(str(one.copy) for it in lost for one in it.readings))
    reason = Reason.of(Code.LOOSENING_REFUSED, fields=names, copies=copies, owner=str(group.owner))
    return moot(replace(entry, reason=reason), stands, group)


def _open(question: Question, entry: Conflict, contenders: Sequence[Contender]) -> Merged:
    """An open entry ends by itself when one value is left, or when further moves made legal ones of those that were none;
    until then only a person decides."""
    verdict = _only(question, contenders) if len(contenders) < 2 else None
    if len(contenders) > 1 and question.group.by_transitions:
        found = _decide(question, contenders)
        verdict = found if isinstance(found, Chosen) else None
    if len(contenders) > 1 and verdict is None:
        sides = sides_of(contenders, question.group, question.accord)
        return _held(question, followed(entry, sides, question.group), contenders)
    merged = _agreed(question, verdict)
    agreed = merged.accord.fields if merged.accord is not None else {}
    return replace(merged, conflict=moot(entry, agreed, question.group))


def _ruled(question: Question, entry: Conflict, ruling: Ruling, contenders: Sequence[Contender]) -> Merged:
    # Somebody has said since what the person had not seen: the ruling says nothing about it
    agreed = () if contenders or question.accord is None else (question.accord.fields,)
    about = is_about(entry, (*agreed, *(it.fields for it in contenders)), question.group)
    if not about or _is_nowhere(question, ruling):
        return _open(question, replace(entry, state=ConflictState.OPEN, ruling=None), contenders)
    sides = sides_of(contenders, question.group, question.accord)
    verdict = Chosen(fields=part(ruling.fields, question.group.fields), origin=ruling.side, since=ruling.at)
    merged = _agreed(question, verdict, by=ruling.by)
    return replace(merged, conflict=settled_by(entry, ruling, sides, question.group))


def _is_nowhere(question: Question, ruling: Ruling) -> bool:
    """Whether no copy has the bytes any more that the ruling is for: they cannot be brought to the others."""
    return question.group.is_content and not any(it.says(ruling.fields) for it in question.readings)


def _given_back(question: Question, entry: Conflict, ruling: Ruling, restore: Mapping[CopyId, Fields]) -> Merged:
    """Undo a ruling: each copy gets its own value again unless it was edited since; then the entry is open once more."""
    accord = question.accord
    base = Accord(
        link=question.link,
        group=question.group.name,
        fields=entry.base,
        origin=None,
        since=ruling.at,
        by=ruling.by,
        copies=accord.copies if accord is not None else {},
    )
    waiting = {
        it.copy: restore[it.copy]
        for it in question.readings
        if it.copy in restore and not it.edited and not it.says(restore[it.copy])
    }
    unready = replace(base, copies=_standings(question, base, frozen=True))
    if waiting:
        given = {it: part(fields, question.group.fields) for it, fields in waiting.items()}
        return Merged(
            group=question.group,
            readings=question.readings,
            accord=_as_it_was(accord, unready),
            conflict=entry,
            frozen=True,
            given_back=given,
        )
    agreed = tuple(it for it in entry.sides if it.copy is None)
    back = tuple(
        Side(copy=it, fields=part(restore[it], question.group.fields), version=None, until=ruling.at)
        for it in sorted(restore)
        if not alike(restore[it], entry.base, question.group.fields)
    )
    again = replace(entry, sides=(*agreed, *back), state=ConflictState.OPEN, ruling=None)
    held = replace(question, accord=unready)
    return _open(held, replace(again, kept=entry.kept), _contenders(held, again))


def _contenders(question: Question, entry: Conflict | None) -> tuple[Contender, ...]:
    """Edited copies contend; in an open entry also those that still stand for their side of it. The agreed value contends
    where somebody edited without having seen it, unless somebody else who had seen it changed it."""
    accord, group = question.accord, question.group
    sides = entry.sides if entry is not None else ()
    readings = [_dated(it, sides) for it in question.readings]
    held = [
        it
        for it in readings
        if accord is not None
        and not it.edited
        and not it.says(accord.fields)
        and any(side.copy == it.copy and it.says(side.fields) for side in sides)
    ]
    return contend(group, readings, accord, held, stands=_agreed_stands(question, entry, held))


def _dated(reading: Reading, sides: Sequence[Side]) -> Reading:
    """A copy that says what it said when it began to contend said so then."""
    for side in sides:
        if side.copy == reading.copy and side.until is not None and reading.says(side.fields):
            return replace(reading, after=side.after, until=side.until)
    return reading


def _agreed_stands(question: Question, entry: Conflict | None, held: Sequence[Reading]) -> bool:
    accord, editors = question.accord, [it for it in question.readings if it.edited]
    if accord is not None and _needs_the_owner(question, [*editors, *held]):
        return True
    if accord is not None and question.group.by_transitions and unlawful(accord, [*editors, *held], question.policy):
        return True
    sides = entry.sides if entry is not None else ()
    stood = any(it.copy is None for it in sides)
    # Who contends with the agreed value goes on not knowing it, until the copy shows it
    known = {it.copy for it in sides} if stood else set[CopyId]()
    if accord is None or any(it.copy not in known and not it.is_behind(accord) for it in editors):
        return False
    ever = (*sides, *(entry.kept if entry is not None else ()))
    unaware = any(not _was_given_back(it, ever) for it in editors)
    return unaware or (bool(held) and stood)


def _needs_the_owner(question: Question, claims: Sequence[Reading]) -> bool:
    """Whether all of these claims come from accounts that may not permit more than is agreed."""
    owner = question.group.owner
    return owner is not None and bool(claims) and all(it.copy.account != owner for it in claims)


def _silent(question: Question) -> frozenset[FieldName]:
    return silent_facts(question.group, question.accord, question.readings)


def _was_given_back(reading: Reading, sides: Sequence[Side]) -> bool:
    """Whether the copy got its own value again when a ruling was undone: then that is what was edited."""
    standing = reading.standing
    return standing is not None and any(
        side.copy == reading.copy and alike(standing.fields, side.fields, reading.carried) for side in sides
    )


def _only(question: Question, contenders: Sequence[Contender]) -> Chosen | None:
    """The value that is left, unless it is the agreed one: saying that again is no news."""
    accord, names = question.accord, question.group.fields
    if not contenders or (accord is not None and alike(contenders[0].fields, accord.fields, names)):
        return None
    return chosen(contenders[0], question.group)


def _agreed(question: Question, verdict: Chosen | None, *, by: str = "") -> Merged:
    """The accord after the verdict; None leaves what was agreed as it is, and so does a verdict for it that rests on no edit."""
    was = question.accord
    names = question.group.fields
    if question.ended and (end := expiring(verdict, was, question.now)) is not None:
        verdict, by = end, str(Role.RIGHTS)
    if question.superseded and (out := superseding(verdict, was, question.now)) is not None:
        verdict, by = out, str(Role.DAMBRIDGE)
    if was is not None and (verdict is None or (verdict.since is None and alike(verdict.fields, was.fields, names))):
        base = was
    else:
        fields = verdict.fields if verdict is not None else {}
        base = Accord(
            link=question.link,
            group=question.group.name,
            fields=part(fields, names),
            origin=verdict.origin if verdict is not None else None,
            since=(verdict.since if verdict is not None else None) or question.now,
            by=by,
            copies=was.copies if was is not None else {},
        )
    accord = replace(base, copies=_standings(question, base, frozen=False))
    return Merged(group=question.group, readings=question.readings, accord=_as_it_was(was, accord), conflict=None)


def _held(question: Question, entry: Conflict, contenders: Sequence[Contender]) -> Merged:
    """Several values contend. Without an owner nothing is written until a person has ruled; with one whatever permits less is
    agreed on and brought to the copies that do not contend: tightening waits for nobody."""
    accord = question.accord
    if accord is None or question.group.owner is None:
        return _frozen(question, entry)
    fields = tightened(contenders, question.group, accord, question.policy, _silent(question))
    if alike(fields, accord.fields, question.group.fields):
        base = accord
    else:
        base = replace(accord, fields=fields, origin=None, since=question.now, by="")
    claims = {it.copy for contender in contenders for it in contender.readings}
    ahead = [it for it in question.readings if it.copy not in claims]
    seen = {it.copy: watched(it, now=question.now) for it in question.readings if it.copy in claims}
    seen |= {it.copy: settled(it, base.fields, now=question.now) for it in ahead}
    new = replace(base, copies={**accord.copies, **seen})
    return Merged(group=question.group, readings=ahead, accord=_as_it_was(accord, new), conflict=entry)


def _frozen(question: Question, entry: Conflict) -> Merged:
    accord = question.accord
    if accord is not None:
        accord = _as_it_was(accord, replace(accord, copies=_standings(question, accord, frozen=True)))
    return Merged(group=question.group, readings=question.readings, accord=accord, conflict=entry, frozen=True)


def _standings(question: Question, accord: Accord, *, frozen: bool) -> dict[CopyId, Standing]:
    now = question.now
    seen = {
        it.copy: watched(it, now=now) if frozen else settled(it, accord.fields, now=now) for it in question.readings
    }
    return {**accord.copies, **seen}


def _as_it_was(was: Accord | None, new: Accord) -> Accord:
    """The accord that there was where it says the same: so that nothing is written twice."""
    return was if was is not None and was == new else new
