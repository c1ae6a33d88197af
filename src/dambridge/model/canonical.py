"""The one spelling of a JSON document for signing and hashing: RFC 8785 (JSON Canonicalization Scheme), without fractions.

Anybody can make the same bytes with a library of that name in any language. Numbers are whole and small enough for every
reader; what would be a fraction is spelled as text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

_EXACT = 2**53 - 1
"""The largest whole number that every reader of JSON takes exactly."""


def canonical_bytes(value: Any) -> bytes:
    """UTF-8, no blanks, members in the order of their names' UTF-16 units. Raises `ValueError` for what has no one spelling."""
    return json.dumps(_ordered(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def document_from(data: bytes) -> dict[str, Any]:
    """A JSON object as it was read, refused where readers could differ about what it says: `ValueError` for a member that
    stands there twice, fractions, numbers beyond what all take exactly, and whatever is no object in UTF-8."""
    try:
        found = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_refused)
        canonical_bytes(found)
    except RecursionError as problem:
        raise ValueError("its members stand too deep in each other") from problem
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - a fault of the text, as all others here
    return found


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("a member stands there twice")
    return found


def _refused(text: str) -> Any:
    raise ValueError(f"{text} is no number of JSON")


def _ordered(value: Any) -> Any:
    match value:
        case None | bool() | str():
            return value
        case int() if abs(value) <= _EXACT:
            return value
        case Mapping():
            if not all(isinstance(it, str) for it in value):
                raise ValueError("names of members are texts")
            return {
                it: _ordered(value[it]) for it in sorted(value, key=lambda it: it.encode("utf-16-be", "surrogatepass"))
            }
        case Sequence() if not isinstance(value, bytes | bytearray):
            return [_ordered(it) for it in value]
    raise ValueError(f"{type(value).__name__} has no spelling that every reader would take alike: {value!r:.80}")
