"""Typed values of fields, as IPTC means them, and their JSON spelling.

Canonical field names are snake case spellings of the IPTC property names (`docs/reference/fields.md`). Absence is the
absence of the key: there is no null value, no empty text and no empty list in a canonical record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NewType

FieldName = NewType("FieldName", str)
"""A canonical field (`description`), or `custom:<vendor field>` for a site's own field that no rule has named yet."""

DEFAULT_LANGUAGE = "x-default"

_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:T(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d)(?P<fraction>\.\d{1,9})?)?"
    r"(?P<offset>Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?)?)?"
)


@dataclass(frozen=True, slots=True)
class LangAlt:
    """A text in several languages: BCP 47 tag to text, sorted by tag. `x-default` is what a plain-text system edits."""

    entries: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        if not self.entries or list(self.entries) != sorted(self.entries):
            raise ValueError("a LangAlt needs at least one entry, sorted by language tag")
        if len(dict(self.entries)) < len(self.entries):
            raise ValueError("each language stands in a LangAlt once")

    @classmethod
    def plain(cls, text: str) -> LangAlt:
        return cls(((DEFAULT_LANGUAGE, text),))

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> LangAlt:
        return cls(tuple(sorted(texts.items())))

    @property
    def default(self) -> str:
        """The text that a system without languages shows."""
        return dict(self.entries).get(DEFAULT_LANGUAGE, self.entries[0][1])


@dataclass(frozen=True, slots=True)
class DateValue:
    """A date with its own precision and, where known, its offset. A missing offset means unknown, never UTC.

    `iso` is ISO 8601 from `YYYY` to a fraction with offset. Raises `ValueError` for anything the calendar forbids by form.
    """

    iso: str

    def __post_init__(self) -> None:
        if _DATE.fullmatch(self.iso) is None:
            raise ValueError(f"not a date in ISO 8601: {self.iso!r}")

    @property
    def day(self) -> str | None:
        """`YYYY-MM-DD`, the projection that a day-only system can hold, or None when the day is not known."""
        return self.iso[:10] if len(self.iso) >= 10 else None

    @property
    def year(self) -> str:
        return self.iso[:4]

    @property
    def offset(self) -> str | None:
        found = _DATE.fullmatch(self.iso)
        return found["offset"] if found else None


Value = str | tuple[str, ...] | LangAlt | DateValue | bool | int
"""A canonical value: text, list of texts, text in languages, date, yes or no, whole number."""

Fields = Mapping[FieldName, Value]


def value_to_json(value: Value) -> Any:
    """Spell a value so that `value_from_json` reads the same value back."""
    match value:
        case LangAlt():
            return {"lang": dict(value.entries)}
        case DateValue():
            return {"date": value.iso}
        case tuple():
            return list(value)
        case _:
            return value


def value_from_json(data: Any) -> Value:
    """Read what `value_to_json` wrote. Raises `ValueError` for anything else."""
    match data:
        case {"lang": dict(texts)}:
            return LangAlt.of(texts)
        case {"date": str(iso)}:
            return DateValue(iso)
        case list(items) if all(isinstance(item, str) for item in items):
            return tuple(items)
        case str() | bool() | int():
            return data
    raise ValueError(f"not a field value: {data!r}")


def fields_to_json(fields: Fields) -> dict[str, Any]:
    return {name: value_to_json(fields[name]) for name in sorted(fields)}


def fields_from_json(data: Mapping[str, Any]) -> dict[FieldName, Value]:
    return {FieldName(name): value_from_json(value) for name, value in data.items()}
