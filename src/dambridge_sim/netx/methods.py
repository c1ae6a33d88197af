"""The table of RPC methods: every name that is served, with its mark and section; each part of the API adds its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.netx.context import Context

Handler = Callable[[Context], Any]


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC method. `switch` names a switch and the position in which it exists at all."""

    name: str
    handler: Handler
    confidence: Confidence
    reference: str
    switch: tuple[str, str] | None = None


class Table:
    """Methods by name."""

    def __init__(self) -> None:
        self.methods: dict[str, Method] = {}

    def add(
        self, name: str, confidence: Confidence, reference: str, *, switch: tuple[str, str] | None = None
    ) -> Callable[[Handler], Handler]:
        """Register the decorated function as a method."""

        def register(handler: Handler) -> Handler:
            self.methods[name] = Method(name, handler, confidence, reference, switch)
            return handler

        return register


TABLE = Table()
