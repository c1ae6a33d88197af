"""Which field of an account is which canonical field, in which direction, with which bounds.

A map is made from a system's defaults and the site's own rules. The configuration names, per canonical field, the
account's field (`credit: Credit Line`), a group of options, or an empty text to leave the field out. Beyond its rules a
map has what is derived before anything is written (`Derivations`), what is shown in other fields' places, and the word of
the contributors' uploader.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from dambridge.expressions import ExpressionInvalid, Program, compile_expression
from dambridge.expressions import Kind as ExpressionKind
from dambridge.mapping.displays import Display
from dambridge.mapping.fields import CUSTOM, FIELDS, LINK_MARK, MARK, SOURCE_MARK, Kind, kind_of
from dambridge.mapping.rules import AccountMap, Derivations, Direction, MapInvalid, NewTerms, Rule
from dambridge.mapping.transforms import compile_transform
from dambridge.mapping.uploader import UploaderWord
from dambridge.mapping.values import Unreadable, configured_value
from dambridge.mapping.variables import expression_variables
from dambridge.model.identity import System
from dambridge.model.values import FieldName, Value

__all__ = ["AccountMap", "Derivations", "Direction", "MapInvalid", "NewTerms", "Rule", "account_map", "default_map"]


def default_map(system: System) -> AccountMap:
    """The map that an account has before its site says otherwise."""
    return AccountMap(system, tuple(_defaults(system).values()))


def account_map(
    system: System,
    configured: Mapping[str, str | Mapping[str, Any]],
    *,
    derivations: Derivations | None = None,
    displays: Sequence[Display] = (),
    uploader: UploaderWord | None = None,
) -> AccountMap:
    """The system's default map with a site's own rules over it. Raises `MapInvalid` with every mistake at once."""
    rules = dict(_defaults(system))
    problems: list[tuple[str, str]] = []
    shared: list[str] = []
    for name, given in configured.items():
        try:
            rule = _configured(system, FieldName(name), given)
        except (ValueError, TypeError) as error:
            problems.append((name, str(error)))
            if isinstance(error, TwoIntoOne):
                shared.append(name)
            continue
        if rule is None:
            rules.pop(FieldName(name), None)
        else:
            rules[rule.field] = rule
    collisions = _collisions(rules.values())
    problems += collisions
    problems += [
        (it.field, "nothing can be shown before it: it has no place here, or one for each language")
        for it in _homeless(displays, rules)
    ]
    if problems:
        raise MapInvalid(problems, [*shared, *(name for name, _ in collisions)])
    shown = [_showing(it, rules[it.field]) for it in displays]
    return AccountMap(system, (*rules.values(), *shown), derivations or Derivations(), tuple(displays), uploader)


def _homeless(displays: Iterable[Display], rules: Mapping[FieldName, Rule]) -> list[Display]:
    return [it for it in displays if it.field not in rules or not rules[it.field].write or rules[it.field].languages]


def _showing(display: Display, host: Rule) -> Rule:
    """The rule of what is shown: it shares its host's place, and is read out of the host's text, not by itself."""
    return Rule(
        field=display.shown,
        native=host.native,
        direction=Direction.OUT,
        group=host.group,
        kind=host.kind,
        limit=host.limit,
    )


def _photoshelter_defaults() -> dict[FieldName, Rule]:
    return {
        it.name: Rule(field=it.name, native=it.photoshelter, group=photoshelter_group(it.photoshelter))
        for it in FIELDS.values()
        if it.photoshelter
    }


def photoshelter_group(native: str) -> str:
    """The group of a read in which PhotoShelter shows a field (PS E19, E21, E25)."""
    if native.startswith("custom."):
        return "custom"
    return "base" if native in _PHOTOSHELTER_BASE else "iptc"


_PHOTOSHELTER_BASE = frozenset({"rating", "model_released", "property_released", "searchable", "flagged"})


def _netx_defaults() -> dict[FieldName, Rule]:
    rules = {it.name: _netx_rule(it.name, it.netx, it.netx_kind) for it in FIELDS.values() if it.written and it.netx}
    for mark, native in ((LINK_MARK, "Dambridge Id"), (SOURCE_MARK, "Source Id")):
        rules[mark] = Rule(field=mark, native=native, direction=Direction.OUT, kind="text")
    return rules


def _netx_rule(name: FieldName, native: str, kind: str) -> Rule:
    joined = "; " if kind_of(name) is Kind.SEQ else None
    free = NewTerms.SEND if name == "keywords" else NewTerms.WAIT
    return Rule(field=name, native=native, kind=kind, separator=joined, new_terms=free)


@cache
def _defaults(system: System) -> Mapping[FieldName, Rule]:
    return _photoshelter_defaults() if system is System.PHOTOSHELTER else _netx_defaults()


_OPTIONS = frozenset(
    {
        *("to", "direction", "type", "many", "separator", "limit", "language", "languages", "new_terms", "required"),
        *("default", "constant", "expression", "transform"),
    }
)
ELSEWHERE: Mapping[str, str] = {
    "terms": "A vocabulary is imported: `dambridge terms import FILE --attribute NAME`.",
}
"""What people look for among the options of a rule, and where it stands."""
_TYPES = frozenset({"text", "textarea", "pulldown", "multi-select", "tag", "number", "date"})


def _configured(system: System, name: FieldName, given: str | Mapping[str, Any]) -> Rule | None:
    if name not in FIELDS and not name.startswith((CUSTOM, MARK)):
        near = difflib.get_close_matches(name, FIELDS, n=1)
        raise ValueError(f"there is no canonical field {name!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
    if name.startswith(MARK) and name not in {LINK_MARK, SOURCE_MARK}:
        raise ValueError(f"the marks are {LINK_MARK!r} and {SOURCE_MARK!r}")
    options: Mapping[str, Any] = {"to": given} if isinstance(given, str) else given
    if unknown := sorted(set(options) - _OPTIONS):
        instead = ELSEWHERE.get(unknown[0], f"Known are {', '.join(sorted(_OPTIONS))}.")
        raise ValueError(f"{unknown[0]!r} is no option of a rule. {instead}")
    before = _defaults(system).get(name)
    field_ = FIELDS.get(name)
    languages = _languages(system, name, options)
    own = languages[0][1] if languages else before.native if before else _profile_name(system, name)
    native = str(options.get("to") or own) if languages else str(options.get("to", own))
    if not native.strip():
        return None
    if before is None or before.native != native:
        kind = field_.netx_kind if field_ is not None and system is System.NETX and native == field_.netx else ""
        before = _netx_rule(name, native, kind) if system is System.NETX else Rule(field=name, native=native)
    group = photoshelter_group(native) if system is System.PHOTOSHELTER else "attributes"
    fixed = Direction.OUT if name.startswith(MARK) else before.direction
    return replace(
        before,
        group=group,
        direction=Direction(options.get("direction", fixed)),
        separator=options.get("separator", before.separator),
        limit=_limit(options.get("limit")),
        new_terms=NewTerms(options.get("new_terms", before.new_terms)),
        default=_value(name, options.get("default")),
        constant=_value(name, options.get("constant")),
        expression=_expression(name, options.get("expression")),
        kind=_type(options.get("type", before.kind)),
        transform=compile_transform(options["transform"]) if options.get("transform") is not None else None,
        language=_language(name, options.get("language")),
        languages=languages,
        many=options.get("many"),
        required=bool(options.get("required", False)),
    )


def _type(given: str) -> str:
    if given and given not in _TYPES:
        raise ValueError(f"{given!r} is no type of a place; known are {', '.join(sorted(_TYPES))}")
    return given


def _language(name: FieldName, given: object) -> str:
    if given is None:
        return ""
    if kind_of(name) is not Kind.LANG:
        raise ValueError("it has no languages, so none can be named")
    return str(given)


def _languages(system: System, name: FieldName, options: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    given = options.get("languages")
    if given is None:
        return ()
    if kind_of(name) is not Kind.LANG:
        raise ValueError("it has no languages, so none can have a place of its own")
    if system is System.PHOTOSHELTER:
        raise ValueError("PhotoShelter shows one text of it; languages have places of their own in NetX alone")
    if options.get("language") is not None:
        raise ValueError("`language` is the one language of one place; `languages` name a place for each")
    found = tuple((str(tag).strip(), str(place).strip()) for tag, place in dict(given).items())
    if not found or not all(tag and place for tag, place in found):
        raise ValueError("`languages` name an attribute for each language: {en: Description, de: Beschreibung}")
    for at, (tag, place) in enumerate(found):
        for other, taken in found[:at]:
            if other.casefold() == tag.casefold():
                raise ValueError(f"the language {tag!r} has two places; one of them must go")
            if taken == place:
                raise TwoIntoOne(f"{place!r} is to hold {other!r} and {tag!r}; each needs a place of its own")
    return found


class TwoIntoOne(ValueError):
    """Two texts would be written to one place."""


def _profile_name(system: System, name: FieldName) -> str:
    known = FIELDS.get(name)
    if known is None:
        return name.removeprefix(CUSTOM)
    return known.netx if system is System.NETX else known.photoshelter


def _limit(given: object) -> int | None:
    if given is None:
        return None
    if not isinstance(given, int) or given < 1:
        raise ValueError("`limit` is a number of characters, 1 or more")
    return given


def _value(name: FieldName, given: Any) -> Value | None:
    try:
        return None if given is None else configured_value(name, given)
    except Unreadable as error:
        raise ValueError(str(error)) from None


def _expression(name: FieldName, source: object) -> Program | None:
    if source is None:
        return None
    returns = ExpressionKind.TEXTS if kind_of(name) in {Kind.BAG, Kind.SEQ} else ExpressionKind.TEXT
    try:
        return compile_expression(str(source), expression_variables(), returns=returns)
    except ExpressionInvalid as error:
        raise ValueError(f"the expression cannot be used: {error}") from None


def _collisions(rules: Iterable[Rule]) -> list[tuple[str, str]]:
    """Two fields written to one place: the last would win without a word (hazard P32)."""
    owners: dict[str, FieldName] = {}
    problems: list[tuple[str, str]] = []
    for rule in rules:
        if not rule.write:
            continue
        for place in rule.places:
            first = owners.setdefault(place, rule.field)
            if first != rule.field:
                problems.append((rule.field, f"{place!r} is written by {first!r} already; one of them must go"))
    return problems
