"""Which formats are read, which are written into, and which get their fields in a file beside them: one table.

Only what was measured to come out with the same picture, film or pages is written into. Camera raw is the only negative
that there is, so it is never touched; its fields go into an XMP side-car, as do those of every file that is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    """Where fields of a file of this format go."""

    INSIDE = "inside"
    SIDE_CAR = "side-car"


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """`names` are the words of `kinds.Kind.format`, `suffixes` those of file names. `old_block` says that an IPTC block (IIM)
    that stands in such a file is kept in step; `essence` says what is hashed to show that a copy is the same work."""

    title: str
    names: tuple[str, ...]
    suffixes: tuple[str, ...]
    place: Place = Place.SIDE_CAR
    old_block: bool = False
    essence: str = ""
    why: str = ""


_RAW = "A camera's raw file stays as it came."
_UNPROVEN = "Nobody has shown that writing leaves everything else as it was."
TABLE: tuple[Format, ...] = (
    Format(
        title="JPEG",
        names=("jpeg",),
        suffixes=("jpg", "jpeg", "jpe"),
        place=Place.INSIDE,
        old_block=True,
        essence="coded picture",
    ),
    Format(
        title="TIFF",
        names=("tiff",),
        suffixes=("tif", "tiff"),
        place=Place.INSIDE,
        old_block=True,
        essence="strips and tiles of all pages",
        why="BigTIFF, which ExifTool refuses, gets a side-car.",
    ),
    Format(
        title="PNG",
        names=("png",),
        suffixes=("png",),
        place=Place.INSIDE,
        old_block=True,
        essence="coded picture",
        why="An IPTC block is no part of the standard: one that stands there is kept in step, none is made.",
    ),
    Format(title="WebP", names=("webp",), suffixes=("webp",), place=Place.INSIDE, essence="coded picture"),
    Format(title="HEIC", names=("heif",), suffixes=("heic", "heif"), place=Place.INSIDE, essence="coded pictures"),
    Format(title="AVIF", names=("avif",), suffixes=("avif",), place=Place.INSIDE, essence="coded pictures"),
    Format(
        title="DNG", names=("dng",), suffixes=("dng",), place=Place.INSIDE, old_block=True, essence="raw picture data"
    ),
    Format(
        title="Photoshop (PSD, PSB)",
        names=("psd",),
        suffixes=("psd", "psb"),
        place=Place.INSIDE,
        old_block=True,
        essence="header, layers and picture",
    ),
    Format(
        title="PDF",
        names=("pdf",),
        suffixes=("pdf",),
        place=Place.INSIDE,
        essence="everything before the appended update",
    ),
    Format(title="MP4", names=("mp4",), suffixes=("mp4", "m4v"), place=Place.INSIDE, essence="streams"),
    Format(title="QuickTime (MOV)", names=("mov",), suffixes=("mov",), place=Place.INSIDE, essence="streams"),
    Format(
        title="Camera raw",
        names=(
            *("cr2", "cr3", "crw", "nef", "nrw", "arw", "sr2", "srf", "raf", "rw2", "orf", "pef", "3fr", "fff", "iiq"),
            *("mos", "erf", "kdc", "dcr", "mef", "rwl", "srw", "gpr", "mrw", "x3f"),
        ),
        suffixes=(),
        why=_RAW,
    ),
    Format(title="JPEG 2000", names=("jp2",), suffixes=("jp2",), why=_UNPROVEN),
    Format(title="GIF", names=("gif",), suffixes=("gif",), why=_UNPROVEN),
    Format(title="EPS", names=("eps",), suffixes=("eps",), why=_UNPROVEN),
    Format(
        title="Sound and other films",
        names=("m4a", "avi", "wav", "mp3", "flac", "ogg", "aiff", "matroska"),
        suffixes=(),
        why=_UNPROVEN,
    ),
    Format(title="XMP side-car", names=("xmp",), suffixes=("xmp",), why="It is written anew, never edited."),
)
BY_NAME: Mapping[str, Format] = {name: it for it in TABLE for name in it.names}
READABLE = frozenset(BY_NAME)
"""Formats that are handed to ExifTool. Its readers of rare formats have had dangerous bugs; archives, web pages and
whatever nobody knows are not shown to it."""
WRITABLE = frozenset(name for name, it in BY_NAME.items() if it.place is Place.INSIDE)
"""Formats that ExifTool was measured to write with everything else left as it was."""
