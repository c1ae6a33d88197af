"""One sending over the wire: aiohttp in, plain values out, and no error text that could hold a header."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from yarl import URL

from dambridge.connectors.kit.http import Http, Timeouts
from dambridge.connectors.kit.messages import Effect, Reply, Request
from dambridge.connectors.kit.multipart import BodyFailed, MultipartUpload
from dambridge.connectors.kit.verdicts import Fault, FaultKind
from dambridge.model.identity import AccountId
from dambridge.ports.errors import NextMove

_MOST_HOPS = 5
_LARGEST_ANSWER = 32 * 1024 * 1024
"""Bytes of a good reply, unpacked. The largest that is due, a page of a thousand records, has a tenth of it."""
_LONGEST_REFUSAL = 64 * 1024
"""Of any other reply the beginning is read: its status counts, and what explains it is short."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FAILURES = (aiohttp.ClientError, OSError, TimeoutError, BodyFailed)


@dataclass(frozen=True, slots=True)
class Opened:
    """A reply whose body is still to come: `size` as announced, None where not or where it is packed."""

    reply: Reply
    size: int | None
    response: aiohttp.ClientResponse

    async def chunks(self) -> AsyncIterator[bytes | Fault]:
        """The body piece by piece; a fault, if there is one, comes last."""
        fault: Fault | None = None
        received = 0
        try:
            async for chunk in self.response.content.iter_any():
                received += len(chunk)
                yield chunk
        except _FAILURES as error:
            fault = fault_of(error)
        if fault is None and self.size is not None and received != self.size:
            fault = Fault(FaultKind.CUT)
        if fault is not None:
            yield fault


class Transport:
    """Sends to one base address for one account. Tells apart nothing but replies and faults."""

    def __init__(
        self, http: Http, *, account: AccountId, base_url: str, timeouts: Timeouts, calls: Counter[AccountId]
    ) -> None:
        self._http = http
        self._calls = calls
        self._account = account
        self._base_url = base_url.rstrip("/")
        self.origin = str(URL(base_url).origin())
        self._answered = aiohttp.ClientTimeout(
            total=timeouts.total, sock_connect=timeouts.connect, sock_read=timeouts.idle
        )
        self._streamed = aiohttp.ClientTimeout(total=None, sock_connect=timeouts.connect, sock_read=timeouts.idle)
        self._idle = timeouts.idle

    async def exchange(self, request: Request, headers: Mapping[str, str]) -> Reply | Fault:
        """Send and read the whole reply. The body of a file is read once, so this may be called once for it."""
        if request.file is not None:
            return await self._upload(request, MultipartUpload.of(request.form, request.file), headers)
        try:
            response = await self._respond(request, headers, _small_body(request), self._answered)
            return await _whole(response)
        except _FAILURES as error:
            found = fault_of(error)
        return found

    @asynccontextmanager
    async def open(self, request: Request, headers: Mapping[str, str]) -> AsyncIterator[Opened | Reply | Fault]:
        """Send and give the reply's body as a stream; a reply that is no success comes whole (its beginning)."""
        plain = {"Accept-Encoding": "identity", **headers}
        found: Opened | Reply | Fault
        response: aiohttp.ClientResponse | None = None
        try:
            response = await self._respond(request, plain, (None, {}), self._streamed)
            if 200 <= response.status < 300:
                packed = "Content-Encoding" in response.headers
                reply = Reply(response.status, response.headers, b"")
                found = Opened(reply, None if packed else response.content_length, response)
            else:
                found = await _whole(response)
        except _FAILURES as error:
            found = fault_of(error)
        try:
            yield found
        finally:
            if response is not None:
                response.close()

    async def _upload(self, request: Request, upload: MultipartUpload, headers: Mapping[str, str]) -> Reply | Fault:
        described = {"Content-Type": upload.content_type}
        if upload.length is not None:
            described["Content-Length"] = str(upload.length)
        try:
            async with asyncio.timeout(None) as stall:
                body = self._watched(upload, stall)
                response = await self._respond(request, headers, (body, described), self._streamed)
                return await _whole(response)
        except _FAILURES as error:
            found = fault_of(error)
        if upload.failed is not None:
            return Fault(FaultKind.BODY_FAILED, _said_of(upload.failed))
        return found

    async def _watched(self, upload: MultipartUpload, stall: asyncio.Timeout) -> AsyncIterator[bytes]:
        """The upload's pieces; `stall` ends the call when the service takes none for as long as it may be idle.

        Waiting for the file's own source does not count, for that has deadlines of its own."""
        now = asyncio.get_running_loop().time
        async for chunk in upload.chunks():
            stall.reschedule(now() + self._idle)
            yield chunk
            stall.reschedule(None)
        # What is still buffered must go out, and then the answer may take as long as any other.
        stall.reschedule(now() + 2 * self._idle)

    async def _respond(
        self,
        request: Request,
        headers: Mapping[str, str],
        content: tuple[Any, Mapping[str, str]],
        limits: aiohttp.ClientTimeout,
    ) -> aiohttp.ClientResponse:
        """The response, after following redirects of reads; nothing that says who calls goes to another origin."""
        url = self._address(request)
        body, described = content
        sent = {**headers, **request.headers, **described}
        follows = request.effect is Effect.READ and request.method == "GET"
        for hop in range(_MOST_HOPS):
            if hop == 0 or str(url.origin()) == self.origin:
                self._calls[self._account] += 1
            response = await self._http.session.request(
                request.method, url, headers=sent, data=body, timeout=limits, allow_redirects=False
            )
            if not follows or response.status not in _REDIRECTS:
                return response
            target = url.join(URL(response.headers.get("Location", "")))
            foreign = not target.host or target.origin() != url.origin()
            if foreign and request.expects_json:
                return response  # another host's word is not the service's; a file may well lie elsewhere
            response.release()
            if target.scheme not in {"https", url.scheme} or not target.host:
                raise aiohttp.InvalidURL("(redirect)")
            if foreign:
                sent = {"Accept-Encoding": "identity"}
            url = target
        raise aiohttp.InvalidURL("(too many redirects)")

    def _address(self, request: Request) -> URL:
        query = f"?{urlencode(request.query, quote_via=quote)}" if request.query else ""
        return URL(f"{self._base_url}{request.path}{query}", encoded=True)


def fault_of(error: BaseException) -> Fault:
    """What an error of the network means; only its type is kept, because its text may show headers or addresses."""
    name = type(error).__name__
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return Fault(FaultKind.UNTRUSTED, name)
        case aiohttp.ClientConnectorError() | aiohttp.ConnectionTimeoutError():
            return Fault(FaultKind.NOT_CONNECTED, name)
        case TimeoutError():
            return Fault(FaultKind.TIMED_OUT, name)
        case aiohttp.ClientPayloadError():
            return Fault(FaultKind.CUT, name)
        case aiohttp.ClientResponseError() | aiohttp.InvalidURL():
            return Fault(FaultKind.GARBLED, name)
        case _:
            return Fault(FaultKind.LOST, name)


def _said_of(error: Exception) -> str:
    """Our own errors are written for people and masked; of others only the type is shown."""
    return str(error) if isinstance(error, NextMove | BodyFailed) else type(error).__name__


def _small_body(request: Request) -> tuple[bytes | None, Mapping[str, str]]:
    if request.json is not None:
        return json.dumps(request.json, ensure_ascii=False, separators=(",", ":")).encode(), _JSON
    if request.form:
        return urlencode(request.form).encode(), _FORM
    return None, {}


_JSON = {"Content-Type": "application/json"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def _whole(response: aiohttp.ClientResponse) -> Reply | Fault:
    """The reply with its body, of a refusal the beginning; reading stops at once where a good reply grows beyond reason."""
    good = 200 <= response.status < 300
    most = _LARGEST_ANSWER if good else _LONGEST_REFUSAL
    announced = response.content_length or 0
    pieces: list[bytes] = []
    try:
        if good and announced > most:
            return _too_large(announced)
        received = 0
        async for piece in response.content.iter_any():
            pieces.append(piece)
            received += len(piece)
            if received > most:
                if good:
                    return _too_large(received)
                break
    finally:
        response.close()
    return Reply(response.status, response.headers, b"".join(pieces)[:most])


def _too_large(size: int) -> Fault:
    return Fault(
        FaultKind.TOO_LARGE, f"{size / 1024**2:,.0f} MiB or more, {_LARGEST_ANSWER // 1024**2} MiB at most are due"
    )
