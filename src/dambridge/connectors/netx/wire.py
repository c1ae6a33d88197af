"""NetX's own shapes, parsed once and tolerant of more: what is not needed is not looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class BadReply(ValueError):
    """A reply that cannot be what the service sends; `args[0]` says what was expected."""


@dataclass(frozen=True, slots=True)
class WireFile:
    """`asset.file` (NX 4.1): `checksum` is an MD5 and is absent where the site does not keep checksums."""

    name: str
    size: int | None
    checksum: str | None
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class WireFolder:
    """A folder (NX 4.2). `path` has no leading slash, the top folder first; empty where it was not asked for.

    `children` are the ids of the folders in it, None where the reply did not say (their shape is INFERRED)."""

    id: str
    name: str
    path: str
    children: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class WireAsset:
    """An asset (NX 4.1). A group that the reply did not carry is None: unread, not empty."""

    id: str
    name: str
    file_name: str
    created_ms: int | None
    imported_ms: int | None
    modified_ms: int | None
    file: WireFile | None
    attributes: Mapping[str, tuple[str, ...]] | None
    folders: tuple[WireFolder, ...] | None


@dataclass(frozen=True, slots=True)
class WireList:
    """A list result (NX 3.3, CONFIRMED): `size` is the number of all matches, not of this page."""

    results: Sequence[Any]
    size: int


@dataclass(frozen=True, slots=True)
class WireAttribute:
    """An attribute's definition (NX 4.6): only `id` is certain, name and type are INFERRED members."""

    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class WireView:
    """A view: a further file of an asset (NX 4.4; members INFERRED, so only the id is sure)."""

    id: str
    name: str
    description: str
    file_name: str | None
    size: int | None


@dataclass(frozen=True, slots=True)
class WireSelf:
    """Whom the token belongs to (NX 4.5, SINGLE*): only `userId` is certain."""

    user_id: str
    name: str
    level: str


def parse_list(raw: object) -> WireList:
    """A list result. Raises `BadReply` where it is none."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("results"), list):
        raise BadReply("a list result with `results` and `size`")
    results: list[Any] = raw["results"]
    size = _whole(raw.get("size"))
    return WireList(results, len(results) if size is None else size)


def parse_assets(raw: object) -> list[WireAsset]:
    """The bare array of `getAssets` (NX 3.3, SINGLE); a list result is taken as well."""
    if isinstance(raw, Mapping):
        raw = raw.get("results")
    if not isinstance(raw, list):
        raise BadReply("an array of assets")
    return [parse_asset(it) for it in raw]


def parse_asset(raw: object) -> WireAsset:
    """One asset. Raises `BadReply` where even the id is missing."""
    if not isinstance(raw, Mapping):
        raise BadReply("an asset object")
    file = _file(raw.get("file"))
    return WireAsset(
        id=parse_id(raw),
        name=_text(raw.get("name")),
        file_name=_text(raw.get("fileName")) or (file.name if file else ""),
        created_ms=_whole(raw.get("creationDate")),
        imported_ms=_whole(raw.get("importDate")),
        modified_ms=_whole(raw.get("modDate")),
        file=file,
        attributes=_attributes(raw.get("attributes")),
        folders=_folders(raw.get("folders")),
    )


def parse_id(raw: object) -> str:
    """The `id` of any object, as text."""
    found = raw.get("id") if isinstance(raw, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, int | str) or found == "":
        raise BadReply("an object with an `id`")
    return str(found)


def parse_folder(raw: object) -> WireFolder:
    """A folder, from any of the calls that answer one."""
    if not isinstance(raw, Mapping):
        raise BadReply("a folder object")
    children = raw.get("children")
    known = (
        tuple(_text(it.get("id") if isinstance(it, Mapping) else it) for it in children)
        if isinstance(children, list)
        else None
    )
    return WireFolder(parse_id(raw), _text(raw.get("name")), _text(raw.get("path")).strip("/"), known)


def parse_attribute(raw: object) -> WireAttribute:
    """An attribute's definition."""
    if not isinstance(raw, Mapping):
        raise BadReply("an attribute definition")
    return WireAttribute(parse_id(raw), _text(raw.get("name")), _text(raw.get("type")).lower())


def parse_term(raw: object) -> str:
    """One entry of a vocabulary (NX 5.4, SINGLE: entries have `value`)."""
    value = raw.get("value") if isinstance(raw, Mapping) else raw
    if not isinstance(value, str):
        raise BadReply("a vocabulary entry with a `value`")
    return value


def parse_view(raw: object) -> WireView:
    """A view of an asset."""
    if not isinstance(raw, Mapping):
        raise BadReply("a view object")
    file = _file(raw.get("file"))
    return WireView(
        id=parse_id(raw),
        name=_text(raw.get("name")),
        description=_text(raw.get("description")),
        file_name=(file.name or None) if file else None,
        size=file.size if file else None,
    )


def parse_self(raw: object) -> WireSelf:
    """The current user."""
    if not isinstance(raw, Mapping):
        raise BadReply("a user object")
    name = _text(raw.get("name")) or _text(raw.get("login"))
    return WireSelf(_text(raw.get("userId")) or _text(raw.get("id")), name, _text(raw.get("level")))


def _file(raw: object) -> WireFile | None:
    if not isinstance(raw, Mapping):
        return None
    return WireFile(
        name=_text(raw.get("name")),
        size=_whole(raw.get("size")),
        checksum=_text(raw.get("checksum")).lower() or None,
        width=_whole(raw.get("width")),
        height=_whole(raw.get("height")),
    )


def _folders(raw: object) -> tuple[WireFolder, ...] | None:
    return tuple(parse_folder(it) for it in raw) if isinstance(raw, list) else None


def _attributes(raw: object) -> Mapping[str, tuple[str, ...]] | None:
    """Values are arrays of text, an empty one for an empty attribute (NX 4.1, CONFIRMED); a bare text is taken as one."""
    if not isinstance(raw, Mapping):
        return None
    found: dict[str, tuple[str, ...]] = {}
    for name, value in raw.items():
        if value == []:  # most attributes of most assets
            found[name] = ()
            continue
        values = value if isinstance(value, list) else [value]
        found[name] = tuple(str(it) for it in values if it is not None and it != "")
    return found


def _text(raw: object) -> str:
    return "" if raw is None else str(raw)


def _whole(raw: object) -> int | None:
    """Numbers come as JSON numbers or as text; anything else is as good as absent."""
    if isinstance(raw, bool) or raw is None:
        return None
    if isinstance(raw, int):
        return raw
    try:
        return int(float(raw)) if isinstance(raw, float | str) else None
    except (ValueError, OverflowError):
        return None
