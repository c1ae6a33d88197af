"""Both simulators in process and an installation of dambridge beside them, for tests that run whole flows."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from dambridge.bootstrap import Bridge, Settings, load_settings, open_bridge
from dambridge.engine.running import RunResult
from dambridge.engine.taking_in.running import run_flow
from dambridge_sim.__main__ import make_vendor
from dambridge_sim.kit.serving import Served, serve
from support.simulated import options

_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


@dataclass(slots=True)
class World:
    """Two systems, the people in them, and a configuration of ours that knows both."""

    photoshelter: Served
    netx: Served
    folder: Path
    overrides: Mapping[str, Any] = field(default_factory=dict)

    # people ------------------------------------------------------------------------------------------------------
    def submit(self, data: bytes | None, **meta: Any) -> str:
        """A photographer puts a file into PhotoShelter; returns its id."""
        answer: dict[str, Any] = send(self.photoshelter.url, "POST", "/__sim__/assets", meta=meta, data=data)
        return str(answer["id"])

    def keep_in_netx(self, data: bytes, **meta: Any) -> str:
        """A librarian puts a file into NetX; returns its id."""
        answer: dict[str, Any] = send(self.netx.url, "POST", "/__sim__/assets", meta=meta, data=data)
        return str(answer["id"])

    def edit(self, asset: str, data: bytes | None = None, **meta: Any) -> None:
        send(self.photoshelter.url, "PATCH", f"/__sim__/assets/{asset}", meta=meta, data=data)

    def edit_netx(self, asset: str, data: bytes | None = None, **meta: Any) -> None:
        send(self.netx.url, "PATCH", f"/__sim__/assets/{asset}", meta=meta, data=data)

    def make_folder(self, *paths: str) -> None:
        """A librarian makes folders in NetX."""
        for path in paths:
            asset = send(
                self.netx.url, "POST", "/__sim__/assets", meta={"file_name": "x", "containers": [path]}, data=b"x"
            )
            control(self.netx.url, "DELETE", f"/__sim__/assets/{asset['id']}")

    def switch(self, system: str, **values: Any) -> None:
        control(getattr(self, system).url, "POST", "/__sim__/switches", values)

    def faults(self, system: str, *rules: Mapping[str, Any], seed: int = 1) -> None:
        control(getattr(self, system).url, "POST", "/__sim__/faults", {"rules": list(rules), "seed": seed})

    def traffic(self, system: str, **settings: float) -> None:
        """Latency, rate and bandwidth of a system; nothing named means none."""
        control(getattr(self, system).url, "POST", "/__sim__/traffic", settings)

    def advance(self, seconds: float) -> None:
        for system in (self.photoshelter, self.netx):
            control(system.url, "POST", "/__sim__/clock", {"advance": seconds})

    def anew(self, folder: Path) -> World:
        """The same two simulators, emptied, and an installation of ours that remembers nothing."""
        for system in (self.photoshelter, self.netx):
            control(system.url, "POST", "/__sim__/reset")
        return World(self.photoshelter, self.netx, folder, self.overrides)

    # what became of it -------------------------------------------------------------------------------------------
    def archived(self) -> list[dict[str, Any]]:
        """NetX's living assets."""
        return [it for it in lines(self.netx.url, "/__sim__/state") if not it.get("deleted")]

    def by_source(self) -> dict[str, list[dict[str, Any]]]:
        """NetX's living assets by the PhotoShelter id that they carry."""
        found: dict[str, list[dict[str, Any]]] = {}
        for it in self.archived():
            for source in it["attributes"].get("Source Id") or [""]:
                found.setdefault(source, []).append(it)
        return found

    def journal(self, system: str, after: int = 0) -> list[dict[str, Any]]:
        return lines(getattr(self, system).url, f"/__sim__/journal?after={after}")

    def seq(self, system: str) -> int:
        return max((it["seq"] for it in self.journal(system)), default=0)

    def changes(self, system: str, after: int) -> list[dict[str, Any]]:
        return [it for it in self.journal(system, after) if it["changed"]]

    # ourselves ---------------------------------------------------------------------------------------------------
    @property
    def config(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "dambridge.yaml"
        path.write_text(yaml.dump(merged(self._base(), self.overrides), Dumper=_DUMPER), encoding="utf-8")
        return path

    def _base(self) -> dict[str, Any]:
        ps, nx = self.photoshelter, self.netx
        return {
            "accounts": {
                "agency": {
                    "system": "photoshelter",
                    "base_url": ps.url,
                    "api_key": ps.credentials["api_key"],
                    "email": ps.credentials["email"],
                    "password": ps.credentials["password"],
                    "org_id": ps.credentials["org_id"],
                    "rate": 5000,
                    "burst": 500,
                },
                "archive": {
                    "system": "netx",
                    "base_url": nx.url,
                    "token": nx.credentials["token"],
                    "rate": 5000,
                    "burst": 500,
                    "settle_seconds": 0,
                },
            },
            "flows": {
                "intake": {
                    "from": "agency",
                    "to": "archive",
                    "select": {"galleries": ["Intake/**"]},
                    "required": ["credit"],
                }
            },
            "clock": ps.url,
            "store": {"path": "data", "keep_free": 0},
            "engine": {"runtime": "local", "concurrency": 4},
        }

    @asynccontextmanager
    async def bridge(self) -> AsyncIterator[Bridge]:
        config = self.config
        settings = _settings(config, config.read_text(encoding="utf-8"))
        async with open_bridge(settings) as bridge:
            yield bridge

    async def run(self, *, full: bool = False) -> RunResult:
        """One run in a process of its own, as far as the ledger can tell: everything is opened and closed."""
        async with self.bridge() as bridge:
            return await run_flow(bridge.parts, full=full)


@lru_cache(maxsize=8)
def _settings(config: Path, text: str) -> Settings:
    """The file's settings, read again when its text is another: a test opens the same installation many times."""
    del text
    return load_settings(config)


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        known = result.get(key)
        result[key] = merged(known, value) if isinstance(known, dict) and isinstance(value, Mapping) else value
    return result


@contextmanager
def world(folder: Path, *, strict: bool = False, **overrides: Any) -> Iterator[World]:
    """Both simulators, empty, for as long as the block lasts; `strict` ones serve confirmed operations alone."""
    kind = options(strict=strict)
    with serve(make_vendor("photoshelter"), kind) as ps, serve(make_vendor("netx"), kind) as nx:
        yield World(ps, nx, folder, overrides)


def send(url: str, method: str, path: str, *, meta: Mapping[str, Any], data: bytes | None) -> Any:
    boundary = f"b{uuid5(NAMESPACE_URL, path).hex}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="meta"\r\n\r\n{json.dumps(dict(meta))}\r\n'.encode(),
    ]
    if data is not None:
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="upload"\r\n'
        parts.append(head.encode() + b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n")
    parts.append(f"--{boundary}--\r\n".encode())
    request = urllib.request.Request(
        url + path,
        data=b"".join(parts),
        method=method,
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"{}")


def control(url: str, method: str, path: str, body: Any = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url + path, data=data, method=method, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"{}")


def lines(url: str, path: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(url + path, timeout=60) as answer:
        return [json.loads(it) for it in answer.read().decode().splitlines() if it.strip()]


def settled(work: Any) -> Any:
    """Run a coroutine from a synchronous test."""
    return asyncio.run(work)
