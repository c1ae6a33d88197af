"""One API call as a vendor sees it, and the reply to it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

from dambridge_sim.kit.acting import Acting
from dambridge_sim.kit.blobs import Blob
from dambridge_sim.kit.confidence import Confidence
from dambridge_sim.kit.faults import CallFaults
from dambridge_sim.kit.lookup import Document
from dambridge_sim.kit.multipart import Form, Upload, flipped, read_multipart
from dambridge_sim.kit.traffic import RateReading
from dambridge_sim.kit.world import World

__all__ = ["Call", "Form", "Refused", "Reply", "Upload"]

_BODY_LIMIT = 64 * 1024 * 1024
_NOBODY = "nobody"
_RANGE = re.compile(r"bytes=(\d{0,999})-(\d{0,999})", re.ASCII | re.IGNORECASE)


class Refused(Exception):
    """Raised anywhere in a vendor to answer at once with `reply`."""

    def __init__(self, reply: Reply) -> None:
        """Carry the reply."""
        super().__init__(reply.status)
        self.reply = reply


class BadBodyError(ValueError):
    """A body that is not what its content type says."""


@dataclass(slots=True)
class Reply:
    """An answer: bytes in memory, or a stored file from `start` to `stop`, or text that is made while it is sent."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    blob: Blob | None = None
    start: int = 0
    stop: int = 0
    stream: AsyncIterator[bytes] | None = None

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        """Answer with JSON."""
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        return cls(status, {"content-type": "application/json", **(headers or {})}, body)

    @classmethod
    def raw(cls, body: bytes, media_type: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
        """Answer with bytes."""
        return cls(status, {"content-type": media_type, **(headers or {})}, body)

    @classmethod
    def of_blob(
        cls,
        call: Call,
        blob: Blob,
        media_type: str = "application/octet-stream",
        *,
        filename: str | None = None,
        attachment: bool = False,
        ranges: bool = True,
    ) -> Reply:
        """Answer with a stored file, or the one range of it that was asked for."""
        headers = {"content-type": media_type}
        if filename is not None or attachment:
            headers |= disposition(filename or "file", "attachment" if attachment else "inline")
        reply = cls(200, headers, blob=blob, stop=blob.size)
        if ranges:
            headers["accept-ranges"] = "bytes"
            if "if-range" not in call.headers:  # nothing here has a validator, so none that is brought can fit
                _apply_range(reply, call.headers.get("range", ""), blob.size)
        return reply

    @property
    def length(self) -> int | None:
        """How many bytes the body has; None for a stream."""
        if self.stream is not None:
            return None
        return self.stop - self.start if self.blob is not None else len(self.body)


def disposition(file_name: str, kind: str = "attachment") -> dict[str, str]:
    """Return the header that names a download: once for clients that read ASCII alone, once in full."""
    plain = re.sub(r'[^ -~]|["\\%]', "_", file_name)
    return {"content-disposition": f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"}


def _apply_range(reply: Reply, wanted: str, size: int) -> None:
    """Cut a reply to a single `bytes=a-b`, `bytes=a-` or `bytes=-n`; anything else is ignored, as servers may."""
    found = _RANGE.fullmatch(wanted.strip())
    if found is None:
        return
    first, last = found.groups()
    if not first + last or (first and last and int(last) < int(first)):
        return
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= size or stop <= start:
        reply.status, reply.blob, reply.body = 416, None, b""
        reply.headers["content-range"] = f"bytes */{size}"
        return
    reply.status, reply.start, reply.stop = 206, start, stop
    reply.headers["content-range"] = f"bytes {start}-{stop - 1}/{size}"


class Call:
    """One API call. Vendors read it, set `caller`, `rpc_method` and `confidence`, and `touch` ids."""

    def __init__(
        self,
        world: World,
        *,
        method: str,
        path: str,
        query_string: str,
        headers: Mapping[str, str],
        receive: Callable[[], AsyncIterator[bytes]],
    ) -> None:
        """Made by the kit; `receive` gives the body piece by piece and may be used once."""
        self.world = world
        self.method, self.path = method, path
        self.query_string = query_string
        self.headers = headers
        self.params: dict[str, str] = {}
        self.reference = ""
        self.confidence = Confidence.INFERRED
        self.known = False
        self.rpc_method: str | None = None
        self.acting = Acting(_NOBODY, f"{method} {path}")
        self.faults = CallFaults()
        self.rate: RateReading | None = None
        self.bytes_in = 0
        self.state: dict[str, Any] = {}
        self._receive = receive
        self._query: dict[str, str] | None = None
        self._body: bytes | None = None
        self._form: Form | None = None

    @property
    def caller(self) -> str | None:
        """Who calls, once the vendor has found out; the journal and the history show it."""
        return None if self.acting.who == _NOBODY else self.acting.who

    @caller.setter
    def caller(self, who: str | None) -> None:
        self.acting.who = _NOBODY if who is None else who

    # What came

    @property
    def query(self) -> dict[str, str]:
        """The query parameters; of several equal names the last."""
        if self._query is None:
            self._query = dict(parse_qsl(self.query_string, keep_blank_values=True))
        return self._query

    def query_all(self, name: str) -> list[str]:
        """Return all values of one query parameter."""
        return [value for key, value in parse_qsl(self.query_string, keep_blank_values=True) if key == name]

    @property
    def content_type(self) -> str:
        """The media type of the body, without parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def body(self) -> bytes:
        """Return the whole body (at most 64 MiB; files come through `form`). It is kept for a second reader."""
        if self._body is None:
            parts = []
            async for part in self._receive():
                parts.append(part)
                if self.bytes_in > _BODY_LIMIT:
                    raise BadBodyError("the body is larger than 64 MiB; send files as multipart")
            self._body = b"".join(parts)
            if self._body and (rule := self.faults.get("corrupt", "request")) is not None:
                self._body = flipped(self._body, min(rule.bytes, len(self._body) - 1))
        return self._body

    async def json(self) -> Any:
        """Return the body as JSON. Raises `BadBodyError`."""
        text = await self.body()
        try:
            found = json.loads(text)
            if b"\\u" in text:
                json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise BadBodyError("the body is not JSON: it holds half of a surrogate pair") from error
        except RecursionError as error:
            raise BadBodyError("the body is not JSON that can be read: it is nested too deeply") from error
        except ValueError as error:
            raise BadBodyError(f"the body is not JSON: {error}") from error
        return found

    async def form(self) -> Form:
        """Return a form, urlencoded or multipart; files are on disk and hashed. Raises `BadBodyError`."""
        if self._form is None:
            if self.content_type == "multipart/form-data":
                parts = self._receive()
                self._form = await read_multipart(self.headers["content-type"], parts, self.world.blobs, self.faults)
            else:
                text = (await self.body()).decode("utf-8", "replace")
                self._form = Form.of_pairs(parse_qsl(text, keep_blank_values=True))
        return self._form

    async def parameters(self) -> dict[str, Any]:
        """Return the parameters of query, form, multipart and JSON body in one; the body wins over the query.

        Raises `BadBodyError` for a JSON body that names nothing.
        """
        merged: dict[str, Any] = dict(self.query)
        if self.content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
            merged.update((name, values[-1]) for name, values in (await self.form()).fields.items())
        elif await self.body():
            body = await self.json()
            if body and not isinstance(body, dict):  # nothing may be written as [], as PHP does
                raise BadBodyError("the body is JSON, but no object")
            merged.update(body or {})
        return merged

    # What is to be said

    def touch(self, *identifiers: object) -> None:
        """Say which ids the call is about: for faults that match on `id`, and for the journal."""
        self.acting.ids.update(str(identifier) for identifier in identifiers)

    def read(self, kind: str, identifier: str) -> Document | None:
        """Return a document, or under the fault `stale_read` the one before its last write."""
        documents = self.world.documents
        return documents.before(kind, identifier) if self.faults.stale else documents.get(kind, identifier)

    def served(self, confidence: Confidence) -> bool:
        """Say whether an operation of this confidence is served, and note it for the reply's header."""
        self.confidence = confidence
        return confidence.in_strict or not self.world.strict
