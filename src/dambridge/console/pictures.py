"""Small pictures of assets, for those who may see them; where there is none, nothing covers the calm shape beneath."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from dambridge.console.desk import desk_of
from dambridge.console.guarding import Signed, signed
from dambridge.console.runs import key_of
from dambridge.ports.errors import NextMove

router = APIRouter(include_in_schema=False)
NOTHING = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
"""A picture in which nothing is seen."""
KEPT = "private, max-age=3600"


@router.get("/pictures/{side}/{asset:path}")
async def picture(
    request: Request, side: Annotated[int, Path(ge=1, le=1200)], asset: str, who: Annotated[Signed, Depends(signed)]
) -> Response:
    """The picture as bytes, and nothing else of the system's. Whoever may not see the asset gets what an asset without a picture
    gives; the port decides that."""
    pictures, key = desk_of(request).pictures, key_of(asset)
    if pictures is None:
        return _nothing(KEPT)
    try:
        found = await pictures.of(key, who.person.searcher, longest_side=side)
    except NextMove:
        return _nothing("no-store")
    if found is None:
        return _nothing(KEPT)
    return Response(found.data, media_type=found.content_type, headers={"Cache-Control": KEPT})


def _nothing(kept: str) -> Response:
    return Response(NOTHING, media_type="image/gif", headers={"Cache-Control": kept})
