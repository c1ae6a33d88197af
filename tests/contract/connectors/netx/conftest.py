"""A NetX site in the background and an archive on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from dambridge.connectors.kit import Http
from dambridge.connectors.netx.adapter import connect
from dambridge.connectors.netx.config import NetxOptions
from dambridge.model.identity import AccountId
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

    def fault(self, *rules: dict[str, Any]) -> None:
        """Replace the fault rules."""
        self.served.world.faults.load(FaultRules.model_validate({"rules": list(rules)}))

    def options(self, **more: Any) -> NetxOptions:
        token = {} if "oauth" in more else {"token": self.served.credentials["token"]}
        return NetxOptions.model_validate({"base_url": self.served.url, "read_timeout": 5, **token, **more})

    @asynccontextmanager
    async def connection(self, **more: Any) -> AsyncIterator[Connection]:
        async def no_rest(_seconds: float) -> None: ...

        async with Http(jitter=lambda: 0.0, sleep=no_rest) as http:
            connection = connect(self.options(**more), account=ACCOUNT, pacer=self.pacer, http=http)
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
