"""Read the metadata of a file, whatever its container; never raises for a broken file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a file says of itself. `problem` names what could not be read; what could is there all the same.

    `xmp`: keyed `prefix:name` with the canonical prefixes; values are text, a list of text (bag, seq), a mapping of
    language to text (lang-alt), or a mapping / list of mappings keyed `prefix:name` (structures).
    `iim`: keyed `record:dataset` such as `2:120`, each a list of texts in the order of the file.
    `exif`: `DateTimeOriginal`, `OffsetTimeOriginal`, `ImageDescription`, `Artist`, `Copyright`, as text.
    """

    container: str = ""
    xmp: dict[str, Any] = field(default_factory=dict)
    iim: dict[str, list[str]] = field(default_factory=dict)
    exif: dict[str, str] = field(default_factory=dict)
    problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the form that `/__sim__/state` shows."""
        body: dict[str, Any] = {"xmp": self.xmp, "iim": self.iim, "exif": self.exif}
        return body if self.problem is None else {**body, "problem": self.problem}


def read_embedded(source: Path | bytes) -> Embedded:
    """Read a file."""
    return Embedded()
