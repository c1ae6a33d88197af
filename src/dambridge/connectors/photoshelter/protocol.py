"""How PhotoShelter's API v4 is spoken: requests, times, what errors mean. No IO."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlsplit

from dambridge.connectors.kit import Effect, Masker, Reply, Request
from dambridge.connectors.photoshelter.wire import WireError, parse_error
from dambridge.model.records import Absence, MediaType, Missing
from dambridge.ports.errors import CannotGoOn, MovedOn, NextMove, Refused, TryLater
from dambridge.ports.searching import Wanted
from dambridge.ports.systems import Window

API: Final = "/psapi/v4.0"  # PS 2: every client uses v4.0, CONFIRMED
NOT_FOUND: Final = "ResourceNotFoundException"  # PS 4.6, CONFIRMED-2019
NOT_ALLOWED: Final = "AcsPermissionException"  # PS 4.6, CONFIRMED-2019
OAUTH_ENDED: Final = "OAuthServerException"  # PS 4.6: id CONFIRMED, status INFERRED
ALL_MEDIA: Final = "image,video,audio,doc"  # PS E18, CONFIRMED


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


def write_request(method: str, path: str, about: str, form: Mapping[str, str] | None = None) -> Request:
    """A call that changes something: form-encoded, only what changes (PS 4.1, CONFIRMED; PS E22)."""
    return Request(method=method, path=API + path, effect=Effect.WRITE, about=about, form=form or {})


def container_path(container: str, rest: str = "") -> str:
    """The path of a gallery or, by the prefix of its id, of a collection (PS 3, CONFIRMED)."""
    kind = "collections" if is_collection_id(container) else "galleries"
    return f"/{kind}/{quote(container, safe='')}{rest}"


def is_collection_id(container: str) -> bool:
    return container.startswith("C0")


def display_place(link: str, base_url: str) -> tuple[str, str] | None:
    """Origin and path of a display link (PS E27); None unless it leads to the service's own host or to one beside it,
    and carries nothing that says who we are."""
    found, home = urlsplit(link), urlsplit(base_url)
    host, known = (found.hostname or "").lower(), (home.hostname or "").lower()
    family = f".{'.'.join(known.split('.')[-2:])}"
    beside = found.scheme == "https" and "." in known and not known.replace(".", "").isdigit() and host.endswith(family)
    ours = (found.scheme, found.netloc) == (home.scheme, home.netloc)
    if not (ours or beside) or found.username or "api_key" in found.query or "auth_token" in found.query:
        return None
    return f"{found.scheme}://{found.netloc}", found.path + (f"?{found.query}" if found.query else "")


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


def terms_query(org_id: str, terms: Sequence[str]) -> dict[str, str]:
    """Media that match all the words, the best first (PS E17, CONFIRMED)."""
    return {"org_id": org_id, "terms": " ".join(terms), "match_all_terms": "true", "sort_by": "relevance"}


def wanted_query(
    org_id: str, wanted: Wanted, terms: Callable[[str], list[str]]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The filters of PS E17 for what is wanted, and the parts for which it has none."""
    query, words, unsaid = {"org_id": org_id}, [it for text in wanted.words for it in terms(text)], list[str]()
    for name, text in wanted.texts:
        if name in _ASKED_BY_NAME and name not in query:
            query[name] = max((part for it in terms(text) for part in _PART.findall(it)), key=len, default=text)
        elif name in _FOUND_BY_TERMS:
            words += terms(text)
        else:
            unsaid.append(name)
    if words:
        query |= {"terms": " ".join(dict.fromkeys(words)), "match_all_terms": "true", "sort_by": "relevance"}
    else:
        query |= {"sort_by": "upload_time", "sort_dir": "desc", "sort_direction": "descending"}
    if wanted.kinds is not None:
        query["media_type"] = ",".join(sorted({_KINDS[it] for it in wanted.kinds}))
    for name, days in (("create", wanted.added), ("modify", wanted.modified)):
        first, last = days or (None, None)
        query |= {f"{name}_start": f"{first} 00:00:00 GMT"} if first else {}
        query |= {f"{name}_end": f"{last} 23:59:59 GMT"} if last else {}
    return query, tuple(unsaid)


_KINDS: Final = {
    MediaType.IMAGE: "image",
    MediaType.RAW: "image",
    MediaType.VIDEO: "video",
    MediaType.AUDIO: "audio",
    MediaType.DOCUMENT: "doc",
}
_ASKED_BY_NAME: Final = frozenset(
    """title caption caption_writer keywords genre author position credit source instructions trans_ref edit_status location
    city state web_statement copyright""".split()  # noqa: SIM905 - a list of words reads better so
)
"""Fields of E17 that hold free text, by their own names (CONFIRMED-2019). Each is asked for one word, the longest: what stands
between several words of a value, nobody knows who asks."""
_PART: Final = re.compile(r"[^\W_]+")
_FOUND_BY_TERMS: Final = frozenset({"headline", "file_name"})


def find_query(
    org_id: str, attribute: str, value: str, custom_fields: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """Media whose attribute may equal `value` (PS E17): IPTC fields have filters of their own names (CONFIRMED-2019) but
    `headline`, which only the words find; custom fields go by the id of their option."""
    if attribute.startswith("custom."):
        field = attribute.removeprefix("custom.")
        option = next((it for it, shown in custom_fields.get(field, {}).items() if shown == value), None)
        if option is None:
            raise Refused(
                f"Could not look for {attribute} = {value!r}: it is no option in `custom_fields`.", code=field
            )
        return {"org_id": org_id, "custom_metadata": json.dumps({field: option})}
    return {"org_id": org_id, _FILTERS.get(attribute, attribute): value}


_FILTERS: Final = {"headline": "terms", "model_released": "model_release", "property_released": "property_release"}


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


def next_move(reply: Reply, *, tried: str, mask: Masker, writing: bool = False) -> NextMove:
    """What a refusal means for the caller; `tried` finishes "would not". A write that finds nothing at its address waits
    for a person: that the asset is gone and that the account has no such call look alike."""
    said = parse_error(reply.json_or_none())
    words = f"PhotoShelter would not {tried}: {_words(said, reply.status, mask)}."
    code = said.id or str(reply.status)
    match reply.status:
        case 403 if said.id == "ApiKeyInvalidException":
            return CannotGoOn(
                f"{words} Check `api_key`: API v4 needs a key of its own, which PhotoShelter's support gives."
            )
        case 404 if writing:
            return Refused(f"{words} It is not there any more, or this account has no such call.", code=code)
        case 404 if said.id == NOT_FOUND:
            return MovedOn(f"{words} It is not there any more: plan again.")
        case 404:
            return TryLater(f"{words} Without the service's own error that proves nothing; check `base_url`.")
        case 400:
            return Refused(f"{words} The request was not understood; run `dambridge probe`.", code=code)
        case 405 | 413 | 415:
            return Refused(f"{words} It does not take this.", code=code)
        case _:
            return Refused(f"{words} Give the service user access to it.", code=code)


def _words(said: WireError, status: int, mask: Masker) -> str:
    shown = mask(said.text)[:300]
    return f"HTTP {status} {said.id} ({shown})" if shown else f"HTTP {status} {said.id}".rstrip()
