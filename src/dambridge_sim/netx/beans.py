"""Objects as the older interfaces show them (section 15): x7's JSON beans, and the same as Java beans in XML."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from dambridge_sim.netx import constituents
from dambridge_sim.netx.attributes import rendered
from dambridge_sim.netx.folders import Folder
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.records import Asset
from dambridge_sim.netx.site import User

_PACKAGE: Final = "com.netxposure.products.imageportal"
_INT_LIMIT: Final = 2**31
_NO_XML: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
)  # what XML cannot say, Java's encoder spells out


def asset_bean(library: Library, user: User, asset: Asset) -> dict[str, Any]:
    """An asset of x7: attribute names and values in parallel; the members are SINGLE, their formats INFERRED."""
    shown = rendered(library.access.attributes(user), asset.attributes)
    kind, total = "page", 0
    if asset.file.media_type == "application/pdf" or asset.file.media_type.startswith("video/"):
        kind, total = constituents.count(library.world.blobs.read(asset.file.blob), asset.file.media_type)
    return {
        "assetId": asset.id,
        "name": asset.name,
        "file": asset.file_name,
        "attributeNames": list(shown),
        "attributeValues": [joined(values) for values in shown.values()],
        "creationdate": asset.created_ms,
        "moddate": asset.modified_ms,
        "filesize": asset.file.blob.size,
        "filetypelabel": asset.file_type.upper(),
        "filewidth": asset.file.width or 0,
        "fileheight": asset.file.height or 0,
        "thumbUrl": f"/file/asset/{asset.id}/thumb",
        "previewUrl": f"/file/asset/{asset.id}/preview",
        "categories": list(asset.folders),
        "viewIds": [view.id for view in asset.views],
        "viewNames": [view.name for view in asset.views],
        "constituentType": kind,
        "constituentIds": list(range(1, total + 1)),
        "repurposeAvailability": asset.file.width is not None,
    }


def joined(values: Sequence[str]) -> str:
    """Values as one text: a single one as it is, several as one line of CSV, each in quotes (SINGLE)."""
    if len(values) < 2:
        return "".join(values)
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="").writerow(values)
    return out.getvalue()


def category_bean(library: Library, folder: Folder) -> dict[str, Any]:
    """A folder of x7; `children` is how many there are (INFERRED)."""
    return {
        "categoryid": folder.id,
        "parentid": folder.parent or 0,
        "name": folder.name,
        "children": len(library.tree.children(folder.id)),
    }


# Java beans


def document(body: str) -> bytes:
    """A document as Java's XML encoder writes it."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<java class="java.beans.XMLDecoder">\n{body}\n</java>\n'.encode()


def java_object(name: str, members: Mapping[str, Any]) -> str:
    """One bean: `AssetBean`, say, and its properties."""
    voids = "".join(f"<void property={quoteattr(key)}>{_value(value)}</void>" for key, value in members.items())
    return f'<object class="{_PACKAGE}.{name}">{voids}</object>'


def java_array(name: str, objects: Sequence[str]) -> str:
    """A list of beans."""
    voids = "".join(f'<void index="{number}">{one}</void>' for number, one in enumerate(objects))
    return f'<array class="{_PACKAGE}.{name}" length="{len(objects)}">{voids}</array>'


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return f"<boolean>{str(value).lower()}</boolean>"
    if isinstance(value, int):
        return f"<int>{value}</int>" if abs(value) < _INT_LIMIT else f"<long>{value}</long>"
    if isinstance(value, list):
        kind = "int" if value and isinstance(value[0], int) else "java.lang.String"
        voids = "".join(f'<void index="{number}">{_value(one)}</void>' for number, one in enumerate(value))
        return f'<array class="{kind}" length="{len(value)}">{voids}</array>'
    return f"<string>{_NO_XML.sub(_spelt_out, escape(str(value)))}</string>"


def _spelt_out(found: re.Match[str]) -> str:
    return f'<char code="#{ord(found[0]):x}"/>'
