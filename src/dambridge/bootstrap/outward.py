"""Desks for people over what goes out: opened with the accounts, the policies of both flows, and the gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from dambridge.bootstrap.bridging import Bridge
from dambridge.bootstrap.policies import build_maps
from dambridge.bootstrap.publishing import build_gate, build_publish, gate_options
from dambridge.bootstrap.settings import Settings
from dambridge.bootstrap.wiring import open_bridge
from dambridge.engine.rights_desk import RightsDesk
from dambridge.ports.errors import Refused
from dambridge.ports.terms import WholeLedger


@asynccontextmanager
async def open_rights(settings: Settings) -> AsyncIterator[RightsDesk]:
    """What questions about rights need. Raises `Refused` where no gate is configured."""
    _needs_a_gate(settings)
    async with open_bridge(settings, work=False) as bridge:
        now = await bridge.common.clock.now()
        yield rights_desk(settings, bridge.common.ledger, now=now, bridge=bridge)


def rights_desk(settings: Settings, ledger: WholeLedger, *, now: datetime, bridge: Bridge | None = None) -> RightsDesk:
    """The desk over an open ledger; without a bridge nothing can be read from the accounts. Raises `Refused` as above."""
    _needs_a_gate(settings)
    if bridge is not None:
        policies = bridge.outlets.policies if bridge.outlets is not None else ()
    else:
        maps = build_maps(settings)
        policies = tuple(build_publish(settings, flow, maps) for flow in settings.flows.outward)
    return RightsDesk(
        ledger=ledger,
        sites=bridge.sites if bridge is not None else {},
        policies=policies,
        gate=build_gate(settings),
        zone=ZoneInfo(gate_options(settings).zone),
        now=now,
    )


def _needs_a_gate(settings: Settings) -> None:
    if settings.gate is None:
        raise Refused("No gate is configured, so that nothing can be said about rights. Add `gate:` with `channels:`.")
