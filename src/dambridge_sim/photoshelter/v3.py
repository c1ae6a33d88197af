"""v3, superseded and still alive: uploading, browsing, reading (PS section 7)."""

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
from dambridge_sim.photoshelter.uploads import accept, check_types, uploaded_array
from dambridge_sim.photoshelter.v3_records import NAMES, Record, Records, picked
from dambridge_sim.photoshelter.v4_container_writes import container_members
from dambridge_sim.photoshelter.v4_files import Files
from dambridge_sim.photoshelter.v4_media import file_name_of
from dambridge_sim.photoshelter.visibility import MODES

BOTH: Final = ("GET", "POST")
"""Changes work as GET with query parameters too (RMIG)."""
_VISIBILITY: Final = "/visibility/update"


class Version3:
    """The operations of section 7."""

    def __init__(self, site: Site, records: Records, files: Files, views: MediaViews) -> None:
        """Work on `site`."""
        self._site, self._records, self._files, self._views = site, records, files, views

    def routes(self) -> list[Route]:
        """Return the operations."""
        sure, single, guess = Confidence.CONFIRMED, Confidence.SINGLE, Confidence.INFERRED
        found = [
            route("POST", "/mem/image/upload", self.upload, sure, "PS U1"),
            route("POST", "/mem/authenticate", self.authenticate, sure, "PS U2"),
            route("GET", "/mem/user/session", self.session, sure, "PS U4"),
            route("GET", "/mem/collection/root/children", self.root, sure, "PS U5"),
            route("GET", "/mem/gallery/query", self.query, sure, "PS U6"),
            route("GET", "/mem/gallery/{id}/images", self.images, sure, "PS U6"),
            route("GET", "/gallery/{id}/media", self.gallery_media, single, "PS U7"),
            route("GET", "/mem/image/{id}", self.image, sure, "PS U9"),
            route("GET", "/mem/image/{id}/galleries", self.galleries, sure, "PS U9"),
            route("GET", "/mem/image/{id}/download", self.download, sure, "PS U9"),
            route("GET", "/mem/image/{id}/license", self.part, guess, "PS U9"),
            route("GET", "/mem/image/{id}/custom_metadata", self.part, guess, "PS U9"),
            route("GET", "/organization/{org_id}", self.organization, sure, "PS U14"),
        ]
        switch = "v3_visibility_write"
        for method in BOTH:
            found += [
                route(method, "/mem/organization/{org_id}/authenticate", self.enter, sure, "PS U3"),
                route(method, "/mem/gallery/insert", self.insert, single, "PS U8"),
                route(
                    method, "/mem/collection/{id}" + _VISIBILITY, self.set_visibility, single, "PS U13", switch=switch
                ),
                route(method, "/mem/gallery/{id}" + _VISIBILITY, self.set_visibility, guess, "PS U13", switch=switch),
            ]
        for kind, reference in (("collection", "PS U5"), ("gallery", "PS U6")):
            found += [
                route("GET", f"/mem/{kind}/{{id}}", self.container, sure, reference),
                route("GET", f"/mem/{kind}/{{id}}/children", self.children, sure, reference),
                route("GET", f"/mem/{kind}/{{id}}/parent", self.parent, sure, reference),
            ]
        for part in ("iptc", "xmp", "exif", "link"):
            found.append(route("GET", f"/mem/image/{{id}}/{part}", self.part, sure, "PS U9"))
        return found

    # Signing in

    async def authenticate(self, call: Call) -> Reply:
        """U2: e-mail and password for a session token."""
        parameters = await parameters_of(call)
        try:
            user, token = self._site.accounts.login(parameters.required("email"), parameters.secret("password"))
        except PermissionError as error:
            raise errors.no_access(str(error)) from None
        call.caller = user["email"]
        organizations = (self._site.accounts.organization_by_id(identifier) for identifier in user["orgs"])
        named = [{"id": org["id"], "name": org["name"]} for org in organizations if org]
        return self._records.ok({"token": token, "org": named})

    async def enter(self, call: Call) -> Reply:
        """U3: enter an organization."""
        session = self._site.signed_in(call)
        org_id = call.params["org_id"]
        if self._site.accounts.organization_by_id(org_id) is None:
            raise errors.not_found("organization")
        if org_id not in self._site.accounts.user(session.user_id)["orgs"]:
            raise errors.no_access("You are no member of this organization.")
        self._site.accounts.enter(session.token, org_id)
        return self._records.ok({})

    async def session(self, call: Call) -> Reply:
        """U4: who is logged in, and the account's time zone."""
        session = self._site.signed_in(call)
        known = {"user_id": session.user_id, "org_id": session.org_id, "email": session.email}
        known["tz"] = str(self._site.world.switches["account_time_zone"])
        return self._records.ok({"Session": known})

    async def organization(self, call: Call) -> Reply:
        """U14: the name of an organization; public."""
        org = self._site.accounts.organization_by_id(call.params["org_id"])
        if org is None:
            raise errors.not_found("organization")
        return self._records.ok({"Organization": {"organization_id": org["id"], "name": org["name"]}})

    # Containers

    async def root(self, call: Call) -> Reply:
        """U5: the root of the library."""
        org_id = self._site.org(call)
        return self._children(call, self._site.containers.under(org_id, None), await parameters_of(call))

    async def container(self, call: Call) -> Reply:
        """U5, U6: one container."""
        parameters = await parameters_of(call)
        doc = self._container(call)
        return self._records.ok({_name(doc): picked(self._records.container(doc), parameters.text("fields"))})

    async def children(self, call: Call) -> Reply:
        """U5, U6: what is in a container."""
        parameters = await parameters_of(call)
        doc = self._container(call)
        if doc["type"] == "gallery":
            return self._children_of_gallery(call, doc, parameters)
        return self._children(call, self._site.containers.under(doc["org_id"], doc["id"]), parameters)

    def _children(self, call: Call, found: Sequence[Document], parameters: Parameters) -> Reply:
        """Answer with a page of both kinds in display order, each under its name."""
        page, paging = self._records.paged(call, parameters, found)
        shown: dict[str, list[Record]] = {"Collection": [], "Gallery": []}
        for doc in page:
            shown[_name(doc)].append(picked(self._records.container(doc), parameters.text("fields")))
        return self._records.ok({"Children": shown, "Paging": paging})

    def _children_of_gallery(self, call: Call, gallery: Document, parameters: Parameters) -> Reply:
        """Answer with the files of a gallery, each kind under its name as in U5 (INFERRED)."""
        page, paging = self._records.paged(call, parameters, self._in_gallery(gallery))
        shown: dict[str, list[Record]] = {"GalleryImage": []}
        for doc in page:
            shown.setdefault(f"Gallery{NAMES[doc['media']]}", []).append(self._tie(call, doc, gallery, parameters))
        return self._records.ok({"Children": shown, "Paging": paging})

    async def parent(self, call: Call) -> Reply:
        """U5, U6: the first parent."""
        doc = self._container(call)
        above = self._site.containers.load(doc["parents"][:1])
        return self._records.ok({"Parent": {"Collection": self._records.container(above[0])} if above else {}})

    async def query(self, call: Call) -> Reply:
        """U6: galleries, perhaps under one parent."""
        parameters = await parameters_of(call)
        org_id = self._site.org(call)
        found = self._site.containers.of_type(org_id, "gallery")
        if parent := parameters.text("parent").strip():
            found = [doc for doc in found if parent in doc["parents"]]
        fields = parameters.text("fields")
        return self._records.page(
            call, parameters, "Gallery", found, lambda doc: picked(self._records.container(doc), fields)
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
        return self._records.ok({_name(doc): self._records.container({**doc, "mode": mode})})

    def _container(self, call: Call, right: str = "read") -> Document:
        return self._site.gallery(call, right) if "/gallery/" in call.path else self._site.collection(call, right)

    # Files

    async def images(self, call: Call) -> Reply:
        """U6: the images of a gallery."""
        parameters = await parameters_of(call)
        doc = self._site.gallery(call)
        return self._files_of(call, doc, parameters, "GalleryImage", images_only=True)

    async def gallery_media(self, call: Call) -> Reply:
        """U7: all files of a gallery with the records that `extend` names."""
        parameters = await parameters_of(call)
        doc = self._site.gallery(call)
        return self._files_of(call, doc, parameters, "GalleryMedia", named=True)

    def _files_of(
        self,
        call: Call,
        gallery: Document,
        parameters: Parameters,
        name: str,
        *,
        images_only: bool = False,
        named: bool = False,
    ) -> Reply:
        found = [doc for doc in self._in_gallery(gallery) if doc["media"] == "image" or not images_only]

        def show(doc: Document) -> Record:
            tie = self._tie(call, doc, gallery, parameters)
            return {f"Gallery{NAMES[doc['media']]}": tie} if named else tie

        return self._records.page(call, parameters, name, found, show)

    def _in_gallery(self, gallery: Document) -> list[Document]:
        documents = self._site.world.documents
        every = documents.every("asset", self._site.assets.in_gallery(gallery["id"]))
        return [doc for doc in (documents.get("asset", each) for each in every) if doc is not None]

    def _tie(self, call: Call, doc: Document, gallery: Document, parameters: Parameters) -> Record:
        """Return what ties a file to a gallery, with the records that `extend` names."""
        tie = picked(self._records.gallery_media(doc, gallery["id"]), parameters.text("fields"))
        return tie | self._records.extended(call, doc, parameters.mapping("extend") or {})

    async def image(self, call: Call) -> Reply:
        """U9: one image, with the records that `extend` names."""
        parameters = await parameters_of(call)
        doc = self._image(call)
        shown = picked(self._records.media(call, doc), parameters.text("fields"))
        shown |= self._records.extended(call, doc, parameters.mapping("extend") or {})
        return self._records.ok({"Image": shown})

    async def part(self, call: Call) -> Reply:
        """U9: `iptc`, `xmp`, `exif` or `link` of an image; `license` and custom metadata are INFERRED."""
        doc, part = self._image(call), call.path.rpartition("/")[2]
        if part == "iptc":
            return self._records.ok({"Iptc": self._records.iptc(doc)})
        if part == "license":
            return self._records.ok({"License": self._views.license(doc)})
        if part == "custom_metadata":
            return self._records.ok({"CustomMetadata": self._views.custom(doc)["attributes"]["custom_metadata"]})
        if part == "link":
            return self._records.ok({"ImageLink": self._records.link(call, doc, call.query)})
        return self._records.ok({part.capitalize(): self._records.embedded(doc, part)})

    async def galleries(self, call: Call) -> Reply:
        """U9: the galleries that an image is in."""
        found = self._site.containers.load([place["id"] for place in self._image(call)["galleries"]])
        return self._records.ok({"Gallery": [self._records.container(doc) for doc in found]})

    async def download(self, call: Call) -> Reply:
        """U9: the original; with `f_embed` its metadata are written in."""
        self._image(call)
        embed = Parameters(call.query).flag("f_embed", default="f_embed" in call.query)
        call.query["download_image_embed"] = "true" if embed else "false"
        call.query["download_filetype"] = "original"
        return await self._files.download(call)

    def _image(self, call: Call) -> Document:
        doc = self._site.media(call)
        if doc["media"] != "image":
            raise errors.not_found("image")
        return doc

    async def upload(self, call: Call) -> Reply:
        """U1: upload files into a gallery (documented for images; the shape of the answer is INFERRED)."""
        org_id = self._site.org(call, "upload")
        files = await uploaded_array(call, self._site, "file")
        parameters = await parameters_of(call)
        check_types(self._site, files, str(self._site.world.switches["v3_upload_types"]))
        shown: dict[str, list[Record]] = {}
        for upload in files:
            file_name_of(upload.filename)  # of all, before the first is taken
        for upload in files:
            doc = accept(call, self._site, org_id, upload, parameters)
            shown.setdefault(NAMES[doc["media"]], []).append(self._records.media(call, doc))
        return self._records.ok({name: records[0] if len(records) == 1 else records for name, records in shown.items()})


def _name(doc: Document) -> str:
    return "Gallery" if doc["type"] == "gallery" else "Collection"
