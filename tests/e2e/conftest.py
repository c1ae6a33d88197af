"""Scenarios that several rooms share say what was wrong as fully as tests do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("support.working_beside")
