"""From canonical fields to XMP names in a file, for a system that reads attributes out of what it is given (NX 10, CONFIRMED).

Which attribute is read from which XMP name is the site's own choice, as in its metadata maps: `{"Title": "dc:title"}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

from dambridge.mapping.displays import joined
from dambridge.mapping.embedded import embedded_fields
from dambridge.mapping.fields import FIELDS, Field, Kind
from dambridge.mapping.normal import same
from dambridge.mapping.rules import AccountMap, Rule
from dambridge.model.records import EmbeddedMetadata
from dambridge.model.values import DEFAULT_LANGUAGE, DateValue, FieldName, Fields, LangAlt, Value

Tag = str | tuple[str, ...] | Mapping[str, str]
Homes = Mapping[str, str]
"""Attribute name to XMP name (`schema:field`), as the site's metadata maps have them."""

EMBEDDABLE = frozenset(
    {
        *("jpg", "jpeg", "jpe", "tif", "tiff", "png", "webp", "heic", "heif", "avif", "dng", "psd", "psb", "pdf"),
        *("mp4", "m4v", "mov"),
    }
)
"""Extensions of the files into which fields may be written. Camera raw stays as it came, and what has not been proven to be
written safely stays out."""
_PLAIN = ("dc", "photoshop", "xmp", "xmpRights", "iptcCore", "iptcExt", "plus", "pur", "cc")
_ALIASES = {"iptc4xmpcore": "iptccore", "iptc4xmpext": "iptcext"}
_RENAMED = {
    "iptcext:digimageguid": "iptcext:digitalimageguid",
    "iptcext:addlmodelinfo": "iptcext:additionalmodelinformation",
}
"""XMP names that ExifTool, whose names `FIELDS` holds, spells otherwise."""


def _known() -> Mapping[str, Field]:
    found: dict[str, Field] = {}
    for field in FIELDS.values():
        schema, _, rest = field.xmp.removeprefix("XMP-").partition(":")
        if schema in _PLAIN and "." not in rest:
            found[f"{schema}:{rest}".lower()] = field
    return found


_BY_XMP = _known()


def xmp_field(spelled: str) -> Field | None:
    """The canonical field whose home this XMP name is; None for a name that is not written."""
    schema, _, rest = spelled.lower().partition(":")
    name = f"{_ALIASES.get(schema, schema)}:{rest}"
    return _BY_XMP.get(_RENAMED.get(name, name))


def may_embed(file_name: str) -> bool:
    """Whether files of this name's kind may be written into. What the file really is, is looked at before it is written."""
    return PurePath(file_name).suffix.lower().lstrip(".") in EMBEDDABLE


def with_home(fields: Fields, account: AccountMap, homes: Homes) -> dict[FieldName, Value]:
    """Those of the fields that reach the account inside a file."""
    return {name: it for name, it in fields.items() if _home(name, account, homes) is not None}


def to_xmp(fields: Fields, inside: EmbeddedMetadata, account: AccountMap, homes: Homes) -> dict[str, Tag]:
    """What is to be written into a file that says `inside`: ExifTool's tag to text, texts or languages.

    A value that the file's own XMP has already is left as it stands there, with its languages and its precision."""
    there = embedded_fields(inside)
    fields, _ = joined(fields, (), account.displays, beside={})
    tags: dict[str, Tag] = {}
    for name, ours in sorted(fields.items()):
        home = _home(name, account, homes)
        if home is None:
            continue
        value = _respelled(account.by_field[name], ours)
        if home.name == name and home.xmp in inside.tags and same(name, value, there.get(name)):
            continue
        tags[home.xmp] = _spelled(home.kind, value, account.by_field[name].separator or "; ")
    return tags


def own_tags(fields: Fields) -> dict[str, Tag]:
    """All fields under their own XMP names, whatever an account makes of them; those that XMP has no name for are left out."""
    homes = {name: FIELDS[name] for name in sorted(fields) if name in FIELDS and FIELDS[name].xmp}
    return {home.xmp: _spelled(home.kind, fields[name], "; ") for name, home in homes.items()}


def _home(name: FieldName, account: AccountMap, homes: Homes) -> Field | None:
    rule = account.by_field.get(name)
    if rule is None or not rule.write:
        return None
    return xmp_field(homes.get(rule.native, ""))


def _respelled(rule: Rule, value: Value) -> Value:
    """The value in the account's spelling. Whether its transform holds was asked before (`to_native`)."""
    if rule.transform is None:
        return value
    match value:
        case LangAlt():
            return LangAlt.of({tag: rule.transform.written((text,))[0] for tag, text in value.entries})
        case tuple():
            return rule.transform.written(value)
        case str():
            return rule.transform.written((value,))[0]
    return value


def _spelled(kind: Kind, value: Value, separator: str) -> Tag:
    texts = _texts(value)
    match kind:
        case Kind.LANG if isinstance(value, LangAlt):
            return {DEFAULT_LANGUAGE: _lines(value.default), **{tag: _lines(text) for tag, text in value.entries}}
        case Kind.LANG:
            return {DEFAULT_LANGUAGE: separator.join(texts)}
        case Kind.BAG | Kind.SEQ:
            return texts
    return separator.join(texts)


def _texts(value: Value) -> tuple[str, ...]:
    match value:
        case tuple():
            return tuple(_lines(it) for it in value)
        case LangAlt():
            return (_lines(value.default),)
        case DateValue():
            return (value.iso,)
        case bool():
            return (str(value),)  # XMP spells them True and False
    return (_lines(str(value)),)


def _lines(text: str) -> str:
    """LF line ends: a carriage return would be read back as one by every other reader, and look like an edit for ever."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
