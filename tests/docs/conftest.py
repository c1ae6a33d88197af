"""What the tests of the documentation share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.tour import Tour, toured


@pytest.fixture(scope="session")
def tour() -> Iterator[Tour]:
    """Both connectors, every method in every route, against both simulators (about five seconds)."""
    with toured() as it:
        yield it
