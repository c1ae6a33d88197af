"""The way out over real HTTP: signatures that another hand can check, no redirect, and no private network unless it is named."""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from standardwebhooks.webhooks import Webhook

from dambridge.connectors.kit import StandardHookSender, SystemClock, Way
from dambridge.connectors.kit.standard_hooks import headers_of, holds
from dambridge.connectors.kit.telling import FORBIDDEN, PATIENCE

KEY = b"canary-of-a-secret-with-32-bytes"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OTHER = "whsec_" + base64.b64encode(b"x" * 24).decode()
AT = datetime(2023, 1, 19, 0, 13, 51, tzinfo=UTC)
HERE = (ip_network("127.0.0.0/8"),)
BODY = '{"type":"asset.published","says":"東京"}'


@dataclass
class Taker:
    """A receiver of another program."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.came.append(({name.lower(): it for name, it in request.headers.items()}, await request.read()))
        return web.Response(status=self.status, headers=self.headers)


@asynccontextmanager
async def receiving(taker: Taker) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_post("/{rest:.*}", taker.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@dataclass
class Names(AbstractResolver):
    """A name server that is somebody else's."""

    answers: Callable[[], list[str]]

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_UNSPEC) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=it, port=port, family=socket.AF_INET, proto=0, flags=0)
            for it in self.answers()
        ]

    async def close(self) -> None:
        return None


def way(url: str, *secrets: str, here: bool = True) -> Way:
    return Way(url=url, secrets=secrets or (SECRET,), networks=HERE if here else ())


async def test_another_hand_finds_the_signature_right() -> None:
    taker = Taker()
    async with receiving(taker) as port:
        sender = StandardHookSender(way(f"http://127.0.0.1:{port}/hook", SECRET, OTHER), SystemClock())
        assert (await sender.send("msg_1", BODY)).took
    ((headers, body),) = taker.came
    assert body == BODY.encode()
    assert headers["content-type"] == "application/json"
    signed = f"msg_1.{headers['webhook-timestamp']}.".encode() + body
    by_hand = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"].split(" ")[0] == f"v1,{by_hand}"
    for secret in (SECRET, OTHER):
        Webhook(secret).verify(body, headers, json_parse=False)
    assert "cookie" not in headers


def test_the_signature_is_the_one_of_the_convention() -> None:
    """The example of the convention's own libraries."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", '{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)
    told = headers_of([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)
    assert told["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert told["webhook-timestamp"] == "1614265330"
    assert holds([OTHER, secret], told, body.encode())
    for name in told:
        assert not holds([secret], {**told, name: "1" + told[name]}, body.encode()), name
        assert not holds([secret], {**told, name: ""}, body.encode()), name
    assert not holds([secret], told, body.encode() + b" ")
    assert not holds([OTHER], told, body.encode())
    assert not holds([secret], told, b"\xff")


@pytest.mark.parametrize(
    ("status", "retry", "took", "wait"),
    [
        (200, "", True, None),
        (302, "", False, None),
        (410, "", False, None),
        (429, "120", False, 120.0),
        (503, "soon", False, None),
    ],
)
async def test_an_attempt_says_what_was_answered(status: int, retry: str, took: bool, wait: float | None) -> None:
    taker = Taker(status, {**({"Retry-After": retry} if retry else {}), "Location": "/elsewhere"})
    async with receiving(taker) as port:
        attempt = await StandardHookSender(way(f"http://127.0.0.1:{port}/hook"), SystemClock()).send("msg_1", BODY)
    assert (attempt.took, attempt.status, attempt.retry_after) == (took, status, wait)
    assert len(taker.came) == 1, "no redirect is followed"


async def test_nobody_there_is_a_word_without_the_address() -> None:
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        port = it.getsockname()[1]
    attempt = await StandardHookSender(way(f"http://127.0.0.1:{port}/canary"), SystemClock()).send("msg_1", BODY)
    assert (attempt.status, attempt.error) == (None, "could not connect")
    assert 15 <= PATIENCE <= 30, "as the convention wants"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "2130706433", "0x7f.1", "0.0.0.0"],  # noqa: S104
)
async def test_nothing_is_sent_to_this_machine_unless_it_is_named(host: str) -> None:
    taker = Taker()
    async with receiving(taker) as port:
        sender = StandardHookSender(way(f"http://{host}:{port}/hook", here=False), SystemClock())
        attempt = await sender.send("msg_1", BODY)
        assert (attempt.took, attempt.status) == (False, None)
        assert attempt.error == FORBIDDEN or host == "2130706433", "which the library itself takes for no address"
        assert taker.came == []
        named = StandardHookSender(way(f"http://127.0.0.1:{port}/hook"), SystemClock())
        assert (await named.send("msg_1", BODY)).took, "beside the never an always"
    assert len(taker.came) == 1


async def test_a_name_that_changes_sides_gains_nothing() -> None:
    """It leads to the outside when it is looked at and to the inside when it is called: it is asked once, by whoever connects."""
    taker, turns = Taker(), iter([["127.0.0.1"]])
    async with receiving(taker) as port:
        outside = Way(url=f"https://rebinding.example:{port}/hook", secrets=(SECRET,))
        sender = StandardHookSender(outside, SystemClock(), resolver=Names(lambda: next(turns)))
        assert (await sender.send("msg_1", BODY)).error == FORBIDDEN
    assert taker.came == []


@pytest.mark.parametrize(
    ("address", "open_line", "secret_line"),
    [
        ("93.184.215.14", False, True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", False, True),
        ("10.1.2.3", False, False),
        ("10.9.2.3", True, True),
        ("169.254.169.254", False, False),
        ("100.64.0.1", False, False),
        ("224.0.0.1", False, False),
        ("fe80::1", False, False),
        ("fc00::1", False, False),
        ("64:ff9b::a00:1", False, False),
        ("2002:7f00:1::", False, False),
        ("::ffff:169.254.169.254", False, False),
    ],
)
def test_where_something_may_be_sent(address: str, open_line: bool, secret_line: bool) -> None:
    """Without a certificate into named networks alone."""
    named = (ip_network("10.9.0.0/16"),)
    for scheme, wanted in (("http", open_line), ("https", secret_line)):
        it = Way(url=f"{scheme}://it.example/", secrets=(SECRET,), networks=named)
        assert it.permits(ip_address(address)) is wanted, (scheme, address)


@pytest.mark.hazard("P49")
def test_neither_address_nor_secret_is_in_any_text_form() -> None:
    it = way("https://it.example/canary-path?canary=1")
    sender = StandardHookSender(it, SystemClock())
    for text in (repr(it), str(it), repr(sender), str(sender), sender.where):
        assert "canary" not in text
        assert SECRET not in text
    assert sender.where == "it.example"
