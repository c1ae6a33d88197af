"""What a person's word about a conflict means: the values ruled, which entries are like it, what taking it back restores.

Two entries are *like* each other when they are of one flow and one group, could not be decided by the same rule, and their
values stand on the same accounts. A ruling that names a side goes to all such entries, to each with that side's own value;
one that gives values goes only to those in which the very same values contend on the same accounts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dambridge.model.accords import Accord
from dambridge.model.conflicts import Conflict, Ruling, Side
from dambridge.model.identity import CopyId
from dambridge.model.reasons import Code
from dambridge.model.values import (
    DEFAULT_LANGUAGE,
    DateValue,
    FieldName,
    Fields,
    LangAlt,
    Value,
    value_from_json,
)
from dambridge.policy.mirror import WhenAbsent
from dambridge.ports.errors import Refused

AGREED = "agreed"
"""The name of the side that is no copy's: the value that was agreed on before the edits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person gave: a side by its account, its copy or `agreed`; or values, spelled as JSON or as plain text.

    A value that is None, or an empty text, empties the field.
    """

    side: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_scope(cls, scope: Mapping[str, Any]) -> Wish:
        return cls(side=scope.get("side", ""), values=scope.get("values", {}), texts=scope.get("texts", {}))


def ruling_about(entry: Conflict, wish: Wish, *, by: str, at: datetime) -> Ruling:
    """Raises `Refused` where the wish does not say what every contending field shall be."""
    if bool(wish.side) == bool(wish.values or wish.texts):
        raise Refused("Say either whose value shall stand (`--side`) or the value itself (`--value`).")
    if is_about_absence(entry):
        return Ruling(by=by, at=at, fields=_what_follows(entry, wish))
    if wish.side:
        side = _side(entry, wish.side)
        return Ruling(by=by, at=at, fields=side.fields, side=side.copy)
    return Ruling(by=by, at=at, fields=_given(entry, wish))


def is_about_absence(entry: Conflict) -> bool:
    """Whether it asks what shall follow where a copy is gone, instead of which value shall stand."""
    return entry.reason.code in {Code.COPY_GONE, Code.EDITED_AND_GONE}


def alike(entry: Conflict, other: Conflict, wish: Wish) -> bool:
    """Whether what is ruled about `entry` may be ruled about `other` as well; see the module."""
    one, two = _family(entry), _family(other)
    return one == two and (bool(wish.side) or _contenders(entry) == _contenders(other))


def restoring(entry: Conflict, accord: Accord | None) -> dict[CopyId, Fields]:
    """What each copy had before the ruling: its own value where it contended, else what was agreed on then."""
    own = {it.copy: it.fields for it in entry.sides if it.copy is not None}
    agreed = next((it.fields for it in entry.sides if it.copy is None), entry.base)
    others = {it: agreed for it in (accord.copies if accord else {}) if it not in own}
    return {**own, **others}


def names_of(entry: Conflict) -> list[str]:
    """What `--side` may be for this entry."""
    accounts = [it.copy.account for it in entry.sides if it.copy]
    return [
        AGREED if it.copy is None else it.copy.account if accounts.count(it.copy.account) == 1 else str(it.copy)
        for it in entry.sides
    ]


def _side(entry: Conflict, name: str) -> Side:
    found = [it for it, called in zip(entry.sides, names_of(entry), strict=True) if name in {called, str(it.copy)}]
    if not found:
        raise Refused(f"The conflict {entry.id} has no side {name}. Its sides are {', '.join(names_of(entry))}.")
    return found[0]


def _family(entry: Conflict) -> tuple[object, ...]:
    accounts = sorted(AGREED if it.copy is None else it.copy.account for it in entry.sides)
    rule = dict(entry.reason.params).get("rule", "")
    return entry.flow, entry.group, entry.reason.code, rule, accounts


def _contenders(entry: Conflict) -> list[tuple[str, Fields]]:
    return sorted(
        ((AGREED if it.copy is None else it.copy.account, it.fields) for it in entry.sides),
        key=lambda it: (it[0], repr(sorted(it[1].items()))),
    )


def _what_follows(entry: Conflict, wish: Wish) -> Fields:
    may = [it for it in WhenAbsent if it is not WhenAbsent.ASK]
    said = {} if wish.side else _given(entry, wish)
    if not said or not set(said.values()) <= set(may):
        name = next(iter(entry.base), "presence")
        raise Refused(f"A copy is gone; say what shall follow: {' or '.join(f'`--value {name}={it}`' for it in may)}.")
    return said


def _given(entry: Conflict, wish: Wish) -> Fields:
    """The values given, and of the group's other fields those that all sides have alike."""
    known = {name for it in (*entry.sides, *entry.kept) for name in it.fields} | set(entry.base)
    if strange := sorted({*wish.values, *wish.texts} - known):
        raise Refused(f"{', '.join(strange)}: no such field contends here. It is about {', '.join(sorted(known))}.")
    named: dict[FieldName, Value | None] = {FieldName(it): _from_json(it, data) for it, data in wish.values.items()}
    named |= {FieldName(it): _from_text(entry, FieldName(it), text) for it, text in wish.texts.items()}
    for name in sorted(known - set(named)):
        values = [it.fields.get(name) for it in entry.sides]
        if any(it != values[0] for it in values):
            raise Refused(f"{name} contends as well: give a value for it too.")
        named[name] = values[0] if values else None
    return {name: value for name, value in named.items() if value is not None}


def _from_json(name: str, data: Any) -> Value | None:
    if data is None or data in ("", []):
        return None
    try:
        return value_from_json(data)
    except ValueError as error:
        raise Refused(f"{name} cannot be that: {error}.") from None


def _from_text(entry: Conflict, name: FieldName, text: str) -> Value | None:
    """The text as the kind of value that the field has in this entry: words of a list stand between semicolons."""
    if not text:
        return None
    values = [it.fields[name] for it in entry.sides if name in it.fields] or [entry.base.get(name, "")]
    match values[0]:
        case tuple():
            return tuple(dict.fromkeys(it.strip() for it in text.split(";") if it.strip())) or None
        case LangAlt():
            return _with_languages(name, text, values)
        case DateValue():
            return _from_json(name, {"date": text})
        case bool():
            if text.lower() not in {"true", "false"}:
                raise Refused(f"{name} is either true or false.")
            return text.lower() == "true"
        case int():
            try:
                return int(text)
            except ValueError:
                raise Refused(f"{name} is a whole number.") from None
        case _:
            return text


def _with_languages(name: FieldName, text: str, values: list[Value]) -> Value:
    """The text in the default language, beside the other languages that all sides have alike."""
    others = [{k: v for k, v in it.entries if k != DEFAULT_LANGUAGE} for it in values if isinstance(it, LangAlt)]
    if any(it != others[0] for it in others):
        raise Refused(
            f'{name} contends in several languages: give all of them as JSON, {{"{name}": {{"lang": {{…}}}}}}.'
        )
    return LangAlt.of({**others[0], DEFAULT_LANGUAGE: text})
