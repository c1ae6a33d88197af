"""The desk that answers for people, over the store of these settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dambridge.bootstrap.console_options import ConsoleOptions
from dambridge.bootstrap.settings import Settings
from dambridge.bootstrap.wiring import open_store
from dambridge.connectors.kit import SystemClock
from dambridge.engine.people import PeopleDesk
from dambridge.ports.terms import WholeLedger
from dambridge.storage import SqlLedger, SqlPeopleStore


def people_desk(settings: Settings, ledger: WholeLedger) -> PeopleDesk:
    """The desk over an open ledger."""
    if not isinstance(ledger, SqlLedger):
        raise TypeError("the store of a bridge is in SQL")
    console = settings.console or ConsoleOptions()
    return PeopleDesk(store=SqlPeopleStore(ledger), clock=SystemClock(), idle=console.idle, longest=console.longest)


@asynccontextmanager
async def open_people(settings: Settings) -> AsyncIterator[PeopleDesk]:
    """The same, opened for one command."""
    async with open_store(settings) as (ledger, _):
        yield people_desk(settings, ledger)
