"""Who gets in, how long, and what they may do there: asked as browsers ask, over a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute

from dambridge.console.headers import HEADERS
from dambridge.console.screens import SCREENS
from dambridge.engine import people
from dambridge.model.access import Role, Scope
from dambridge.model.identity import FlowName
from dambridge.ports.errors import Refused
from support.console import HOST, Stand, console


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with console(tmp_path) as it:
        await it.person("ada", "administrator")
        yield it


async def events(stand: Stand) -> list[tuple[str, str]]:
    trail = await stand.ledger.audit_trail(subject=None, after=0, limit=1000)
    return [(it.entry.event, it.entry.actor) for it in trail]


def routes() -> list[tuple[str, str]]:
    """Every way of asking that there is."""
    some = [it for router in SCREENS for it in router.routes]
    assert all(isinstance(it, APIRoute) for it in some)
    return [(method, it.path) for it in some if isinstance(it, APIRoute) for method in sorted(it.methods or ())]


OPEN = {"/sign-in", "/sign-in/oidc", "/sign-in/oidc/back", "/api/openapi.json"}


def filled(path: str) -> str:
    return (
        path.replace("{flow}", "intake").replace("{what}", "run").replace("{", "").replace("}", "").replace(":path", "")
    )


async def test_nobody_sees_or_does_anything_without_signing_in(stand: Stand) -> None:
    asked = 0
    async with stand.browser() as browser:
        for method, path in routes():
            if path in OPEN:
                continue
            answer = await browser.request(method, filled(path))
            asked += 1
            assert answer.status_code in {303, 401}, (method, path)
            if answer.status_code == 303:
                assert answer.headers["location"].startswith("/sign-in"), path
    assert asked >= 6


async def test_a_sign_in_leads_back_and_a_wrong_one_says_nothing_about_names(stand: Stand) -> None:
    async with stand.browser() as browser:
        wrong = await browser.post("/sign-in", data={"name": "ada", "password": "no"})
        nobody = await browser.post("/sign-in", data={"name": "nobody", "password": "no"})
        assert wrong.status_code == nobody.status_code == 401
        assert wrong.text.replace("ada", "X") == nobody.text.replace("nobody", "X")
        back = {"name": "Ada ", "password": stand.passwords["ada"], "back": "/me"}
        good = await browser.post("/sign-in", data=back)
        assert (good.status_code, good.headers["location"]) == (303, "/me")
        cookie = good.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert (await browser.get("/")).status_code == 200
    assert await events(stand) == [
        ("person.added", "test"),
        ("person.sign_in_refused", "ada"),
        ("person.signed_in", "ada"),
    ]


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_a_sign_in_never_leads_away(stand: Stand, away: str) -> None:
    async with stand.browser() as browser:
        given = {"name": "ada", "password": stand.passwords["ada"], "back": away}
        assert (await browser.post("/sign-in", data=given)).headers["location"] == "/"


async def test_a_session_ends_by_itself_by_the_clock(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    for _ in range(13):
        stand.wall.move(hours=11)
        assert (await browser.get("/")).status_code == 200
    stand.wall.move(hours=13)
    assert (await browser.get("/")).status_code == 303, "nothing was heard of it for longer than `idle`"
    again = await stand.signed_in("ada")
    for _ in range(15):
        stand.wall.move(hours=11)
        await again.get("/")
    stand.wall.move(hours=4)
    assert (await again.get("/")).status_code == 303, "after `longest` in any case"


async def test_signing_in_anew_ends_what_the_browser_held_before(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    before = browser.client.cookies["dambridge"]
    await browser.client.post("/sign-in", data={"name": "ada", "password": stand.passwords["ada"]})
    assert browser.client.cookies["dambridge"] != before
    async with stand.browser(cookies={"dambridge": before}) as other:
        assert (await other.get("/")).status_code == 303
    async with stand.browser(cookies={"dambridge": browser.client.cookies["dambridge"]}) as other:
        assert (await other.get("/")).status_code == 200


async def test_the_store_knows_no_secret_that_lets_anybody_in(stand: Stand, tmp_path: Path) -> None:
    browser = await stand.signed_in("ada")
    secret = browser.client.cookies["dambridge"]
    kept = b"".join(it.read_bytes() for it in (tmp_path / "data").rglob("*") if it.is_file())
    assert len(kept) > 10_000
    assert secret.encode() not in kept
    assert stand.passwords["ada"].encode() not in kept


async def test_signing_out_ends_the_session_at_once(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    held = dict(browser.client.cookies)
    assert (await browser.post("/sign-out")).status_code == 303
    async with stand.browser(cookies=held) as other:
        assert (await other.get("/")).status_code == 303
    assert ("person.signed_out", "ada") in await events(stand)


async def test_guessing_is_braked_and_the_clock_lets_one_try_again(stand: Stand) -> None:
    async with stand.browser() as browser:
        for _ in range(5):
            assert (await browser.post("/sign-in", data={"name": "ada", "password": "no"})).status_code == 401
        good = {"name": "ada", "password": stand.passwords["ada"]}
        braked = await browser.post("/sign-in", data=good)
        assert braked.status_code == 429
        assert int(braked.headers["retry-after"]) > 0
        stand.wall.move(minutes=16)
        assert (await browser.post("/sign-in", data=good)).status_code == 303


async def test_no_form_is_taken_from_another_site_or_without_its_token(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    posts = [path for method, path in routes() if method == "POST" and path not in OPEN and "/api/" not in path]
    assert len(posts) >= 3
    token = await browser.csrf()
    for path in posts:
        bare = await browser.client.post(filled(path), data={})
        assert bare.status_code == 403, path
        strange = await browser.client.post(filled(path), data={"csrf": "0" * 64})
        assert strange.status_code == 403, path
        elsewhere = {"origin": "https://evil.example"}
        away = await browser.client.post(filled(path), data={"csrf": token}, headers=elsewhere)
        assert away.status_code == 403, path
    assert (await browser.client.post("/flows/intake/hold", data={"csrf": token})).status_code == 303
    assert await stand.ledger.control("paused:intake") == "ada"


async def test_every_answer_carries_the_headers_that_keep_browsers_safe(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    for path, status in (("/", 200), ("/sign-in", 200), ("/nothing-here", 404), ("/static/console.css", 200)):
        answer = await browser.get(path)
        assert answer.status_code == status, path
        assert {name: answer.headers[name] for name in HEADERS} == dict(HEADERS), path
        assert "unsafe" not in answer.headers["content-security-policy"]
        kept = "immutable" in answer.headers["cache-control"]
        assert kept == path.startswith("/static/"), path


async def test_a_host_that_is_not_ours_is_not_answered(stand: Stand) -> None:
    async with stand.browser(headers={"host": "evil.example"}) as browser:
        assert (await browser.get("/sign-in")).status_code == 421
    async with stand.browser(headers={"host": "localhost:8390"}) as browser:
        assert (await browser.get("/sign-in")).status_code == 200


async def test_roles_and_flows_bound_what_somebody_may_do(stand: Stand) -> None:
    await stand.person("vera", "viewer")
    await stand.person("otto", "operator", scope=Scope(flows=frozenset({FlowName.PUBLISH})))
    vera, otto, ada = [await stand.signed_in(it) for it in ("vera", "otto", "ada")]
    assert (await vera.get("/")).status_code == 200
    assert (await vera.post("/flows/intake/hold")).status_code == 403
    assert (await otto.post("/flows/intake/hold")).status_code == 403, "another flow is his"
    assert "/flows/intake/" not in (await otto.get("/")).text
    assert await stand.ledger.control("paused:intake") is None
    assert (await ada.post("/flows/intake/hold")).status_code == 303
    assert ("flow.paused", "ada") in await events(stand)


async def test_whoever_is_disabled_or_reset_is_out_at_once(stand: Stand) -> None:
    await stand.person("vera", "viewer")
    browser = await stand.signed_in("vera")
    await people.set_disabled(stand.desk.people, "vera", disabled=True, by="ada")
    assert (await browser.get("/")).status_code == 303
    async with stand.browser() as other:
        given = {"name": "vera", "password": stand.passwords["vera"]}
        assert (await other.post("/sign-in", data=given)).status_code == 401
        await people.set_disabled(stand.desk.people, "vera", disabled=False, by="ada")
        assert (await other.post("/sign-in", data=given)).status_code == 303
        fresh = await people.reset(stand.desk.people, "vera", by="ada")
        assert (await other.get("/")).status_code == 303
        assert (await other.post("/sign-in", data=given)).status_code == 401
        assert (await other.post("/sign-in", data={"name": "vera", "password": fresh})).status_code == 303


async def test_somebody_always_stays_who_gives_roles(stand: Stand) -> None:
    desk = stand.desk.people
    with pytest.raises(Refused, match="Nobody would be left"):
        await people.set_disabled(desk, "ada", disabled=True, by="ada")
    with pytest.raises(Refused, match="Nobody would be left"):
        await people.set_rights(desk, "ada", roles=frozenset({Role.VIEWER}), scope=Scope(), by="ada")
    await stand.person("bea", "administrator")
    await people.set_disabled(desk, "ada", disabled=True, by="bea")


async def test_ones_own_password_needs_the_old_one(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    wrong = await browser.post("/me/password", old="nope", new="a-new-password")
    assert wrong.status_code == 409
    short = await browser.post("/me/password", old=stand.passwords["ada"], new="short")
    assert short.status_code == 409
    good = await browser.post("/me/password", old=stand.passwords["ada"], new="a-new-password")
    assert good.status_code == 303
    assert (await browser.get("/")).status_code == 200, "this browser stays signed in"


async def test_beyond_this_machine_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    def behind_a_proxy(settings: Any) -> Any:
        options = settings.console.model_copy(update={"host": "192.0.2.7", "address": "https://dam.example"})
        return settings.model_copy(update={"console": options})

    async with console(tmp_path, change=behind_a_proxy) as stand:
        await stand.person("ada", "administrator")
        async with stand.browser(headers={"host": "dam.example"}) as browser:
            given = {"name": "ada", "password": stand.passwords["ada"]}
            answer = await browser.post("/sign-in", data=given, headers={"origin": "https://dam.example"})
            assert answer.status_code == 303
            assert answer.headers["set-cookie"].startswith("__Host-dambridge=")
            assert "Secure" in answer.headers["set-cookie"]
            assert "max-age" in answer.headers["strict-transport-security"]
            strange = await browser.post("/sign-in", data=given, headers={"origin": HOST})
            assert strange.status_code == 403


async def test_a_fault_of_ours_is_a_sentence_and_tells_nothing_else(stand: Stand) -> None:
    async def boom() -> None:
        raise RuntimeError("postgresql://user:secret@host")

    stand.app.add_api_route("/boom", boom)
    async with stand.browser() as browser:
        answer = await browser.get("/boom")
        assert answer.status_code == 500
        assert "A fault in dambridge itself" in answer.text
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text
        assert {name: answer.headers[name] for name in HEADERS} == dict(HEADERS)


async def test_a_body_that_is_larger_than_any_form_is_not_read(stand: Stand) -> None:
    async with stand.browser() as browser:
        large = await browser.post("/sign-in", data={"name": "x" * 2_000_000, "password": "y"})
        assert large.status_code == 413
        assert (await browser.post("/api/v1/runs", content=b"x" * 2_000_000)).status_code == 413
