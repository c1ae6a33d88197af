"""Resources as v4 shows them: only what the reference lists, thin lists thin (PS 4.3, section 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, Final

from dambridge_sim.photoshelter.times import container_time, media_time

Doc = Mapping[str, Any]
Resource = dict[str, Any]

COPYRIGHT: Final = "PhotoShelter 2026"
VERSION: Final = "2019-05-01"
API_VERSION_HEADER: Final = "2019_05_01"
COOKIE: Final = "acs"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a reply is written with: scheme and host of links, the zone of container times, the position of switches."""

    origin: str
    zone: tzinfo = UTC
    time_names: str = "all"
    show_hash: bool = True
    hit_type: str = "live"


def container(doc: Doc, frame: Frame, *, staff: bool = True) -> Resource:
    """Return a gallery or collection (PS E1, E4, E10): the owner's fields are null for others."""
    return {
        "id": doc["id"],
        "type": doc["type"],
        "attributes": {
            "name": doc["name"],
            "description": doc.get("description"),
            "display_order": doc.get("display_order", 1),
            "access_id": doc["access_id"] if staff else None,
            "is_listed": doc.get("is_listed", False),
            "created_at": container_time(doc["created_ms"], frame.zone) if staff else None,
            "modified_at": container_time(doc["modified_ms"], frame.zone) if staff else None,
        },
        "links": {"self": self_link(doc, frame.origin)},
    }


def child(doc: Doc, frame: Frame, mode: str, effective: str, *, staff: bool = True) -> Resource:
    """Return a child of a collection (PS E5): both sets of attributes, the draft's and the live one's."""
    shown = container(doc, frame, staff=staff)
    shown["attributes"] |= {
        "mode": mode,
        "effective_mode": effective,
        "access_inherit": doc.get("access_inherit", True),
    }
    del shown["attributes"]["access_id"]
    return shown


def child_detail(doc: Doc, frame: Frame, mode: str, effective: str, *, staff: bool = True) -> Resource:
    """Return one child of a collection asked for by id (PS E7, CONFIRMED-2019): some more attributes."""
    shown = child(doc, frame, mode, effective, staff=staff)
    shown["attributes"] |= {
        "name_url": name_url(doc["name"]),
        "key_image_id": doc.get("key_image_id"),
        "is_orig_enabled": True,
        "is_watermark_disabled": True,
        "sort_order": None,
        "org_id": doc["org_id"],
    }
    return shown


def session_cookie(token: str) -> str:
    """Return the cookie of a session (PS A1, mode `cookie`)."""
    return f"{COOKIE}={token}; Path=/; HttpOnly"


def self_link(doc: Doc, origin: str) -> str:
    """Return `links.self` of a container."""
    plural = "galleries" if doc["type"] == "gallery" else "collections"
    return f"{origin}/psapi/v4/{plural}/{doc['id']}"


def name_url(name: str) -> str:
    """Return a name as it stands in the portal's addresses."""
    return "-".join("".join(char if char.isalnum() else " " for char in name).split())


def portal_link(doc: Doc, origin: str) -> Resource:
    """Return the link of a container (PS E7, CONFIRMED-2019): `attributes.url`."""
    part = "gallery" if doc["type"] == "gallery" else "gallery-collection"
    url = f"{origin}/{part}/{name_url(doc['name'])}/{doc['id']}"
    return {"id": doc["id"], "type": "link", "attributes": {"url": url}}


def key_image(doc: Doc, image_id: str, origin: str, *, custom: bool, public: bool) -> Resource:
    """Return the key image of a container (PS E7, CONFIRMED)."""
    owner = "gallery_id" if doc["type"] == "gallery" else "collection_id"
    return {
        "id": image_id,
        "type": "keyImage",
        "attributes": {
            "image_id": image_id,
            owner: doc["id"],
            "custom": custom,
            "image_url": f"{origin}/img-get2/{image_id}/fit=600x600",
            "public": public,
        },
    }


def thin(doc: Doc, order: int) -> Resource:
    """Return a file as gallery listings show it (PS E11, CONFIRMED): id, type and order, no more."""
    return {"id": doc["id"], "type": doc["media"], "attributes": {"display_order": order}}


def hit(doc: Doc, frame: Frame) -> Resource:
    """Return a file as search shows it (PS E17): `type` in the live spelling or that of 2019, plus `attributes.type`."""
    return {
        "id": doc["id"],
        "type": doc["media"] if frame.hit_type == "live" else "media",
        "attributes": {"file_name": doc["file_name"], "type": "doc" if doc["media"] == "document" else doc["media"]},
    }


def media(doc: Doc, frame: Frame, *, staff: bool = True) -> Resource:
    """Return a file (PS E19, CONFIRMED): the attributes of its type; what only staff may know is null for others."""
    shown = _image(doc) if doc["media"] == "image" else _stream(doc, _STREAMS[doc["media"]])
    uploaded, updated = media_time(doc["uploaded_ms"]), media_time(doc["modified_ms"])
    if not frame.show_hash and "hash" in shown:
        shown["hash"] = None
    # Time names are uncertain, so all four stand there unless the switch says otherwise (contradictions table).
    if frame.time_names != "created_modified":
        shown |= {"uploaded_at": uploaded, "updated_at": updated}
    if frame.time_names != "uploaded_updated":
        shown |= {"created_at": uploaded, "modified_at": updated}
    if not staff:
        shown |= dict.fromkeys(_STAFF_ONLY & shown.keys())
    return {"id": doc["id"], "type": doc["media"], "attributes": shown}


_STAFF_ONLY: Final = frozenset({"creator_id", "views", "flagged", "rating", "model_released", "property_released"})


def _fit(doc: Doc, longest: int) -> tuple[int | None, int | None]:
    width, height = doc.get("width"), doc.get("height")
    if not width or not height:
        return None, None
    scale = min(1.0, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _image(doc: Doc) -> dict[str, Any]:
    screen, most, thumb = _fit(doc, 1200), _fit(doc, 2400), _fit(doc, 200)
    return {
        "owner_id": doc["owner_id"],
        "organization_id": doc["org_id"],
        "creator_id": doc["creator_id"],
        "photographer_id": doc.get("photographer_id"),
        "file_name": doc["file_name"],
        "file_size": doc["blob"]["size"],
        "height": doc.get("height"),
        "width": doc.get("width"),
        "rating": doc.get("rating"),
        "screen_height": screen[1],
        "screen_width": screen[0],
        "screen_height_max": most[1],
        "screen_width_max": most[0],
        "thumbnail_height": thumb[1],
        "thumbnail_width": thumb[0],
        "views": doc.get("views", 0),
        "searchable": doc.get("searchable", False),
        "model_released": doc.get("model_released"),
        "property_released": doc.get("property_released"),
        "flagged": doc.get("flagged", False),
        "focal_point_x": doc.get("focal_point_x"),
        "focal_point_y": doc.get("focal_point_y"),
    }


def _stream(doc: Doc, names: Sequence[str]) -> dict[str, Any]:
    known = {
        **doc,
        "file_size": doc["blob"]["size"],
        "organization_id": doc["org_id"],
        "hash": doc.get("sha1"),
        "start_time": None,
        "rotate": 0,
    }
    return {name: known.get(name) for name in names}


_VIDEO: Final = [
    "owner_id",
    "file_name",
    "file_size",
    "rotate",
    "height",
    "width",
    "start_time",
    "duration",
    "format",
    "photographer_id",
    "creator_id",
    "hash",
    "model_released",
    "property_released",
    "rating",
]
_AUDIO: Final = [
    "owner_id",
    "file_name",
    "file_size",
    "start_time",
    "duration",
    "format",
    "hash",
    "creator_id",
    "model_released",
    "property_released",
    "rating",
]
_DOCUMENT: Final = [
    "owner_id",
    "creator_id",
    "organization_id",
    "file_name",
    "file_size",
    "format",
    "format_readable",
    "hash",
    "rating",
]
_STREAMS: Final = {"video": _VIDEO, "audio": _AUDIO, "document": _DOCUMENT}
