"""A PhotoShelter in the background, a person at work in it, and readers on it."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from dambridge.connectors.kit import Http, Retries, SystemClock
from dambridge.connectors.photoshelter.adapter import connect
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.model.identity import AccountId, RemoteId
from dambridge.model.records import NativeValue
from dambridge.ports.connection import Connection
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetReader
from dambridge.testing.archive_samples import small_jpeg
from dambridge_sim.kit.serving import Served, serve
from dambridge_sim.kit.simulator import Options
from dambridge_sim.photoshelter import make_vendor

ACCOUNT = AccountId("agency")


@dataclass
class OpenPacer:
    """Lets every call pass and remembers what it was told."""

    taken: list[Lane] = field(default_factory=list)
    waits: list[timedelta] = field(default_factory=list)
    windows: list[tuple[int, int, timedelta]] = field(default_factory=list)

    async def take(self, account: AccountId, lane: Lane, calls: int = 1, *, deadline: float | None = None) -> None:
        assert account == ACCOUNT
        self.taken += [lane] * calls

    async def told_to_wait(self, account: AccountId, wait: timedelta) -> None:
        self.waits.append(wait)

    async def told_window(self, account: AccountId, *, limit: int, used: int, resets_in: timedelta) -> None:
        self.windows.append((limit, used, resets_in))


@dataclass
class PhotoShelterSite:
    """The served simulator as a test sees it, and as a person uses it through the control calls."""

    served: Served
    pacer: OpenPacer = field(default_factory=OpenPacer)
    slept: list[float] = field(default_factory=list)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        async with aiohttp.ClientSession() as session:
            kind = {"data": body} if isinstance(body, aiohttp.FormData) else {"json": body}
            async with session.request(method, f"{self.served.url}/__sim__/{path}", **kind) as reply:
                text = await reply.text()
                assert reply.status == 200, text
                if reply.content_type == "application/x-ndjson":
                    return [json.loads(line) for line in text.splitlines()]
                return json.loads(text) if text else None

    async def switch(self, **positions: Any) -> None:
        await self.control("POST", "switches", positions)

    async def fault(self, *rules: Mapping[str, Any]) -> None:
        """Replace the fault rules."""
        await self.control("POST", "faults", {"rules": list(rules)})

    async def journal(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.control("GET", "journal?after=0")
        return [it for it in found if it["path"].startswith("/psapi")]

    async def advance(self, by: timedelta) -> None:
        await self.control("POST", "clock", {"advance": by.total_seconds()})

    def options(self, **more: Any) -> PhotoShelterOptions:
        said = {k: v for k, v in self.served.credentials.items() if k in {"api_key", "email", "password", "org_id"}}
        return PhotoShelterOptions.model_validate(
            {"base_url": self.served.url, "per_page": 20, "read_timeout": 5, **said, **more}
        )

    @asynccontextmanager
    async def connection(self, *, retries: Retries | None = None, **more: Any) -> AsyncIterator[Connection]:
        async def rest(seconds: float) -> None:
            self.slept.append(seconds)

        async with Http(jitter=lambda: 0.0, sleep=rest) as http:
            open_one = connect(
                self.options(**more), account=ACCOUNT, pacer=self.pacer, clock=SystemClock(), http=http, retries=retries
            )
            yield open_one
            await open_one.close()

    @asynccontextmanager
    async def reader(self, *, retries: Retries | None = None, **more: Any) -> AsyncIterator[AssetReader]:
        async with self.connection(retries=retries, **more) as open_one:
            yield open_one.reader

    @property
    def v3_key(self) -> str:
        return str(self.served.credentials["api_key_v3"])

    # As a person

    async def add(
        self,
        file_name: str,
        content: bytes,
        *,
        containers: Sequence[str] = (),
        fields: Mapping[str, NativeValue] | None = None,
        custom: Mapping[str, str] | None = None,
    ) -> RemoteId:
        meta = {
            "file_name": file_name,
            "containers": list(containers),
            "metadata": fields or {},
            "custom": custom or {},
        }
        made = await self.control("POST", "assets", self._form(meta, content))
        return RemoteId(made["id"])

    async def make_gallery(self, path: str) -> None:
        """A gallery comes into being with its first file, which is then thrown away."""
        await self.delete(await self.add("first.jpg", small_jpeg(path), containers=[path]))

    async def describe(self, remote_id: RemoteId, fields: Mapping[str, NativeValue | None]) -> None:
        await self._edit(remote_id, {"metadata": fields})

    async def tag(self, remote_id: RemoteId, custom: Mapping[str, str]) -> None:
        await self._edit(remote_id, {"custom": custom})

    async def replace_file(self, remote_id: RemoteId, content: bytes) -> None:
        await self._edit(remote_id, {}, content)

    async def move(self, remote_id: RemoteId, containers: Sequence[str]) -> None:
        await self._edit(remote_id, {"containers": list(containers)})

    async def delete(self, remote_id: RemoteId) -> None:
        await self.control("DELETE", f"assets/{remote_id}")

    async def edit(self, remote_id: RemoteId, meta: Mapping[str, Any]) -> None:
        await self._edit(remote_id, meta)

    async def _edit(self, remote_id: RemoteId, meta: Mapping[str, Any], content: bytes | None = None) -> None:
        await self.control("PATCH", f"assets/{remote_id}", self._form(meta, content))

    @staticmethod
    def _form(meta: Mapping[str, Any], content: bytes | None) -> aiohttp.FormData:
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("meta", json.dumps(meta))
        if content is not None:
            form.add_field("file", io.BytesIO(content), filename="upload.jpg")
        return form


@pytest.fixture(scope="module")
def served_photoshelter() -> Iterator[Served]:
    with serve(make_vendor()) as served:
        yield served


@pytest.fixture(scope="module")
def served_strictly() -> Iterator[Served]:
    """Nothing but what is CONFIRMED."""
    with serve(make_vendor(), Options(strict=True)) as served:
        yield served


@pytest.fixture
async def photoshelter(served_photoshelter: Served) -> PhotoShelterSite:
    """An empty library, with faults, switches and clock as they come."""
    site = PhotoShelterSite(served_photoshelter)
    await site.control("POST", "reset", {})
    return site


@pytest.fixture
async def strict_photoshelter(served_strictly: Served) -> PhotoShelterSite:
    site = PhotoShelterSite(served_strictly)
    await site.control("POST", "reset", {})
    return site
