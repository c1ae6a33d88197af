"""A shoot that is handed in, reviewed and archived: for tests of whole hand-offs over both simulators."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dambridge.engine.running import RunResult
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import AccountId, AssetKey, CommandId, FlowName, RemoteId, derived_id
from dambridge.model.submissions import Submission
from support.pictures import picture
from support.world import World, lines, merged, world

SHOOT = "Submissions/Harbour"
HANDOFF: dict[str, Any] = {
    "from": "agency",
    "to": "archive",
    "select": {"galleries": ["Submissions/**"]},
    "carriers": [
        {
            "by": "edit_status",
            "words": {"approved": ["approved"], "rejected": ["rejected"], "changes_asked": ["changes asked"]},
        }
    ],
    "queue": {"owner": "Mara Lind", "deputy": "Ben Koch", "within": "8h"},
    "coordinator": "Ida Roth",
}
OVERRIDES: dict[str, Any] = {"flows": {"intake": None, "handoff": HANDOFF}}
PROVEN: dict[str, Any] = {"accounts": {"agency": {"proven": ["write_iptc", "places", "folders", "discard"]}}}


def settings(**handoff: Any) -> dict[str, Any]:
    """Overrides of a world in which this is how files are handed in."""
    return merged(merged(OVERRIDES, {"flows": {"handoff": handoff}}), PROVEN)


@contextmanager
def handing_in(folder: Path, *, strict: bool = False, **handoff: Any) -> Iterator[World]:
    with world(folder, strict=strict, **settings(**handoff)) as pair:
        yield pair


def hand_in(pair: World, number: int, *, gallery: str = SHOOT, data: bytes | None = None, **iptc: Any) -> str:
    """A contributor uploads a file; returns its id."""
    fields = {"author": "Jonas Blum", "credit": "Riverbend", "caption": f"Boat {number}", **iptc}
    return pair.submit(
        data if data is not None else picture(number), file_name=f"{number:03}.jpg", containers=[gallery], iptc=fields
    )


async def handed_off(pair: World, *, full: bool = False) -> RunResult:
    """One run in a process of its own, as far as the ledger can tell."""
    async with pair.bridge() as bridge:
        return await bridge.flows[FlowName.HANDOFF].run(command=None, full=full)


def hand_off(pair: World, *, full: bool = False) -> RunResult:
    return asyncio.run(handed_off(pair, full=full))


def reviewed(pair: World, verdict: str, *assets: str, by: str = "Mara Lind", note: str = "", shoot: str = "") -> Any:
    """What became of an order, given as the command gives it."""

    async def work() -> Any:
        async with pair.bridge() as bridge:
            ledger, now = bridge.common.ledger, await bridge.common.clock.now()
            stamp = derived_id("ik", verdict, shoot, note, *assets, now.isoformat())
            scope = {"verdict": verdict, "note": note, "shoot": shoot, "assets": [["agency", it] for it in assets]}
            command = await ledger.enqueue(
                Command(
                    id=CommandId(derived_id("co", stamp)),
                    kind=CommandKind.REVIEW,
                    actor=by,
                    via="cli",
                    scope=scope,
                    idempotency_key=stamp,
                    state=CommandState.QUEUED,
                    created_at=now,
                )
            )
            return (await bridge.worker(serving=False).execute(command.id)).result

    return asyncio.run(work())


def submissions(pair: World) -> dict[str, Submission]:
    """Everything that was handed in, by PhotoShelter's id."""

    async def work() -> dict[str, Submission]:
        async with pair.bridge() as bridge:
            found = await bridge.common.ledger.submissions_in(FlowName.HANDOFF, limit=1000)
        return {it.key.remote_id: it for it in found}

    return asyncio.run(work())


def statuses(pair: World) -> dict[str, str]:
    return {name: str(it.status) for name, it in submissions(pair).items()}


def ends(ran: RunResult) -> dict[str, int]:
    flow = ran.summary["flows"]["handoff"]
    names = ("seen", "done", "unchanged", "skipped", "waiting", "quarantined", "failed")
    return {it: flow[it] for it in names if flow[it]}


def sources(pair: World) -> dict[str, dict[str, Any]]:
    """PhotoShelter's assets by id, those in the trash too."""
    return {str(it["id"]): it for it in lines(pair.photoshelter.url, "/__sim__/state")}


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def in_archive(pair: World) -> list[Mapping[str, Any]]:
    """What stands in the archive: not what was put aside, nor what is on its way."""
    return [it for it in pair.archived() if not all(path.startswith("dambridge/") for path in it["containers"])]


def key(asset: str) -> AssetKey:
    return AssetKey(AccountId("agency"), RemoteId(asset))
