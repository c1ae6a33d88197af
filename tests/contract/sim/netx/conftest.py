"""A simulated NetX site over a real socket, and a plain client that knows the wire alone."""

from __future__ import annotations

import http.client
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from dambridge_sim.kit.serving import Served, serve
from dambridge_sim.kit.simulator import Options
from dambridge_sim.netx import make_vendor

TOKEN = "nx-integration-token"


def jpeg(seed: int = 0, size: tuple[int, int] = (60, 40)) -> bytes:
    """A small picture; another seed makes other bytes."""
    out = io.BytesIO()
    Image.new("RGB", size, (seed % 256, seed // 256 % 256, 90)).save(out, "JPEG")
    return out.getvalue() + seed.to_bytes(4, "big")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Site:
    """One site and a connection to it."""

    served: Served
    token: str | None = TOKEN
    _lines: list[http.client.HTTPConnection] = field(default_factory=list)

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        if not self._lines:
            self._lines.append(http.client.HTTPConnection(urlsplit(self.served.url).netloc, timeout=20))
        line = self._lines[0]
        line.request(method, path, body, dict(headers or {}))
        reply = line.getresponse()
        return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())

    def close(self) -> None:
        for line in self._lines:
            line.close()

    def _authorised(self, token: str | None) -> dict[str, str]:
        chosen = self.token if token is None else token
        return {"Authorization": f"apiToken {chosen}"} if chosen else {}

    def post_rpc(self, body: object, token: str | None = None, path: str = "/api/rpc") -> Answer:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.send("POST", path, data, {"Content-Type": "application/json", **self._authorised(token)})

    def call(self, name: str, *params: object, token: str | None = None) -> dict[str, Any]:
        """The whole reply to a call."""
        answer = self.post_rpc({"jsonrpc": "2.0", "id": "q", "method": name, "params": list(params)}, token)
        assert answer.status == 200, answer.body
        reply: dict[str, Any] = answer.json()
        return reply

    def result(self, name: str, *params: object, token: str | None = None) -> Any:
        reply = self.call(name, *params, token=token)
        assert "error" not in reply, reply
        return reply["result"]

    def error(self, name: str, *params: object, token: str | None = None) -> int:
        """The code of the error that a call must give."""
        reply = self.call(name, *params, token=token)
        assert "result" not in reply, reply
        code: int = reply["error"]["code"]
        return code

    def get(self, path: str, headers: Mapping[str, str] | None = None, token: str | None = None) -> Answer:
        return self.send("GET", path, None, {**self._authorised(token), **(headers or {})})

    def upload(
        self,
        path: str,
        parts: Sequence[tuple[str, str | bytes]],
        *,
        method: str = "POST",
        token: str | None = None,
        filename: str = "part.jpg",
    ) -> Answer:
        """Send a form; bytes are a file part. The order of parts is the order given."""
        pieces = []
        for name, value in parts:
            kind = f'; filename="{filename}"\r\nContent-Type: image/jpeg' if isinstance(value, bytes) else ""
            data = value if isinstance(value, bytes) else value.encode()
            pieces.append(
                f'--B\r\nContent-Disposition: form-data; name="{name}"{kind}\r\n\r\n'.encode() + data + b"\r\n"
            )
        headers = {"Content-Type": "multipart/form-data; boundary=B", **self._authorised(token)}
        return self.send(method, path, b"".join(pieces) + b"--B--\r\n", headers)

    def imported(self, folder: int, file_name: str = "harbour_0417.jpg", data: bytes | None = None) -> int:
        parts: list[tuple[str, str | bytes]] = [
            ("folderId", str(folder)),
            ("fileName", file_name),
            ("file", jpeg() if data is None else data),
        ]
        answer = self.upload("/api/import/asset", parts)
        assert answer.status == 200, answer.body
        number: int = answer.json()["id"]
        return number

    def folder(self, path: str) -> int:
        number: int = self.result("createFolderFromPath", path, {"data": ["folder.id"]})["id"]
        return number

    def query(self, *clauses: Mapping[str, object], opt: Mapping[str, object] | None = None) -> list[int]:
        """The ids that a query gives, in order."""
        options = {"page": {"startIndex": 0, "size": 500}, "data": ["asset.id"], **(opt or {})}
        found = self.result("getAssetsByQuery", {"query": list(clauses)}, options)
        return [one["id"] for one in found["results"]]

    # As a person, and the frame around

    def control(self, method: str, path: str, body: object | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        answer = self.send(method, f"/__sim__/{path}", data, {"Content-Type": "application/json"})
        assert answer.status == 200, answer.body
        lines = answer.headers.get("content-type", "") == "application/x-ndjson"
        return [json.loads(line) for line in answer.body.splitlines()] if lines else answer.json()

    def place(self, meta: Mapping[str, object], data: bytes | None = None) -> int:
        parts: list[tuple[str, str | bytes]] = [("meta", json.dumps(meta)), ("file", jpeg() if data is None else data)]
        answer = self.upload("/__sim__/assets", parts)
        assert answer.status == 200, answer.body
        return int(answer.json()["id"])

    def edit(self, asset: int, meta: Mapping[str, object], data: bytes | None = None) -> Answer:
        parts: list[tuple[str, str | bytes]] = [("meta", json.dumps(meta))]
        parts += [] if data is None else [("file", data)]
        return self.upload(f"/__sim__/assets/{asset}", parts, method="PATCH")

    def switch(self, **values: object) -> None:
        self.control("POST", "switches", values)

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock", {"advance": seconds})

    def state(self, asset: int) -> dict[str, Any]:
        line: dict[str, Any] = self.control("GET", f"assets/{asset}")
        return line

    def extend(self, description: dict[str, Any]) -> None:
        """What an administrator sets up: attributes, permissions, maps, profiles."""
        self.served.simulator.vendor.library.extend(description)  # type: ignore[attr-defined]  # the NetX vendor


@pytest.fixture(scope="session")
def running_site() -> Iterator[Served]:
    with serve(make_vendor()) as served:
        yield served


@pytest.fixture
def site(running_site: Served) -> Iterator[Site]:
    """An empty site."""
    running_site.simulator.reset()
    one = Site(running_site)
    yield one
    one.close()


@pytest.fixture(scope="session")
def running_strict_site() -> Iterator[Served]:
    with serve(make_vendor(), Options(strict=True)) as served:
        yield served


@pytest.fixture
def strict_site(running_strict_site: Served) -> Iterator[Site]:
    """An empty site that serves confirmed operations alone."""
    running_strict_site.simulator.reset()
    one = Site(running_strict_site)
    yield one
    one.close()
