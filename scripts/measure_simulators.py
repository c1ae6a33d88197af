"""How fast the simulators are: `python scripts/measure_simulators.py [netx] [photoshelter] [--seconds 2] [--assets 1000000]`.

One client on one connection. Two figures for each call: how many come through in a second of the clock, and how many a second of
the simulator's own processor time is good for; the second does not suffer when the machine has other work. Start time and memory
are those with a computed library.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

BIN = Path(sys.executable).parent
TICKS = os.sysconf("SC_CLK_TCK")
MEGABYTE = 1_000_000
FILE_MB = 20
Send = Callable[[], None]


@dataclass(frozen=True)
class Running:
    """A simulator that was started for measuring, and a connection to it."""

    process: int
    credentials: Mapping[str, Any]
    line: http.client.HTTPConnection
    started_s: float

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        self.line.request(method, path, body, dict(headers or {}))
        reply = self.line.getresponse()
        data = reply.read()
        if reply.status != 200:
            raise SystemExit(f"{method} {path}: HTTP {reply.status}: {data[:300]!r}")
        return data

    def processor_s(self) -> float:
        """Processor time of the simulator so far."""
        fields = Path(f"/proc/{self.process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self) -> float:
        """Memory that the simulator holds."""
        status = Path(f"/proc/{self.process}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1000


@contextmanager
def running(system: str, assets: int) -> Iterator[Running]:
    command = [str(BIN / "dambridge-sim"), system, "--port", "0", "--seed", f"synthetic:{assets}"]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        took = time.perf_counter() - begun
        line = http.client.HTTPConnection(urlsplit(ready["url"]).netloc, timeout=60)
        yield Running(process.pid, ready["credentials"], line, took)
        line.close()
    finally:
        process.terminate()
        process.wait(timeout=20)


def netx(sim: Running) -> dict[str, Send]:
    """The main calls of the NetX simulator."""
    authorised = {"Authorization": f"apiToken {sim.credentials['token']}"}
    numbers = count(10_000_000)

    def rpc(method: str, *params: Any) -> dict[str, Any]:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        reply: dict[str, Any] = json.loads(
            sim.send("POST", "/api/rpc", body, {**authorised, "Content-Type": "application/json"})
        )
        if "error" in reply:
            raise SystemExit(f"{method}: {reply['error']}")
        return reply

    data = ["asset.id", "asset.base", "asset.file", "asset.attributes", "asset.folders"]
    page = {"page": {"startIndex": 400_000, "size": 200}, "data": data, "sort": {"field": "modDate", "order": "asc"}}
    span = {"field": "modDate", "min": 0, "max": None, "includeMin": True, "includeMax": False}
    query = {"query": [{"operator": "and", "range": span}]}
    folder = rpc("getFolderByPath", "Library", None)["result"]["id"]
    filed = {"page": {"startIndex": 400_000, "size": 200}, "data": data}
    big = os.urandom(FILE_MB * MEGABYTE)

    def form(content: bytes) -> tuple[bytes, dict[str, str]]:
        head = (
            f'--B\r\nContent-Disposition: form-data; name="folderId"\r\n\r\n{folder}\r\n'
            '--B\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
        )
        body = head.encode() + content + b"\r\n--B--\r\n"
        return body, {**authorised, "Content-Type": "multipart/form-data; boundary=B"}

    def imports() -> None:
        body, headers = form(next(numbers).to_bytes(8, "big") + big)
        sim.send("POST", "/api/import/asset", body, headers)

    stored = json.loads(sim.send("POST", "/api/import/asset", *form(big)))["id"]
    return {
        "getAssets, 1 id, everything": lambda: _done(rpc("getAssets", [next(numbers)], {"data": data})),
        "getAssetsByQuery, page of 200 by modDate": lambda: _done(rpc("getAssetsByQuery", query, page)),
        "getAssetsByFolder, page of 200": lambda: _done(rpc("getAssetsByFolder", folder, True, filed)),
        "updateAsset, three attributes": lambda: _done(
            rpc(
                "updateAsset",
                {"id": next(numbers), "attributes": {"Title": ["x"], "Caption": ["y"], "Keywords": ["a", "b"]}},
                {"data": ["asset.id"]},
            )
        ),
        f"download of {FILE_MB} MB": lambda: _done(sim.send("GET", f"/api/file/asset/{stored}", None, authorised)),
        f"import of {FILE_MB} MB": imports,
    }


def photoshelter(sim: Running) -> dict[str, Send]:
    """Sign in, and the calls that need nothing to be made first."""
    known = sim.credentials
    headers = {"X-PS-Api-Key": str(known["api_key"]), "Content-Type": "application/x-www-form-urlencoded"}
    person = urlencode({"email": known["email"], "password": known["password"]}).encode()
    signed = json.loads(sim.send("POST", "/psapi/v4.0/authenticate", person, headers))
    headers["X-PS-Auth-Token"] = signed["token"]
    organisation = urlencode({"org_id": known["org_id"]}).encode()
    sim.send("POST", "/psapi/v4.0/organization/authenticate", organisation, headers)
    found = f"/psapi/v4.0/search?{urlencode({'org_id': known['org_id'], 'mode': 'library'})}"
    return {
        "library": lambda: _done(sim.send("GET", "/psapi/v4.0/library", None, headers)),
        "search, first page": lambda: _done(sim.send("GET", found, None, headers)),
    }


def _done(_reply: object) -> None:
    """What came is of no interest."""


WORK = {"netx": netx, "photoshelter": photoshelter}


def measure(system: str, assets: int, seconds: float) -> None:
    with running(system, assets) as sim:
        begun_mb = sim.memory_mb()
        print(f"{system}, synthetic:{assets}: ready in {sim.started_s:.1f} s with {begun_mb:.0f} MB of memory")
        print(f"  {'call':<42} {'per second':>12} {'per processor second':>22}")
        for name, send in WORK[system](sim).items():
            send()
            before, begun, made = sim.processor_s(), time.perf_counter(), 0
            while time.perf_counter() - begun < seconds:
                send()
                made += 1
            took, used = time.perf_counter() - begun, max(sim.processor_s() - before, 1 / TICKS)
            factor, unit = (FILE_MB, " MB") if name.endswith("MB") else (1, "")
            print(
                f"  {name:<42} {made * factor / took:>9.0f}{unit or '   '} {made * factor / used:>19.0f}{unit or '   '}"
            )
        print(f"  memory afterwards: {sim.memory_mb():.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("systems", nargs="*", choices=[*WORK, []], help="which simulators; both when none is named")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each call is repeated")
    parser.add_argument("--assets", type=int, default=1_000_000, help="size of the computed library")
    given = parser.parse_args()
    for system in given.systems or WORK:
        measure(system, given.assets, given.seconds)


if __name__ == "__main__":
    main()
