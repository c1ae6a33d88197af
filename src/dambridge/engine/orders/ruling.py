"""Orders about the conflict inbox: what a person rules is written there; the flow's next round carries it out.

An order that is carried out twice, because its worker died in between, has the effect of one: the audit trail, written
with the ruling, names the order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from dambridge.model.commands import Command, CommandKind
from dambridge.model.conflicts import Conflict, ConflictId, ConflictState, Ruling, Side
from dambridge.model.values import fields_to_json
from dambridge.planning.ruling import Wish, alike, is_about_absence, restoring, ruling_about
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.errors import MovedOn, Refused
from dambridge.ports.ledger import AuditEntry

PAGE = 200


async def rule(ledger: AgreeingLedger, command: Command) -> Mapping[str, Any]:
    """Carry out a `settle` or an `undo`. Raises `Refused` and `MovedOn` in words for the person who gave it."""
    entry = await _entry(ledger, ConflictId(command.scope["conflict"]))
    if command.kind is CommandKind.UNDO:
        return {"conflict": (await _undo(ledger, entry, command)).to_json(), "exit_code": 0}
    return await _settle(ledger, entry, command)


async def _entry(ledger: AgreeingLedger, conflict: ConflictId) -> Conflict:
    entry = await ledger.conflict(conflict)
    if entry is None:
        raise Refused(f"There is no conflict {conflict}. List them with `dambridge conflicts`.")
    return entry


# settling ------------------------------------------------------------------------------------------------------------
async def _settle(ledger: AgreeingLedger, entry: Conflict, command: Command) -> Mapping[str, Any]:
    wish = Wish.from_scope(command.scope)
    settled = await _settle_one(ledger, entry, wish, command)
    ruled, left = 1, list[dict[str, str]]()
    if command.scope.get("all_like"):
        async for page in _like(ledger, entry, wish, command):
            ends = await asyncio.gather(
                *(_settle_one(ledger, it, wish, command) for it in page), return_exceptions=True
            )
            for it, end in zip(page, ends, strict=True):
                if isinstance(end, (Refused, MovedOn)):
                    left.append({"conflict": it.id, "why": str(end)})
                elif isinstance(end, BaseException):
                    raise end
                else:
                    ruled += 1
    return {"conflict": settled.to_json(), "ruled": ruled, "left": left, "exit_code": 3 if left else 0}


async def _like(ledger: AgreeingLedger, entry: Conflict, wish: Wish, command: Command) -> AsyncIterator[list[Conflict]]:
    """The other entries that may be ruled about alike, page by page; also those that this very order has ruled already."""
    after: ConflictId | None = None
    states = (ConflictState.OPEN, ConflictState.RULED)
    while page := await ledger.conflicts(flow=entry.flow, states=states, group=entry.group, after=after, limit=PAGE):
        after = page[-1].id
        like = [it for it in page if it.id != entry.id and alike(entry, it, wish)]
        yield [it for it in like if it.state is ConflictState.OPEN or _is_of(it.ruling, command)]


async def _settle_one(ledger: AgreeingLedger, entry: Conflict, wish: Wish, command: Command) -> Conflict:
    if _is_of(entry.ruling, command) and await _done_before(ledger, entry, command):
        return entry
    if entry.state is not ConflictState.OPEN:
        raise Refused(_taken(entry))
    _refuse_what_was_not_seen(entry, command)
    ruling = ruling_about(entry, wish, by=command.actor, at=command.created_at)
    ruled = replace(entry, state=ConflictState.RULED, ruling=ruling)
    return await _put(ledger, ruled, _told(entry, command, "conflict.ruled", "ruled", ruling))


def _is_of(ruling: Ruling | None, command: Command) -> bool:
    """Whether it may come of this order."""
    return ruling is not None and (ruling.by, ruling.at) == (command.actor, command.created_at)


def _taken(entry: Conflict) -> str:
    if entry.state is ConflictState.MOOT or entry.ruling is None:
        return f"The conflict {entry.id} has ended by itself: its copies have come to say the same."
    return (
        f"{entry.ruling.by} ruled about the conflict {entry.id} on {_when(entry.ruling.at)}. "
        f"Take that back first: `dambridge conflicts undo {entry.id}`."
    )


def _refuse_what_was_not_seen(entry: Conflict, command: Command) -> None:
    """A person rules about the values that they saw; an order may name the entry's revision at that time."""
    seen = command.scope.get("revision")
    if command.scope["conflict"] == entry.id and seen is not None and seen != entry.revision:
        raise Refused(
            f"The conflict {entry.id} has changed since you looked at it. Look again: `dambridge conflicts show {entry.id}`."
        )


# taking back ---------------------------------------------------------------------------------------------------------
async def _undo(ledger: AgreeingLedger, entry: Conflict, command: Command) -> Conflict:
    if await _done_before(ledger, entry, command):
        return entry
    ruling = entry.ruling
    if entry.state is ConflictState.MOOT or ruling is None:
        raise Refused(f"Nobody has ruled about the conflict {entry.id}; there is nothing to take back.")
    if entry.state is ConflictState.RULED:
        if ruling.restore is not None:
            raise Refused(f"The ruling is being taken back already, by {ruling.by} since {_when(ruling.at)}.")
        released = replace(entry, state=ConflictState.OPEN, ruling=None)
        return await _put(ledger, released, _told(entry, command, "conflict.released", "released", ruling))
    if is_about_absence(entry):
        raise Refused("What followed has happened and is not taken back from here: bring the copy back in its system.")
    latest = (await ledger.conflicts_of([entry.link]))[entry.link][entry.group]
    if latest.id != entry.id:
        raise Refused(f"A later conflict about the same has come: {latest.id}. Settle that one instead.")
    accord = (await ledger.accords([entry.link])).get(entry.link, {}).get(entry.group)
    back = Ruling(by=command.actor, at=command.created_at, fields={}, restore=restoring(entry, accord))
    ruled_before = Side(copy=None, fields=ruling.fields, version=None, who=ruling.by, until=ruling.at)
    undone = replace(entry, state=ConflictState.RULED, ruling=back, kept=(*entry.kept, ruled_before))
    return await _put(ledger, undone, _told(entry, command, "conflict.undone", "undone", ruling))


async def _done_before(ledger: AgreeingLedger, entry: Conflict, command: Command) -> bool:
    """Whether the audit trail says that this very order has been carried out on the entry."""
    after = 0
    while trail := await ledger.audit_trail(subject=entry.link, after=after, limit=1000):
        if any(it.entry.detail.get("order") == command.id for it in trail):
            return True
        after = trail[-1].seq
    return False


# writing -------------------------------------------------------------------------------------------------------------
async def _put(ledger: AgreeingLedger, entry: Conflict, told: AuditEntry) -> Conflict:
    """Raises `Refused` where another person was quicker, `MovedOn` where the entry itself has changed."""
    try:
        (written,) = await ledger.put_conflicts([entry], [told])
    except MovedOn:
        now = await _entry(ledger, entry.id)
        if now.ruling is not None and entry.ruling is not None:
            raise Refused(_taken(now)) from None
        raise
    return written


def _told(entry: Conflict, command: Command, event: str, outcome: str, ruling: Ruling) -> AuditEntry:
    return AuditEntry(
        at=command.created_at,
        actor=command.actor,
        event=event,
        subject=entry.link,
        detail={
            "outcome": outcome,
            "conflict": entry.id,
            "group": entry.group,
            "order": command.id,
            "ruling": ruling.to_json(),
            "sides": [it.to_json() for it in entry.sides],
            "to": fields_to_json(ruling.fields),
        },
    )


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
