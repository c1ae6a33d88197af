"""How much a reconcile of very large libraries costs: ids of two accounts held against a store that knows them all.

    python scripts/sweep_size.py --assets 20000

Prints one JSON document: seconds of own CPU, seconds on the clock, the most memory taken, and what was found. The systems are
made up and answer at once, so that what is measured is ours alone; a few copies are gone and a few assets are new, on
each side, and all of them have to be found.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dambridge.engine.config import EngineSettings
from dambridge.engine.mirroring.looking import CHANGED, look_around, tranches
from dambridge.engine.mirroring.parts import MirrorParts
from dambridge.engine.sites import Site
from dambridge.mapping import default_map
from dambridge.model.accords import GroupName
from dambridge.model.identity import AccountId, FlowName, RemoteId, System
from dambridge.model.records import Absence, Missing
from dambridge.model.values import FieldName
from dambridge.policy.mirror import Authority, FieldGroup, MirrorPolicy, Rule
from dambridge.ports.systems import ListingPage, Sighting
from dambridge.storage import open_ledger

HERE, THERE = AccountId("agency"), AccountId("archive")
PAGES = {HERE: 100, THERE: 500}
"""Ids in a page of each account's listing."""
STRANGE = 10
"""So many copies of each side are gone, and so many assets of each are in no link."""
NOW = datetime(2026, 6, 1, tzinfo=UTC)
BUDGET = 2000
_FILL = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :count)
INSERT INTO {table} SELECT {row} FROM n
"""
_COPIES = "copies (link, account, role, region, rendition, remote_id, place)"
_TABLES = (
    ("links (id, flow, observe_only)", "printf('ln%08d', i), 'intake', 0"),
    (_COPIES, "printf('ln%08d', i), 'agency', 'source', '', 'original', printf('A%08d', i), 0"),
    (_COPIES, "printf('ln%08d', i), 'archive', 'record', '', 'original', printf('%d', 100000000 + i), 1"),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A system that shows so many assets; the first few of those that the store knows are gone, a few others are new."""

    account: AccountId
    count: int

    def _id(self, number: int) -> RemoteId:
        return RemoteId(f"A{number:08d}" if self.account == HERE else f"{100000000 + number}")

    async def changed(self, window: object, *, lane: object) -> AsyncIterator[ListingPage]:
        yield ListingPage((), total=0)

    async def everything(self, *, lane: object) -> AsyncIterator[ListingPage]:
        size = PAGES[self.account]
        for start in range(STRANGE, self.count + STRANGE, size):
            ids = range(start, min(start + size, self.count + STRANGE))
            yield ListingPage(tuple(Sighting(self._id(it)) for it in ids), total=self.count)

    async def read(self, asked: Any, **_: object) -> Any:
        gone = Missing(Absence.DELETED, "made up")
        return gone if self.account == HERE else dict.fromkeys(asked, gone)


class Clock:
    """A day after the last reconcile."""

    async def now(self) -> datetime:
        return NOW + timedelta(days=1)


def fill(folder: str, count: int) -> None:
    """Make a store that knows `count` links of two copies each."""

    async def work() -> None:
        ledger = open_ledger(folder)
        for account in (HERE, THERE):
            await ledger.move_cursor(account, f"{FlowName.RIGHTS}:{CHANGED}", NOW.isoformat())
        await ledger.close()

    asyncio.run(work())
    (file,) = Path(folder).glob("*.db")
    with sqlite3.connect(file) as conn:
        for table, row in _TABLES:
            conn.execute(_FILL.format(table=table, row=row), {"count": count})


def parts_over(ledger: Any, count: int) -> MirrorParts:
    """A two-way flow over both systems, as far as looking around needs one."""
    systems = {HERE: System.PHOTOSHELTER, THERE: System.NETX}
    sites: dict[AccountId, Any] = {}
    for account, system in systems.items():
        listed: Any = Listed(account, count)
        sites[account] = Site(account=account, system=system, reader=listed, archive=listed, map=default_map(system))
    group = FieldGroup(name=GroupName("title"), fields=frozenset({FieldName("title")}), authority=Authority(Rule.ASK))
    nothing: Any = None
    return MirrorParts(
        flow=FlowName.RIGHTS,
        ledger=ledger,
        spool=nothing,
        clock=Clock(),
        runtime=nothing,
        settings=EngineSettings(reconcile_calls=BUDGET),
        calls=dict,
        configuration="",
        sites=sites,
        policy=MirrorPolicy(flow=FlowName.RIGHTS, accounts=(HERE, THERE), groups=(group,)),
    )


async def plan(folder: str, count: int) -> dict[str, Any]:
    """One reconcile up to the point where the first link would be looked at."""
    ledger = open_ledger(folder)
    parts = parts_over(ledger, count)
    run = await ledger.open_run(FlowName.RIGHTS, at=NOW, command=None, plan=None)
    found = await look_around(parts, run, full=False, reconcile=True)
    links = sum([len(ids) async for ids in tranches(parts, found)])
    new = {it: len(await ledger.unlinked(run, it, after=None, limit=100)) for it in (HERE, THERE)}
    await ledger.forget_sights(run)
    state = found.reconcile
    assert state is not None
    await ledger.close()
    listed: Sequence[int] = list(state.listed.values())
    return {
        "listed": sum(listed),
        "gone": state.gone,
        "new": sum(new.values()),
        "links": state.links,
        "to_look_at": links,
    }


def peak_kb() -> int:
    """The most memory that this program held. What `getrusage` tells on Linux may be that of the process which started it."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(it.split()[1]) for it in status.read_text().splitlines() if it.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)


def measure(count: int) -> dict[str, Any]:
    """Fill a store in a process of its own, then plan a reconcile in this one."""
    with tempfile.TemporaryDirectory() as folder:
        filling = multiprocessing.get_context("spawn").Process(target=fill, args=(folder, count))
        filling.start()
        filling.join()
        before, begun = time.process_time(), time.monotonic()
        found = asyncio.run(plan(folder, count))
        peak = peak_kb()
        return {
            "assets": count,
            "cpu_seconds": round(time.process_time() - before, 2),
            "seconds": round(time.monotonic() - begun, 2),
            "peak_mb": peak // 1024,
            "store_mb": sum(it.stat().st_size for it in Path(folder).glob("*") if it.is_file()) // 2**20,
            **found,
        }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--assets", type=int, default=1_000_000, help="assets in each of the two accounts")
    print(json.dumps(measure(options.parse_args().assets)))


if __name__ == "__main__":
    main()
