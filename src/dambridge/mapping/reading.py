"""From a system's record to a canonical one. Nothing is lost without a note; unread is never empty."""

from __future__ import annotations

from dataclasses import replace

from dambridge.mapping.displays import apart
from dambridge.mapping.embedded import embedded_fields
from dambridge.mapping.fields import CUSTOM
from dambridge.mapping.normal import fingerprint
from dambridge.mapping.notes import is_note
from dambridge.mapping.rules import AccountMap, Rule
from dambridge.mapping.speaking import heard
from dambridge.mapping.transforms import TransformFailed
from dambridge.mapping.uploader import take_out
from dambridge.mapping.values import Unreadable, canonical_value, texts_of
from dambridge.model.identity import System
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, AssetVersion, EmbeddedMetadata, NativeRecord, NativeValue
from dambridge.model.values import FieldName, LangAlt, Value


def to_canonical(native: NativeRecord, account: AccountMap, *, embedded: EmbeddedMetadata | None = None) -> AssetRecord:
    """What the system says of the asset in canonical terms.

    `version.fields` covers what the map reads, and a site's own fields of PhotoShelter. What the system says wins;
    `embedded` fills what it does not say, and is no part of the version. `notes` name values that could not be read,
    further values of single-valued fields, fields whose group was not read (`FIELDS_UNREAD`), and the uploader's word
    that was taken out (`UPLOADER_WORD`; the version speaks of what stood there)."""
    notes: list[Reason] = []
    fields: dict[FieldName, Value] = {}
    unread: list[str] = []
    taken: set[str] = set()
    for rule in account.rules:
        taken.update(rule.places)
        if not rule.read:
            continue
        value, known = _say(rule, native, notes)
        if value is not None:
            fields[rule.field] = value
        if not known:
            unread.append(rule.field)
    if account.system is System.PHOTOSHELTER:
        fields |= _own_fields(native, taken)
    apart(fields, account.displays)
    about = _tell(native, account, fields, notes, unread)
    if unread:
        notes.append(Reason.of(Code.FIELDS_UNREAD, fields=tuple(sorted(unread))))
    about |= {_NAMED: native.file_name, **({_UNREAD: ";".join(sorted(unread))} if unread else {})}
    version = AssetVersion(
        modified=native.modified,
        fields=fingerprint({**fields, **about}),  # a rename is another state, whether it moves the modified time or not
        content=native.content_stamp,
    )
    if embedded is not None:
        fields = {**embedded_fields(embedded), **fields}
    if account.uploader is not None and (told := take_out(fields, native.containers, account.uploader)) is not None:
        notes.append(told)
    return AssetRecord(
        key=native.key,
        media_type=native.media_type,
        file_name=native.file_name,
        name=native.name,
        size=native.size,
        fields=fields,
        containers=native.containers,
        version=version,
        checksum=native.checksum,
        created_at=native.created_at,
        modified_at=native.modified_at,
        notes=tuple(notes),
    )


_NAMED = FieldName("custom:(named)")
_UNREAD = FieldName("custom:(unread)")
_TOLD = FieldName("custom:(told)")


def _tell(
    native: NativeRecord, account: AccountMap, fields: dict[FieldName, Value], notes: list[Reason], unread: list[str]
) -> dict[FieldName, Value]:
    """Take in the field that is told from the record as a whole; what it rests on is part of the version."""
    if account.told is None:
        return {}
    value, note, known = account.told.tell(native)
    fields.pop(account.told.field, None)
    if value is not None:
        fields[account.told.field] = value
    if not known:
        unread.append(account.told.field)
    if note is None:
        return {}
    notes.append(note)
    return {_TOLD: repr(note.params)}


def unread_fields(record: AssetRecord) -> frozenset[FieldName]:
    """The fields of which this record says nothing because their group was not read."""
    found: set[FieldName] = set()
    for note in record.notes:
        if note.code is Code.FIELDS_UNREAD:
            names = note["fields"]
            found.update(FieldName(it) for it in (names if isinstance(names, tuple) else ()))
    return frozenset(found)


def _read(rule: Rule, raw: NativeValue, notes: list[Reason]) -> Value | None:
    try:
        spelled = raw if rule.transform is None else rule.transform.as_read(texts_of(raw))
        value, left_out = canonical_value(rule.field, spelled, separator=rule.separator, many=rule.many is True)
    except (Unreadable, TransformFailed) as error:
        notes.append(Reason.of(Code.VALUE_UNREADABLE, field=rule.field, native=rule.native, text=str(error)))
        return None
    if left_out:
        why = f"it holds one value and {left_out} more stood there"
        notes.append(Reason.of(Code.VALUE_UNREADABLE, field=rule.field, native=rule.native, text=why))
    return value


def _say(rule: Rule, native: NativeRecord, notes: list[Reason]) -> tuple[Value | None, bool]:
    """The field's value, and whether it is known: a place that is not shown is empty where its group was read."""
    known = rule.group in native.groups or all(it in native.fields for it in rule.places)
    if rule.languages:
        return (_hear(rule, native, notes) if known else None), known
    raw = native.fields.get(rule.native)
    if raw is None or (isinstance(raw, str) and is_note(raw)):
        return None, known
    return _read(rule, raw, notes), True


def _hear(rule: Rule, native: NativeRecord, notes: list[Reason]) -> LangAlt | None:
    """A text whose languages have places of their own."""
    said: dict[str, str] = {}
    for place in rule.places:
        raw = native.fields.get(place)
        if raw is None or (isinstance(raw, str) and is_note(raw)):
            continue
        value = _read(replace(rule, native=place), raw, notes)
        if isinstance(value, LangAlt):
            said[place] = value.default
    return heard(rule, said)


def _own_fields(native: NativeRecord, taken: set[str]) -> dict[FieldName, Value]:
    found: dict[FieldName, Value] = {}
    for name, raw in native.fields.items():
        if name.startswith("custom.") and name not in taken:
            field = FieldName(CUSTOM + name.removeprefix("custom."))
            text = "; ".join(raw) if isinstance(raw, tuple) else str(raw)
            if text.strip() and not is_note(text):
                found[field] = text
    return found
