"""A worker in a process of its own, for tests that kill, freeze or merely end it.

    python -m dambridge.testing.runtime_process local|dbos STORE WORKER JOURNAL ORDERS

ORDERS is JSON: `start` (works as `[id, kind, args, queue, key]`), `wait` (ids), `linger` (work on until killed, whatever
has ended), `beat` and `silent` in seconds. The kinds
write lines to JOURNAL: `note` one line; `hang` one, and another when it is interrupted; `exit` ends the process at once.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import structlog

from dambridge.engine.runtime.dbos import DbosRuntime
from dambridge.engine.runtime.local import LocalRuntime
from dambridge.ports.runtime import Json, Runtime


def open_runtime(kind: str, store: str, worker: str, *, beat: float = 10.0, silent: float = 60.0) -> Runtime:
    """A runtime that is not launched yet. `store` is a folder or a PostgreSQL address."""
    if kind == "local":
        return LocalRuntime(Path(store) / "engine-local.json")
    return DbosRuntime(store, worker=worker, beat=beat, silent=silent)


def register(runtime: Runtime, journal: Path) -> None:
    """The kinds that tests work with."""

    def write(line: str) -> None:
        with journal.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    async def note(args: Json) -> Json:
        write(f"note {args['name']}")
        return {"name": args["name"]}

    async def hang(args: Json) -> Json:
        write(f"hang {args['name']}")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            write(f"interrupted {args['name']}")
            raise
        return {}

    async def leave(args: Json) -> Json:
        write(f"exit {args['name']}")
        os._exit(9)

    for name, workflow in (("note", note), ("hang", hang), ("exit", leave)):
        runtime.register(name, workflow)


async def work(runtime: Runtime, orders: dict[str, Any]) -> None:
    await runtime.launch()
    for work_id, kind, args, queue, key in orders.get("start", []):
        await runtime.start(work_id, kind, args, queue=queue, key=key)
    for work_id in orders.get("wait", []):
        await runtime.wait(work_id)
    if orders.get("linger"):
        await asyncio.Event().wait()
    await runtime.close()


def main() -> None:
    kind, store, worker, journal, told = sys.argv[1:]
    orders = json.loads(told)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.INFO))
    runtime = open_runtime(
        kind, store, worker, beat=float(orders.get("beat", 10)), silent=float(orders.get("silent", 60))
    )
    register(runtime, Path(journal))
    asyncio.run(work(runtime, orders))


if __name__ == "__main__":
    main()
