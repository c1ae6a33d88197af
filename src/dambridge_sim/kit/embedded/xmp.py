"""XMP: an RDF packet to `prefix:name` values. Namespaces decide; whatever prefix a file uses for them does not matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML = "http://www.w3.org/XML/1998/namespace"
PREFIXES: Mapping[str, str] = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://xmp.gettyimages.com/gift/1.0/": "GettyImagesGIFT",
    "http://ns.adobe.com/xap/1.0/": "xmp",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://ns.adobe.com/xap/1.0/mm/": "xmpMM",
    "http://ns.adobe.com/xmp/note/": "xmpNote",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://iptc.org/std/Iptc4xmpExt/2008-02-29/": "Iptc4xmpExt",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
    "http://prismstandard.org/namespaces/basic/2.0/": "prism",
    "http://prismstandard.org/namespaces/prismusagerights/2.1/": "pur",
    "http://creativecommons.org/ns#": "cc",
    "http://ns.adobe.com/exif/1.0/": "exif",
    "http://ns.adobe.com/tiff/1.0/": "tiff",
    "http://ns.adobe.com/pdf/1.3/": "pdf",
}
_DEEPEST = 12


class BadXmpError(ValueError):
    """A packet that is not well-formed."""


def parse_xmp(packet: bytes) -> dict[str, Any]:
    """Return the properties of a packet. Raises `BadXmpError`. No entity is expanded and nothing is fetched."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(packet.strip(b"\x00 \r\n\t"), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadXmpError(f"XMP is not well-formed: {error}") from error
    found: dict[str, Any] = {}
    for description in root.iter(f"{{{RDF}}}Description"):
        holder = description.getparent()
        if holder is not None and holder.tag != f"{{{RDF}}}RDF":
            continue  # a nested one is the value of a structure
        found.update(_members(description, 0))
    return found


def _members(element: etree._Element, depth: int) -> dict[str, Any]:
    """Return the properties of a description, written as attributes or as elements."""
    found: dict[str, Any] = {}
    for name, value in element.attrib.items():
        key = _key(str(name))
        if key is not None:
            found[key] = str(value)
    for child in element:
        if isinstance(child.tag, str) and (key := _key(child.tag)) is not None:
            found[key] = _value(child, depth + 1)
    return found


def _key(tag: str) -> str | None:
    """Return `prefix:name`, or None for what belongs to RDF and XML themselves."""
    namespace, _, name = tag.removeprefix("{").partition("}") if tag.startswith("{") else ("", "", tag)
    if namespace in ("", RDF, XML):
        return None
    return f"{PREFIXES.get(namespace, namespace)}:{name}"


def _value(element: etree._Element, depth: int) -> Any:
    """Return the value of a property or list item: text, list, languages, or a structure."""
    if depth > _DEEPEST:
        return ""
    resource = element.get(f"{{{RDF}}}resource")
    if resource is not None:
        return resource
    children = [child for child in element if isinstance(child.tag, str)]
    if children and children[0].tag in (f"{{{RDF}}}Bag", f"{{{RDF}}}Seq", f"{{{RDF}}}Alt"):
        return _array(children[0], depth)
    if children and children[0].tag == f"{{{RDF}}}Description":
        return _described(children[0], depth)
    if children or element.get(f"{{{RDF}}}parseType") == "Resource":
        return _described(element, depth)
    members = _members(element, depth)
    return members or (element.text or "")


def _described(element: etree._Element, depth: int) -> Any:
    """Return a structure; a value with qualifiers (`rdf:value`) is the value alone."""
    value = element.find(f"{{{RDF}}}value")
    return _value(value, depth + 1) if value is not None else _members(element, depth)


def _array(array: etree._Element, depth: int) -> Any:
    items = [child for child in array if child.tag == f"{{{RDF}}}li"]
    if array.tag == f"{{{RDF}}}Alt" and any(item.get(f"{{{XML}}}lang") for item in items):
        return {item.get(f"{{{XML}}}lang", "x-default"): item.text or "" for item in items}
    return [_value(item, depth + 1) for item in items]
