"""Write attribute values into a copy of a file, as an export map does on download: XMP into JPEG and PNG."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from dambridge_sim.kit.embedded import containers
from dambridge_sim.kit.embedded.source import Source
from dambridge_sim.kit.embedded.xmp import RDF

_NAMESPACES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "pur": "http://prismstandard.org/namespaces/prismusagerights/2.1/",
}
_ALTERNATIVES: Final = frozenset({"dc:title", "dc:description", "dc:rights", "xmpRights:UsageTerms"})
_BAGS: Final = frozenset({"dc:subject", "Iptc4xmpCore:Scene", "Iptc4xmpCore:SubjectCode"})
_BEGIN, _END = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>', '<?xpacket end="w"?>'
_XMP_SIGNATURE: Final = b"http://ns.adobe.com/xap/1.0/\x00"
_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


def with_metadata(data: bytes, fields: Mapping[str, Sequence[str]]) -> bytes:
    """The file with `fields` in its XMP, where all else stays as it was; unchanged where the container is none of ours."""
    if not fields:
        return data
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data, _merged(_packet_in(data, containers.jpeg), fields))
    if data.startswith(_PNG_SIGNATURE):
        return _png(data, _merged(_packet_in(data, containers.png), fields))
    return data


def _packet_in(data: bytes, read: Callable[[Source], containers.Blocks]) -> bytes | None:
    try:
        return read(Source(data)).xmp
    except containers.BadContainerError:
        return None


def _merged(old: bytes | None, fields: Mapping[str, Sequence[str]]) -> bytes:
    """The packet of a file with `fields` in place of their namesakes; one of its own where the file has none that can be read."""
    made = packet(fields)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring((old or b"").strip(b"\x00 \r\n\t"), parser)
    except etree.XMLSyntaxError:
        return made.encode()
    rdf = next(root.iter(f"{{{RDF}}}RDF"), None)
    added = next(etree.fromstring(made).iter(f"{{{RDF}}}Description"))
    if rdf is None:
        return made.encode()
    for description in rdf.findall(f"{{{RDF}}}Description"):
        for name in [child.tag for child in added]:
            description.attrib.pop(name, None)
            for child in description.findall(name):
                description.remove(child)
    rdf.append(added)
    return _BEGIN.encode() + etree.tostring(root, encoding="utf-8", with_tail=False) + _END.encode()


def packet(fields: Mapping[str, Sequence[str]]) -> str:
    """An XMP packet; unknown prefixes are left out."""
    used = {name.partition(":")[0] for name in fields} & set(_NAMESPACES)
    declared = " ".join(f'xmlns:{prefix}="{_NAMESPACES[prefix]}"' for prefix in sorted(used))
    body = "".join(_property(name, values) for name, values in fields.items() if name.partition(":")[0] in used)
    return (
        f'{_BEGIN}<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {declared}>{body}</rdf:Description></rdf:RDF></x:xmpmeta>{_END}'
    )


def _property(name: str, values: Sequence[str]) -> str:
    if name in _ALTERNATIVES:
        text = escape("; ".join(values))
        return f'<{name}><rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt></{name}>'
    if name in _BAGS or name == "dc:creator":
        kind = "Bag" if name in _BAGS else "Seq"
        items = "".join(f"<rdf:li>{escape(value)}</rdf:li>" for value in values)
        return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"
    return f"<{name}>{escape('; '.join(values))}</{name}>"


def _jpeg(data: bytes, xmp: bytes) -> bytes:
    payload = _XMP_SIGNATURE + xmp
    if len(payload) + 2 > 0xFFFF:
        return data
    segment = b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload
    kept, place = [data[:2], segment], 2
    while place + 4 <= len(data) and data[place] == 0xFF and data[place + 1] != 0xDA:
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if not (data[place + 1] == 0xE1 and data[place + 4 :].startswith(_XMP_SIGNATURE)):
            kept.append(data[place:end])
        place = end
    kept.append(data[place:])
    return b"".join(kept)


def _png(data: bytes, xmp: bytes) -> bytes:
    body = b"iTXtXML:com.adobe.xmp\x00\x00\x00\x00\x00" + xmp
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    first = place = len(_PNG_SIGNATURE) + 8 + int.from_bytes(data[8:12], "big") + 4
    kept = [data[:first], chunk]
    while place < len(data):
        end = place + 12 + int.from_bytes(data[place : place + 4], "big")
        if not data[place + 4 :].startswith(b"iTXtXML:com.adobe.xmp\x00"):
            kept.append(data[place:end])
        place = end
    return b"".join(kept)
