"""Lists as sets: everything added anywhere, without what was removed anywhere."""

from __future__ import annotations

from collections.abc import Iterable

from dambridge.mapping import is_absent
from dambridge.mapping.normal import normal_text
from dambridge.model.values import Value


def union(start: Value | None, edits: Iterable[tuple[Value | None, Value | None]]) -> tuple[str, ...] | None:
    """Merge three ways: each edit is a (base, value) of its own. None where any of them is no list of texts.

    What was there keeps its place and spelling; additions follow, sorted. What one edit adds and another removes is gone:
    whoever removed it had seen it.
    """
    pairs = list(edits)
    if any(not is_list(it) for it in (start, *(each for pair in pairs for each in pair))):
        return None
    was = _terms(start)
    added: dict[str, str] = {}
    removed: set[str] = set()
    for base, value in pairs:
        before, after = _terms(base), _terms(value)
        removed |= before.keys() - after.keys()
        for key in after.keys() - before.keys():
            added[key] = min(after[key], added.get(key, after[key]))
    kept = [text for key, text in was.items() if key not in removed]
    new = [added[key] for key in sorted(added.keys() - was.keys() - removed)]
    return (*kept, *new)


def is_list(value: Value | None) -> bool:
    return isinstance(value, tuple) or is_absent(value)


def _terms(value: Value | None) -> dict[str, str]:
    """Each term once, by its normal form, in the order of the list."""
    found: dict[str, str] = {}
    for text in value if isinstance(value, tuple) else ():
        if text.strip():
            found.setdefault(normal_text(text), text)
    return found
