"""The file name that a delivery gets in the end: dates from inside the file, and a number that no other asset has."""

from __future__ import annotations

from dambridge.engine.parts import Parts
from dambridge.model.actions import Action
from dambridge.model.values import Fields
from dambridge.policy.naming import has_counter, numbered, series_of, settled_name


async def final_name(parts: Parts, action: Action, inside: Fields) -> str:
    """The action's file name with nothing left open. An asset that asks again gets the number that it has."""
    name = settled_name(action.file_name, inside)
    if not has_counter(name):
        return name
    return numbered(name, await parts.ledger.number_of(parts.policy.target, series_of(name), action.link))
