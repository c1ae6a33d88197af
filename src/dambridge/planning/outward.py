"""The actions about one outlet: what each brings, what it rests on, what it takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from dambridge.mapping import equal, fingerprint, unread_fields
from dambridge.mapping.rights import RIGHTS_FIELDS
from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import RemoteId
from dambridge.model.publications import Outward
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, AssetVersion, Present
from dambridge.model.values import FieldName, Fields, Value
from dambridge.planning.outlets import Case, Held, rights_edited
from dambridge.policy.outlets import ORIGINAL, Rendition, WithdrawTo

TAKEN_OUT = 2
"""Calls of one withdrawal where nobody put the file anywhere else: its membership is taken out, its memberships are read."""
DISCARDED = 1
"""Those that come to it where it goes into the trash."""
CALLS: Mapping[ActionKind, tuple[int, int]] = {
    ActionKind.STAGE: (2, 14),
    ActionKind.PUBLISH: (3, 18),
    ActionKind.SHOW: (1, 4),
    ActionKind.REPLACE: (3, 21),
    ActionKind.UPDATE_FIELDS: (1, 9),
    ActionKind.WITHDRAW: (0, TAKEN_OUT),
    ActionKind.CORRECT: (0, 3),
    ActionKind.NOTE: (0, 0),
}
"""Estimated calls at the source (reading it again, the original) and at the outlet's account (audiences, the write, looking).
Of withdrawals the same is reckoned with where they have to begin ahead of an instant (`planning.leads`)."""


_BRINGING = frozenset({ActionKind.STAGE, ActionKind.PUBLISH, ActionKind.REPLACE})


def master_fingerprint(content: str, rendition: Rendition | None, wanted: Fields) -> str:
    """What a published file is made of: the source's content, the rendition, and the rights that are embedded in it. Another
    caption is no other file, another end is."""
    inside = {name: value for name, value in wanted.items() if name in RIGHTS_FIELDS}
    made = repr(rendition) if rendition is not None else ORIGINAL
    text = json.dumps([content, made, fingerprint(inside)])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def fingerprint_of(case: Case, record: AssetRecord) -> str:
    return master_fingerprint(record.version.content, case.outlet.rendition, case.wanted)


def bring(case: Case, record: AssetRecord, kind: ActionKind, until: datetime | None) -> Action:
    """Stage, publish, show again or replace: the copy as a whole. What the region owns is given with a first file, and goes
    with it from one file to the next as it stands there."""
    own = case.outlet.own_fields
    there = case.copy_record.fields if case.copy_record is not None else None
    fields = {it: value for it, value in case.wanted.items() if there is None or it not in own}
    fields |= {it: there[it] for it in own if there is not None and it in there}
    in_place = kind is ActionKind.REPLACE and case.can.versions.usable
    if kind is ActionKind.SHOW or in_place:
        fields, cleared = field_changes(case, record)
    else:
        cleared = ()
    former = _former(case, record) if kind in _BRINGING and not in_place else None
    return _action(
        case,
        kind,
        (_said(case, kind, until, in_place=in_place),),
        Outward(
            gallery=case.gallery,
            master=fingerprint_of(case, record),
            until=until,
            kit=case.kit.kit if case.kit is not None else "",
            former=former,
            in_place=in_place,
        ),
        fields=fields,
        cleared=cleared,
        size=0 if kind is ActionKind.SHOW else record.size or 0,
        record=record,
    )


def _former(case: Case, record: AssetRecord) -> RemoteId | None:
    """The file that has to go once the new one is shown. Where the new one stands there already it is the one that was noted
    when that came; what is not there any more need not go."""
    known = case.publication
    if known is None or known.remote_id is None:
        return None
    if known.master == fingerprint_of(case, record):
        return known.former
    return known.remote_id if case.copy_record is not None else None


def update(case: Case, record: AssetRecord, until: datetime | None) -> Action | None:
    """Bring the fields that differ, or None where none does. No bytes are moved."""
    fields, cleared = field_changes(case, record)
    if not fields and not cleared:
        return None
    names = tuple(sorted(map(str, (*fields, *cleared))))
    reason = Reason.of(Code.FIELDS_UPDATED, fields=names)
    return _action(
        case, ActionKind.UPDATE_FIELDS, (reason,), _as_it_is(case, until), fields=fields, cleared=cleared, record=record
    )


def note(case: Case, until: datetime | None) -> Action | None:
    """Write down until when it may be seen and what it goes with, where the publication says otherwise."""
    known = case.publication
    outward = _as_it_is(case, until)
    if known is None or (known.until, known.kit) == (until, outward.kit):
        return None
    reason = Reason.of(Code.NOTED, outlet=case.outlet.name, until=_said_until(case, until))
    return _action(case, ActionKind.NOTE, (reason,), outward)


def withdraw(case: Case, causes: Sequence[Reason], deadline: datetime | None) -> Action:
    """Take it out of everything outside. It rests on no version of any copy: nothing that is edited holds it up."""
    known = case.publication
    outward = Outward(
        gallery=(known.gallery if known is not None else None) or case.gallery,
        until=known.until if known is not None else None,
        kit=known.kit if known is not None else "",
        master=known.master if known is not None else "",
        places=tuple(it.container for it in case.answered_for),
        former=known.former if known is not None else None,
        deadline=deadline,
        discard=case.outlet.withdraw_to is WithdrawTo.TRASH and case.can.discard.usable,
    )
    return _action(case, ActionKind.WITHDRAW, tuple(causes), outward)


def correct(case: Case, places: Sequence[Held]) -> Action:
    outward = _as_it_is(case, case.publication.until if case.publication is not None else None, places)
    reason = Reason.of(Code.CORRECTED, places=tuple(it.path for it in places))
    return _action(case, ActionKind.CORRECT, (reason,), outward)


def field_changes(case: Case, record: AssetRecord) -> tuple[dict[FieldName, Value], tuple[FieldName, ...]]:
    """What differs from what we wrote last, or was changed there since; not what the region owns, what the master did not
    say this time, and what others said there about rights."""
    known, there = case.publication, case.copy_record
    if known is None:
        return dict(case.wanted), ()
    theirs = set(rights_edited(known, there)) if there is not None else set()
    kept = case.outlet.own_fields | unread_fields(record) | theirs
    fields = {it: value for it, value in case.wanted.items() if it not in kept and not _stands(case, it, value)}
    gone = (it for it in known.fields if it not in case.wanted and it not in kept)
    return fields, tuple(sorted(gone))


def _stands(case: Case, name: FieldName, wanted: Value) -> bool:
    known, there = case.publication, case.copy_record
    if known is None or not equal(name, wanted, known.fields.get(name)):
        return False
    return there is None or name in unread_fields(there) or equal(name, there.fields.get(name), known.shown.get(name))


def _as_it_is(case: Case, until: datetime | None, places: Sequence[Held] = ()) -> Outward:
    known = case.publication
    return Outward(
        gallery=case.gallery,
        master=known.master if known is not None else "",
        until=until,
        kit=case.kit.kit if case.kit is not None else "",
        places=tuple(it.container for it in places),
    )


def _action(
    case: Case,
    kind: ActionKind,
    reasons: tuple[Reason, ...],
    outward: Outward,
    *,
    fields: Fields | None = None,
    cleared: tuple[FieldName, ...] = (),
    size: int = 0,
    record: AssetRecord | None = None,
) -> Action:
    known, calls = case.publication, CALLS[kind]
    new = kind in {ActionKind.STAGE, ActionKind.PUBLISH}
    return Action(
        kind=kind,
        link=case.link,
        source=case.source,
        target=case.outlet.copy if known is None else known.copy,
        target_id=known.remote_id if known is not None and not new else None,
        fields=dict(fields or {}),
        cleared=cleared,
        expects=_expects(case) if record is not None else {},
        reasons=reasons,
        file_name=case.file_name or (record.file_name if record is not None else ""),
        media_type=str(record.media_type) if record is not None else "",
        size=size,
        calls=_calls(case, calls, discards=outward.discard),
        modified_at=record.modified_at if record is not None else None,
        outward=_resting_on(case, outward),
    )


def _resting_on(case: Case, outward: Outward) -> Outward:
    known = case.publication
    return outward if known is None else replace(outward, turn=known.turn, revision=known.revision)


def _calls(case: Case, calls: tuple[int, int], *, discards: bool) -> dict[str, int]:
    found = {str(case.source.account): calls[0]} if calls[0] else {}
    here = calls[1] + (DISCARDED if discards else 0)
    if here:
        found[str(case.outlet.account)] = found.get(str(case.outlet.account), 0) + here
    return found


def _expects(case: Case) -> dict[str, AssetVersion]:
    versions: dict[str, AssetVersion] = {}
    if isinstance(case.master, Present):
        versions[str(case.policy.source_copy)] = case.master.record.version
    if case.copy_record is not None:
        versions[str(case.outlet.copy)] = case.copy_record.version
    return versions


def _said(case: Case, kind: ActionKind, until: datetime | None, *, in_place: bool) -> Reason:
    outlet = case.outlet.name
    match kind:
        case ActionKind.STAGE:
            return Reason.of(Code.STAGED, outlet=outlet)
        case ActionKind.SHOW:
            return Reason.of(Code.SHOWN_AGAIN, outlet=outlet, until=_said_until(case, until))
        case ActionKind.REPLACE:
            how = "as a version of the same asset" if in_place else "as a new asset; its id and its links change"
            return Reason.of(Code.FILE_REPLACED, outlet=outlet, how=how)
    return Reason.of(Code.PUBLISHED, outlet=outlet, until=_said_until(case, until))


def _said_until(case: Case, until: datetime | None) -> str:
    return case.told(until) if until is not None else "further notice"
