"""Operations as the modules declare them, and the paths under which each is served."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.vendor import Handler, Operation
from dambridge_sim.photoshelter import errors

V4_BASES = ("/psapi/v4.0", "/psapi/v4")
V3_BASES = ("/psapi/v3", "/psapi/v3.0")

_UNDERSCORED = ("custom-metadata", "ml-metadata", "key-image", "child-count", "embed-tokens")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation under a path relative to the base of its generation; `switch` may take it away from the site."""

    method: str
    path: str
    handler: Handler
    confidence: Confidence
    reference: str
    switch: str | None = None

    @property
    def section(self) -> str:
        """The section of the reference, such as `E31`."""
        return self.reference.removeprefix("PS ")


def route(
    method: str, path: str, handler: Handler, confidence: Confidence, reference: str, *, switch: str | None = None
) -> Route:
    """Declare one operation. It is absent while `switch` stands at False or `"absent"`."""
    return Route(method, path, handler, confidence, reference, switch)


def served(routes: Iterable[Route], bases: Iterable[str], present: Callable[[Route], bool]) -> list[Operation]:
    """Return the operations under every base; where `present` denies one, its address is an unknown one.

    Hyphenated names answer in their `_` form too, as one client spells them (section 9 point 6: SINGLE).
    """
    found = []
    for each in routes:
        spelled = [(each.path, each.confidence)]
        for name in _UNDERSCORED:
            if name in each.path:
                weaker = each.confidence if not each.confidence.in_strict else Confidence.SINGLE
                spelled.append((each.path.replace(name, name.replace("-", "_")), weaker))
        handler = _where_present(each, present)
        for base in bases:
            for path, confidence in spelled:
                found.append(Operation(each.method, base + path, handler, confidence, each.reference))
    return found


def _where_present(each: Route, present: Callable[[Route], bool]) -> Handler:
    async def handle(call: Call) -> Reply:
        if not present(each):
            raise errors.RefusalError(errors.NOT_FOUND, errors.NOTHING_HERE)
        return await each.handler(call)

    return handle
