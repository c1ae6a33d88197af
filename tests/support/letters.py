"""A server of ours that takes what is sent to people, in the form in which Apprise posts it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


@dataclass(slots=True)
class Post:
    """A server of ours that takes what is sent to people."""

    url: str = ""
    letters: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def post() -> Iterator[Post]:
    made = Post()

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            made.letters.append(json.loads(self.rfile.read(length)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Taker)
    made.url = f"json://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
