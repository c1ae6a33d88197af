"""What the site remembers of an asset, its file, its views and its earlier versions. Frozen: an edit makes a new record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dambridge_sim.kit.blobs import Blob


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A stored file under its name; its MD5 is the checksum that NetX shows. Width and height in pixels, for images."""

    name: str
    blob: Blob
    media_type: str = "application/octet-stream"
    width: int | None = None
    height: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        return {
            "name": self.name,
            "blob": self.blob.to_json(),
            "media_type": self.media_type,
            "width": self.width,
            "height": self.height,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> StoredFile:
        """Back from the stored form."""
        return cls(
            name=raw["name"],
            blob=Blob.from_json(raw["blob"]),
            media_type=raw["media_type"],
            width=raw["width"],
            height=raw["height"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """An extra file attached to an asset (NX 4.4): name mandatory, description at most 255 characters."""

    id: int
    name: str
    description: str
    file: StoredFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One asset. Times are epoch milliseconds; `attributes` holds the non-empty ones only; `folders` in order of joining.

    `archived`, `checked_out` (by `holder`), `hidden`, `expires_ms` and `related` are what only people set; 0 is no expiration.
    `expired` says that the site has done what it does then. An archived original is online from `online_from_ms` until
    `online_until_ms` alone. `proxies_ms` is when the proxies are ready.
    """

    id: int
    name: str
    created_ms: int
    imported_ms: int
    modified_ms: int
    file: StoredFile
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folders: tuple[int, ...] = ()
    views: tuple[View, ...] = ()
    earlier: tuple[StoredFile, ...] = ()
    proxies_ms: int = 0
    archived: bool = False
    online_from_ms: int = 0
    online_until_ms: int = 0
    checked_out: bool = False
    holder: str = ""
    hidden: bool = False
    expires_ms: int = 0
    expired: bool = False
    related: tuple[int, ...] = ()

    def offline(self, now_ms: int) -> bool:
        """Whether the original lies in the archive, out of reach."""
        return self.archived and not self.online_from_ms <= now_ms < self.online_until_ms

    @property
    def file_name(self) -> str:
        """The name of the file, extension included."""
        return self.file.name

    @property
    def file_type(self) -> str:
        """The file's type as queries spell it: the extension in small letters (NX 6, `jpg`)."""
        return self.file.name.rpartition(".")[2].lower() if "." in self.file.name else ""

    @property
    def version_count(self) -> int:
        """How many files this asset has had under this id, the current one included."""
        return len(self.earlier) + 1

    def arrived(self, folder: int) -> Asset:
        """The asset with one more folder, at the end; unchanged when it is there already."""
        return self if folder in self.folders else replace(self, folders=(*self.folders, folder))

    def to_json(self) -> dict[str, Any]:
        """The stored form; `blob` stands at the top, where the kit looks for it."""
        return {
            "id": self.id,
            "name": self.name,
            "created_ms": self.created_ms,
            "imported_ms": self.imported_ms,
            "modified_ms": self.modified_ms,
            "blob": self.file.blob.to_json(),
            "file": self.file.to_json(),
            "attributes": {name: list(values) for name, values in self.attributes.items()},
            "folders": list(self.folders),
            "views": [
                {"id": v.id, "name": v.name, "description": v.description, "file": v.file.to_json()} for v in self.views
            ],
            "earlier": [file.to_json() for file in self.earlier],
            "proxies_ms": self.proxies_ms,
            "archived": self.archived,
            "online_from_ms": self.online_from_ms,
            "online_until_ms": self.online_until_ms,
            "checked_out": self.checked_out,
            "holder": self.holder,
            "hidden": self.hidden,
            "expires_ms": self.expires_ms,
            "expired": self.expired,
            "related": list(self.related),
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Asset:
        """Back from the stored form."""
        return cls(
            id=raw["id"],
            name=raw["name"],
            created_ms=raw["created_ms"],
            imported_ms=raw["imported_ms"],
            modified_ms=raw["modified_ms"],
            file=StoredFile.from_json(raw["file"]),
            attributes={name: tuple(values) for name, values in raw["attributes"].items()},
            folders=tuple(raw["folders"]),
            views=tuple(
                View(id=v["id"], name=v["name"], description=v["description"], file=StoredFile.from_json(v["file"]))
                for v in raw["views"]
            ),
            earlier=tuple(StoredFile.from_json(file) for file in raw["earlier"]),
            proxies_ms=raw["proxies_ms"],
            archived=raw["archived"],
            # what is read with a default is not there in older data folders
            online_from_ms=raw.get("online_from_ms", 0),
            online_until_ms=raw.get("online_until_ms", 0),
            checked_out=raw["checked_out"],
            holder=raw.get("holder", ""),
            hidden=raw.get("hidden", False),
            expires_ms=raw.get("expires_ms", 0),
            expired=raw.get("expired", False),
            related=tuple(raw.get("related", ())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A hand-picked list of assets; `owner` is the id of the user who made it."""

    id: int
    title: str
    assets: tuple[int, ...]
    owner: int

    def to_json(self) -> dict[str, Any]:
        """The stored form."""
        return {"id": self.id, "title": self.title, "assets": list(self.assets), "owner": self.owner}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Collection:
        """Back from the stored form."""
        return cls(id=raw["id"], title=raw["title"], assets=tuple(raw["assets"]), owner=raw["owner"])
