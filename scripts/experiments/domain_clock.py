"""Does each thing that falls due happen once, when two workers share a simulated clock and are killed again and again?

    python scripts/experiments/domain_clock.py [--things 3000] [--kills 20] [--json FILE]

A clock in a file is moved forward through 30 days in steps of six hours. 3,000 things fall due at random instants of
them, and one comes back every six hours. Two worker processes claim what is due, turn each into an order (whose key is
made of what fell due and when) and finish the claim; one after the other is killed with SIGKILL at a random moment and
started again. Nobody sleeps for domain time: the clock is only ever asked. Run on SQLite and on PostgreSQL; the report
is docs/decisions/0002-domain-clock.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import CommandId, derived_id
from dambridge.ports.ledger import Due
from dambridge.storage import SqlLedger, open_ledger
from dambridge.storage.opening import open_database
from dambridge.storage.tables.work import commands
from dambridge.testing.postgres import start_postgres

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
END = BEGIN + timedelta(days=30)
STEP = timedelta(hours=6)
LEASE = timedelta(hours=1)
WORK = 0.01
"""Seconds of real time between an order and the end of its claim."""
KINDS = ("embargo", "expiry", "retry", "sweep")


class FileClock:
    """The simulated instant, in a file that one process writes and all read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def now(self) -> datetime:
        return datetime.fromisoformat(self._path.read_text())

    def set(self, at: datetime) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(at.isoformat())
        fresh.replace(self._path)


def order_of(due: Due, now: datetime) -> Command:
    key = derived_id("co", due.kind, due.key, due.at.isoformat())
    return Command(
        id=CommandId(key),
        kind=CommandKind.RUN,
        actor="schedule",
        via="due",
        scope={"kind": due.kind, "key": due.key, "at": due.at.isoformat()},
        idempotency_key=key,
        state=CommandState.QUEUED,
        created_at=now,
    )


def work(store: str, clock: str, name: str, log: str, stop: Event) -> None:
    """A worker: ask the clock, claim what is due, give the orders, finish the claims."""

    async def main() -> None:
        ledger, time_of = open_ledger(store), FileClock(Path(clock))
        with Path(log).open("a", buffering=1) as journal:  # noqa: ASYNC230 - a line for the judge, before the deed
            while not stop.is_set():
                now = await time_of.now()
                taken = await ledger.take_due(now, kinds=KINDS, limit=4, worker=name, lease=now + LEASE)
                await asyncio.gather(*(carry_out(ledger, it, now, name) for it in taken))
                journal.writelines(f"{it.kind}:{it.key}:{it.at.isoformat()}\n" for it in taken)
                if not taken:
                    await asyncio.sleep(0.005)
        await ledger.close()

    async def carry_out(ledger: SqlLedger, due: Due, now: datetime, name: str) -> None:
        await ledger.enqueue(order_of(due, now))
        await asyncio.sleep(WORK)  # the moment in which a kill leaves an order given and a claim unfinished
        following = due.at + STEP if due.kind == "sweep" else None
        await ledger.finish_due(due.kind, due.key, worker=name, next_at=following)

    asyncio.run(main())


class Trial:
    """One store, one clock, two workers and somebody who kills them."""

    def __init__(self, store: str, folder: Path, *, things: int, kills: int) -> None:
        self.store, self.folder, self.kills = store, folder, kills
        self.chance = random.Random(20261124)  # noqa: S311 - a repeatable history, not a secret
        self.clock = FileClock(folder / "clock")
        self.clock.set(BEGIN)
        span = (END - BEGIN).total_seconds()
        self.things = [
            Due(at=BEGIN + timedelta(seconds=round(self.chance.uniform(0, span), 6)), kind=kind, key=f"{n}", payload={})
            for n, kind in enumerate(self.chance.choices(KINDS[:3], k=things))
        ]
        self.context = multiprocessing.get_context("spawn")
        self.stop = self.context.Event()
        self.workers: dict[str, BaseProcess] = {}
        self.killed = 0

    def run(self) -> dict[str, Any]:
        begun = time.monotonic()
        asyncio.run(self.history())
        self.stop.set()
        for it in self.workers.values():
            it.join()
        return {**self.judge(), "seconds": round(time.monotonic() - begun, 1)}

    async def history(self) -> None:
        ledger = open_ledger(self.store)
        await ledger.add_due([*self.things, Due(at=BEGIN, kind="sweep", key="all", payload={})])
        for name in ("one", "two"):
            self.begin(name)
        steps = int((END - BEGIN) / STEP)
        killing = sorted(self.chance.sample(range(steps), min(self.kills, steps)))
        for step in range(1, steps + 1):
            now = BEGIN + step * STEP
            self.clock.set(now)
            if killing and step > killing[0]:
                killing.pop(0)
                await asyncio.sleep(self.chance.uniform(0, 0.05))
                self.kill(("one", "two")[self.killed % 2])
            await self.drained(ledger, now)
        self.clock.set(END + LEASE)
        await self.drained(ledger, END, claims_too=True)
        await ledger.close()

    def begin(self, name: str) -> None:
        args = (self.store, str(self.folder / "clock"), name, str(self.folder / "log"), self.stop)
        self.workers[name] = self.context.Process(target=work, args=args)
        self.workers[name].start()

    def kill(self, name: str) -> None:
        self.workers[name].kill()
        self.workers[name].join()
        self.killed += 1
        self.begin(name)

    async def drained(self, ledger: SqlLedger, now: datetime, *, claims_too: bool = False) -> None:
        """Until nothing due can be taken; what a dead worker claimed is due when its claim ends."""
        patience = time.monotonic() + 60
        while (following := await ledger.next_due(kinds=KINDS)) is not None and following <= now:
            if time.monotonic() > patience:
                sys.exit(f"{following} is still not done at {now}")
            await asyncio.sleep(0.005)
        if claims_too and following is not None and following <= END + LEASE:
            await self.drained(ledger, END + LEASE)

    def judge(self) -> dict[str, Any]:
        database = open_database(self.store)
        with database.reading.connect() as conn:
            orders = list(conn.execute(select(commands.c.scope, commands.c.created_at)))
        database.close()
        done = Counter(f"{row.scope['kind']}:{row.scope['key']}:{row.scope['at']}" for row in orders)
        late = [(row.created_at - datetime.fromisoformat(row.scope["at"])).total_seconds() for row in orders]
        wanted = {f"{it.kind}:{it.key}:{it.at.isoformat()}" for it in self.things}
        sweeps = BEGIN
        while sweeps <= END + LEASE:
            wanted.add(f"sweep:all:{sweeps.isoformat()}")
            sweeps += STEP
        carried = Counter((self.folder / "log").read_text().splitlines())
        return {
            "things": len(wanted),
            "missed": len(wanted - done.keys()),
            "unwanted": len(done.keys() - wanted),
            "twice": sum(count > 1 for count in done.values()),
            "early": sum(it < 0 for it in late),
            "latest_hours": round(max(late) / 3600, 2),
            "middle_hours": round(statistics.median(late) / 3600, 2),
            "kills": self.killed,
            "claimed_more_than_once": sum(count > 1 for count in carried.values()),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--things", type=int, default=3000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    server = start_postgres(durable=True)
    results = {}
    try:
        for name, store in (("sqlite", ""), ("postgres", server.url())):
            with tempfile.TemporaryDirectory() as folder:
                trial = Trial(store or folder, Path(folder), things=options.things, kills=options.kills)
                results[name] = trial.run()
    finally:
        server.remove()
    text = json.dumps(results, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text)
    if any(it[what] for it in results.values() for what in ("missed", "unwanted", "twice", "early")):
        sys.exit(1)


if __name__ == "__main__":
    main()
