"""What stands in a file as libraries find it that are not ours and not ExifTool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pikepdf
import pillow_heif
import tifffile
from lxml import etree
from PIL import Image


def packet_of(path: Path, name: str) -> bytes:
    """The XMP packet as a library that is not ours, and not ExifTool, finds it in the file."""
    match path.suffix or Path(name).suffix:
        case ".pdf":
            with pikepdf.open(path) as document:
                return bytes(document.Root.Metadata.read_bytes())
        case ".heic":
            return bytes(pillow_heif.open_heif(path).info["xmp"])
        case ".tif" | ".dng":
            with tifffile.TiffFile(path) as tiff:
                return bytes(tiff.pages[0].tags["XMP"].value)  # type: ignore[union-attr]
        case ".psd" | ".mp4" | ".mov":
            data = path.read_bytes()
            start = data.index(b"<x:xmpmeta")
            assert data.count(b"<x:xmpmeta") == 1
            return data[start : data.index(b"</x:xmpmeta>") + 12]
    with Image.open(path) as picture:
        found = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp")
        return found.encode() if isinstance(found, str) else bytes(found or b"")


RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"


def says(packet: bytes) -> dict[str, Any]:
    """A minimal walk over RDF: local names to text, list or languages. Structures give their members by `struct.member`."""
    root = etree.fromstring(packet[packet.index(b"<x:xmpmeta") : packet.index(b"</x:xmpmeta>") + 12])
    found: dict[str, Any] = {}
    for description in root.iter(f"{RDF}Description"):
        if description.getparent().tag == f"{RDF}RDF":  # type: ignore[union-attr]
            for it in description:
                found |= _property(it, etree.QName(it).localname)
    return found


def _property(it: Any, name: str) -> dict[str, Any]:
    if it.get(f"{RDF}resource") is not None:
        return {name: it.get(f"{RDF}resource")}
    if it.get(f"{RDF}parseType") == "Resource":
        return {f"{name}.{etree.QName(one).localname}": one.text or "" for one in it}
    if len(it) == 0:
        return {name: it.text or ""}
    items = list(it[0])
    if it[0].tag == f"{RDF}Alt":
        return {name: {one.get("{http://www.w3.org/XML/1998/namespace}lang"): one.text or "" for one in items}}
    if items and items[0].get(f"{RDF}parseType") == "Resource":
        rows = [_members(one, name) for one in items]
        members = {member for row in rows for member in row}
        return {member: [row.get(member, "") for row in rows] for member in members}
    return {name: [one.text or "" for one in items]}


def _members(structure: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for it in structure:
        found |= _property(it, f"{name}.{etree.QName(it).localname}")
    return found
