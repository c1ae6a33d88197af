"""The order in which the flows of one installation take their turns."""

from __future__ import annotations

from collections.abc import Iterable

from dambridge.model.identity import FlowName

ORDER = (
    FlowName.INTAKE,
    FlowName.HANDOFF,
    FlowName.LIFECYCLE,
    FlowName.RIGHTS,
    FlowName.ENRICH,
    FlowName.PUBLISH,
    FlowName.SYNDICATE,
    FlowName.SEARCH,
)
"""First what brings assets in, then what people decided about them, then their words; what goes out comes last, so that it
rests on all that was decided in the same round."""

GATE = "gate"
"""The kind of the rows that say, with the flow after a colon, at which instant an end comes near, or begins what may be shown."""


def in_order(flows: Iterable[FlowName]) -> tuple[FlowName, ...]:
    """These flows in the order of their turns, each once."""
    return tuple(sorted(set(flows), key=ORDER.index))
