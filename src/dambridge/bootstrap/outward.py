"""Desks for people over what goes out: opened with the accounts, the policies of both flows, and the gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from dambridge.bootstrap.publishing import build_gate, gate_options
from dambridge.bootstrap.settings import Settings
from dambridge.bootstrap.wiring import open_bridge
from dambridge.engine.rights_desk import RightsDesk
from dambridge.ports.errors import Refused


@asynccontextmanager
async def open_rights(settings: Settings) -> AsyncIterator[RightsDesk]:
    """What questions about rights need. Raises `Refused` where no gate is configured."""
    if settings.gate is None:
        raise Refused("No gate is configured, so that nothing can be said about rights. Add `gate:` with `channels:`.")
    async with open_bridge(settings, work=False) as bridge:
        yield RightsDesk(
            ledger=bridge.common.ledger,
            sites=bridge.sites,
            policies=bridge.outlets.policies if bridge.outlets is not None else (),
            gate=build_gate(settings),
            zone=ZoneInfo(gate_options(settings).zone),
            now=await bridge.common.clock.now(),
        )
