"""Section 13.1: a webhook for each change, signed, in either shape."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from contract.sim.netx.conftest import Site

Received = Queue[tuple[str | None, bytes]]


@pytest.fixture
def receiver() -> Iterator[tuple[str, Received]]:
    """A receiver on this machine, and what came."""
    came: Received = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            came.put((self.headers["x-netx-signature"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook", came
        server.shutdown()
        thread.join(timeout=5)


def test_each_change_of_an_asset_is_told(site: Site, receiver: tuple[str, Received]) -> None:
    url, came = receiver
    site.control("POST", "webhooks", {"targets": [{"url": url, "events": ["asset.*"], "secret": "whisper"}]})
    events = []
    asset = site.imported(1)
    events.append(came.get(timeout=10))
    site.result("updateAsset", {"id": asset, "attributes": {"Title": ["x"]}}, None)
    events.append(came.get(timeout=10))
    site.switch(webhook_payload="flat")
    site.control("DELETE", f"assets/{asset}")
    events.append(came.get(timeout=10))
    for signature, body in events:
        assert signature == hmac.new(b"whisper", body, hashlib.sha256).hexdigest()
    told = [json.loads(body) for _, body in events]
    assert [one["event"] for one in told] == ["asset.create", "asset.update", "asset.delete"]
    assert (told[0]["data"], told[2]["assetId"]) == ({"asset": {"id": asset}}, asset)
    assert came.empty()
