"""v4: one file, its metadata and its galleries (PS E19 to E26, E30)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import errors, iptc
from dambridge_sim.photoshelter.assets import FILE_NAME_LIMIT
from dambridge_sim.photoshelter.media_views import CUSTOM_TYPES, MediaViews
from dambridge_sim.photoshelter.paging import page_of
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.site import Site, parameters_of
from dambridge_sim.photoshelter.times import media_time

_FLAGS: Final = ("searchable", "flagged", "model_released", "property_released")
_NULLABLE: Final = frozenset({"model_released", "property_released"})


class Media:
    """The operations on one file, without its bytes."""

    def __init__(self, site: Site, views: MediaViews) -> None:
        """Work on `site`."""
        self._site, self._views = site, views

    def routes(self) -> list[Route]:
        """Return the operations."""
        sure, single, guess = Confidence.CONFIRMED, Confidence.SINGLE, Confidence.INFERRED
        return [
            route("GET", "/media/{id}", self.one, sure, "PS E19"),
            route("PATCH", "/media/batch", self.change_many, single, "PS E20"),
            route("PATCH", "/media/{id}", self.change, single, "PS E20"),
            route("DELETE", "/media/{id}", self.delete, single, "PS E20"),
            route("GET", "/media/{id}/iptc", self.iptc, sure, "PS E21"),
            route("PATCH", "/media/{id}/iptc", self.change_iptc, single, "PS E22"),
            route("GET", "/media/{id}/xmp", self.xmp, single, "PS E23"),
            route("GET", "/media/{id}/exif", self.exif, single, "PS E23"),
            route("GET", "/media/{id}/metadata", self.metadata, sure, "PS E24"),
            route("PATCH", "/media/{id}/metadata", self.change_metadata, single, "PS E24"),
            route("GET", "/media/{id}/custom-metadata", self.custom, sure, "PS E25"),
            route("PATCH", "/media/{id}/custom-metadata", self.change_custom, guess, "PS 8"),
            route("GET", "/media/{id}/license", self.license, guess, "PS 8"),
            route("GET", "/media/{id}/galleries", self.galleries, sure, "PS E30"),
        ]

    async def one(self, call: Call) -> Reply:
        """E19: a file."""
        doc = self._site.media(call)
        wanted = Parameters(call.query).includes
        return self._site.reply(call, self._views.media(call, doc, wanted))

    async def change(self, call: Call) -> Reply:
        """E20: change what a user may set."""
        parameters = await parameters_of(call)
        doc = self._site.media(call, "tag")
        changed = self._site.assets.edit(doc, media_members(parameters, doc), "rating_moves_modified")
        return self._site.reply(call, self._views.media(call, changed, frozenset()))

    async def change_many(self, call: Call) -> Reply:
        """E20: the same for several files, named by `media_ids` (INFERRED)."""
        parameters = await parameters_of(call)
        found = [self._site.file(call, identifier, "tag") for identifier in parameters.words("media_ids")]
        if not found:
            raise errors.bad_request("The parameter media_ids is required.")
        with self._site.world.documents.transaction():
            changed = [
                self._site.assets.edit(doc, media_members(parameters, doc), "rating_moves_modified") for doc in found
            ]
        return self._site.reply(call, [self._views.media(call, doc, frozenset()) for doc in changed])

    async def delete(self, call: Call) -> Reply:
        """E20: move a file to the trash."""
        doc = self._site.media(call, "edit")
        with self._site.world.documents.transaction():
            self._site.assets.trash(doc)
        return Reply.json({"meta": self._site.meta(call, status="OK")})

    # Metadata

    async def iptc(self, call: Call) -> Reply:
        """E21: the IPTC record of an image."""
        return self._site.reply(call, self._views.iptc(self._of_type(call, ("image",))))

    async def change_iptc(self, call: Call) -> Reply:
        """E22: change the attributes that were sent; unknown ones are ignored, an empty one clears."""
        changes = await call.parameters()
        changed = self._described(self._of_type(call, ("image",), "tag"), changes)
        return self._site.reply(call, self._views.iptc(changed))

    async def metadata(self, call: Call) -> Reply:
        """E24: technical and descriptive metadata of video, audio and documents."""
        return self._site.reply(call, self._views.metadata(self._of_type(call, ("video", "audio", "document"))))

    async def change_metadata(self, call: Call) -> Reply:
        """E24: change the descriptive attributes of a video (SINGLE: video only)."""
        changes = await call.parameters()
        changed = self._described(self._of_type(call, ("video",), "tag"), changes)
        return self._site.reply(call, self._views.metadata(changed))

    def _described(self, doc: Document, changes: Mapping[str, Any]) -> Document:
        record = iptc.merged(doc["iptc"], changes)
        return self._site.assets.edit(doc, {"iptc": record}, "iptc_moves_modified")

    async def xmp(self, call: Call) -> Reply:
        """E23: the XMP that stands in the stored file."""
        return self._embedded(call, "xmp")

    async def exif(self, call: Call) -> Reply:
        """E23: the Exif that stands in the stored file."""
        return self._embedded(call, "exif")

    def _embedded(self, call: Call, part: str) -> Reply:
        doc = self._of_type(call, ("image",))
        found = self._site.world.blobs.embedded(Blob.from_json(doc["blob"]))
        attributes = dict(found.xmp if part == "xmp" else found.exif)
        return self._site.reply(call, {"id": doc["id"], "type": part, "attributes": attributes})

    async def custom(self, call: Call) -> Reply:
        """E25: custom metadata of an image or video."""
        return self._site.reply(call, self._views.custom(self._of_type(call, CUSTOM_TYPES)))

    async def change_custom(self, call: Call) -> Reply:
        """Set custom metadata (INFERRED: `custom_metadata` = field id to option id; null takes the option away)."""
        parameters = await parameters_of(call)
        doc = self._of_type(call, CUSTOM_TYPES, "tag")
        changes = parameters.mapping("custom_metadata")
        if changes is None:
            raise errors.bad_request("The parameter custom_metadata is required.")
        custom = dict(doc["custom"])
        for field_id, option_id in changes.items():
            field = self._site.assets.field(doc["org_id"], field_id)
            if field is None:
                raise errors.bad_request(f"There is no custom field {field_id}.")
            if option_id is None or option_id == "":
                custom.pop(field_id, None)
            elif isinstance(option_id, str) and option_id in field["options"]:
                custom[field_id] = option_id
            else:
                raise errors.bad_request(f"The custom field {field_id} has no option {option_id}.")
        changed = self._site.assets.edit(doc, {"custom": custom}, "custom_moves_modified")
        return self._site.reply(call, self._views.custom(changed))

    async def license(self, call: Call) -> Reply:
        """Return the License Expiration Date (v4 path INFERRED); it blocks nothing (HC)."""
        doc = self._of_type(call, CUSTOM_TYPES)
        end = doc.get("license_ms")
        attributes = {"license_etime": media_time(end) if end is not None else None}
        return self._site.reply(call, {"id": doc["id"], "type": "license", "attributes": attributes})

    async def galleries(self, call: Call) -> Reply:
        """E30: the galleries that a file is in; `mode=invited` asks for those shared with the caller: none here."""
        parameters = await parameters_of(call)
        doc = self._site.media(call)
        mode = parameters.choice("mode", ("library", "invited"), "library")
        places = doc["galleries"] if mode == "library" else []
        wanted = parameters.includes
        return self._site.whole(
            call, page_of(parameters), places, lambda place: self._views.membership(call, doc, place, wanted)
        )

    def _of_type(self, call: Call, types: tuple[str, ...], right: str = "read") -> Document:
        doc = self._site.media(call, right)
        if doc["media"] not in types:
            raise errors.RefusalError(errors.NOT_FOUND, f"A file of type {doc['media']} has no such resource.")
        return doc


def media_members(parameters: Parameters, doc: Document) -> dict[str, Any]:
    """Return what a user may set of E19 and did send, checked (INFERRED names)."""
    members: dict[str, Any] = {}
    if parameters.has("file_name"):
        members["file_name"] = file_name_of(parameters.required("file_name"))
    if parameters.has("rating"):
        rating = parameters.number("rating")
        if rating is not None and not -1 <= rating <= 5:
            raise errors.bad_request("The parameter rating must be between -1 and 5.")
        members["rating"] = rating
    for name in _FLAGS:
        if parameters.has(name):
            flag = parameters.flag(name)
            members[name] = flag if flag is not None or name in _NULLABLE else doc[name]
    return members


def file_name_of(name: str) -> str:
    """Return a file name without folders. Names over 255 characters are refused (HC)."""
    short = name.replace("\\", "/").rpartition("/")[2].strip()
    if not short:
        raise errors.bad_request("The file has no name.")
    if len(short) > FILE_NAME_LIMIT:
        raise errors.bad_request(f"A file name may have {FILE_NAME_LIMIT} characters.")
    return short
