"""A site's Data Source Sync: it reads the file by itself and sets attributes as its own work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

SetValues = Callable[[str, dict[str, list[str]]], None]


def rows(file: Path) -> dict[str, tuple[str, dict[str, list[str]]]]:
    """Asset id to key and values, as any XML reader finds them; nothing where there is no file."""
    if not file.exists():
        return {}
    return {
        asset.attrib["id"]: (
            asset.attrib["key"],
            {one.attrib["name"]: [value.text or "" for value in one] for one in asset.findall("attribute")},
        )
        for asset in ET.parse(file).getroot().findall("asset")  # noqa: S314 - a file of this test
    }


def pull(file: Path, set_values: SetValues) -> int:
    """Set what the file says; answers for how many assets."""
    found = rows(file)
    for asset, (_, values) in found.items():
        set_values(asset, values)
    return len(found)
