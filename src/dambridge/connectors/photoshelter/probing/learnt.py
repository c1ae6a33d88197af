"""What a probe learns by working, kept for its length so that nothing has to be found out twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from dambridge.connectors.photoshelter.probing.calls import Said
from dambridge.connectors.photoshelter.probing.samples import Sample
from dambridge.model.records import MediaType

FORMS: Final = ("form", "json", "query")
"""Where parameters of a write may have to stand (PS 4.1); the first is what other clients use."""
UPLOAD_FORMS: Final = (
    ("file", "gallery_id"),
    ("media", "gallery_id"),
    ("file", "parent_id"),
    ("media", "parent_id"),
)
"""Names to try for the file's part and for the gallery (PS E32: the first INFERRED from v3, the others guesses)."""


@dataclass(frozen=True, slots=True)
class Upload:
    """How an upload ended: the new file's id, empty where it was refused, which `said` shows; `form` names the parameters
    that were taken; `told` whether the reply named the file."""

    sample: Sample
    said: Said
    media_id: str = ""
    form: str = ""
    told: bool = False


@dataclass(slots=True)
class Bench:
    """What was learnt by working, kept for the length of a probe."""

    files: dict[MediaType, str] = field(default_factory=dict)
    appeared: dict[str, tuple[float, float | None]] = field(default_factory=dict)
    patch_form: str = FORMS[0]
    upload_form: tuple[str, str] = UPLOAD_FORMS[0]
