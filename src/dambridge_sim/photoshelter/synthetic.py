"""A library computed from numbers: ids, times and names that grow with the number, so that lookups are arithmetic."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any, Final

from dambridge_sim.kit.lookup import Document, Lookup, Value
from dambridge_sim.kit.synthetic import fields_of
from dambridge_sim.kit.world import World
from dambridge_sim.photoshelter import ids

COLLECTION: Final = "Synthetic"
GALLERY_SIZE: Final = 1000

INDEXES: Final = ("id", "modified", "created", "name", "gallery", "gallery_added")
"""The indexes in which computed files stand; they are in no workspace."""

_MARK: Final = ids.MEDIA_PREFIX["image"] + "s."
_FIRST_MS: Final = 1_704_067_200_000  # 2024-01-01T00:00:00Z
_STEP_MS: Final = 60_000
_EDIT_AFTER_MS: Final = 30_000


def synthetic_id(number: int) -> str:
    """Return the id of a number: sixteen characters, as all ids."""
    return f"{_MARK}{number:09d}"


def synthetic_number(identifier: str) -> int | None:
    """Return the number of an id, or None when it has not the form of a computed one."""
    digits = identifier[len(_MARK) :]
    if len(identifier) != ids.LENGTH or not identifier.startswith(_MARK) or not digits.isdigit():
        return None
    return int(digits)


def gallery_id(number: int) -> str:
    """Return the gallery of a number."""
    return f"{ids.GALLERY}s.{number // GALLERY_SIZE:09d}"


def gallery_name(place: int) -> str:
    """Return the name of the gallery at a place."""
    return f"Lot {place:06d}"


class SyntheticLibrary:
    """Computes documents and index values. Everything belongs to one organization and its default user."""

    def __init__(self, world: World, org_id: str, owner_id: str) -> None:
        """Compute for one organization."""
        self._world, self._org_id, self._owner_id = world, org_id, owner_id

    def document(self, number: int) -> Document:
        """Return the document of a number; staff alone can see it."""
        return {**self.glance(number), "blob": self._world.blobs.synthetic(number).to_json()}

    def glance(self, number: int) -> Document:
        """Return the document without its file: making and hashing a thousand files would make a listing slow."""
        fields = fields_of(number)
        uploaded = _FIRST_MS + number * _STEP_MS
        return {
            "id": synthetic_id(number),
            "org_id": self._org_id,
            "owner_id": self._owner_id,
            "creator_id": self._owner_id,
            "photographer_id": None,
            "file_name": fields.file_name,
            "media": "image",
            "media_type": "image/jpeg",
            "width": 192,
            "height": 128,
            "iptc": {
                "title": fields.title,
                "caption": fields.description,
                "keywords": list(fields.keywords),
                "author": fields.creator,
                "credit": fields.credit,
                "copyright": fields.copyright,
                "city": fields.city,
                "edit_status": "approved",
            },
            "taken_ms": fields.taken_ms,
            "rating": None,
            "galleries": [{"id": gallery_id(number), "order": number % GALLERY_SIZE + 1, "added_ms": uploaded}],
            "custom": {},
            "model_released": None,
            "property_released": None,
            "searchable": False,
            "flagged": False,
            "license_ms": None,
            "uploaded_ms": uploaded,
            "modified_ms": uploaded + _EDIT_AFTER_MS,
            "written_ms": uploaded + _EDIT_AFTER_MS,
            "trashed": False,
        }

    def value(self, index: str, number: int) -> Value:
        """Return the value of an index; each grows with the number."""
        uploaded = _FIRST_MS + number * _STEP_MS
        match index:
            case "modified":
                return f"{self._org_id}|{uploaded + _EDIT_AFTER_MS:014d}"
            case "created":
                return f"{self._org_id}|{uploaded:014d}"
            case "name":
                return f"{self._org_id}|{fields_of(number).file_name}"
            case "gallery":
                return f"{gallery_id(number)}|{number % GALLERY_SIZE + 1:08d}"
            case "gallery_added":
                return f"{gallery_id(number)}|{uploaded:014d}"
        return synthetic_id(number)

    def span(self, lookup: Lookup, count: int) -> range:
        """Return the numbers that a lookup selects."""
        if lookup.index not in INDEXES:
            return range(0)
        low, low_open, high, high_open = lookup.bounds()
        numbers = range(count)

        def value(number: int) -> Any:
            return self.value(lookup.index, number)

        start = 0
        if low is not None:
            start = (bisect_right if low_open else bisect_left)(numbers, low, key=value)
        stop = count
        if high is not None:
            stop = (bisect_left if high_open else bisect_right)(numbers, high, key=value)
        return range(start, max(start, stop))
