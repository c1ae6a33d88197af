"""Calls of a probe: any method and body, refusals as values, and a record of what was called and what came back.

What is recorded are methods, paths, parameters of reads and statuses; never headers, bodies or anything from a sign-in.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from dambridge.connectors.kit import Effect, FilePart, Request
from dambridge.connectors.photoshelter import protocol
from dambridge.connectors.photoshelter.client import PhotoShelterClient
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.connectors.photoshelter.wire import BadReply, WireItem, parse_error, parse_item, parse_page, text, whole
from dambridge.ports.errors import Refused
from dambridge.ports.pace import Lane
from dambridge.ports.systems import Body

V3: Final = "/psapi/v3"  # PS 2
_RECORDED: Final = 200


@dataclass(frozen=True, slots=True)
class Said:
    """One reply. `raw` is its JSON, None where it has none; `error` the service's own word for a refusal."""

    status: int
    raw: Any
    error: str
    headers: Mapping[str, str] = field(repr=False)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def absent(self) -> bool:
        """Whether the account has no such operation: unknown paths and methods (PS 4.6)."""
        return self.status in {404, 405, 501}

    @property
    def in_words(self) -> str:
        return f"HTTP {self.status} {self.error}".rstrip()

    def dig(self, *names: str) -> Any:
        """What stands under these names, None where nothing does."""
        found: Any = self.raw
        for it in names:
            found = found.get(it) if isinstance(found, Mapping) else None
        return found

    def item(self) -> WireItem | None:
        """The one resource of the reply, None where there is none."""
        try:
            return parse_item(self.raw) if self.ok else None
        except BadReply:
            return None

    def attributes(self) -> Mapping[str, Any]:
        found = self.item()
        return found.attributes if found else {}

    def items(self) -> tuple[WireItem, ...]:
        """The resources of a page, none where it is no page."""
        try:
            return parse_page(self.raw).items if self.ok else ()
        except BadReply:
            return ()

    def total(self) -> int | None:
        return whole(self.dig("meta", "paging", "total"))


@dataclass(frozen=True, slots=True)
class Bytes:
    """A download: `size` bytes came with this digest; `whole` is False where reading stopped at the limit. `announced` is
    the length that was promised."""

    status: int
    size: int
    digest: str
    whole: bool
    announced: int | None
    error: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Sessions:
    """Sessions beside the client's own: one of API v3, which needs a key of its own, and fresh ones to look at."""

    def __init__(self, client: PhotoShelterClient, options: PhotoShelterOptions) -> None:
        self._client = client
        self._options = options
        self._v3: dict[str, str] | None = None
        key = getattr(options, "v3_api_key", None)
        self._v3_key: str = key.get_secret_value() if key is not None else ""
        if self._v3_key:
            client.mask.add(self._v3_key)

    @property
    def has_v3(self) -> bool:
        """Whether API v3 can be called: a key for it, and a password to sign in with."""
        return bool(self._v3_key and self._options.password)

    async def fresh(self, lane: Lane) -> tuple[Mapping[str, str], Mapping[str, Any]]:
        """Headers of a new session that has entered no organisation, and the sign-in's reply without its token (PS A1).

        Raises `Refused` where the account signs in by OAuth: a second use of the refresh token may end the first."""
        key = {"X-PS-Api-Key": self._options.api_key.get_secret_value()}
        raw = await self._sign_in(f"{protocol.API}/authenticate", key, lane)
        token = text(raw.get("token"))
        self._client.mask.add(token)
        return {**key, "X-PS-Auth-Token": token}, {k: v for k, v in raw.items() if k != "token"}

    async def v3_headers(self, lane: Lane) -> Mapping[str, str]:
        """Headers for API v3, signed in (PS U2) and in the organisation (U3). Raises `Refused` where it cannot be."""
        if not self._v3_key:
            raise Refused("API v3 needs a key of its own; set `v3_api_key`.")
        if self._v3 is None:
            key = {"X-PS-Api-Key": self._v3_key}
            data = (await self._sign_in(f"{V3}/mem/authenticate", key, lane)).get("data")
            token = text(data.get("token")) if isinstance(data, Mapping) else ""
            self._client.mask.add(token)
            headers = {**key, "X-PS-Auth-Token": token}
            path = f"{V3}/mem/organization/{self._options.org_id}/authenticate"
            reply = await self._client.send(
                _plain("POST", path, headers, "enter the organisation in API v3"), lane=lane
            )
            if not reply.ok:
                raise Refused(f"API v3 did not let us into the organisation: HTTP {reply.status}.")
            self._v3 = headers
        return self._v3

    async def end(self, headers: Mapping[str, str], lane: Lane) -> None:
        await self._client.send(_plain("POST", f"{protocol.API}/authenticate/logout", headers, "sign out"), lane=lane)

    async def _sign_in(self, path: str, key: Mapping[str, str], lane: Lane) -> Mapping[str, Any]:
        if self._options.email is None or self._options.password is None:
            raise Refused("The account signs in by OAuth; this is asked with `email` and `password` alone.")
        form = {"email": self._options.email, "password": self._options.password.get_secret_value(), "mode": "token"}
        reply = await self._client.send(_plain("POST", path, key, "sign in once more", form), lane=lane)
        raw = reply.json_or_none()
        if not reply.ok or not isinstance(raw, Mapping):
            raise Refused(f"A second sign-in was refused: HTTP {reply.status}.")
        return raw


def _plain(
    method: str, path: str, headers: Mapping[str, str], about: str, form: Mapping[str, str] | None = None
) -> Request:
    return Request(
        method=method,
        path=path,
        effect=Effect.READ,
        about=about,
        form=form or {},
        headers=headers,
        authorised=False,
        expects_json=False,
    )


class Calls:
    """Calls of one question, on one lane. `evidence` grows with each."""

    def __init__(self, client: PhotoShelterClient, sessions: Sessions, lane: Lane) -> None:
        self.client = client
        self.sessions = sessions
        self.lane = lane
        self.evidence: list[str] = []

    async def get(self, path: str, **query: str) -> Said:
        """A read of API v4."""
        return await self.get_as(None, path, **query)

    async def get_as(self, headers: Mapping[str, str] | None, path: str, **query: str) -> Said:
        """A read of API v4 in a session of its own, which `headers` name."""
        request = Request(
            method="GET",
            path=protocol.API + path,
            effect=Effect.READ,
            about=f"look at {path}",
            query=query,
            headers=headers or {},
            authorised=headers is None,
            expects_json=False,
        )
        return await self._said(request, request.path + (f"?{urlencode(query)}" if query else ""))

    async def write(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        *,
        json: Any = None,
        query: Mapping[str, str] | None = None,
        file: FilePart | None = None,
    ) -> Said:
        """A write of API v4, sent once. Raises `Unclear` or `TryLater` as the kit does."""
        request = Request(
            method=method,
            path=protocol.API + path,
            effect=Effect.WRITE,
            about=f"try {method} {path}",
            query=query or {},
            form=form or {},
            json=json,
            file=file,
            expects_json=False,
        )
        names = sorted({*(form or {}), *(query or {}), *(json or {}), *([file.field] if file else [])})
        return await self._said(request, f"{request.path} ({', '.join(names)})" if names else request.path)

    async def v3(
        self, method: str, path: str, fields: Mapping[str, str] | None = None, file: FilePart | None = None
    ) -> Said:
        """A call of API v3. Raises `Refused` where the account has no key for it."""
        headers = await self.sessions.v3_headers(self.lane)
        reading = method == "GET"
        request = Request(
            method=method,
            path=V3 + path,
            effect=Effect.READ if reading else Effect.WRITE,
            about=f"try {method} {path} of API v3",
            query=(fields or {}) if reading else {},
            form={} if reading else (fields or {}),
            file=file,
            headers=headers,
            authorised=False,
            expects_json=False,
        )
        return await self._said(request, request.path)

    async def bytes_of(
        self, media_id: str, query: Mapping[str, str], *, limit: int, headers: Mapping[str, str] | None = None
    ) -> Bytes:
        """A download (PS E28), read up to `limit` bytes."""
        path = protocol.API + protocol.media_path(media_id, "/download")
        request = Request(
            method="GET",
            path=path,
            effect=Effect.READ,
            about=f"fetch {media_id}",
            query=query,
            headers=headers or {},
            expects_json=False,
        )
        async with self.client.open(request, lane=self.lane) as found:
            status = found.reply.status
            self._note(f"GET {path}?{urlencode(query)} -> {status}")
            if found.stream is None:
                said = parse_error(found.reply.json_or_none())
                return Bytes(status, 0, "", whole=False, announced=None, error=said.id)
            size, digest, whole_file = await _read(found.stream.chunks, limit)
            return Bytes(status, size, digest, whole_file, found.stream.size)

    async def _said(self, request: Request, shown: str) -> Said:
        reply = await self.client.send(request, lane=self.lane)
        raw = reply.json_or_none()
        said = Said(reply.status, raw, "" if reply.ok else parse_error(raw).id, reply.headers)
        self._note(f"{request.method} {shown} -> {reply.status} {said.error}".rstrip())
        return said

    def _note(self, line: str) -> None:
        if len(self.evidence) < _RECORDED:
            self.evidence.append(self.client.mask(line))


async def _read(chunks: AsyncIterator[bytes], limit: int) -> tuple[int, str, bool]:
    """Size and SHA-256 of what came; True where that was all of it."""
    size, digest = 0, hashlib.sha256()
    async for piece in chunks:
        size += len(piece)
        digest.update(piece)
        if size >= limit:
            return size, digest.hexdigest(), False
    return size, digest.hexdigest(), True


def body_of(content: bytes) -> Body:
    """Bytes at hand as something to send."""

    async def once() -> AsyncIterator[bytes]:
        yield content

    return Body(len(content), once)
