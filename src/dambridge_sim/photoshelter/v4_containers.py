"""v4: reading the library, collections and galleries (PS 6.1: E1 to E15 without their writes)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import errors, resources
from dambridge_sim.photoshelter.accounts import DEFAULT_ORGANIZATION
from dambridge_sim.photoshelter.container_views import ContainerViews
from dambridge_sim.photoshelter.media_views import MediaViews
from dambridge_sim.photoshelter.paging import PORTAL_DEFAULT
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.site import Site, parameters_of

SORTS: Final = ("creation_time", "modification_time", "name", "display_order")
_SORT_MEMBER: Final = {
    "creation_time": "created_ms",
    "modification_time": "modified_ms",
    "name": "name",
    "display_order": "display_order",
}
CHILD_SORTS: Final = ("creation_time", "modification_time", "added_at", "file_name", "date_taken", "display_order")
_CHILD_MEMBER: Final = {
    "creation_time": "uploaded_ms",
    "modification_time": "modified_ms",
    "file_name": "file_name",
    "date_taken": "taken_ms",
}
_COVER: Final = 4


class ContainerReads:
    """The reading operations of section 6.1."""

    def __init__(self, site: Site, views: ContainerViews, media: MediaViews) -> None:
        """Work on `site`."""
        self._site, self._views, self._media = site, views, media

    def routes(self) -> list[Route]:
        """Return the operations."""
        sure, dated, single = Confidence.CONFIRMED, Confidence.CONFIRMED_2019, Confidence.SINGLE
        found = [
            route("GET", "/library", self.library, sure, "PS E1"),
            route("GET", "/portal", self.portal, dated, "PS E2"),
            route("GET", "/collections", self.collections, sure, "PS E3"),
            route("GET", "/collections/{id}", self.collection, sure, "PS E4"),
            route("GET", "/collections/{id}/children", self.collection_children, sure, "PS E5"),
            route("GET", "/collections/{id}/child-count", self.collection_count, sure, "PS E6"),
            route("GET", "/collections/{id}/count", self.collection_count, dated, "PS E6"),
            route("GET", "/collections/{id}/children/count", self.collection_count, dated, "PS E6"),
            route("GET", "/collections/{id}/children/{child_id}", self.collection_child, dated, "PS E7"),
            route("GET", "/collections/{id}/parent", self.parent, dated, "PS E7"),
            route("GET", "/galleries", self.galleries, sure, "PS E9"),
            route("GET", "/galleries/{id}", self.gallery, sure, "PS E10"),
            route("GET", "/galleries/{id}/children", self.gallery_children, sure, "PS E11"),
            route("GET", "/galleries/{id}/child-count", self.gallery_count, sure, "PS E12"),
            # The literal before the name: `children/count` is not a file called `count`.
            route("GET", "/galleries/{id}/children/count", self.gallery_count, dated, "PS E12"),
            route("GET", "/galleries/{id}/count", self.gallery_count, dated, "PS E12"),
            route("GET", "/galleries/{id}/cover", self.cover, sure, "PS E13"),
            route("GET", "/galleries/{id}/permissions", self.permissions, dated, "PS E14"),
            route("GET", "/galleries/{id}/parents", self.parents, single, "PS E15"),
            route("GET", "/galleries/{id}/children/{media_id}", self.gallery_child, dated, "PS E15"),
            route("GET", "/collections/{id}/permissions", self.permissions, single, "PS E7"),
        ]
        for plural, reference, link in (("collections", "PS E7", dated), ("galleries", "PS E15", single)):
            found += [
                route("GET", f"/{plural}/{{id}}/path", self.path, sure, reference),
                route("GET", f"/{plural}/{{id}}/key-image", self.key_image, sure, reference),
                route("GET", f"/{plural}/{{id}}/link", self.link, link, reference),
                route("GET", f"/{plural}/{{id}}/access", self.access, single, reference),
            ]
        return found

    # Lists of containers

    async def library(self, call: Call) -> Reply:
        """E1: the root of the library."""
        parameters, org_id = await parameters_of(call), self._site.org(call)
        listed = parameters.flag("is_listed")
        found = [
            doc
            for doc in self._site.containers.under(org_id, None)
            if listed is None or bool(doc.get("is_listed")) is listed
        ]
        return self._containers(call, parameters, ordered(found, parameters, "display_order"))

    async def portal(self, call: Call) -> Reply:
        """E2: the root as the public portal shows it; nobody needs to log in."""
        parameters = await parameters_of(call)
        session = self._site.session(call)
        org_id = self._portal_of(parameters, session.org_id if session else None)
        found = [
            doc
            for doc in self._site.containers.under(org_id, None)
            if doc.get("is_listed") and self._site.containers.effective(doc) == "everyone"
        ]
        frame, page = self._site.frame(call), self._site.page_asked(parameters, PORTAL_DEFAULT)
        return self._site.whole(
            call,
            page,
            ordered(found, parameters, "display_order"),
            lambda doc: resources.container(doc, frame, staff=session is not None and session.org_id == org_id),
        )

    def _portal_of(self, parameters: Parameters, entered: str | None) -> str:
        """Return whose portal is meant: `org_id`, the user's first organization, the one entered, or the host's own."""
        if org_id := parameters.text("org_id").strip():
            if self._site.accounts.organization_by_id(org_id) is None:
                raise errors.not_found("organization")
            return org_id
        if user_id := parameters.text("user_id").strip():
            user = self._site.world.documents.get("user", user_id)
            if user is None or not user["orgs"]:
                raise errors.not_found("user")
            return str(next(iter(user["orgs"])))
        return entered or str(self._site.accounts.organization(DEFAULT_ORGANIZATION)["id"])

    async def collections(self, call: Call) -> Reply:
        """E3: query collections; `name` is exact unless `match=false`."""
        parameters, org_id = await parameters_of(call), self._site.org(call)
        found = self._site.containers.of_type(org_id, "collection")
        if name := parameters.text("name"):
            exact = parameters.flag("match", default=True)
            found = [doc for doc in found if _named(doc, name, exact=bool(exact))]
        if identifier := parameters.text("id").strip():
            found = [doc for doc in found if doc["id"] == identifier]
        found = _below(found, parameters)
        return self._containers(call, parameters, ordered(found, parameters, "creation_time"))

    async def galleries(self, call: Call) -> Reply:
        """E9: query galleries; `recently_updated` puts what was changed last first (INFERRED).

        With `org_id` alone a visitor gets those that are open to them, as a website's proxy does (PROXY).
        """
        parameters = await parameters_of(call)
        wanted = parameters.text("org_id").strip()
        visits = bool(wanted) and self._site.session(call) is None
        org_id = wanted if visits else self._site.org(call)
        if wanted and wanted != org_id:
            raise errors.no_access("The session is not in this organization.")
        found = self._site.containers.of_type(org_id, "gallery")
        if visits:
            call.state["guest"] = True
            found = [doc for doc in found if self._site.way_in(call, doc) is not None]
        if name := parameters.text("name"):
            found = [doc for doc in found if _named(doc, name, exact=False)]
        if parameters.flag("portfolio"):
            found = [doc for doc in found if doc.get("is_listed")]
        found = _below(found, parameters)
        if parameters.flag("recently_updated"):
            found = sorted(found, key=lambda doc: (-doc["modified_ms"], doc["id"]))
        else:
            found = ordered(found, parameters, "creation_time")
        return self._containers(call, parameters, found)

    def _containers(self, call: Call, parameters: Parameters, found: Sequence[Document], **meta: Any) -> Reply:
        wanted = parameters.includes
        return self._site.whole(
            call, self._site.page_asked(parameters), found, lambda doc: self._views.container(call, doc, wanted), **meta
        )

    # One container

    async def collection(self, call: Call) -> Reply:
        """E4: one collection."""
        return await self._one(call, self._site.collection(call))

    async def gallery(self, call: Call) -> Reply:
        """E10: one gallery."""
        return await self._one(call, self._site.gallery(call))

    async def _one(self, call: Call, doc: Document) -> Reply:
        wanted = (await parameters_of(call)).includes
        return self._site.reply(call, self._views.container(call, doc, wanted))

    async def collection_children(self, call: Call) -> Reply:
        """E5: galleries and collections in a collection."""
        parameters = await parameters_of(call)
        doc = self._site.collection(call)
        found = self._site.containers.under(doc["org_id"], doc["id"])
        if not self._site.staff(call):
            found = [each for each in found if self._site.way_in(call, each) is not None]
        if parameters.flag("visibile") or parameters.flag("visible"):  # sic (PS E5)
            found = [each for each in found if self._site.containers.effective(each, doc["id"]) == "everyone"]
        counts, wanted = container_counts(found), parameters.includes
        return self._site.whole(
            call,
            self._site.page_asked(parameters),
            ordered(found, parameters, "display_order"),
            lambda each: self._views.child(call, each, doc["id"], wanted),
            children_count=counts,
        )

    async def collection_child(self, call: Call) -> Reply:
        """E7: one child of a collection, with more attributes."""
        doc = self._site.collection(call)
        found = self._site.containers.get(call.params["child_id"])
        call.touch(call.params["child_id"])
        if found is None or doc["id"] not in found["parents"]:
            raise errors.not_found("child")
        return self._site.reply(call, self._views.child_detail(call, self._site.containers.current(found), doc["id"]))

    async def collection_count(self, call: Call) -> Reply:
        """E6: counts in `meta`, and no `data`."""
        doc = self._site.collection(call)
        counts = container_counts(self._site.containers.under(doc["org_id"], doc["id"]))
        return Reply.json({"meta": self._site.meta(call, children_count=counts)})

    async def parent(self, call: Call) -> Reply:
        """E7: the parent of a collection; empty `data` when there is none."""
        doc = self._site.collection(call)
        above = self._site.containers.load(doc["parents"][:1])
        return self._site.reply(call, self._views.container(call, above[0], frozenset()) if above else {})

    async def parents(self, call: Call) -> Reply:
        """E15: the collections that a gallery is in."""
        doc = self._site.gallery(call)
        found = self._site.containers.load(doc["parents"])
        return self._site.reply(call, [self._views.container(call, each, frozenset()) for each in found])

    async def path(self, call: Call) -> Reply:
        """E7, E15: the way up, leaf first (SINGLE)."""
        return self._site.reply(call, self._views.path(self._either(call)))

    async def link(self, call: Call) -> Reply:
        """E7, E15: the address on the portal."""
        return self._site.reply(call, resources.portal_link(self._either(call), self._site.origin(call)))

    async def access(self, call: Call) -> Reply:
        """E7, E15: modes and own entries."""
        return self._site.reply(call, self._views.access(call, self._either(call)))

    async def permissions(self, call: Call) -> Reply:
        """E14: own and inherited permission entries, perhaps as seen from one of the parents."""
        context = (await parameters_of(call)).text("collection_id").strip() or None
        return self._site.reply(call, self._views.permissions(call, self._either(call), context))

    async def key_image(self, call: Call) -> Reply:
        """E7, E15: the key image; public, without a permission check (CONFIRMED)."""
        doc = self._site.containers.get(call.params["id"])
        call.touch(call.params["id"])
        kind = _kind(call)
        if doc is None or doc["type"] != kind:
            raise errors.not_found(kind)
        return self._site.reply(call, self._views.key_image(call, doc) or {})

    def _either(self, call: Call) -> Document:
        return self._site.gallery(call) if _kind(call) == "gallery" else self._site.collection(call)

    # Files of a gallery

    async def gallery_children(self, call: Call) -> Reply:
        """E11: the files of a gallery, thin."""
        parameters = await parameters_of(call)
        doc = self._site.gallery(call)
        sort = parameters.choice("sort_by", CHILD_SORTS, "display_order")
        down = descending(parameters)
        page = self._site.page_asked(parameters)

        def show(identifier: str) -> dict[str, Any]:
            return self._media.thin(identifier, doc["id"])

        if sort in ("display_order", "added_at"):
            index = "gallery" if sort == "display_order" else "gallery_added"
            lookup = self._site.assets.in_gallery(doc["id"], index, descending=down)
            documents = self._site.world.documents
            return self._site.page(
                call,
                page,
                documents.total("asset", lookup),
                lambda offset, limit: documents.page("asset", lookup, offset, limit),
                show,
            )
        return self._site.whole(call, page, in_order(self._media.in_gallery(doc["id"]), sort, down=down), show)

    async def gallery_child(self, call: Call) -> Reply:
        """E15: one file of a gallery, thin."""
        doc, found = self._site.gallery(call), self._site.media(call, name="media_id")
        if not any(place["id"] == doc["id"] for place in found["galleries"]):
            raise errors.not_found("child")
        return self._site.reply(call, self._media.thin(found["id"], doc["id"]))

    async def gallery_count(self, call: Call) -> Reply:
        """E12: counts by media type in `meta`, plural names as the live server has them."""
        doc = self._site.gallery(call)
        return Reply.json({"meta": self._site.meta(call, children_count=self._media.counts(doc["id"]))})

    async def cover(self, call: Call) -> Reply:
        """E13: the first four files."""
        doc, wanted = self._site.gallery(call), (await parameters_of(call)).includes
        lookup = self._site.assets.in_gallery(doc["id"])
        found = self._site.world.documents.page("asset", lookup, 0, _COVER)
        shown = []
        for identifier in found:
            item = self._media.thin(identifier, doc["id"])
            if "link" in wanted:
                item["includes"] = {"link": {"data": self._media.link(call, identifier)}}
            shown.append(item)
        return self._site.reply(call, shown)


def _kind(call: Call) -> str:
    return "gallery" if "/galleries/" in call.path else "collection"


def in_order(files: Iterable[Document], sort: str, *, down: bool) -> list[str]:
    """Return the ids of the files of a gallery, sorted by one of `CHILD_SORTS`; they come in display order."""
    if sort not in _CHILD_MEMBER:
        found = [each["id"] for each in files]
        return found[::-1] if down else found
    member = _CHILD_MEMBER[sort]
    ranked = sorted(files, key=lambda each: (_sortable(each[member]), each["id"]), reverse=down)
    return [each["id"] for each in ranked]


def descending(parameters: Parameters) -> bool:
    """Read the direction of sorting: `sort_direction`, or `sort_dir` as the 2019 media search called it (PS 4.4)."""
    words = ("ascending", "descending", "asc", "desc")
    word = parameters.choice("sort_direction", words, "") or parameters.choice("sort_dir", words, "asc")
    return word.startswith("desc")


def ordered(found: Sequence[Document], parameters: Parameters, default: str) -> list[Document]:
    """Sort containers as asked."""
    member = _SORT_MEMBER[parameters.choice("sort_by", SORTS, default)]

    def place(doc: Document) -> tuple[Any, ...]:
        return _sortable(doc.get(member)), doc["display_order"], doc["id"]

    return sorted(found, key=place, reverse=descending(parameters))


def container_counts(found: Sequence[Document]) -> dict[str, int]:
    """Count galleries and collections."""
    galleries = sum(doc["type"] == "gallery" for doc in found)
    return {"total": len(found), "galleries": galleries, "collections": len(found) - galleries}


def _sortable(value: Any) -> Any:
    if isinstance(value, str):
        return (1, value.casefold())
    return (0, value if value is not None else -1)


def _named(doc: Document, name: str, *, exact: bool) -> bool:
    return bool(doc["name"] == name if exact else name.casefold() in doc["name"].casefold())


def _below(found: list[Document], parameters: Parameters) -> list[Document]:
    """Keep what is under the parameter `parent`; sent but blank means: has no parent."""
    if not parameters.has("parent"):
        return found
    parent = parameters.text("parent").strip()
    if not parent:
        return [doc for doc in found if not doc["parents"]]
    return [doc for doc in found if parent in doc["parents"]]
