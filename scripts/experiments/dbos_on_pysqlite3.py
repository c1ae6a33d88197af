"""Does DBOS hold on `pysqlite3`, on every Python that dambridge supports? Prints the tables of decision 3.

    python scripts/experiments/dbos_on_pysqlite3.py --python PATH [--python PATH ...] [--json]

For each interpreter an environment is made in a temporary folder (uv is needed), and in processes of their own: DBOS as it
comes is launched; DBOS on our engine is launched, loaded, killed and restarted; the runtime's idle cost and delay are taken.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("dbos==3.4.0", "pysqlite3==0.6.1", "sqlalchemy==2.1.9", "structlog>=26,<27")
WORKFLOWS, STEPS, KILLED, KILLS = 400, 4, 800, 5
Told = dict[str, Any]


# in the environment under test ---------------------------------------------------------------------------------------------
def launch(folder: Path, engine: Any, *, threads: int | None = 32) -> Any:
    """DBOS with a workflow of four trivial steps, each of which writes a line; returns the workflow."""
    from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer  # noqa: PLC0415 - only there in the child

    config: DBOSConfig = {
        "name": "experiment",
        "application_version": "1",
        "executor_id": "one",
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "CRITICAL",
    }
    if threads is not None:
        config["max_executor_threads"] = threads
    if engine is None:
        config["system_database_url"] = f"sqlite:///{folder / 'engine.db'}"
    else:
        config["system_database_engine"] = engine
    DBOS(config=config)
    journal = os.open(folder / "steps", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    @DBOS.step()
    async def step(name: str) -> int:
        os.write(journal, f"{name}\n".encode())
        return 1

    @DBOS.workflow(max_recovery_attempts=50)
    async def work(name: str) -> int:
        return sum([await step(f"{name}/{number}") for number in range(STEPS)])

    DBOS.launch()
    DBOS.register_queue("load", worker_concurrency=32, polling_interval_sec=0.05, on_conflict="always_update")
    DBOS.register_queue("line", partition_concurrency=1, polling_interval_sec=0.02, on_conflict="always_update")
    return work


def ours(folder: Path) -> Any:
    from dambridge.engine.runtime.stores import sqlite_engine  # noqa: PLC0415 - only there in the child

    return sqlite_engine(folder)


def enqueue(work: Any, count: int, *, queue: str = "load", key: str | None = None) -> None:
    from dbos import DBOS, SetEnqueueOptions, SetWorkflowID  # noqa: PLC0415 - only there in the child

    for number in range(count):
        with SetWorkflowID(f"{queue}-{number}"), SetEnqueueOptions(queue_partition_key=key):
            DBOS.enqueue_workflow(queue, work, f"{queue}-{number}")


def drain(count: int) -> int:
    """Wait until so many workflows have ended well; returns the most threads that were seen."""
    from dbos import DBOS  # noqa: PLC0415 - only there in the child

    most = 0
    while len(DBOS.list_workflows(status="SUCCESS", load_input=False, load_output=False)) < count:
        most = max(most, threading.active_count())
        time.sleep(0.1)
    return most


def leave(told: Told) -> None:
    print(json.dumps(told), flush=True)
    os._exit(0)


def as_it_comes(folder: Path) -> None:
    try:
        launch(folder, None)
    except Exception as error:  # noqa: BLE001 - the error is what is asked for
        leave({"launches": False, "why": str(getattr(error, "orig", None) or error).splitlines()[0]})
    leave({"launches": True, "sqlite": sqlite3.sqlite_version})


def load(folder: Path, *, engine: Callable[[Path], Any] = ours, threads: int | None = 32) -> None:
    work = launch(folder, engine(folder), threads=threads)
    begun, cpu = time.monotonic(), time.process_time()
    enqueue(work, WORKFLOWS)
    given = time.monotonic() - begun
    most = drain(WORKFLOWS)
    wall = time.monotonic() - begun
    leave(
        {
            "enqueue_per_s": round(WORKFLOWS / given),
            "workflows_per_s": round(WORKFLOWS / wall),
            "cpu_ms_per_step": round((time.process_time() - cpu) / WORKFLOWS / STEPS * 1000, 2),
            "threads": most,
        }
    )


def unbounded(folder: Path) -> None:
    load(folder, threads=None)


def rollback(folder: Path) -> None:
    """Our engine with the journal that DBOS would use by itself."""

    def engine(there: Path) -> Any:
        from sqlalchemy import event  # noqa: PLC0415 - only there in the child

        made = ours(there)

        @event.listens_for(made, "connect")
        def delete(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA journal_mode = DELETE")

        return made

    load(folder, engine=engine)


def victim(folder: Path) -> None:
    """Works until it is killed, or until all is done."""
    work = launch(folder, ours(folder))
    enqueue(work, KILLED)
    drain(KILLED)
    leave({"done": True})


def order(folder: Path) -> None:
    work = launch(folder, ours(folder))
    enqueue(work, 30, queue="line", key="one")
    drain(30)
    begun = [it for it in (folder / "steps").read_text().split() if it.endswith("/0")]
    wanted = [f"line-{number}/0" for number in range(30)]
    leave({"fifo": begun == wanted})


def runtime(folder: Path) -> None:
    """The product's own runtime: from `start` to the first line of the body, one after the other; then ten idle seconds."""
    from dambridge.engine.runtime.dbos import DbosRuntime  # noqa: PLC0415 - only there in the child
    from dambridge.ports.runtime import Json  # noqa: PLC0415 - likewise

    delays: list[float] = []

    async def body(args: Json) -> Json:
        delays.append(time.monotonic() - args["at"])
        return {}

    async def main() -> Told:
        import structlog  # noqa: PLC0415 - only there in the child

        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
        one = DbosRuntime(str(folder), worker="one")
        one.register("body", body)
        begun = time.monotonic()
        await one.launch()
        launched = time.monotonic() - begun
        for number in range(40):
            await asyncio.sleep(random.uniform(0, 0.2))  # noqa: S311 - to meet the polls at no fixed moment
            await one.start(f"w{number}", "body", {"at": time.monotonic()}, queue="batch")
            await one.wait(f"w{number}")
        cpu, begun = time.process_time(), time.monotonic()
        await asyncio.sleep(10)
        idle = (time.process_time() - cpu) / (time.monotonic() - begun)
        begun = time.monotonic()
        await one.close()
        ordered = sorted(delays)
        return {
            "launch_ms": round(launched * 1000),
            "delay_ms_p50": round(ordered[20] * 1000),
            "delay_ms_max": round(ordered[-1] * 1000),
            "idle_percent_of_a_core": round(idle * 100, 1),
            "close_ms": round((time.monotonic() - begun) * 1000),
        }

    leave(asyncio.run(main()))


CASES = {it.__name__: it for it in (as_it_comes, load, rollback, unbounded, victim, order, runtime)}


# the one who measures -----------------------------------------------------------------------------------------------------
def environment(python: str, home: Path) -> str:
    """An environment with what the runtime needs; its interpreter."""
    uv = shutil.which("uv")
    if uv is None:
        raise SystemExit("uv is needed: install it, or run inside dambridge's environment.")
    subprocess.run([uv, "venv", "-q", "--python", python, str(home)], check=True)
    made = str(home / "bin" / "python")
    subprocess.run([uv, "pip", "install", "-q", "--python", made, *NEEDED], check=True)
    return made


def begin(python: str, case: str, folder: Path) -> subprocess.Popen[str]:
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [python, str(Path(__file__).resolve()), "--case", case, "--folder", str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=surroundings)


def case(python: str, name: str) -> Told:
    with tempfile.TemporaryDirectory() as folder:
        out, err = begin(python, name, Path(folder)).communicate(timeout=300)
        if not out.strip():
            raise SystemExit(f"{name} on {python} said nothing:\n{err[-2000:]}")
        told: Told = json.loads(out.splitlines()[-1])
        return told


def killed(python: str) -> Told:
    """Kill the worker five times at random moments under load; count what was done how often."""
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(KILLS):
            process = begin(python, "victim", Path(folder))
            before = _lines(Path(folder))
            while _lines(Path(folder)) < before + 200 and process.poll() is None:
                time.sleep(0.02)
            time.sleep(random.uniform(0, 0.5))  # noqa: S311 - a moment that nobody chose
            process.send_signal(signal.SIGKILL)
            process.communicate()
        out, err = begin(python, "victim", Path(folder)).communicate(timeout=300)
        if "done" not in out:
            raise SystemExit(f"not all was done on {python}:\n{err[-2000:]}")
        lines = (Path(folder) / "steps").read_text().split()
        wanted = KILLED * STEPS
        return {"kills": KILLS, "wanted": wanted, "done": len(set(lines)), "executed": len(lines)}


def _lines(folder: Path) -> int:
    steps = folder / "steps"
    return steps.read_bytes().count(b"\n") if steps.exists() else 0


def measure(python: str) -> Told:
    with tempfile.TemporaryDirectory() as home:
        made = environment(python, Path(home))
        say = "import sys, sqlite3, pysqlite3; print(sys.version.split()[0], sqlite3.sqlite_version, pysqlite3.sqlite_version)"
        version, own, brought = subprocess.check_output([made, "-c", say], text=True).split()
        told: Told = {"python": version, "sqlite": own, "pysqlite3": brought}
        for name in ("as_it_comes", "load", "rollback", "unbounded", "order", "runtime"):
            told[name] = case(made, name)
        told["killed"] = killed(made)
        return told


def main() -> int:
    options = argparse.ArgumentParser(description="Does DBOS hold on pysqlite3, on every Python?")
    options.add_argument("--python", action="append", default=[])
    options.add_argument("--json", action="store_true")
    options.add_argument("--case", choices=sorted(CASES), help=argparse.SUPPRESS)
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.case:
        CASES[chosen.case](chosen.folder)
    begun = os.getloadavg()[0]
    found = [measure(it) for it in chosen.python or [sys.executable]]
    told = {"load_average": [begun, os.getloadavg()[0]], "pythons": found}
    print(json.dumps(told, indent=1 if chosen.json else None) if chosen.json else table(found))
    return 0


def table(found: list[Told]) -> str:
    rows = []
    for it in found:
        for part, figures in it.items():
            if isinstance(figures, dict):
                rows.append(f"| {it['python']} | {part} | " + ", ".join(f"{k} {v}" for k, v in figures.items()) + " |")
    return "\n".join(["| Python | what | figures |", "| --- | --- | --- |", *rows])


if __name__ == "__main__":
    sys.exit(main())
