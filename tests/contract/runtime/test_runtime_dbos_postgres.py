"""The runtime suite on DBOS over PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dambridge.testing.runtime_contract import Home, RuntimeContract


@pytest.mark.postgres
class TestDbosOnPostgres(RuntimeContract):
    @pytest.fixture
    def home(self, tmp_path: Path, postgres_url: str) -> Iterator[Home]:
        home = Home("dbos", postgres_url, tmp_path / "journal", together=True)
        yield home
        home.end_processes()
