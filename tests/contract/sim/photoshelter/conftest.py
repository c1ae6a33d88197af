"""A simulated PhotoShelter over a real socket, and a plain client that knows the wire alone."""

from __future__ import annotations

import http.client
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from PIL import Image

from dambridge_sim.kit.serving import Served, serve
from dambridge_sim.kit.simulator import Options
from dambridge_sim.photoshelter import make_vendor

V4, V3 = "/psapi/v4.0", "/psapi/v3"


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

    @property
    def data(self) -> Any:
        assert self.status == 200, self.body
        return self.json()["data"]

    @property
    def error(self) -> dict[str, Any]:
        errors = self.json()["errors"]
        assert isinstance(errors, list)
        assert errors[0]["status"] == str(self.status)
        found: dict[str, Any] = errors[0]
        return found


@dataclass
class Site:
    """One simulated account and a connection to it."""

    served: Served
    key: str | None = None
    token: str | None = None
    _lines: list[http.client.HTTPConnection] = field(default_factory=list)

    @property
    def org(self) -> str:
        return str(self.served.credentials["org_id"])

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str | None] | None = None
    ) -> Answer:
        if not self._lines:
            self._lines.append(http.client.HTTPConnection(urlsplit(self.served.url).netloc, timeout=20))
        line = self._lines[0]
        line.request(method, path, body, {name: value for name, value in (headers or {}).items() if value})
        reply = line.getresponse()
        return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())

    def close(self) -> None:
        for line in self._lines:
            line.close()

    def call(self, method: str, path: str, form: Mapping[str, Any] | None = None, **query: object) -> Answer:
        """One v4 call, form-encoded as the documents have it."""
        body = urlencode(form).encode() if form is not None else None
        kind = "application/x-www-form-urlencoded" if form is not None else None
        headers = {"X-PS-Api-Key": self.key, "X-PS-Auth-Token": self.token, "Content-Type": kind}
        where = path if path.startswith(("/psapi", "/img")) else V4 + path
        return self.send(method, _with(where, query), body, headers)

    def get(self, path: str, **query: object) -> Answer:
        return self.call("GET", path, None, **query)

    def v3(self, method: str, path: str, **query: object) -> Answer:
        key = str(self.served.credentials["api_key_v3"])
        return self.send(method, _with(V3 + path, query), None, {"X-PS-Api-Key": key, "X-PS-Auth-Token": self.token})

    def upload(self, path: str, file: tuple[str, bytes], key: str | None = None, **fields: str) -> Answer:
        kind, body = multipart(fields, file)
        return self.send(
            "POST", path, body, {"X-PS-Api-Key": key or self.key, "X-PS-Auth-Token": self.token, "Content-Type": kind}
        )

    def sign_in(self, *, enter: bool = True) -> None:
        known = self.served.credentials
        self.key = str(known["api_key"])
        answer = self.call("POST", "/authenticate", {"email": known["email"], "password": known["password"]})
        self.token = answer.json()["token"]
        if enter:
            assert self.call("POST", "/organization/authenticate", {"org_id": self.org}).status == 200

    # The control side

    def control(self, method: str, path: str, body: object = None) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        return self.send(method, f"/__sim__{path}", data, {"Content-Type": "application/json"})

    def put(self, data: bytes | None = None, file_name: str = "tractor_001.jpg", **meta: object) -> str:
        """A person puts a file there; returns its id."""
        meta.setdefault("containers", ["Riverbend/Harvest 2025"])
        kind, body = multipart({"meta": json.dumps(meta)}, (file_name, jpeg() if data is None else data))
        answer = self.send("POST", "/__sim__/assets", body, {"Content-Type": kind})
        assert answer.status == 200, answer.body
        return str(answer.json()["id"])

    def edit(self, identifier: str, data: bytes | None = None, **meta: object) -> None:
        kind, body = multipart({"meta": json.dumps(meta)}, ("new.jpg", data) if data is not None else None)
        answer = self.send("PATCH", f"/__sim__/assets/{identifier}", body, {"Content-Type": kind})
        assert answer.status == 200, answer.body

    def switch(self, **values: object) -> None:
        assert self.control("POST", "/switches", values).status == 200

    def set_clock(self, now: str) -> None:
        assert self.control("POST", "/clock", {"now": now, "freeze": True}).status == 200

    def advance(self, seconds: float) -> None:
        assert self.control("POST", "/clock", {"advance": seconds}).status == 200

    def gallery(self, name: str = "Harvest 2025") -> str:
        """The id of the gallery of a name."""
        found = [each for each in self.get("/galleries", name=name).data if each["attributes"]["name"] == name]
        return str(found[0]["id"])

    def state(self) -> dict[str, dict[str, Any]]:
        lines = self.control("GET", "/state").body.splitlines()
        return {line["id"]: line for line in map(json.loads, lines)}


def _with(path: str, query: Mapping[str, object]) -> str:
    return f"{path}?{urlencode(query, quote_via=quote)}" if query else path


def multipart(fields: Mapping[str, str], file: tuple[str, bytes] | None) -> tuple[str, bytes]:
    """Content type and body; file names go out as UTF-8, as browsers send them."""
    mark = b"----simtest"
    parts = [
        b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (mark, name.encode(), value.encode())
        for name, value in fields.items()
    ]
    if file is not None:
        head = b'--%s\r\nContent-Disposition: form-data; name="file"; filename="%s"\r\n' % (mark, file[0].encode())
        parts.append(head + b"Content-Type: application/octet-stream\r\n\r\n" + file[1] + b"\r\n")
    return f"multipart/form-data; boundary={mark.decode()}", b"".join(parts) + b"--%s--\r\n" % mark


@pytest.fixture(scope="module")
def _served() -> Iterator[Served]:
    with serve(make_vendor()) as served:
        yield served


@pytest.fixture
def site(_served: Served) -> Iterator[Site]:
    """An empty account, signed in and in its organization."""
    fresh = Site(_served)
    fresh.control("POST", "/reset", {})
    fresh.sign_in()
    yield fresh
    fresh.close()


@pytest.fixture
def visitor(site: Site) -> Iterator[Site]:
    """The same account, seen by somebody with a key and no login."""
    other = Site(site.served, key=site.key)
    yield other
    other.close()


@pytest.fixture
def seeded() -> Iterator[Callable[[str], Site]]:
    """Start further servers with a seed."""
    open_sites: list[tuple[Any, Site]] = []

    def start(seed: str, *, strict: bool = False) -> Site:
        running = serve(make_vendor(), Options(seed=seed or None, strict=strict))
        site = Site(running.__enter__())
        open_sites.append((running, site))
        site.sign_in()
        return site

    yield start
    for running, site in open_sites:
        site.close()
        running.__exit__(None, None, None)
