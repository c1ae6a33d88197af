"""What is gone and must not come back: tombstones of record copies that people took away, and since when nobody knows more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dambridge.engine.parts import Parts
from dambridge.model.identity import FlowName, Link
from dambridge.model.plans import LeftItem
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Absence
from dambridge.model.tombstones import Tombstone
from dambridge.ports.ledger import Ledger

_GONE = frozenset({Absence.DELETED, Absence.TRASHED})


def rebuilt_key(flow: FlowName) -> str:
    """The switch that says since when sources without a link are held; it stands until a person lets all of them go."""
    return f"rebuilt:{flow}"


async def notice_loss(ledger: Ledger, flow: FlowName, at: datetime) -> None:
    """Put on record that the store was lost: until it is made anew nothing is delivered anew, and nobody may let it go."""
    await ledger.set_control(rebuilt_key(flow), at.isoformat())
    await ledger.set_control(lost_key(flow), at.isoformat())


def lost_key(flow: FlowName) -> str:
    """The switch that says that the store was lost and has not been made anew yet."""
    return f"lost:{flow}"


async def rebuilt_at(ledger: Ledger, flow: FlowName) -> datetime | None:
    """When the flow's part of the store was made anew; None where it never was, or where all was let go since."""
    told = await ledger.control(rebuilt_key(flow))
    return datetime.fromisoformat(told) if told else None


async def bury(parts: Parts, left: Sequence[LeftItem]) -> None:
    """Write tombstones for the record copies that these items were found to lack: after a loss of the store they say that
    the asset was taken away, and not forgotten. What our user merely does not see is not buried."""
    gone = {it.key: it.leave.reason for it in left if it.leave.reason.code is Code.TARGET_GONE and _is_gone(it)}
    links = await parts.ledger.links_of(list(gone))
    whole = await parts.ledger.links(sorted(set(links.values())))
    await bury_copies(parts, {whole[links[key]]: reason for key, reason in gone.items() if key in links})


def _is_gone(it: LeftItem) -> bool:
    return dict(it.leave.reason.params).get("absence") in set(map(str, _GONE))


async def bury_copies(parts: Parts, gone: dict[Link, Reason]) -> int:
    """Tombstones for the record copies of these links, those that have one left out; gives how many are new."""
    agreed = await parts.ledger.agreed([it.id for it in gone])
    now = await parts.clock.now()
    stones: list[Tombstone] = []
    for link, reason in gone.items():
        copy = link.copy(parts.target_copy)
        if copy is None:
            continue
        content = agreed[link.id].content if link.id in agreed else None
        stones.append(
            Tombstone(
                key=copy.key,
                copy=copy.id,
                link=link.id,
                reason=reason,
                at=now,
                kin=tuple(it.key for it in link.copies if it != copy),
                sha256=content.sha256 if content is not None else "",
            )
        )
    known = await parts.ledger.tombstones([it.key for it in stones])
    return await parts.ledger.put_tombstones([it for it in stones if it.key not in known])
