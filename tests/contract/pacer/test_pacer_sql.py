"""The pacer suite on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from dambridge.model.identity import AccountId
from dambridge.ports.pace import PaceRule
from dambridge.storage import SqlPacer, open_ledger, open_pacer
from dambridge.testing.pacer_contract import NewPacer, PacerContract


class TestSqlPacer(PacerContract):
    @pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
    async def new_pacer(self, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[NewPacer]:
        store = str(tmp_path) if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
        open_ledger(store).close_now()
        made: list[SqlPacer] = []

        def new(rules: Mapping[AccountId, PaceRule]) -> SqlPacer:
            made.append(open_pacer(store, rules))
            return made[-1]

        yield new
        for it in made:
            await it.close()
