"""Records as v3 shows them (PS 7): capitalised names, `t`/`f`, `fields` picks members, `extend` brings more records."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import errors, ids, iptc, resources
from dambridge_sim.photoshelter.media_views import CUSTOM_TYPES, MediaViews, machine_tags
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.site import Site
from dambridge_sim.photoshelter.times import media_time

Record = dict[str, Any]
T = TypeVar("T")
Maker = Callable[[Mapping[str, Any]], Any]
"""Makes a record, given what `extend` says of it."""

NAMES: Final = {"image": "Image", "video": "Video", "audio": "Audio", "document": "Doc"}


class Records:
    """Renders v3 records."""

    def __init__(self, site: Site, views: MediaViews) -> None:
        """Work on `site`."""
        self._site, self._views = site, views

    def ok(self, data: dict[str, Any]) -> Reply:
        """Answer with v3's envelope; numbers may come as strings (PS 7: a switch)."""
        if self._site.world.switches["v3_numbers"] == "strings":
            data = {name: _in_words(value) for name, value in data.items()}
        return Reply.json({"status": "ok", "data": data})

    def page(
        self, call: Call, parameters: Parameters, name: str, found: Sequence[T], show: Callable[[T], Record]
    ) -> Reply:
        """Answer with one page of a list."""
        items, paging = self.paged(call, parameters, found)
        return self.ok({name: [show(each) for each in items], "Paging": paging})

    def paged(self, call: Call, parameters: Parameters, found: Sequence[T]) -> tuple[Sequence[T], Record]:
        """Return one page of a list and its `Paging`, which has `next` until the last (DRU)."""
        page = self._site.page_asked(parameters)
        view = call.faults.listing(len(found), lambda offset, limit: found[offset : offset + limit])
        paging: dict[str, Any] = {"page": page.number, "per_page": page.size, "total": view.total}
        if page.offset + page.size < view.total:
            paging["next"] = page.number + 1
        return view.page(page.offset, page.size), paging

    def media(self, call: Call, doc: Document) -> Record:
        """Return `Image` (TT names), `Video`, `Audio` or `Doc`."""
        frame = replace(self._site.frame(call), time_names="uploaded_updated")
        shown = resources.media(doc, frame, staff=self._site.staff(call))["attributes"]
        shown = {name: value for name, value in shown.items() if name != "views"}
        kind = NAMES[doc["media"]].lower()
        record = {f"{kind}_id": doc["id"], **{name: _plain(value) for name, value in shown.items()}}
        if doc["media"] == "image":
            record["f_searchable"] = flag(doc["searchable"])
            record.pop("searchable")
            for side in ("height", "width"):
                record[f"thumb_{side}"] = record.pop(f"thumbnail_{side}")
            record["stat_show"] = 0
        return record

    def container(self, doc: Document) -> Record:
        """Return `Gallery` or `Collection`. v3 writes all its times as those of media (DRU reads them so)."""
        return {
            f"{doc['type']}_id": doc["id"],
            "name": doc["name"],
            "description": doc.get("description"),
            "f_list": flag(doc.get("is_listed", False)),
            "display_order": doc["display_order"],
            "mode": self._site.containers.native(doc),
            "effective_mode": self._site.containers.effective(doc),
            "access_inherit": flag(doc.get("access_inherit", True)),
            "created_at": media_time(doc["created_ms"]),
            "modified_at": media_time(doc["modified_ms"]),
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
        """Return `Iptc`; v3 calls the keyword list `keyword` (PS E21). As comma text (DRU splits it) or a list: a switch."""
        record = iptc.attributes(doc["iptc"], str(self._site.world.switches["keywords_form"]))
        record["keyword"] = record.pop("keywords")
        return record

    def extended(self, call: Call, doc: Document, wanted: Mapping[str, Any]) -> Record:
        """Return the records about a file that `extend` names, at any depth."""
        kind = NAMES[doc["media"]]
        makers: dict[str, Maker] = {
            kind: lambda _: self.media(call, doc),
            f"{kind}Link": lambda spec: self.link(call, doc, params_of(spec)),
            "Iptc": lambda _: self.iptc(doc),
        }
        if doc["media"] != "image":
            makers[f"{kind}Metadata"] = lambda _: self._views.metadata(doc)["attributes"]
        if doc["media"] in CUSTOM_TYPES:
            makers |= {
                "License": lambda _: self._views.license(doc),
                "CustomMetadata": lambda _: self._views.custom(doc)["attributes"]["custom_metadata"],
                "ML_Metadata": lambda _: machine_tags(doc),
            }
        return chosen(makers, wanted)

    def in_workspace(self, call: Call, doc: Document, workspace: Document, wanted: Mapping[str, Any]) -> Record:
        """Return the records about a file of a workspace (PS U11): `Media`, `Iptc`, `Link`, `Group`, `CommentCount`."""
        place = next(each for each in doc["workspaces"] if each["id"] == workspace["id"])
        makers: dict[str, Maker] = {
            "Media": lambda _: self.media(call, doc),
            "Iptc": lambda _: self.iptc(doc),
            "Link": lambda spec: self.link(call, doc, params_of(spec)),
            "Group": lambda _: {"name": workspace["name"]},
            "CommentCount": lambda _: {"total": len(place["comments"])},
        }
        return chosen(makers, wanted)

    def link(self, call: Call, doc: Document, params: Mapping[str, Any]) -> Record:
        """Return the display address, at the size that `image_size` and `image_mode` ask for; one side may be left open."""
        size, mode = str(params.get("image_size") or "600x600"), str(params.get("image_mode") or "fit")
        if mode not in ("fit", "fill") or not re.fullmatch(r"\d{1,5}x\d{0,5}|x\d{1,5}", size, re.ASCII):
            raise errors.bad_request("The parameter image_size must be of the form 600x400, image_mode fit or fill.")
        link = str(self._views.link(call, doc["id"], mode, size)["attributes"]["link"])
        return {"link": link, "base": link.rpartition("/")[0]}

    def embedded(self, doc: Document, part: str) -> Record:
        """Return the XMP or Exif of the stored file."""
        found = self._site.world.blobs.embedded(Blob.from_json(doc["blob"]))
        return {**found.xmp, **doc.get("xmp", {})} if part == "xmp" else dict(found.exif)


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


def _in_words(value: Any) -> Any:
    """Return a value with its numbers as text."""
    match value:
        case dict():
            return {name: _in_words(each) for name, each in value.items()}
        case list():
            return [_in_words(each) for each in value]
        case bool():
            return value
        case int() | float():
            return str(value)
    return value


def chosen(makers: Mapping[str, Maker], wanted: Mapping[str, Any]) -> Record:
    """Make the records that an `extend` names, at any depth, each with the fields that it picks."""
    found: Record = {}
    for name, spec in every(wanted):
        if name in makers and name not in found:
            made = makers[name](spec)
            found[name] = picked(made, str(spec.get("fields", "*"))) if isinstance(made, dict) else made
    return found


def params_of(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the `params` of a record in an `extend`; what is no object says nothing."""
    found = spec.get("params")
    return found if isinstance(found, Mapping) else {}


def every(wanted: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return all records named in an `extend`, the nested ones included."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for name, spec in wanted.items():
        inner = spec if isinstance(spec, Mapping) else {}
        found.append((name, inner))
        nested = {key: value for key, value in inner.items() if key not in ("fields", "params")}
        found += every(nested)
        if isinstance(further := params_of(inner).get("extend"), Mapping):
            found += every(further)
    return found
