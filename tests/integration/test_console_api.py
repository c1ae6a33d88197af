"""The JSON API: tokens that reach no farther than their makers, orders given once, pages that lose nothing; and whatever is
sent to it, no server error and no reply that its document does not name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from dambridge.bootstrap import Settings, open_search
from dambridge.engine import people
from dambridge.model.access import Role, Scope
from dambridge.model.identity import FlowName
from dambridge.ports.errors import Refused
from support.console import Stand, console
from support.console_pictures import put_finds
from support.console_scene import set_scene

OURS = {"host": "localhost"}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with console(tmp_path) as it:
        await set_scene(it.ledger)
        await it.person("ada", "administrator", "reviewer", "librarian")
        yield it


async def token(stand: Stand, *roles: Role, scope: Scope | None = None, days: float = 30) -> str:
    ada = await stand.desk.people.store.person("ada")
    assert ada is not None
    wanted = frozenset(roles) or ada.roles
    lasts = timedelta(days=days)
    return await people.make_token(
        stand.desk.people, ada, name="nightly", roles=wanted, scope=scope or Scope(), lasts=lasts
    )


async def caller(stand: Stand, *roles: Role, **more: Any) -> httpx2.AsyncClient:
    secret = await token(stand, *roles, **more)
    return stand.browser(headers={"authorization": f"Bearer {secret}"})


async def test_without_a_token_that_holds_nothing_is_told(stand: Stand) -> None:
    secret = await token(stand)
    async with stand.browser() as nobody:
        for headers in ({}, {"authorization": "Bearer dmb_no"}, {"authorization": f"Basic {secret}"}):
            answer = await nobody.get("/api/v1/status", headers=headers)
            assert answer.status_code == 401
            assert answer.headers["content-type"] == "application/problem+json"
        good = {"authorization": f"Bearer {secret}"}
        assert (await nobody.get("/api/v1/status", headers=good)).status_code == 200
        assert (await nobody.get("/", headers=good)).status_code == 303, "a token opens no page"
        stand.wall.move(days=31)
        assert (await nobody.get("/api/v1/status", headers=good)).status_code == 401


async def test_a_session_opens_no_api(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    assert (await browser.get("/api/v1/status")).status_code == 401


async def test_a_token_reaches_no_farther_than_its_maker_does_now(stand: Stand) -> None:
    desk = stand.desk.people
    with pytest.raises(Refused, match="some of its maker's roles"):
        await token(stand, Role.RIGHTS_MANAGER)
    await stand.person("bea", "administrator")
    async with await caller(stand, Role.LIBRARIAN) as librarian:
        assert (await librarian.get("/api/v1/conflicts")).status_code == 200
        assert (await librarian.post("/api/v1/runs", json={"flow": "intake"})).status_code == 403
        await people.set_rights(desk, "ada", roles=frozenset({Role.VIEWER}), scope=Scope(), by="bea")
        assert (await librarian.get("/api/v1/conflicts")).status_code == 403
        await people.set_disabled(desk, "ada", disabled=True, by="bea")
        assert (await librarian.get("/api/v1/status")).status_code == 401


async def test_a_token_of_one_flow_sees_that_flow_alone(stand: Stand) -> None:
    async with await caller(stand, scope=Scope(flows=frozenset({FlowName.PUBLISH}))) as it:
        assert [one["flow"] for one in (await it.get("/api/v1/status")).json()["flows"]] == ["publish"]
        assert (await it.get("/api/v1/runs/run-000001")).status_code == 403
        assert (await it.get("/api/v1/conflicts")).json()["conflicts"] == []
        for path in ("submissions", "terms", "audit", "assets/agency:I0000boat0007"):
            assert (await it.get(f"/api/v1/{path}")).status_code == 403, path
        assert len((await it.get("/api/v1/withdrawals")).json()["withdrawals"]) == 1


async def test_a_revoked_token_is_out_at_once(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    made = await browser.post("/me/tokens", name="nightly", role="librarian", days="5")
    secret = made.text.split('class="secret">')[1].split("<")[0]
    async with stand.browser(headers={"authorization": f"Bearer {secret}"}) as it:
        assert (await it.get("/api/v1/status")).status_code == 200
        assert secret not in (await browser.get("/me")).text, "shown once"
        assert (await browser.post(f"/me/tokens/{secret[4:12]}/revoke")).status_code == 303
        assert (await it.get("/api/v1/status")).status_code == 401


async def test_pages_follow_each_other_and_lose_nothing(stand: Stand) -> None:
    async with await caller(stand) as it:
        whole = (await it.get("/api/v1/runs/run-000001/items?limit=500")).json()
        assert whole["next"] is None
        assert len(whole["items"]) == 12
        found, cursor = [], ""
        while cursor is not None:
            page = (await it.get("/api/v1/runs/run-000001/items", params={"limit": 5, "after": cursor})).json()
            found += page["items"]
            cursor = page["next"]
        assert found == whole["items"]
        for path, name, count in (
            ("conflicts", "conflicts", 3),
            ("submissions", "submissions", 3),
            ("audit", "entries", 7),
        ):
            seen, cursor = [], ""
            while cursor is not None and len(seen) < 50:
                params = {"limit": 2, **({"after": cursor} if cursor else {})}
                page = (await it.get(f"/api/v1/{path}", params=params)).json()
                seen += page[name]
                cursor = page["next"]
            assert len(seen) >= count, path
            keys = [str(one.get("id") or one.get("seq")) for one in seen]
            assert len(set(keys)) == len(keys), path


async def test_the_same_key_is_the_same_order_and_no_other(stand: Stand) -> None:
    async with await caller(stand) as it:
        head = {"idempotency-key": "night-1"}
        first = await it.post("/api/v1/runs", json={"flow": "intake"}, headers=head)
        again = await it.post("/api/v1/runs", json={"flow": "intake"}, headers=head)
        assert first.status_code == again.status_code == 202
        assert first.json() == again.json()
        other = await it.post("/api/v1/runs", json={"flow": "publish"}, headers=head)
        assert other.status_code == 409
        fresh = await it.post("/api/v1/runs", json={"flow": "intake"})
        assert fresh.json()["order"] != first.json()["order"]
        told = (await it.get(f"/api/v1/orders/{first.json()['order']}")).json()
        assert (told["state"], told["by"], told["kind"]) == ("queued", "ada", "run")
    await stand.person("bea", "operator")
    command = await stand.ledger.command(first.json()["order"])
    assert command is not None
    assert (command.actor, command.via) == ("ada", "api")


async def test_the_document_names_every_path(stand: Stand) -> None:
    async with stand.browser() as it:
        document = (await it.get("/api/openapi.json")).json()
    assert len(document["paths"]) >= 34
    assert all(path.startswith("/api/v1/") for path in document["paths"])
    assert all(one["security"] for path in document["paths"].values() for one in path.values())


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[tuple[Stand, str]]:
    """A console that lives while the test itself runs no loop."""
    with asyncio.Runner() as runner:
        opened = console(tmp_path, change=hasty)
        stand = runner.run(opened.__aenter__())
        searching = open_search(stand.desk.settings)

        async def fill() -> str:
            await set_scene(stand.ledger)
            search = await searching.__aenter__()
            await put_finds(search.index.index)
            stand.app.state.desk = replace(stand.desk, search=search)
            await stand.person("ada", "administrator", "reviewer", "librarian")
            return await token(stand)

        yield stand, runner.run(fill())
        with suppress(RuntimeError):  # each call came by a loop of its own, and some left futures there
            runner.run(searching.__aexit__(None, None, None))
        runner.run(opened.__aexit__(None, None, None))


def hasty(given: Settings) -> Settings:
    """No live answer is waited for: the systems are not there. The outlet takes orders."""
    publish = given.flows.publish
    assert publish is not None
    taking = {name: it.model_copy(update={"orders": True}) for name, it in publish.outlets.items()}
    outward = publish.model_copy(update={"outlets": taking, "status": "edit_status"})
    return given.model_copy(
        update={
            "search": given.search.model_copy(update={"deadline": timedelta(milliseconds=20)}),
            "flows": given.flows.model_copy(update={"publish": outward}),
        }
    )


def hold_to_its_document(stand: Stand, secret: str, examples: int) -> int:
    """Send what the document allows, and what it does not, to every path; gives how many operations there are."""
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", stand.app, headers=OURS)
    operations = [it.ok() for it in schema.get_all_operations() if isinstance(it, Ok)]
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    modes = [GenerationMode.POSITIVE] if examples < 10 else list(GenerationMode)
    for operation, mode in product(operations, modes):

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=quiet,
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def sent(case: Any) -> None:
            case.call_and_validate(checks=CHECKS, headers={**OURS, "authorization": f"Bearer {secret}"})

        sent()
    return len(operations)


def test_nothing_sent_to_it_is_answered_by_what_its_document_does_not_name(standing: tuple[Stand, str]) -> None:
    assert hold_to_its_document(*standing, examples=2) >= 36


@pytest.mark.long
def test_nothing_sent_to_it_at_length_either(standing: tuple[Stand, str]) -> None:
    assert hold_to_its_document(*standing, examples=200) >= 36
