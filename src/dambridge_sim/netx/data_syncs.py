"""Data Source Sync (section 13.4): the site pulls metadata out of XML files, as its `syncedMetadata.xml` tells it.

`metadatasync`, `sync` with its three types and `source` are the manual's words (CONFIRMED); how rows, links and maps are
spelt is INFERRED, and databases are left out: `<source type="xml" path=".." row="record"/>` or `url=".."`,
`<link source="guid" attribute="Record Id"/>`, `<map source="caption" attribute="Caption"/>`.
"""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from lxml import etree

TYPES: Final = ("scalar", "multivalue", "valuelookup")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_PATIENCE_S: Final = 5
Row = Mapping[str, Sequence[str]]


class BadSyncError(ValueError):
    """A configuration that cannot be, or a source that cannot be read; the text names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """One task: `links` and `maps` are pairs of a source's field and an attribute's name."""

    name: str
    type: str
    path: str
    url: str
    row: str
    links: tuple[tuple[str, str], ...]
    maps: tuple[tuple[str, str], ...]


def read_syncs(text: str) -> tuple[Sync, ...]:
    """Read a `metadatasync` document. Raises `BadSyncError`."""
    return tuple(_sync(one, number) for number, one in enumerate(_parsed(text.encode(), "data_source_sync"), start=1))


def _parsed(data: bytes, what: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        return etree.fromstring(data.strip(), parser)
    except etree.XMLSyntaxError as error:
        raise BadSyncError(f"{what}: not well-formed XML: {error}") from error


def _sync(element: etree._Element, number: int) -> Sync:
    name, kind = element.get("name") or f"sync {number}", element.get("type", "")
    source = element.find("source")
    if kind not in TYPES:
        raise BadSyncError(f"data_source_sync, {name}: type {kind!r} is none of {', '.join(TYPES)}")
    if source is None or source.get("type") != "xml" or (source.get("path") is None) == (source.get("url") is None):
        raise BadSyncError(f'data_source_sync, {name}: give <source type="xml"> with a path or a url')
    if source.get("url") and urlsplit(source.get("url", "")).hostname not in _LOOPBACK:
        raise BadSyncError(f"data_source_sync, {name}: the url must be on this machine")
    found = Sync(
        name=name,
        type=kind,
        path=source.get("path", ""),
        url=source.get("url", ""),
        row=source.get("row", "row"),
        links=_pairs(element, "link"),
        maps=_pairs(element, "map"),
    )
    if not found.maps or (kind != "multivalue" and not found.links):
        raise BadSyncError(f"data_source_sync, {name}: needs {'a map' if kind == 'multivalue' else 'a link and a map'}")
    return found


def _pairs(element: etree._Element, tag: str) -> tuple[tuple[str, str], ...]:
    return tuple((one.get("source", ""), one.get("attribute", "")) for one in element.iterfind(tag))


def read_rows(sync: Sync) -> list[dict[str, list[str]]]:
    """Fetch a source: each row's fields, with several values where an element comes several times."""
    root = _parsed(_fetched(sync), sync.name)
    rows: list[dict[str, list[str]]] = []
    for element in root.iter(sync.row):
        fields: dict[str, list[str]] = {}
        for child in element:
            held = fields.setdefault(str(child.tag), [])
            if text := (child.text or "").strip():
                held.append(text)
        rows.append(fields)
    return rows


def _fetched(sync: Sync) -> bytes:
    try:
        if sync.path:
            return Path(sync.path).read_bytes()
        with urllib.request.urlopen(sync.url, timeout=_PATIENCE_S) as reply:  # noqa: S310 - checked to be on this machine
            data: bytes = reply.read()
            return data
    except OSError as error:
        raise BadSyncError(f"{sync.name}: the source cannot be read: {error}") from error
