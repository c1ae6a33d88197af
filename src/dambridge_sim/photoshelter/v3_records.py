"""Records as v3 shows them (PS 7): capitalised names, `t`/`f`, `fields` picks members, `extend` brings more records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.call import Call
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import ids, iptc, resources
from dambridge_sim.photoshelter.media_views import MediaViews
from dambridge_sim.photoshelter.site import Site
from dambridge_sim.photoshelter.times import container_time, media_time

Record = dict[str, Any]

NAMES: Final = {"image": "Image", "video": "Video", "audio": "Audio", "document": "Doc"}


class Records:
    """Renders v3 records."""

    def __init__(self, site: Site, views: MediaViews) -> None:
        """Work on `site`."""
        self._site, self._views = site, views

    def media(self, doc: Document) -> Record:
        """Return `Image` (TT names), `Video`, `Audio` or `Doc`."""
        shown = resources.media(doc)["attributes"]
        shown = {name: value for name, value in shown.items() if name not in ("created_at", "modified_at", "views")}
        kind = NAMES[doc["media"]].lower()
        record = {f"{kind}_id": doc["id"], **{name: _plain(value) for name, value in shown.items()}}
        if doc["media"] == "image":
            record["f_searchable"] = flag(doc["searchable"])
            record.pop("searchable")
            record["stat_show"] = 0
        return record

    def container(self, doc: Document) -> Record:
        """Return `Gallery` or `Collection`."""
        return {
            f"{doc['type']}_id": doc["id"],
            "name": doc["name"],
            "description": doc.get("description"),
            "f_list": flag(doc.get("is_listed", False)),
            "display_order": doc["display_order"],
            "mode": self._site.containers.native(doc),
            "effective_mode": self._site.containers.effective(doc),
            "access_inherit": flag(doc.get("access_inherit", True)),
            "created_at": container_time(doc["created_ms"]),
            "modified_at": container_time(doc["modified_ms"]),
        }

    def gallery_media(self, doc: Document, gallery_id: str) -> Record:
        """Return what ties a file to a gallery."""
        kind = NAMES[doc["media"]].lower()
        return {
            f"gallery_{kind}_id": ids.make_id(ids.LINK, f"{gallery_id}{doc['id']}"),
            "gallery_id": gallery_id,
            f"{kind}_id": doc["id"],
            "f_visible": "t",
        }

    def iptc(self, doc: Document) -> Record:
        """Return `Iptc`; v3 calls the keyword list `keyword` (PS E21)."""
        record = iptc.attributes(doc["iptc"], "list")
        record["keyword"] = record.pop("keywords")
        return record

    def extended(self, call: Call, doc: Document, wanted: Mapping[str, Any]) -> Record:
        """Return the records about a file that `extend` names, at any depth."""
        kind = NAMES[doc["media"]]
        makers: dict[str, Callable[[], Any]] = {
            kind: lambda: self.media(doc),
            f"{kind}Link": lambda: self.link(call, doc),
            f"{kind}Metadata": lambda: self._views.metadata(doc)["attributes"],
            "License": lambda: self.license(doc),
            "CustomMetadata": lambda: self._views.custom(doc)["attributes"]["custom_metadata"],
            "Iptc": lambda: self.iptc(doc),
            "ML_Metadata": lambda: {"ml_data": {"tag_status": {"objects": []}}},
        }
        found: Record = {}
        for name, spec in _every(wanted):
            if name in makers and name not in found:
                made = makers[name]()
                found[name] = picked(made, spec.get("fields", "*")) if isinstance(made, dict) else made
        return found

    def link(self, call: Call, doc: Document) -> Record:
        """Return the display address."""
        return {"link": self._views.link(call, doc["id"])["attributes"]["link"]}

    def license(self, doc: Document) -> Record:
        """Return `License` (SINGLE; the format of the time is unknown, here as media times)."""
        end = doc.get("license_ms")
        return {"license_etime": media_time(end) if end is not None else None}

    def embedded(self, doc: Document, part: str) -> Record:
        """Return the XMP or Exif of the stored file."""
        found = self._site.world.blobs.embedded(Blob.from_json(doc["blob"]))
        return dict(found.xmp if part == "xmp" else found.exif)


def flag(value: object) -> str:
    """Return a boolean as v3 spells it."""
    return "t" if value else "f"


def picked(record: Record, fields: str) -> Record:
    """Return the members that `fields` names; all for `*` or nothing."""
    names = [name.strip() for name in fields.split(",") if name.strip()]
    if not names or "*" in names:
        return record
    return {name: record[name] for name in names if name in record}


def _plain(value: object) -> object:
    return flag(value) if isinstance(value, bool) else value


def _every(wanted: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return all records named in an `extend`, the nested ones included."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for name, spec in wanted.items():
        inner = spec if isinstance(spec, Mapping) else {}
        found.append((name, inner))
        nested = {key: value for key, value in inner.items() if key not in ("fields", "params")}
        found += _every(nested)
        params = inner.get("params")
        if isinstance(params, Mapping) and isinstance(params.get("extend"), Mapping):
            found += _every(params["extend"])
    return found
