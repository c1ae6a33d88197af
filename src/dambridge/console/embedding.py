"""What pages of other origins may fetch here: the panel's own file, whoever they are; search, where they are configured.

A browser asks beforehand, without the token. So the origin is held against the configuration here, and against the token where
the question itself is answered (`api.caller`). An answer to a page that is not named carries no word for it: its browser keeps
it from the page.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dambridge.console.headers import OF_PANEL

FILES = "/panel/"
SEARCH = "/api/v1/search"
_BEFOREHAND = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type",
    "Access-Control-Max-Age": "600",
}


class Embedding:
    """Adds the words that let a page of another origin read an answer."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        words = self._words(scope) if scope["type"] == "http" else {}
        if not words:
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                vary = headers.get("vary")
                headers.update(words)
                headers["Vary"] = f"{vary}, Origin" if vary else "Origin"
            await send(message)

        if scope["method"] == "OPTIONS":
            await told({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._app(scope, receive, told)

    def _words(self, scope: Scope) -> dict[str, str]:
        path, given = str(scope["path"]), Headers(scope=scope)
        if path.startswith(FILES):
            return {
                "Access-Control-Allow-Origin": "*",
                "Cross-Origin-Resource-Policy": "cross-origin",
                "Cache-Control": OF_PANEL,
            }
        origin = given.get("origin", "")
        if origin not in self._origins or not (path == SEARCH or path.startswith(f"{SEARCH}/")):
            return {}
        asks_first = scope["method"] == "OPTIONS" and "access-control-request-method" in given
        return {"Access-Control-Allow-Origin": origin, **(_BEFOREHAND if asks_first else {})}
