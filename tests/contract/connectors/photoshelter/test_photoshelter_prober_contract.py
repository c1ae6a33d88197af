"""The prober contract on PhotoShelter's simulator."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from dambridge.connectors.kit import Http, Retries
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.connectors.photoshelter.probing import PhotoShelterProber
from dambridge.model.identity import AccountId
from dambridge.testing.prober_contract import ProberContract
from dambridge_sim.kit.bodies import FaultRules
from dambridge_sim.kit.serving import Served, serve
from dambridge_sim.photoshelter import make_vendor
from support.pictures import picture
from support.probing import OpenPacer
from support.world import send


@dataclass
class PhotoShelterAccount:
    """Implements `ProbedAccount`; what a probe left in the trash is not of the account any more."""

    served: Served
    http: Http
    pacer: OpenPacer = field(default_factory=OpenPacer)
    passed: float = 0.0

    @property
    def secrets(self) -> Sequence[str]:
        given = self.served.credentials
        return [given["api_key"], given["api_key_v3"], given["password"]]

    def prober(self) -> PhotoShelterProber:
        given = self.served.credentials
        said = {name: given[name] for name in ("api_key", "email", "password", "org_id")}
        options = PhotoShelterOptions.model_validate(
            {"base_url": self.served.url, "v3_api_key": given["api_key_v3"], **said}
        )
        few = Retries(attempts=2)
        client = PhotoShelterClient(options, account=AccountId("agency"), pacer=self.pacer, http=self.http, retries=few)
        return PhotoShelterProber(client, options, sleep=self.rest, monotonic=lambda: self.passed)

    async def rest(self, seconds: float) -> None:
        self.passed += seconds
        self.served.world.clock.advance(timedelta(seconds=seconds))

    def state(self) -> Any:
        assets = [it for it in self.served.simulator.lines() if not it["trash"]]
        documents = self.served.world.documents
        return assets, sorted(str(documents.get("container", it)) for it in documents.stored("container"))

    def changes(self) -> int:
        lines = self.served.world.journal.lines()
        return sum(it["changed"] and "authenticate" not in it["path"] for it in lines)

    def calls(self) -> int:
        return len(self.served.world.journal)

    def expose(self) -> None:
        """Containers are open unless they say otherwise, and no call says it for them."""
        self.served.world.switches.set(
            {"root_visibility": "everyone", "v4_visibility_write": False, "v3_visibility_write": False}
        )

    def fail(self, *, after: int = 0) -> None:
        if after:
            self.pacer.at, self.pacer.then = self.pacer.taken + after, self.fail
            return
        rule = {"match": {"path": "/*"}, "action": "status", "status": 503}
        self.served.world.faults.load(FaultRules.model_validate({"rules": [rule]}))

    def recover(self) -> None:
        self.served.world.faults.load(FaultRules.model_validate({"rules": []}))


@pytest.fixture
async def account() -> AsyncIterator[PhotoShelterAccount]:
    async def no_rest(_seconds: float) -> None: ...

    with serve(make_vendor()) as served:
        for number, gallery in enumerate(("Sport/Match", "Sport/Training")):
            meta = {"file_name": f"boat_{number}.jpg", "containers": [gallery], "custom": {"permit": "P-1"}}
            send(served.url, "POST", "/__sim__/assets", meta=meta, data=picture(number))
        async with Http(jitter=lambda: 0.0, sleep=no_rest) as http:
            yield PhotoShelterAccount(served, http)


class TestPhotoShelterProber(ProberContract):
    @pytest.fixture
    def account(self, account: PhotoShelterAccount) -> PhotoShelterAccount:
        return account
