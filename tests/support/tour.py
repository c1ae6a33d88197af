"""A tour of both connectors: every method of every facet, in every route that an option opens, against simulators.

What was asked is in the `Watch` of each system; which methods were called, in `Tour.called`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from dambridge.connectors.kit import Http
from dambridge.ports.connection import Connection
from dambridge.ports.pace import Lane
from dambridge_sim.kit.bodies import FaultRules
from dambridge_sim.kit.serving import Served
from support.watching import Watch

LANE: Final = Lane.NORMAL
FACETS: Final = ("reader", "archive", "audience", "attachments", "finder", "renditions", "hints")
PROBE: Final = "probe"


@dataclass
class Tour:
    """What both tours saw. `called` holds `system facet.method`."""

    photoshelter: Watch
    netx: Watch
    called: set[str] = field(default_factory=set)


class Noted:
    """A facet whose methods are noted as they are looked up."""

    def __init__(self, facet: Any, name: str, called: set[str]) -> None:
        self._facet, self._name, self._called = facet, name, called

    def __getattr__(self, method: str) -> Any:
        self._called.add(f"{self._name}.{method}")
        return getattr(self._facet, method)


@dataclass
class Guide:
    """Walks through one system."""

    watch: Watch
    called: set[str]
    http: Http
    folder: Path

    @property
    def served(self) -> Served:
        return self.watch.served

    @contextmanager
    def at(self, connection: Connection, facet: str) -> Iterator[Any]:
        """A facet of a connection; all that is called meanwhile counts as its own."""
        found = getattr(connection, facet)
        assert found is not None, facet
        with self.watch.by(facet):
            yield Noted(found, f"{connection.system} {facet}", self.called)

    @contextmanager
    def faulty(self, *rules: Mapping[str, Any]) -> Iterator[None]:
        """What the service answers instead, meanwhile."""
        faults = self.served.world.faults
        faults.load(FaultRules.model_validate({"rules": list(rules)}))
        yield
        faults.load(FaultRules.model_validate({"rules": []}))

    @contextmanager
    def switched(self, **positions: Any) -> Iterator[None]:
        """Another kind of site, meanwhile."""
        switches = self.served.world.switches
        before = {name: switches[name] for name in positions}
        switches.set(positions)
        yield
        switches.set(before)

    def advance(self, **by: float) -> None:
        self.served.world.clock.advance(timedelta(**by))


@asynccontextmanager
async def _resting() -> AsyncIterator[Http]:
    async def no_rest(_seconds: float) -> None: ...

    async with Http(jitter=lambda: 0.0, sleep=no_rest) as http:
        yield http


@contextmanager
def toured() -> Iterator[Tour]:
    """Both tours, done; the simulators are there as long as the block lasts."""
    from dambridge_sim.__main__ import make_vendor
    from dambridge_sim.kit.serving import serve
    from dambridge_sim.kit.simulator import Options
    from support import tour_netx, tour_photoshelter

    with (
        TemporaryDirectory() as folder,
        serve(make_vendor("photoshelter"), Options()) as photoshelter,
        serve(make_vendor("netx"), Options()) as netx,
    ):
        tour = Tour(Watch(photoshelter), Watch(netx))

        async def walk() -> None:
            async with _resting() as http:
                await tour_photoshelter.walk(Guide(tour.photoshelter, tour.called, http, Path(folder)))
                await tour_netx.walk(Guide(tour.netx, tour.called, http, Path(folder)))

        asyncio.run(walk())
        yield tour


async def drained(stream: Any) -> bytes:
    """All of a stream that an asynchronous context gives."""
    async with stream as found:
        return b"".join([it async for it in found.chunks])


async def listed(pages: Any) -> list[Any]:
    """All of an asynchronous listing."""
    return [it async for it in pages]
