"""The archive suite on a live NetX account: `DAMBRIDGE_LIVE_NETX_URL` and `DAMBRIDGE_LIVE_NETX_TOKEN` name it.

It writes, below the folder `dambridge/contract` alone. Name attributes that may be written with `DAMBRIDGE_LIVE_NETX_FIELDS`
as `text,other text,list,pulldown,term,id text`, where the defaults do not exist. What it made stays for a person to delete.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest

from dambridge.connectors.kit import Http
from dambridge.connectors.netx.adapter import connect
from dambridge.connectors.netx.config import NetxOptions
from dambridge.model.identity import AccountId
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetArchive
from dambridge.testing.archive_contract import ArchiveContract
from dambridge.testing.archive_samples import ContractFields

URL, TOKEN = os.environ.get("DAMBRIDGE_LIVE_NETX_URL", ""), os.environ.get("DAMBRIDGE_LIVE_NETX_TOKEN", "")
RUN = secrets.token_hex(4)

pytestmark = pytest.mark.skipif(
    not (URL and TOKEN), reason="no live NetX account is named: the simulator stands for it"
)


class FourPerSecond:
    """The pace of a guest."""

    async def take(self, account: AccountId, lane: Lane, calls: int = 1, *, deadline: float | None = None) -> None:
        await asyncio.sleep(calls / 4)

    async def told_to_wait(self, account: AccountId, wait: timedelta) -> None:
        await asyncio.sleep(wait.total_seconds())

    async def told_window(self, account: AccountId, *, limit: int, used: int, resets_in: timedelta) -> None: ...


class TestNetxLive(ArchiveContract):
    @pytest.fixture
    async def archive(self) -> AsyncIterator[AssetArchive]:
        options = NetxOptions.model_validate({"base_url": URL, "token": TOKEN})
        async with Http() as http:
            connection = connect(options, account=AccountId("live"), pacer=FourPerSecond(), http=http)
            yield connection.archive
            await connection.close()

    @pytest.fixture
    def salt(self) -> str:
        return RUN

    @pytest.fixture
    def fields(self) -> ContractFields:
        named = os.environ.get("DAMBRIDGE_LIVE_NETX_FIELDS", "")
        if not named:
            return ContractFields()
        text, other, bag, closed, term, id_text = (it.strip() for it in named.split(","))
        return ContractFields(text=text, other_text=other, bag=bag, closed=closed, closed_term=term, id_text=id_text)

    @pytest.fixture
    def settle(self) -> Callable[[], Awaitable[None]]:
        return lambda: asyncio.sleep(30)
