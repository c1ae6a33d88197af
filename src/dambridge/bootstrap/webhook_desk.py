"""Whoever tells other programs, opened for one command beside a running server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dambridge.bootstrap.settings import Settings
from dambridge.bootstrap.webhooks import build_announcer
from dambridge.bootstrap.wiring import open_store
from dambridge.engine.announcing import Announcer
from dambridge.ports.clock import Clock
from dambridge.ports.errors import Refused
from dambridge.ports.terms import WholeLedger


def announcer_over(settings: Settings, ledger: WholeLedger, clock: Clock) -> Announcer:
    """To look at what stands in an open ledger. Raises `Refused` where nobody is told."""
    made = build_announcer(settings, ledger, clock, None)
    if made is None:
        raise Refused("Nobody is told anything here: name `webhooks` in the configuration.")
    return made


@asynccontextmanager
async def open_announcer(settings: Settings) -> AsyncIterator[Announcer]:
    """The same, opened for one command."""
    async with open_store(settings) as (ledger, clock):
        yield announcer_over(settings, ledger, clock)
