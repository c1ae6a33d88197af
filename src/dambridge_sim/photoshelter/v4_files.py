"""v4: the bytes of a file: display, download, upload (PS 6.4; E27, E28, E32)."""

from __future__ import annotations

import asyncio
import re
from typing import Final
from urllib.parse import urlencode

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.call import Call, Reply, disposition
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import errors
from dambridge_sim.photoshelter.embedding import getty_fields, with_record
from dambridge_sim.photoshelter.media_views import MediaViews, seal
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.showing import custom_of
from dambridge_sim.photoshelter.site import Site, parameters_of
from dambridge_sim.photoshelter.uploads import accept, check_types, uploaded

_SIZE: Final = re.compile(r"(\d{1,5})x(\d{1,5})\Z", re.ASCII)
_SHAPE: Final = re.compile(r"(fit|fill)=(\d{0,5})x(\d{0,5})\Z", re.ASCII)
_VIDEO_QUALITY: Final = ("hd1080", "hd720", "sd480", "original")


class Files:
    """The operations that carry bytes."""

    def __init__(self, site: Site, views: MediaViews) -> None:
        """Work on `site`."""
        self._site, self._views = site, views

    def routes(self) -> list[Route]:
        """Return the operations."""
        sure, single = Confidence.CONFIRMED, Confidence.SINGLE
        return [
            route("GET", "/media/{id}/link", self.link, sure, "PS E27"),
            route("GET", "/media/{id}/download", self.download, sure, "PS E28"),
            route("GET", "/media/{id}/download/transform", self.transform, single, "PS E28"),
            route("POST", "/media", self.upload, single, "PS E32", switch="v4_upload"),
        ]

    def addresses(self) -> list[Route]:
        """Return the addresses outside the API: no key is asked for there (PS 6.4)."""
        sure, guess = Confidence.CONFIRMED, Confidence.INFERRED
        return [
            route("GET", "/img-get2/{id}/{shape}", self.show, sure, "PS 6.4"),
            route("GET", "/video-get/{id}/fmt=hls/{name}", self.play, sure, "PS 6.4"),
            route("GET", "/audio-get/{id}/fmt=hls/{name}", self.play, sure, "PS 6.4"),
            route("GET", "/download-get/{id}", self.fetch, guess, "PS E28"),
        ]

    # Looking

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
        """Show an image by its display address: public ones to all, others to who has the sealed address."""
        shape, doc = _SHAPE.match(call.params["shape"]), self._displayed(call)
        if shape is None:
            raise errors.not_found("media")
        longest = max(int(shape[2] or 0), int(shape[3] or 0), 1)
        data = await self._rendition(Blob.from_json(doc["blob"]), longest)
        return Reply.raw(data, "image/jpeg")

    async def play(self, call: Call) -> Reply:
        """Play a video or sound as HLS: a list that names one piece, and that piece, which is the original."""
        doc, name = self._displayed(call), call.params["name"]
        if not call.path.startswith(f"/{doc['media']}-get/"):
            raise errors.not_found("media")
        if name == f"{doc['id']}.ts":
            return Reply.of_blob(call, Blob.from_json(doc["blob"]), doc["media_type"])
        if name != f"{doc['id']}.m3u8":
            raise errors.not_found("media")
        lasts = doc.get("duration") or 10.0
        lines = ("#EXTM3U", f"#EXT-X-TARGETDURATION:{round(lasts)}", f"#EXTINF:{lasts},", f"{doc['id']}.ts")
        return Reply.raw("\n".join((*lines, "#EXT-X-ENDLIST", "")).encode(), "application/vnd.apple.mpegurl")

    def _displayed(self, call: Call) -> Document:
        doc = self._site.world.documents.get("asset", call.params["id"])
        if doc is None or doc["trashed"]:
            raise errors.not_found("media")
        found = (self._site.containers.get(place["id"]) for place in doc["galleries"])
        public = any(self._site.containers.widest(gallery) == "everyone" for gallery in found if gallery)
        if not public and call.query.get("seal") != seal(doc["id"]):
            raise errors.no_access()
        return doc

    # Downloading

    async def download(self, call: Call) -> Reply:
        """E28: the bytes. The original is byte for byte what was uploaded, unless embedding is asked for."""
        doc = self._site.media(call)
        limit = self._limit(call, doc)
        if not self._site.world.switches["download_redirects"]:
            return await self._sent(call, doc, limit)
        kept = {name: value for name, value in call.query.items() if name.startswith("download_")}
        bound = {"most": str(limit)} if limit is not None else {}
        where = f"{self._site.origin(call)}/download-get/{doc['id']}?{urlencode({**kept, **bound, 'seal': seal(doc['id'])})}"
        return Reply.raw(b"", "text/html", 302, {"location": where})

    async def fetch(self, call: Call) -> Reply:
        """Send the bytes from the address that a download was redirected to (INFERRED); its seal is all it asks for."""
        doc = self._site.world.documents.get("asset", call.params["id"])
        if doc is None or doc["trashed"] or call.query.get("seal") != seal(doc["id"]):
            raise errors.not_found("media")
        return await self._sent(call, doc, Parameters(call.query).number("most"))

    async def transform(self, call: Call) -> Reply:
        """E28: a rendition of an image (SINGLE; parameters INFERRED: those of E27 and `download_quality`)."""
        doc, parameters = self._site.media(call), Parameters(call.query)
        limit = self._limit(call, doc)
        self._check_type(doc, "jpeg")
        size = _SIZE.match(parameters.text("image_size"))
        longest = max(int(size[1]), int(size[2]), 1) if size else self._longest(doc, parameters)
        data = await self._rendition(Blob.from_json(doc["blob"]), min(longest, limit or longest))
        return _bytes(data, f"{_stem(doc)}.jpg")

    def _limit(self, call: Call, doc: Document) -> int | None:
        """Return the longest side in pixels that the caller gets; None: the original too.

        Staff get everything; a guest needs a permission entry, whose bounds and number of downloads hold (PS E14).
        """
        if self._site.staff(call):
            return None
        terms = self._site.terms(call, doc)
        if not terms:
            raise errors.no_access("You may look at this file, not download it.")
        if (most := terms.get("max_downloads")) is not None and not self._site.containers.use_up(terms["id"], most):
            raise errors.no_access("All downloads of this permission are used up.")
        size = terms.get("download_image_size")
        if size is None and terms.get("download_image_filetype") != "jpeg":
            return None
        return int(size or 100_000)

    async def _sent(self, call: Call, doc: Document, limit: int | None) -> Reply:
        blob, switches, parameters = Blob.from_json(doc["blob"]), self._site.world.switches, Parameters(call.query)
        wanted = parameters.choice("download_filetype", ("original", "jpeg", "mp4"), "original")
        if limit is not None and doc["media"] == "image":
            wanted = "jpeg"  # who is held to a size gets no original
        self._check_type(doc, wanted)
        if wanted == "mp4":
            parameters.choice("download_quality", _VIDEO_QUALITY, "original")
        embed = parameters.flag("download_image_embed", default=bool(switches["embed_by_default"]))
        if wanted == "jpeg":
            longest = self._longest(doc, parameters)
            data = await self._rendition(blob, min(longest, limit or longest))
            return _bytes(self._embedded(doc, data) if embed else data, f"{_stem(doc)}.jpg")
        if embed and doc["media"] == "image" and doc["media_type"] == "image/jpeg":
            return _bytes(self._embedded(doc, self._site.world.blobs.read(blob)), doc["file_name"])
        ranges = bool(switches["download_ranges"])
        return Reply.of_blob(call, blob, filename=doc["file_name"], attachment=True, ranges=ranges)

    def _embedded(self, doc: Document, data: bytes) -> bytes:
        """Write the record in; of custom metadata, Getty's four fields alone are embedded (HC)."""
        return with_record(data, doc["iptc"], getty_fields(custom_of(self._site, doc)))

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

    # Upload

    async def upload(self, call: Call) -> Reply:
        """E32: create media (SINGLE; fields and answer INFERRED)."""
        switches = self._site.world.switches
        org_id = self._site.org(call, "upload")
        upload = await uploaded(call, self._site, str(switches["v4_upload_file"]))
        check_types(self._site, [upload], str(switches["v4_upload_types"]))
        parameters = await parameters_of(call)
        doc = accept(call, self._site, org_id, upload, parameters)
        return self._site.reply(call, self._views.media(call, doc, frozenset()))


def _stem(doc: Document) -> str:
    return str(doc["file_name"].rpartition(".")[0] or doc["file_name"])


def _bytes(data: bytes, file_name: str) -> Reply:
    return Reply.raw(data, "application/octet-stream", headers=disposition(file_name))
