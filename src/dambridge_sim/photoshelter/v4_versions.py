"""v4: versions of a file, which replace its bytes under the same id, and subtitles (PS E31, E33: SINGLE)."""

from __future__ import annotations

from typing import Any

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import errors, ids
from dambridge_sim.photoshelter.routes import Route, route
from dambridge_sim.photoshelter.site import Site, parameters_of
from dambridge_sim.photoshelter.times import media_time
from dambridge_sim.photoshelter.uploads import uploaded

_SUBTITLE_MEMBERS = ("language", "name")


class Versions:
    """The operations of E31 and E33."""

    def __init__(self, site: Site) -> None:
        """Work on `site`."""
        self._site = site

    def routes(self) -> list[Route]:
        """Return the operations."""
        single, switch = Confidence.SINGLE, "versions"
        version = "/media/{id}/versions/{version_id}"
        return [
            route("GET", "/media/{id}/versions", self.every, single, "PS E31", switch=switch),
            route("POST", "/media/{id}/versions", self.add, single, "PS E31", switch=switch),
            route("PUT", version, self.describe, single, "PS E31", switch=switch),
            route("PUT", version + "/details", self.describe, single, "PS E31", switch=switch),
            route("POST", version + "/activate", self.activate, single, "PS E31", switch=switch),
            route("DELETE", version, self.delete, single, "PS E31", switch=switch),
            route("POST", "/media/{id}/subtitle", self.add_subtitle, single, "PS E33"),
            route("PATCH", "/media/{id}/subtitle/{subtitle_id}", self.change_subtitle, single, "PS E33"),
        ]

    async def every(self, call: Call) -> Reply:
        """E31: the versions of a file, oldest first."""
        doc = self._site.media(call)
        return self._site.reply(call, [_version(doc, each) for each in versions_of(doc)])

    async def add(self, call: Call) -> Reply:
        """E31: bring a new version (`version_label`, `note`, and a file: INFERRED)."""
        parameters = await parameters_of(call)
        upload = await uploaded(call, self._site, "file")
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

    async def describe(self, call: Call) -> Reply:
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

    async def activate(self, call: Call) -> Reply:
        """E31: make a version the one that is downloaded."""
        doc = self._site.media(call, "edit")
        version = self._version(call, doc)
        changed = self._activate({**doc, "versions": versions_of(doc)}, version)
        return self._site.reply(call, _version(changed, version))

    async def delete(self, call: Call) -> Reply:
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

    # Subtitles

    async def add_subtitle(self, call: Call) -> Reply:
        """E33: give a video a subtitle (`file`, and `language` and `name`: INFERRED)."""
        parameters = await parameters_of(call)
        upload = await uploaded(call, self._site, "file")
        doc = self._video(call)
        number = self._site.world.documents.next_number("subtitle")
        made = {
            "id": ids.make_id("ST000", number),
            "file_name": upload.filename,
            "blob": upload.blob.to_json(),
            **{name: parameters.text(name) or None for name in _SUBTITLE_MEMBERS},
        }
        self._site.assets.save({**doc, "subtitles": [*doc.get("subtitles", []), made]})
        return self._site.reply(call, _subtitle(doc, made))

    async def change_subtitle(self, call: Call) -> Reply:
        """E33: change what is said of a subtitle."""
        parameters = await parameters_of(call)
        doc = self._video(call)
        kept = list(doc.get("subtitles", []))
        for place, each in enumerate(kept):
            if each["id"] == call.params["subtitle_id"]:
                sent = {name: parameters.text(name) or None for name in _SUBTITLE_MEMBERS if parameters.has(name)}
                kept[place] = {**each, **sent}
                self._site.assets.save({**doc, "subtitles": kept})
                return self._site.reply(call, _subtitle(doc, kept[place]))
        raise errors.not_found("subtitle")

    def _video(self, call: Call) -> Document:
        doc = self._site.media(call, "edit")
        if doc["media"] != "video":
            raise errors.RefusalError(errors.NOT_FOUND, f"A file of type {doc['media']} has no such resource.")
        return doc


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


def _subtitle(doc: Document, subtitle: Document) -> dict[str, Any]:
    shown = {name: subtitle[name] for name in ("file_name", *_SUBTITLE_MEMBERS)}
    return {"id": subtitle["id"], "type": "subtitle", "attributes": {"media_id": doc["id"], **shown}}
