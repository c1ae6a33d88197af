"""What v3's `extend` brings to a collection or gallery (PS 7: `KeyImage`, `Visibility`, `Children`, ...: SINGLE, DRU)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dambridge_sim.kit.call import Call
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter.media_views import MediaViews
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.site import Site
from dambridge_sim.photoshelter.v3_records import NAMES, Maker, Record, Records, chosen, every, params_of, picked


class PlaceRecords:
    """Renders containers, and files in them, with the records that are asked for."""

    def __init__(self, site: Site, records: Records, views: MediaViews) -> None:
        """Work on `site`."""
        self._site, self._records, self._views = site, records, views

    def shown(self, call: Call, doc: Document, parameters: Parameters) -> Record:
        """Return a container with the members that `fields` picks and the records that `extend` names."""
        wanted = parameters.mapping("extend") or {}
        return picked(self._records.container(doc), parameters.text("fields")) | self._about(call, doc, wanted)

    def child(self, call: Call, doc: Document, parameters: Parameters) -> Record:
        """Return a container as a child of another: fields may stand under its name in `extend` too (TT)."""
        wanted = parameters.mapping("extend") or {}
        spec = wanted.get(name_of(doc))
        fields = str(spec.get("fields", "")) if isinstance(spec, Mapping) else ""
        shown = picked(self._records.container(doc), parameters.text("fields") or fields)
        return shown | self._about(call, doc, wanted)

    def tie(self, call: Call, doc: Document, gallery: Document, fields: str, wanted: Mapping[str, Any]) -> Record:
        """Return what ties a file to a gallery, with the records about the file that `wanted` names."""
        tie = picked(self._records.gallery_media(doc, gallery["id"]), fields)
        return tie | self._records.extended(call, doc, wanted)

    def seen(self, call: Call, found: Sequence[Document]) -> list[Document]:
        """Return those of some containers that the caller sees: staff all, guests those that let them in."""
        return [doc for doc in found if self._site.staff(call) or self._site.way_in(call, doc) is not None]

    def _about(self, call: Call, doc: Document, wanted: Mapping[str, Any]) -> Record:
        containers, specs = self._site.containers, dict(every(wanted))
        image = (doc.get("key_image_id") or self._views.first_image(doc)) if "KeyImage" in specs else None
        makers: dict[str, Maker] = {
            "Permission": lambda _: {"mode": containers.native(doc)},
            "Visibility": lambda _: {"mode": containers.effective(doc)},
            "KeyImage": lambda _: {"image_id": image, f"{doc['type']}_id": doc["id"]} if image else {},
            "Parents": lambda spec: [
                picked(self._records.container(each), str(spec.get("fields", "*")))
                for each in self.seen(call, containers.load(doc["parents"]))
            ],
        }
        if doc["type"] == "collection":
            makers["Children"] = lambda spec: self._children(call, doc, spec)
        else:
            makers["MediaCount"] = lambda _: self._views.counts(doc["id"])
            makers["GalleryImage"] = lambda spec: self._images(call, doc, str(spec.get("fields", "*")), wanted)
        found = chosen(makers, wanted)
        if image and "ImageLink" in specs:
            found["KeyImage"] |= {"ImageLink": self._records.link(call, {"id": image}, params_of(specs["ImageLink"]))}
        return found

    def _children(self, call: Call, doc: Document, spec: Mapping[str, Any]) -> Record:
        shown: dict[str, list[Record]] = {"Gallery": [], "Collection": []}
        for child in self.seen(call, self._site.containers.under(doc["org_id"], doc["id"])):
            of_kind = spec.get(name_of(child))
            fields = str(of_kind.get("fields", "*")) if isinstance(of_kind, Mapping) else "*"
            shown[name_of(child)].append(picked(self._records.container(child), fields))
        return shown

    def _images(self, call: Call, doc: Document, fields: str, wanted: Mapping[str, Any]) -> list[Record]:
        images = (each["id"] for each in self._views.in_gallery(doc["id"]) if each["media"] == "image")
        return [self.tie(call, self._site.assets.whole(each), doc, fields, wanted) for each in images]


def name_of(doc: Document) -> str:
    """Return the name of a container's record."""
    return "Gallery" if doc["type"] == "gallery" else "Collection"


def tie_name(doc: Document) -> str:
    """Return the name of the record that ties a file to a gallery."""
    return f"Gallery{NAMES[doc['media']]}"
