"""How much margin must the pacer leave, so that 95 % of the allowed calls are used and none is refused?

    python scripts/experiments/pacer_margins.py [--seconds 40] [--json FILE]

Limiters of several kinds (a token bucket of 20, 5 and 2; a fixed window of 20 calls per second and 200 per ten seconds,
aligned to the clock or opened by the first call, shown in headers or not) allow 20 calls per second behind a network of
100 ms with uneven delay. The product's own pacer, one or four worker processes over one SQLite file, eight callers each,
calls them as quickly as it may. Each row counts from the third second on. Run for several margins; the report that goes
with it is docs/decisions/0005-pace.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import multiprocessing
import random
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from dambridge.model.identity import AccountId
from dambridge.ports.pace import Lane, PaceRule, PaceShape
from dambridge.storage import SqlPacer, open_ledger, open_pacer, pacing

RATE = 20.0
LATENCY = 0.1
CALLERS = 8
WARM_UP = 3.0
JITTERS = (0.01, 0.04)
"""Seconds by which each half of the way may be shorter or longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One limiter and those who call it. `burst` is the size of a bucket, `window` in seconds that of a window."""

    name: str
    workers: int
    jitter: float
    burst: int = 0
    window: float = 0.0
    aligned: bool = True
    shown: bool = False

    @property
    def rule(self) -> PaceRule:
        shape = PaceShape.FIXED_WINDOW if self.window else PaceShape.TOKEN_BUCKET
        window = timedelta(seconds=self.window or 1.0)
        return PaceRule(shape=shape, rate=RATE, burst=self.burst or 1000, window=window, reserve=0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """The constants of `storage.pacing` that are being tried."""

    name: str
    rate_share: float
    jitter: float
    window_share: float
    quiet: float


MARGINS = (
    Margins(name="none", rate_share=1.0, jitter=0.0, window_share=0.0, quiet=0.0),
    Margins(
        name="chosen",
        rate_share=pacing.RATE_SHARE,
        jitter=pacing.JITTER,
        window_share=pacing.WINDOW_SHARE,
        quiet=pacing.QUIET,
    ),
    Margins(name="double", rate_share=0.98, jitter=0.1, window_share=0.04, quiet=0.4),
)


def cells() -> list[Cell]:
    found = []
    for workers in (1, 4):
        for jitter in JITTERS:
            more: dict[str, Any] = {"workers": workers, "jitter": jitter}
            tag = f"{workers}p {jitter * 1000:.0f}ms"
            found += [Cell(name=f"bucket {burst} {tag}", burst=burst, **more) for burst in (20, 5, 2)]
            for window in (1.0, 10.0):
                found.append(Cell(name=f"window {window:.0f}s aligned hidden {tag}", window=window, **more))
                found.append(Cell(name=f"window {window:.0f}s aligned shown {tag}", window=window, shown=True, **more))
                found.append(
                    Cell(
                        name=f"window {window:.0f}s opening shown {tag}",
                        window=window,
                        aligned=False,
                        shown=True,
                        **more,
                    )
                )
    return found


class Limiter:
    """Counts arrivals as the cell says, strictly."""

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.tokens, self.stamp = float(cell.burst), time.monotonic()
        self.opened, self.used = -math.inf, 0
        self.arrivals: list[tuple[float, bool]] = []

    def arrive(self) -> bool:
        now = time.monotonic()
        good = self._window(now) if self.cell.window else self._bucket(now)
        self.arrivals.append((now, good))
        return good

    def _bucket(self, now: float) -> bool:
        self.tokens = min(float(self.cell.burst), self.tokens + (now - self.stamp) * RATE)
        self.stamp = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def _window(self, now: float) -> bool:
        if now >= self.opened + self.cell.window:
            self.opened = math.floor(now / self.cell.window) * self.cell.window if self.cell.aligned else now
            self.used = 0
        self.used += 1
        return self.used <= RATE * self.cell.window

    def headers(self) -> dict[str, str]:
        if not self.cell.shown:
            return {}
        left = self.opened + self.cell.window - time.monotonic()
        limit = str(int(RATE * self.cell.window))
        return {"X-Limit": limit, "X-Used": str(self.used), "X-Reset": f"{max(0.0, left):.6f}"}


def serve(which: list[Cell], ready: Any, stop: Event) -> None:
    """The process in which all limiters live; sends its port, and at the end what it counted."""
    limiters = {it.name: Limiter(it) for it in which}
    chance = random.Random(1)  # noqa: S311 - an uneven network, not a secret

    async def call(request: web.Request) -> web.Response:
        limiter = limiters[request.match_info["cell"]]
        there, back = (LATENCY / 2 + chance.uniform(-1, 1) * limiter.cell.jitter for _ in range(2))
        await asyncio.sleep(max(0.0, there))
        good = limiter.arrive()
        headers = limiter.headers()
        await asyncio.sleep(max(0.0, back))
        return web.Response(status=200 if good else 429, headers={**headers, "Retry-After": "0.2"})

    async def main() -> None:
        app = web.Application()
        app.router.add_get("/{cell}", call)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        ready.send(runner.addresses[0][1])
        await asyncio.to_thread(stop.wait)
        await runner.cleanup()
        ready.send({name: it.arrivals for name, it in limiters.items()})

    asyncio.run(main())


def work(which: list[Cell], number: int, where: tuple[str, int], seconds: float, margins: Margins) -> None:
    """One worker process: all callers of all cells that it takes part in."""
    pacing.RATE_SHARE, pacing.JITTER = margins.rate_share, margins.jitter
    pacing.WINDOW_SHARE, pacing.QUIET = margins.window_share, margins.quiet
    mine = [it for it in which if number < it.workers]
    store, port = where

    async def main() -> None:
        pacer = open_pacer(store, {AccountId(it.name): it.rule for it in mine})
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            until = time.monotonic() + seconds
            callers = [caller(pacer, http, it, port, until) for it in mine for _ in range(CALLERS)]
            await asyncio.gather(*callers)
        await pacer.close()

    asyncio.run(main())


async def caller(pacer: SqlPacer, http: aiohttp.ClientSession, cell: Cell, port: int, until: float) -> None:
    account = AccountId(cell.name)
    while time.monotonic() < until:
        await pacer.take(account, Lane.NORMAL)
        async with http.get(f"http://127.0.0.1:{port}/{cell.name}") as reply:
            if "X-Limit" in reply.headers:
                await pacer.told_window(
                    account,
                    limit=int(reply.headers["X-Limit"]),
                    used=int(reply.headers["X-Used"]),
                    resets_in=timedelta(seconds=float(reply.headers["X-Reset"])),
                )
            if reply.status == 429:
                await pacer.told_to_wait(account, timedelta(seconds=float(reply.headers["Retry-After"])))


def run(which: list[Cell], margins: Margins, seconds: float) -> list[dict[str, Any]]:
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as store:
        open_ledger(store).close_now()
        here, there = context.Pipe()
        stop = context.Event()
        server = context.Process(target=serve, args=(which, there, stop))
        server.start()
        port = here.recv()
        count = max(it.workers for it in which)
        workers = [
            context.Process(target=work, args=(which, number, (store, port), seconds, margins))
            for number in range(count)
        ]
        for it in workers:
            it.start()
        for it in workers:
            it.join()
        stop.set()
        arrivals = here.recv()
        server.join()
    return [judge(it, arrivals[it.name], margins, seconds) for it in which]


def judge(cell: Cell, arrivals: list[tuple[float, bool]], margins: Margins, seconds: float) -> dict[str, Any]:
    begin = min(at for at, _ in arrivals)
    first, last = begin + WARM_UP, begin + seconds - 1.0
    if cell.window:  # whole windows only, as the limiter saw them
        first = math.ceil(first / cell.window) * cell.window
        last = math.floor(last / cell.window) * cell.window
    inside = sum(good for at, good in arrivals if first <= at < last)
    refused = sum(not good for _, good in arrivals)
    used = inside / (RATE * (last - first))
    return {"margins": margins.name, "cell": cell.name, "used": round(used, 4), "refused": refused, **asdict(cell)}


def summary(rows: list[dict[str, Any]]) -> None:
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        kind = " ".join(row["cell"].split()[:-2])
        groups.setdefault((row["margins"], kind), []).append(row)
    print(f"{'margins':8} {'limiter':28} {'used, lowest to highest':26} refused")
    for (margins, kind), them in groups.items():
        used = sorted(it["used"] for it in them)
        refused = sum(it["refused"] for it in them)
        print(f"{margins:8} {kind:28} {used[0]:.1%} to {used[-1]:.1%}{'':12} {refused}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--margins", nargs="*", default=[it.name for it in MARGINS])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    for margins in MARGINS:
        if margins.name not in options.margins:
            continue
        for workers in (1, 4):  # few enough at a time that this machine is no limiter of its own
            for jitter in JITTERS:
                group = [it for it in cells() if (it.workers, it.jitter) == (workers, jitter)]
                rows += run(group, margins, options.seconds)
    summary(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
