"""A site's configuration: attributes, vocabularies, groups, users, permissions, metadata map, attribute profiles.

It is read from the packaged default and from a seed's `library.yaml`, and kept as one JSON document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import ValidationError

from dambridge_sim.kit.bodies import WebhookTarget
from dambridge_sim.netx.attributes import NAME_LIMIT, TYPES, Attribute, Vocabularies
from dambridge_sim.netx.autotasks import DATE_FIELDS, BadTaskError, Task, read_tasks
from dambridge_sim.netx.data_syncs import BadSyncError, Sync, read_syncs
from dambridge_sim.netx.levels import Level

EVERYONE = "everyone"
ProfileAction = Literal["replace", "append", "empty"]


class BadSiteError(ValueError):
    """A site description that cannot be; the text names the entry and what it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserGroup:
    """A group of users. `staff` groups are the site's own people: what only they see is not exposed."""

    id: int
    name: str
    staff: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user; `token` is an API token that exists from the start."""

    id: int
    login: str
    name: str
    level: Level
    groups: frozenset[str]
    password: str | None = None
    token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One permission row (section 11): a principal may see a folder, perhaps with all below it, or one asset."""

    group: str | None = None
    user: str | None = None
    folder: str | None = None
    recursive: bool = True
    asset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """One metadata map (section 10): an embedded field `schema:field` and an attribute, or `Name` for the asset's name."""

    field: str
    attribute: str
    imports: bool = True
    exports: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One row of an attribute profile on a folder: what happens to an attribute of what arrives there."""

    folder: str
    attribute: str
    action: ProfileAction
    values: tuple[str, ...] = ()
    recursive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """A registered OAuth client; it acts as `user`. `redirect_uris` empty allows any (the simulator's choice)."""

    client_id: str
    client_secret: str
    user: str
    redirect_uris: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomAction:
    """A menu item that posts the selection to an endpoint (NX 13.2); `groups` empty shows it to everyone."""

    name: str
    url: str
    target_url: str = ""
    groups: frozenset[str] = frozenset()
    secret: str = ""
    enabled: bool = True


@dataclass(slots=True)
class Site:
    """Everything that administrators set. `raw` is what it was read from, to be kept."""

    attributes: dict[str, Attribute]
    vocabularies: Vocabularies
    groups: dict[str, UserGroup]
    users: dict[str, User]
    permissions: tuple[Permission, ...]
    metadata_map: tuple[MapRow, ...]
    profiles: tuple[Profile, ...]
    oauth_clients: dict[str, OAuthClient]
    folders: tuple[str, ...]
    autotasks: tuple[Task, ...] = ()
    syncs: tuple[Sync, ...] = ()
    data_source_every_s: int = 0
    custom_actions: tuple[CustomAction, ...] = ()
    raw: dict[str, Any] = field(default_factory=dict)

    def attribute_by_id(self, attribute_id: int) -> Attribute | None:
        """The attribute with this id."""
        return next((one for one in self.attributes.values() if one.id == attribute_id), None)


@cache
def _default() -> dict[str, Any]:
    description: dict[str, Any] = yaml.safe_load(
        Path(__file__).with_name("default_site.yaml").read_text(encoding="utf-8")
    )
    return description


def default_description() -> dict[str, Any]:
    """The packaged default as plain data, fresh each time."""
    return deepcopy(_default())


_NAMED = {"groups": "name", "users": "login", "attributes": "name", "oauth_clients": "client_id"}
_REPLACED = (
    "permissions", "metadata_map", "profiles", "autotasks", "data_source_sync", "data_source_every_s", "custom_actions",
)  # fmt: skip


PARTS = frozenset({*_NAMED, *_REPLACED, "vocabularies", "folders"})
"""The members of a description."""


def merged(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one description over another: named entries replace or join, term lists and rows are replaced whole."""
    result = dict(base)
    for part, key in _NAMED.items():
        entries = {entry[key]: entry for entry in base.get(part, ())}
        entries.update({entry[key]: entry for entry in more.get(part, ())})
        result[part] = list(entries.values())
    result["vocabularies"] = {**base.get("vocabularies", {}), **more.get("vocabularies", {})}
    result["folders"] = list(dict.fromkeys([*base.get("folders", ()), *more.get("folders", ())]))
    result.update({part: more[part] for part in _REPLACED if part in more})
    return result


def followed(raw: Mapping[str, Any], old: str, new: str | None) -> dict[str, Any]:
    """A description after the folder at `old` came to be at `new`, or to be no more: what it says of folders goes with them."""

    def place(path: str) -> str | None:
        if path == old:
            return new
        return f"{new}{path.removeprefix(old)}" if new is not None and path.startswith(f"{old}/") else path

    result = {**raw, "folders": [found for path in raw.get("folders", ()) if (found := place(path)) is not None]}
    for part in ("permissions", "profiles"):
        moved = ((row, None if row.get("folder") is None else place(row["folder"])) for row in raw.get(part, ()))
        result[part] = [
            row if row.get("folder") is None else {**row, "folder": path}
            for row, path in moved
            if path is not None or row.get("folder") is None
        ]
    return result


def read_site(raw: Mapping[str, Any]) -> Site:
    """Make a site of a description; raise `BadSiteError` naming what is wrong in it."""
    terms = {name: _texts(values, f"vocabulary {name}") for name, values in raw.get("vocabularies", {}).items()}
    attributes = dict(_attributes(raw.get("attributes", ()), terms))
    groups = {
        entry["name"]: UserGroup(id=number, name=entry["name"], staff=bool(entry.get("staff", False)))
        for number, entry in enumerate(raw.get("groups", ()), start=5)
    }
    users = {
        entry["login"]: _user(number, entry, groups) for number, entry in enumerate(raw.get("users", ()), start=40)
    }
    site = Site(
        attributes=attributes,
        vocabularies=Vocabularies(terms),
        groups=groups,
        users=users,
        permissions=tuple(_permission(entry, groups, users) for entry in raw.get("permissions", ())),
        metadata_map=tuple(_map_row(entry, attributes) for entry in raw.get("metadata_map", ())),
        profiles=tuple(_profile(entry, attributes) for entry in raw.get("profiles", ())),
        oauth_clients={entry["client_id"]: _client(entry, users) for entry in raw.get("oauth_clients", ())},
        folders=tuple(_texts(raw.get("folders", ()), "folders")),
        autotasks=_tasks(raw.get("autotasks"), attributes),
        syncs=_syncs(raw.get("data_source_sync"), attributes),
        data_source_every_s=int(raw.get("data_source_every_s") or 0),
        custom_actions=tuple(_custom_action(entry, groups) for entry in raw.get("custom_actions") or ()),
    )
    site.raw = dict(raw)
    return site


def _texts(values: object, what: str) -> list[str]:
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise BadSiteError(f"{what}: give a list of texts; put numbers in quotes")
    return list(values)


def _attributes(entries: Iterable[Any], terms: dict[str, list[str]]) -> Iterable[tuple[str, Attribute]]:
    entries = list(entries)
    taken = [entry["id"] for entry in entries if "id" in entry]
    if len(taken) != len(set(taken)):
        raise BadSiteError("attributes: two of them have the same id")
    numbers = (number for number in count(20) if number not in taken)
    for entry in entries:
        name, kind = entry.get("name"), entry.get("type")
        if not isinstance(name, str) or not 0 < len(name) <= NAME_LIMIT:
            raise BadSiteError(f"attribute {name!r}: a name is text of 1 to {NAME_LIMIT} characters")
        if kind not in TYPES:
            raise BadSiteError(f"attribute {name}: type {kind!r} is none of {', '.join(TYPES)}")
        vocabulary = entry.get("vocabulary")
        if isinstance(vocabulary, list):
            terms[name] = _texts(vocabulary, f"attribute {name}, vocabulary")
            vocabulary = name
        attribute = Attribute(
            id=entry["id"] if "id" in entry else next(numbers),
            name=name,
            type=kind,
            vocabulary=vocabulary,
            open=bool(entry.get("open", False)),
            object_type=entry.get("object_type", "asset"),
            sync=bool(entry.get("sync", True)),
            mandatory=bool(entry.get("mandatory", False)),
            default=tuple(_texts(entry.get("default", []), f"attribute {name}, default")),
            view_level=int(entry.get("view_level", Level.BROWSER)),
            edit_level=int(entry.get("edit_level", Level.PRODUCER)),
            view_groups=frozenset(entry.get("view_groups", ())),
            edit_groups=frozenset(entry.get("edit_groups", ())),
        )
        if attribute.has_vocabulary and not attribute.open and (vocabulary or name) not in terms:
            raise BadSiteError(f"attribute {name}: a {kind} needs a vocabulary")
        yield name, attribute


def _user(number: int, entry: Mapping[str, Any], groups: Mapping[str, UserGroup]) -> User:
    strange = [name for name in entry.get("groups", ()) if name not in groups]
    if strange:
        raise BadSiteError(f"user {entry['login']}: there is no group {strange[0]!r}")
    try:
        level = Level(entry.get("level", Level.BROWSER))
    except ValueError as error:
        raise BadSiteError(f"user {entry['login']}: levels are {', '.join(str(int(one)) for one in Level)}") from error
    return User(
        id=entry.get("id", number),
        login=entry["login"],
        name=entry.get("name", entry["login"]),
        level=level,
        groups=frozenset(entry.get("groups", ())),
        password=entry.get("password"),
        token=entry.get("token"),
    )


def _permission(entry: Mapping[str, Any], groups: Mapping[str, UserGroup], users: Mapping[str, User]) -> Permission:
    group, user = entry.get("group"), entry.get("user")
    if (group is None) == (user is None) or (entry.get("folder") is None) == (entry.get("asset") is None):
        raise BadSiteError("a permission names a group or a user, and a folder or an asset")
    if group is not None and group != EVERYONE and group not in groups:
        raise BadSiteError(f"permission: there is no group {group!r}")
    if user is not None and user not in users:
        raise BadSiteError(f"permission: there is no user {user!r}")
    return Permission(
        group=group,
        user=user,
        folder=entry.get("folder"),
        recursive=bool(entry.get("recursive", True)),
        asset=entry.get("asset"),
    )


def _map_row(entry: Mapping[str, Any], attributes: Mapping[str, Attribute]) -> MapRow:
    if entry.get("attribute") != "Name" and entry.get("attribute") not in attributes:
        raise BadSiteError(f"metadata map {entry.get('field')}: there is no attribute {entry.get('attribute')!r}")
    if not isinstance(entry.get("field"), str) or ":" not in entry["field"]:
        raise BadSiteError(f"metadata map {entry.get('field')!r}: write the field as schema:field, as dc:title")
    return MapRow(
        field=entry["field"],
        attribute=entry["attribute"],
        imports=bool(entry.get("import", True)),
        exports=bool(entry.get("export", False)),
    )


def _profile(entry: Mapping[str, Any], attributes: Mapping[str, Attribute]) -> Profile:
    if entry.get("attribute") not in attributes:
        raise BadSiteError(f"profile on {entry.get('folder')}: there is no attribute {entry.get('attribute')!r}")
    if entry.get("action") not in get_args(ProfileAction):
        raise BadSiteError(f"profile on {entry.get('folder')}: actions are {', '.join(get_args(ProfileAction))}")
    return Profile(
        folder=entry["folder"],
        attribute=entry["attribute"],
        action=entry["action"],
        values=tuple(_texts(entry.get("values", []), f"profile on {entry['folder']}")),
        recursive=bool(entry.get("recursive", False)),
    )


def _tasks(text: str | None, attributes: Mapping[str, Attribute]) -> tuple[Task, ...]:
    try:
        tasks = read_tasks(text) if text else ()
    except BadTaskError as error:
        raise BadSiteError(str(error)) from error
    named = {one.name for task in tasks for one in task.criteria if one.type == "attribute"}
    named |= {one.name for task in tasks for one in task.modifications if one.type == "attribute"}
    named |= {one.name for task in tasks for one in task.dated()} - DATE_FIELDS
    if odd := sorted(named - set(attributes)):
        raise BadSiteError(f"autotasks: there is no attribute {odd[0]!r}")
    return tasks


def _syncs(text: str | None, attributes: Mapping[str, Attribute]) -> tuple[Sync, ...]:
    try:
        syncs = read_syncs(text) if text else ()
    except BadSyncError as error:
        raise BadSiteError(str(error)) from error
    if odd := sorted({name for sync in syncs for _, name in (*sync.links, *sync.maps)} - set(attributes)):
        raise BadSiteError(f"data_source_sync: there is no attribute {odd[0]!r}")
    return syncs


def _custom_action(entry: Mapping[str, Any], groups: Mapping[str, UserGroup]) -> CustomAction:
    if odd := sorted(set(entry.get("groups", ())) - set(groups)):
        raise BadSiteError(f"custom action {entry['name']}: there is no group {odd[0]!r}")
    try:
        WebhookTarget(url=entry["url"])
    except ValidationError as error:
        raise BadSiteError(f"custom action {entry['name']}: the url must be http, on this machine") from error
    return CustomAction(
        name=entry["name"],
        url=entry["url"],
        target_url=entry.get("target_url", ""),
        groups=frozenset(entry.get("groups", ())),
        secret=entry.get("secret", ""),
        enabled=bool(entry.get("enabled", True)),
    )


def _client(entry: Mapping[str, Any], users: Mapping[str, User]) -> OAuthClient:
    if entry.get("user") not in users:
        raise BadSiteError(f"OAuth client {entry['client_id']}: there is no user {entry.get('user')!r}")
    return OAuthClient(
        client_id=entry["client_id"],
        client_secret=entry["client_secret"],
        user=entry["user"],
        redirect_uris=tuple(entry.get("redirect_uris", ())),
    )
