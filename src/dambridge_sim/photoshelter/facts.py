"""What the bytes of a file say of it: kind of media, IPTC record, date taken, rating (PS 6.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

from dambridge_sim.kit.embedded import Embedded
from dambridge_sim.kit.media import MediaInfo
from dambridge_sim.photoshelter.iptc import record_from_embedded

_IMAGE_NAMES: Final = frozenset(
    [
        "jpg",
        "jpeg",
        "tif",
        "tiff",
        "png",
        "psd",
        "ai",
        "heif",
        "heic",
        "dng",
        "nef",
        "cr2",
        "cr3",
        "arw",
        "raf",
        "rw2",
        "orf",
        "pef",
        "srw",
        "nrw",
        "3fr",
        "iiq",
        "rwl",
    ]
)
READABLE: Final = {"pdf": "Adobe PDF", "txt": "Text", "doc": "Microsoft Word", "docx": "Microsoft Word", "zip": "ZIP"}
_DATE: Final = re.compile(r"(\d{4})[-:](\d{2})[-:](\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?")


def described(embedded: Embedded, *, image: bool) -> dict[str, Any]:
    """Return IPTC record, date taken and (images) rating from embedded metadata."""
    record = record_from_embedded(embedded.xmp, embedded.iim, embedded.exif)
    facts: dict[str, Any] = {"iptc": record, "taken_ms": None}
    for taken in (
        embedded.xmp.get("photoshop:DateCreated"),
        embedded.exif.get("DateTimeOriginal"),
        _first(embedded.iim.get("2:55")),
    ):
        if (at := _taken(taken)) is not None:
            facts["taken_ms"] = at
            break
    rating = str(embedded.xmp.get("xmp:Rating", "")).strip()
    if image and re.fullmatch(r"-1|[0-5]", rating):
        facts["rating"] = int(rating)
    return facts


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _taken(value: Any) -> int | None:
    """Return the wall clock of a date as if it were UTC: the searches of PhotoShelter know no other zone."""
    if not isinstance(value, str):
        return None
    text = value if "-" in value or ":" in value[:8] else f"{value[:4]}-{value[4:6]}-{value[6:8]}"
    found = _DATE.match(text)
    if found is None:
        return None
    parts = [int(part or 0) for part in found.groups()]
    try:
        return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[misc,arg-type]
    except ValueError:
        return None


def media_of(info: MediaInfo, file_name: str) -> str:
    """Return image, video, audio or document: by content, and by name where the content does not tell (RAW, AI)."""
    untold = info.media_type in ("application/octet-stream", "application/postscript")
    ending = file_name.rpartition(".")[2].lower()
    if (untold and ending in _IMAGE_NAMES) or (ending == "ai" and info.media_type == "application/pdf"):
        return "image"
    return info.family
