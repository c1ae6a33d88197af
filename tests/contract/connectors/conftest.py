"""The quick profile takes a sample of the largest grids; the long profile takes all of them."""

from __future__ import annotations

from zlib import crc32

import pytest

ONE_IN = 24
"""Of each suite in every position of every switch, so many parts make one for `make test`: chosen by name, so always the same."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "InEveryPosition" in item.nodeid and crc32(item.nodeid.encode()) % ONE_IN:
            item.add_marker(pytest.mark.long)
