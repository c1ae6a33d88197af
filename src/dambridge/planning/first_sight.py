"""A group of which nothing was ever agreed on: what the copies say is the only thing known.

A copy that says nothing of the group takes what the others say; one that shows another's value cut has no value of its
own; and what a copy cannot show at all is what those say who can, if they are of one mind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dambridge.model.accords import CONTENT
from dambridge.model.values import FieldName, Value
from dambridge.planning.standings import Reading, Stance
from dambridge.planning.views import alike, echoes, is_stamp, richest
from dambridge.policy.mirror import FieldGroup


def at_first_sight(group: FieldGroup, readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """The readings with cuts and gaps taken for what they are."""
    if group.is_content:
        return _of_content(readings)
    filled = tuple(replace(it, value={**it.value, **_gaps(group, it, readings)}) for it in readings)
    return tuple(replace(it, stance=Stance.BLANK) if _is_cut(it, filled) else it for it in filled)


def _gaps(group: FieldGroup, reading: Reading, readings: Sequence[Reading]) -> dict[FieldName, Value]:
    found: dict[FieldName, Value] = {}
    for name in group.fields - reading.carried if reading.edited else ():
        said = [{name: it.value[name]} for it in readings if name in it.carried and name in it.value]
        if said and all(alike(it, said[0], [name]) for it in said):
            found[name] = richest(said)[name]
    return found


def _is_cut(reading: Reading, readings: Sequence[Reading]) -> bool:
    """Whether another copy says the same in full."""
    return reading.edited and any(
        echoes(reading.value, it.value, reading.carried) and not alike(reading.value, it.value, reading.carried)
        for it in readings
        if it.edited and it is not reading
    )


def _of_content(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    """A stamp can be held against no other copy's: whoever linked these copies took them for one. Digests are compared."""
    digests = [it for it in readings if it.edited and not is_stamp(str(it.value[CONTENT]))]
    stamps = sorted((it for it in readings if it.edited and is_stamp(str(it.value[CONTENT]))), key=lambda it: it.copy)
    if digests and any(it.value[CONTENT] != digests[0].value[CONTENT] for it in digests):
        return tuple(replace(it, stance=Stance.BLANK) if it in stamps else it for it in readings)
    known = digests[0].value if digests else stamps[0].value if stamps else None
    return tuple(replace(it, value=known) if known is not None and it.edited else it for it in readings)
