"""How much of what was looked at in its turn differed from what was agreed, without the change feed having said so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from dambridge.engine.mirroring.deciding import Decided
from dambridge.engine.mirroring.looking import Round
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.model.accords import Accord, GroupName
from dambridge.model.conflicts import Conflict
from dambridge.model.identity import CopyId
from dambridge.model.records import AssetRecord
from dambridge.planning.views import carried, echoes, part, view_of


async def count_drift(parts: MirrorParts, found: Round, decided: Decided) -> None:
    """Hold the copies that were read against the accords as they were before anything is done about them."""
    state = found.reconcile
    if state is None:
        return
    records = {it.key: it for it in decided.records}
    links = [it for it in decided.links.values() if any(copy.key in records for copy in it.copies)]
    accords = await parts.ledger.accords([it.id for it in links])
    conflicts = await parts.ledger.conflicts_of([it.id for it in links])
    for link in links:
        contended = _open(conflicts.get(link.id, {}))
        for copy in link.copies:
            record = records.get(copy.key)
            if record is not None and not _is_later(record, found.upto):
                differs = _differs(parts, copy.id, record, accords.get(link.id, {}), contended)
                state.look(copy.key, differs=differs)


def _is_later(record: AssetRecord, upto: datetime) -> bool:
    """Whether the copy was edited after the change feed was asked: it had no chance to say so."""
    return record.modified_at is not None and record.modified_at > upto


def _open(conflicts: Mapping[GroupName, Conflict]) -> set[GroupName]:
    return {name for name, it in conflicts.items() if it.stands}


def _differs(
    parts: MirrorParts,
    copy: CopyId,
    record: AssetRecord,
    accords: Mapping[GroupName, Accord],
    contended: set[GroupName],
) -> bool:
    """Whether the copy shows of any group something else than it is known to show; what contends is known to differ."""
    site, view = parts.sites[copy.account], view_of(copy, record)
    for group in parts.policy.groups:
        accord = accords.get(group.name)
        standing = accord.copies.get(copy) if accord is not None else None
        names = carried(group, site.map)
        if standing is None or not names or group.name in contended:
            continue
        shown = [standing.shown, *standing.asked]
        if not any(echoes(part(view, names), it, names) for it in shown):
            return True
    return False
