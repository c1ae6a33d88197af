"""v3: collections, galleries and what is in them (PS U5 to U8, U13). Without `/mem` the same reads are public (PS 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import errors
from dambridge_sim.photoshelter.media_views import MediaViews
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.site import Site, parameters_of
from dambridge_sim.photoshelter.v3 import BOTH
from dambridge_sim.photoshelter.v3_place_records import PlaceRecords, name_of, tie_name
from dambridge_sim.photoshelter.v3_records import Record, Records
from dambridge_sim.photoshelter.v4_container_writes import container_members
from dambridge_sim.photoshelter.v4_containers import CHILD_SORTS, descending, in_order
from dambridge_sim.photoshelter.visibility import MODES

_VISIBILITY: Final = "/visibility/update"


class Places:
    """The operations of U5 to U8 and U13."""

    def __init__(self, site: Site, records: Records, places: PlaceRecords, views: MediaViews) -> None:
        """Work on `site`."""
        self._site, self._records, self._places, self._views = site, records, places, views

    def routes(self) -> list[Route]:
        """Return the operations."""
        sure, single, guess = Confidence.CONFIRMED, Confidence.SINGLE, Confidence.INFERRED
        found = [
            route("GET", "/mem/collection/root/children", self.root, sure, "PS U5"),
            route("GET", "/mem/collection", self.query, single, "PS U5"),
            route("GET", "/mem/collection/{id}/children", self.children, sure, "PS U5"),
            route("GET", "/mem/gallery", self.query, single, "PS U6"),
            route("GET", "/mem/gallery/query", self.query, sure, "PS U6"),
            route("GET", "/mem/gallery/{id}/images", self.images, sure, "PS U6"),
            route("GET", "/mem/gallery/{id}/children", self.files, sure, "PS U6"),
            route("GET", "/gallery/{id}/media", self.media, single, "PS U7"),
            route("GET", "/gallery/{id}/images", self.images, single, "PS 7"),
            route("GET", "/collection/{id}/children", self.children, single, "PS 7"),
        ]
        for kind, reference in (("collection", "PS U5"), ("gallery", "PS U6")):
            found += [
                route("GET", f"/mem/{kind}/{{id}}", self.one, sure, reference),
                route("GET", f"/mem/{kind}/{{id}}/parent", self.parent, sure, reference),
                route("GET", f"/{kind}/{{id}}", self.one, single, "PS 7"),
            ]
        switch = "v3_visibility_write"
        for method in BOTH:
            found.append(route(method, "/mem/gallery/insert", self.insert, single, "PS U8"))
            for kind, mark in (("collection", single), ("gallery", guess)):
                path = f"/mem/{kind}/{{id}}{_VISIBILITY}"
                found.append(route(method, path, self.set_visibility, mark, "PS U13", switch=switch))
        return found

    # Containers

    async def root(self, call: Call) -> Reply:
        """U5: the root of the library."""
        parameters, org_id = await parameters_of(call), self._site.org(call)
        return self._children(call, self._site.containers.under(org_id, None), parameters)

    async def one(self, call: Call) -> Reply:
        """U5, U6: one container."""
        parameters = await parameters_of(call)
        doc = self._container(call)
        return self._records.ok({name_of(doc): self._places.shown(call, doc, parameters)})

    async def children(self, call: Call) -> Reply:
        """U5: what is in a collection."""
        parameters = await parameters_of(call)
        doc = self._container(call)
        return self._children(call, self._site.containers.under(doc["org_id"], doc["id"]), parameters)

    def _children(self, call: Call, found: Sequence[Document], parameters: Parameters) -> Reply:
        """Answer with a page of both kinds in display order, each under its name."""
        page, paging = self._records.paged(call, parameters, self._places.seen(call, found))
        shown: dict[str, list[Record]] = {"Collection": [], "Gallery": []}
        for doc in page:
            shown[name_of(doc)].append(self._places.child(call, doc, parameters))
        return self._records.ok({"Children": shown, "Paging": paging})

    async def parent(self, call: Call) -> Reply:
        """U5, U6: the parent of a collection, or the parents of a gallery (bodies SINGLE: TT)."""
        doc = self._container(call)
        above = [self._records.container(each) for each in self._site.containers.load(doc["parents"])]
        if doc["type"] == "gallery":
            return self._records.ok({"Parents": {"Collection": above}})
        return self._records.ok({"Collection": above[0] if above else {}})

    async def query(self, call: Call) -> Reply:
        """U6: all galleries, perhaps under one parent; U5: all collections (SINGLE: DRU)."""
        parameters, org_id = await parameters_of(call), self._site.org(call)
        kind = _kind(call)
        found = self._site.containers.of_type(org_id, kind)
        if parent := parameters.text("parent").strip():
            found = [doc for doc in found if parent in doc["parents"]]
        return self._records.page(
            call, parameters, kind.capitalize(), found, lambda doc: self._places.shown(call, doc, parameters)
        )

    async def insert(self, call: Call) -> Reply:
        """U8: make a gallery (`name`, `parent`, `f_list`, `mode`)."""
        parameters = await parameters_of(call)
        org_id = self._site.org(call, "edit")
        parameters.required("name")
        parent = parameters.text("parent").strip() or None
        if parent is not None and self._site.containers.in_org(org_id, parent, "collection") is None:
            raise errors.not_found("collection")
        members = container_members(parameters)
        listed = parameters.flag("f_list")
        if listed is not None:
            members["is_listed"] = listed
        owner = self._site.member(call).user_id
        doc = self._site.containers.add(
            org_id, "gallery", members.pop("name"), parent=parent, owner_id=owner, **members
        )
        call.touch(doc["id"])
        return self._records.ok({"Gallery": self._records.container(doc)})

    async def set_visibility(self, call: Call) -> Reply:
        """U13: set the mode of a container."""
        parameters = await parameters_of(call)
        doc = self._container(call, "edit")
        mode = parameters.choice("visibility", MODES, "") or parameters.choice("mode", MODES, "")
        if not mode:
            raise errors.bad_request("The parameter visibility is required.")
        self._site.containers.save({**doc, "mode": mode})
        return self._records.ok({name_of(doc): self._records.container({**doc, "mode": mode})})

    # What is in a gallery

    async def images(self, call: Call) -> Reply:
        """U6: the images of a gallery."""
        parameters = await parameters_of(call)
        gallery = self._container(call)
        sort = parameters.choice("sort_by", CHILD_SORTS, "display_order")
        images = (doc for doc in self._views.in_gallery(gallery["id"]) if doc["media"] == "image")
        found = in_order(images, sort, down=descending(parameters))
        return self._records.page(
            call, parameters, "GalleryImage", found, lambda each: _within(self._tie(call, each, gallery, parameters)[1])
        )

    async def files(self, call: Call) -> Reply:
        """U6: the files of a gallery, each kind under its name (`GalleryImage`: TT; the others INFERRED)."""
        parameters = await parameters_of(call)
        gallery = self._container(call)
        page, paging = self._records.paged(call, parameters, self._in(gallery))
        shown: dict[str, list[Record]] = {"GalleryImage": []}
        for identifier in page:
            name, tie = self._tie(call, identifier, gallery, parameters)
            shown.setdefault(name, []).append(tie)
        return self._records.ok({**shown, "Paging": paging})

    async def media(self, call: Call) -> Reply:
        """U7: all files of a gallery with the records that `extend` names."""
        parameters = await parameters_of(call)
        gallery = self._container(call)
        return self._records.page(
            call,
            parameters,
            "GalleryMedia",
            self._in(gallery),
            lambda each: dict((self._tie(call, each, gallery, parameters),)),
        )

    def _in(self, gallery: Document) -> list[str]:
        return list(self._site.world.documents.every("asset", self._site.assets.in_gallery(gallery["id"])))

    def _tie(self, call: Call, identifier: str, gallery: Document, parameters: Parameters) -> tuple[str, Record]:
        """Return the record that ties a file to its gallery, and the record's name."""
        doc = self._site.assets.whole(identifier)
        wanted = parameters.mapping("extend") or {}
        return tie_name(doc), self._places.tie(call, doc, gallery, parameters.text("fields"), wanted)

    def _container(self, call: Call, right: str = "read") -> Document:
        """Return the container in the path; under `/mem` only for who is logged in."""
        if "/mem/" in call.path:
            self._site.signed_in(call)
        return self._site.gallery(call, right) if _kind(call) == "gallery" else self._site.collection(call, right)


def _within(tie: Record) -> Record:
    """Return a tie whose image has its `Iptc` with it, where one client reads it (DRU), as well as beside it (PS U7)."""
    if "Iptc" in tie and "Image" in tie:
        return {**tie, "Image": {**tie["Image"], "Iptc": tie["Iptc"]}}
    return tie


def _kind(call: Call) -> str:
    return "gallery" if "/gallery" in call.path else "collection"
