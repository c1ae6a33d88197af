"""Files in the store: arriving, changing, joining and leaving galleries, going to the trash (PS 6.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from dambridge_sim.kit.acting import Acting, acting
from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.lookup import Document, Index, Kind, Lookup
from dambridge_sim.kit.world import World
from dambridge_sim.photoshelter import ids
from dambridge_sim.photoshelter.containers import Containers, beginning
from dambridge_sim.photoshelter.durations import duration_of
from dambridge_sim.photoshelter.facts import READABLE, described, media_of

FILE_NAME_LIMIT: Final = 255
"""Characters; longer names are refused (HC "Prepare Your Files for Upload")."""


def _stamped(member: str) -> Index:
    """Index by organization and time; files in the trash stand in none."""
    return Index(lambda doc: [] if doc["trashed"] else [f"{doc['org_id']}|{doc[member]:014d}"], lagged=True)


def _joined(member: str, digits: int) -> Index:
    def values(doc: Document) -> Iterable[str]:
        return [] if doc["trashed"] else [f"{place['id']}|{place[member]:0{digits}d}" for place in doc["galleries"]]

    return Index(values)


def _named(doc: Document) -> list[str]:
    return [] if doc["trashed"] else [f"{doc['org_id']}|{doc['file_name'].casefold()}"]


def _in_workspaces(doc: Document) -> list[str]:
    return [] if doc["trashed"] else [f"{place['id']}|{place['added_ms']:014d}" for place in doc.get("workspaces", [])]


KINDS: Final = (
    Kind(
        "asset",
        {
            "modified": _stamped("modified_ms"),
            "created": _stamped("uploaded_ms"),
            "name": Index(_named, lagged=True),
            "gallery": _joined("order", 8),
            "gallery_added": _joined("added_ms", 14),
            "workspace": Index(_in_workspaces),
        },
    ),
    Kind("processing", counts=False),
    Kind("field", {"org": Index(lambda doc: [f"{doc['org_id']}|{doc['name']}"])}),
)


class Assets:
    """The files of all organizations."""

    def __init__(self, world: World, containers: Containers) -> None:
        """Work on `world`."""
        self._world = world
        self._documents = world.documents
        self._containers = containers
        self._due: int | None = None
        self.computed: Callable[[int], Document | None] = lambda _number: None

    def arrive(
        self, blob: Blob, file_name: str, *, org_id: str, owner_id: str, galleries: Iterable[str], **members: Any
    ) -> Document:
        """Take a new file into galleries (ids); it is there at once, or after the time that processing takes."""
        document = self.made(blob, file_name, org_id=org_id, owner_id=owner_id, galleries=galleries) | members
        takes = self._world.switches["upload_processing_s"]
        if not takes:
            self.save(document)
            return document
        due = self._world.clock.now_ms() + round(takes * 1000)
        self._documents.put("processing", document["id"], {"document": document, "due_ms": due})
        self._due = due if self._due is None else min(self._due, due)
        return document

    def settle(self) -> None:
        """Let uploads appear whose processing is over by now."""
        if self._due is None or self._due > (now := self._world.clock.now_ms()):
            return
        with acting(Acting("the server", "processed an upload")), self._documents.transaction():
            for identifier in list(self._documents.stored("processing")):
                waiting = self._documents.get("processing", identifier)
                if waiting is not None and waiting["due_ms"] <= now:
                    self.save(waiting["document"])
                    self._documents.delete("processing", identifier)
        self.recall()

    def recall(self) -> None:
        """Find out when the next upload is due: after a start, and whenever some appeared."""
        waiting = (self._documents.get("processing", each) for each in self._documents.stored("processing"))
        self._due = min((each["due_ms"] for each in waiting if each), default=None)

    def made(self, blob: Blob, file_name: str, *, org_id: str, owner_id: str, galleries: Iterable[str]) -> Document:
        """Return a new file, not stored yet: type, dimensions and embedded metadata are read from its bytes."""
        known = self.facts(blob, file_name)
        now = self._world.clock.now_ms()
        identifier = ids.make_id(ids.MEDIA_PREFIX[known["media"]], self._documents.next_number("asset"))
        document = {
            "id": identifier,
            "org_id": org_id,
            "owner_id": owner_id,
            "creator_id": owner_id,
            "photographer_id": None,
            "file_name": file_name,
            **known,
            "galleries": [],
            "custom": {},
            "model_released": None,
            "property_released": None,
            "searchable": False,
            "flagged": False,
            "license_ms": None,
            "uploaded_ms": now,
            "modified_ms": now,
            "trashed": False,
        }
        for gallery_id in dict.fromkeys(galleries):
            self._join(document, gallery_id)
        return document

    def facts(self, blob: Blob, file_name: str) -> dict[str, Any]:
        """Return what the bytes say: media type, dimensions, SHA-1 (not of images, PS E19), IPTC record, date taken."""
        info = self._world.blobs.info(blob)
        media = media_of(info, file_name)
        facts: dict[str, Any] = {
            "blob": blob.to_json(),
            "media": media,
            "media_type": info.media_type,
            "width": info.width,
            "height": info.height,
            "iptc": {},
            "taken_ms": None,
            "rating": None,
        }
        if media != "image":
            ending = file_name.rpartition(".")[2].lower()
            facts |= {
                "sha1": self._world.blobs.sha1(blob),
                "format": ending,
                "format_readable": READABLE.get(ending, ending.upper()),
                "duration": duration_of(self._world.blobs.path(blob)) if media in ("video", "audio") else None,
            }
        if self._world.switches["upload_reads_metadata"]:
            facts |= described(self._world.blobs.embedded(blob), image=media == "image")
        return facts

    def save(self, document: Document) -> None:
        """Store a file; `written_ms` says since when the search index may lag behind."""
        document["written_ms"] = self._world.clock.now_ms()
        self._documents.put("asset", document["id"], document)

    def edit(self, document: Document, changes: Mapping[str, Any], switch: str | None) -> Document:
        """Change members of a file. The modified time moves when `switch` is on (None: always)."""
        changed = {**document, **changes}
        if changed == document:
            return document
        if switch is None or self._world.switches[switch]:
            changed["modified_ms"] = self._world.clock.now_ms()
        self.save(changed)
        return changed

    def replace_file(self, document: Document, blob: Blob, file_name: str | None = None) -> Document:
        """Give a file new bytes under its old id; what people wrote about it stays, unless the new bytes say otherwise."""
        facts = self.facts(blob, file_name or document["file_name"])
        if facts["media"] != document["media"]:
            raise ValueError(f"a {document['media']} cannot be replaced by a {facts['media']}")
        facts["iptc"] = {**document["iptc"], **facts["iptc"]}
        for name in ("rating", "taken_ms"):
            if facts[name] is None:
                facts[name] = document[name]
        return self.edit(document, {**facts, "file_name": file_name or document["file_name"]}, None)

    def glance(self, identifier: str) -> Document | None:
        """Return a file for a listing; `blob` may be missing in a computed one."""
        number = self._documents.computed_number("asset", identifier)
        return self._documents.get("asset", identifier) if number is None else self.computed(number)

    def whole(self, identifier: str) -> Document:
        """Return a file that is known to be there, with all that is known of it."""
        document = self._documents.get("asset", identifier)
        if document is None:
            raise KeyError(identifier)
        return document

    # Galleries

    def _join(self, document: Document, gallery_id: str) -> bool:
        if any(place["id"] == gallery_id for place in document["galleries"]):
            return False
        place = {
            "id": gallery_id,
            "order": self._containers.next_place(gallery_id),
            "added_ms": self._world.clock.now_ms(),
        }
        document["galleries"] = [*document["galleries"], place]
        return True

    def join(self, document: Document, gallery_id: str) -> Document:
        """Put a file into a gallery; nothing happens when it is there."""
        joined = {**document}
        if not self._join(joined, gallery_id):
            return document
        return self.edit(document, {"galleries": joined["galleries"]}, "membership_moves_modified")

    def leave(self, document: Document, gallery_id: str) -> Document:
        """Take a file out of a gallery."""
        left = [place for place in document["galleries"] if place["id"] != gallery_id]
        self._containers.file_left(gallery_id)
        return self.edit(document, {"galleries": left}, "membership_moves_modified")

    def move_to(self, document: Document, gallery_ids: Iterable[str]) -> Document:
        """Let a file be in exactly these galleries."""
        wanted = list(dict.fromkeys(gallery_ids))
        for place in list(document["galleries"]):
            if place["id"] not in wanted:
                document = self.leave(document, place["id"])
        for gallery_id in wanted:
            document = self.join(document, gallery_id)
        return document

    def in_gallery(self, gallery_id: str, index: str = "gallery", *, descending: bool = False) -> Lookup:
        """Return the lookup of a gallery's files, by display order or (`gallery_added`) by the time they were added."""
        return beginning(index, f"{gallery_id}|", descending=descending)

    # Trash

    def trash(self, document: Document) -> None:
        """Move a file to the trash (HC): it is gone from galleries and searches, and can be restored."""
        for place in document["galleries"]:
            self._containers.file_left(place["id"])
        self.edit(document, {"trashed": True, "trashed_ms": self._world.clock.now_ms()}, None)

    def restore(self, document: Document) -> Document:
        """Take a file out of the trash, back to those of its galleries that still exist."""
        places = [place for place in document["galleries"] if self._containers.get(place["id"])]
        return self.edit(document, {"trashed": False, "galleries": places}, None)

    def galleries_gone(self, gallery_ids: Iterable[str]) -> None:
        """Follow the deletion of galleries: files that were in no other go to the trash."""
        gone = frozenset(gallery_ids)
        for gallery_id in gone:
            for identifier in list(self._documents.every("asset", self.in_gallery(gallery_id))):
                document = self._documents.get("asset", identifier)
                if document is None:
                    continue
                left = [place for place in document["galleries"] if place["id"] not in gone]
                if left:
                    self.edit(document, {"galleries": left}, "membership_moves_modified")
                else:
                    self.edit(document, {"trashed": True, "trashed_ms": self._world.clock.now_ms()}, None)

    # Custom metadata

    def field(self, org_id: str, field_id: str) -> Document | None:
        """Return the definition of a custom field of one organization."""
        return self._documents.get("field", f"{org_id}|{field_id}")

    def define_field(self, org_id: str, field_id: str, name: str, options: Mapping[str, str]) -> Document:
        """Define a custom field, or add options to it: option id to the value that people see."""
        before = self.field(org_id, field_id) or {"options": {}}
        document = {"id": field_id, "org_id": org_id, "name": name, "options": {**before["options"], **options}}
        self._documents.put("field", f"{org_id}|{field_id}", document)
        return document
