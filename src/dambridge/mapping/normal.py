"""The normal form in which values are compared, never stored; and the fingerprint made of it.

Spelling is kept beside it everywhere. A value that is only another one cut at its IIM byte limit is an echo, told apart
by `is_cut_of`: a cut that comes back is no edit, a long value that replaces a cut one is (hazard P29).
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections import Counter

from dambridge.mapping.countries import country_code
from dambridge.mapping.dates import same_date
from dambridge.mapping.fields import Kind, kind_of, limit_of
from dambridge.model.values import DEFAULT_LANGUAGE, DateValue, FieldName, Fields, LangAlt, Value

PLUS = "http://ns.useplus.org/ldf/vocab/"
_PLUS_FIELDS = frozenset({"model_release", "property_release", "data_mining"})
_NEWSCODES = "https://cv.iptc.org/"


def normal_text(text: str) -> str:
    """LF line ends, no trailing blanks, NFC."""
    if text.isascii() and text.isprintable():
        return text.rstrip()  # most values by far: nothing in them has two spellings
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    joined = "\n".join(it.rstrip() for it in lines.split("\n")) if "\n" in lines else lines
    return unicodedata.normalize("NFC", joined.rstrip())


def equal(name: FieldName, now: Value | None, before: Value | None) -> bool:
    """Whether `now` says what `before` said: the same meaning, or only its cut echo from the old IPTC block.

    The order matters for cuts alone: a long value that takes the place of a cut one is a change, and a system that cut
    what was written shows it when asked as `equal(name, written, read_back)`."""
    return same(name, now, before) or is_cut_of(name, now, before)


def same(name: FieldName, one: Value | None, other: Value | None) -> bool:
    """Whether two values mean the same in this field. None, blank text and blank lists are all absent."""
    if type(one) is type(other) and one == other:
        return True
    if is_absent(one) or is_absent(other):
        return is_absent(one) and is_absent(other)
    assert one is not None  # noqa: S101 - absence was settled above
    assert other is not None  # noqa: S101 - absence was settled above
    match one, other:
        case DateValue(), DateValue():
            return same_date(one, other)
        case LangAlt(), LangAlt():
            return _same_languages(one, other)
    return _same_texts(name, _texts(name, one), _texts(name, other))


def _same_texts(name: FieldName, first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    match kind_of(name):
        case Kind.BAG:
            return Counter(first) == Counter(second)
        case Kind.SEQ:
            return _names(first) == _names(second)
    return first == second


def is_absent(value: Value | None) -> bool:
    """Nothing, a blank text or a list of blanks: one value to all comparing (clearing has a way of its own)."""
    match value:
        case None:
            return True
        case str():
            return not value.strip()
        case tuple():
            return not any(it.strip() for it in value)
        case LangAlt():
            return not any(text.strip() for _, text in value.entries)
    return False


def is_cut_of(name: FieldName, part: Value | None, whole: Value | None) -> bool:
    """Whether `part` is `whole` cut at the field's IIM limit, between or within characters, in UTF-8 or one byte each."""
    limit = limit_of(name)
    if not limit or part is None or whole is None or same(name, part, whole):
        return False
    parts, wholes = _texts(name, part), _texts(name, whole)
    if len(parts) != len(wholes):
        return False
    if kind_of(name) is Kind.BAG:
        parts, wholes = tuple(sorted(parts)), tuple(sorted(wholes))
    return all(a == b or _is_cut(a, b, limit) for a, b in zip(parts, wholes, strict=True))


def fingerprint(fields: Fields) -> str:
    """A digest of all these values in their normal form; the order of names, and of a bag's terms, does not matter."""
    normal = {name: _normal(name, value) for name, value in fields.items() if not is_absent(value)}
    text = json.dumps(normal, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def normal_uri(text: str, *, plus: bool) -> str:
    """One spelling: NewsCodes with `http:`, PLUS codes as full URIs."""
    clean = text.strip()
    if clean.startswith(_NEWSCODES):
        return "http" + clean.removeprefix("https")
    return PLUS + clean if plus and ":" not in clean else clean


def _texts(name: FieldName, value: Value) -> tuple[str, ...]:
    match value:
        case tuple():
            return tuple(it for it in (_one(name, it) for it in value) if it.strip())
        case LangAlt():
            return (_one(name, value.default),)
        case DateValue():
            return (value.iso,)
        case str():
            return (_one(name, value),)
    return (str(int(value)),)


def _names(texts: tuple[str, ...]) -> list[str]:
    """The members of a sequence; a place for one text holds them joined by semicolons."""
    return [it.strip() for text in texts for it in text.split(";") if it.strip()]


def _one(name: FieldName, text: str) -> str:
    if name == "country_code":
        return country_code(text)
    if kind_of(name) is Kind.URI:
        return normal_uri(normal_text(text), plus=name in _PLUS_FIELDS)
    return normal_text(text)


def _normal(name: FieldName, value: Value) -> object:
    match value:
        case LangAlt():
            return {tag: normal_text(text) for tag, text in _tagged(value).items()}
        case tuple() if kind_of(name) is Kind.BAG:
            return sorted(_texts(name, value))
    return list(_texts(name, value))


def _tagged(value: LangAlt) -> dict[str, str]:
    """The languages that say something, without `x-default` where it only repeats one of them."""
    texts = {tag: normal_text(text) for tag, text in value.entries if text.strip()}
    default = texts.get(DEFAULT_LANGUAGE)
    if default is not None and default in {text for tag, text in texts.items() if tag != DEFAULT_LANGUAGE}:
        del texts[DEFAULT_LANGUAGE]
    return texts


def _same_languages(one: LangAlt, other: LangAlt) -> bool:
    """A system without languages holds the default text alone: against it only that text counts."""
    if _is_plain(one) or _is_plain(other):
        return normal_text(one.default) == normal_text(other.default)
    return _tagged(one) == _tagged(other)


def _is_plain(value: LangAlt) -> bool:
    return len(value.entries) == 1 and value.entries[0][0] == DEFAULT_LANGUAGE


def _is_cut(part: str, whole: str, limit: int) -> bool:
    shown = part.rstrip("\N{REPLACEMENT CHARACTER}").rstrip()
    if not shown or len(shown) >= len(whole):
        return False
    for form in ("NFC", "NFD"):
        spelled = unicodedata.normalize(form, whole)
        cuts = (spelled.encode()[:limit].decode(errors="ignore"), spelled[:limit])
        if any(it != spelled and normal_text(it) == shown for it in cuts):
            return True
    return False
