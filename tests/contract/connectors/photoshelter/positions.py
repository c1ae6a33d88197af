"""Every position of every switch of the simulator, as its own declarations have them."""

from __future__ import annotations

from typing import Any

from dambridge_sim.photoshelter.switches import SWITCHES


def positions() -> list[tuple[str, Any]]:
    """Every position of every switch but the defaults. Of numbers, which have no end, one that is far from the default."""
    found: list[tuple[str, Any]] = []
    for it in SWITCHES:
        if isinstance(it.default, bool):
            found.append((it.name, not it.default))
        elif it.choices:
            found += [(it.name, value) for value in it.choices if value != it.default]
        elif isinstance(it.default, int | float):
            found.append((it.name, type(it.default)(it.default / 2 if it.default else 60)))
    return found
