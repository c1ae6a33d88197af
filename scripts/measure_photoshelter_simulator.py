"""Measure the PhotoShelter simulator: calls and MB per second of one core's time, memory, start.

    python scripts/measure_photoshelter_simulator.py [--count 1000000] [--seconds 2]

The simulator runs pinned to one core, this client to another where there is one. What is counted is the processor time that the
simulator used, so that a machine busy with other things gives the same figures. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

_V4 = "/psapi/v4.0"
_LINES = 4
_UPLOAD = 32 * 1024 * 1024


@dataclass
class Line:
    """One connection: sends prepared bytes, reads one reply."""

    sock: socket.socket

    def receive(self) -> tuple[int, bytes]:
        """Return status and body of the next reply."""
        data = bytearray()
        while b"\r\n\r\n" not in data:
            data += self.sock.recv(1 << 20)
        head, _, body = bytes(data).partition(b"\r\n\r\n")
        length = next(
            int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length")
        )
        parts, got = [body], len(body)
        while got < length:
            piece = self.sock.recv(1 << 20)
            parts.append(piece)
            got += len(piece)
        return int(head.split(b" ", 2)[1]), b"".join(parts)


@dataclass
class Client:
    """A signed-in client of one simulator."""

    host: str
    port: int
    headers: str
    lines: Sequence[Line]
    pid: int

    def spent(self) -> float:
        """Return the seconds of processor time that the simulator used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def request(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/x-www-form-urlencoded"
    ) -> bytes:
        """Return the bytes of a request."""
        head = f"{method} {path} HTTP/1.1\r\nhost: {self.host}\r\n{self.headers}content-length: {len(body)}\r\n"
        return f"{head}content-type: {kind}\r\n\r\n".encode() + body

    def ask(self, *request: Any) -> Any:
        """Send one request and return its JSON."""
        self.lines[0].sock.sendall(self.request(*request))
        status, body = self.lines[0].receive()
        if status != 200:
            raise SystemExit(f"{request[:2]}: {status} {body[:300]!r}")
        return json.loads(body)

    def rate(self, requests: Sequence[bytes], seconds: float) -> tuple[float, float]:
        """Return replies and body bytes per second of the simulator's time."""
        sent = replies = volume = 0
        began = self.spent()
        while (now := self.spent()) - began < seconds:
            for line in self.lines:
                line.sock.sendall(requests[sent % len(requests)])
                sent += 1
            for line in self.lines:
                status, body = line.receive()
                if status != 200:
                    raise SystemExit(f"{status} {body[:300]!r}")
                replies += 1
                volume += len(body)
        return replies / (now - began), volume / (now - began)


@contextlib.contextmanager
def running(seed: str, core: int) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, Any], float]]:
    """Start a simulator pinned to a core; yield it, its ready line, and the seconds until that."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "dambridge_sim", "photoshelter", "--port", "0", "--seed", seed]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        os.sched_setaffinity(server.pid, {core})
        assert server.stdout is not None
        try:
            yield server, json.loads(server.stdout.readline()), time.perf_counter() - began
        finally:
            server.terminate()


def connect(ready: dict[str, Any], pid: int) -> Client:
    """Sign in and enter the organization."""
    place, known = urlsplit(ready["url"]), ready["credentials"]
    assert place.port is not None
    lines = [Line(socket.create_connection(("127.0.0.1", place.port))) for _ in range(_LINES)]
    for line in lines:
        line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client = Client(place.netloc, place.port, f"x-ps-api-key: {known['api_key']}\r\n", lines, pid)
    login = f"email={quote(known['email'])}&password={quote(known['password'])}&org_id={known['org_id']}"
    token = client.ask("POST", f"{_V4}/authenticate", login.encode())["token"]
    client.headers += f"x-ps-auth-token: {token}\r\n"
    return client


def memory_mb(process: subprocess.Popen[bytes]) -> float:
    """Return the resident memory of a process in 10^6 bytes."""
    text = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return next(int(row.split()[1]) for row in text.splitlines() if row.startswith("VmRSS")) * 1024 / 1e6


def calls(client: Client, org_id: str, seconds: float) -> Iterator[tuple[str, str]]:
    """Measure the main calls."""
    search = f"{_V4}/media?org_id={org_id}&sort_by=upload_time&sort_dir=asc&per_page=100"
    found = [each["id"] for page in (1, 40) for each in client.ask("GET", f"{search}&page={page}")["data"]]
    gallery = client.ask("GET", f"{_V4}/galleries?page=3&per_page=1")["data"][0]["id"]
    window = "&modify_start=2024-01-03%2000:00:00%20GMT&modify_end=2024-01-03%2012:00:00%20GMT"
    plans = {
        "`GET /media/{id}?include=iptc`": [client.request("GET", f"{_V4}/media/{each}?include=iptc") for each in found],
        "`GET /media`, a page of 100": [client.request("GET", f"{search}&page={page}") for page in range(1, 200, 7)],
        "`GET /media` with `modify_start`, a page of 100": [client.request("GET", f"{search}{window}&page=2")],
        "`GET /search`, a page of 100, in the middle": [
            client.request("GET", f"{_V4}/search?org_id={org_id}&mode=library&page={page}&per_page=100")
            for page in range(900, 1000, 7)
        ],
        "`GET /galleries/{id}/children`, a page of 100": [
            client.request("GET", f"{_V4}/galleries/{gallery}/children?page={page}&per_page=100")
            for page in range(1, 10)
        ],
        "`GET /galleries/{id}/child-count`, 1000 files": [
            client.request("GET", f"{_V4}/galleries/{gallery}/child-count")
        ],
        "`PATCH /media/{id}/iptc`": [
            client.request("PATCH", f"{_V4}/media/{each}/iptc", f"headline=number+{number}".encode())
            for number in range(50)
            for each in found
        ],
    }
    for name, requests in plans.items():
        rate, _ = client.rate(requests, seconds)
        yield name, f"{rate:,.0f} calls/s"


def transfers(client: Client, seconds: float) -> Iterator[tuple[str, str]]:
    """Measure one large file up, and down again."""
    gallery = client.ask("GET", f"{_V4}/galleries?page=1&per_page=1")["data"][0]["id"]
    mark = "measured"
    head = f'--{mark}\r\ncontent-disposition: form-data; name="gallery_id"\r\n\r\n{gallery}\r\n'
    head += f'--{mark}\r\ncontent-disposition: form-data; name="file"; filename="large.bin"\r\n\r\n'
    body = head.encode() + os.urandom(_UPLOAD) + f"\r\n--{mark}--\r\n".encode()
    kind = f"multipart/form-data; boundary={mark}"
    began, rounds = client.spent(), 0
    while client.spent() - began < seconds:
        made = client.ask("POST", f"{_V4}/media", body, kind)["data"]["id"]
        rounds += 1
    rate = rounds * _UPLOAD / (client.spent() - began) / 1e6
    yield "upload of 32 MiB, with its checksums", f"{rate:,.0f} MB/s"
    _, volume = client.rate([client.request("GET", f"{_V4}/media/{made}/download")], seconds)
    yield "download of the original, 32 MiB", f"{volume / 1e6:,.0f} MB/s"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=2.0)
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[0]})
    with running(f"synthetic:{given.count}", cores[-1]) as (server, ready, start_s):
        client = connect(ready, server.pid)
        rows = [
            ("start, until the ready line", f"{start_s:.2f} s"),
            ("memory after the start", f"{memory_mb(server):,.0f} MB"),
        ]
        rows += calls(client, ready["credentials"]["org_id"], given.seconds)
        rows.append(("memory after all calls", f"{memory_mb(server):,.0f} MB"))
        rows += transfers(client, given.seconds)
    print(f"| what, at `synthetic:{given.count}` | |\n| --- | ---: |")
    for name, value in rows:
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
