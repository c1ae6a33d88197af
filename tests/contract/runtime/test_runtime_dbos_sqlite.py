"""The runtime suite on DBOS over a SQLite file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dambridge.testing.runtime_contract import Home, RuntimeContract


class TestDbosOnSqlite(RuntimeContract):
    @pytest.fixture
    def home(self, tmp_path: Path) -> Iterator[Home]:
        home = Home("dbos", str(tmp_path / "data"), tmp_path / "journal", together=True)
        yield home
        home.end_processes()
