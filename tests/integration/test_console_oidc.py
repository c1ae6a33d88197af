"""Signing in through another system: over real HTTP against a small provider that can be told to lie."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from dambridge.bootstrap.console_options import OidcOptions
from dambridge.model.access import Role
from support.console import START, Stand, console
from support.oidc_provider import CLIENT, SECRET, Provider, new_key, provider

NOW = int(START.timestamp())
ROLES = {"archive-team": (Role.LIBRARIAN,), "it": (Role.ADMINISTRATOR, Role.OPERATOR)}
BEA = {"sub": "u-17", "preferred_username": "bea", "name": "Bea Roth", "groups": ["archive-team", "choir"]}


@pytest.fixture
async def there() -> AsyncIterator[Provider]:
    async with provider(NOW) as it:
        it.person = dict(BEA)
        yield it


@pytest.fixture
async def stand(tmp_path: Path, there: Provider) -> AsyncIterator[Stand]:
    async with opened(tmp_path, there, ROLES) as it:
        yield it


def opened(folder: Path, there: Provider, roles: Any) -> Any:
    oidc = OidcOptions(issuer=there.issuer, client_id=CLIENT, client_secret=SecretStr(SECRET), roles=roles)

    def with_oidc(settings: Any) -> Any:
        return settings.model_copy(update={"console": settings.console.model_copy(update={"oidc": oidc})})

    return console(folder, change=with_oidc)


async def there_and_back(browser: httpx2.AsyncClient, back: str = "/me") -> httpx2.Response:
    """What a browser does: to the provider, and to where that sends it."""
    sent = await browser.get("/sign-in/oidc", params={"back": back})
    assert sent.status_code == 303, sent.text
    async with httpx2.AsyncClient() as wide:
        returned = (await wide.get(sent.headers["location"])).headers["location"]
    return await browser.get(returned)


async def test_somebody_new_gets_the_roles_of_their_groups(stand: Stand) -> None:
    async with stand.browser() as browser:
        assert "Sign in with your organisation" in (await browser.get("/sign-in")).text
        answer = await there_and_back(browser)
        assert (answer.status_code, answer.headers["location"]) == (303, "/me")
        assert "Bea Roth" in (await browser.get("/me")).text
        assert (await browser.get("/people")).status_code == 403
    bea = await stand.desk.people.store.person("bea")
    assert bea is not None
    assert (bea.roles, bea.password) == (frozenset({Role.LIBRARIAN}), None)
    trail = await stand.ledger.audit_trail(subject="person:bea", after=0, limit=10)
    assert [it.entry.event for it in trail] == ["person.added", "person.signed_in"]


async def test_groups_are_looked_at_anew_each_time(stand: Stand, there: Provider) -> None:
    async with stand.browser() as browser:
        await there_and_back(browser)
        there.person = {**BEA, "groups": ["it"], "preferred_username": "renamed"}
        await there_and_back(browser)
        assert (await browser.get("/people")).status_code == 200, "the same person, by subject, with other roles"
        await stand.person("ada", "administrator")
        there.person = {**BEA, "groups": ["choir"]}
        refused = await there_and_back(browser)
        assert refused.status_code == 403
        assert "have no role yet" in refused.text


LIES: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "somebody-else"},
    "another issuer": {"iss": "https://evil.example"},
    "expired": {"exp": NOW - 300, "iat": NOW - 900},
    "not yet": {"iat": NOW + 3000},
    "another nonce": {"nonce": "another"},
    "several audiences": {"aud": [CLIENT, "other"]},
    "no subject": {"sub": None},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_what_does_not_hold_signs_nobody_in(stand: Stand, there: Provider, lie: dict[str, Any]) -> None:
    there.lies = lie
    async with stand.browser() as browser:
        answer = await there_and_back(browser)
        assert answer.status_code == 403, answer.text
        assert (await browser.get("/")).status_code == 303
    assert await stand.desk.people.store.people() == []


async def test_another_key_signs_nobody_in(stand: Stand, there: Provider) -> None:
    there.sign_with = new_key()
    async with stand.browser() as browser:
        assert (await there_and_back(browser)).status_code == 403


async def test_a_sign_in_ends_in_the_browser_that_began_it_and_once(stand: Stand) -> None:
    async with stand.browser() as victim, stand.browser() as attacker, httpx2.AsyncClient() as wide:
        sent = await attacker.get("/sign-in/oidc")
        returned = (await wide.get(sent.headers["location"])).headers["location"]
        assert (await victim.get(returned)).status_code == 403, "whoever clicks somebody else's link is not signed in"
        mixed = await victim.get("/sign-in/oidc")
        assert mixed.status_code == 303
        assert (await victim.get(returned)).status_code == 403
        assert (await attacker.get(returned)).status_code == 303
        assert (await attacker.get(returned)).status_code == 403, "a code is good once"


async def test_a_name_that_is_somebodys_here_is_not_taken_over(stand: Stand) -> None:
    await stand.person("bea", "administrator")
    async with stand.browser() as browser:
        answer = await there_and_back(browser)
        assert answer.status_code == 409
        assert (await browser.get("/")).status_code == 303


async def test_without_a_map_of_groups_an_administrator_gives_the_role(tmp_path: Path, there: Provider) -> None:
    async with opened(tmp_path / "plain", there, {}) as stand:
        await stand.person("ada", "administrator")
        async with stand.browser() as browser:
            assert (await there_and_back(browser)).status_code == 403
            ada = await stand.signed_in("ada")
            assert (await ada.post("/people/bea/rights", role="viewer")).status_code == 303
            assert (await there_and_back(browser)).status_code == 303


async def test_a_provider_that_is_away_is_a_sentence(stand: Stand, there: Provider) -> None:
    oidc = stand.desk.options.oidc
    assert oidc is not None
    object.__setattr__(oidc, "issuer", "http://127.0.0.1:9")
    async with stand.browser() as browser:
        answer = await browser.get("/sign-in/oidc")
        assert answer.status_code == 502
        assert "cannot be reached now" in answer.text
    assert there.codes == {}
