"""Where a delivery arrives: in a berth of ours, or straight in its folder where the target lets us make and file nothing.

A folder that people made holds other assets too. So a delivery that came straight is known by its transport name alone,
which a query finds, and it is renamed only once that it is there is on record
(`docs/decisions/0008-straight-into-peoples-folders.md`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any

import structlog

from dambridge.engine.docking import Dock
from dambridge.engine.steps import Step, StepJournal
from dambridge.model.actions import Action
from dambridge.model.identity import RemoteId
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import NativeRecord
from dambridge.model.values import Fields
from dambridge.policy.placing import folder_id, settled_folder
from dambridge.ports.errors import Refused, TryLater

TRANSPORT = re.compile(r"ac[a-z2-7]{20}\b")
AGAIN = "again"
"""Set in the intent of a delivery that is sent once more: only then can there be two."""
log = structlog.get_logger()


class WaitsForPeople(Exception):
    """Nothing can be done until a person has done something. Not frozen: context managers set an error's traceback."""

    def __init__(self, reason: Reason, waits_for: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.waits_for = waits_for


def transport_name(action: Action) -> str:
    """The name under which a delivery travels: it says whose it is, so a delivery can be recognised by it alone."""
    return f"{action.id}{PurePath(action.file_name).suffix.lower()[:12]}"


async def berth_of(dock: Dock, action: Action, intent: Mapping[str, Any] | None) -> RemoteId | None:
    """The berth leased to this action; None where it goes straight. A delivery that has begun is looked for where it went."""
    if _goes_straight(dock) if intent is None else intent["berth"] is None:
        return None
    count = max(16, 2 * dock.settings.concurrency)
    number = await dock.ledger.lease_berth(dock.site.account, action.id, count=count)
    if number is None:
        raise TryLater(f"All {count} arrival berths are in use; this delivery takes its turn later.")
    try:
        return await dock.site.archive.ensure_folder(f"{dock.site.arrivals}/berth-{number:02d}", lane=dock.lane)
    except Refused as no:
        if intent is not None or dock.arrival != "auto":
            raise
        await dock.ledger.release_berth(dock.site.account, action.id)
        if not dock.site.no_berths:
            log.warning("arrivals.straight", why=str(no))
        dock.site.no_berths = True
        return None


def _goes_straight(dock: Dock) -> bool:
    match dock.arrival:
        case "auto":
            return dock.site.no_berths or not dock.site.archive.capabilities.folders.usable
        case chosen:
            return chosen == "folder"


async def final_folder(dock: Dock, action: Action, inside: Fields, *, make: bool) -> RemoteId:
    """The folder that the asset belongs in; made where it is missing and `make`.

    Raises `WaitsForPeople` where it is missing and only a person can make it."""
    path = settled_folder(action.folder, inside)
    if (known := folder_id(path)) is not None:
        return known
    if make:
        return await dock.site.archive.ensure_folder(path, lane=dock.lane)
    found = await dock.site.archive.folder_at(path, lane=dock.lane)
    if found is None:
        raise WaitsForPeople(Reason.of(Code.FOLDER_MISSING, folder=path), "librarian")
    return found


async def look_by_name(dock: Dock, action: Action) -> NativeRecord | None:
    """The delivery of an earlier try that went straight, as far as the index has caught up: whatever it names is read again
    by id. Raises `WaitsForPeople` where there are two, for nothing is deleted by itself and nothing can be moved."""
    standing = await _carrying(dock, transport_name(action))
    if len(standing) > 1:
        raise _two(action, *standing)
    return standing[0] if standing else None


async def no_second(dock: Dock, action: Action, journal: StepJournal, ours: RemoteId) -> None:
    """After a file was sent more than once: whether another of them shows up once the settle time has passed again,
    as it may where searches lag longer than the account's options say.

    Raises `TryLater` until then, and like `look_by_name`."""
    sent = journal.intent(Step.DELIVER) or {}
    if not sent.get(AGAIN):
        return
    wait = datetime.fromisoformat(str(sent["at"])) + dock.settle - await dock.clock.now()
    if wait.total_seconds() > 0:
        raise TryLater(f"{action.source} was sent twice; it is looked once more for a second copy.", after=wait)
    late = [it for it in await _carrying(dock, transport_name(action)) if it.key.remote_id != ours]
    if late:
        raise _two(action, *late, ours=ours)


async def _carrying(dock: Dock, name: str) -> list[NativeRecord]:
    named = await dock.site.archive.named(name, lane=dock.lane)
    if not named:
        return []
    fresh = await dock.site.archive.read(named, lane=dock.lane)
    return [it for it in fresh.values() if isinstance(it, NativeRecord) and it.file_name == name]


def _two(action: Action, *standing: NativeRecord, ours: RemoteId | None = None) -> WaitsForPeople:
    ids = sorted({*(it.key.remote_id for it in standing), *((ours,) if ours else ())})
    log.error("arrivals.twin", action=action.id, copies=ids)
    return WaitsForPeople(
        Reason.of(Code.TWO_COPIES, copies=tuple(ids), name=transport_name(action)), waits_for="coordinator"
    )
