"""From a record to the form in which its copy is looked for, and from a link's copies to what counts for the asset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from dambridge.mapping import AccountMap, to_canonical, unread_fields
from dambridge.mapping.fields import CUSTOM, MARK
from dambridge.mapping.rights import RIGHTS_FIELDS
from dambridge.model.identity import AssetKey
from dambridge.model.queries import Facet, Time, words_of
from dambridge.model.records import AssetRecord, NativeRecord
from dambridge.model.rights import Rights
from dambridge.model.searching import Document, Profile, reduced
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt, Value
from dambridge.planning.outlets import rights_said, status_shown, words_in
from dambridge.policy.gate import strictest
from dambridge.policy.searching import SearchPolicy
from dambridge.search.query import OWN, status_word

FREE = frozenset(
    (
        "title",
        "headline",
        "description",
        "keywords",
        "creator",
        "credit",
        "source",
        "copyright_notice",
        "sublocation",
        "city",
        "state",
        "country",
        "job_id",
        "instructions",
        "event",
        "people_shown",
        "organisation",
        "products_shown",
        "artworks_shown",
        "alt_text",
        "extended_description",
        "supplier_image_id",
        "campaign",
    )
)
"""Fields whose words are found without naming the field, beside the names; a site's own fields, terms of rights and addresses
of people are looked for by their field alone."""
NAMES = "file_name"
Texts = Mapping[str, tuple[tuple[str, ...], ...]]


def document_of(native: NativeRecord, account: AccountMap, policy: SearchPolicy, *, at: datetime) -> Document:
    """The copy by itself, as `native` shows it: an asset of its own until it is grouped."""
    record = to_canonical(native, account)
    rights = _rights(record, policy)
    status = status_word(status_shown(record.fields, policy.status)) if policy.status is not None else ""
    return Document(
        key=record.key,
        entry=str(record.key),
        main=True,
        profile=Profile(rights=reduced(rights), status=status),
        rights=rights,
        status=status,
        media_type=record.media_type,
        file_name=record.file_name,
        title=_title(record),
        campaigns=words_in(record.fields.get(policy.campaign)),
        photographers=words_in(record.fields.get(policy.photographer)),
        days=_days(record),
        paths=tuple(sorted({it.path for it in record.containers})) or (() if "containers" in native.groups else None),
        texts=texts_of(record.fields, record.file_name, record.name, policy),
        free=FREE | {NAMES},
        fields={name: it for name, it in record.fields.items() if not name.startswith(MARK)},
        size=record.size,
        modified=record.version.modified,
        groups=native.groups,
        seen_at=at,
    )


def texts_of(fields: Fields, file_name: str, name: str, policy: SearchPolicy) -> Texts:
    """The words of every field, value by value, under its canonical name; those of a site's own under `own.NAME`. What the
    policy takes campaign and photographer from stands under those names as well."""
    found: dict[str, list[tuple[str, ...]]] = {NAMES: [words_of(file_name), words_of(name)]}
    for field, value in fields.items():
        if not field.startswith(MARK):
            found.setdefault(_called(field), []).extend(words_of(it) for it in _texts(value))
    for facet, field in ((Facet.CAMPAIGN, policy.campaign), (Facet.PHOTOGRAPHER, policy.photographer)):
        found[str(facet)] = [words_of(it) for it in _texts(fields.get(field))]
    return {field: tuple(it for it in values if it) for field, values in found.items() if any(values)}


def grouped(entry: str, copies: Sequence[Document], policy: SearchPolicy, *, master: AssetKey | None) -> list[Document]:
    """The copies of one asset with what counts for all of them: the master's rights and status, and every restriction that
    another copy names. `master` is the copy that its link calls so; else one in a system of record, else the first."""
    ordered = sorted(copies, key=lambda it: (it.key != master, not _of_record(it, policy), it.key))
    main, *others = ordered
    rights = strictest(main.rights, *(replace(it.rights, unclear=()) for it in others))
    profile = Profile(rights=reduced(rights), status=main.status)
    return [replace(it, entry=entry, main=it is main, profile=profile) for it in ordered]


def _of_record(it: Document, policy: SearchPolicy) -> bool:
    home = policy.homes.get(it.key.account)
    return home is not None and home.record


def _rights(record: AssetRecord, policy: SearchPolicy) -> Rights:
    """What the record says; what was not read and bears on rights is not clear, like a date that means none."""
    found = rights_said(record, policy.zone)
    unread = unread_fields(record) & RIGHTS_FIELDS
    return replace(found, unclear=(*found.unclear, *sorted(unread))) if unread else found


def _called(field: FieldName) -> str:
    return OWN + field.removeprefix(CUSTOM) if field.startswith(CUSTOM) else str(field)


def _texts(value: Value | None) -> tuple[str, ...]:
    """Every text that a value holds, in all its languages."""
    match value:
        case None | bool():
            return ()
        case tuple():
            return value
        case LangAlt(entries):
            return tuple(dict.fromkeys(text for _, text in entries))
        case DateValue(iso):
            return (iso,)
        case _:
            return (str(value),)


def _title(record: AssetRecord) -> str:
    for name in ("title", "headline"):
        if found := words_in(record.fields.get(FieldName(name))):
            return found[0]
    return record.name or record.file_name


def _days(record: AssetRecord) -> dict[Time, str]:
    """The days that are known; of a month or a year the first."""
    found: dict[Time, str] = {}
    taken = record.fields.get(FieldName("date_created"))
    if isinstance(taken, DateValue):
        found[Time.DATE] = (taken.iso[:10] + "-01-01"[len(taken.iso[:10]) - 4 :])[:10]
    for time, at in ((Time.ADDED, record.created_at), (Time.MODIFIED, record.modified_at)):
        if at is not None:
            found[time] = at.astimezone(UTC).date().isoformat()
    return found
