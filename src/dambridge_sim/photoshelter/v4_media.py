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
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.site import Site, parameters_of

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
            route("PATCH", "/media/{id}/iptc", self.change_iptc, single, "PS E22", switch="iptc_write"),
            route("GET", "/media/{id}/xmp", self.xmp, single, "PS E23"),
            route("PATCH", "/media/{id}/xmp", self.change_xmp, single, "PS E23"),
            route("GET", "/media/{id}/exif", self.exif, single, "PS E23"),
            route("GET", "/media/{id}/metadata", self.metadata, sure, "PS E24"),
            route("PATCH", "/media/{id}/metadata", self.change_metadata, single, "PS E24"),
            route("PATCH", "/media/batch/metadata", self.change_metadata_of_many, single, "PS E24"),
            route("GET", "/media/{id}/custom-metadata", self.custom, sure, "PS E25"),
            route(
                "PATCH",
                "/media/{id}/custom-metadata",
                self.change_custom,
                guess,
                "PS 8",
                switch="custom_metadata_write",
            ),
            route("GET", "/media/{id}/ml-metadata", self.machine_tags, single, "PS E26"),
            route("PATCH", "/media/{id}/ml-metadata", self.change_machine_tags, single, "PS E26"),
            route("GET", "/media/{id}/license", self.license, guess, "PS 8", switch="v4_license"),
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
        changes = (await parameters_of(call)).every
        changed = self._described(self._of_type(call, ("image",), "tag"), changes)
        return self._site.reply(call, self._views.iptc(changed))

    async def metadata(self, call: Call) -> Reply:
        """E24: technical and descriptive metadata of video, audio and documents."""
        return self._site.reply(call, self._views.metadata(self._of_type(call, ("video", "audio", "document"))))

    async def change_metadata(self, call: Call) -> Reply:
        """E24: change the descriptive attributes of a video (SINGLE: video only)."""
        changes = (await parameters_of(call)).every
        changed = self._described(self._of_type(call, ("video",), "tag"), changes)
        return self._site.reply(call, self._views.metadata(changed))

    async def change_metadata_of_many(self, call: Call) -> Reply:
        """E24: the same for several videos, named by `media_ids` (INFERRED)."""
        parameters = await parameters_of(call)
        found = [self._site.file(call, identifier, "tag") for identifier in parameters.words("media_ids")]
        if not found:
            raise errors.bad_request("The parameter media_ids is required.")
        if any(doc["media"] != "video" for doc in found):
            raise errors.bad_request("These metadata are of videos alone.")
        with self._site.world.documents.transaction():
            changed = [self._described(doc, parameters.every) for doc in found]
        return self._site.reply(call, [self._views.metadata(doc) for doc in changed])

    def _described(self, doc: Document, changes: Mapping[str, Any]) -> Document:
        try:
            record = iptc.merged(doc["iptc"], changes)
        except ValueError as error:
            raise errors.bad_request(f"The parameter {error}.") from None
        return self._site.assets.edit(doc, {"iptc": record}, "iptc_moves_modified")

    async def xmp(self, call: Call) -> Reply:
        """E23: the XMP that stands in the stored file."""
        return self._embedded(call, "xmp")

    async def exif(self, call: Call) -> Reply:
        """E23: the Exif that stands in the stored file."""
        return self._embedded(call, "exif")

    async def change_xmp(self, call: Call) -> Reply:
        """E23: change properties (SINGLE; INFERRED: named `prefix:name`); they overlay what stands in the file."""
        sent = (await parameters_of(call)).every
        doc = self._of_type(call, ("image",), "tag")
        changes = {name: value for name, value in sent.items() if ":" in name}
        changed = self._site.assets.edit(doc, {"xmp": {**doc.get("xmp", {}), **changes}}, "iptc_moves_modified")
        return self._site.reply(call, self._part(changed, "xmp"))

    def _embedded(self, call: Call, part: str) -> Reply:
        return self._site.reply(call, self._part(self._of_type(call, ("image",)), part))

    def _part(self, doc: Document, part: str) -> dict[str, Any]:
        found = self._site.world.blobs.embedded(Blob.from_json(doc["blob"]))
        attributes = {**found.xmp, **doc.get("xmp", {})} if part == "xmp" else dict(found.exif)
        return {"id": doc["id"], "type": part, "attributes": attributes}

    async def custom(self, call: Call) -> Reply:
        """E25: custom metadata of an image or video."""
        return self._site.reply(call, self._views.custom(self._of_type(call, CUSTOM_TYPES)))

    async def change_custom(self, call: Call) -> Reply:
        """Set custom metadata (INFERRED; the form is a switch); null, or an empty text, takes the option away."""
        parameters = await parameters_of(call)
        doc = self._of_type(call, CUSTOM_TYPES, "tag")
        changes = self._custom_changes(doc["org_id"], parameters)
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

    def _custom_changes(self, org_id: str, parameters: Parameters) -> dict[str, Any] | None:
        """Return field id to option id, whichever form the site takes; an unknown value stays as it was sent."""
        form = self._site.world.switches["custom_metadata_write"]
        sent = dict(parameters.every) if form == "flat" else parameters.mapping("custom_metadata")
        if sent is None or form == "option_ids":
            return sent
        fields = {name: self._site.assets.field(org_id, name) for name in sent}
        if form == "flat":  # other parameters are no fields, and unknown ones are ignored
            return {name: value for name, value in sent.items() if fields[name] is not None} or None
        return {name: _option_of(fields[name], name, value) for name, value in sent.items()}

    async def machine_tags(self, call: Call) -> Reply:
        """E26: tags that a machine found (SINGLE; body INFERRED from v3's counterpart)."""
        return self._site.reply(call, self._views.machine_tags(self._of_type(call, CUSTOM_TYPES)))

    async def change_machine_tags(self, call: Call) -> Reply:
        """E26: replace them (INFERRED: `tags`, a list)."""
        parameters = await parameters_of(call)
        doc = self._of_type(call, CUSTOM_TYPES, "tag")
        if not parameters.has("tags"):
            raise errors.bad_request("The parameter tags is required.")
        changed = self._site.assets.edit(doc, {"ml_tags": list(parameters.words("tags"))}, "rating_moves_modified")
        return self._site.reply(call, self._views.machine_tags(changed))

    async def license(self, call: Call) -> Reply:
        """Return the License Expiration Date (v4 path INFERRED); it blocks nothing (HC)."""
        doc = self._of_type(call, CUSTOM_TYPES)
        attributes = self._views.license(doc)
        return self._site.reply(call, {"id": doc["id"], "type": "license", "attributes": attributes})

    async def galleries(self, call: Call) -> Reply:
        """E30: the galleries that a file is in; `mode=invited` asks for those shared with the caller."""
        parameters = await parameters_of(call)
        doc = self._site.media(call)
        places = doc["galleries"]
        if parameters.choice("mode", ("library", "invited"), "library") == "invited" or not self._site.staff(call):
            invited = self._site.invited_galleries(call)
            places = [place for place in places if place["id"] in invited]
        wanted = parameters.includes
        return self._site.whole(
            call,
            self._site.page_asked(parameters),
            places,
            lambda place: self._views.membership(call, doc, place, wanted),
        )

    def _of_type(self, call: Call, types: tuple[str, ...], right: str = "read") -> Document:
        doc = self._site.media(call, right)
        if doc["media"] not in types:
            raise errors.RefusalError(errors.NOT_FOUND, f"A file of type {doc['media']} has no such resource.")
        return doc


def _option_of(field: Document | None, name: str, value: Any) -> str | None:
    """Return the option id of a value that people read; None clears."""
    if value is None or value == "":
        return None
    for option_id, text in (field or {"options": {}})["options"].items():
        if text == value:
            return str(option_id)
    raise errors.bad_request(f"The custom field {name} has no value {value}.")


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
