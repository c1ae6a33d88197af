"""From canonical fields to rights. What a field says that has no meaning here is unknown, never permission.

Text about rights (usage terms, constraints, instructions) is carried along to be shown; nothing is read out of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import TypeVar

from dambridge.mapping.instants import ends_at, opens_at
from dambridge.mapping.normal import PLUS
from dambridge.model.rights import EVERYWHERE, Bounds, Consent, LicenceKind, Release, Rights
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt

E = TypeVar("E", bound=StrEnum)

HOLDERS = ("copyright_owner", "licensor", "copyright_notice")
OPENS = ("embargo_until", "licence_start")
ENDS = ("expires_at", "licence_end")
RIGHTS_FIELDS: frozenset[FieldName] = frozenset(
    FieldName(it)
    for it in (
        *HOLDERS,
        *OPENS,
        *ENDS,
        "credit",
        "usage_terms",
        "other_constraints",
        "contract_reference",
        "licence_kind",
        "territories",
        "territories_excluded",
        "channels",
        "channels_excluded",
        "editorial_only",
        "model_release",
        "property_release",
        "people_shown",
        "consent",
        "data_mining",
    )
)
"""Every field that the gate's answer can rest on."""

_RELEASES = {
    "UMR": Release.UNLIMITED,
    "UPR": Release.UNLIMITED,
    "LMR": Release.LIMITED,
    "LPR": Release.LIMITED,
    "NON": Release.NONE,
    "NAP": Release.NOT_NEEDED,
}
_WORLD = frozenset({"worldwide", "world", EVERYWHERE})
_YES = frozenset({"yes", "true", "1"})
_NO = frozenset({"no", "false", "0", ""})


def rights_of(fields: Fields, zone: tzinfo) -> Rights:
    """What these fields say about rights. `zone` is the business zone, for dates that name none."""
    opens, unclear_opens = _instants(fields, OPENS, opens_at, zone)
    ends, unclear_ends = _instants(fields, ENDS, ends_at, zone)
    return Rights(
        holder=next((found for it in HOLDERS if (found := _text(fields, it))), ""),
        credit=_text(fields, "credit"),
        terms=_text(fields, "usage_terms"),
        constraints=_text(fields, "other_constraints"),
        contract=_text(fields, "contract_reference"),
        kind=_word(fields, "licence_kind", LicenceKind),
        not_before=max(opens, default=None),
        not_after=min(ends, default=None),
        unclear=(*unclear_opens, *unclear_ends),
        territories=_bounds(fields, "territories", str.upper),
        channels=_bounds(fields, "channels", str.casefold),
        editorial_only=_flag(fields, "editorial_only"),
        model_release=_release(fields, "model_release"),
        property_release=_release(fields, "property_release"),
        people=_list(fields, "people_shown"),
        consent=_word(fields, "consent", Consent),
        mining=_text(fields, "data_mining").removeprefix(PLUS),
    )


def kind_of(fields: Fields) -> LicenceKind | None:
    """On what ground the asset may be used, as these fields say it in a word that is understood."""
    return _word(fields, "licence_kind", LicenceKind)


def _instants(
    fields: Fields, names: tuple[str, ...], instant: Callable[[DateValue, tzinfo], datetime | None], zone: tzinfo
) -> tuple[list[datetime], list[str]]:
    """The instants that the named dates mean, and the names of those that mean none."""
    found: list[datetime] = []
    unclear: list[str] = []
    for name in names:
        value = fields.get(FieldName(name))
        at = instant(value, zone) if isinstance(value, DateValue) else None
        if at is not None:
            found.append(at)
        elif value is not None:
            unclear.append(name)
    return found, unclear


def _text(fields: Fields, name: str) -> str:
    match fields.get(FieldName(name)):
        case None:
            return ""
        case LangAlt() as value:
            return value.default.strip()
        case tuple() as value:
            return ", ".join(value).strip()
        case value:
            return str(value).strip()


def _list(fields: Fields, name: str) -> tuple[str, ...]:
    match fields.get(FieldName(name)):
        case tuple() as value:
            return tuple(it.strip() for it in value if it.strip())
        case str() as value if value.strip():
            return (value.strip(),)
    return ()


def _word(fields: Fields, name: str, kind: type[E]) -> E | None:
    word = _text(fields, name).casefold().replace(" ", "_").replace("-", "_")
    return next((it for it in kind if it == word), None)


def _bounds(fields: Fields, name: str, form: Callable[[str], str]) -> Bounds:
    permitted = _names(fields, name, form)
    return Bounds(permitted=permitted or None, forbidden=_names(fields, f"{name}_excluded", form))


def _names(fields: Fields, name: str, form: Callable[[str], str]) -> frozenset[str]:
    """Names in one spelling; `Worldwide` and its like are everywhere."""
    given = _list(fields, name)
    return frozenset(EVERYWHERE if it.casefold() in _WORLD else form(it) for it in given)


def _flag(fields: Fields, name: str) -> bool:
    """Restricting flags are on unless they say no in a word that is understood."""
    match fields.get(FieldName(name)):
        case bool() as value:
            return value
        case _:
            return _text(fields, name).casefold() not in _NO


def _release(fields: Fields, name: str) -> Release | None:
    """A PLUS code, with or without its prefix; PhotoShelter's flags are yes and no."""
    value = fields.get(FieldName(name))
    text = _text(fields, name)
    if isinstance(value, bool) or text.casefold() in _YES | (_NO - {""}):
        return Release.UNLIMITED if value is True or text.casefold() in _YES else Release.NONE
    return _RELEASES.get(text.removeprefix(PLUS).partition("-")[2].upper())
