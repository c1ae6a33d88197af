"""Everything that one simulator holds: passed to the vendor and reachable from every call."""

from __future__ import annotations

from dataclasses import dataclass

from dambridge_sim.kit.blobs import Blobs
from dambridge_sim.kit.clock import Clock
from dambridge_sim.kit.documents import Documents
from dambridge_sim.kit.exposure import Exposure
from dambridge_sim.kit.faults import FaultEngine
from dambridge_sim.kit.history import History
from dambridge_sim.kit.journal import Journal
from dambridge_sim.kit.switches import Switches
from dambridge_sim.kit.traffic import Traffic
from dambridge_sim.kit.webhooks import Webhooks


@dataclass(slots=True)
class World:
    """The parts of a simulator. `url` is where it is served, set when it is known."""

    clock: Clock
    documents: Documents
    blobs: Blobs
    switches: Switches
    faults: FaultEngine
    traffic: Traffic
    journal: Journal
    exposure: Exposure
    history: History
    webhooks: Webhooks
    strict: bool = False
    url: str = ""
