"""How PhotoShelter's API v4 is spoken: requests, times, what errors mean, records out of resources. No IO."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from dambridge.connectors.kit import Effect, Masker, Reply, Request
from dambridge.connectors.kit.paging import Page
from dambridge.connectors.photoshelter.wire import WireError, WireItem, WirePage, parse_error, text, whole
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.records import Absence, Checksum, Container, MediaType, Missing, NativeRecord, NativeValue
from dambridge.ports.errors import CannotGoOn, MovedOn, NextMove, Refused, TryLater
from dambridge.ports.systems import Sighting, Window

API: Final = "/psapi/v4.0"  # PS 2: every client uses v4.0, CONFIRMED
NOT_FOUND: Final = "ResourceNotFoundException"  # PS 4.6, CONFIRMED-2019
NOT_ALLOWED: Final = "AcsPermissionException"  # PS 4.6, CONFIRMED-2019
OAUTH_ENDED: Final = "OAuthServerException"  # PS 4.6: id CONFIRMED, status INFERRED
ALL_MEDIA: Final = "image,video,audio,doc"  # PS E18, CONFIRMED

BASE: Final = "base"
IPTC: Final = "iptc"
CUSTOM: Final = "custom"
CONTAINERS: Final = "containers"

_TAGGED: Final = frozenset({MediaType.IMAGE, MediaType.RAW, MediaType.VIDEO})
"""Custom metadata applies to images and video alone (PS 8, product's help)."""


def read_request(
    path: str, about: str, query: Mapping[str, str] | None = None, *, json_reply: bool = True, pages: bool = True
) -> Request:
    """A GET below the API's root; `path` is quoted already."""
    asked = query or {}
    return Request(
        method="GET",
        path=API + path,
        effect=Effect.READ,
        about=about,
        query=asked,
        expects_json=json_reply,
        pages=pages,
    )


def media_path(remote_id: str, rest: str = "") -> str:
    """The path of a file; dots are legal in ids and are no extensions (PS 3)."""
    return f"/media/{quote(remote_id, safe='')}{rest}"


# listings ---------------------------------------------------------------------------------------------------------


def changed_query(org_id: str, window: Window) -> dict[str, str]:
    """Media modified within the window, both ends included (PS E17, CONFIRMED-2019).

    There is no order by modified time, so the order is by upload, in which edits do not move an item. Both spellings
    of the direction are sent (PS 4.4)."""
    start, end = format_time(window.start), format_time(window.end, up=True)
    return {"modify_start": start, "modify_end": end, **media_query(org_id)}


def media_query(org_id: str) -> dict[str, str]:
    """All media of the organisation by E17, the oldest first."""
    return {"org_id": org_id, "sort_by": "upload_time", "sort_dir": "asc", "sort_direction": "ascending"}


def sweep_query(org_id: str) -> dict[str, str]:
    """Everything in the library by E18 (CONFIRMED by use), the oldest first, so that what arrives meanwhile comes last."""
    order = {"sort_by": "creation_time", "sort_direction": "ascending", "sort_dir": "asc"}
    return {"org_id": org_id, "mode": "library", "media_type": ALL_MEDIA, **order}


MEMBERS_QUERY: Final = {"sort_by": "added_at", "sort_direction": "descending"}  # PS E11, CONFIRMED
CHILDREN_QUERY: Final = {"sort_by": "name", "sort_direction": "ascending"}  # PS E1 and E5, CONFIRMED


def paged(query: Mapping[str, str], page: int, size: int) -> dict[str, str]:
    """Both or neither: paging does not work with one of the two (PS 4.4)."""
    return {**query, "page": str(page), "per_page": str(size)}


def sightings(page: WirePage) -> Page[Sighting]:
    """What a page of a listing tells; items are thin, E11 has not even file names."""
    return Page([_sighting(it) for it in page.items], page.total)


def _sighting(item: WireItem) -> Sighting:
    name = text(item.attributes.get("file_name"))
    return Sighting(RemoteId(item.id), media_type_of(item, name), name or None)


# times ------------------------------------------------------------------------------------------------------------


def format_time(instant: datetime, *, up: bool = False) -> str:
    """A date parameter (PS 4.5): whole seconds, down, or `up` so that nothing within the last second is left out."""
    utc = instant.astimezone(UTC)
    if up and utc.microsecond:
        utc += timedelta(seconds=1)
    return utc.strftime("%Y-%m-%d %H:%M:%S GMT")


def parse_time(said: str) -> datetime | None:
    """Either spelling of PS 4.5 as an aware instant; None for none, for nonsense, and where no zone is named: the zone
    of the zoneless spelling is not known."""
    if said.endswith((" GMT", " UTC")):
        said = said[:-4] + "+00:00"
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None


# errors -----------------------------------------------------------------------------------------------------------


def missing(reply: Reply, remote_id: str) -> Missing | None:
    """What a refusal of E19 proves about the file; None where it proves nothing.

    Call it only for a refusal that a fresh sign-in did not change. A 404 without the service's own error may come from
    anything on the way and is no evidence."""
    said = parse_error(reply.json_or_none())
    if reply.status == 404 and said.id == NOT_FOUND:
        return Missing(Absence.DELETED, f"PhotoShelter answered 404 {said.id} for {remote_id}")
    if reply.status == 401 and said.id == NOT_ALLOWED:
        return Missing(Absence.HIDDEN, f"PhotoShelter answered 401 {said.id} for {remote_id} to a fresh session")
    return None


def next_move(reply: Reply, *, tried: str, mask: Masker) -> NextMove:
    """What a refusal means for the caller; `tried` finishes "would not"."""
    said = parse_error(reply.json_or_none())
    words = f"PhotoShelter would not {tried}: {_words(said, reply.status, mask)}."
    match reply.status:
        case 403 if said.id == "ApiKeyInvalidException":
            return CannotGoOn(
                f"{words} Check `api_key`: API v4 needs a key of its own, which PhotoShelter's support gives."
            )
        case 404 if said.id == NOT_FOUND:
            return MovedOn(f"{words} It is not there any more: plan again.")
        case 404:
            return TryLater(f"{words} Without the service's own error that proves nothing; check `base_url`.")
        case 400:
            return Refused(f"{words} The request was not understood; run `dambridge probe`.", code=said.id or "400")
        case _:
            return Refused(f"{words} Give the service user access to it.", code=said.id or str(reply.status))


def _words(said: WireError, status: int, mask: Masker) -> str:
    shown = mask(said.text)[:300]
    return f"HTTP {status} {said.id} ({shown})" if shown else f"HTTP {status} {said.id}".rstrip()


# records ----------------------------------------------------------------------------------------------------------

_RAW_EXTENSIONS: Final = frozenset(
    (
        "dng", "cr2", "cr3", "crw", "nef", "nrw", "arw", "srf", "sr2", "raf", "rw2", "orf", "pef", "srw",
        "3fr", "fff", "iiq", "mos", "mef", "mrw", "x3f", "erf", "kdc", "dcr", "rwl", "gpr", "raw",
    )
)  # fmt: skip
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


def media_type_of(item: WireItem, file_name: str) -> MediaType | None:
    """The kind of a file: by type, spelt in two ways (PS E17), else by the id's prefix. RAW is an image to PhotoShelter
    and told apart by the extension."""
    kind = _KINDS.get(item.type) or _KINDS.get(text(item.attributes.get("type"))) or _PREFIXES.get(item.id[:2])
    if kind is MediaType.IMAGE and file_name.rpartition(".")[2].lower() in _RAW_EXTENSIONS:
        return MediaType.RAW
    return kind


def may_have_iptc(remote_id: str) -> bool:
    """Whether an id can be that of an image, which alone has an IPTC record (PS E21)."""
    return _PREFIXES.get(remote_id[:2], MediaType.IMAGE) is MediaType.IMAGE


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
