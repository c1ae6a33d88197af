"""What a system said of an asset: native, as a connector read it, and canonical, as `mapping` made of it.

A version is what has to be equal for "nothing moved": modified time at the source's own precision, fingerprint of the
managed fields, a stamp of the content. Versions are compared, not values: an A-B-A edit is still an edit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from dambridge.model.identity import AssetKey, CopyId, RemoteId
from dambridge.model.reasons import Reason
from dambridge.model.values import Fields, fields_from_json, fields_to_json

BROUGHT = "brought"
ANYTHING = "*"
"""Among the words that a file brought: it was not looked into, so it may have brought any."""
NativeValue = str | int | float | bool | tuple[str, ...]
"""A vendor's value, typed. A field that the system showed as empty or null is absent from the mapping."""


class MediaType(StrEnum):
    """The kinds of file that both systems tell apart. RAW is an image to PhotoShelter and told apart by its content."""

    IMAGE = "image"
    RAW = "raw"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True, order=True)
class Container:
    """A gallery or folder in which an asset stands. `path` has no leading slash, names joined by `/`, root first."""

    id: RemoteId
    path: str


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest of the stored original, in lower-case hex. `algorithm` is `sha256`, `md5` or `sha1`."""

    algorithm: str
    hexdigest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeRecord:
    """One asset in the vendor's own field names.

    `modified` is the vendor's text for its modified time, kept at full precision; `modified_at` the same as an aware
    instant, None where the zone is not known. `content_stamp` changes whenever the bytes may have changed as far as the
    system shows without a download (size, dimensions, hash); `checksum` is the system's own digest where it gives one.
    `groups` names what was really read (`base`, `iptc`, `custom`, `containers`, `attributes`): a field of a group
    that was not read is unread, not empty.
    """

    key: AssetKey
    media_type: MediaType
    file_name: str
    name: str
    size: int | None
    modified: str
    modified_at: datetime | None
    content_stamp: str
    checksum: Checksum | None
    fields: Mapping[str, NativeValue]
    containers: tuple[Container, ...]
    groups: frozenset[str]
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetVersion:
    """What an asset was when it was seen. Two versions are the same state if and only if they are equal."""

    modified: str
    fields: str
    content: str

    def to_json(self) -> dict[str, str]:
        return {"modified": self.modified, "fields": self.fields, "content": self.content}

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> AssetVersion:
        return cls(modified=data["modified"], fields=data["fields"], content=data["content"])


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetRecord:
    """One asset in canonical terms. `modified_at` is the system's modified time where its zone is known; `notes` are losses
    or oddities that the mapping met while reading."""

    key: AssetKey
    media_type: MediaType
    file_name: str
    name: str
    size: int | None
    fields: Fields
    containers: tuple[Container, ...]
    version: AssetVersion
    checksum: Checksum | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None
    notes: tuple[Reason, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "account": self.key.account,
            "id": self.key.remote_id,
            "media_type": str(self.media_type),
            "file_name": self.file_name,
            "name": self.name,
            "size": self.size,
            "fields": fields_to_json(self.fields),
            "containers": [[it.id, it.path] for it in self.containers],
            "version": self.version.to_json(),
            "checksum": [self.checksum.algorithm, self.checksum.hexdigest] if self.checksum else None,
            "created_at": self.created_at.isoformat() if self.created_at else None,
            "modified_at": self.modified_at.isoformat() if self.modified_at else None,
            "notes": [it.to_json() for it in self.notes],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AssetRecord:
        return cls(
            key=AssetKey(data["account"], data["id"]),
            media_type=MediaType(data["media_type"]),
            file_name=data["file_name"],
            name=data["name"],
            size=data["size"],
            fields=fields_from_json(data["fields"]),
            containers=tuple(Container(RemoteId(i), p) for i, p in data["containers"]),
            version=AssetVersion.from_json(data["version"]),
            checksum=Checksum(*data["checksum"]) if data["checksum"] else None,
            created_at=datetime.fromisoformat(data["created_at"]) if data["created_at"] else None,
            modified_at=datetime.fromisoformat(data["modified_at"]) if data.get("modified_at") else None,
            notes=tuple(Reason.from_json(it) for it in data["notes"]),
        )


class Absence(StrEnum):
    """Five ways of not being there; each has a policy of its own, and none of them is `Unread`."""

    DELETED = "deleted"
    TRASHED = "trashed"
    LEFT_SELECTION = "left_selection"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Present:
    """The copy was read."""

    record: AssetRecord


@dataclass(frozen=True, slots=True)
class Missing:
    """The copy was proven not to be there: `evidence` says by what. `record` is what it shows where it stands now, if it was
    read there: it has left the selection, and what people make of it is seen all the same."""

    absence: Absence
    evidence: str
    record: AssetRecord | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """The copy could not be read. Not seen is never the same as deleted. `records` are what it showed where answers
    contradicted each other: none of them is believed, and all of them were seen."""

    reason: Reason
    records: tuple[AssetRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class NotYet:
    """The copy has never existed: nobody has created it."""


Seen = Present | Missing | Unread | NotYet


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedMetadata:
    """What stands inside a file, as `files` read it.

    `tags` has keys `XMP-dc:Title`, `IPTC:Caption-Abstract`, `ExifIFD:DateTimeOriginal` (ExifTool's family 1 groups) with
    texts, lists of texts or language maps. `disagreements` names canonical homes that differ between XMP, IIM and Exif, or
    between the file and its side-car; `side_car` says which one was read with it, as it was.
    """

    mime_type: str
    media_type: MediaType
    tags: Mapping[str, str | tuple[str, ...] | Mapping[str, str]]
    disagreements: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    guessed_charset: bool = False
    side_car: str = ""


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that cannot be what it says it is; `why` is a sentence for people."""

    why: str
    empty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What was counted and hashed while bytes passed by."""

    size: int
    sha256: str
    md5: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What all copies of a link last had in common: values and versions, kept per copy; empty before the first round.

    `fields` are the canonical values that were last written and read back; `versions` what each copy was then;
    `content` the digest of the original; `evidence` per copy says how the bytes there were proven
    (`md5`, `read_back`, `size_only`, `source`). A copy whose file had fields written into it is `embedded`; three entries
    `COPY.written`, `COPY.essence` and `COPY.proof` say what was sent, the hash of what it has in common with the original,
    and how the bytes there were proven; `COPY.held` names the fields that wait because the copy is not known to take them;
    `brought` alone, as a JSON list, are words inside the file that could be taken for a status (`ANYTHING` where it was not
    looked into);
    `COPY.untouched` says why nothing was written into its file although the target reads files; `COPY.side_car` which file
    beside the original was read with it; `COPY.stamp` by which stamp its account showed the bytes when the link was found
    again, or when they were read since, and the token of what was read.
    `filled` are values that came from inside the file because the source
    system does not show them; they are no part of the comparison with what the source says. `turn` counts what was brought.
    """

    fields: Fields = field(default_factory=dict)
    filled: Fields = field(default_factory=dict)
    versions: Mapping[str, AssetVersion] = field(default_factory=dict)
    content: Digest | None = None
    evidence: Mapping[str, str] = field(default_factory=dict)
    turn: int = 0

    def held(self, copy: CopyId) -> tuple[str, ...]:
        """The fields that this copy still waits for, though nothing changed."""
        return tuple(self.evidence.get(f"{copy}.held", "").split())

    @property
    def brought(self) -> tuple[str, ...]:
        """Words that stood inside the file and could be taken for a status."""
        return tuple(json.loads(self.evidence.get(BROUGHT, "[]")))

    def untouched(self, copy: CopyId) -> bool:
        """Whether the file of this copy is one that nothing may be written into."""
        return f"{copy}.untouched" in self.evidence

    def given(self, copy: CopyId) -> Digest | None:
        """The digest of what an embedded copy was given; None where its file is the original itself."""
        written = self.evidence.get(f"{copy}.written")
        if written is None:
            return None
        size, sha256, md5 = written.split(" ")
        return Digest(size=int(size), sha256=sha256, md5=md5)
