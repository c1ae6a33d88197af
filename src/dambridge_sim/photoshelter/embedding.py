"""Write an IPTC record into a JPEG on its way out, as downloads with `download_image_embed` do (PS E28)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

_XMP: Final = b"http://ns.adobe.com/xap/1.0/\x00"
_XMP_MORE: Final = b"http://ns.adobe.com/xmp/extension/\x00"
_PHOTOSHOP: Final = b"Photoshop 3.0\x00"
_SEGMENT_LIMIT: Final = 65_500

_SIMPLE: Final = {
    "headline": "photoshop:Headline",
    "caption_writer": "photoshop:CaptionWriter",
    "position": "photoshop:AuthorsPosition",
    "credit": "photoshop:Credit",
    "source": "photoshop:Source",
    "instructions": "photoshop:Instructions",
    "urgency": "photoshop:Urgency",
    "category": "photoshop:Category",
    "city": "photoshop:City",
    "state": "photoshop:State",
    "country": "photoshop:Country",
    "country_iso": "Iptc4xmpCore:CountryCode",
    "location": "Iptc4xmpCore:Location",
    "trans_ref": "photoshop:TransmissionReference",
    "web_statement": "xmpRights:WebStatement",
    "genre": "Iptc4xmpCore:IntellectualGenre",
}
_GETTY: Final = ("Composition", "ImageRank", "Personality", "RoutingDestinations")
"""Custom fields that are embedded on download, as an exception (HC "Getty Images custom fields")."""

_LANGUAGE: Final = {
    "title": "dc:title",
    "caption": "dc:description",
    "copyright": "dc:rights",
    "rights": "xmpRights:UsageTerms",
}
_NAMESPACES: Final = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" '
    'xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/" '
    'xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" '
    'xmlns:GettyImagesGIFT="http://xmp.gettyimages.com/gift/1.0/"'
)


def getty_fields(custom: Mapping[str, str]) -> dict[str, str]:
    """Return the custom fields (by id to value) that are embedded: Getty's four, by whatever case and spacing."""
    wanted = {re.sub(r"[^a-z]", "", name.casefold()): value for name, value in custom.items()}
    return {tag: wanted[tag.casefold()] for tag in _GETTY if tag.casefold() in wanted}


def with_record(jpeg: bytes, record: Mapping[str, Any], getty: Mapping[str, str] | None = None) -> bytes:
    """Return the JPEG with `record` as its only XMP and without IIM; bytes that are no JPEG come back as they are."""
    if not jpeg.startswith(b"\xff\xd8"):
        return jpeg
    packet = _XMP + packet_of(record, getty or {})
    if len(packet) > _SEGMENT_LIMIT:
        return jpeg
    segment = b"\xff\xe1" + (len(packet) + 2).to_bytes(2, "big") + packet
    kept, rest = _without_metadata(jpeg)
    return b"\xff\xd8" + segment + kept + rest


def _without_metadata(jpeg: bytes) -> tuple[bytes, bytes]:
    """Return the segments before the picture that are neither XMP nor IIM, and everything from the picture on."""
    kept, place = bytearray(), 2
    while place + 4 <= len(jpeg) and jpeg[place] == 0xFF and jpeg[place + 1] not in (0xDA, 0xD9):
        end = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
        body = jpeg[place + 4 : end]
        if not body.startswith((_XMP, _XMP_MORE, _PHOTOSHOP)):
            kept += jpeg[place:end]
        place = end
    return bytes(kept), jpeg[place:]


def packet_of(record: Mapping[str, Any], getty: Mapping[str, str]) -> bytes:
    """Return an XMP packet that holds an IPTC record, and Getty's fields by their tags."""
    parts = [f"<{tag}>{escape(str(record[name]))}</{tag}>" for name, tag in _SIMPLE.items() if record.get(name)]
    parts += [f"<GettyImagesGIFT:{tag}>{escape(value)}</GettyImagesGIFT:{tag}>" for tag, value in getty.items()]
    for name, tag in _LANGUAGE.items():
        if record.get(name):
            item = f'<rdf:li xml:lang="x-default">{escape(str(record[name]))}</rdf:li>'
            parts.append(f"<{tag}><rdf:Alt>{item}</rdf:Alt></{tag}>")
    if keywords := record.get("keywords"):
        items = "".join(f"<rdf:li>{escape(word)}</rdf:li>" for word in keywords)
        parts.append(f"<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>")
    if author := record.get("author"):
        parts.append(f"<dc:creator><rdf:Seq><rdf:li>{escape(author)}</rdf:li></rdf:Seq></dc:creator>")
    text = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" {_NAMESPACES}>{"".join(parts)}</rdf:Description>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )
    return text.encode()
