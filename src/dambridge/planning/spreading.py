"""From merged groups to the fewest writes: one of fields for each copy that is behind, one of bytes where those are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from dambridge.mapping import AccountMap, is_absent, same
from dambridge.model.accords import CONTENT, FILE_NAME, Accord, Standing
from dambridge.model.actions import Action, ActionKind, Leave
from dambridge.model.conflicts import Conflict, ConflictState
from dambridge.model.identity import AccountId, AssetKey, CopyId, LinkId
from dambridge.model.lifecycle import LIFECYCLE_STATUS
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, AssetVersion
from dambridge.model.values import FieldName, Fields
from dambridge.planning.inside import may_call
from dambridge.planning.merging import Merged
from dambridge.planning.showing import can_write
from dambridge.planning.speaking import Speeches
from dambridge.planning.standings import Reading
from dambridge.planning.views import part
from dambridge.policy.carriers import Carrier
from dambridge.ports.capabilities import ArchiveCapabilities, Proof

UPDATE_CALLS = 4
"""At the copy: the recheck, a write of attributes, one of the name, the read-back."""
VERSION_CALLS = (1, 5)
"""At the copy that has the bytes, and at the one that gets them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all writes of one link rest on. `keys` are of every copy, `records` of those that are there."""

    link: LinkId
    keys: Mapping[CopyId, AssetKey]
    records: Mapping[CopyId, AssetRecord]
    maps: Mapping[AccountId, AccountMap]
    can_archive: Mapping[AccountId, ArchiveCapabilities]
    carriers: Mapping[AccountId, Sequence[Carrier]] = field(default_factory=dict)
    untouched: frozenset[CopyId] = frozenset()
    """Copies whose files were found to be such that nothing may be written into them."""
    speeches: Speeches = field(default_factory=dict)

    @property
    def expects(self) -> Mapping[str, AssetVersion]:
        return {str(it): self.records[it].version for it in sorted(self.records)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lack:
    """What one copy lacks of one group, said in its account's terms, and the accord as it is once it has got it."""

    names: tuple[FieldName, ...]
    wanted: Fields
    after: Accord
    origin: CopyId | None


def spread(ground: Ground, merged: Sequence[Merged]) -> tuple[list[Action], list[Leave]]:
    """The writes that bring every copy up to what is agreed, and what has to wait for an administrator."""
    lacks: dict[CopyId, list[_Lack]] = {}
    waiting: list[Leave] = []
    for group in merged:
        for reading in group.readings:
            lack = _lack(ground, group, reading)
            if lack is None:
                continue
            held = _unwritable(ground, reading, lack.names) or _unsayable(ground, reading, lack)
            if held is not None:
                waiting.append(held)
            else:
                lacks.setdefault(reading.copy, []).append(lack)
    actions: list[Action] = []
    for copy in sorted(lacks):
        fields = [it for it in lacks[copy] if CONTENT not in it.names]
        if fields:
            actions.append(_update(ground, copy, fields))
        for it in lacks[copy]:
            if CONTENT in it.names:
                holder = _holder(copy, it, merged)
                if holder is None:
                    waiting.append(_lost_bytes(ground, copy))
                else:
                    actions.append(_version(ground, copy, it, holder))
    return actions, waiting


def _lack(ground: Ground, merged: Merged, reading: Reading) -> _Lack | None:
    accord = merged.accord
    given = merged.given_back.get(reading.copy)
    if accord is None or (merged.frozen and given is None):
        return None
    wanted = accord.fields if given is None else given
    names = tuple(it for it in sorted(reading.carried) if not same(it, reading.value.get(it), wanted.get(it)))
    if not names and merged.group.by_transitions and _is_at_odds(ground, reading):
        names = tuple(sorted(reading.carried))
    if not names:
        return None
    speech = ground.speeches.get(reading.copy.account)
    said = speech.said(wanted) if speech is not None else wanted
    turn = reading.standing.turn if reading.standing is not None else 0
    standing = Standing(fields=wanted, shown=said, version=reading.version, at=accord.since, turn=turn)
    return _Lack(names=names, wanted=said, after=accord.with_copy(reading.copy, standing), origin=accord.origin)


def _is_at_odds(ground: Ground, reading: Reading) -> bool:
    """Whether a carrier that can be written says something else than the one that comes before it."""
    said = {str(label) for it in reading.record.notes if it.code is Code.STATUS_SHOWN for label in _labels(it)}
    can, media_type = ground.can_archive.get(reading.copy.account), reading.record.media_type
    known = ground.carriers.get(reading.copy.account, ())
    return can is not None and any(it.label in said and can_write(can, it, media_type).usable for it in known)


def _labels(it: Reason) -> tuple[str, ...]:
    found = it["disagreeing"]
    return found if isinstance(found, tuple) else ()


def _unwritable(ground: Ground, reading: Reading, names: Sequence[FieldName]) -> Leave | None:
    """The first of these that the account is not known to take makes the group wait at this copy: it never counts as equal."""
    account = reading.copy.account
    for name in names:
        sealed = reading.copy in ground.untouched
        what, proof = _proof(name, ground, account, reading.record, untouched=sealed)
        if not proof.usable:
            reason = Reason.of(
                Code.CAPABILITY_UNPROVEN,
                what=what,
                field=str(name),
                copy=str(reading.copy),
                media_type=str(reading.record.media_type),
                proof=str(proof),
            )
            return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="administrator")
    return None


def _unsayable(ground: Ground, reading: Reading, lack: _Lack) -> Leave | None:
    """A word that the account has no term for makes the group wait at this copy until a person has decided about it."""
    speech = ground.speeches.get(reading.copy.account)
    strange = speech.strange(part(lack.wanted, lack.names)) if speech is not None else None
    if strange is None:
        return None
    why, words = strange
    return Leave(outcome=Outcome.WAITING, reason=why, waits_for="librarian", words=words)


def _proof(
    name: FieldName, ground: Ground, account: AccountId, record: AssetRecord, *, untouched: bool
) -> tuple[str, Proof]:
    can = ground.can_archive.get(account)
    if name == FILE_NAME:
        return "rename assets", can.rename if can is not None else Proof.ABSENT
    if name == CONTENT:
        return "add versions", can.versions if can is not None else Proof.ABSENT
    if name == LIFECYCLE_STATUS and (first := next(iter(ground.carriers.get(account, ())), None)) is not None:
        proof = can_write(can, first, record.media_type) if can is not None else Proof.ABSENT
        return f"write the status to {first.label}", proof
    rule = ground.maps[account].by_field[name]
    what = f"write the attribute {rule.native}"
    if can is None or not rule.write:
        return what, Proof.ABSENT
    return what, Proof.weakest(may_call(can, it, record, untouched=untouched) for it in rule.places)


def _update(ground: Ground, copy: CopyId, lacks: Sequence[_Lack]) -> Action:
    wanted = {name: it.wanted.get(name) for it in lacks for name in it.names}
    fields = {name: value for name, value in sorted(wanted.items()) if value is not None and not is_absent(value)}
    names = tuple(sorted(str(it) for it in wanted))
    origins = [it.origin for it in lacks if it.origin in ground.records and it.origin != copy]
    return _action(
        ground,
        ActionKind.UPDATE_FIELDS,
        source=min((it for it in origins if it is not None), default=copy),
        target=copy,
        fields=fields,
        cleared=tuple(sorted(wanted.keys() - fields.keys())),
        reasons=(Reason.of(Code.FIELDS_UPDATED, fields=names),),
        accords=tuple(it.after for it in lacks),
        calls={copy.account: UPDATE_CALLS},
    )


def _version(ground: Ground, copy: CopyId, lack: _Lack, holder: CopyId) -> Action:
    action = _action(
        ground,
        ActionKind.ADD_VERSION,
        source=holder,
        target=copy,
        fields={CONTENT: lack.wanted[CONTENT]},
        cleared=(),
        reasons=(Reason.of(Code.VERSION_ADDED, evidence="planned"),),
        accords=(lack.after,),
        calls={holder.account: VERSION_CALLS[0], copy.account: VERSION_CALLS[1]},
    )
    return replace(action, size=ground.records[holder].size or 0)


def _lost_bytes(ground: Ground, copy: CopyId) -> Leave:
    reason = Reason.of(
        Code.CAPABILITY_UNPROVEN,
        what="find the bytes that were agreed on",
        media_type=str(ground.records[copy].media_type),
        proof=str(Proof.ABSENT),
    )
    return Leave(outcome=Outcome.WAITING, reason=reason, waits_for="coordinator")


def _holder(copy: CopyId, lack: _Lack, merged: Sequence[Merged]) -> CopyId | None:
    """The copy that has the wanted bytes now: the one that they came from where it still does."""
    holders = sorted(
        reading.copy
        for group in merged
        if group.group.is_content
        for reading in group.readings
        if reading.copy != copy and CONTENT in lack.wanted and reading.says(lack.wanted)
    )
    return lack.origin if lack.origin in holders else next(iter(holders), None)


def _action(
    ground: Ground,
    kind: ActionKind,
    *,
    source: CopyId,
    target: CopyId,
    fields: Fields,
    cleared: tuple[FieldName, ...],
    reasons: tuple[Reason, ...],
    accords: tuple[Accord, ...],
    calls: Mapping[str, int],
) -> Action:
    record = ground.records.get(target)
    lags = ground.records.get(source)
    return Action(
        kind=kind,
        link=ground.link,
        source=ground.keys[source],
        target=target,
        target_id=ground.keys[target].remote_id,
        fields=fields,
        cleared=cleared,
        expects=ground.expects,
        reasons=reasons,
        file_name=record.file_name if record is not None else "",
        media_type=str(record.media_type) if record is not None else "",
        calls=calls,
        modified_at=lags.modified_at if lags is not None else None,
        accords=accords,
        untouched=target in ground.untouched and kind is ActionKind.UPDATE_FIELDS,
    )


def agree(ground: Ground, accords: Sequence[Accord], entries: Sequence[Conflict]) -> Action:
    """Write down what is agreed on and what is in the inbox: first of all, before anything outside is touched."""
    origins = sorted({it.origin for it in accords if it.origin is not None and it.origin in ground.records})
    place = origins[0] if origins else min(ground.keys)
    groups = tuple(sorted({str(it.group) for it in accords}))
    inbox = tuple(sorted(f"{it.group}: {it.state}, {it.serial}" for it in entries))
    opened = tuple(
        it.reason for it in entries if it.state is ConflictState.OPEN or it.reason.code is Code.LOOSENING_REFUSED
    )
    return _action(
        ground,
        ActionKind.AGREE,
        source=place,
        target=place,
        fields={},
        cleared=(),
        reasons=(Reason.of(Code.AGREED, groups=groups, inbox=inbox), *opened),
        accords=tuple(accords),
        calls={},
    )
