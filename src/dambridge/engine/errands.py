"""Errands: orders that read whole accounts and write to none of their assets, so that the flows need not wait for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dambridge.model.commands import Command, CommandKind
from dambridge.model.identity import CommandId

Tell = Callable[[str], None]
"""Says how far it is, in a few words."""
Errand = Callable[[Command, Tell], Awaitable[Mapping[str, Any]]]
"""Carries one out and gives its result. One that was cut off is begun anew, so doing it twice has to be harmless."""
Errands = Mapping[CommandKind, Errand]


def far_of(command: CommandId) -> str:
    """The control under which it stands how far an errand is."""
    return f"errand:{command}"
