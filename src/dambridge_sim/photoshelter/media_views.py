"""Files as v4 shows them: thin in lists, whole by id, and what `include` asks for (PS 6.3)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from dambridge_sim.kit.call import Call
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import iptc, resources
from dambridge_sim.photoshelter.resources import Resource
from dambridge_sim.photoshelter.site import Site
from dambridge_sim.photoshelter.times import license_time, media_time

CUSTOM_TYPES: Final = ("image", "video")
"""Custom metadata apply to images and video (HC "Custom Metadata")."""

_PLURAL: Final = {"image": "images", "video": "videos", "audio": "audio", "document": "documents"}


class MediaViews:
    """Renders files."""

    def __init__(self, site: Site) -> None:
        """Work on `site`."""
        self._site = site

    def thin(self, identifier: str, gallery_id: str) -> Resource:
        """Return a file as its gallery lists it."""
        doc = self._site.assets.glance(identifier)
        if doc is None:
            return {"id": identifier, "type": "image", "attributes": {"display_order": 0}}
        order = next((place["order"] for place in doc["galleries"] if place["id"] == gallery_id), 0)
        return resources.thin(doc, order)

    def media(self, call: Call, doc: Document, wanted: frozenset[str]) -> Resource:
        """Return E19, with what was asked for. Only `iptc` was ever seen asked for; the others are INFERRED."""
        shown = resources.media(doc, self._site.frame(call), staff=self._site.staff(call))
        if not wanted:
            return shown
        makers: dict[str, Callable[[], Any]] = {
            "custom-metadata": lambda: self.custom(doc) if doc["media"] in CUSTOM_TYPES else None,
            "metadata": lambda: self.metadata(doc) if doc["media"] != "image" else None,
            "link": lambda: self.link(call, doc["id"]),
            "galleries": lambda: [self.membership(call, doc, place, frozenset()) for place in doc["galleries"]],
        }
        included: dict[str, Any] = {}
        if "iptc" in wanted and doc["media"] == "image":
            included["iptc"] = {"data": self.iptc(doc)}
        guessed = [name for name in makers if name in wanted]
        if guessed and call.served(Confidence.INFERRED):
            included |= {name: {"data": makers[name]()} for name in guessed}
        if included:
            shown["includes"] = included
        return shown

    def iptc(self, doc: Document) -> Resource:
        """Return E21."""
        form = self._site.world.switches["keywords_form"]
        return {"id": doc["id"], "type": "iptc", "attributes": iptc.attributes(doc["iptc"], form)}

    def metadata(self, doc: Document) -> Resource:
        """Return E24: descriptive attributes, and `raw`, a string that holds JSON."""
        form = self._site.world.switches["keywords_form"]
        raw = {
            "format": {"filename": doc["file_name"], "duration": doc.get("duration"), "size": str(doc["blob"]["size"])}
        }
        attributes = {**iptc.attributes(doc["iptc"], form), "raw": json.dumps(raw, ensure_ascii=False)}
        return {"id": doc["id"], "type": "metadata", "attributes": attributes}

    def custom(self, doc: Document) -> Resource:
        """Return E25: one entry per field that has a value."""
        entries = []
        for field_id, option_id in sorted(doc["custom"].items()):
            field = self._site.assets.field(doc["org_id"], field_id)
            if field is not None and option_id in field["options"]:
                value = field["options"][option_id]
                entries.append({"field_id": field_id, "name": field["name"], "option_id": option_id, "value": value})
        return {"id": doc["id"], "type": "custom-metadata", "attributes": {"custom_metadata": entries}}

    def machine_tags(self, doc: Document) -> Resource:
        """Return E26: a list of one-key objects whose key is the tag, as v3 has it."""
        return {"id": doc["id"], "type": "ml-metadata", "attributes": machine_tags(doc)}

    def license(self, doc: Document) -> dict[str, Any]:
        """Return the end of the licence, as the switch spells it."""
        end = doc.get("license_ms")
        form = str(self._site.world.switches["license_format"])
        return {"license_etime": None if end is None else license_time(end, form, self._site.zone)}

    def membership(self, call: Call, doc: Document, place: Document, wanted: frozenset[str]) -> Resource:
        """Return one gallery that a file is in (PS E30): `include=gallery` brings its name."""
        gallery_id = place["id"]
        shown: Resource = {
            "id": gallery_id,
            "type": "gallery",
            "attributes": {"gallery_id": gallery_id, "media_id": doc["id"], "added_at": media_time(place["added_ms"])},
        }
        gallery = self._site.containers.get(gallery_id) if "gallery" in wanted else None
        if gallery is not None:
            current = self._site.containers.current(gallery)
            staff = self._site.staff(call)
            shown["includes"] = {"gallery": {"data": resources.container(current, self._site.frame(call), staff=staff)}}
        return shown

    def link(self, call: Call, identifier: str, mode: str = "fit", size: str = "600x600") -> Resource:
        """Return E27: an address that shows the file, also to who cannot see it on the portal (hence its seal)."""
        shape = f"{mode}={size}"
        url = f"{self._site.origin(call)}/img-get2/{identifier}/{shape}?seal={seal(identifier)}"
        return {"id": identifier, "type": "link", "attributes": {"link": url}}

    # Files of a gallery

    def in_gallery(self, gallery_id: str) -> Iterator[Document]:
        """Yield the files of a gallery in display order."""
        documents = self._site.world.documents
        for identifier in documents.every("asset", self._site.assets.in_gallery(gallery_id)):
            if (doc := self._site.assets.glance(identifier)) is not None:
                yield doc

    def counts(self, gallery_id: str) -> dict[str, int]:
        """Count the files of a gallery by media type."""
        counts = {"total": 0, "images": 0, "videos": 0, "audio": 0, "documents": 0}
        documents = self._site.world.documents
        for identifier in documents.every("asset", self._site.assets.in_gallery(gallery_id)):
            computed = documents.computed_number("asset", identifier) is not None  # all computed files are images
            doc = {"media": "image"} if computed else documents.get("asset", identifier)
            if doc is not None:
                counts["total"] += 1
                counts[_PLURAL[doc["media"]]] += 1
        return counts

    def first_image(self, container: Document) -> str | None:
        """Return the first image of a gallery, or of the first gallery below a collection that has one."""
        if container["type"] == "gallery":
            return next((doc["id"] for doc in self.in_gallery(container["id"]) if doc["media"] == "image"), None)
        below = self._site.containers.under(container["org_id"], container["id"])
        return next((found for each in below if (found := self.first_image(each))), None)


def machine_tags(doc: Document) -> dict[str, Any]:
    """Return what a machine found in a file, in the form of v3's `ML_Metadata` (PS E26, SINGLE)."""
    return {"ml_data": {"tag_status": {"objects": [{tag: {}} for tag in doc.get("ml_tags", [])]}}}


def seal(identifier: str) -> str:
    """Return the word that makes an address of E27 show a file that the public cannot see."""
    return hashlib.sha256(f"img-get2:{identifier}".encode()).hexdigest()[:16]
