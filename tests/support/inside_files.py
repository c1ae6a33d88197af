"""Readers of what stands inside files that know nothing of ExifTool nor of the product: XMP packets and the old IPTC block."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pikepdf
import pillow_heif
import tifffile
from lxml import etree
from PIL import Image, IptcImagePlugin

RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
NAMESPACES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "pur": "http://prismstandard.org/namespaces/prismusagerights/2.1/",
}
_PREFIXES = {uri: prefix for prefix, uri in NAMESPACES.items()}


def packet(path: Path, kind: str) -> bytes:
    """The XMP packet as a library of that format, or a plain search, finds it; empty where there is none."""
    match kind:
        case "pdf":
            with pikepdf.open(path) as document:
                return bytes(document.Root.Metadata.read_bytes()) if "/Metadata" in document.Root else b""
        case "heic":
            return bytes(pillow_heif.open_heif(path).info.get("xmp") or b"")
        case "tif" | "dng":
            with tifffile.TiffFile(path) as tiff:
                found = tiff.pages[0].tags.get("XMP")  # type: ignore[union-attr]
                return bytes(found.value) if found is not None else b""
        case "psd" | "mp4" | "mov":
            data = path.read_bytes()
            start = data.find(b"<x:xmpmeta")
            return data[start : data.index(b"</x:xmpmeta>") + 12] if start >= 0 else b""
    with Image.open(path) as picture:
        inside = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or b""
        return inside.encode() if isinstance(inside, str) else bytes(inside)


def xmp(path: Path, kind: str) -> dict[str, Any]:
    """Properties by `prefix:name`: text, a list of texts, texts by language, or a list of structures."""
    found = packet(path, kind)
    if not found:
        return {}
    root = etree.fromstring(found[found.index(b"<x:xmpmeta") : found.index(b"</x:xmpmeta>") + 12])
    said: dict[str, Any] = {}
    for description in root.iterfind(f".//{RDF}RDF/{RDF}Description"):
        for it in description:
            name = etree.QName(it)
            said[f"{_PREFIXES.get(str(name.namespace), name.namespace)}:{name.localname}"] = _value(it)
    return said


def _value(it: Any) -> Any:
    if it.get(f"{RDF}resource") is not None:
        return it.get(f"{RDF}resource")
    if it.get(f"{RDF}parseType") == "Resource":
        return {etree.QName(one).localname: _value(one) for one in it}
    if len(it) == 0:
        return it.text or ""
    if it[0].tag == f"{RDF}Alt":
        return {one.get(LANG): one.text or "" for one in it[0]}
    return [_value(one) for one in it[0]]


def iim(path: Path, kind: str) -> dict[tuple[int, int], bytes]:
    """The old block's datasets; empty where the file has no such block."""
    if kind == "psd":
        return _datasets(_psd_block(path.read_bytes()))
    if kind == "dng":
        with tifffile.TiffFile(path) as tiff:
            found = tiff.pages[0].tags.get(33723)  # type: ignore[union-attr]
            return _datasets(bytes(found.value) if found is not None else b"")
    if kind not in {"jpg", "tif"}:
        return {}
    with Image.open(path) as picture:
        told = IptcImagePlugin.getiptcinfo(picture) or {}
        return {key: it[0] if isinstance(it, list) else it for key, it in told.items()}


def _psd_block(data: bytes) -> bytes:
    at = data.find(b"8BIM\x04\x04\x00\x00")
    return data[at + 12 : at + 12 + int.from_bytes(data[at + 8 : at + 12], "big")] if at >= 0 else b""


def _datasets(block: bytes) -> dict[tuple[int, int], bytes]:
    stream, found = io.BytesIO(block), {}
    while (head := stream.read(5))[:1] == b"\x1c":
        found[head[1], head[2]] = stream.read(int.from_bytes(head[3:5], "big"))
    return found
