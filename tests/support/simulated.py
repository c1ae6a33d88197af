"""Simulators whose clocks begin at the same instant each time: what a test sees does not rest on the hour at which it runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dambridge_sim.kit.simulator import Options

BEGIN = datetime(2026, 11, 24, 10, tzinfo=UTC)
"""A Tuesday's morning, far from the end of a day, a month and summer time."""


def options(**more: Any) -> Options:
    """How a simulator is started that begins then; `more` as `Options` takes it."""
    return Options(begin=BEGIN, **more)
