"""Write IPTC, XMP and Exif into freshly made sample files with ExifTool, independently of the product's own reader.

One ExifTool call writes a whole folder from one JSON file, so values never pass through a command line. IIM texts are cut
at a character border to the byte limit of their dataset, as careful photo software does.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EXIFTOOL_OF_TOOLS = ROOT / ".tools" / "node_modules" / "exiftool-vendored.pl" / "bin" / "exiftool"

Text = str | Sequence[str] | Mapping[str, str] | int
Tags = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Home:
    """Where a field lives in a file: XMP tag, IIM tag with its limit in bytes, Exif tag."""

    xmp: str
    iim: str = ""
    limit: int = 0
    exif: str = ""
    languages: bool = False


HOMES: Mapping[str, Home] = {
    "title": Home("XMP-dc:Title", "IPTC:ObjectName", 64, languages=True),
    "headline": Home("XMP-photoshop:Headline", "IPTC:Headline", 256),
    "description": Home("XMP-dc:Description", "IPTC:Caption-Abstract", 2000, "IFD0:ImageDescription", languages=True),
    "description_writer": Home("XMP-photoshop:CaptionWriter", "IPTC:Writer-Editor", 32),
    "keywords": Home("XMP-dc:Subject", "IPTC:Keywords", 64),
    "creator": Home("XMP-dc:Creator", "IPTC:By-line", 32, "IFD0:Artist"),
    "creator_job_title": Home("XMP-photoshop:AuthorsPosition", "IPTC:By-lineTitle", 32),
    "credit": Home("XMP-photoshop:Credit", "IPTC:Credit", 32),
    "source": Home("XMP-photoshop:Source", "IPTC:Source", 32),
    "copyright_notice": Home("XMP-dc:Rights", "IPTC:CopyrightNotice", 128, "IFD0:Copyright", languages=True),
    "usage_terms": Home("XMP-xmpRights:UsageTerms", languages=True),
    "web_statement": Home("XMP-xmpRights:WebStatement"),
    "instructions": Home("XMP-photoshop:Instructions", "IPTC:SpecialInstructions", 256),
    "job_id": Home("XMP-photoshop:TransmissionReference", "IPTC:OriginalTransmissionReference", 32),
    "sublocation": Home("XMP-iptcCore:Location", "IPTC:Sub-location", 32),
    "city": Home("XMP-photoshop:City", "IPTC:City", 32),
    "state": Home("XMP-photoshop:State", "IPTC:Province-State", 32),
    "country": Home("XMP-photoshop:Country", "IPTC:Country-PrimaryLocationName", 64),
    "country_code": Home("XMP-iptcCore:CountryCode", "IPTC:Country-PrimaryLocationCode", 3),
    "rating": Home("XMP-xmp:Rating"),
}
HAS_IIM = frozenset({".jpg", ".tif", ".dng"})
HAS_EXIF = frozenset({".jpg", ".tif", ".dng"})


def exiftool() -> str:
    """The ExifTool to build samples with: the environment's, that of `.tools/`, the system's."""
    named = os.environ.get("DAMBRIDGE_EXIFTOOL")
    if named:
        return named
    if EXIFTOOL_OF_TOOLS.is_file():
        return str(EXIFTOOL_OF_TOOLS)
    found = shutil.which("exiftool")
    if found is None:
        raise SystemExit("no ExifTool: run `python scripts/setup_tools.py` first")
    return found


def tags_for(values: Mapping[str, Text], *, suffix: str, homes: Iterable[str], charset: str = "utf8") -> Tags:
    """ExifTool's JSON members for a file with `suffix`; `homes` of `xmp`, `iim`, `exif` limits where values go."""
    wanted = set(homes)
    tags: Tags = {}
    for name, value in values.items():
        if name == "date_created":
            tags |= _dates(str(value), wanted, suffix)
            continue
        home = HOMES[name]
        if "xmp" in wanted:
            tags |= _xmp(home, value)
        if "iim" in wanted and suffix in HAS_IIM and home.iim:
            tags[home.iim] = _cut(_default(value), home.limit, "latin-1" if charset == "latin1" else "utf-8")
        if "exif" in wanted and suffix in HAS_EXIF and home.exif:
            tags[home.exif] = _default(value)
    if charset == "utf8" and any(name.startswith("IPTC:") for name in tags):
        tags["IPTC:CodedCharacterSet"] = "UTF8"
    return tags


def _xmp(home: Home, value: Text) -> Tags:
    if home.languages:
        texts = value if isinstance(value, Mapping) else {"x-default": str(value)}
        return {f"{home.xmp}-{language}": text for language, text in texts.items()}
    return {home.xmp: list(value) if isinstance(value, list | tuple) else str(value)}


def _default(value: Text) -> str | list[str]:
    if isinstance(value, Mapping):
        return value["x-default"]
    return [str(it) for it in value] if isinstance(value, list | tuple) else str(value)


def _cut(value: str | list[str], limit: int, encoding: str) -> str | list[str]:
    if isinstance(value, list):
        return [str(_cut(it, limit, encoding)) for it in value]
    return value.encode(encoding, "replace")[:limit].decode(encoding, "ignore")


def _dates(iso: str, wanted: set[str], suffix: str) -> Tags:
    tags: Tags = {}
    day, _, time = iso.partition("T")
    if "xmp" in wanted:
        tags["XMP-photoshop:DateCreated"] = iso
    if "iim" in wanted and suffix in HAS_IIM:
        tags["IPTC:DateCreated"] = day.replace("-", ":")
        if len(time) > len("00:00:00"):
            tags["IPTC:TimeCreated"] = time
    if "exif" in wanted and suffix in HAS_EXIF and time:
        tags["ExifIFD:DateTimeOriginal"] = f"{day.replace('-', ':')} {time[:8]}"
        if time[8:]:
            tags["ExifIFD:OffsetTimeOriginal"] = time[8:]
    return tags


def embed(written: Mapping[Path, Tags], *, charset: str = "utf8") -> None:
    """Write the tags of each file in place. Raises `SystemExit` with ExifTool's words if one file was not written."""
    wanted = {path: tags for path, tags in written.items() if tags}
    if not wanted:
        return
    entries = [{"SourceFile": str(path), **tags} for path, tags in wanted.items()]
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder, "tags.json")
        sheet.write_text(json.dumps(entries, ensure_ascii=False), encoding="utf-8")
        names = Path(folder, "files.txt")
        names.write_text("\n".join(str(path) for path in wanted) + "\n", encoding="utf-8")
        encoding = ["-charset", "iptc=Latin1"] if charset == "latin1" else []
        command = [
            exiftool(),
            "-config",
            "",
            *encoding,
            f"-json={sheet}",
            "-overwrite_original",
            "-q",
            "-@",
            str(names),
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise SystemExit(f"ExifTool could not write the samples: {done.stderr.strip()[-600:]}")
