"""dambridge at work between both systems, with somebody's token in hand, for what stands beside it: panels and the extension."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from support.commands import dambridge, finish, start, wait_for
from support.pictures import picture
from support.publishing import OVERRIDES, Portal
from support.publishing import portal as both_systems
from support.world import merged

SETTINGS: dict[str, Any] = {
    "gate": {"channels": {"portal": {}}, "territories": {"DACH": ["DE", "AT", "CH"]}, "zone": "UTC"},
    "search": {"status": "edit_status"},
    "engine": {"poll_every": "PT10M"},
    "flows": {
        "publish": {
            "from": "archive",
            "status": "edit_status",
            "select": {"folders": ["Press", "Press/**"]},
            "outlets": {
                "press": {
                    "account": "agency",
                    "gallery": "Partners/Press",
                    "channel": "portal",
                    "territory": "DE",
                    "audience": "partners",
                    "orders": True,
                }
            },
            "fields": ["title", "description", "headline", "credit", "copyright_notice"],
        }
    },
}
EMBARGO = "2031-03-01"
BEACON, SHUT_BEACON, HARBOUR = "Beacon at noon", "Beacon in a storm", "Harbour at dusk"
"""What may be brought over, and what may not be shown yet; a picture of it stands in PhotoShelter."""
LONG = "2026_11_riverbend_harbour_authority_anniversary_fireworks_north_pier_version_07_final_retouched " * 2


def free_port() -> int:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return int(it.getsockname()[1])


@dataclass(slots=True)
class Beside:
    """`address` is dambridge's; `looked_at` is a picture in PhotoShelter, `unnamed` a cleared master in no folder that the
    outlet's selection names."""

    portal: Portal
    address: str
    page: CustomersPage
    token: str = ""
    looked_at: str = ""
    unnamed: str = ""

    def brought(self) -> list[str]:
        """Names of what stands in the outlet's gallery, by the simulator itself."""
        return [it["file_name"] for it in self.portal.in_gallery()]

    def ordered(self) -> list[dict[str, Any]]:
        """What stands by somebody's order, as the API tells it."""
        found: list[dict[str, Any]] = self._called("GET", "/ordered")["orders"]
        return found

    def take_back(self, master: str) -> None:
        """By the API, in the name of whoever's token it is; gives back when it is gone."""
        wish = {"asset": f"archive:{master}", "outlet": "press"}
        order = self._called("POST", "/ordered/take-back", wish)["order"]
        told = self._called("GET", f"/search/orders/{order}")
        while told["state"] in {"queued", "running"}:
            time.sleep(0.1)
            told = self._called("GET", f"/search/orders/{order}")
        assert told["words"] == "It was taken back.", told

    def _called(self, method: str, path: str, wish: Any = None) -> Any:
        head = {"authorization": f"Bearer {self.token}"}
        answer = httpx2.request(method, f"{self.address}/api/v1{path}", json=wish, headers=head)
        assert answer.status_code < 300, answer.text
        return answer.json()


@dataclass(slots=True)
class CustomersPage:
    """A customer's own page on an origin of its own, with a strict policy, and its server, which asks for the panel's tokens.

    `answers` are given out first, one each; a status is told instead of a token."""

    port: int
    bridge: str
    token: str = ""
    wish: Mapping[str, Any] = field(default_factory=dict)
    answers: list[Any] = field(default_factory=list)
    asked: int = 0

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[Route("/", self._shown), Route("/panel-token", self._given), Route("/with-a-box", self._box)]
        )

    async def _box(self, request: Request) -> Response:
        """A page that has a search box, which the simulator's has not."""
        text = (
            '<!doctype html><title>Portal</title><form role="search"><label>Find <input type="search"></label></form>'
        )
        text += "<script>document.forms[0].addEventListener('submit', (it) => it.preventDefault())</script>"
        return HTMLResponse(text)

    async def _shown(self, request: Request) -> Response:
        policy = f"default-src 'none'; script-src {self.bridge}; connect-src 'self' {self.bridge}; img-src data:"
        scheme = request.query_params.get("scheme", "")
        text = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>Intranet</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<script type="module" src="{self.bridge}/panel/dambridge-panel.js"></script></head>'
            f'<body><main><h1>Our intranet</h1><dambridge-panel token-from="/panel-token"'
            f"{f' scheme={scheme}' if scheme else ''}></dambridge-panel></main></body></html>"
        )
        return HTMLResponse(text, headers={"Content-Security-Policy": policy})

    async def _given(self, request: Request) -> Response:
        self.asked += 1
        first = self.answers.pop(0) if self.answers else None
        if isinstance(first, int):
            return Response(status_code=first)
        if first is not None:
            return JSONResponse(first)
        wish = {"origins": [self.origin], "orders": True, **self.wish}
        async with httpx2.AsyncClient(base_url=self.bridge) as client:
            head = {"authorization": f"Bearer {self.token}"}
            answer = await client.post("/api/v1/panel-tokens", json=wish, headers=head)
        return JSONResponse(answer.json(), status_code=answer.status_code)


@contextmanager
def beside(folder: Path) -> Iterator[Beside]:
    """Both systems, an outlet that is agreed, `dambridge serve`, and a librarian with a token."""
    port, other = free_port(), free_port()
    with both_systems(folder) as portal:
        page = CustomersPage(other, f"http://127.0.0.1:{port}")
        console = {"console": {"port": port, "panel_origins": [page.origin, "https://intranet.example"]}}
        portal.pair.overrides = merged(merged(OVERRIDES, SETTINGS), console)
        it = Beside(portal, page.bridge, page)
        portal.gallery("Partners/Press", visibility="permission")
        config = portal.pair.config
        said(config, "outlets", "agree", "press", "--by", "Ada")
        process = start(config, "serve")
        try:
            added = said(config, "users", "add", "Ada", "--role", "librarian", "--by", "test")
            wait_for(lambda: _answers(it.address), about="the console answers", seconds=40)
            it.token = page.token = _token(it.address, added["password"])
            wait_for(lambda: _has_run(it), about="the first round is over")
            _filled(it)  # so that nothing brings it over before somebody asks for it
            said(config, "search", "--rebuild")
            yield it
        finally:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(Exception):
                finish(process, begun=0, timeout=30)


def said(config: Path, *order: str) -> Any:
    done = dambridge(config, *order)
    assert done.code == 0, done.out + done.err
    return done.json


def _has_run(it: Beside) -> bool:
    head = {"authorization": f"Bearer {it.token}"}
    runs = httpx2.get(f"{it.address}/api/v1/runs?flow=publish", headers=head).json()["runs"]
    return bool(runs) and all(one["ended_at"] for one in runs)


def _filled(it: Beside) -> None:
    """What stands outside of the selection may be asked for, and stays where it is whatever a run brings."""
    portal = it.portal
    portal.master(1, "Coast", Title="Lighthouse at dawn", Lifecycle_Status="approved")
    portal.master(2, "Coast", Title="Lighthouse by night", Lifecycle_Status="approved", Embargo_Date=EMBARGO)
    portal.master(3, "Coast", Title="Ferry in the fog", Lifecycle_Status="draft")
    portal.master(4, Title=BEACON, Lifecycle_Status="approved")
    portal.master(5, Title=SHUT_BEACON, Lifecycle_Status="approved", Embargo_Date=EMBARGO)
    portal.master(6, "Coast", Title=f"Panorama {LONG}", Lifecycle_Status="approved")
    it.unnamed = portal.master(8, "Campaigns/Spring", Title=HARBOUR, Lifecycle_Status="approved")
    iptc = {"title": "Beacon"}
    it.looked_at = portal.pair.submit(picture(7), file_name="IMG_0007.jpg", containers=["Desk"], iptc=iptc)


def _answers(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/sign-in").status_code == 200
    except httpx2.HTTPError:
        return False


def _token(address: str, password: str) -> str:
    """Made under her name in the console, as a person does."""
    with httpx2.Client(base_url=address) as client:
        client.post("/sign-in", data={"name": "ada", "password": password})
        csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', client.get("/me").text)
        assert csrf is not None
        made = client.post("/me/tokens", data={"csrf": csrf[1], "name": "beside", "role": "librarian", "days": "5"})
        found = re.search(r'class="secret">([^<]+)<', made.text)
        assert found is not None, made.text
        return found[1]


def server_of(page: CustomersPage) -> uvicorn.Server:
    """The customer's server, not begun yet."""
    return uvicorn.Server(uvicorn.Config(page.app, host="127.0.0.1", port=page.port, log_level="error", lifespan="off"))
