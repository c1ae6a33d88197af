"""A toy simulator over a real socket, and a client that shows exactly what came."""

from __future__ import annotations

import http.client
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from dambridge_sim.kit.serving import Served, serve
from dambridge_sim.kit.simulator import Options
from dambridge_sim.kit.toy import TOKEN, Toy


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.body.splitlines()]


class Client:
    """Sends one request per connection."""

    def __init__(self, served: Served) -> None:
        self.served = served
        parts = urlsplit(served.url)
        self.host, self.port = str(parts.hostname), int(parts.port or 0)

    def call(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        wait: float = 20,
    ) -> Answer:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=wait)
        try:
            connection.request(method, path, body, {"x-token": TOKEN, **(headers or {})})
            reply = connection.getresponse()
            return Answer(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    def post(self, path: str, value: Any) -> Answer:
        return self.call("POST", path, json.dumps(value).encode(), {"content-type": "application/json"})

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status == 200, answer
        return answer.json()

    def upload(self, path: str, data: bytes, method: str = "POST", **fields: str) -> Answer:
        body = io.BytesIO()
        for name, value in fields.items():
            body.write(f'--BOUND\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
        body.write(b'--BOUND\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\n')
        body.write(b"content-type: image/jpeg\r\n\r\n" + data + b"\r\n--BOUND--\r\n")
        return self.call(method, path, body.getvalue(), {"content-type": "multipart/form-data; boundary=BOUND"})

    def add(self, data: bytes | None = None, **meta: Any) -> str:
        """Put an asset there as a person."""
        if data is None:
            answer = self.post("/__sim__/assets", meta)
        else:
            answer = self.upload("/__sim__/assets", data, meta=json.dumps(meta))
        assert answer.status == 200, answer
        return str(answer.json()["id"])

    def fault(self, action: str, **members: Any) -> None:
        """Set one rule."""
        match = members.pop("match", {"path": "/items*"})
        answer = self.post("/__sim__/faults", {"rules": [{"match": match, "action": action, **members}]})
        assert answer.status == 200, answer

    def journal(self, after: int = 0) -> list[Any]:
        return self.call("GET", f"/__sim__/journal?after={after}").lines()


Start = Callable[..., Client]


@pytest.fixture
def start() -> Iterator[Start]:
    """Return a function that starts a toy simulator."""
    with ExitStack() as stack:

        def begin(**options: Any) -> Client:
            return Client(stack.enter_context(serve(Toy(), Options(**options))))

        yield begin


@pytest.fixture
def client(start: Start) -> Client:
    """A toy simulator with nothing in it."""
    return start()


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A small photograph-like JPEG."""
    out = io.BytesIO()
    Image.effect_mandelbrot((160, 120), (-2, -1.5, 1, 1.5), 40).convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder."""
    return tmp_path / "data"
