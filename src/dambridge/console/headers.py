"""What every answer says to the browser: run only our own files, tell other sites nothing, keep nothing of a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dambridge.console.guarding import Stop

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)
LARGEST_BODY = 1024 * 1024
LARGEST_FILE = 32 * 1024 * 1024
"""What a published vocabulary comes to, several times over."""
FILES = frozenset({("POST", "/vocabularies"), ("PUT", "/api/v1/vocabularies")})
"""Where files are taken, and below that."""
OF_FILES = "public, max-age=31536000, immutable"
OF_PAGES = "no-store"
OF_PANEL = "public, max-age=3600"
"""Its address stays the same from release to release."""


class Headers:
    """Adds them to whatever is answered, errors included."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        static = str(scope["path"]).startswith("/static/")

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                good = int(message["status"]) < 400
                headers.setdefault("Cache-Control", OF_FILES if static and good else OF_PAGES)
                if self._secure:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self._app(scope, receive, told)


class Bounded:
    """Takes no body that is larger than any form or order of ours, and no file that is larger than any of ours is. What is
    small is read before anything looks at it; a file is passed on as it comes, and refused where it becomes too much."""

    def __init__(self, app: ASGIApp, *, most: int = LARGEST_BODY, file: int = LARGEST_FILE) -> None:
        self._app = app
        self._most = most
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self._app(scope, receive, send)
            return
        of_file = _takes_files(scope)
        most = self._file if of_file else self._most
        if _announced(scope) > most:
            await _too_large(scope, send, most)
        elif of_file:
            await self._app(scope, _counted(receive, most), send)
        else:
            await self._read_first(scope, receive, send)

    async def _read_first(self, scope: Scope, receive: Receive, send: Send) -> None:
        pieces: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            pieces.append(message.get("body", b""))
            size, more = size + len(pieces[-1]), message.get("more_body", False)
            if size > self._most:
                await _too_large(scope, send, self._most)
                return
        whole: list[Message] = [{"type": "http.request", "body": b"".join(pieces), "more_body": False}]

        async def again() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, again, send)


def _takes_files(scope: Scope) -> bool:
    path = str(scope["path"])
    return any(scope["method"] == method and (path == it or path.startswith(f"{it}/")) for method, it in FILES)


def _announced(scope: Scope) -> int:
    """How much it says that it brings; 0 where it does not say."""
    given = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(given) if given.isdigit() else 0


def _counted(receive: Receive, most: int) -> Receive:
    """The same messages until there are too many bytes, which raises `Stop`."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > most:
            raise Stop(413, _larger(most))
        return message

    return counted


def _larger(most: int) -> str:
    if most == LARGEST_BODY:
        return "That is more than a form or an order of ours holds."
    return f"A file of at most {most // 1024**2} MB is taken here."


async def _too_large(scope: Scope, send: Send, most: int) -> None:
    """Said by hand: nothing behind this is asked any more."""
    says = _larger(most)
    if not str(scope["path"]).startswith("/api/"):
        await _plain(send, 413, says.encode())
        return
    problem = {"title": HTTPStatus(413).phrase, "status": 413, "detail": says}
    head = [(b"content-type", b"application/problem+json")]
    await send({"type": "http.response.start", "status": 413, "headers": head})
    await send({"type": "http.response.body", "body": json.dumps(problem).encode()})


async def _plain(send: Send, status: int, says: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": says})


class KnownHosts:
    """Refuses requests for a host that is not ours: a page elsewhere that has its name point here gets nothing."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str]) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _host_of(scope) not in self._hosts:
            says = b"This console does not answer under that name. Its `console.address` says under which it does."
            await _plain(send, 421, says)
            return
        await self._app(scope, receive, send)


def _host_of(scope: Scope) -> str:
    given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    return given.rsplit(":", 1)[0] if not given.endswith("]") else given
