"""The site's objects over the kit's documents: assets, folders, collections, and the site document itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from dambridge_sim.kit.lookup import Document, Index, Kind, Lookup, Value
from dambridge_sim.kit.world import World
from dambridge_sim.netx.access import Access
from dambridge_sim.netx.attributes import Attribute
from dambridge_sim.netx.chores import Chores
from dambridge_sim.netx.errors import Refusal, failure, no_access
from dambridge_sim.netx.folders import (
    ROOT,
    Folder,
    FolderTree,
    check_name,
    folder_from_json,
    folder_to_json,
    path_names,
)
from dambridge_sim.netx.records import Asset, Collection
from dambridge_sim.netx.site import Site, User, default_description, followed, merged, read_site

FIRST_ASSET, FIRST_FOLDER, FIRST_COLLECTION, FIRST_VIEW = 4101, 300, 77, 88
_LONGEST_INDEXED = 200  # characters; longer values are found by reading, as nobody looks them up exactly


class Library:
    """One site. Reads are of the state now; `as_indexed` gives the state that searches see."""

    def __init__(self) -> None:
        self.tree = FolderTree()
        self.site: Site = read_site({})
        self.access = Access(self.site, self.tree)
        self.world: World
        self.chores = Chores()
        self.described: list[Callable[[], None]] = []
        self.changes = 0
        self.stale = False
        self._withheld: tuple[int, bool] = (-1, False)

    def attach(self, world: World) -> None:
        """Take the world and what it holds already."""
        self.world = self.chores.world = world
        world.documents.listeners.append(self._count)
        if world.documents.get("site", "site") is not None:
            self.load()

    def _count(self, _change: object) -> None:
        self.changes += 1

    def refresh(self) -> None:
        """Read anew after writes that were taken back: the tree may hold folders that no longer are."""
        if self.stale:
            self.load()

    def load(self) -> None:
        """Read the site and its folders from the documents."""
        self.stale = False
        documents = self.world.documents
        description = documents.get("site", "site") or {}
        folders = (documents.get("folder", one) for one in documents.stored("folder"))
        self.site = read_site(description)
        self.tree = FolderTree(folder_from_json(raw) for raw in folders if raw is not None)
        self.access = Access(self.site, self.tree)
        self.changes += 1

    def kinds(self) -> tuple[Kind, ...]:
        """The documents of this site and their indexes; `lagged` ones are those of the search engine."""
        return (
            Kind(
                "asset",
                {
                    "number": Index(lambda doc: [doc["id"]]),
                    "folder": Index(lambda doc: doc["folders"]),
                    "view": Index(lambda doc: [view["id"] for view in doc["views"]]),
                    "md5": Index(lambda doc: [doc["blob"]["md5"]]),
                    "expires": Index(lambda doc: [doc["expires_ms"]] if doc.get("expires_ms") else []),
                    "withheld": Index(lambda doc: [1] if doc.get("hidden") or doc.get("expired") else []),
                    "known": Index(lambda doc: [doc["id"]], lagged=True),
                    "modified": Index(lambda doc: [doc["modified_ms"]], lagged=True),
                    "imported": Index(lambda doc: [doc["imported_ms"]], lagged=True),
                    "checksum": Index(lambda doc: [doc["blob"]["md5"]], lagged=True),
                    "file_name": Index(lambda doc: [doc["file"]["name"].lower()], lagged=True),
                    "name": Index(lambda doc: [doc["name"].lower()], lagged=True),
                    "value": Index(_values, lagged=True),
                    "tree": Index(self._trees, lagged=True),
                    "tree_modified": Index(self._trees_modified, lagged=True),
                },
            ),
            Kind("folder"),
            Kind("collection"),
            Kind("site", counts=False),
            Kind("token", counts=False),
            Kind("chore", {"due": Index(lambda doc: [doc["due"]])}, counts=False),
            Kind("upload", counts=False),
            Kind("download", counts=False),
        )

    def _above(self, doc: Document) -> set[int]:
        return {up for one in doc["folders"] if one in self.tree for up in self.tree.lineage(one)} - {ROOT}

    def _trees(self, doc: Document) -> Iterable[Value]:
        return [tree_value(folder, doc["id"]) for folder in self._above(doc)]

    def _trees_modified(self, doc: Document) -> Iterable[Value]:
        return [tree_value(folder, doc["modified_ms"]) for folder in self._above(doc)]

    # Assets

    def switch(self, name: str) -> Any:
        """The position of a switch."""
        return self.world.switches[name]

    def find(self, asset_id: int) -> Asset | None:
        """The asset, whoever asks; None when there is none."""
        raw = self.world.documents.get("asset", str(asset_id))
        return None if raw is None else Asset.from_json(raw)

    def seen_by(self, user: User, asset: Asset | None, what: str) -> Asset:
        """The asset if the user may see it, else the refusal that the site gives (unknown ids: by switch, INFERRED)."""
        if asset is None:
            raise self.unknown(what)
        if not self.access.asset(user, asset):
            raise no_access(what)
        return asset

    def unknown(self, what: str) -> Refusal:
        """What is said of an id that nothing has: by switch the same as of one that is hidden (INFERRED which)."""
        return failure(f"{what} does not exist") if self.switch("unknown_object") == "failure" else no_access(what)

    def put(self, asset: Asset) -> None:
        """Store an asset, keeping what searches must still see of it."""
        document = asset.to_json()
        lag_ms = round(self.switch("index_lag_s") * 1000)
        if lag_ms > 0:
            now = self.world.clock.now_ms()
            document["written_ms"] = now
            document["past"] = _past(self.world.documents.get("asset", str(asset.id)), now - lag_ms)
        self.world.documents.put("asset", str(asset.id), document)

    def delete(self, asset: Asset) -> None:
        """Remove an asset for good: NetX has no trash."""
        self.world.documents.delete("asset", str(asset.id))

    def as_indexed(self, asset_id: str) -> Asset | None:
        """The asset as the search engine knows it, which may be gone since; None when it does not know it."""
        lag_ms = round(self.switch("index_lag_s") * 1000)
        documents = self.world.documents
        raw = documents.get("asset", asset_id)
        if raw is None and lag_ms > 0:
            raw = documents.before("asset", asset_id)
        if raw is not None and lag_ms > 0:
            horizon = self.world.clock.now_ms() - lag_ms
            states = [raw, *reversed(raw.get("past", ()))]
            raw = next((state for state in states if state.get("written_ms", 0) <= horizon), None)
        return None if raw is None else Asset.from_json(raw)

    def next_id(self, series: str, first: int) -> int:
        """The next id of a series."""
        return self.world.documents.next_number(series, first)

    def stamp(self) -> int:
        """Now, in epoch milliseconds of the simulated clock."""
        return self.world.clock.now_ms()

    def withheld(self) -> bool:
        """Whether any asset is hidden or expired, so that a place that one sees may hold what one does not."""
        if self._withheld[0] != self.changes:
            found = self.world.documents.total("asset", Lookup("withheld", equal=1))
            self._withheld = (self.changes, found > 0)
        return self._withheld[1]

    # Folders

    def make_folder(self, name: str, parent: int, description: str = "") -> Folder:
        """Make one folder and store it."""
        check_name(name)
        folder = self.tree.make(name, parent, self.next_id("folder", FIRST_FOLDER), description)
        self.keep_folder(folder)
        return folder

    def keep_folder(self, folder: Folder) -> None:
        """Store a folder that the tree holds."""
        self.access.forget()
        self.world.documents.put("folder", f"{folder.id:010d}", folder_to_json(folder))

    def change_folder(self, folder_id: int, *, name: str | None, description: str | None) -> Folder:
        """Rename or describe a folder; permissions and profiles are tied to it (NX 11, 4.6), not to its path."""
        old = self.tree.path(folder_id)
        with self.world.documents.transaction():
            folder = self.tree.change(folder_id, name=name, description=description)
            self._follow(old, self.tree.path(folder_id))
            self.keep_folder(folder)
        return folder

    def drop_folder(self, folder_id: int) -> None:
        """Remove an empty folder, and what was said of it."""
        old = self.tree.path(folder_id)
        with self.world.documents.transaction():
            self.tree.remove(folder_id)
            self._follow(old, None)
            self.world.documents.delete("folder", f"{folder_id:010d}")

    def _follow(self, old: str, new: str | None) -> None:
        raw = followed(self.site.raw, old, new)
        if raw != self.site.raw:
            self.site = read_site(raw)
            self.world.documents.put("site", "site", raw)
        self.access = Access(self.site, self.tree)

    def folder_at(self, path: object) -> Folder:
        """The folder at a path, made with its missing parents."""
        current = self.tree.get(ROOT)
        for name in path_names(path):
            found = next((child for child in self.tree.children(current.id) if child.name == name), None)
            current = found or self.make_folder(name, current.id)
        return current

    def in_folder(self, folder_id: int) -> list[str]:
        """The ids of the assets in one folder, now."""
        return list(self.world.documents.every("asset", Lookup("folder", equal=folder_id)))

    # Collections and vocabularies

    def collection(self, collection_id: int) -> Collection:
        """The collection; refused when there is none."""
        raw = self.world.documents.get("collection", str(collection_id))
        if raw is None:
            raise self.unknown(f"collection {collection_id}")
        return Collection.from_json(raw)

    def collections(self) -> Iterator[Collection]:
        """All collections by id."""
        raws = (self.world.documents.get("collection", one) for one in self.world.documents.stored("collection"))
        return iter(sorted((Collection.from_json(raw) for raw in raws if raw is not None), key=lambda one: one.id))

    def keep_collection(self, collection: Collection) -> None:
        """Store a collection."""
        self.world.documents.put("collection", str(collection.id), collection.to_json())

    def replace_terms(self, attribute: Attribute, terms: Iterable[str]) -> None:
        """Give an attribute's vocabulary other terms; values that assets hold stay as they are (INFERRED)."""
        self.site.vocabularies.terms[attribute.vocabulary or attribute.name] = list(dict.fromkeys(terms))
        self.site.raw["vocabularies"] = self.site.vocabularies.terms
        self.world.documents.put("site", "site", self.site.raw)

    def gain_terms(self, attribute: Attribute, terms: Iterable[str]) -> None:
        """Add terms to an attribute's vocabulary and keep them."""
        terms = tuple(terms)
        if not terms:
            return
        self.site.vocabularies.add(attribute, terms)
        self.site.raw["vocabularies"] = self.site.vocabularies.terms
        self.world.documents.put("site", "site", self.site.raw)

    # The site

    def begin(self) -> None:
        """Put the default site into an empty world."""
        self._take(default_description())

    def extend(self, more: dict[str, Any]) -> None:
        """Lay a seed's description over the site."""
        self._take(merged(self.site.raw, more))

    def _take(self, description: dict[str, Any]) -> None:
        site = read_site(description)
        self.world.documents.put("site", "site", site.raw)
        self.load()
        for path in self.site.folders:
            self.folder_at(path)
        self.access.forget()
        for told in self.described:
            told()


def tree_value(folder: int, number: int) -> str:
    """The index value of something in a folder's tree: sorts by folder, then by number."""
    return f"{folder:010d}:{number:015d}"


def attribute_value(name: str, value: str) -> str:
    """The index value of an attribute's value; letters compare without regard to case."""
    return f"{name}\n{value.lower()}"


def _values(doc: Document) -> Iterable[Value]:
    return [
        attribute_value(name, value)
        for name, values in doc["attributes"].items()
        for value in values
        if len(value) <= _LONGEST_INDEXED
    ]


def is_indexed(value: str) -> bool:
    """Whether values of this length stand in the index."""
    return len(value) <= _LONGEST_INDEXED


def _past(old: Document | None, horizon: int) -> list[Document]:
    """The earlier states that a search at or after `horizon` may still have to see, oldest first."""
    if old is None:
        return []
    states = [*old.get("past", ()), {key: value for key, value in old.items() if key != "past"}]
    needed = [place for place, state in enumerate(states) if state.get("written_ms", 0) <= horizon]
    return states[needed[-1] :] if needed else states
