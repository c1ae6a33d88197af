"""IIIF (section 14, SINGLE): Presentation 2 manifests, and their images at Image API 2, level 1.

Who may fetch them is not known: here whoever may fetch from `/file/` (INFERRED).
"""

from __future__ import annotations

import io
import re
from typing import Any, Final

from PIL import Image, UnidentifiedImageError

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.netx.attributes import rendered
from dambridge_sim.netx.errors import Refusal
from dambridge_sim.netx.files import NOT_FOUND, Files
from dambridge_sim.netx.library import Library
from dambridge_sim.netx.records import Asset

_CONTEXT: Final = "http://iiif.io/api/presentation/2/context.json"
_IMAGE_CONTEXT: Final = "http://iiif.io/api/image/2/context.json"
_LEVEL: Final = "http://iiif.io/api/image/2/level1.json"
_NAME: Final = re.compile(r"(\d+)-[0-9a-f]{8}\.jpg")
_REGION: Final = re.compile(r"(\d+),(\d+),(\d+),(\d+)")
_SIZE: Final = re.compile(r"(\d*),(\d*)")
_LARGEST: Final = 10_000


class Iiif:
    """Handlers of `/iiif/...` and `/cantaloupe/...`."""

    def __init__(self, library: Library, files: Files) -> None:
        self._library = library
        self._files = files

    async def manifest(self, call: Call) -> Reply:
        """`GET /iiif/manifest/asset/{id}`: one canvas with one image, and the attributes as metadata."""
        self._there(call)
        user, asset = self._files.shown(call)
        if asset.file.width is None or asset.file.height is None:
            raise _missing(f"asset {asset.id} is no image")
        base = f"{self._library.world.url}/iiif/manifest/asset/{asset.id}"
        attributes = rendered(self._library.access.attributes(user), asset.attributes)
        metadata = [{"label": name, "value": ", ".join(values)} for name, values in attributes.items() if values]
        canvas = self._canvas(asset, base)
        body = {
            "@context": _CONTEXT,
            "@id": base,
            "@type": "sc:Manifest",
            "label": asset.name,
            "metadata": metadata,
            "sequences": [{"@id": f"{base}/sequence/normal", "@type": "sc:Sequence", "canvases": [canvas]}],
        }
        return Reply.json(body, headers={"access-control-allow-origin": "*"})

    def _canvas(self, asset: Asset, base: str) -> dict[str, Any]:
        size = {"height": asset.file.height, "width": asset.file.width}
        service = f"{self._library.world.url}/cantaloupe/iiif/2/{image_name(asset)}"
        resource = {
            "@id": f"{service}/full/full/0/default.jpg",
            "@type": "dctypes:Image",
            "format": "image/jpeg",
            **size,
            "service": {"@context": _IMAGE_CONTEXT, "@id": service, "profile": _LEVEL},
        }
        canvas = f"{base}/canvas/canvas-0"
        image = {"@type": "oa:Annotation", "motivation": "sc:painting", "on": canvas, "resource": resource}
        return {"@id": canvas, "@type": "sc:Canvas", "label": asset.name, **size, "images": [image]}

    async def info(self, call: Call) -> Reply:
        """`GET /cantaloupe/iiif/2/{image}/info.json`."""
        asset = self._image(call)
        service = f"{self._library.world.url}/cantaloupe/iiif/2/{image_name(asset)}"
        size = {"width": asset.file.width, "height": asset.file.height}
        protocol = "http://iiif.io/api/image"
        return Reply.json(
            {"@context": _IMAGE_CONTEXT, "@id": service, "protocol": protocol, "profile": [_LEVEL], **size}
        )

    async def image(self, call: Call) -> Reply:
        """`GET /cantaloupe/iiif/2/{image}/{region}/{size}/{rotation}/{file}` as level 1 has it: no rotation, JPEG."""
        asset = self._image(call)
        if call.params["rotation"] != "0" or call.params["file"] != "default.jpg":
            raise Refusal(1000, "Level 1 knows rotation 0 and default.jpg", http_status=400)
        try:
            with Image.open(io.BytesIO(self._library.world.blobs.read(asset.file.blob))) as picture:
                region = picture.convert("RGB").crop(_box(call.params["region"], picture.size))
        except (UnidentifiedImageError, OSError, ValueError) as error:
            raise _missing(f"asset {asset.id} is no image") from error
        out = io.BytesIO()
        region.resize(_scaled(call.params["size"], region.size)).save(out, "JPEG", quality=85)
        return Reply.raw(out.getvalue(), "image/jpeg", headers={"access-control-allow-origin": "*"})

    def _image(self, call: Call) -> Asset:
        self._there(call)
        found = _NAME.fullmatch(call.params["image"])
        call.params["id"] = found[1] if found else "0"
        _, asset = self._files.shown(call)
        if call.params["image"] != image_name(asset) or asset.file.width is None:
            raise _missing(call.params["image"])
        return asset

    def _there(self, call: Call) -> None:
        if not self._library.switch("iiif"):
            raise _missing(call.path)


def image_name(asset: Asset) -> str:
    """`{id}-{opaque}.jpg`; the opaque part is another one for another file."""
    return f"{asset.id}-{asset.file.blob.sha256[:8]}.jpg"


def _box(region: str, size: tuple[int, int]) -> tuple[int, int, int, int]:
    if region == "full":
        return (0, 0, *size)
    found = _REGION.fullmatch(region)
    if found is None:
        raise Refusal(1000, "The region must be full or x,y,w,h", http_status=400)
    x, y, width, height = map(int, found.groups())
    if not width or not height or x >= size[0] or y >= size[1]:
        raise Refusal(1000, "The region lies outside the image", http_status=400)
    return x, y, min(x + width, size[0]), min(y + height, size[1])


def _scaled(wanted: str, size: tuple[int, int]) -> tuple[int, int]:
    if wanted in {"full", "max"}:
        return size
    found = _SIZE.fullmatch(wanted)
    width, height = (int(one or 0) for one in found.groups()) if found else (0, 0)
    if not (width or height) or max(width, height) > _LARGEST:
        raise Refusal(1000, "The size must be full, w, or ,h or w,h", http_status=400)
    if width and height:
        return width, height
    factor = width / size[0] if width else height / size[1]
    scaled = max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
    if max(scaled) > _LARGEST:
        raise Refusal(1000, f"A side has at most {_LARGEST} pixels", http_status=400)
    return scaled


def _missing(what: str) -> Refusal:
    return Refusal(1000, f"Not found: {what}", http_status=NOT_FOUND)
