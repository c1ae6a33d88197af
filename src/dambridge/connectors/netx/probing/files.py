"""Small files that `probe` imports into its scratch folder: made here, of no worth to anybody, each with bytes of its own."""

from __future__ import annotations

import base64
import struct
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

_GREY: Final = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6jq62rZ4C8ybqmx5mo"
    "q6T/wAALCAAIAAgBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAABf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVf/Z"
)
"""A grey picture of eight by eight pixels."""
_XMP: Final = b"http://ns.adobe.com/xap/1.0/\x00"
_NAMESPACES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
}
_ALTERNATIVES: Final = frozenset({"dc:title", "dc:description", "dc:rights", "xmpRights:UsageTerms"})
_LISTS: Final = {"dc:subject": "Bag", "dc:creator": "Seq"}

KEYWORDS: Final = "dc:subject"
MARKED: Final[Mapping[str, str]] = {
    name: f"dbp {name.partition(':')[2].lower()}"
    for name in (
        "dc:title",
        "dc:description",
        "dc:subject",
        "dc:creator",
        "dc:rights",
        "photoshop:AuthorsPosition",
        "photoshop:CaptionWriter",
        "photoshop:City",
        "photoshop:Country",
        "photoshop:Credit",
        "photoshop:Headline",
        "photoshop:Instructions",
        "photoshop:Source",
        "photoshop:State",
        "photoshop:TransmissionReference",
        "xmpRights:UsageTerms",
        "xmpRights:WebStatement",
        "Iptc4xmpCore:Location",
        "Iptc4xmpExt:Event",
        "plus:ImageSupplierImageID",
    )
} | {"photoshop:DateCreated": "1987-06-05"}
"""A value per embedded field that tells, wherever it turns up, which field it came from."""


def jpeg(comment: str, fields: Mapping[str, str] | None = None) -> bytes:
    """A picture whose bytes are its own by its comment, with these fields as XMP."""
    parts = [_segment(0xFE, comment.encode())]
    if fields:
        parts.insert(0, _segment(0xE1, _XMP + _packet(fields).encode()))
    return _GREY[:2] + b"".join(parts) + _GREY[2:]


def pdf(comment: str, fields: Mapping[str, str] | None = None) -> bytes:
    """A document of one empty page, with these fields as XMP."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R%s>>" % (b"/Metadata 4 0 R" if fields else b""),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>",
    ]
    if fields:
        packet = _packet(fields).encode()
        head = b"<</Type/Metadata/Subtype/XML/Length %d>>" % len(packet)
        objects.append(b"%s\nstream\n%s\nendstream" % (head, packet))
    body = b"%PDF-1.4\n%" + comment.encode() + b"\n"
    places = []
    for number, it in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj%s endobj\n" % (number, it)
    table = b"".join(b"%010d 00000 n \n" % it for it in places)
    size = len(objects) + 1
    return body + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (size, table, size, len(body))
    )


def wav(comment: str) -> bytes:
    """A sound of a hundredth of a second of silence."""
    samples = b"\x80" * 80
    note = comment.encode() + b"\x00" * (len(comment.encode()) % 2)
    chunks = (
        b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8),
        b"data" + struct.pack("<I", len(samples)) + samples,
        b"note" + struct.pack("<I", len(note)) + note,
    )
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _segment(kind: int, content: bytes) -> bytes:
    return bytes((0xFF, kind)) + struct.pack(">H", len(content) + 2) + content


def _packet(fields: Mapping[str, str]) -> str:
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NAMESPACES.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {declared}>{"".join(map(_property, fields, fields.values()))}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )


def _property(name: str, value: str) -> str:
    text = escape(value)
    if name in _ALTERNATIVES:
        text = f'<rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>'
    elif name in _LISTS:
        text = f"<rdf:{_LISTS[name]}><rdf:li>{text}</rdf:li></rdf:{_LISTS[name]}>"
    return f"<{name}>{text}</{name}>"
