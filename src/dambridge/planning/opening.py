"""Facts whose absence alone shuts the rights gate (`policy.gate`). Whoever fills one makes unknown known, and so permits more."""

from __future__ import annotations

from collections.abc import Sequence

from dambridge.mapping import is_absent
from dambridge.mapping.rights import ENDS, kind_of
from dambridge.model.accords import Accord
from dambridge.model.rights import PERPETUAL
from dambridge.model.values import FieldName, Fields
from dambridge.planning.standings import Reading
from dambridge.policy.mirror import FieldGroup

_LISTS = frozenset({FieldName("territories"), FieldName("channels")})
_ENDS = frozenset(map(FieldName, ENDS))


def silent_facts(group: FieldGroup, accord: Accord | None, readings: Sequence[Reading]) -> frozenset[FieldName]:
    """Fields of an owned group of which nothing is agreed, and which nobody but the owner may be the first to fill.

    What is permitted where is unknown without a list; until when, without an end, except for kinds that need none. The
    kind, and an end that stands outside of the group, are what the owner's copies show."""
    if accord is None or group.owner is None:
        return frozenset()
    owners = [it.record.fields for it in readings if it.copy.account == group.owner]
    perpetual = bool(owners) and all(kind_of(it) in PERPETUAL for it in owners)
    ends = frozenset() if perpetual or _says_any(_ENDS, accord.fields, *owners) else _ENDS
    return frozenset(it for it in (_LISTS | ends) & group.fields if not _says_any([it], accord.fields))


def _says_any(names: Sequence[FieldName] | frozenset[FieldName], *said: Fields) -> bool:
    return any((value := fields.get(it)) is not None and not is_absent(value) for fields in said for it in names)
