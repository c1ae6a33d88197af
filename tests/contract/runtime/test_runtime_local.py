"""The runtime suite on the deterministic one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dambridge.testing.runtime_contract import Home, RuntimeContract


class TestLocalRuntime(RuntimeContract):
    @pytest.fixture
    def home(self, tmp_path: Path) -> Iterator[Home]:
        home = Home("local", str(tmp_path / "data"), tmp_path / "journal", together=False)
        yield home
        home.end_processes()
