"""A NetX site in the background and an archive on it."""

from __future__ import annotations

import io
import json
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from dambridge.connectors.kit import Http
from dambridge.connectors.netx.adapter import connect
from dambridge.connectors.netx.config import NetxOptions
from dambridge.connectors.netx.routes import AttributeRoutes
from dambridge.model.identity import AccountId, RemoteId
from dambridge.model.records import NativeValue
from dambridge.ports.connection import Connection
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetArchive
from dambridge_sim.kit.bodies import FaultRules
from dambridge_sim.kit.serving import Served, serve
from dambridge_sim.kit.simulator import Options
from dambridge_sim.netx import make_vendor

ACCOUNT = AccountId("archive")


@dataclass
class OpenPacer:
    """Lets every call pass and remembers what it was told."""

    taken: list[Lane] = field(default_factory=list)
    waits: list[timedelta] = field(default_factory=list)

    async def take(self, account: AccountId, lane: Lane, calls: int = 1, *, deadline: float | None = None) -> None:
        self.taken += [lane] * calls

    async def told_to_wait(self, account: AccountId, wait: timedelta) -> None:
        self.waits.append(wait)

    async def told_window(self, account: AccountId, *, limit: int, used: int, resets_in: timedelta) -> None: ...


@dataclass
class Site:
    """The served simulator, as a test sees it."""

    served: Served
    pacer: OpenPacer = field(default_factory=OpenPacer)

    def switch(self, **positions: Any) -> None:
        """Set switches; a dot in a name is written as two underscores."""
        self.served.world.switches.set({name.replace("__", "."): value for name, value in positions.items()})

    def set(self, name: str, value: Any) -> None:
        """Set one switch by its own name."""
        self.served.world.switches.set({name: value})

    def librarian(self) -> Librarian:
        return Librarian(self)

    def fault(self, *rules: dict[str, Any]) -> None:
        """Replace the fault rules."""
        self.served.world.faults.load(FaultRules.model_validate({"rules": list(rules)}))

    def options(self, **more: Any) -> NetxOptions:
        token = {} if "oauth" in more else {"token": self.served.credentials["token"]}
        return NetxOptions.model_validate({"base_url": self.served.url, "read_timeout": 5, **token, **more})

    @asynccontextmanager
    async def connection(self, *, routes: AttributeRoutes | None = None, **more: Any) -> AsyncIterator[Connection]:
        async def no_rest(_seconds: float) -> None: ...

        async with Http(jitter=lambda: 0.0, sleep=no_rest) as http:
            connection = connect(self.options(**more), account=ACCOUNT, pacer=self.pacer, http=http, routes=routes)
            yield connection
            await connection.close()

    @asynccontextmanager
    async def archive(self, **more: Any) -> AsyncIterator[AssetArchive]:
        async with self.connection(**more) as connection:
            yield connection.archive

    @property
    def mark(self) -> int:
        """The place that the journal has reached."""
        return len(self.served.world.journal)

    def methods(self, after: int) -> list[str]:
        """The RPC methods, or paths, of the calls after `after`."""
        return [line.get("rpc") or line["path"] for line in self.served.world.journal.lines(after)]


class Librarian:
    """Somebody at work in the site itself, as the simulator's control calls let people work."""

    def __init__(self, site: Site) -> None:
        self._url = site.served.url

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
            "containers": list(containers) or ["Intake"],
            "attributes": _listed(fields or {}),
        }
        made = await self.control("POST", "assets", form_of(meta, content))
        return RemoteId(made["id"])

    async def describe(self, remote_id: RemoteId, fields: Mapping[str, NativeValue | None]) -> None:
        await self._edit(remote_id, {"attributes": _listed(fields)})

    async def tag(self, remote_id: RemoteId, custom: Mapping[str, str]) -> None:
        raise NotImplementedError("this site has no custom fields beside its attributes")

    async def replace_file(self, remote_id: RemoteId, content: bytes) -> None:
        await self._edit(remote_id, {}, content)

    async def move(self, remote_id: RemoteId, containers: Sequence[str]) -> None:
        await self._edit(remote_id, {"containers": list(containers)})

    async def view(self, remote_id: RemoteId, name: str, content: str) -> None:
        """Hang a view on the asset."""
        await self._edit(remote_id, {"views": [{"name": name, "content": content}]})

    async def delete(self, remote_id: RemoteId) -> None:
        await self.control("DELETE", f"assets/{remote_id}")

    async def advance(self, by: timedelta) -> None:
        await self.control("POST", "clock", {"advance": by.total_seconds()})

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        kind = {"data": body} if isinstance(body, aiohttp.FormData) else {"json": body}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self._url}/__sim__/{path}", **kind) as reply,
        ):
            text = await reply.text()
            assert reply.status == 200, text
            return json.loads(text) if text else None

    async def _edit(self, remote_id: RemoteId, meta: Mapping[str, Any], content: bytes | None = None) -> None:
        await self.control("PATCH", f"assets/{remote_id}", form_of(meta, content))


def _listed(fields: Mapping[str, NativeValue | None]) -> dict[str, list[str]]:
    """Values as the site keeps them: lists of texts."""
    return {
        name: [] if value is None else list(value) if isinstance(value, tuple) else [str(value)]
        for name, value in fields.items()
    }


def form_of(meta: Mapping[str, Any], content: bytes | None) -> aiohttp.FormData:
    """The form of a person's control call."""
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("meta", json.dumps(meta))
    if content is not None:
        form.add_field("file", io.BytesIO(content), filename="upload.jpg")
    return form


@pytest.fixture(scope="module")
def served_strictly() -> Iterator[Served]:
    """Nothing but what is CONFIRMED."""
    with serve(make_vendor(), Options(strict=True)) as served:
        yield served


@pytest.fixture
def strict_site(served_strictly: Served) -> Iterator[Site]:
    """An empty site that serves what is CONFIRMED alone."""
    yield from _emptied(served_strictly)


@pytest.fixture
def empty_site(served_netx: Served) -> Iterator[Site]:
    """The module's site without any asset, with switches, faults and clock as they come."""
    yield from _emptied(served_netx)


def _emptied(served: Served) -> Iterator[Site]:
    request = urllib.request.Request(f"{served.url}/__sim__/reset", method="POST", data=b"{}")
    urllib.request.urlopen(request, timeout=10).close()
    yield Site(served)


@pytest.fixture(scope="module")
def served_netx() -> Iterator[Served]:
    with serve(make_vendor()) as served:
        yield served


@pytest.fixture
def site(served_netx: Served) -> Iterator[Site]:
    """The module's site, with switches and faults as they come and whatever earlier tests left in it."""
    yield Site(served_netx)
    served_netx.world.faults.load(FaultRules.model_validate({"rules": []}))
    served_netx.world.switches.reset()


@pytest.fixture
def fresh_site() -> Iterator[Callable[..., Site]]:
    """Makes sites of a test's own."""
    open_sites = []

    def make(**more: Any) -> Site:
        context = serve(make_vendor(), Options(**more))
        open_sites.append(context)
        return Site(context.__enter__())

    yield make
    for context in open_sites:
        context.__exit__(None, None, None)
