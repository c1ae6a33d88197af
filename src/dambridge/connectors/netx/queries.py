"""Queries for `getAssetsByQuery` (NX 6, CONFIRMED but where said): clauses, and nothing of what a person typed as syntax.

How `and` and `or` bind at one level is not documented, so `or` groups always stand in a subquery of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from dambridge.connectors.netx.protocol import number
from dambridge.ports.searching import Wanted

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


def clauses_for(wanted: Wanted) -> tuple[list[Clause], tuple[str, ...]]:
    """Clauses for what is wanted, and the parts that have none. At least one clause: nothing wanted is everything."""
    words = [word for text in wanted.words for word in _parts(text)]
    most = words[:MOST_WORDS]
    clauses = [has_word(it) for it in dict.fromkeys(most)]
    for attribute, text in wanted.texts:
        clauses += [_in_field(attribute, it) for it in _parts(text)]
    if wanted.modified is not None:
        clauses.append(modified(_start(wanted.modified[0]), _end(wanted.modified[1])))
    if wanted.added is not None:
        low, high = _start(wanted.added[0]), _end(wanted.added[1])
        ranges = [{"field": it, "min": low, "max": high, "includeMin": True, "includeMax": True} for it in _BORN]
        clauses.append(any_of({"range": it} for it in ranges))
    unsaid = (*(("type",) if wanted.kinds is not None else ()), *(words[MOST_WORDS:]))
    return clauses or [modified(0, None)], unsaid


_BORN: Final = ("creationDate", "importDate")
"""When an asset came to be: `importDate` as a query field is CONFIRMED, `creationDate` SINGLE* (NX 6)."""
_FILE_NAMES: Final = frozenset({"file_name"})
_WORD: Final = re.compile(r"\w+")


def _parts(text: str) -> list[str]:
    """The words of a text: a value holds them in whatever order and with whatever signs between."""
    return [part for word in _WORD.findall(text) for part in word.split("_") if part]


def _in_field(attribute: str, word: str) -> Clause:
    if attribute in _FILE_NAMES:
        return any_of({"contains": {"field": it, "value": word}} for it in ("fileName", "name"))
    return {"contains": {"attribute": attribute, "value": word}}


def _start(day: str | None) -> int:
    return 0 if day is None else _ms(date.fromisoformat(day))


def _end(day: str | None) -> int | None:
    """The last millisecond of the day."""
    return None if day is None else _ms(date.fromisoformat(day)) + 86_400_000 - 1


def _ms(day: date) -> int:
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000
