"""Desks for people over what goes out: opened with the accounts, the policies of both flows, and the gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from dambridge.bootstrap.policies import build_maps
from dambridge.bootstrap.publishing import build_gate, build_publish, gate_options
from dambridge.bootstrap.settings import Settings
from dambridge.bootstrap.wiring import open_bridge
from dambridge.engine.rights_desk import RightsDesk
from dambridge.policy.outlets import PublishPolicy
from dambridge.ports.errors import Refused


def outward_policies(settings: Settings, folder: Path) -> list[PublishPolicy]:
    """The policies of the flows that show something outside, in the order of their turns."""
    maps = build_maps(settings)
    return [build_publish(settings, flow, maps, folder=folder) for flow in settings.flows.outward]


@asynccontextmanager
async def open_rights(settings: Settings, *, folder: Path) -> AsyncIterator[RightsDesk]:
    """What questions about rights need. Raises `Refused` where no gate is configured."""
    if settings.gate is None:
        raise Refused("No gate is configured, so that nothing can be said about rights. Add `gate:` with `channels:`.")
    async with open_bridge(settings, work=False) as bridge:
        yield RightsDesk(
            ledger=bridge.common.ledger,
            sites=bridge.sites,
            policies=outward_policies(settings, folder),
            gate=build_gate(settings),
            zone=ZoneInfo(gate_options(settings).zone),
            now=await bridge.common.clock.now(),
        )
