"""Look-up tables: a key that stands in one of an asset's texts brings the fields of its row, as for campaigns and products.

Key patterns are a small language of their own that cannot run away: `#` is a digit, `@` a letter, `*` a run of letters and
digits, all else itself; upper and lower case are the same. The part in `<…>` is the key, without such a part all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from dambridge.mapping.fields import Kind, kind_of
from dambridge.mapping.normal import is_absent, normal_text, same
from dambridge.mapping.values import Unreadable, canonical_value
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord
from dambridge.model.values import DateValue, FieldName, LangAlt, Value

LONGEST_PATTERN = 100
MOST_ROWS = 100_000
LONGEST_CELL = 4_000
"""Characters of one cell."""
MOST_KEYS = 20
"""Different keys that are taken out of one asset; more of them is a mistake, not a campaign."""
LONGEST_READ = 64 * 1024
"""Characters of a text in which keys are looked for."""
OF_THE_FILE = ("file_name", "name", "galleries")
"""What a key may be looked for in beside the fields."""
_TOKENS = {"#": "[0-9]", "@": r"[^\W\d_]", "*": r"[^\W_]{1,64}+", "<": "(?P<key>", ">": ")"}
_NO_WORD_BEFORE, _NO_WORD_AFTER = r"(?<![^\W_])", r"(?![^\W_])"


class TableInvalid(ValueError):
    """A table cannot be used; `problems` has one sentence per mistake."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


@lru_cache(maxsize=256)
def key_pattern(source: str) -> re.Pattern[str]:
    """The pattern, ready to look with. Raises `ValueError` in words."""
    if not source.strip() or len(source) > LONGEST_PATTERN:
        raise ValueError(f"a key pattern has 1 to {LONGEST_PATTERN} characters")
    if source.count("<") != source.count(">") or source.count("<") > 1 or source.find(">") < source.find("<"):
        raise ValueError("a key pattern has one part in <…>, or none")
    if "<>" in source:
        raise ValueError("the part in <…> is empty")
    if not any(it in source for it in "#@*"):
        raise ValueError("a key pattern needs a `#` (digit), `@` (letter) or `*` (letters and digits)")
    inner = "".join(_TOKENS.get(it, re.escape(it)) for it in source)
    return re.compile(f"{_NO_WORD_BEFORE}{inner}{_NO_WORD_AFTER}", re.IGNORECASE)


def keys_by(source: str, text: str) -> Iterator[str]:
    """The keys that this pattern finds in a text, in their order."""
    for match in key_pattern(source).finditer(text):
        yield match["key"] if "<" in source else match[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One table. `reads` names the field, or what of `OF_THE_FILE`, whose text holds the key; `fields` are those that it
    can bring. `replace` lets a row win over what the asset says; `unknown` says what a key without a row means."""

    name: str
    reads: str
    pattern: str = ""
    fields: tuple[FieldName, ...] = ()
    replace: bool = False
    unknown: Literal["ignore", "wait"] = "ignore"
    rows: Mapping[str, Mapping[FieldName, Value]] = field(default_factory=dict, repr=False)

    def keys_in(self, record: AssetRecord) -> tuple[str, ...]:
        """The different keys that the record names, in the order in which they stand."""
        found: dict[str, str] = {}
        for text in _texts(record, self.reads):
            for key in self._keys(text[:LONGEST_READ]):
                found.setdefault(folded(key), key)
                if len(found) > MOST_KEYS:
                    return tuple(found.values())
        return tuple(found.values())

    def _keys(self, text: str) -> Iterator[str]:
        if not self.pattern:
            yield text.strip()
        else:
            yield from keys_by(self.pattern, text)


def folded(key: str) -> str:
    return normal_text(key).strip().casefold()


def look_up(lookup: Lookup, record: AssetRecord) -> tuple[Mapping[FieldName, Value], Reason | None]:
    """What the table brings to this record, or why it cannot be said. Several rows are taken together in lists; in any
    other field they must agree."""
    keys = lookup.keys_in(record)
    if len(keys) > MOST_KEYS:
        return {}, _failed(lookup, f"more than {MOST_KEYS} keys stand in {lookup.reads}")
    unknown = [it for it in keys if folded(it) not in lookup.rows]
    if unknown and lookup.unknown == "wait":
        return {}, _failed(lookup, f"it has no row for {unknown[0][:60]}")
    found: dict[FieldName, Value] = {}
    for key in keys:
        for name, value in lookup.rows.get(folded(key), {}).items():
            joined = _together(name, found.get(name), value)
            if joined is None:
                return {}, _failed(lookup, f"the rows of {', '.join(keys)} say different things of {name}")
            found[name] = joined
    return found, None


def _together(name: FieldName, before: Value | None, value: Value) -> Value | None:
    if before is None or same(name, before, value):
        return value
    if isinstance(before, tuple) and isinstance(value, tuple):
        return (*before, *(it for it in value if it not in before))
    return None


def _failed(lookup: Lookup, text: str) -> Reason:
    return Reason.of(Code.LOOKUP_FAILED, table=lookup.name, text=text)


def _texts(record: AssetRecord, source: str) -> tuple[str, ...]:
    match source:
        case "file_name":
            return (record.file_name,)
        case "name":
            return (record.name,)
        case "galleries":
            return tuple(it.path for it in record.containers)
    match record.fields.get(FieldName(source)):
        case None:
            return ()
        case LangAlt() as value:
            return tuple(text for _, text in value.entries)
        case DateValue() as value:
            return (value.iso,)
        case tuple() as texts:
            return texts
        case value:
            return (str(value),)


def table_rows(
    rows: Sequence[Mapping[str, str]], *, key: str, columns: Mapping[FieldName, str]
) -> Mapping[str, Mapping[FieldName, Value]]:
    """The rows of a table by key, their cells as values. Lists are separated by `|`; an empty cell brings nothing.

    Raises `TableInvalid` naming lines: a missing column, key or value, a key that stands twice."""
    if len(rows) > MOST_ROWS:
        raise TableInvalid([f"it has {len(rows):,} rows; {MOST_ROWS:,} are the most"])
    known = set(rows[0]) if rows else {key, *columns.values()}
    if missing := [it for it in (key, *columns.values()) if it not in known]:
        raise TableInvalid([f"there is no column {it!r}; its columns are {', '.join(sorted(known))}" for it in missing])
    found: dict[str, Mapping[FieldName, Value]] = {}
    problems: list[str] = []
    for line, row in enumerate(rows, start=2):
        name = folded(row.get(key) or "")
        if not name:
            problems.append(f"line {line} has no {key}")
        elif name in found:
            problems.append(f"line {line}: {row[key]!r} stands there twice")
        else:
            found[name] = _row(row, columns, line, problems)
    if problems:
        raise TableInvalid(problems[:20])
    return found


def _row(
    row: Mapping[str, str], columns: Mapping[FieldName, str], line: int, problems: list[str]
) -> Mapping[FieldName, Value]:
    values: dict[FieldName, Value] = {}
    for name, column in columns.items():
        cell = row.get(column) or ""
        if len(cell) > LONGEST_CELL:
            problems.append(f"line {line}: {column} has more than {LONGEST_CELL:,} characters")
            continue
        try:
            value, _ = canonical_value(name, cell, separator="|" if kind_of(name) in {Kind.BAG, Kind.SEQ} else None)
        except Unreadable as error:
            problems.append(f"line {line}: {column}: {error}")
            continue
        if value is not None and not is_absent(value):
            values[name] = value
    return values
