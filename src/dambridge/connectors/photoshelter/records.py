"""PhotoShelter's resources as native records: fields by group, kinds of media. No IO."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from mimetypes import MimeTypes
from typing import Any, Final

from dambridge.connectors.kit.paging import Page
from dambridge.connectors.photoshelter.protocol import parse_time
from dambridge.connectors.photoshelter.wire import WireItem, WirePage, text, whole
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.records import Checksum, Container, MediaType, NativeRecord, NativeValue
from dambridge.ports.systems import Sighting

BASE: Final = "base"
IPTC: Final = "iptc"
CUSTOM: Final = "custom"
CONTAINERS: Final = "containers"
LICENSE: Final = "license"

_TAGGED: Final = frozenset({MediaType.IMAGE, MediaType.RAW, MediaType.VIDEO})
"""Custom metadata applies to images and video alone (PS 8, product's help)."""
_RAW_EXTENSIONS: Final = frozenset(
    (
        "dng", "cr2", "cr3", "crw", "nef", "nrw", "arw", "srf", "sr2", "raf", "rw2", "orf", "pef", "srw",
        "3fr", "fff", "iiq", "mos", "mef", "mrw", "x3f", "erf", "kdc", "dcr", "rwl", "gpr", "raw",
    )
)  # fmt: skip
_IMAGE_EXTENSIONS: Final = frozenset(("psd", "ai", "heic", "heif"))
_OTHERS: Final = {"m4a": MediaType.AUDIO, "flac": MediaType.AUDIO, "mxf": MediaType.VIDEO, "mkv": MediaType.VIDEO}
_BY_NAME: Final = MimeTypes()
"""Without the machine's own tables, so that a name means the same everywhere."""
_KINDS: Final = {
    "image": MediaType.IMAGE,
    "video": MediaType.VIDEO,
    "audio": MediaType.AUDIO,
    "document": MediaType.DOCUMENT,
    "doc": MediaType.DOCUMENT,
}
_PREFIXES: Final = {"I0": MediaType.IMAGE, "VD": MediaType.VIDEO, "AD": MediaType.AUDIO, "DO": MediaType.DOCUMENT}
_APART: Final = frozenset({"file_name", "file_size", "updated_at", "modified_at", "type", "id"})
"""Attributes that have a place of their own in a record."""
_FOR_DISPLAY: Final = ("views", "screen_", "thumbnail_", "stat_")
"""Attributes that change, or matter, for display alone; `views` moves whenever somebody looks."""


def sightings(page: WirePage) -> Page[Sighting]:
    """What a page of a listing tells; items are thin, E11 has not even file names."""
    return Page([_sighting(it) for it in page.items], page.total)


def _sighting(item: WireItem) -> Sighting:
    name = text(item.attributes.get("file_name"))
    return Sighting(RemoteId(item.id), media_type_of(item, name), name or None)


def media_type_of(item: WireItem, file_name: str) -> MediaType | None:
    """The kind of a file: by type, spelt in two ways (PS E17), else by the id's prefix. RAW is an image to PhotoShelter
    and told apart by the extension."""
    kind = _KINDS.get(item.type) or _KINDS.get(text(item.attributes.get("type"))) or _PREFIXES.get(item.id[:2])
    if kind is MediaType.IMAGE and file_name.rpartition(".")[2].lower() in _RAW_EXTENSIONS:
        return MediaType.RAW
    return kind


def media_type_of_name(file_name: str) -> MediaType:
    """The kind that PhotoShelter will see in a file, told by its name (PS 8, the product's help): before an upload there
    is nothing else to tell it by."""
    ending = file_name.rpartition(".")[2].lower()
    if ending in _RAW_EXTENSIONS:
        return MediaType.RAW
    if ending in _IMAGE_EXTENSIONS:
        return MediaType.IMAGE
    if ending in _OTHERS:
        return _OTHERS[ending]
    guessed, _ = _BY_NAME.guess_type(f"x.{ending}")
    return _KINDS.get((guessed or "").partition("/")[0], MediaType.DOCUMENT)


def media_type_of_id(remote_id: str) -> MediaType:
    """The kind of a file as its id tells it (PS 3, CONFIRMED); what no prefix tells is taken for an image."""
    return _PREFIXES.get(remote_id[:2], MediaType.IMAGE)


def may_have_iptc(remote_id: str) -> bool:
    """Whether an id can be that of an image, which alone has an IPTC record (PS E21)."""
    return media_type_of_id(remote_id) is MediaType.IMAGE


def has_custom_metadata(kind: MediaType) -> bool:
    return kind in _TAGGED


def record_of(
    account: AccountId,
    item: WireItem,
    *,
    extra: Mapping[str, NativeValue],
    containers: Sequence[Container],
    groups: frozenset[str],
) -> NativeRecord:
    """The record of a file from E19; `extra` are the fields of the other groups that were read.

    Of the two names for the modified time the one of PhotoShelter's example comes first, because the schema swaps the
    descriptions of the other (PS E19)."""
    said = item.attributes
    file_name = text(said.get("file_name"))
    modified = text(said.get("updated_at")) or text(said.get("modified_at"))
    return NativeRecord(
        key=AssetKey(account, RemoteId(item.id)),
        media_type=media_type_of(item, file_name) or MediaType.DOCUMENT,
        file_name=file_name,
        name=file_name,
        size=whole(said.get("file_size")),
        modified=modified,
        modified_at=parse_time(modified),
        content_stamp=_content_stamp(said),
        checksum=_checksum(said),
        fields={**extra, **base_fields(said)},
        containers=tuple(sorted(set(containers))),
        groups=groups,
        created_at=parse_time(text(said.get("uploaded_at")) or text(said.get("created_at"))),
    )


def base_fields(attributes: Mapping[str, Any]) -> dict[str, NativeValue]:
    """The attributes of E19 under the service's names, without those for display and the empty ones."""
    found = native_fields(attributes)
    return {k: v for k, v in found.items() if k not in _APART and not k.startswith(_FOR_DISPLAY)}


def iptc_fields(attributes: Mapping[str, Any]) -> dict[str, NativeValue]:
    """The attributes of E21. Keywords become a list.

    Whether they come as an array or as comma text is not known (PS E21); in comma text a comma within a term cannot be
    told from one between terms, so such a term comes apart."""
    return _with_keyword_list(native_fields(attributes))


def _with_keyword_list(found: dict[str, NativeValue]) -> dict[str, NativeValue]:
    words = found.pop("keyword", None)  # the name that API v3 has for them
    words = found.pop("keywords", words)
    if isinstance(words, str):
        words = tuple(it.strip() for it in words.split(",") if it.strip())
    return {**found, "keywords": words} if words else found


def technical_fields(attributes: Mapping[str, Any]) -> dict[str, NativeValue]:
    """The attributes of E24; the JSON text under `raw` is laid flat as `raw.format.duration` and so on. Keywords become
    a list as those of E21 do."""
    found = _with_keyword_list(native_fields(attributes))
    inner = found.pop("raw", None)
    try:
        parsed = json.loads(inner) if isinstance(inner, str) else None
    except ValueError:
        return {**found, "raw": str(inner)}
    return {**found, **dict(_flat("raw", parsed))}


def custom_fields(item: WireItem) -> dict[str, NativeValue]:
    """The entries of E25 as `custom.<field_id>`; `value` is CONFIRMED, the id's name INFERRED. A field that comes more
    than once, which should not be, becomes a list."""
    entries = item.attributes.get("custom_metadata")
    found: dict[str, NativeValue] = {}
    for it in entries if isinstance(entries, list) else []:
        if not isinstance(it, Mapping) or it.get("value") in (None, ""):
            continue
        name = f"custom.{it.get('field_id') or it.get('id') or it.get('name')}"
        value = text(it["value"])
        had = found.get(name)
        found[name] = value if had is None else ((*had, value) if isinstance(had, tuple) else (str(had), value))
    return found


def native_fields(attributes: Mapping[str, Any]) -> dict[str, NativeValue]:
    """Attributes as native values. Null, empty text and empty arrays are absent."""
    found: dict[str, NativeValue] = {}
    for name, value in attributes.items():
        native = _native(value)
        if native is not None:
            found[name] = native
    return found


def _native(value: object) -> NativeValue | None:
    if isinstance(value, str | int | float | bool):
        return value if value != "" else None
    if isinstance(value, list):
        return tuple(text(it) for it in value if it not in (None, "")) or None
    return None


def _flat(prefix: str, value: object) -> Iterator[tuple[str, NativeValue]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{prefix}.{name}", inner)
    elif (native := _native(value)) is not None:
        yield prefix, native


def _content_stamp(said: Mapping[str, Any]) -> str:
    """Moves when the bytes may have changed, as far as the service shows: images have no hash (PS E19)."""
    return ":".join(text(said.get(it)) for it in ("file_size", "width", "height", "duration", "hash"))


def _checksum(said: Mapping[str, Any]) -> Checksum | None:
    """`hash` is a SHA-1, for audio, video and documents, and may be null (PS E19, CONFIRMED-2019)."""
    found = text(said.get("hash")).lower()
    is_sha1 = len(found) == 40 and all(it in "0123456789abcdef" for it in found)
    return Checksum("sha1", found) if is_sha1 else None
