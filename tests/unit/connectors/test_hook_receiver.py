"""The receiver of hooks over real HTTP: what it takes, what it turns away, and how little it tells."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest

from dambridge.connectors.kit import HookOptions, listening
from dambridge.connectors.kit.hooks import LARGEST_BODY
from dambridge.ports.errors import Refused


@dataclass
class Desk:
    """Takes deliveries for one account, `archive`."""

    came: list[bytes] = field(default_factory=list)
    full: bool = False

    async def take(self, account: str, headers: Mapping[str, str], body: bytes) -> bool:
        if account != "archive":
            raise KeyError(account)
        if body == b"garbage":
            raise Refused("It cannot be read.", code="body")
        if headers.get("X-Signed") == "wrong":
            raise Refused("It was not signed.", code="signature")
        if not self.full:
            self.came.append(body)
        return not self.full


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def receiver(
    desk: Desk, *, secret: str = "", per_second: float = 1000, clock: Clock | None = None
) -> AsyncIterator[str]:
    options = HookOptions(host="127.0.0.1", port=0, per_second=per_second, path_secret=secret)
    async with listening(options, desk.take, monotonic=clock or Clock()) as port:
        yield f"http://127.0.0.1:{port}"


async def post(url: str, body: bytes = b"{}", **headers: str) -> tuple[int, bytes, Mapping[str, str]]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=sent) as reply:
        return reply.status, await reply.read(), reply.headers


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", "nonsense"])
async def test_a_delivery_is_taken_whatever_it_calls_itself(kind: str) -> None:
    desk = Desk()
    async with receiver(desk) as url:
        assert (await post(f"{url}/hooks/archive", b'{"a": 1}', Content_Type=kind))[:2] == (202, b"")
    assert desk.came == [b'{"a": 1}']


async def test_nothing_is_told_about_what_is_not_there() -> None:
    desk = Desk()
    async with receiver(desk) as url:
        for path in ("/hooks/nobody", "/hooks/archive/guess", "/hooks", "/", "/hooks/archive/a/b"):
            status, body, _ = await post(url + path)
            assert status == 404, path
            assert b"archive" not in body
    assert desk.came == []


async def test_a_wrong_signature_looks_like_an_account_that_nobody_knows() -> None:
    async with receiver(Desk()) as url:
        wrong = await post(f"{url}/hooks/archive", X_Signed="wrong")
        nobody = await post(f"{url}/hooks/nobody")
    for it in (wrong, nobody):
        assert it[:2] == (404, b"")
    assert set(wrong[2]) == set(nobody[2])


async def test_selections_have_an_address_of_their_own() -> None:
    hints, picked = Desk(), Desk()
    options = HookOptions(host="127.0.0.1", port=0, per_second=1000)
    async with listening(options, hints.take, selections=picked.take, monotonic=Clock()) as port:
        assert (await post(f"http://127.0.0.1:{port}/selections/archive", b"picked"))[0] == 202
        assert (await post(f"http://127.0.0.1:{port}/hooks/archive", b"hint"))[0] == 202
    assert (hints.came, picked.came) == ([b"hint"], [b"picked"])
    async with receiver(hints) as url:
        assert (await post(f"{url}/selections/archive"))[0] == 404, "where no selections are taken"


async def test_a_path_secret_must_be_the_right_one() -> None:
    desk = Desk()
    async with receiver(desk, secret="canary-path") as url:
        for wrong in ("/hooks/archive", "/hooks/archive/canary-pat", "/hooks/archive/Canary-path"):
            assert (await post(url + wrong))[0] == 404
        assert (await post(f"{url}/hooks/archive/canary-path"))[0] == 202
    assert len(desk.came) == 1


@pytest.mark.parametrize(
    ("body", "headers", "status"), [(b"garbage", {}, 400), (b"{}", {"X_Signed": "wrong"}, 404), (b"", {}, 202)]
)
async def test_what_is_no_hint_is_turned_away_without_a_word(body: bytes, headers: dict[str, str], status: int) -> None:
    async with receiver(Desk()) as url:
        assert (await post(f"{url}/hooks/archive", body, **headers))[:2] == (status, b"")


async def test_the_largest_body_is_taken_and_a_larger_one_is_not() -> None:
    desk = Desk()
    async with receiver(desk) as url:
        assert (await post(f"{url}/hooks/archive", b"x" * LARGEST_BODY))[0] == 202
        assert (await post(f"{url}/hooks/archive", b"x" * (LARGEST_BODY + 1)))[0] == 413
    assert [len(it) for it in desk.came] == [LARGEST_BODY]


async def test_too_many_in_a_second_are_told_to_come_back() -> None:
    desk, clock = Desk(), Clock()
    async with receiver(desk, per_second=3, clock=clock) as url:
        seen = [(await post(f"{url}/hooks/archive"))[0] for _ in range(5)]
        assert seen == [202, 202, 202, 429, 429]
        assert (await post(f"{url}/hooks/archive"))[2]["Retry-After"] == "1"
        clock.now += 1
        assert [(await post(f"{url}/hooks/archive"))[0] for _ in range(4)] == [202, 202, 202, 429]
    assert len(desk.came) == 6


async def test_a_sender_may_repeat_what_could_not_be_kept() -> None:
    desk = Desk(full=True)
    async with receiver(desk) as url:
        assert (await post(f"{url}/hooks/archive"))[0] == 503
        desk.full = False
        assert (await post(f"{url}/hooks/archive"))[0] == 202


@pytest.mark.hazard("P49")
async def test_the_secret_is_in_no_text_form() -> None:
    options = HookOptions(host="127.0.0.1", port=0, per_second=1, path_secret="canary-path")
    assert "canary" not in f"{options!r} {options}"
