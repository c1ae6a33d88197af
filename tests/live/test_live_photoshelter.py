"""The reader suite on a real PhotoShelter account; it reads and changes nothing.

Set `DAMBRIDGE_LIVE_PHOTOSHELTER` to the path of a YAML file with the account's options, as in the configuration.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from dambridge.connectors.kit import Http, SystemClock
from dambridge.connectors.photoshelter.adapter import connect
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.model.identity import AccountId
from dambridge.ports.pace import Lane
from dambridge.ports.systems import AssetReader
from dambridge.testing.reader_contract import ReaderContract

WHERE = os.environ.get("DAMBRIDGE_LIVE_PHOTOSHELTER", "")
pytestmark = pytest.mark.skipif(
    not WHERE, reason="set DAMBRIDGE_LIVE_PHOTOSHELTER to an account's options; the simulator stands in"
)


class _TwoASecond:
    """A pace that no account minds."""

    async def take(self, account: AccountId, lane: Lane, calls: int = 1, *, deadline: float | None = None) -> None:
        await asyncio.sleep(0.5 * calls)

    async def told_to_wait(self, account: AccountId, wait: timedelta) -> None:
        await asyncio.sleep(wait.total_seconds())

    async def told_window(self, account: AccountId, *, limit: int, used: int, resets_in: timedelta) -> None: ...


class TestLivePhotoShelter(ReaderContract):
    """Whatever needs nobody to act as a person."""

    @pytest.fixture
    async def reader(self) -> AsyncIterator[AssetReader]:
        options = PhotoShelterOptions.model_validate(yaml.safe_load(Path(WHERE).read_text("utf-8")))
        async with Http() as http:
            live = connect(options, account=AccountId("live"), pacer=_TwoASecond(), clock=SystemClock(), http=http)
            yield live.reader
            await live.close()

    @pytest.fixture
    def person(self) -> None:
        return None

    @pytest.fixture
    def time_passes(self) -> Callable[[timedelta], Awaitable[None]]:
        async def cannot(_by: timedelta) -> None:
            pytest.skip("time passes by itself on a real account")

        return cannot
