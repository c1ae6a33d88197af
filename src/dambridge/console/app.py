"""The application: every screen's routes, who may pass, and what is said where something goes wrong."""

from __future__ import annotations

from http import HTTPStatus
from importlib.resources import files
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from dambridge import __version__
from dambridge.console import api
from dambridge.console.desk import Desk
from dambridge.console.embedding import Embedding
from dambridge.console.guarding import NotSignedIn, Stop, sign_in_address
from dambridge.console.headers import HEADERS, Bounded, Headers, KnownHosts
from dambridge.console.pulse import over
from dambridge.console.rendering import page
from dambridge.console.screens import SCREENS
from dambridge.model.plans import PlanDamaged
from dambridge.ports.errors import NextMove

log = structlog.get_logger()
_SAYS = {
    404: "There is nothing here. It may have been renamed, or the address has a slip in it.",
    405: "This address is not asked that way.",
    422: "Something in this request cannot be read. Go back and try again.",
}
_HEADS = {409: "That cannot be done now"}
"""What a page is headed by, where the words of HTTP would be taken for ours: here a conflict is two edits of one field."""


def make_app(desk: Desk) -> FastAPI:
    """The console and the API over an open installation."""
    app = FastAPI(title="dambridge", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.desk = desk
    app.state.pulse = over(desk.ledger, desk.people, desk.flows)
    for router in SCREENS:
        app.include_router(router)
    app.include_router(api.router)
    app.add_api_route("/api/openapi.json", _document, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=str(files("dambridge.console") / "static")), name="static")
    app.mount("/panel", StaticFiles(directory=str(files("dambridge.console") / "panel")), name="panel")
    app.add_exception_handler(NotSignedIn, _sign_in)
    for kind in (Stop, NextMove, PlanDamaged, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, _told)
    app.add_middleware(Bounded)
    app.add_middleware(KnownHosts, hosts=_hosts(desk))
    app.add_middleware(Headers, secure=desk.options.is_secure)
    app.add_middleware(Embedding, origins=desk.options.panel_origins)
    return app


async def _document(request: Request) -> JSONResponse:
    """The API in OpenAPI's words; it says nothing of what is in here."""
    return JSONResponse(request.app.openapi())


def _hosts(desk: Desk) -> frozenset[str]:
    """The names under which it answers: this machine's, and the address that people type."""
    it = desk.options
    ours = {urlsplit(it.address).hostname or ""} if it.address else {it.host} if it.is_local else set()
    return frozenset({"127.0.0.1", "localhost", "[::1]", *ours})


async def _sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotSignedIn)  # noqa: S101 - registered for it alone
    if is_api(request):
        return _problem(401, "This needs a token: `Authorization: Bearer …`.")
    address = sign_in_address(error.back)
    if request.headers.get("hx-request"):  # a part of a page: the whole of it has to go
        return Response(status_code=200, headers={"HX-Redirect": address})
    return RedirectResponse(address, status_code=303)


async def _told(request: Request, error: Exception) -> Response:
    status, says = _meaning(error)
    if status >= 500:
        log.error("console.bug", path=request.url.path, why=f"{type(error).__name__}", exc_info=error)
    if is_api(request):
        return _problem(status, says)
    name = _HEADS.get(status, HTTPStatus(status).phrase)
    answer = page(request, "error.html", http_status=status, says=says, code=status, name=name)
    answer.headers.update(HEADERS)  # a fault is told outside of the middleware that adds them
    return answer


def _meaning(error: Exception) -> tuple[int, str]:
    """An HTTP status and a sentence; of a fault of ours nothing but that it is one."""
    match error:
        case Stop():
            return error.status, error.says
        case NextMove() | PlanDamaged():
            return 409, str(error)
        case HTTPException():
            return error.status_code, _SAYS.get(error.status_code, str(error.detail))
        case RequestValidationError():
            return 422, _SAYS[422]
    return 500, "A fault in dambridge itself. It is in the log; nothing was changed by this page."


def is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


def _problem(status: int, says: str) -> JSONResponse:
    """RFC 9457."""
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": says}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")
