"""A ledger on each database, for what has no suite that a third store would have to pass."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dambridge.storage import SqlLedger, open_ledger


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqlLedger]:
    ledger = open_ledger(str(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgres_url"))
    yield ledger
    await ledger.close()
