"""What tests of large libraries share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def spacious(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose gigabytes are gone at once, whatever becomes of the test."""
    folder = tmp_path_factory.mktemp("many")
    yield folder
    for it in folder.rglob("*"):
        if it.is_file():
            it.unlink()
