"""Calls over a real socket against a small scripted server: what is sent, how often, and what is raised."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from dambridge.connectors.kit import (
    Effect,
    FilePart,
    FixedHeaders,
    Http,
    HttpCaller,
    RenewedHeaders,
    Request,
    Retries,
    SignedIn,
    SimulatorClock,
    SystemClock,
    Timeouts,
)
from dambridge.model.identity import AccountId
from dambridge.ports.errors import CannotGoOn, NextMove, TryLater, Unclear
from dambridge.ports.pace import Lane
from dambridge.ports.systems import Body
from dambridge.ports.waiting import wanted_until

LANE = Lane.NORMAL
ACCOUNT = AccountId("a")
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Pace:
    """Remembers what it was asked and told."""

    taken: int = 0
    waits: list[timedelta] = field(default_factory=list)

    async def take(self, account: AccountId, lane: Lane, calls: int = 1, *, deadline: float | None = None) -> None:
        assert deadline is not None
        self.taken += calls

    async def told_to_wait(self, account: AccountId, wait: timedelta) -> None:
        self.waits.append(wait)

    async def told_window(self, account: AccountId, *, limit: int, used: int, resets_in: timedelta) -> None: ...


@dataclass
class Server:
    """Answers by script; the last answer of the script is given for ever."""

    script: list[Answer]
    url: str = ""
    seen: list[web.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        assert self.runner.addresses
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        place = len(self.seen)
        self.seen.append(request)
        return await self.script[min(place, len(self.script) - 1)](request)


def says(status: int = 200, body: str = '{"ok": true}', **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        await request.read()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=body, headers=named)

    return answer


async def hangs_up(request: web.Request) -> web.StreamResponse:
    await request.read()
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def hangs(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def stops_half_way(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"a":')
    assert request.transport is not None
    request.transport.close()
    return response


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[Server]]]:
    running: list[Server] = []

    async def start(*script: Answer) -> Server:
        server = Server(list(script))
        await server.start()
        running.append(server)
        return server

    yield start
    for it in running:
        assert it.runner is not None
        await it.runner.cleanup()


Serve = Callable[..., Awaitable[Server]]


@pytest.fixture
async def slept() -> list[float]:
    return []


@pytest.fixture
async def http(slept: list[float]) -> AsyncIterator[Http]:
    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async with Http(jitter=lambda: 0.0, sleep=sleep) as http:
        yield http


def caller_of(http: Http, server: Server, pace: Pace | None = None, **more: object) -> HttpCaller:
    timeouts = Timeouts(connect=2, idle=0.3)
    made = HttpCaller(http, account=ACCOUNT, base_url=server.url, pacer=pace or Pace(), timeouts=timeouts, **more)  # type: ignore[arg-type]
    made.sign_with(FixedHeaders({"Authorization": "Bearer canary-secret"}))
    return made


def read(path: str = "/x", method: str = "GET", *, expects_json: bool = True) -> Request:
    return Request(method=method, path=path, effect=Effect.READ, about="read x", expects_json=expects_json)


def write(path: str = "/x", method: str = "POST") -> Request:
    return Request(method=method, path=path, effect=Effect.WRITE, about="write x", form={"a": "b"})


# reads ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [says(500), says(503), says(429, Retry_After="1"), says(408), hangs_up, hangs, stops_half_way, says(200, "<html>")],
    ids=["500", "503", "429", "408", "hang up", "hang", "cut", "no JSON"],
)
async def test_a_read_is_repeated_until_it_succeeds(serve: Serve, http: Http, trouble: Answer) -> None:
    server = await serve(trouble, trouble, says())
    pace = Pace()
    reply = await caller_of(http, server, pace).call(read(), lane=LANE)
    assert reply.json() == {"ok": True}
    assert len(server.seen) == pace.taken == http.calls[ACCOUNT] == 3


async def test_a_read_gives_up_in_the_end(serve: Serve, http: Http, slept: list[float]) -> None:
    server = await serve(says(503))
    with pytest.raises(TryLater, match=r"Could not read x at http://127.0.0.1:\d+: .*503 \(4 attempts\)"):
        await caller_of(http, server, retries=Retries(attempts=4)).call(read(), lane=LANE)
    assert len(server.seen) == 4
    assert slept == [0.25, 0.5, 1.0]


async def test_a_read_is_not_repeated_for_somebody_who_has_gone(serve: Serve, http: Http, slept: list[float]) -> None:
    server, now = await serve(says(503)), asyncio.get_running_loop().time()
    with wanted_until(now + 0.2), pytest.raises(TryLater, match="503"):
        await caller_of(http, server).call(read(), lane=LANE)
    assert (len(server.seen), slept) == (1, [])
    with wanted_until(now + 3600), pytest.raises(TryLater, match="6 attempts"):
        await caller_of(http, server).call(read(), lane=LANE)
    assert len(slept) == 5


async def test_a_refusal_is_an_answer(serve: Serve, http: Http) -> None:
    server = await serve(says(404, "no such thing"))
    reply = await caller_of(http, server).call(read(), lane=LANE)
    assert (reply.status, reply.ok, reply.json_or_none()) == (404, False, None)
    assert len(server.seen) == 1


async def test_every_call_says_who_we_are(serve: Serve, http: Http) -> None:
    server = await serve(says())
    await caller_of(http, server).call(read(), lane=LANE)
    assert server.seen[0].headers["User-Agent"].startswith("dambridge/")
    assert server.seen[0].headers["Authorization"] == "Bearer canary-secret"


# writes --------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P20")
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "trouble",
    [says(500), says(503, Retry_After="1"), says(408), hangs_up, hangs, stops_half_way, says(200, "<html>")],
    ids=["500", "503", "408", "hang up", "hang", "cut", "no JSON"],
)
async def test_a_write_whose_fate_is_unknown_is_sent_once(
    serve: Serve, http: Http, trouble: Answer, method: str
) -> None:
    server = await serve(says(), trouble, says())
    caller = caller_of(http, server)
    await caller.call(read(), lane=LANE)  # so that the write finds a kept connection
    with pytest.raises(Unclear, match="may have happened"):
        await caller.call(write(method=method), lane=LANE)
    assert len(server.seen) == 2


@pytest.mark.hazard("P20")
async def test_a_kept_connection_that_closed_repeats_no_write(http: Http) -> None:
    """aiohttp itself would send PUT and DELETE a second time."""
    requests = 0

    async def one_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        for _ in range(2):
            await reader.readuntil(b"\r\n\r\n")
            requests += 1
            if requests == 1:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
                await writer.drain()
        writer.close()

    listener = await asyncio.start_server(one_answer, "127.0.0.1", 0)
    server = Server([], f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    caller = caller_of(http, server)
    await caller.call(read(), lane=LANE)
    with pytest.raises(Unclear):
        await caller.call(Request(method="DELETE", path="/x", effect=Effect.WRITE, about="delete x"), lane=LANE)
    assert requests == 2
    listener.close()


async def test_a_write_that_was_not_taken_is_tried_later(serve: Serve, http: Http) -> None:
    server = await serve(says(429, Retry_After="5"))
    pace = Pace()
    with pytest.raises(TryLater) as caught:
        await caller_of(http, server, pace).call(write(), lane=LANE)
    assert caught.value.after == timedelta(seconds=5)
    assert pace.waits == [timedelta(seconds=5)]
    assert len(server.seen) == 1


async def test_a_write_that_was_never_sent_is_tried_later(http: Http) -> None:
    with pytest.raises(TryLater, match="could not connect"):
        await caller_of(http, Server([], "http://127.0.0.1:9")).call(write(), lane=LANE)


@pytest.mark.parametrize("effect", list(Effect))
async def test_a_post_that_is_redirected_names_the_remedy(serve: Serve, http: Http, effect: Effect) -> None:
    server = await serve(says(301, Location="https://elsewhere.example/x"))
    request = Request(method="POST", path="/x", effect=effect, about="post x")
    with pytest.raises(CannotGoOn, match="base_url"):
        await caller_of(http, server).call(request, lane=LANE)
    assert len(server.seen) == 1


# sessions ------------------------------------------------------------------------------------------------------------


@dataclass
class SignIns:
    """Counts sign-ins; each gives another token."""

    made: int = 0
    lasts: timedelta | None = None

    async def __call__(self, lane: Lane) -> SignedIn:
        await asyncio.sleep(0)
        self.made += 1
        return SignedIn({"X-Token": f"t{self.made}"}, self.lasts)


def wants(token: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return await (says() if request.headers.get("X-Token") == token else says(401))(request)

    return answer


async def test_a_session_is_renewed_once_for_all_who_wait(serve: Serve, http: Http) -> None:
    server = await serve(wants("t2"))
    caller, sign_in = caller_of(http, server), SignIns()
    caller.sign_with(RenewedHeaders(sign_in))
    replies = await asyncio.gather(*(caller.call(read(), lane=LANE) for _ in range(9)))
    assert {it.status for it in replies} == {200}
    assert sign_in.made == 2


async def test_a_401_to_a_fresh_session_is_an_answer(serve: Serve, http: Http) -> None:
    server = await serve(says(401))
    caller = caller_of(http, server)
    caller.sign_with(RenewedHeaders(SignIns()))
    assert (await caller.call(read(), lane=LANE)).status == 401
    assert len(server.seen) == 2


async def test_a_write_with_an_ended_session_is_not_repeated_here(serve: Serve, http: Http) -> None:
    server = await serve(wants("t2"))
    caller, sign_in = caller_of(http, server), SignIns()
    caller.sign_with(RenewedHeaders(sign_in))
    with pytest.raises(TryLater, match="nothing happened"):
        await caller.call(write(), lane=LANE)
    assert len(server.seen) == 1
    assert (await caller.call(write(), lane=LANE)).ok


async def test_a_session_is_renewed_before_its_announced_end() -> None:
    now = 0.0
    sign_in = SignIns(lasts=timedelta(seconds=100))
    session = RenewedHeaders(sign_in, monotonic=lambda: now)
    assert await session.headers(LANE) == {"X-Token": "t1"}
    now = 39.0
    assert await session.headers(LANE) == {"X-Token": "t1"}
    now = 41.0
    assert await session.headers(LANE) == {"X-Token": "t2"}


# redirects and secrets -----------------------------------------------------------------------------------------------


@pytest.mark.hazard("P49")
async def test_a_redirect_to_another_host_gets_no_credentials(serve: Serve, http: Http) -> None:
    other = await serve(says())
    server = await serve(says(302, Location=f"{other.url}/there?sig=1"))
    request = Request(
        method="GET", path="/x", effect=Effect.READ, about="x", headers={"X-Ps-Api-Key": "canary"}, expects_json=False
    )
    assert (await caller_of(http, server).call(request, lane=LANE)).ok
    assert "canary" not in str(dict(other.seen[0].headers))
    assert "Authorization" not in other.seen[0].headers


@pytest.mark.hazard("P49")
async def test_a_redirect_to_another_host_is_not_followed_for_data(serve: Serve, http: Http) -> None:
    """What another host says is not the service's word, whether it is JSON or not."""
    other = await serve(says())
    server = await serve(says(302, Location=f"{other.url.replace('127.0.0.1', 'localhost')}/there?sig=canary"))
    with pytest.raises(CannotGoOn, match="redirect to localhost, which was not followed") as caught:
        await caller_of(http, server).call(read(), lane=LANE)
    assert other.seen == []
    assert "canary" not in str(caught.value)


def streams(size: int, piece: bytes, *, status: int = 200, **headers: str) -> Answer:
    """An answer of so many bytes, piece by piece, no length announced."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers=headers)
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for _ in range(size // len(piece)):
                await response.write(piece)
        return response

    return answer


async def test_a_large_answer_that_may_be_due_is_read_whole(serve: Serve, http: Http) -> None:
    server = await serve(streams(20 * 1024 * 1024, b" " * (1 << 20)), says())
    reply = await caller_of(http, server).call(read(expects_json=False), lane=LANE)
    assert len(reply.body) == 20 * 1024 * 1024


async def test_an_answer_beyond_reason_is_not_read_and_not_asked_for_again(serve: Serve, http: Http) -> None:
    server = await serve(streams(256 * 1024 * 1024, b" " * (1 << 20)))
    with pytest.raises(TryLater, match=r"far larger than any that is due .*32 MiB at most"):
        await caller_of(http, server).call(read(), lane=LANE)
    with pytest.raises(Unclear, match="far larger"):
        await caller_of(http, server).call(write(), lane=LANE)
    assert len(server.seen) == 2


async def test_a_packed_answer_is_measured_unpacked(serve: Serve, http: Http) -> None:
    packed = gzip.compress(b" " * (200 * 1024 * 1024))
    server = await serve(streams(len(packed), packed, Content_Encoding="gzip"))

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    server.script = [answer]
    with pytest.raises(TryLater, match="far larger"):
        await caller_of(http, server).call(read(), lane=LANE)


async def test_of_a_refusal_the_beginning_is_read_however_it_comes(serve: Serve, http: Http) -> None:
    """In many small pieces, and without end."""
    server = await serve(streams(50_000, b"refused! " * 10, status=404), streams(1 << 28, b"no" * 50_000, status=404))
    short = await caller_of(http, server).call(read(), lane=LANE)
    assert len(short.body) == 50_000 // 90 * 90
    endless = await caller_of(http, server).call(read(), lane=LANE)
    assert (endless.status, len(endless.body)) == (404, 64 * 1024)


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 100_000, "9" * 100_000, "<html>", ""], ids=len)
async def test_what_cannot_be_read_as_json_is_no_answer(serve: Serve, http: Http, body: str) -> None:
    server = await serve(says(body=body))
    with pytest.raises(TryLater):
        await caller_of(http, server).call(read(), lane=LANE)
    with pytest.raises(Unclear):
        await caller_of(http, server).call(write(), lane=LANE)


@pytest.mark.parametrize("answer", [says(503), says(body="<html>back soon")])
async def test_who_is_maintained_says_when(serve: Serve, http: Http, answer: Answer) -> None:
    caller = HttpCaller(
        http, account=ACCOUNT, base_url=(await serve(answer)).url, pacer=Pace(), upkeep="Every Monday at nine."
    )
    with pytest.raises(TryLater, match=r"Perhaps it is being maintained. Every Monday at nine. Nothing happened"):
        await caller.call(read(), lane=LANE)
    with pytest.raises(Unclear, match=r"Every Monday at nine. It may have happened"):
        await caller.call(write(), lane=LANE)


async def test_a_redirect_within_the_host_keeps_them(serve: Serve, http: Http) -> None:
    server = await serve(says(302, Location="/there"), says())
    assert (await caller_of(http, server).call(read(), lane=LANE)).ok
    assert [it.headers.get("Authorization") for it in server.seen] == ["Bearer canary-secret"] * 2
    assert http.calls[ACCOUNT] == 2


@pytest.mark.hazard("P49")
@pytest.mark.parametrize("trouble", [says(500), says(302, Location="ftp://x/"), hangs_up, stops_half_way, hangs])
async def test_no_error_holds_a_header(serve: Serve, http: Http, trouble: Answer) -> None:
    server = await serve(trouble)
    for request in (read(), write()):
        with pytest.raises(NextMove) as caught:
            await caller_of(http, server, retries=Retries(attempts=1)).call(request, lane=LANE)
        error: BaseException | None = caught.value
        assert error is not None
        assert error.__cause__ is None
        assert error.__context__ is None
        assert "canary" not in f"{error} {error!r} {error.__dict__}"


# bodies --------------------------------------------------------------------------------------------------------------


def body_of(*pieces: bytes, size: int | None = None) -> Body:
    async def chunks() -> AsyncIterator[bytes]:
        for it in pieces:
            yield it

    return Body(size, chunks)


def upload(body: Body, file_name: str = 'ü "1".jpg') -> Request:
    file = FilePart(field="file", file_name=file_name, body=body)
    return Request(method="POST", path="/up", effect=Effect.WRITE, about="send x", form={"folder": "é"}, file=file)


async def takes_form(request: web.Request) -> web.StreamResponse:
    form = await request.post()
    file = form["file"]
    assert isinstance(file, web.FileField)
    said = {"folder": form["folder"], "name": file.filename, "size": len(file.file.read())}
    return web.json_response({**said, "length": request.headers.get("Content-Length"), "order": list(form)})


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("size", [0, 1, 100_000])
async def test_a_file_goes_out_with_its_form(serve: Serve, http: Http, known: bool, size: int) -> None:
    server = await serve(takes_form)
    pieces = [bytes(size // 2), bytes(size - size // 2)]
    request = upload(body_of(*pieces, size=size if known else None))
    said = (await caller_of(http, server).call(request, lane=LANE)).json()
    assert (said["folder"], said["size"], said["order"]) == ("é", size, ["folder", "file"])
    assert said["name"] == "ü %221%22.jpg"
    assert (said["length"] is not None) == known


@pytest.mark.hazard("P05")
@pytest.mark.parametrize("announced", [5, 50])
async def test_a_file_of_another_length_than_announced_never_arrives(serve: Serve, http: Http, announced: int) -> None:
    arrived: list[object] = []

    async def counts(request: web.Request) -> web.StreamResponse:
        try:
            arrived.append(await request.post())
        except ConnectionResetError:
            return web.Response()
        return web.json_response({})

    server = await serve(counts)
    with pytest.raises(Unclear, match="announced"):
        await caller_of(http, server).call(upload(body_of(bytes(20), size=announced)), lane=LANE)
    await asyncio.sleep(0.05)
    assert arrived == []


async def test_a_source_that_fails_while_it_is_sent_is_named(serve: Serve, http: Http) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"x" * 10
        raise TryLater("the source was cut")

    server = await serve(hangs_up)
    with pytest.raises(Unclear, match="the source was cut"):
        await caller_of(http, server).call(upload(Body(100, failing)), lane=LANE)


async def test_a_service_that_takes_no_more_bytes_is_given_up(serve: Serve, http: Http) -> None:
    server = await serve(hangs)
    pieces = [bytes(1 << 20)] * 64
    with pytest.raises(Unclear, match="no answer in time"):
        await caller_of(http, server).call(upload(body_of(*pieces, size=64 << 20)), lane=LANE)


async def test_a_slow_source_is_not_a_silent_service(serve: Serve, http: Http) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(0.5)  # longer than the service may be idle
        yield b"y"

    server = await serve(takes_form)
    assert (await caller_of(http, server).call(upload(Body(2, slow)), lane=LANE)).json()["size"] == 2


async def test_a_download_streams_and_counts(serve: Serve, http: Http) -> None:
    server = await serve(says(503), says(200, "x" * 70_000))
    async with caller_of(http, server).download(read(expects_json=False), lane=LANE) as found:
        assert found.stream is not None
        assert found.stream.size == 70_000
        assert len(b"".join([it async for it in found.stream.chunks])) == 70_000
    assert server.seen[1].headers["Accept-Encoding"] == "identity"


@pytest.mark.hazard("P05")
async def test_a_download_that_is_cut_says_what_came(serve: Serve, http: Http) -> None:
    server = await serve(stops_half_way)
    async with caller_of(http, server).download(read(), lane=LANE) as found:
        assert found.stream is not None
        with pytest.raises(TryLater, match="5 of 1000 bytes came"):
            async for _ in found.stream.chunks:
                pass


async def test_a_refused_download_shows_the_refusal(serve: Serve, http: Http) -> None:
    server = await serve(says(403, '{"why": "no"}'))
    async with caller_of(http, server).download(read(), lane=LANE) as found:
        assert found.stream is None
        assert found.reply.json() == {"why": "no"}


# clocks --------------------------------------------------------------------------------------------------------------


async def test_the_simulators_clock_is_believed_for_a_moment(serve: Serve, http: Http) -> None:
    server = await serve(
        says(200, '{"now": "2026-11-24T10:00:00Z"}'),
        says(200, '{"now": "2026-12-24T12:00:00+02:00"}'),
        says(200, '{"now": "2026-12-01T00:00:00Z"}'),
    )
    at = 0.0
    clock = SimulatorClock(http, server.url, keep=timedelta(seconds=1), monotonic=lambda: at)
    assert await clock.now() == datetime(2026, 11, 24, 10, tzinfo=UTC)
    at = 0.9
    assert await clock.now() == datetime(2026, 11, 24, 10, tzinfo=UTC)
    at = 1.1
    assert await clock.now() == datetime(2026, 12, 24, 10, tzinfo=UTC)
    at = 3.0
    assert await clock.now() == datetime(2026, 12, 24, 10, tzinfo=UTC), "it never goes back"
    assert server.seen[0].path == "/__sim__/clock"
    assert not http.calls


async def test_the_machines_clock_is_aware_and_does_not_go_back() -> None:
    clock = SystemClock()
    first, second = await clock.now(), await clock.now()
    assert first.tzinfo is UTC
    assert first <= second
