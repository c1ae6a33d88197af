"""Display carriers: a field shown within another one's place, as an embargo is in PhotoShelter's instructions.

What is shown is a field of its own (`shown:instructions`), made from a template and never taken for what people wrote: in
the account the two stand in one text, `EMBARGO until 2026-12-01 // Hold for the evening edition`, and come apart again
when it is read, however people changed what stands behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dambridge.mapping.fields import Kind, kind_of
from dambridge.mapping.normal import is_absent
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt, Value

SHOWN = "shown:"
"""Prefix of what is shown in another field's place."""
BETWEEN = " // "
_VARIABLE = re.compile(r"\{([^{}]+)\}")
_DATE = r"\d{4}(?:-\d\d){0,2}(?:T[0-9:.+\-Z]{1,32})?"
_TEXT = r"(?:(?! // )[^\n]){1,200}?"
MOST_VARIABLES = 2
"""Fields in one text; it is looked for in all that people write, so it stays quick to look for."""


@dataclass(frozen=True, slots=True)
class Display:
    """`text` is what is shown before the text of `field`, with names of other fields in braces."""

    field: FieldName
    text: str

    @property
    def shown(self) -> FieldName:
        return FieldName(SHOWN + self.field)

    @property
    def speaks_of(self) -> tuple[FieldName, ...]:
        return tuple(FieldName(it) for it in _VARIABLE.findall(self.text))

    def render(self, fields: Fields) -> str | None:
        """What is to be shown; None where one of the values that it speaks of is not there."""
        values = {name: _plain(fields.get(name)) for name in self.speaks_of}
        if not all(values.values()):
            return None
        return _VARIABLE.sub(lambda it: values[FieldName(it[1])], self.text)

    def split(self, text: str) -> tuple[str, str]:
        """What is shown, empty if nothing is, and what people wrote."""
        found = re.match(self._pattern(), text)
        return (found[1], text[found.end() :]) if found else ("", text)

    def _pattern(self) -> str:
        pieces = _VARIABLE.split(self.text)
        inner = "".join(_shape(FieldName(it)) if at % 2 else re.escape(it) for at, it in enumerate(pieces))
        return rf"({inner})(?:{re.escape(BETWEEN)}|\s*\Z)"


def _shape(name: FieldName) -> str:
    return _DATE if kind_of(name) is Kind.DATE else _TEXT


def display_mistakes(display: Display, known: Iterable[str]) -> list[str]:
    """What is wrong with it, in sentences."""
    known = set(known)
    found = [f"{{{it}}} is no field" for it in display.speaks_of if it not in known]
    if not display.speaks_of:
        found.append("the text names no field in braces")
    if len(display.speaks_of) > MOST_VARIABLES:
        found.append(f"the text names more than {MOST_VARIABLES} fields")
    if display.field in display.speaks_of:
        found.append("a field cannot be shown before itself")
    if len(_VARIABLE.sub("", display.text).strip()) < 3 or display.text.startswith("{"):
        found.append("the text must begin with a word of its own, by which it is known again")
    if re.search(r"[{}]", _VARIABLE.sub("", display.text)) or BETWEEN.strip() in display.text:
        found.append(f"braces must be closed, and {BETWEEN.strip()!r} cannot stand in it")
    return found


def joined(
    fields: Fields, cleared: Iterable[FieldName], displays: Sequence[Display], *, beside: Fields
) -> tuple[dict[FieldName, Value], tuple[FieldName, ...]]:
    """The fields as they are written: what is shown put before the text whose place it shares. The half that is not written
    stays as it is `beside`, in the account."""
    made, gone = dict(fields), dict.fromkeys(cleared)
    for it in displays:
        if not {it.field, it.shown} & (made.keys() | gone.keys()):
            continue
        shown = _half(it.shown, made, gone, beside)
        text = _half(it.field, made, gone, beside)
        made.pop(it.shown, None)
        gone.pop(it.shown, None)
        gone.pop(it.field, None)
        if shown or text:
            made[it.field] = BETWEEN.join(part for part in (shown, text) if part)
        else:
            made.pop(it.field, None)
            gone[it.field] = None
    return made, tuple(gone)


def _half(name: FieldName, made: Fields, gone: Mapping[FieldName, None], beside: Fields) -> str:
    return "" if name in gone else _plain(made[name] if name in made else beside.get(name))


def apart(fields: dict[FieldName, Value], displays: Sequence[Display]) -> None:
    """What is shown taken out of the texts in which it was read."""
    for it in displays:
        shown, rest = it.split(_plain(fields.get(it.field)))
        if not shown:
            continue
        fields[it.shown] = shown
        whole = fields.pop(it.field)
        if rest.strip():
            fields[it.field] = LangAlt.plain(rest) if isinstance(whole, LangAlt) else rest


def shown_values(fields: Mapping[FieldName, Value], displays: Sequence[Display]) -> dict[FieldName, Value]:
    """What all of them show of these fields."""
    made = {it.shown: it.render(fields) for it in displays}
    return {name: text for name, text in made.items() if text}


def _plain(value: Value | None) -> str:
    if value is None or is_absent(value):
        return ""
    match value:
        case LangAlt():
            return value.default.strip()
        case DateValue():
            return value.iso
        case tuple():
            return ", ".join(value)
        case _:
            return str(value).strip()
