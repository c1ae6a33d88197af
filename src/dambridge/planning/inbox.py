"""One entry of the inbox through its life: opened, its sides following what is seen, ruled about, settled, opened again.

Nothing that ever stood in an entry is forgotten: what a later edit or a ruling has replaced is among its `kept` sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from dambridge.model.accords import Accord
from dambridge.model.conflicts import Conflict, ConflictState, Ruling, Side
from dambridge.model.identity import LinkId
from dambridge.model.reasons import Code, Reason
from dambridge.model.values import Fields
from dambridge.planning.contending import Contender
from dambridge.planning.views import alike, part
from dambridge.policy.mirror import FieldGroup, MirrorPolicy

LIVE = frozenset({ConflictState.OPEN, ConflictState.RULED})


def live(entry: Conflict | None) -> Conflict | None:
    """The entry while it waits for a person or for what a person ruled; ended ones only lend their number."""
    return entry if entry is not None and entry.state in LIVE else None


def sides_of(contenders: Sequence[Contender], group: FieldGroup, accord: Accord | None) -> tuple[Side, ...]:
    """A side for each copy that contends, and one for the agreed value where it does."""
    found = [
        Side(
            copy=it.copy,
            fields=part(it.value, group.fields),
            version=it.version,
            after=it.after,
            until=it.until,
        )
        for contender in contenders
        for it in contender.readings
    ]
    if accord is not None and any(it.agreed for it in contenders):
        found.append(Side(copy=None, fields=accord.fields, version=None, who=accord.by, until=accord.since))
    return tuple(sorted(found, key=_place))


def opened(
    group: FieldGroup,
    sides: tuple[Side, ...],
    why: str,
    last: Conflict | None,
    *,
    accord: Accord | None,
    policy: MirrorPolicy,
    link: LinkId,
    now: datetime,
) -> Conflict:
    """A new entry; `last` is the one that this group of this link had before."""
    return Conflict(
        link=link,
        group=group.name,
        flow=policy.flow,
        base=accord.fields if accord is not None else {},
        sides=sides,
        reason=Reason.of(Code.CONFLICT, groups=(str(group.name),), rule=str(group.authority.rule), text=why),
        opened_at=now,
        serial=last.serial + 1 if last is not None else 1,
    )


def followed(entry: Conflict, sides: tuple[Side, ...], group: FieldGroup) -> Conflict:
    """The entry with the sides that are seen now. A side that says what it said keeps its times."""
    now = tuple(_known(side, entry.sides, group) or side for side in sides)
    return replace(entry, sides=now, kept=_kept(entry, [it for it in entry.sides if it not in now], group))


def settled_by(entry: Conflict, ruling: Ruling, seen: Sequence[Side], group: FieldGroup) -> Conflict:
    """Settled as ruled; every value that lost is kept."""
    lost = [it for it in (*entry.sides, *seen) if not alike(it.fields, ruling.fields, group.fields)]
    return replace(entry, state=ConflictState.SETTLED, kept=_kept(entry, lost, group))


def moot(entry: Conflict, agreed: Fields, group: FieldGroup) -> Conflict:
    """Ended by itself, with what its sides said before."""
    gone = [it for it in entry.sides if not alike(it.fields, agreed, group.fields)]
    return replace(entry, state=ConflictState.MOOT, ruling=None, kept=_kept(entry, gone, group))


def is_about(entry: Conflict, left: Sequence[Fields], group: FieldGroup) -> bool:
    """Whether a ruling on this entry has seen all these values, which are those that are left."""
    return bool(left) and all(any(alike(it, side.fields, group.fields) for side in entry.sides) for it in left)


def _known(side: Side, sides: Iterable[Side], group: FieldGroup) -> Side | None:
    return next((it for it in sides if it.copy == side.copy and alike(it.fields, side.fields, group.fields)), None)


def _kept(entry: Conflict, more: Iterable[Side], group: FieldGroup) -> tuple[Side, ...]:
    kept = list(entry.kept)
    for side in sorted(more, key=_place):
        if _known(side, kept, group) is None:
            kept.append(side)
    return tuple(kept)


def _place(side: Side) -> str:
    return str(side.copy or "")
