"""Permission entries: made from what a seed file, a person or a call says, and checked (PS E14, CONFIRMED-2019)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dambridge_sim.kit.lookup import Document
from dambridge_sim.photoshelter import ids
from dambridge_sim.photoshelter.site import Site
from dambridge_sim.photoshelter.times import parse_person

TYPES: Final = ("contact", "group", "token", "access_level", "password")
PASSWORD_LIMIT: Final = 20
TOKEN_LIMIT: Final = 32
_CHOICES: Final = {
    "download_image_filetype": ("original", "jpeg"),
    "download_video_filetype": ("original", "mp4"),
    "download_video_format": ("hd1080", "hd720", "sd480"),
}


_NUMBERS: Final = {"max_downloads": 0, "download_image_size": 1}


def _attributes(given: Mapping[str, Any]) -> Mapping[str, Any]:
    found = given.get("attributes") or {}
    if isinstance(found, Mapping):
        return found
    raise ValueError("attributes is an object")


def entry_of(site: Site, org_id: str, given: Mapping[str, Any]) -> Document:
    """Return an entry. Members may stand in it or under `attributes`, as E14 shows them. Raises `ValueError`."""
    known = {
        **{name: value for name, value in given.items() if name != "attributes"},
        **_attributes(given),
    }
    kind = str(known.get("type", "group"))
    if kind not in TYPES:
        raise ValueError(f"type is one of {', '.join(TYPES)}")
    for name, limit in (("password", PASSWORD_LIMIT), ("token", TOKEN_LIMIT)):
        if len(str(known.get(name) or "")) > limit:
            raise ValueError(f"{name} may have {limit} characters")
    for name, choices in _CHOICES.items():
        if known.get(name) not in (None, *choices):
            raise ValueError(f"{name} is one of {', '.join(choices)}")
    for name, least in _NUMBERS.items():
        value = known.get(name)
        if value is not None and (type(value) is not int or value < least):
            raise ValueError(f"{name} is a whole number from {least}, or null")
    if known.get("download_image_embed") not in (None, True, False):
        raise ValueError("download_image_embed is true, false or null")
    number = site.world.documents.next_number("permission")
    entry = {**known, "id": ids.make_id(ids.PERMISSION, number), "type": kind}
    if kind == "contact" and known.get("contact_email"):
        entry["contact_id"] = site.contacts.contact(org_id, str(known["contact_email"]))["id"]
    if kind == "group" and known.get("name") and not known.get("group_id"):
        entry["group_id"] = site.contacts.group(org_id, str(known["name"]))["id"]
    if known.get("expires"):
        entry["expires_ms"] = parse_person(str(entry.pop("expires")))
    return entry
