"""What people do: put files there, edit and delete them, and set up a library (control calls, seed folders)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from dambridge_sim.kit.lookup import Document
from dambridge_sim.kit.multipart import Upload
from dambridge_sim.kit.vendor import BadMetaError
from dambridge_sim.photoshelter import ids, iptc
from dambridge_sim.photoshelter.accounts import DEFAULT_ORGANIZATION
from dambridge_sim.photoshelter.assets import FILE_NAME_LIMIT
from dambridge_sim.photoshelter.containers import NAME_LIMIT
from dambridge_sim.photoshelter.site import Site
from dambridge_sim.photoshelter.times import parse_person
from dambridge_sim.photoshelter.visibility import MODES

MEMBERS: Final = frozenset(
    [
        "file_name",
        "containers",
        "contributor",
        "iptc",
        "metadata",
        "custom",
        "approval",
        "rating",
        "model_released",
        "property_released",
        "searchable",
        "flagged",
        "license_expires",
        "uploaded_at",
        "updated_at",
        "taken_at",
        "dates",
        "visibility",
        "organization",
        "owner",
        "trash",
        "ml_tags",
        "reviews",
    ]
)
CONTRIBUTOR_LIMIT: Final = 25

_FLAGS: Final = ("model_released", "property_released", "searchable", "flagged")
_DATES: Final = {
    "uploaded_at": "uploaded_ms",
    "updated_at": "modified_ms",
    "taken_at": "taken_ms",
    "license_expires": "license_ms",
}
_DATE_NAMES: Final = {
    "created": "uploaded_at",
    "modified": "updated_at",
    "taken": "taken_at",
    "expires": "license_expires",
}


class People:
    """Acts on the library as its owners do."""

    def __init__(self, site: Site) -> None:
        """Work on `site`."""
        self._site = site

    # Files

    def add(self, upload: Upload | None, meta: Mapping[str, Any]) -> str:
        """Put a file there; galleries are created on the way. Raises `BadMetaError`."""
        _check(meta)
        if upload is None:
            raise BadMetaError("a file is needed: send it as the part `file`")
        org_id, owner_id = self.owner(meta)
        name = _file_name(str(meta.get("file_name") or upload.filename))
        paths, added = _contributed(meta)
        galleries = self._galleries(org_id, owner_id, paths)
        doc = self._site.assets.made(upload.blob, name, org_id=org_id, owner_id=owner_id, galleries=galleries)
        doc["iptc"] = iptc.merged(doc["iptc"], {"keywords": [*doc["iptc"].get("keywords", []), *added]})
        self._site.assets.save({**doc, **self._members(doc, meta)})
        self._open(galleries, meta)
        return str(doc["id"])

    def edit(self, identifier: str, upload: Upload | None, meta: Mapping[str, Any]) -> None:
        """Change a file as its owner would: `meta` as for a new one, `upload` replaces the bytes. Raises `BadMetaError`."""
        _check(meta)
        doc = self._known(identifier)
        assets = self._site.assets
        if meta.get("trash") is False and doc["trashed"]:
            if not self._site.world.switches["trash_restorable"]:
                raise BadMetaError("trash: the switch trash_restorable says that nothing comes back")
            doc = assets.restore(doc)
        if upload is not None:
            try:
                doc = assets.replace_file(doc, upload.blob)
            except ValueError as error:
                raise BadMetaError(str(error)) from None
        if meta.get("containers") is not None:
            doc = assets.move_to(doc, self._galleries(doc["org_id"], doc["owner_id"], meta["containers"]))
        self._open([place["id"] for place in doc["galleries"]], meta)
        self._edit_members(doc, self._members(doc, meta))
        if meta.get("trash") is True:
            self.delete(identifier)

    def _edit_members(self, doc: Document, members: dict[str, Any]) -> None:
        """Apply each group of members with the switch that says whether it moves the modified time."""
        given = members.pop("modified_ms", None)
        groups = {"iptc_moves_modified": ("iptc", "taken_ms"), "custom_moves_modified": ("custom",)}
        groups["license_moves_modified"] = ("license_ms",)
        for switch, names in groups.items():
            part = {name: members.pop(name) for name in names if name in members}
            if part:
                doc = self._site.assets.edit(doc, part, switch)
        if members:
            doc = self._site.assets.edit(doc, members, "rating_moves_modified")
        if given is not None:
            self._site.assets.save({**doc, "modified_ms": given})

    def delete(self, identifier: str) -> None:
        """Move a file to the trash; one that is there already stays there."""
        doc = self._known(identifier)
        if not doc["trashed"]:
            self._site.assets.trash(doc)

    def _known(self, identifier: str) -> Document:
        doc = self._site.world.documents.get("asset", identifier)
        if doc is None:
            raise KeyError(identifier)
        return doc

    def owner(self, meta: Mapping[str, Any]) -> tuple[str, str]:
        """Return the ids of organization and owner that `meta` names, or the default ones."""
        accounts = self._site.accounts
        email = meta.get("owner")
        user = accounts.user_by_email(str(email)) if email else accounts.first_user()
        if user is None:
            raise BadMetaError(f"owner: no user {email!r}")
        return accounts.organization(str(meta.get("organization") or DEFAULT_ORGANIZATION))["id"], user["id"]

    def _galleries(self, org_id: str, owner_id: str, paths: Iterable[str]) -> list[str]:
        found = []
        for path in paths:
            if any(len(part.strip()) > NAME_LIMIT for part in str(path).split("/")):
                raise BadMetaError(f"containers: a name may have {NAME_LIMIT} characters: {path!r}")
            try:
                found.append(self._site.containers.ensure(org_id, str(path), owner_id)["id"])
            except ValueError as error:
                raise BadMetaError(f"containers: {error}") from None
        return found

    def _open(self, galleries: Iterable[str], meta: Mapping[str, Any]) -> None:
        """Set the mode of the file's galleries, when `visibility` names one."""
        mode = meta.get("visibility")
        if mode is None:
            return
        if mode not in MODES:
            raise BadMetaError(f"visibility: one of {', '.join(MODES)}, not {mode!r}")
        for gallery_id in galleries:
            gallery = self._site.containers.get(gallery_id)
            # Who chooses a mode in the product overrides what the gallery inherits.
            if gallery is not None and (gallery["mode"], gallery["access_inherit"]) != (mode, False):
                self._site.containers.save({**gallery, "mode": mode, "access_inherit": False})

    def _members(self, doc: Document, meta: Mapping[str, Any]) -> dict[str, Any]:
        """Return what `meta` says of a file, in the members of its document."""
        members: dict[str, Any] = {}
        if meta.get("file_name"):
            members["file_name"] = _file_name(str(meta["file_name"]))
        changes = {**(meta.get("metadata") or {}), **(meta.get("iptc") or {})}
        if meta.get("approval") is not None:
            changes["edit_status"] = meta["approval"]
        if odd := sorted(set(changes) - set(iptc.FIELDS)):
            raise BadMetaError(f"iptc: unknown {', '.join(odd)}; there are {', '.join(iptc.FIELDS)}")
        try:
            members |= {"iptc": iptc.merged(doc["iptc"], changes)} if changes else {}
        except ValueError as error:
            raise BadMetaError(f"iptc: {error}") from None
        if meta.get("custom"):
            members["custom"] = self._custom(doc, meta["custom"])
        if "rating" in meta:
            members["rating"] = _rating(meta["rating"])
        for name in _FLAGS:
            if name in meta:
                if not isinstance(meta[name], bool | None):
                    raise BadMetaError(f"{name}: true, false or null")
                members[name] = meta[name]
        if "ml_tags" in meta:
            members["ml_tags"] = [str(tag) for tag in meta["ml_tags"] or []]
        if meta.get("reviews"):
            members["workspaces"] = self._reviewed(doc, meta["reviews"])
        return members | _dates(meta)

    def _reviewed(self, doc: Document, reviews: Any) -> list[dict[str, Any]]:
        """Return the places of a file in workspaces: `{"Spring": "up"}`, or with `thumb`, `comment`, `by`; null: not in it."""
        if not isinstance(reviews, Mapping):
            raise BadMetaError("reviews: an object, workspace to up, down, null, or thumb, comment, by")
        who = str(self._site.accounts.first_user()["email"])
        for name, review in reviews.items():
            try:
                doc = {**doc, "workspaces": self._site.workspaces.reviewed(doc, str(name), review, who)}
            except ValueError as error:
                raise BadMetaError(f"reviews: {error}") from None
        return list(doc["workspaces"])

    def _custom(self, doc: Document, wanted: Mapping[str, Any]) -> dict[str, str]:
        """Return custom metadata with some fields set: by option id or by its value; new ones are defined on the way."""
        custom = dict(doc["custom"])
        for field_id, value in wanted.items():
            if value is None:
                custom.pop(field_id, None)
            else:
                custom[field_id] = self._option(doc["org_id"], field_id, str(value))
        return custom

    def _option(self, org_id: str, field_id: str, value: str) -> str:
        field = self._site.assets.field(org_id, field_id)
        options = field["options"] if field else {}
        if value in options:
            return value
        for option_id, text in options.items():
            if text == value:
                return str(option_id)
        made = option_id_of(value)
        self._site.assets.define_field(org_id, field_id, field["name"] if field else field_id, {made: value})
        return made


def option_id_of(value: str) -> str:
    """Return the option id that a value of a custom field gets."""
    return f"opt_{re.sub(r'[^a-z0-9]+', '_', value.casefold()).strip('_') or ids.spell(value, 8)}"


def _check(meta: Mapping[str, Any]) -> None:
    if odd := sorted(set(meta) - MEMBERS):
        raise BadMetaError(f"meta: unknown {', '.join(odd)}; there are {', '.join(sorted(MEMBERS))}")
    if not isinstance(meta.get("trash"), bool | None):
        raise BadMetaError("trash: true or false")


def _contributed(meta: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Return gallery paths, and the keyword that the contributors' uploader writes into each file.

    A contributor must give a description of up to 25 characters; it is appended to the gallery's name too (HC).
    """
    paths, word = [str(path) for path in meta.get("containers") or []], meta.get("contributor")
    if word is None:
        return paths, []
    if not isinstance(word, str) or not 0 < len(word) <= CONTRIBUTOR_LIMIT:
        raise BadMetaError(f"contributor: a description of 1 to {CONTRIBUTOR_LIMIT} characters")
    return [f"{path} {word}" for path in paths], [word]


def _file_name(name: str) -> str:
    short = name.replace("\\", "/").rpartition("/")[2]
    if not 0 < len(short) <= FILE_NAME_LIMIT:
        raise BadMetaError(f"file_name: 1 to {FILE_NAME_LIMIT} characters")
    return short


def _rating(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and -1 <= value <= 5):
        return value
    raise BadMetaError("rating: a whole number from -1 to 5, or null")


def _dates(meta: Mapping[str, Any]) -> dict[str, Any]:
    given = {_DATE_NAMES.get(name, name): value for name, value in (meta.get("dates") or {}).items()}
    given |= {name: meta[name] for name in _DATES if name in meta}
    members: dict[str, Any] = {}
    for name, value in given.items():
        if name not in _DATES:
            raise BadMetaError(f"dates: unknown {name}; there are {', '.join(_DATE_NAMES)}")
        try:
            members[_DATES[name]] = None if value is None else parse_person(str(value))
        except ValueError as error:
            raise BadMetaError(f"{name}: {error}") from None
    return {name: value for name, value in members.items() if value is not None or name in ("taken_ms", "license_ms")}
