"""What a method has at hand: the call, the caller, the library; and the careful reading of positional parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dambridge_sim.kit.call import Call
from dambridge_sim.netx.access import require
from dambridge_sim.netx.digits import is_long
from dambridge_sim.netx.errors import bad_params, no_access
from dambridge_sim.netx.folders import Folder
from dambridge_sim.netx.levels import Level
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.options import Options, read_options
from dambridge_sim.netx.projection import Lens, asset_json, lens_of
from dambridge_sim.netx.records import Asset, Collection
from dambridge_sim.netx.search import Found, Search
from dambridge_sim.netx.site import User

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """One call of one method."""

    call: Call
    user: User
    library: Library
    search: Search
    params: Sequence[Any]

    def switch(self, name: str) -> Any:
        """The position of a switch."""
        return self.library.switch(name)

    # Parameters

    def at_most(self, count: int) -> None:
        """Refuse surplus parameters."""
        if len(self.params) > count:
            raise bad_params(f"{len(self.params)} parameters were given, at most {count} are taken")

    def param(self, place: int, what: str) -> Any:
        """A parameter that must be there."""
        if place >= len(self.params):
            raise bad_params(f"Parameter {place + 1} ({what}) is missing")
        return self.params[place]

    def number(self, place: int, what: str) -> int:
        """A numeric id."""
        return as_id(self.param(place, what), what)

    def array(self, place: int, what: str) -> list[Any]:
        """A list parameter."""
        raw = self.param(place, what)
        if not isinstance(raw, list):
            raise bad_params(f"Parameter {place + 1} ({what}) must be a list")
        return raw

    def ids(self, place: int, what: str) -> list[int]:
        """A list of numeric ids."""
        return [as_id(one, what) for one in self.array(place, what)]

    def object(self, place: int, what: str) -> dict[str, Any]:
        """An object parameter."""
        raw = self.param(place, what)
        if not isinstance(raw, dict):
            raise bad_params(f"Parameter {place + 1} ({what}) must be an object")
        return raw

    def options(self, place: int) -> Options:
        """The trailing options, which may be absent or null."""
        raw = self.params[place] if place < len(self.params) else None
        return read_options(
            raw,
            default_size=self.switch("default_page_size"),
            max_size=self.switch("max_page_size"),
            cut=self.switch("page_over_max") == "cut",
        )

    def needs(self, level: Level, what: str) -> None:
        """Refuse a caller below `level`."""
        require(self.user, level, what)

    # Objects

    def asset(self, asset_id: int) -> Asset:
        """The asset, if the caller may see it."""
        self.call.touch(asset_id)
        raw = self.call.read("asset", str(asset_id))
        return self.library.seen_by(self.user, None if raw is None else Asset.from_json(raw), f"asset {asset_id}")

    def asset_to_change(self, asset_id: int) -> Asset:
        """The asset as it stands now, whatever a stale read would show."""
        self.call.touch(asset_id)
        return self.library.seen_by(self.user, self.library.find(asset_id), f"asset {asset_id}")

    def folder(self, folder_id: int) -> Folder:
        """The folder, if the caller may see that it exists."""
        if folder_id not in self.library.tree:
            raise self.library.unknown(f"folder {folder_id}")
        folder = self.library.tree.get(folder_id)
        if not self.library.access.folder_shown(self.user, folder_id):
            raise no_access(f"folder {folder_id}")
        return folder

    def reads(self, collection: Collection) -> bool:
        """Whether a collection is the caller's: its owner's and the administrators' (INFERRED: sharing is not modelled)."""
        return collection.owner == self.user.id or self.user.level >= Level.ADMINISTRATOR

    def collection(self, collection_id: int) -> Collection:
        """The collection, if the caller may read it."""
        found = self.library.collection(collection_id)
        if not self.reads(found):
            raise no_access(f"collection {collection_id}")
        return found

    # Replies

    def lens(self) -> Lens:
        """What shapes objects in this reply."""
        return lens_of(self.library, self.user)

    def listed(self, items: Sequence[T], options: Options, render: Callable[[T], dict[str, Any]]) -> dict[str, Any]:
        """A list result of things at hand; `size` counts all of them (NX 3.3, CONFIRMED)."""
        view = self.call.faults.listing(len(items), lambda offset, limit: items[offset : offset + limit])
        return {"results": [render(item) for item in view.page(options.start, options.size)], "size": view.total}

    def listed_assets(self, found: Found, options: Options) -> dict[str, Any]:
        """A list result of assets. One that is gone while the index still knows it counts but is not shown (INFERRED)."""
        view = self.call.faults.listing(found.total, found.ids)
        lens = self.lens()
        results = []
        for asset_id in view.page(options.start, options.size):
            raw = self.call.read("asset", asset_id)
            asset = None if raw is None else Asset.from_json(raw)
            if asset is not None and self.library.access.asset(self.user, asset):
                results.append(asset_json(asset, options, lens))
        return {"results": results, "size": view.total}


def as_id(raw: object, what: str) -> int:
    """An id: a whole number; text and booleans are refused."""
    if isinstance(raw, bool) or not isinstance(raw, int) or not is_long(raw):
        raise bad_params(f"{what} must be a number, got {raw!r}")
    return raw
