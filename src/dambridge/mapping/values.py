"""Between a system's texts and numbers and canonical values: one function each way, by the kind of the field."""

from __future__ import annotations

from collections.abc import Sequence

from dambridge.mapping.dates import parse_date
from dambridge.mapping.fields import CUSTOM, FIELDS, Kind, kind_of
from dambridge.mapping.normal import PLUS, is_absent, normal_uri
from dambridge.model.records import NativeValue
from dambridge.model.values import DateValue, FieldName, LangAlt, Value

PLUS_RELEASES = {"model_release": ("MR-UMR", "MR-NON"), "property_release": ("PR-UPR", "PR-NON")}
"""What PhotoShelter's yes and no say in PLUS terms (a convention of this project)."""
RELEASE_FLAGS = frozenset({"model_released", "property_released"})
"""PhotoShelter's places for releases, which hold yes or no (PS E26, SINGLE)."""
_PLUS_FIELDS = frozenset({"model_release", "property_release", "data_mining"})
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


class Unreadable(ValueError):
    """A value that its field cannot hold; the text says why."""


def canonical_value(
    name: FieldName, raw: NativeValue, *, separator: str | None = None, many: bool = False
) -> tuple[Value | None, int]:
    """A system's value as the field's own, and how many further values a single-valued field had to leave out.

    None stands for absent. Texts keep their spelling. `separator` splits one text into the terms of a list; without it
    a text is one term, whatever it contains (hazard P28). `many` says of a site's own field that it is a list. Raises
    `Unreadable`."""
    if name in PLUS_RELEASES and isinstance(raw, bool):
        return PLUS + PLUS_RELEASES[name][0 if raw else 1], 0
    kind = Kind.BAG if many and name.startswith(CUSTOM) else kind_of(name)
    texts = _split(texts_of(raw), separator if kind in {Kind.BAG, Kind.SEQ} else None)
    texts = tuple(it for it in texts if it.strip())
    if not texts:
        return None, 0
    if kind in {Kind.BAG, Kind.SEQ}:
        return texts, 0
    return _single(name, kind, texts[0]), len(texts) - 1


def _single(name: FieldName, kind: Kind, text: str) -> Value:
    match kind:
        case Kind.LANG:
            return LangAlt.plain(text)
        case Kind.DATE:
            value = parse_date(text)
            if value is None:
                raise Unreadable(f"{text[:60]!r} is no date")
            return value
        case Kind.INT:
            return _whole(text)
        case Kind.BOOL:
            return _yes_or_no(text)
        case Kind.URI:
            return _uri(name, text)
        case _:
            return text


def texts_of(raw: NativeValue) -> tuple[str, ...]:
    """A system's value as texts."""
    match raw:
        case tuple():
            return raw
        case bool():
            return ("true" if raw else "false",)
        case float() if raw.is_integer():
            return (str(int(raw)),)
        case _:
            return (str(raw),)


def _split(texts: tuple[str, ...], separator: str | None) -> tuple[str, ...]:
    if not separator or len(texts) != 1:
        return texts
    return tuple(it.strip() for it in texts[0].split(separator.strip() or separator))


def _whole(text: str) -> int:
    try:
        number = float(text)
    except ValueError:
        raise Unreadable(f"{text[:60]!r} is no number") from None
    if not number.is_integer():
        raise Unreadable(f"{text[:60]!r} is no whole number")
    return int(number)


def _yes_or_no(text: str) -> bool:
    match text.strip().casefold():
        case "true" | "yes" | "1" | "marked":
            return True
        case "false" | "no" | "0" | "public domain":
            return False
    raise Unreadable(f"{text[:60]!r} is neither yes nor no")


def _uri(name: FieldName, text: str) -> str:
    clean = text.strip()
    if name in _PLUS_FIELDS:
        return normal_uri(clean, plus=True)
    if name == "digital_source_type" and ":" not in clean:
        return _SOURCE_TYPES + clean
    return text


def native_texts(value: Value, *, separator: str | None, day_only: bool) -> tuple[str, ...]:
    """A canonical value as a system's texts. Lists stay lists unless a separator is given; a day-only place gets the
    day of the value's own wall clock. Raises `Unreadable` where the day is not known."""
    match value:
        case LangAlt():
            return (value.default,)
        case DateValue():
            if not day_only:
                return (value.iso,)
            if value.day is None:
                raise Unreadable(f"{value.iso} names no day")
            return (value.day,)
        case tuple():
            return (separator.join(value),) if separator and len(value) > 1 else value
        case bool():
            return ("Marked" if value else "Public Domain",)
        case _:
            return (str(value),)


def short_code(name: FieldName, text: str) -> str:
    """The last part of a vocabulary URI, as systems with pulldowns hold it; other texts as they are."""
    field = FIELDS.get(name)
    if field is not None and field.kind is Kind.URI and (name in _PLUS_FIELDS or name == "digital_source_type"):
        return text.rstrip("/").rpartition("/")[2]
    return text


def as_flags(name: FieldName, texts: Sequence[str]) -> tuple[str, ...]:
    """What a flag says of a release: yes of an unlimited one alone, so that it never says more than there is."""
    unlimited = PLUS_RELEASES[name][0]
    return tuple("true" if it == unlimited else "false" for it in texts)


def configured_value(name: FieldName, given: str | int | Sequence[str]) -> Value:
    """A constant or default of the configuration as the field's value. Raises `Unreadable`."""
    raw: NativeValue = given if isinstance(given, str | int) else tuple(given)
    value, left_out = canonical_value(name, raw)
    if is_absent(value) or left_out:
        raise Unreadable(f"{given!r} is no value for {name}")
    assert value is not None  # noqa: S101 - absence was settled above
    return value
