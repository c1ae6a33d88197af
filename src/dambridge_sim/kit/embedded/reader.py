"""Read the metadata of a file, whatever its container; never raises for a broken file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dambridge_sim.kit.embedded import containers
from dambridge_sim.kit.embedded.containers import BadContainerError, Blocks
from dambridge_sim.kit.embedded.heif import BRANDS
from dambridge_sim.kit.embedded.iim import parse_iim
from dambridge_sim.kit.embedded.source import Source
from dambridge_sim.kit.embedded.xmp import BadXmpError, parse_xmp

_CONTAINERS: tuple[tuple[int, bytes, str, Callable[[Source], Blocks]], ...] = (
    (0, b"\xff\xd8", "jpeg", containers.jpeg),
    (0, b"II*\x00", "tiff", containers.tiff),
    (0, b"MM\x00*", "tiff", containers.tiff),
    (0, b"II+\x00", "tiff", containers.tiff),
    (0, b"MM\x00+", "tiff", containers.tiff),
    (0, b"\x89PNG\r\n\x1a\n", "png", containers.png),
    (8, b"WEBP", "webp", containers.webp),
    (0, b"8BPS", "psd", containers.psd),
    (0, b"%PDF-", "pdf", containers.pdf),
    *((4, b"ftyp" + brand, "heif", containers.heif) for brand in BRANDS),
    (4, b"ftyp", "mp4", containers.movie),
    (4, b"moov", "mov", containers.movie),
    (4, b"mdat", "mov", containers.movie),
    (4, b"wide", "mov", containers.movie),
)


@dataclass(frozen=True, slots=True)
class Embedded:
    """What a file says of itself. `problem` names what could not be read; what could is there all the same.

    `container`: `jpeg`, `tiff` (DNG too), `png`, `webp`, `heif` (HEIC, AVIF),
    `psd`, `pdf`, `mp4`, `mov`; empty when none of these.
    `xmp`: keyed `prefix:name` with the canonical prefixes; values are text, a list (bag, seq), a mapping of
    language to text (lang-alt), or a mapping keyed `prefix:name` (structure; also inside lists).
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


def read_embedded(origin: Path | bytes) -> Embedded:
    """Read a file, or the bytes of one."""
    with Source(origin) as source:
        head = source.at(0, 16)
        for place, magic, name, read in _CONTAINERS:
            if head[place : place + len(magic)] == magic:
                return _read(source, name, read)
    return Embedded()


def _read(source: Source, name: str, read: Callable[[Source], Blocks]) -> Embedded:
    try:
        blocks = read(source)
    except (BadContainerError, ValueError, IndexError, OverflowError) as error:
        return Embedded(name, problem=f"{name}: {error}")
    problems = [] if blocks.problem is None else [blocks.problem]
    xmp: dict[str, Any] = {}
    for packet in (blocks.xmp, *blocks.extended):
        try:
            xmp = {**(parse_xmp(packet) if packet else {}), **xmp}
        except BadXmpError as error:
            problems.append(str(error))
    iim, problem = parse_iim(blocks.iim) if blocks.iim else ({}, None)
    if problem:
        problems.append(problem)
    return Embedded(name, xmp, iim, blocks.exif, "; ".join(problems) or None)
