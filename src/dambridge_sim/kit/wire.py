"""The wire: sending replies whole, damaged, slowly or not at all. Cutting means that the TCP connection really ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from dambridge_sim.kit.call import Call, Reply
from dambridge_sim.kit.multipart import flipped

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

TRANSPORT = "sim.transport"
_BODYLESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)


class Cut(Exception):
    """Raised to cut the connection without an answer."""


class ClientGone(Exception):
    """The client closed the connection before its request was whole."""


class CuttableProtocol(HttpToolsProtocol):
    """uvicorn's protocol, showing each request the transport that it came over, so that a fault can cut it."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope[TRANSPORT] = self.transport  # type: ignore[literal-required]  # a key of our own


async def cut(scope: Scope, receive: Receive) -> None:
    """End the connection at once; what was not sent yet is lost."""
    transport = scope.get(TRANSPORT)
    if transport is None:
        raise ConnectionAbortedError("the fault cuts the connection; serve the simulator over a socket to see it")
    transport.abort()
    await until_gone(receive)


async def until_gone(receive: Receive) -> None:
    """Wait until the connection is closed, whoever closes it."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def incoming(call: Call, receive: Receive) -> AsyncIterator[bytes]:
    """Yield the request's body as it comes, slowed or cut off by faults. Raises `Cut` and `ClientGone`."""
    slow = call.faults.get("slow", "request")
    cut_rule = call.faults.get("truncate", "request")
    limit = None if cut_rule is None or cut_rule.keep else cut_rule.bytes
    traffic = call.world.traffic
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        data: bytes = message["body"]
        more = message["more_body"]
        call.bytes_in += len(data)
        if limit is not None and call.bytes_in > limit:
            raise Cut
        if slow is not None and slow.bytes:
            await asyncio.sleep(len(data) / slow.bytes)
        await traffic.spend(len(data))
        if data:
            yield data
    if limit is not None:
        raise Cut


async def send_reply(call: Call, reply: Reply, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a reply with the faults that strike it."""
    length = reply.length
    declared, cut_at = length, None
    if (rule := call.faults.get("wrong_length")) and length is not None:
        declared = max(0, length + rule.delta)
    if rule := call.faults.get("truncate", "reply"):
        cut_at = rule.bytes
    bare = scope["method"] == "HEAD" or reply.status in _BODYLESS
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    if declared is not None and reply.status not in _BODYLESS:
        headers.append((b"content-length", str(declared).encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if bare:
        await send({"type": "http.response.body", "body": b""})
    elif declared == length and cut_at is None:
        await _send_whole(call, reply, send)
    else:
        await _send_short(call, reply, scope, receive, send, cut_at=cut_at, declared=declared)


async def _send_whole(call: Call, reply: Reply, send: Send) -> None:
    if not call.faults.rules and reply.blob is None and reply.stream is None:
        await call.world.traffic.spend(len(reply.body))
        await send({"type": "http.response.body", "body": reply.body})
        return
    async for data in _pieces(call, reply):
        await send({"type": "http.response.body", "body": data, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _send_short(
    call: Call,
    reply: Reply,
    scope: Scope,
    receive: Receive,
    send: Send,
    *,
    cut_at: int | None,
    declared: int | None,
) -> None:
    """Send a body whose length is not the declared one, then close the connection: nothing after it can be trusted."""
    transport = scope.get(TRANSPORT)
    if transport is None:
        raise ConnectionAbortedError("the fault cuts the connection; serve the simulator over a socket to see it")
    room = float("inf") if declared is None else declared
    left = float("inf") if cut_at is None else cut_at
    async for data in _pieces(call, reply):
        piece = data[: int(min(left, len(data)))]
        left -= len(piece)
        inside = piece[: int(min(room, len(piece)))]
        room -= len(inside)
        await send({"type": "http.response.body", "body": inside, "more_body": True})
        if len(inside) < len(piece):
            transport.write(piece[len(inside) :])
        if left <= 0:
            break
    transport.close()
    await until_gone(receive)


async def _pieces(call: Call, reply: Reply) -> AsyncIterator[bytes]:
    """Yield the body as it is to go out: with the flipped byte of `corrupt`, at the pace of `slow` and bandwidth."""
    corrupt = call.faults.get("corrupt", "reply")
    slow = call.faults.get("slow", "reply")
    size = max(1, slow.bytes // 10) if slow is not None else None
    place = 0
    async for data in _source(call, reply, size):
        out = data
        if corrupt is not None:
            at = min(corrupt.bytes, (reply.length or 1) - 1) - place
            if 0 <= at < len(data):
                out = flipped(data, at)
        place += len(data)
        if slow is not None:
            await asyncio.sleep(len(data) / max(1, slow.bytes))
        await call.world.traffic.spend(len(data))
        yield out


async def _source(call: Call, reply: Reply, size: int | None) -> AsyncIterator[bytes]:
    if reply.stream is not None:
        async for data in reply.stream:
            yield data
    elif reply.blob is not None:
        blobs = call.world.blobs
        pieces = (
            blobs.chunks(reply.blob, reply.start, reply.stop, size)
            if size
            else blobs.chunks(reply.blob, reply.start, reply.stop)
        )
        for data in pieces:
            yield data
    elif reply.body:
        step = size or len(reply.body)
        for start in range(0, len(reply.body), step):
            yield reply.body[start : start + step]
