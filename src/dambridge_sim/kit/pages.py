"""Pages for people at `/`: the library as thumbnails, one asset with all that is known of it, the last calls."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.clock import to_datetime
from dambridge_sim.kit.simulator import Simulator, blob_of
from dambridge_sim.kit.vendor import Card

_PER_PAGE = 48
_LAST_CALLS = 200
_SIZES = (96, 320, 1024)


class Pages:
    """The pages of one simulator, rendered on the server."""

    def __init__(self, simulator: Simulator) -> None:
        """Show `simulator`."""
        self._sim, self._world = simulator, simulator.world
        self._templates = Environment(loader=PackageLoader("dambridge_sim.kit"), autoescape=True, trim_blocks=True)
        self._templates.filters["size"] = _size

    def routes(self) -> list[Route]:
        """Return the routes: the page, and the pictures in it."""
        return [Route("/", self.page), Route("/__sim__/thumb/{id}", self.picture)]

    async def page(self, request: Request) -> Response:
        """`GET /`, `/?page=2`, `/?asset=ID`, `/?calls=1`."""
        if identifier := request.query_params.get("asset"):
            return self._asset(identifier)
        if "calls" in request.query_params:
            return self._calls()
        number = request.query_params.get("page", "1")
        return self._library(int(number) if number.isdecimal() and int(number) > 0 else 1)

    async def picture(self, request: Request) -> Response:
        """`GET /__sim__/thumb/{id}?w=320`: a JPEG, or a drawn card that names the kind of file."""
        wanted = request.query_params.get("w", "320")
        width = next((size for size in _SIZES if wanted.isdecimal() and size >= int(wanted)), _SIZES[-1])
        blob = self.blob(request.path_params["id"])
        made = None if blob is None else self._world.blobs.thumbnail(blob, width)
        headers = {"cache-control": "max-age=60"}
        if made is not None:
            return Response(made, media_type="image/jpeg", headers=headers)
        media_type = "no file" if blob is None else self._world.blobs.info(blob).media_type
        family, _, kind = media_type.rpartition("/")
        label = kind.removeprefix("x-").removeprefix("vnd.").upper()[:14]
        label = f"{label} {family}" if family in ("audio", "video") else label
        return Response(_CARD.format(label=label), media_type="image/svg+xml", headers=headers)

    def blob(self, identifier: str) -> Blob | None:
        """Return the file of an asset."""
        document = self._world.documents.get(self._sim.vendor.asset_kind, identifier)
        return None if document is None else blob_of(document)

    def _library(self, number: int) -> Response:
        vendor, documents = self._sim.vendor, self._world.documents
        total = documents.total(vendor.asset_kind, vendor.page_order)
        ids = documents.page(vendor.asset_kind, vendor.page_order, (number - 1) * _PER_PAGE, _PER_PAGE)
        tiles = [
            (vendor.card(identifier, document), self._seen_by(document))
            for identifier in ids
            if (document := documents.get(vendor.asset_kind, identifier)) is not None
        ]
        last = max(1, -(-total // _PER_PAGE))
        return self._show("library.html", tiles=tiles, total=total, number=number, last=last)

    def _asset(self, identifier: str) -> Response:
        vendor, documents = self._sim.vendor, self._world.documents
        document = documents.get(vendor.asset_kind, identifier)
        gone = document is None
        if document is None:
            document = documents.before(vendor.asset_kind, identifier)
        if document is None:
            return self._show("missing.html", status=404, identifier=identifier)
        card, blob = vendor.card(identifier, document), blob_of(document)
        embedded = None if blob is None else self._world.blobs.embedded(blob)
        exposed = [each for each in self._world.exposure.lines() if each["id"] == identifier]
        return self._show(
            "asset.html",
            card=card,
            gone=gone,
            blob=blob,
            info=None if blob is None else self._world.blobs.info(blob),
            seen_by=[] if gone else self._seen_by(document),
            intervals=exposed[0]["intervals"] if exposed else [],
            sections={name: _plain(rows) for name, rows in _sections(card).items()},
            embedded={}
            if embedded is None
            else {k: _plain(v) for k, v in embedded.to_json().items() if isinstance(v, dict)},
            problem=None if embedded is None else embedded.problem,
            history=self._world.history.of(identifier),
        )

    def _calls(self) -> Response:
        journal = self._world.journal
        return self._show(
            "calls.html", calls=journal.lines(max(0, len(journal) - _LAST_CALLS))[::-1], total=len(journal)
        )

    def _seen_by(self, document: dict[str, Any]) -> list[str]:
        return self._sim.vendor.who_can_see(document, self._world.clock.now_ms()).names()

    def _show(self, template: str, status: int = 200, **values: Any) -> Response:
        now = to_datetime(self._world.clock.now_ms()).strftime("%d %b %Y, %H:%M:%S UTC")
        made = self._templates.get_template(template).render(
            title=self._sim.vendor.title, now=now, frozen=self._world.clock.frozen, strict=self._world.strict, **values
        )
        return HTMLResponse(made, status_code=status)


def _sections(card: Card) -> Mapping[str, Mapping[str, Any]]:
    return {name: rows for name, rows in card.sections.items() if rows}


def _plain(rows: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return names and values as text; empty values are left out."""
    return [(name, text) for name, value in rows.items() if (text := _text(value))]


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return "; ".join(_text(each) for each in value)
    if isinstance(value, Mapping) and set(value) == {"x-default"}:
        return _text(value["x-default"])
    return json.dumps(value, ensure_ascii=False)


def _size(count: int) -> str:
    amount, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "bytes" or amount >= 100 else f"{amount:.1f} {unit}"


_CARD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 240"><rect width="320" height="240" fill="#e8e6e1"/>'
    '<path d="M124 60h52l20 20v80h-72z" fill="#fff" stroke="#b8b4ab" stroke-width="2"/>'
    '<text x="160" y="196" text-anchor="middle" font-family="sans-serif" font-size="18" fill="#6b665c">{label}</text></svg>'
)
