"""v4: the media search (PS E17) and the newer library search (PS E18)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Final

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document, Lookup
from dambridge_sim.photoshelter import errors, filters, resources
from dambridge_sim.photoshelter.accounts import DEFAULT_ORGANIZATION
from dambridge_sim.photoshelter.containers import beginning
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.site import Site, parameters_of
from dambridge_sim.photoshelter.v4_containers import descending

_SORTS: Final = ("relevance", "date", "file_name", "upload_time")
_LIBRARY_SORTS: Final = (*_SORTS, "creation_time", "date_taken")
_SORT_MEMBER: Final = {
    "relevance": "uploaded_ms",
    "upload_time": "uploaded_ms",
    "creation_time": "uploaded_ms",
    "date": "taken_ms",
    "date_taken": "taken_ms",
    "file_name": "file_name",
}
_EVERY_TYPE: Final = frozenset({"image", "video", "audio", "doc"})
_MODIFIED: Final = ("modify_start", "modify_end")
_LIBRARY_PARAMETERS: Final = (
    "org_id", "user_id", "mode", "media_type", "page", "per_page", "sort_by", "sort_direction", "sort_dir",
)  # fmt: skip
"""What E18 was seen with."""
_FOREVER: Final = 99_999_999_999_999
_REMEMBERED: Final = 16

Found = Sequence[str]


class Search:
    """Both searches: an index finds candidates, the filters that it does not answer test each document."""

    def __init__(self, site: Site) -> None:
        """Work on `site`."""
        self._site = site
        self._changes = 0
        self._recent: OrderedDict[object, list[str]] = OrderedDict()

    def routes(self) -> list[Route]:
        """Return the operations."""
        return [
            route("GET", "/media", self.media, Confidence.CONFIRMED, "PS E17"),
            route("GET", "/search", self.library, Confidence.CONFIRMED, "PS E18"),
        ]

    def something_changed(self) -> None:
        """Forget results: a document was written."""
        self._changes += 1

    async def media(self, call: Call) -> Reply:
        """E17: at least one narrowing parameter; without a login only what the public may find."""
        parameters = await parameters_of(call)
        filters.require_one(parameters)
        if not self._site.world.switches["media_modified_window"]:
            parameters = parameters.without(*_MODIFIED)
        if self._site.session(call) is None:
            return self._public(call, parameters)
        return self._answer(call, parameters, self._org(call, parameters), _SORTS)

    async def library(self, call: Call) -> Reply:
        """E18: the whole library of the organization, or (`mode=invited`, INFERRED) what was shared with the caller.

        Whether it takes the filters of E17 too is unknown: a switch.
        """
        parameters = await parameters_of(call)
        taken = self._site.world.switches["search_filters"]
        if taken == "none":
            parameters = parameters.only(*_LIBRARY_PARAMETERS)
        elif taken == "no_modified_window":
            parameters = parameters.without(*_MODIFIED)
        filters.require_one(parameters)
        also = None
        invited = parameters.choice("mode", ("library", "invited"), "library") == "invited"
        if invited and call.served(Confidence.INFERRED):
            galleries = self._site.invited_galleries(call)
            also = filters.in_galleries(galleries)
        return self._answer(call, parameters, self._org(call, parameters), _LIBRARY_SORTS, also)

    def matching(self, call: Call, parameters: Parameters) -> Sequence[str]:
        """Return the ids that a search finds, for v3's search (U10): a public call, which shows visitors what is public."""
        visits = self._site.session(call) is None
        org_id = self._visited(parameters) if visits else self._org(call, parameters)
        query = _Query(
            parameters, org_id, parameters.choice("sort_by", _LIBRARY_SORTS, "relevance"), down=descending(parameters)
        )
        tests = [*self._tests(query), *([self._open_to_all] if visits else [])]
        return self._remembered(query, tests, who="nobody" if visits else "")

    def _visited(self, parameters: Parameters) -> str:
        """Return the organization that a visitor looks into: the one named, that of the galleries named, or the host's."""
        if org_id := parameters.text("org_id").strip():
            return org_id
        named = (self._site.containers.get(each) for each in parameters.words("galleries"))
        found = next((str(gallery["org_id"]) for gallery in named if gallery is not None), None)
        return found or str(self._site.accounts.organization(DEFAULT_ORGANIZATION)["id"])

    def _tests(self, query: _Query) -> list[filters.Test]:
        return filters.tests(query.residual, self._site.containers.galleries_below)

    def _org(self, call: Call, parameters: Parameters) -> str:
        org_id = self._site.org(call)
        wanted = parameters.text("org_id").strip()
        if wanted and org_id not in (wanted, "none"):
            raise errors.no_access("The session is not in this organization.")
        return org_id

    def _public(self, call: Call, parameters: Parameters) -> Reply:
        org_id = parameters.text("org_id").strip()
        if not org_id:
            raise errors.no_access()
        return self._answer(call, parameters, org_id, _SORTS, self._open_to_all)

    def _open_to_all(self, doc: filters.Doc) -> bool:
        found = (self._site.containers.get(place["id"]) for place in doc["galleries"])
        return bool(doc["searchable"]) and any(
            self._site.containers.widest(gallery) == "everyone" for gallery in found if gallery
        )

    def _answer(
        self,
        call: Call,
        parameters: Parameters,
        org_id: str,
        sorts: Sequence[str],
        also: Callable[[filters.Doc], bool] | None = None,
    ) -> Reply:
        sort, down = parameters.choice("sort_by", sorts, "relevance"), descending(parameters)
        query = _Query(parameters, org_id, sort, down=down)
        tests = [*self._tests(query), *([also] if also else [])]
        page, documents = self._site.page_asked(parameters), self._site.world.documents
        lookup, frame = query.lookup(), self._site.frame(call)

        def show(identifier: str) -> dict[str, Any]:
            return self._hit(identifier, frame)

        if not tests and query.in_order and not self._lag_ms:
            total = documents.total("asset", lookup)
            return self._site.page(call, page, total, lambda at, size: documents.page("asset", lookup, at, size), show)
        found = self._remembered(query, tests, who=(call.caller or "nobody") if also else "")
        return self._site.page(call, page, len(found), lambda at, size: found[at : at + size], show)

    def _hit(self, identifier: str, frame: resources.Frame) -> dict[str, Any]:
        doc = self._seen(identifier)
        return resources.hit(doc, frame) if doc else {"id": identifier, "type": "image", "attributes": {}}

    @property
    def _lag_ms(self) -> int:
        return int(self._site.world.switches["index_lag_s"] * 1000)

    def _seen(self, identifier: str) -> Document | None:
        """Return a document as the search index knows it: the version before a write that is younger than the lag."""
        documents, lag = self._site.world.documents, self._lag_ms
        doc = self._site.assets.glance(identifier)
        if lag and (doc is None or doc["written_ms"] > self._site.world.clock.now_ms() - lag):
            return documents.before("asset", identifier)
        return doc

    def _remembered(self, query: _Query, tests: list[filters.Test], *, who: str) -> list[str]:
        """Run a search, or take the result of the same one if nothing was written since: pages come one by one."""
        if self._lag_ms:
            return self._run(query, tests)
        key = (self._changes, who, query.key)
        if key not in self._recent:
            self._recent[key] = self._run(query, tests)
            if len(self._recent) > _REMEMBERED:
                self._recent.popitem(last=False)
        return self._recent[key]

    def _run(self, query: _Query, tests: list[filters.Test]) -> list[str]:
        candidates = (
            self._seen(identifier) for identifier in self._site.world.documents.every("asset", query.lookup())
        )
        found = [
            (query.rank(doc), doc["id"])
            for doc in candidates
            if doc is not None
            and not doc["trashed"]
            and doc["org_id"] == query.org_id
            and all(test(doc) for test in tests)
        ]
        found.sort(reverse=query.down)
        return [identifier for _, identifier in found]


class _Query:
    """One search: which index finds candidates, and what is left to test."""

    def __init__(self, parameters: Parameters, org_id: str, sort: str, *, down: bool) -> None:
        self.org_id, self.down, self._sort = org_id, down, sort
        values = {name: parameters.raw(name) for name in parameters.names()}
        if set(parameters.words("media_type")) >= _EVERY_TYPE:
            values.pop("media_type")
        self._index, self._low, self._high = self._driver(parameters, values)
        self.residual = Parameters(values)
        paging = ("page", "per_page", "api_key", "include")
        self.key = (
            org_id,
            sort,
            down,
            tuple(sorted((k, str(parameters.raw(k))) for k in parameters.names() if k not in paging)),
        )

    def _driver(self, parameters: Parameters, values: dict[str, Any]) -> tuple[str, str, str]:
        """Choose the index: a window of times, else one gallery, else the whole library in the order of sorting."""
        for prefix, index in (("modify", "modified"), ("create", "created")):
            start, end = parameters.time(f"{prefix}_start"), parameters.time(f"{prefix}_end")
            if start is not None or end is not None:
                values.pop(f"{prefix}_start", None)
                values.pop(f"{prefix}_end", None)
                # Stored to the millisecond, asked for by the second: the end counts up to the end of its second.
                last = _FOREVER if end is None else end + 999
                return index, f"{self.org_id}|{start or 0:014d}", f"{self.org_id}|{last:014d}"
        galleries = parameters.words("galleries")
        if len(galleries) == 1:
            bounds = beginning("gallery", f"{galleries[0]}|")
        else:
            bounds = beginning("name" if self._sort == "file_name" else "created", f"{self.org_id}|")
        return bounds.index, str(bounds.low), str(bounds.high)

    def lookup(self) -> Lookup:
        """Return the candidates."""
        return Lookup(self._index, low=self._low, high=self._high, descending=self.down)

    @property
    def in_order(self) -> bool:
        """Whether the index gives the order that was asked for. `relevance` without words is any stable order."""
        member = {"modified": "", "created": "uploaded_ms", "name": "file_name", "gallery": ""}[self._index]
        return self._sort == "relevance" or _SORT_MEMBER[self._sort] == member

    def rank(self, doc: Document) -> Any:
        """Return what the document is sorted by."""
        if self._sort == "relevance" and self._index == "modified":
            return doc["modified_ms"]
        value = doc.get(_SORT_MEMBER[self._sort])
        return value.casefold() if isinstance(value, str) else (value if value is not None else -1)
