"""PhotoShelter's own shapes (PS 4.3 to 4.7), parsed once and tolerant of more: what is not needed is not looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


class BadReply(ValueError):
    """A reply that cannot be what the service sends; `args[0]` says what was expected."""


@dataclass(frozen=True, slots=True)
class WireItem:
    """A resource: `data` of a reply, or one element of it. `includes` hold what was asked for along with it."""

    id: str
    type: str
    attributes: Json
    includes: Json

    def included(self, name: str) -> WireItem | None:
        """A single resource that came along, None where it did not."""
        found = self.includes.get(name)
        data = found.get("data") if isinstance(found, Mapping) else None
        return _item(data) if isinstance(data, Mapping) else None

    def all_included(self, name: str) -> tuple[WireItem, ...]:
        """The resources that came along under a name, none where it did not."""
        found = self.includes.get(name)
        data = found.get("data") if isinstance(found, Mapping) else None
        return tuple(_item(it) for it in data if isinstance(it, Mapping)) if isinstance(data, list) else ()


@dataclass(frozen=True, slots=True)
class WirePage:
    """A page of resources. `total` counts the whole listing (`meta.paging.total`, CONFIRMED-2019)."""

    items: tuple[WireItem, ...]
    total: int | None


@dataclass(frozen=True, slots=True)
class WireRate:
    """`meta.rate_limit` (PS 4.7, CONFIRMED-2019): calls allowed and used in a window, seconds until it ends."""

    limit: int
    current: int
    expires: float


@dataclass(frozen=True, slots=True)
class WireError:
    """An error (PS 4.6): `id` is what code switches on, the texts are for people."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class WireTokens:
    """What an OAuth exchange gives (PS A5, flat, CONFIRMED)."""

    access: str
    refresh: str | None
    expires_in: int | None


def parse_item(raw: object) -> WireItem:
    """The one resource of a reply. Raises `BadReply` where there is none."""
    data = raw.get("data") if isinstance(raw, Mapping) else None
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if not isinstance(data, Mapping):
        raise BadReply("a resource under `data`")
    return _item(data)


def parse_page(raw: object) -> WirePage:
    """A page. A bare array is taken too, as the 2019 draft of the library has it (PS E1)."""
    data = raw.get("data") if isinstance(raw, Mapping) else raw
    if not isinstance(data, list) or not all(isinstance(it, Mapping) for it in data):
        raise BadReply("an array of resources under `data`")
    items = tuple(_item(it) for it in data)
    if not all(it.id for it in items):
        raise BadReply("resources with an `id`")
    return WirePage(items, whole(_dig(raw, "meta", "paging", "total")))


def parse_count(raw: object) -> int | None:
    """The total of a child count (PS E6, E12; CONFIRMED)."""
    return whole(_dig(raw, "meta", "children_count", "total"))


def parse_rate(raw: object) -> WireRate | None:
    """The rate window where a reply shows one that can be worked with."""
    found = _dig(raw, "meta", "rate_limit")
    if not isinstance(found, Mapping):
        return None
    limit, current, expires = (whole(found.get(it)) for it in ("limit", "current", "expires"))
    if limit is None or current is None or expires is None or limit <= 0:
        return None
    return WireRate(limit, max(current, 0), float(max(expires, 0)))


def parse_error(raw: object) -> WireError:
    """The first error of a reply: an array by schema, an object in examples, once under `error` (PS 4.6)."""
    found: Any = None
    if isinstance(raw, Mapping):
        found = raw.get("errors", raw.get("error"))
    if isinstance(found, list):
        found = found[0] if found else None
    if isinstance(found, Mapping):
        words = [str(found[it]) for it in ("title", "detail") if found.get(it)]
        return WireError(str(found.get("id") or ""), ": ".join(words))
    return WireError("", found if isinstance(found, str) else "")


def parse_session_token(raw: object) -> tuple[str, bool]:
    """Token of a sign-in and whether a second factor is wanted (PS A1): top level, a `data` wrapper is taken too."""
    source: Any = raw
    if isinstance(raw, Mapping) and "data" in raw:
        source = _dig(raw, "data", "attributes") or raw["data"]
    if not isinstance(source, Mapping):
        raise BadReply("a `token`")
    token = source.get("token")
    second = source.get("two_factor") is True
    if not isinstance(token, str) or not token:
        if second:
            return "", True
        raise BadReply("a `token`")
    return token, second


def parse_tokens(raw: object) -> WireTokens:
    """The tokens of an OAuth exchange; the wrapped form of the 2019 draft is taken too."""
    source = raw if isinstance(raw, Mapping) and "access_token" in raw else _dig(raw, "data", "attributes")
    access = source.get("access_token") if isinstance(source, Mapping) else None
    if not isinstance(source, Mapping) or not isinstance(access, str) or not access:
        raise BadReply("an `access_token`")
    refresh = source.get("refresh_token")
    return WireTokens(
        access, refresh if isinstance(refresh, str) and refresh else None, whole(source.get("expires_in"))
    )


def text(raw: object) -> str:
    """A value as text, empty for null."""
    return "" if raw is None else str(raw)


def whole(raw: object) -> int | None:
    """Numbers come as numbers or as text; anything else is as good as absent."""
    if raw is None or isinstance(raw, bool):
        return None
    try:
        return int(float(raw)) if isinstance(raw, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def _item(raw: Json) -> WireItem:
    attributes, includes = raw.get("attributes"), raw.get("includes")
    return WireItem(
        id=text(raw.get("id")),
        type=text(raw.get("type")),
        attributes=attributes if isinstance(attributes, Mapping) else {},
        includes=includes if isinstance(includes, Mapping) else {},
    )


def _dig(raw: object, *names: str) -> Any:
    found: Any = raw
    for it in names:
        if not isinstance(found, Mapping):
            return None
        found = found.get(it)
    return found


# API v3 (PS 7): `{"status": "ok", "data": {"Record": ...}}` --------------------------------------------------------------

_V3_IDS = ("image_id", "video_id", "audio_id", "doc_id", "document_id", "media_id", "id")
_V3_FILES = ("Image", "Video", "Audio", "Doc")
_V3_ENDS = ("license_etime",)


def parse_v3_error(raw: object) -> str | None:
    """What went wrong, None where the envelope says `ok`: `error.message`, in places `errors[0].title`."""
    if not isinstance(raw, Mapping) or raw.get("status") == "ok":
        return None if isinstance(raw, Mapping) else "no envelope"
    said = _dig(raw, "error", "message")
    return text(said) or parse_error(raw).text or f"status {text(raw.get('status'))}"


def parse_v3_token(raw: object) -> str:
    """The token of U2."""
    found = _dig(raw, "data", "token")
    if not isinstance(found, str) or not found:
        raise BadReply("a `token` under `data`")
    return found


def parse_v3_session(raw: object) -> str:
    """The organisation of U4's session, empty where it is not said."""
    return text(_dig(raw, "data", "Session", "org_id"))


def parse_v3_upload(raw: object) -> str:
    """The id of the one file that U1 took in, under whichever record it comes (INFERRED)."""
    data = _dig(raw, "data")
    for record in data.values() if isinstance(data, Mapping) else ():
        one = record[0] if isinstance(record, list) and len(record) == 1 else record
        for name in _V3_IDS if isinstance(one, Mapping) else ():
            if one.get(name):
                return text(one[name])
    raise BadReply("the id of the new file under `data`")


def parse_v3_licences(raw: object) -> tuple[Mapping[str, str], bool]:
    """Licence ends by file, as a page of U7 shows them, and whether a page follows. A file without a `License` record is
    left out: nothing is known of it."""
    rows = _dig(raw, "data", "GalleryMedia")
    if not isinstance(rows, list):
        raise BadReply("an array `GalleryMedia` under `data`")
    found: dict[str, str] = {}
    for row in rows:
        for tie in row.values() if isinstance(row, Mapping) else ():
            licence = tie.get("License") if isinstance(tie, Mapping) else None
            if isinstance(licence, Mapping) and any(it in licence for it in _V3_ENDS):
                near = [tie, *(tie[it] for it in _V3_FILES if isinstance(tie.get(it), Mapping))]
                ids = [text(record[it]) for record in near for it in _V3_IDS if record.get(it)]
                found |= {it: text(licence[_V3_ENDS[0]]) for it in ids}
    return found, bool(_dig(raw, "data", "Paging", "next"))
