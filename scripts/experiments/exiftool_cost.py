"""What does an asset cost in ExifTool, alone and beside two busy servers? Prints the tables of decision 4.

    python scripts/experiments/exiftool_cost.py [--files 500] [--json]

500 mixed files rest in a spool (hash-named, no extension). They are read in batches of 1, 20 and 100 by 1 and 2 ExifTool
processes, first with the machine quiet, then beside both simulators answering as fast as two clients can ask. CPU time is
that of the ExifTool processes alone, so it says the same on a machine that others use too; wall time does not.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from dambridge.files import ExifToolOptions, FileInspector, FileSpool, find_exiftool  # noqa: E402
from dambridge.files.process import ExifToolProcess  # noqa: E402
from dambridge.files.reading import ARGUMENTS  # noqa: E402
from dambridge.ports.files import Spooled  # noqa: E402
from support.library500 import Library500, build  # noqa: E402 - the path is made above

BATCHES, WORKERS = (1, 20, 100), (1, 2)
MEMORY = 4 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One measurement: milliseconds for each asset."""

    beside: str
    workers: int
    batch: int
    cpu_ms: float
    wall_ms: float
    per_second: float


def measure(paths: Sequence[Path], *, workers: int, batch: int, beside: str) -> Cost:
    """Read all files once; the processes are warm before the clock starts and gone when CPU time is counted."""
    program = find_exiftool().program
    processes = [ExifToolProcess(program, memory_bytes=MEMORY) for _ in range(workers)]
    for process in processes:
        process.read(ARGUMENTS, paths[:1], seconds=60)
    before = _cpu_of_living(processes)
    begun = time.monotonic()
    shares = [paths[number::workers] for number in range(workers)]
    threads = [
        threading.Thread(target=_read, args=(process, share, batch))
        for process, share in zip(processes, shares, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.monotonic() - begun
    cpu = _cpu_of_living(processes) - before
    for process in processes:
        process.close()
    count = len(paths)
    return Cost(
        beside=beside,
        workers=workers,
        batch=batch,
        cpu_ms=round(cpu / count * 1000, 2),
        wall_ms=round(wall / count * 1000, 2),
        per_second=round(count / wall),
    )


def _read(process: ExifToolProcess, paths: Sequence[Path], batch: int) -> None:
    for start in range(0, len(paths), batch):
        process.read(ARGUMENTS, paths[start : start + batch], seconds=120)


def _cpu_of_living(processes: Sequence[ExifToolProcess]) -> float:
    ticks = 0
    for process in processes:
        fields = Path(f"/proc/{process._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()  # noqa: SLF001
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def spooled(library: Library500, folder: Path, count: int) -> tuple[list[Spooled], float]:
    """Put the files into a spool as a delivery would; the spooled ones and the CPU milliseconds that each took."""
    spool = FileSpool(folder)
    contents = [(library.folder / it.path).read_bytes() for it in library.truths[:count]]
    begun = time.process_time()
    kept = [await spool.keep(str(n), _pieces(it), expected_size=len(it)) for n, it in enumerate(contents)]
    return kept, (time.process_time() - begun) / len(kept) * 1000


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1 << 16):
        yield content[start : start + (1 << 16)]


async def through_the_port(kept: Sequence[Spooled], names: Sequence[str]) -> tuple[float, float, float]:
    """All files at once through `FileInspector.inspect`: our own CPU, ExifTool's CPU, wall; milliseconds an asset."""
    inspector = FileInspector(ExifToolOptions())
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu, wall = time.process_time(), time.monotonic()
    await asyncio.gather(*(inspector.inspect(it.path, file_name=n) for it, n in zip(kept, names, strict=True)))
    cpu, wall = time.process_time() - cpu, time.monotonic() - wall
    await inspector.close()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    theirs = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
    return cpu / len(kept) * 1000, theirs / len(kept) * 1000, wall / len(kept) * 1000


@contextmanager
def busy_servers() -> Iterator[None]:
    """Both simulators on loopback, each asked for its pages as fast as one client can."""
    with ExitStack() as stack:
        urls = [stack.enter_context(_simulator(system)) for system in ("photoshelter", "netx")]
        for url in urls:
            stack.enter_context(_client(url))
        yield


@contextmanager
def _simulator(system: str) -> Iterator[str]:
    command = [str(Path(sys.executable).with_name("dambridge-sim")), system, "--port", "0", "--seed", "synthetic:1000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait(timeout=20)


_ASK = """
import sys, time, urllib.request
# Ends by itself, whatever becomes of its parent.
until = time.monotonic() + 300
while time.monotonic() < until:
    for path in ("/__sim__/health", "/"):
        urllib.request.urlopen(sys.argv[1] + path, timeout=30).read()
"""


@contextmanager
def _client(url: str) -> Iterator[None]:
    urllib.request.urlopen(f"{url}/__sim__/health", timeout=30).read()
    process = subprocess.Popen([sys.executable, "-c", _ASK, url], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def main() -> int:
    options = argparse.ArgumentParser(description="What an asset costs in ExifTool.")
    options.add_argument("--files", type=int, default=500)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    library = build()
    with TemporaryDirectory() as folder:
        kept, spool_ms = asyncio.run(spooled(library, Path(folder), chosen.files))
        paths, names = [it.path for it in kept], [it.file_name for it in library.truths[: chosen.files]]
        costs = [measure(paths, workers=w, batch=b, beside="nothing") for w in WORKERS for b in BATCHES]
        port_quiet = asyncio.run(through_the_port(kept, names))
        with busy_servers():
            costs += [measure(paths, workers=w, batch=b, beside="busy") for w in WORKERS for b in BATCHES]
            port_busy = asyncio.run(through_the_port(kept, names))
    told = {
        "files": len(kept),
        "average_bytes": sum(it.digest.size for it in kept) // len(kept),
        "load_average": os.getloadavg()[0],
        "spool_cpu_ms": round(spool_ms, 2),
        "port_ms": {"nothing": [round(it, 2) for it in port_quiet], "busy": [round(it, 2) for it in port_busy]},
        "costs": [asdict(it) for it in costs],
    }
    if chosen.json:
        print(json.dumps(told, indent=1))
    else:
        show(told, costs)
    return 0


def show(told: dict[str, object], costs: Sequence[Cost]) -> None:
    print({name: value for name, value in told.items() if name != "costs"})
    print("| beside | processes | batch | CPU ms an asset | wall ms an asset | assets/s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for it in costs:
        print(f"| {it.beside} | {it.workers} | {it.batch} | {it.cpu_ms} | {it.wall_ms} | {it.per_second} |")


if __name__ == "__main__":
    sys.exit(main())
