"""Queries for `getAssetsByQuery` (NX 6, CONFIRMED but where said): clauses, and nothing of what a person typed as syntax.

How `and` and `or` bind at one level is not documented, so `or` groups always stand in a subquery of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from dambridge.connectors.netx.protocol import number

Clause = dict[str, Any]

OR_LIMIT: Final = 75
"""Clauses with `or` in one request: more than about a hundred fail (NX 6)."""
WORD_FIELDS: Final = ("name", "fileName", "keywords")
"""Where a word is looked for; `contains` is SINGLE*, that `keywords` is the general search INFERRED."""
MOST_WORDS: Final = OR_LIMIT // len(WORD_FIELDS)


def query(*clauses: Clause) -> Clause:
    """All of these clauses must hold."""
    return {"query": [{"operator": "and", **it} for it in clauses]}


def exactly(attribute: str, value: str) -> Clause:
    """The attribute, or one of its values, is this value."""
    return {"exact": {"attribute": attribute, "value": value}}


def file_named(name: str) -> Clause:
    """The asset's file has this name."""
    return {"exact": {"field": "fileName", "value": name}}


def modified(low_ms: int, high_ms: int | None) -> Clause:
    """Modified time within these milliseconds, both ends included; open upwards without a `high_ms`."""
    return {"range": {"field": "modDate", "min": low_ms, "max": high_ms, "includeMin": True, "includeMax": True}}


def any_of(clauses: Iterable[Clause]) -> Clause:
    """At least one of these clauses holds."""
    return {"subquery": {"query": [{"operator": "or", **it} for it in clauses]}}


def any_id(ids: Sequence[str]) -> Clause:
    """One of these assets (NX 13.5, CONFIRMED); at most `OR_LIMIT`."""
    return any_of({"exact": {"field": "assetId", "value": number(it)}} for it in ids)


def has_word(word: str) -> Clause:
    """The word stands somewhere in the asset's names or keywords."""
    return any_of({"contains": {"field": it, "value": word}} for it in WORD_FIELDS)
