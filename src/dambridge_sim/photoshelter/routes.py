"""Operations as the modules declare them, and the paths under which each is served."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.vendor import Handler, Operation

V4_BASES = ("/psapi/v4.0", "/psapi/v4")
V3_BASES = ("/psapi/v3", "/psapi/v3.0")

_UNDERSCORED = ("custom-metadata", "ml-metadata", "key-image", "child-count")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation under a path relative to the base of its generation."""

    method: str
    path: str
    handler: Handler
    confidence: Confidence
    reference: str


def route(method: str, path: str, handler: Handler, confidence: Confidence, reference: str) -> Route:
    """Declare one operation."""
    return Route(method, path, handler, confidence, reference)


def served(routes: Iterable[Route], bases: Iterable[str]) -> list[Operation]:
    """Return the operations under every base.

    Hyphenated names answer in their `_` form too, as one client spells them (section 9 point 6: SINGLE).
    """
    found = []
    for each in routes:
        spelled = [(each.path, each.confidence)]
        for name in _UNDERSCORED:
            if name in each.path:
                weaker = each.confidence if not each.confidence.in_strict else Confidence.SINGLE
                spelled.append((each.path.replace(name, name.replace("-", "_")), weaker))
        for base in bases:
            for path, confidence in spelled:
                found.append(Operation(each.method, base + path, each.handler, confidence, each.reference))
    return found
