"""A simulated NetX site examined from outside: what it holds, what was called, and time that passes when a probe rests."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from dambridge.bootstrap import probing as bootstrap_probing
from dambridge.connectors.kit import Http
from dambridge.connectors.netx.client import NetxClient
from dambridge.connectors.netx.config import NetxOptions
from dambridge.connectors.netx.probing import NetxProber
from dambridge.connectors.photoshelter.probing import PhotoShelterProber
from dambridge.model.identity import AccountId
from dambridge.ports.pace import Lane
from dambridge_sim.kit.bodies import FaultRules
from dambridge_sim.kit.serving import Served, serve
from dambridge_sim.kit.simulator import Options
from dambridge_sim.netx import make_vendor
from support.pictures import picture
from support.world import World, send

EXPORTS: list[dict[str, Any]] = [
    {"field": "dc:title", "attribute": "Title", "export": True},
    {"field": "dc:description", "attribute": "Caption", "export": True},
    {"field": "photoshop:Credit", "attribute": "Credit"},
    {"field": "photoshop:Source", "attribute": "Instructions"},
    {"field": "photoshop:Headline", "attribute": "Name"},
    {"field": "photoshop:DateCreated", "attribute": "Date Created"},
]
"""The metadata map of the examined site: not the simulator's own, and with exports."""


@dataclass
class OpenPacer:
    """Lets every call pass, counts them, and does something before one of them."""

    taken: int = 0
    at: int = 0
    then: Callable[[], None] = lambda: None

    async def take(self, account: AccountId, lane: Lane, calls: int = 1, *, deadline: float | None = None) -> None:
        self.taken += calls
        if self.taken == self.at:
            self.then()

    async def told_to_wait(self, account: AccountId, wait: timedelta) -> None: ...

    async def told_window(self, account: AccountId, *, limit: int, used: int, resets_in: timedelta) -> None: ...


@dataclass
class NetxAccount:
    """Implements `ProbedAccount`."""

    served: Served
    http: Http
    options: dict[str, Any] = field(default_factory=dict)
    mapped: Sequence[str] | None = None
    marks: Sequence[str] = ()
    pacer: OpenPacer = field(default_factory=OpenPacer)

    @property
    def secrets(self) -> Sequence[str]:
        return list(self.served.credentials["tokens"].values())

    async def now(self) -> datetime:
        return self.served.world.clock.now()

    def prober(self) -> NetxProber:
        given = {"token": self.served.credentials["token"], "base_url": self.served.url, **self.options}
        setup = NetxOptions.model_validate(given)
        client = NetxClient(setup, account=AccountId("archive"), pacer=self.pacer, http=self.http)
        return NetxProber(setup, client=client, clock=self, rest=self.rest, mapped=self.mapped, marks=self.marks)

    async def rest(self, wait: timedelta) -> None:
        self.served.world.clock.advance(wait)

    def state(self) -> Any:
        documents = self.served.world.documents
        assets = [it for it in self.served.simulator.lines() if not it["deleted"]]
        folders = sorted(str(documents.get("folder", it)) for it in documents.stored("folder"))
        return assets, folders, str(documents.get("site", "site"))

    def journal(self) -> list[dict[str, Any]]:
        return self.served.world.journal.lines()

    def changes(self) -> int:
        return sum(it["changed"] for it in self.journal())

    def calls(self) -> int:
        return len(self.served.world.journal)

    def expose(self) -> None:
        site = self.served.world.documents.get("site", "site") or {}
        rows = [*site["permissions"], {"group": "everyone", "folder": "", "recursive": True}]
        self.extend(permissions=rows)

    def extend(self, **description: Any) -> None:
        """Lay something over the description of the site."""
        self.served.simulator.vendor.library.extend(description)  # type: ignore[attr-defined]  # NetX's own

    def fail(self, *, after: int = 0) -> None:
        if after:
            self.pacer.at, self.pacer.then = self.pacer.taken + after, self.fail
            return
        rule = {"match": {"path": "/*"}, "action": "status", "status": 503}
        self.served.world.faults.load(FaultRules.model_validate({"rules": [rule]}))

    def recover(self) -> None:
        self.served.world.faults.load(FaultRules.model_validate({"rules": []}))

    def switch(self, **positions: Any) -> None:
        self.served.world.switches.set({name.replace("__", "."): value for name, value in positions.items()})


def furnish(served: Served) -> None:
    """A private picture, a public one, a folder in a folder, and our own folder, made by an administrator beforehand."""
    for number, folder in enumerate(("Intake/2026", "Public")):
        meta = {"file_name": f"boat_{number}.jpg", "containers": [folder]}
        send(served.url, "POST", "/__sim__/assets", meta=meta, data=picture(number))


@asynccontextmanager
async def netx_account(**more: Any) -> AsyncIterator[NetxAccount]:
    """A site of its own with a few assets."""

    async def no_rest(_seconds: float) -> None: ...

    with serve(make_vendor(), Options(**more)) as served:
        furnish(served)
        async with Http(jitter=lambda: 0.0, sleep=no_rest) as http:
            account = NetxAccount(served, http)
            account.extend(metadata_map=EXPORTS, folders=["dambridge"])
            yield account


def rest_by_their_clocks(
    monkeypatch: pytest.MonkeyPatch, pair: World, meanwhile: Sequence[Callable[[], object]]
) -> None:
    """Probes of this process wait by moving the clocks of both systems; `meanwhile` is what happens there each time."""
    rested = 0.0

    async def rest(seconds: float) -> None:
        nonlocal rested
        rested += seconds
        pair.advance(seconds)
        for it in meanwhile:
            it()

    photoshelter = partial(PhotoShelterProber, sleep=rest, monotonic=lambda: time.monotonic() + rested)
    monkeypatch.setattr(bootstrap_probing, "PhotoShelterProber", photoshelter)
    netx = partial(NetxProber, rest=lambda wait: rest(wait.total_seconds()))
    monkeypatch.setattr(bootstrap_probing, "NetxProber", netx)
