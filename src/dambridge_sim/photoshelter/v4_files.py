"""v4: the bytes of a file: display, download, versions, upload (PS E27, E28, E31, E32)."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.call import Call, Reply, Upload
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import errors, ids
from dambridge_sim.photoshelter.embedding import with_record
from dambridge_sim.photoshelter.media_views import MediaViews, seal
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.site import Site, parameters_of
from dambridge_sim.photoshelter.times import media_time
from dambridge_sim.photoshelter.v4_media import file_name_of

_SIZE: Final = re.compile(r"(\d{1,5})x(\d{1,5})\Z")
_SHAPE: Final = re.compile(r"(fit|fill)=(\d{1,5})x(\d{1,5})\Z")
_VIDEO_QUALITY: Final = ("hd1080", "hd720", "sd480", "original")


class Files:
    """The operations that carry bytes."""

    def __init__(self, site: Site, views: MediaViews) -> None:
        """Work on `site`."""
        self._site, self._views = site, views

    def routes(self) -> list[Route]:
        """Return the operations."""
        sure, single = Confidence.CONFIRMED, Confidence.SINGLE
        version = "/media/{id}/versions/{version_id}"
        return [
            route("GET", "/media/{id}/link", self.link, sure, "PS E27"),
            route("GET", "/media/{id}/download", self.download, sure, "PS E28"),
            route("GET", "/media/{id}/versions", self.versions, single, "PS E31"),
            route("POST", "/media/{id}/versions", self.add_version, single, "PS E31"),
            route("PUT", version, self.describe_version, single, "PS E31"),
            route("PUT", version + "/details", self.describe_version, single, "PS E31"),
            route("POST", version + "/activate", self.activate_version, single, "PS E31"),
            route("PUT", version + "/activate", self.activate_version, single, "PS E31"),
            route("DELETE", version, self.delete_version, single, "PS E31"),
            route("POST", "/media", self.upload, single, "PS E32"),
        ]

    # Looking and downloading

    async def link(self, call: Call) -> Reply:
        """E27: an address that shows the file at a size."""
        parameters = await parameters_of(call)
        doc = self._site.media(call)
        size = parameters.text("image_size") or "600x600"
        if _SIZE.match(size) is None:
            raise errors.bad_request("The parameter image_size must be of the form 600x400.")
        mode = parameters.choice("image_mode", ("fit", "fill"), "fit")
        return self._site.reply(call, self._views.link(call, doc["id"], mode, size))

    async def show(self, call: Call) -> Reply:
        """Show a file by its display address (PS 6.4): public ones to all, others to who has the sealed address."""
        shape, doc = _SHAPE.match(call.params["shape"]), self._site.world.documents.get("asset", call.params["id"])
        if shape is None or doc is None or doc["trashed"]:
            raise errors.not_found("media")
        found = (self._site.containers.get(place["id"]) for place in doc["galleries"])
        public = any(self._site.containers.widest(gallery) == "everyone" for gallery in found if gallery)
        if not public and call.query.get("seal") != seal(doc["id"]):
            raise errors.no_access()
        longest = max(int(shape[2]), int(shape[3]), 1)
        data = await self._rendition(Blob.from_json(doc["blob"]), longest)
        return Reply.raw(data, "image/jpeg")

    async def download(self, call: Call) -> Reply:
        """E28: the bytes. The original is byte for byte what was uploaded, unless embedding is asked for."""
        doc, parameters = self._site.media(call), Parameters(call.query)
        blob = Blob.from_json(doc["blob"])
        wanted = parameters.choice("download_filetype", ("original", "jpeg", "mp4"), "original")
        self._check_type(doc, wanted)
        embed = parameters.flag("download_image_embed", default=bool(self._site.world.switches["embed_by_default"]))
        if wanted == "jpeg":
            data = await self._rendition(blob, self._longest(doc, parameters))
            stem = doc["file_name"].rpartition(".")[0] or doc["file_name"]
            return _bytes(with_record(data, doc["iptc"]) if embed else data, f"{stem}.jpg")
        if embed and doc["media"] == "image" and doc["media_type"] == "image/jpeg":
            return _bytes(with_record(self._site.world.blobs.read(blob), doc["iptc"]), doc["file_name"])
        ranges = bool(self._site.world.switches["download_ranges"])
        return Reply.of_blob(call, blob, filename=doc["file_name"], attachment=True, ranges=ranges)

    @staticmethod
    def _check_type(doc: Document, wanted: str) -> None:
        if wanted == "jpeg" and doc["media"] != "image":
            raise errors.bad_request(f"A {doc['media']} must be downloaded as original.")
        if wanted == "mp4" and not (doc["media"] == "video" and doc["media_type"] == "video/mp4"):
            raise errors.bad_request("There is no MP4 of this file.")

    @staticmethod
    def _longest(doc: Document, parameters: Parameters) -> int:
        full = max(doc.get("width") or 0, doc.get("height") or 0, 1)
        quality = parameters.text("download_quality").strip()
        if quality in ("", *_VIDEO_QUALITY):
            return full
        pixels = parameters.number("download_quality") or 0
        if pixels < 1:
            raise errors.bad_request("The parameter download_quality must be a number of pixels.")
        return min(pixels, full)

    async def _rendition(self, blob: Blob, longest: int) -> bytes:
        data = await asyncio.to_thread(self._site.world.blobs.thumbnail, blob, longest)
        if data is None:
            raise errors.RefusalError(errors.NOT_FOUND, "There is no preview of this file.")
        return data

    # Versions

    async def versions(self, call: Call) -> Reply:
        """E31: the versions of a file, oldest first."""
        doc = self._site.media(call)
        return self._site.reply(call, [_version(doc, each) for each in versions_of(doc)])

    async def add_version(self, call: Call) -> Reply:
        """E31: bring a new version (`version_label`, `note`, and a file: INFERRED)."""
        parameters = await parameters_of(call)
        upload = await self._one_file(call)
        doc = self._site.media(call, "edit")
        made = {
            "id": ids.make_id("MV000", self._site.world.documents.next_number("version")),
            "label": parameters.text("version_label") or None,
            "note": parameters.text("note") or None,
            "blob": upload.blob.to_json(),
            "created_ms": self._site.world.clock.now_ms(),
        }
        doc = {**doc, "versions": [*versions_of(doc), made], "version_id": active_version(doc)}
        if self._site.world.switches["version_active_on_create"]:
            doc = self._activate(doc, made)
        else:
            self._site.assets.save(doc)
        return self._site.reply(call, _version(doc, made))

    async def describe_version(self, call: Call) -> Reply:
        """E31: change label and note of a version."""
        parameters = await parameters_of(call)
        doc = self._site.media(call, "edit")
        version = self._version(call, doc)
        changed = {
            **version,
            "label": parameters.text("version_label") or version["label"],
            "note": parameters.text("note") or version["note"],
        }
        kept = [changed if each["id"] == version["id"] else each for each in versions_of(doc)]
        self._site.assets.save({**doc, "versions": kept, "version_id": active_version(doc)})
        return self._site.reply(call, _version(doc, changed))

    async def activate_version(self, call: Call) -> Reply:
        """E31: make a version the one that is downloaded."""
        doc = self._site.media(call, "edit")
        version = self._version(call, doc)
        changed = self._activate({**doc, "versions": versions_of(doc)}, version)
        return self._site.reply(call, _version(changed, version))

    async def delete_version(self, call: Call) -> Reply:
        """E31: delete a version that is not the active one."""
        doc = self._site.media(call, "edit")
        version, active = self._version(call, doc), active_version(doc)
        if version["id"] == active:
            raise errors.bad_request("The active version cannot be deleted.")
        kept = [each for each in versions_of(doc) if each["id"] != version["id"]]
        self._site.assets.save({**doc, "versions": kept, "version_id": active})
        return Reply.json({"meta": self._site.meta(call, status="OK")})

    def _activate(self, doc: Document, version: Document) -> Document:
        try:
            return self._site.assets.replace_file({**doc, "version_id": version["id"]}, Blob.from_json(version["blob"]))
        except ValueError as error:
            raise errors.bad_request(f"{error}.") from None

    def _version(self, call: Call, doc: Document) -> Document:
        for each in versions_of(doc):
            if each["id"] == call.params["version_id"]:
                return each
        raise errors.not_found("version")

    # Upload

    async def upload(self, call: Call) -> Reply:
        """E32: create media (SINGLE; fields and answer INFERRED)."""
        org_id = self._site.org(call, "upload")
        parameters = await parameters_of(call)
        upload = await self._one_file(call)
        doc = self.accept(call, org_id, upload, parameters)
        return self._site.reply(call, self._views.media(call, doc, frozenset()))

    async def _one_file(self, call: Call) -> Upload:
        files = (await call.form()).files if call.content_type == "multipart/form-data" else {}
        if "file" not in files:
            raise errors.bad_request("The parameter file is required, as a part of multipart/form-data.")
        return files["file"]

    def accept(self, call: Call, org_id: str, upload: Upload, parameters: Parameters) -> Document:
        """Take an uploaded file into the gallery that is named."""
        gallery_id = parameters.required("gallery_id")
        call.touch(gallery_id)
        if self._site.containers.in_org(org_id, gallery_id, "gallery") is None:
            raise errors.not_found("gallery")
        name = file_name_of(upload.filename)
        searchable = bool(parameters.flag("f_searchable", default=parameters.flag("searchable", default=False)))
        owner = self._site.member(call, "upload").user_id
        with self._site.world.documents.transaction():
            doc = self._site.assets.arrive(
                upload.blob, name, org_id=org_id, owner_id=owner, galleries=[gallery_id], searchable=searchable
            )
        call.touch(doc["id"])
        return doc


def _bytes(data: bytes, file_name: str) -> Reply:
    reply = Reply.raw(data, "application/octet-stream")
    safe = file_name.encode("ascii", "replace").decode().replace('"', "'")
    reply.headers["content-disposition"] = f'attachment; filename="{safe}"'
    return reply


def versions_of(doc: Document) -> list[Document]:
    """Return the versions of a file; one that was never replaced has one."""
    first = {
        "id": ids.make_id("MV000", doc["id"]),
        "label": None,
        "note": None,
        "blob": doc["blob"],
        "created_ms": doc["uploaded_ms"],
    }
    return list(doc.get("versions") or [first])


def active_version(doc: Document) -> str:
    """Return the id of the version that is downloaded."""
    return str(doc.get("version_id") or versions_of(doc)[-1]["id"])


def _version(doc: Document, version: Document) -> dict[str, Any]:
    attributes = {
        "media_id": doc["id"],
        "version_label": version["label"],
        "note": version["note"],
        "file_size": version["blob"]["size"],
        "active": version["id"] == active_version(doc),
        "created_at": media_time(version["created_ms"]),
    }
    return {"id": version["id"], "type": "version", "attributes": attributes}
