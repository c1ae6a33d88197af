"""What a map would make of one asset on record: its source's words, the canonical values, the target's words, step by step.

On record are canonical values, as the map in force read them. `rewound` says them in the source's words again, so that
another map can be held against what the system said; a place that the map in force does not read is not known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from dambridge.mapping.deriving import Derivation, derive
from dambridge.mapping.displays import SHOWN
from dambridge.mapping.fields import CUSTOM, MARK
from dambridge.mapping.reading import to_canonical
from dambridge.mapping.rules import AccountMap, Direction, Rule
from dambridge.mapping.terms import NO_ALIASES, Aliases, Definition
from dambridge.mapping.values import texts_of
from dambridge.mapping.writing import NativeWrite, to_native
from dambridge.model.identity import System
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, NativeRecord, NativeValue
from dambridge.model.values import DEFAULT_LANGUAGE, DateValue, FieldName, LangAlt, Value

EVERY_GROUP = frozenset({"base", "iptc", "custom", "containers", "attributes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One field on its way: `said` at its source in the place `of`, `value` in our terms, `made` by which rule where it is not
    the asset's own, `written` into the place `to`; `problem` says why it is not."""

    field: FieldName
    of: str = ""
    said: tuple[str, ...] = ()
    value: tuple[str, ...] = ()
    made: str = ""
    to: str = ""
    written: tuple[str, ...] = ()
    problem: Reason | None = None
    unknown: bool = False
    """The map asks for a place that the map in force does not read, so that nobody knows here what stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The asset under a map: `record` as it would be read, `everything` that is known beside, the steps by field, and `problems`
    that are of no one field."""

    record: AssetRecord
    everything: AssetRecord
    steps: tuple[Step, ...]
    problems: tuple[Reason, ...]


def rewound(record: AssetRecord, read_by: AccountMap, *, groups: frozenset[str] = EVERY_GROUP) -> NativeRecord:
    """The record as its system would show it; `groups` are those that were read."""
    rules = [_plainly(it) for it in read_by.rules if it.read]
    said = to_native(record.fields, (), AccountMap(read_by.system, tuple(rules))).attributes
    fields: dict[str, NativeValue] = {place: texts for place, texts in said.items() if texts}
    if read_by.system is System.PHOTOSHELTER:
        taken = {it.field for it in rules}
        own = {name: it for name, it in record.fields.items() if name.startswith(CUSTOM) and name not in taken}
        fields |= {f"custom.{name.removeprefix(CUSTOM)}": str(it) for name, it in own.items()}
    return NativeRecord(
        key=record.key,
        media_type=record.media_type,
        file_name=record.file_name,
        name=record.name,
        size=record.size,
        modified=record.version.modified,
        modified_at=record.modified_at,
        content_stamp=record.version.content,
        checksum=record.checksum,
        fields=fields,
        containers=record.containers,
        groups=groups,
        created_at=record.created_at,
    )


def _plainly(rule: Rule) -> Rule:
    """The rule for saying back what it read: nothing is made, cut or refused."""
    return replace(
        rule,
        direction=Direction.BOTH,
        default=None,
        constant=None,
        expression=None,
        limit=None,
        kind="",
        required=False,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Maps:
    """The map by which an asset is read, and the one by which it is written (None: nowhere). `known` are the places that had been
    read when the record was made."""

    reads: AccountMap
    writes: AccountMap | None
    known: frozenset[str]
    definitions: Mapping[str, Definition] | None = None
    aliases: Aliases = NO_ALIASES


def preview(native: NativeRecord, maps: Maps, now: datetime) -> Preview:
    """What these maps make of it, by the same functions as in a run: `to_canonical`, `derive`, `to_native`."""
    record = to_canonical(native, maps.reads)
    made, said = _made(record, maps, now)
    by_field: dict[str, Reason] = {}
    rest: list[Reason] = []
    for it in (*record.notes, *made.problems, *said.problems):
        name = dict(it.params).get("field")
        if isinstance(name, str) and name != "places":
            by_field.setdefault(name, it)
        elif it.code is not Code.FIELDS_UNREAD:
            rest.append(it)
    unread = {it.field for it in maps.reads.rules if it.read and _is_unknown(it.native, native, maps)}
    names = sorted({*record.fields, *made.everything, *by_field, *unread})
    steps = [
        replace(_step(FieldName(it), native, maps, made, said), problem=by_field.get(it))
        for it in names
        if not it.startswith((MARK, SHOWN))
    ]
    everything = replace(record, fields=made.everything)
    return Preview(record=record, everything=everything, steps=tuple(steps), problems=tuple(rest))


def _made(record: AssetRecord, maps: Maps, now: datetime) -> tuple[Derivation, NativeWrite]:
    if maps.writes is None:
        return Derivation(fields={}, everything=record.fields, origins={}), NativeWrite({})
    made = derive(record, maps.writes, now)
    return made, to_native(made.fields, (), maps.writes, definitions=maps.definitions, aliases=maps.aliases)


def _is_unknown(place: str, native: NativeRecord, maps: Maps) -> bool:
    """Whether nobody knows here what stands in this place: it was not read."""
    if not place or place in native.fields:
        return False
    return "custom" not in native.groups if place.startswith("custom.") else place not in maps.known


def _step(
    name: FieldName,
    native: NativeRecord,
    maps: Maps,
    made: Derivation,
    said: NativeWrite,
) -> Step:
    source = maps.reads.by_field.get(name)
    target = maps.writes.by_field.get(name) if maps.writes is not None else None
    of = source.native if source is not None and source.read else ""
    if not of and name.startswith(CUSTOM) and maps.reads.system is System.PHOTOSHELTER:
        of = f"custom.{name.removeprefix(CUSTOM)}"
    to = target.native if target is not None and target.write else ""
    raw = native.fields.get(of)
    return Step(
        field=name,
        of=of if raw is not None or source is not None else "",
        said=texts_of(raw) if raw is not None else (),
        value=_texts(made.everything.get(name)),
        made=made.origins.get(name, ""),
        to=to,
        written=said.attributes.get(to, ()),
        unknown=_is_unknown(of, native, maps),
    )


def _texts(value: Value | None) -> tuple[str, ...]:
    match value:
        case None:
            return ()
        case tuple():
            return value
        case LangAlt():
            return tuple(text if tag == DEFAULT_LANGUAGE else f"{tag}: {text}" for tag, text in value.entries)
        case DateValue():
            return (value.iso,)
    return (str(value),)
