"""What copies were seen to say, on record even where nothing is decided about it: a person may replace it before it is.

A value that a decision agrees on, overrules or puts into the inbox is on record with that. The others are told here: of a
look that decided nothing, and of the looks right before and after a write.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.mapping import is_absent, to_canonical
from dambridge.model.accords import Accord, GroupName
from dambridge.model.actions import Action, ActionKind
from dambridge.model.conflicts import Conflict
from dambridge.model.identity import CopyId, Link, LinkId
from dambridge.model.records import AssetRecord, NativeRecord
from dambridge.model.values import FieldName, Fields, Value, fields_to_json
from dambridge.planning import MirrorDecision
from dambridge.planning.views import view_of
from dambridge.policy.mirror import MirrorPolicy
from dambridge.ports.ledger import AuditEntry

SEEN = "asset.seen"
_looks: ContextVar[list[NativeRecord] | None] = ContextVar("_looks", default=None)


@dataclass(frozen=True, slots=True)
class Sight:
    """Values that copies of a link showed and that were not known of them. Those in `decided` are written down with the
    decision, if that is carried out."""

    link: LinkId
    shown: Mapping[CopyId, Fields]
    decided: Mapping[CopyId, Fields]

    def told(self, *, all_of_it: bool) -> Mapping[CopyId, Fields]:
        """What has to be told: everything where the decision is not carried out."""
        if all_of_it:
            return self.shown
        rest = {it: _without(fields, self.decided.get(it, {})) for it, fields in self.shown.items()}
        return {it: fields for it, fields in rest.items() if fields}


def sight_of(
    policy: MirrorPolicy,
    link: Link,
    records: Mapping[CopyId, AssetRecord],
    accords: Mapping[GroupName, Accord],
    decision: MirrorDecision,
) -> Sight | None:
    """What is new in these records, None where nothing is."""
    shown: dict[CopyId, Fields] = {}
    decided: dict[CopyId, Fields] = {}
    agreed = {one.group: one for it in decision.actions if it.kind is ActionKind.AGREE for one in it.accords}
    entries = {it.group: it for it in decision.conflicts}
    for copy, record in records.items():
        view = view_of(copy, record)
        for group in policy.groups:
            values = {name: view[name] for name in sorted(group.fields) if name in view and not is_absent(view[name])}
            fresh = _without(values, *_standing(accords.get(group.name), copy))
            if fresh:
                shown[copy] = {**shown.get(copy, {}), **fresh}
                after = [*_standing(agreed.get(group.name), copy), *_sides(entries.get(group.name))]
                covered = {name: value for name, value in fresh.items() if any(it.get(name) == value for it in after)}
                decided[copy] = {**decided.get(copy, {}), **covered}
    return Sight(link.id, shown, decided) if shown else None


def _standing(accord: Accord | None, copy: CopyId) -> list[Fields]:
    """What is on record of the copy in this group."""
    standing = accord.copies.get(copy) if accord is not None else None
    if standing is None:
        return []
    return [standing.shown, *([standing.overruled[0]] if standing.overruled is not None else [])]


def _sides(entry: Conflict | None) -> list[Fields]:
    return [it.fields for it in entry.sides] if entry is not None else []


def _without(fields: Fields, *known: Fields) -> dict[FieldName, Value]:
    return {name: value for name, value in fields.items() if not any(it.get(name) == value for it in known)}


async def tell_sights(parts: MirrorParts, sights: Iterable[Sight], *, actor: str, all_of_it: bool) -> None:
    """Put on record what no decision does."""
    now = await parts.clock.now()
    entries = [_entry(it.link, told, actor=actor, now=now) for it in sights if (told := it.told(all_of_it=all_of_it))]
    if entries:
        await parts.ledger.audit(entries)


def _entry(link: LinkId, told: Mapping[CopyId, Fields], *, actor: str, now: datetime) -> AuditEntry:
    detail = {"seen": {str(it): fields_to_json(told[it]) for it in sorted(told)}}
    return AuditEntry(at=now, actor=actor, event=SEEN, subject=link, detail=detail)


# right before and after a write ------------------------------------------------------------------------------------------


@contextmanager
def noting_looks() -> Iterator[list[NativeRecord]]:
    """Every look at a single copy within this block."""
    looks: list[NativeRecord] = []
    token = _looks.set(looks)
    try:
        yield looks
    finally:
        _looks.reset(token)


def note_look(native: NativeRecord) -> None:
    if (looks := _looks.get()) is not None:
        looks.append(native)


def met_told(parts: MirrorParts, link: Link, action: Action, looks: Sequence[NativeRecord]) -> dict[str, Any]:
    """For the audit: values that these looks showed, that the action was not decided about and that are not its own."""
    copies = {it.key: it.id for it in link.copies}
    expected: dict[CopyId, Fields] = {}
    other: list[tuple[CopyId, Fields]] = []
    for native in looks:
        if (copy := copies.get(native.key)) is not None:
            record = to_canonical(native, parts.sites[copy.account].map)
            if record.version == action.expects.get(str(copy)):
                expected[copy] = view_of(copy, record)
            else:
                other.append((copy, _of(view_of(copy, record), parts.policy.managed)))
    met = [(copy, _without(fields, expected.get(copy, {}), action.fields)) for copy, fields in other]
    told = [{str(copy): fields_to_json(fields)} for copy, fields in met if fields]
    return {"met": told} if told else {}


def _of(view: Fields, names: Collection[FieldName]) -> Fields:
    return {name: view[name] for name in sorted(names) if name in view and not is_absent(view[name])}
