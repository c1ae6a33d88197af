"""Collections and galleries in the store: making, finding, moving, deleting them (PS 3, 6.1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from dambridge_sim.kit.lookup import Document, Index, Kind, Lookup
from dambridge_sim.kit.world import World
from dambridge_sim.photoshelter import ids
from dambridge_sim.photoshelter.visibility import effective_mode, native_mode, widest_mode

ROOT: Final = "root"
ORDER_LIMIT: Final = 99_999_999
"""The largest `display_order`."""
NAME_LIMIT: Final = 100
"""Characters of a name or description (PS E10, CONFIRMED-2019)."""


def _under(doc: Document) -> list[str]:
    return [f"{doc['org_id']}|{parent}|{doc['display_order']:08d}" for parent in doc["parents"] or [ROOT]]


def _place(doc: Document) -> list[str]:
    return [f"{doc['org_id']}|{parent}|{doc['type']}|{doc['name']}" for parent in doc["parents"] or [ROOT]]


def _type(doc: Document) -> list[str]:
    return [f"{doc['org_id']}|{doc['type']}|{doc['created_ms']:014d}|{doc['display_order']:08d}"]


KINDS: Final = (
    Kind(
        "container",
        {
            "under": Index(_under),
            "place": Index(_place),
            "type": Index(_type),
        },
    ),
    # What moves with each file that comes and goes. Apart from the container, because a container that is written
    # makes the kit look anew who can see each of its files.
    Kind("pulse", counts=False),
    Kind("used", counts=False),
)


def beginning(index: str, prefix: str, *, descending: bool = False) -> Lookup:
    """Return the lookup of all whose index value begins with `prefix`."""
    return Lookup(index, low=prefix, high=prefix + "\U0010ffff", descending=descending)


class Containers:
    """The containers of all organizations."""

    def __init__(self, world: World) -> None:
        """Work on `world`."""
        self._world = world
        self._documents = world.documents

    def get(self, identifier: str) -> Document | None:
        """Return a container, whatever its organization."""
        return self._documents.get("container", identifier)

    def in_org(self, org_id: str, identifier: str, kind: str) -> Document | None:
        """Return a gallery or collection of one organization."""
        doc = self._documents.get("container", identifier)
        return doc if doc and doc["org_id"] == org_id and doc["type"] == kind else None

    def add(self, org_id: str, kind: str, name: str, *, parent: str | None, owner_id: str, **members: Any) -> Document:
        """Make a gallery or collection under `parent` (None: the root)."""
        prefix = ids.GALLERY if kind == "gallery" else ids.COLLECTION
        number = self._documents.next_number("container")
        identifier = ids.make_id(prefix, number)
        now = self._world.clock.now_ms()
        document = {
            "id": identifier,
            "org_id": org_id,
            "type": kind,
            "name": name,
            "description": None,
            "parents": [parent] if parent else [],
            "mode": None,
            "access_inherit": True,
            "is_listed": False,
            "display_order": number,
            "access_id": ids.make_id(ids.ACCESS, number),
            "key_image_id": None,
            "permissions": [],
            "owner_id": owner_id,
            "created_ms": now,
            "modified_ms": now,
        } | members
        self._documents.put("container", document["id"], document)
        return document

    def save(self, document: Document) -> None:
        """Store a changed container; its modified time moves."""
        now = self._world.clock.now_ms()
        self._documents.put("container", document["id"], {**document, "modified_ms": now})

    def ensure(self, org_id: str, path: str, owner_id: str, kind: str = "gallery") -> Document:
        """Return the container at a path such as `Intake/2026 Harbour`; collections on the way, at the end `kind`."""
        names = [part.strip() for part in path.split("/") if part.strip()]
        if not names:
            raise ValueError(f"container path {path!r}: write it as Collection/Gallery")
        parent: Document | None = None
        for place, name in enumerate(names):
            wanted = kind if place == len(names) - 1 else "collection"
            parent = self._child(org_id, parent, wanted, name) or self.add(
                org_id, wanted, name, parent=parent["id"] if parent else None, owner_id=owner_id
            )
        assert parent is not None  # noqa: S101 - names is not empty
        return parent

    def _child(self, org_id: str, parent: Document | None, kind: str, name: str) -> Document | None:
        above = parent["id"] if parent else ROOT
        found = self._documents.page("container", Lookup("place", equal=f"{org_id}|{above}|{kind}|{name}"), 0, 1)
        return self.get(found[0]) if found else None

    # Listing

    def under(self, org_id: str, parent: str | None) -> list[Document]:
        """Return the children of a collection, or of the root, in display order."""
        lookup = beginning("under", f"{org_id}|{parent or ROOT}|")
        return self.load(self._documents.every("container", lookup))

    def of_type(self, org_id: str, kind: str) -> list[Document]:
        """Return all galleries or collections of an organization, oldest first."""
        return self.load(self._documents.every("container", beginning("type", f"{org_id}|{kind}|")))

    def load(self, identifiers: Iterator[str] | Sequence[str]) -> list[Document]:
        """Return containers by id, with the modified time that their files gave them."""
        found = []
        for identifier in identifiers:
            document = self.get(identifier)
            if document is not None:
                found.append(self.current(document))
        return found

    def current(self, document: Document) -> Document:
        """Return a container with the modified time that its files gave it."""
        pulse = self._documents.get("pulse", document["id"])
        if pulse and pulse["modified_ms"] > document["modified_ms"]:
            return {**document, "modified_ms": pulse["modified_ms"]}
        return document

    def galleries_below(self, identifier: str) -> frozenset[str]:
        """Return the ids of all galleries under a collection, at any depth."""
        document = self.get(identifier)
        if document is None:
            return frozenset()
        found: set[str] = set()
        for child in self.under(document["org_id"], identifier):
            found |= {child["id"]} if child["type"] == "gallery" else self.galleries_below(child["id"])
        return frozenset(found)

    def path(self, document: Document) -> list[Document]:
        """Return the containers from the root down to this one, along the first parent of each."""
        above: list[Document] = [document]
        while above[0]["parents"]:
            parent = self.get(above[0]["parents"][0])
            if parent is None:
                break
            above.insert(0, parent)
        return above

    def path_text(self, identifier: str) -> str:
        """Return `Collection/Gallery`, or an empty text for a container that is gone."""
        document = self.get(identifier)
        return "/".join(part["name"] for part in self.path(document)) if document else ""

    def paths_text(self, identifier: str) -> list[str]:
        """Return every path by which a container can be reached."""
        document = self.get(identifier)
        if document is None:
            return []
        above = [path for parent in document["parents"] for path in self.paths_text(parent)]
        return [f"{path}/{document['name']}" for path in above] or [document["name"]]

    # Files coming and going

    def next_place(self, gallery_id: str) -> int:
        """Return the display order of the next file, and note that the gallery was changed if that counts."""
        pulse = self._documents.get("pulse", gallery_id) or {"order": 0, "modified_ms": 0}
        pulse["order"] += 1
        self._documents.put("pulse", gallery_id, self._moved(pulse))
        return int(pulse["order"])

    def file_left(self, gallery_id: str) -> None:
        """Note that a file went from a gallery."""
        pulse = self._documents.get("pulse", gallery_id) or {"order": 0, "modified_ms": 0}
        self._documents.put("pulse", gallery_id, self._moved(pulse))

    def _moved(self, pulse: Document) -> Document:
        if not self._world.switches["membership_moves_container"]:
            return pulse
        return {**pulse, "modified_ms": self._world.clock.now_ms()}

    def delete(self, document: Document) -> list[str]:
        """Delete a container and the containers that are in it alone; return the galleries that are gone."""
        gone = [document["id"]] if document["type"] == "gallery" else []
        for child in self.under(document["org_id"], document["id"]) if document["type"] == "collection" else []:
            if child["parents"] == [document["id"]]:
                gone += self.delete(child)
            else:
                parents = [parent for parent in child["parents"] if parent != document["id"]]
                self.save({**child, "parents": parents})
        self._documents.delete("container", document["id"])
        self._documents.delete("pulse", document["id"])
        return gone

    def use_up(self, entry_id: str, most: int) -> bool:
        """Count one download of a permission entry; False when `most` are used up (PS E14 `max_downloads`)."""
        used = (self._documents.get("used", entry_id) or {"downloads": 0})["downloads"]
        if used >= most:
            return False
        self._documents.put("used", entry_id, {"downloads": used + 1})
        return True

    # Visibility

    @property
    def _root_mode(self) -> str:
        return str(self._world.switches["root_visibility"])

    def effective(self, document: Document, context: str | None = None) -> str:
        """Return the mode after inheritance (PS 3: the most restrictive parent wins without a context)."""
        return effective_mode(document, self.get, self._root_mode, context)

    def native(self, document: Document) -> str:
        """Return the own mode as shown; a container without one shows what it inherits."""
        return native_mode(document, self._root_mode) or self.effective(document)

    def widest(self, document: Document) -> str:
        """Return the widest mode in which anybody can reach the container."""
        return widest_mode(document, self.get, self._root_mode)
