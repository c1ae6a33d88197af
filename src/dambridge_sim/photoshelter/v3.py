"""v3, superseded and still alive: signing in, reading images, uploading (PS section 7)."""

from __future__ import annotations

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
from dambridge_sim.photoshelter.v3_records import NAMES, Record, Records, chosen, picked
from dambridge_sim.photoshelter.v4_files import Files
from dambridge_sim.photoshelter.v4_media import file_name_of

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
            route("GET", "/mem/authenticate", self.authenticate, single, "PS U2"),
            route("GET", "/mem/authenticate/logout", self.logout, single, "PS U2"),
            route("POST", "/mem/authenticate/logout", self.logout, single, "PS U2"),
            route("GET", "/mem/user/session", self.session, sure, "PS U4"),
            route("GET", "/mem/image/{id}", self.image, sure, "PS U9"),
            route("GET", "/mem/image/{id}/galleries", self.galleries, sure, "PS U9"),
            route("GET", "/mem/image/{id}/download", self.download, sure, "PS U9"),
            route("GET", "/mem/image/{id}/license", self.part, guess, "PS U9"),
            route("GET", "/mem/image/{id}/custom_metadata", self.part, guess, "PS U9"),
            route("GET", "/organization/{org_id}", self.organization, sure, "PS U14"),
        ]
        enter = "/mem/organization/{org_id}/authenticate"
        found += [route(method, enter, self.enter, sure, "PS U3") for method in BOTH]
        parts = ("iptc", "xmp", "exif", "link")
        found += [route("GET", f"/mem/image/{{id}}/{part}", self.part, sure, "PS U9") for part in parts]
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

    async def logout(self, call: Call) -> Reply:
        """The token ends, as in v4 (SINGLE: WSX)."""
        self._site.accounts.end_session(self._site.signed_in(call).token)
        return self._records.ok({})

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

    # Files

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
        """U9: the galleries that an image is in, as ties; `extend={"Gallery": {}}` brings each gallery (body SINGLE: TT)."""
        parameters = await parameters_of(call)
        doc = self._image(call)
        wanted = parameters.mapping("extend") or {}
        fields = parameters.text("fields")

        def show(gallery: Document) -> Record:
            tie = picked(self._records.gallery_media(doc, gallery["id"]), fields)
            return tie | chosen({"Gallery": lambda _: self._records.container(gallery)}, wanted)

        found = self._site.containers.load([place["id"] for place in doc["galleries"]])
        return self._records.ok({"ImageGallery": [show(gallery) for gallery in found]})

    async def download(self, call: Call) -> Reply:
        """U9: the original; with `f_embed` its metadata are written in."""
        self._image(call)
        embed = Parameters(call.query).flag("f_embed", default="f_embed" in call.query)
        call.query["download_image_embed"] = "true" if embed else "false"
        call.query["download_filetype"] = "original"
        return await self._files.download(call)

    def _image(self, call: Call) -> Document:
        self._site.signed_in(call)
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
