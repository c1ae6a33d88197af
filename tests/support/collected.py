"""What this session of pytest collected, for tests that are about the tests."""

from __future__ import annotations

import pytest

HAZARDS = pytest.StashKey[dict[str, list[str]]]()
"""By the id of each collected test, whether it is run or left out, the hazards that it is marked with."""
