"""The linter of maps: what would lose values, hold assets back or never happen, told before anything is written (P32).

`lint_account` looks at one account's map as it stands; `lint_common` at what all accounts share; `lint_samples` holds a map
against real assets, by doing with them what a run would do.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dambridge.mapping.discovery import FITS, discover
from dambridge.mapping.displays import SHOWN
from dambridge.mapping.faults import Fault, LintFinding, found
from dambridge.mapping.fields import FIELDS, MARK, Kind, kind_of
from dambridge.mapping.languages import tag_mistake
from dambridge.mapping.lookups import key_pattern
from dambridge.mapping.normal import normal_text
from dambridge.mapping.rules import AccountMap, Rule
from dambridge.mapping.terms import NO_ALIASES, Aliases, Definition, takes_many
from dambridge.mapping.transforms import Transform, TransformFailed
from dambridge.mapping.writing import to_native
from dambridge.model.reasons import Code
from dambridge.model.values import FieldName, Value

PROBES = ("Harbour at dawn", "HB-26/0042", "Jane Doe (Agency)", "Łódź, été 2026", "a")
"""Texts with which a transform is tried where no vocabulary says what comes to it."""
_ORDERLY = frozenset({"pulldown", "tag", "multi-select", "multiselect"})
_BY_CODE = {
    Code.VALUE_CUT: Fault.VALUE_CUT,
    Code.UNKNOWN_TERM: Fault.TERM_WITHOUT_PARTNER,
    Code.ATTRIBUTE_MISSING: Fault.ATTRIBUTE_MISSING,
    Code.EXPRESSION_ERROR: Fault.RULE_FAILS,
    Code.LOOKUP_FAILED: Fault.TABLE_FAILS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataMap:
    """One of the NetX site's own metadata maps, in their order there (NX 10, CONFIRMED): of several that import into one
    attribute the last one counts, several that export into one name are appended."""

    xmp: str
    attribute: str
    imports: bool = True
    exports: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What the linter knows beside the map: the account's definitions where it shows them, what persons said that words
    mean there, the site's metadata maps, and the fields that other accounts give."""

    definitions: Mapping[str, Definition] | None = None
    aliases: Aliases = NO_ALIASES
    metadata_maps: Sequence[MetadataMap] = ()
    given: Collection[FieldName] = field(default_factory=frozenset)


def lint_account(account: AccountMap, around: Around) -> list[LintFinding]:
    """What is wrong with this map by itself, in the order of its rules."""
    faults = [it for rule in account.rules for it in _of_rule(rule, account, around)]
    return faults + list(_of_definitions(account, around)) + list(_of_metadata_maps(account, around.metadata_maps))


def _of_rule(rule: Rule, account: AccountMap, around: Around) -> Iterator[LintFinding]:
    if rule.field.startswith((MARK, SHOWN)):
        return
    kind, terms = _place(rule, around)
    yield from _unreachable(rule)
    for tag in (*([rule.language] if rule.language else ()), *(it for it, _ in rule.languages)):
        if why := tag_mistake(tag):
            yield found(Fault.LANGUAGE_UNKNOWN, rule.field, place=dict(rule.languages).get(tag, rule.native), why=why)
    if rule.transform is not None:
        yield from _of_transform(rule, rule.transform, terms)
    if not rule.write:
        return
    if _list_into_one(rule, kind):
        yield found(Fault.LIST_INTO_ONE, rule.field, place=rule.native, type=kind)
    elif around.definitions is None and rule.kind and not _fits(rule, kind):
        yield found(Fault.TYPE_DOES_NOT_FIT, rule.field, place=rule.native, type=kind, wanted=_wanted(rule))
    if rule.required and not _has_source(rule, account, around.given):
        yield found(Fault.REQUIRED_WITHOUT_SOURCE, rule.field, place=rule.native)
    yield from _of_fixed_values(rule, account, around)


def _place(rule: Rule, around: Around) -> Definition:
    """Type and terms of the place: as the account shows them, else the type that the map names."""
    shown = (around.definitions or {}).get(rule.native)
    return shown if shown is not None else (rule.kind, None)


def _list_into_one(rule: Rule, kind: str) -> bool:
    """Whether several values are to go into a place of texts that holds one."""
    several = kind_of(rule.field) in {Kind.BAG, Kind.SEQ} and not rule.separator
    return several and kind in {"text", "textarea", "pulldown"} and not takes_many(rule, kind)


def _fits(rule: Rule, kind: str) -> bool:
    return kind in FITS[kind_of(rule.field)] or (bool(rule.separator) and kind in {"text", "textarea"})


def _wanted(rule: Rule) -> str:
    return ", ".join(sorted(FITS[kind_of(rule.field)]))


def _unreachable(rule: Rule) -> Iterator[LintFinding]:
    made = [name for name in ("expression", "constant", "default") if getattr(rule, name) is not None]
    if made and not rule.write:
        yield found(Fault.NEVER_REACHED, rule.field, what=f"its {made[0]}", why="the field is only read here")
    elif len(made) > 1:
        yield found(Fault.NEVER_REACHED, rule.field, what=f"its {made[1]}", why=f"its {made[0]} comes first")


def _of_transform(rule: Rule, transform: Transform, terms: tuple[str, ...] | None) -> Iterator[LintFinding]:
    if not (rule.read and rule.write):
        return
    if transform.write is None or transform.read is None:
        missing = "read" if transform.read is None else "write"
        yield found(Fault.NO_INVERSE, rule.field, place=rule.native, missing=missing)
        return
    for text in terms or PROBES:
        try:
            back = (
                transform.written(transform.as_read((text,)))
                if terms
                else transform.as_read(transform.written((text,)))
            )
        except TransformFailed as error:
            back = (f"({error})",)
        if normal_text(back[0]) != normal_text(text):
            yield found(Fault.INVERSE_DIFFERS, rule.field, place=rule.native, text=text, back=back[0])
            return


def _has_source(rule: Rule, account: AccountMap, given: Collection[FieldName]) -> bool:
    made = rule.expression is not None or rule.constant is not None or rule.default is not None
    return made or rule.field in given or rule.field in _derived(account)


def _derived(account: AccountMap) -> dict[FieldName, list[str]]:
    """The fields that tables and classification make, each with what makes it."""
    makers: dict[FieldName, list[str]] = {}
    for table in account.derivations.lookups:
        for name in table.fields:
            makers.setdefault(name, []).append(f"table {table.name}")
    for it in account.derivations.classes:
        for name in it.adds:
            makers.setdefault(name, [])
        for name in it.sets:
            makers.setdefault(name, [])
    return makers


def _of_fixed_values(rule: Rule, account: AccountMap, around: Around) -> Iterator[LintFinding]:
    """Values that the map itself holds, spelled as a run would spell them."""
    seen: set[tuple[Fault, str]] = set()
    tried: list[Value] = []
    for origin, value in _fixed(rule, account):
        if value in tried[-64:]:
            continue  # rows of a table repeat few values
        tried.append(value)
        written = to_native({rule.field: value}, (), account, definitions=around.definitions, aliases=around.aliases)
        for it in written.problems:
            fault = _BY_CODE.get(it.code, Fault.VALUE_REFUSED)
            if fault is Fault.ATTRIBUTE_MISSING or (fault, origin) in seen:
                continue
            seen.add((fault, origin))
            params = {name: str(text) for name, text in it.params if name != "field"}
            yield found(fault, rule.field, place=rule.native, origin=origin, **params)


def _fixed(rule: Rule, account: AccountMap) -> Iterator[tuple[str, Value]]:
    if rule.constant is not None:
        yield "its constant", rule.constant
    if rule.default is not None:
        yield "its default", rule.default
    for table in account.derivations.lookups:
        if rule.field in table.fields:
            for key, row in table.rows.items():
                if rule.field in row:
                    yield f"table {table.name}, key {key}", row[rule.field]
    for it in account.derivations.classes:
        for values in (it.sets, it.adds):
            if rule.field in values:
                yield f"classification {it.name}", values[rule.field]


def _of_definitions(account: AccountMap, around: Around) -> Iterator[LintFinding]:
    """What does not fit the account as it is."""
    if around.definitions is None:
        return
    for it in discover(account, around.definitions):
        params = {name: _listed(value) for name, value in it.params if name != "field"}
        if it.code is Code.ATTRIBUTE_MISSING:
            yield found(Fault.ATTRIBUTE_MISSING, str(it["field"]), place=params["attribute"], closest=params["closest"])
        elif not _list_into_one(account.by_field[FieldName(str(it["field"]))], params["kind"]):
            place, wanted = params["attribute"], params["wanted"]
            yield found(Fault.TYPE_DOES_NOT_FIT, str(it["field"]), place=place, type=params["kind"], wanted=wanted)


def _listed(value: str | int | tuple[str, ...]) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _of_metadata_maps(account: AccountMap, maps: Sequence[MetadataMap]) -> Iterator[LintFinding]:
    fields = {place: it.field for it in account.rules if it.write for place in it.places}
    into: dict[str, list[str]] = {}
    outof: dict[str, list[str]] = {}
    for it in maps:
        if it.imports:
            into.setdefault(it.attribute, []).append(it.xmp)
        if it.exports:
            outof.setdefault(it.xmp, []).append(it.attribute)
    for attribute, names in into.items():
        if len(names) > 1:
            field_ = str(fields.get(attribute, ""))
            yield found(Fault.LAST_MAP_WINS, field_, place=attribute, names=", ".join(names), last=names[-1])
        own = FIELDS.get(fields[attribute]) if attribute in fields else None
        if own is not None and own.xmp and _bare(own.xmp) != _bare(names[-1]):
            yield found(Fault.IMPORT_OVERWRITES, own.name, place=attribute, name=names[-1], own=own.xmp)
    for xmp, attributes in outof.items():
        if len(attributes) > 1:
            yield found(Fault.MAPS_APPEND, names=", ".join(attributes), place=xmp)


def _bare(xmp: str) -> str:
    return xmp.removeprefix("XMP-").replace("Iptc4xmp", "iptc").casefold()


def lint_common(
    accounts: Sequence[AccountMap], *, used: Collection[FieldName], always_placed_at: int, places: int
) -> list[LintFinding]:
    """What tables, classification and places have in common for all accounts. `used` are fields that templates and rules
    speak of; `always_placed_at` says which of the `places` is the first without a condition, -1 if none is."""
    if not accounts:
        return []
    written = frozenset(it for account in accounts for it in account.writes)
    first = accounts[0]
    faults: list[LintFinding] = []
    for name, makers in _derived(first).items():
        if len(makers) > 1:
            faults.append(found(Fault.TWO_INTO_ONE, name, place=name, names=", ".join(makers), first=makers[0]))
        if name not in written and name not in used:
            faults.append(found(Fault.NOWHERE_WRITTEN, name, names=", ".join(_makers(first, name))))
    for table in first.derivations.lookups:
        if not table.rows:
            faults.append(found(Fault.TABLE_EMPTY, table.name))
        lost = [it for it in table.rows if not _can_be_found(table.pattern, it)]
        if lost:
            faults.append(
                found(Fault.KEY_NEVER_FOUND, table.name, key=lost[0], pattern=table.pattern, keys=str(len(lost)))
            )
    faults += _repeated(first)
    if -1 < always_placed_at < places - 1:
        why = f"rule {always_placed_at + 1} always holds"
        faults.append(found(Fault.NEVER_REACHED, "places", what=f"rule {always_placed_at + 2} of `places`", why=why))
    return faults


def _makers(account: AccountMap, name: FieldName) -> list[str]:
    tables = [f"table {it.name}" for it in account.derivations.lookups if name in it.fields]
    return tables + [f"classification {it.name}" for it in account.derivations.classes if name in {*it.sets, *it.adds}]


def _can_be_found(pattern: str, key: str) -> bool:
    if not pattern:
        return True
    inner = pattern[pattern.index("<") + 1 : pattern.index(">")] if "<" in pattern else pattern
    return (
        key_pattern(inner).fullmatch(key) is not None if any(it in inner for it in "#@*") else inner.casefold() == key
    )


def _repeated(account: AccountMap) -> Iterator[LintFinding]:
    """A classification that says in other words what one before it has said already."""
    seen: dict[str, str] = {}
    for it in account.derivations.classes:
        first = seen.setdefault(it.when.source, it.name)
        earlier = next(one for one in account.derivations.classes if one.name == first)
        if first != it.name and it.sets and set(it.sets) <= set(earlier.sets) and not it.replace and not it.adds:
            yield found(Fault.NEVER_REACHED, it.name, what="what it sets", why=f"{first} sets it on the same condition")
