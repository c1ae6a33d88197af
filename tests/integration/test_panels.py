"""Panels on pages of others: tokens of some minutes that open search for named origins, find what is cleared and no more, and
order only what their makers may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dambridge.bootstrap import load_settings
from dambridge.bootstrap.console_options import ConsoleOptions
from dambridge.console.api import search_shapes as shapes
from dambridge.engine import people
from dambridge.model.access import Role, Scope
from dambridge.model.commands import CommandState
from dambridge.storage import open_ledger
from support.console import Stand, console
from support.search_world import SearchWorld, search_world
from support.world import merged

PAGE, OTHER, STRANGE = "https://intranet.example", "https://shop.example:8443", "https://elsewhere.example"


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchWorld]:
    with search_world(tmp_path_factory.mktemp("panels"), count=12) as made:
        asyncio.run(made.fill())
        yield made


@pytest.fixture
async def stand(tmp_path: Path, known: SearchWorld) -> AsyncIterator[Stand]:
    async with known.desk() as desk, console(tmp_path, search=desk, change=let) as it:
        await it.person("ada", "administrator", "librarian")
        yield it


def let(settings: Any) -> Any:
    return replace_options(settings, panel_origins=(PAGE, OTHER))


def replace_options(settings: Any, **more: Any) -> Any:
    return settings.model_copy(update={"console": ConsoleOptions(**more)})


async def script(stand: Stand, *roles: Role, scope: Scope | None = None) -> str:
    """A token of Ada's."""
    ada = await stand.desk.people.store.person("ada")
    assert ada is not None
    wanted = frozenset(roles) or frozenset({Role.LIBRARIAN})
    return await people.make_token(
        stand.desk.people, ada, name="intranet", roles=wanted, scope=scope or Scope(), lasts=timedelta(days=1)
    )


async def asked(stand: Stand, method: str, path: str, secret: str, origin: str | None = None, **more: Any) -> Any:
    headers = {"authorization": f"Bearer {secret}", **({"origin": origin} if origin else {})}
    async with stand.browser(headers=headers) as client:
        return await client.request(method, f"/api/v1{path}", **more)


async def panel(stand: Stand, secret: str, **wish: Any) -> httpx2.Response:
    answer: httpx2.Response = await asked(stand, "POST", "/panel-tokens", secret, json={"origins": [PAGE], **wish})
    return answer


async def test_a_panel_finds_what_is_cleared_from_its_own_page_alone(stand: Stand) -> None:
    secret = await script(stand)
    made = await panel(stand, secret)
    assert made.status_code == 201, made.text
    token = made.json()["token"]
    everything = (await asked(stand, "GET", "/search?filter=rights=usable", secret)).json()
    whole = (await asked(stand, "GET", "/search", secret)).json()
    found = await asked(stand, "GET", "/search", token, PAGE)
    assert found.headers["access-control-allow-origin"] == PAGE
    assert "Origin" in found.headers["vary"]
    entries = {it["entry"] for it in found.json()["hits"]}
    assert entries == {it["entry"] for it in everything["hits"]}
    assert 1 <= len(entries) < whole["total"], "its maker sees more"
    hit = found.json()["hits"][0]
    assert hit["words"].startswith("May be shown ")
    assert hit["ways"] == [], "this one orders nothing"
    assert {it["system"] for it in hit["copies"]} <= {"netx", "photoshelter"}
    for origin in (OTHER, STRANGE, "null", None):
        refused = await asked(stand, "GET", "/search", token, origin)
        assert refused.status_code == 403, origin
        assert "hits" not in refused.json()
    told = await asked(stand, "GET", "/search", token, OTHER)
    assert told.headers["access-control-allow-origin"] == OTHER, "a page that is known reads why"
    assert PAGE in told.json()["detail"]
    assert "access-control-allow-origin" not in (await asked(stand, "GET", "/search", token, STRANGE)).headers


async def test_it_opens_search_and_nothing_else(stand: Stand) -> None:
    token = (await panel(stand, await script(stand), orders=True)).json()["token"]
    document = stand.app.openapi()["paths"]
    ours = {it for it in document if it.startswith("/api/v1/search")}
    assert len(ours) == 6
    for path, methods in document.items():
        if path in ours:
            continue
        for method in methods:
            where = path.removeprefix("/api/v1").replace("{", "").replace("}", "")
            answer = await asked(stand, method.upper(), where, token, PAGE, json={})
            assert answer.status_code == 403, path
            assert "access-control-allow-origin" not in answer.headers
    assert (await asked(stand, "GET", "/search/homes", token, PAGE)).json()["orders"] is True
    assert (await asked(stand, "GET", "/search/suggestions?q=a", token, PAGE)).status_code == 200


async def test_pictures_come_as_bytes_to_those_who_see_the_asset(stand: Stand) -> None:
    secret = await script(stand)
    token = (await panel(stand, secret)).json()["token"]
    seen = (await asked(stand, "GET", "/search", token, PAGE)).json()["hits"][0]["copies"][0]["asset"]
    got = await asked(stand, "GET", f"/search/thumbnails/{seen}", token, PAGE)
    assert got.status_code == 200
    assert got.headers["content-type"] == "image/jpeg"
    assert got.content[:3] == b"\xff\xd8\xff"
    theirs = {it["entry"] for it in (await asked(stand, "GET", "/search", token, PAGE)).json()["hits"]}
    more = (await asked(stand, "GET", "/search?limit=200", secret)).json()["hits"]
    hidden = next(it for it in more if it["entry"] not in theirs)["copies"][0]["asset"]
    assert (await asked(stand, "GET", f"/search/thumbnails/{hidden}", secret)).status_code == 200
    assert (await asked(stand, "GET", f"/search/thumbnails/{hidden}", token, PAGE)).status_code == 404
    assert (await asked(stand, "GET", "/search/thumbnails/archive:nothing", token, PAGE)).status_code == 404


async def test_it_ends_with_its_minutes_its_token_and_its_maker(stand: Stand) -> None:
    secret = await script(stand)
    one = (await panel(stand, secret, minutes=10)).json()
    stand.wall.move(minutes=9)
    assert (await asked(stand, "GET", "/search", one["token"], PAGE)).status_code == 200
    stand.wall.move(minutes=2)
    late = await asked(stand, "GET", "/search", one["token"], PAGE)
    assert late.status_code == 401
    assert "has ended" in late.json()["detail"]
    assert late.headers["access-control-allow-origin"] == PAGE, "the page reads that it has ended"
    two = (await panel(stand, secret)).json()["token"]
    assert (await asked(stand, "GET", "/search", two, PAGE)).status_code == 200
    await people.revoke(stand.desk.people, secret[4:12], by="ada")
    assert (await asked(stand, "GET", "/search", two, PAGE)).status_code == 401
    three = (await panel(stand, await script(stand, Role.ADMINISTRATOR))).json()["token"]
    await stand.person("bea", "administrator")
    assert (await asked(stand, "GET", "/search", three, PAGE)).status_code == 200
    await people.set_rights(stand.desk.people, "ada", roles=frozenset({Role.LIBRARIAN}), scope=Scope(), by="bea")
    assert (await asked(stand, "GET", "/search", three, PAGE)).status_code == 401, "its maker is no administrator now"


async def test_it_is_narrowed_and_never_widened(stand: Stand) -> None:
    secret = await script(stand)
    plain = (await panel(stand, secret)).json()["token"]
    nothing = (await panel(stand, secret, selections=[])).json()["token"]
    assert (await asked(stand, "GET", "/search", plain, PAGE)).json()["total"] >= 1
    assert (await asked(stand, "GET", "/search", nothing, PAGE)).json()["total"] == 0
    no_channel = (await panel(stand, secret, channels=[])).json()["token"]
    assert (await asked(stand, "GET", "/search", no_channel, PAGE)).json()["total"] == 0
    bounded = await script(stand, scope=Scope(selections=frozenset()))
    wider = (await panel(stand, bounded, selections=["spring"])).json()["token"]
    assert (await asked(stand, "GET", "/search", wider, PAGE)).json()["total"] == 0


async def test_it_answers_for_its_readers_audience_and_region(tmp_path: Path, known: SearchWorld) -> None:
    pair, before = known.pair, known.pair.overrides
    channels = {name: {**it, "audiences": ["dealers"]} for name, it in before["gate"]["channels"].items()}
    try:
        pair.overrides = merged(before, {"gate": {"channels": channels}})
        async with known.desk() as desk, console(tmp_path, search=desk, change=let) as stand:
            await stand.person("ada", "administrator", "librarian")
            secret = await script(stand)
            found = {}
            for audience, regions in (("", None), ("dealers", None), ("press", None), ("dealers", ["DE"])):
                wish = {"audience": audience, "regions": regions}
                token = (await panel(stand, secret, **wish)).json()["token"]
                answer = (await asked(stand, "GET", "/search?limit=200", token, PAGE)).json()
                found[audience, bool(regions)] = {it["territory"] for it in answer["hits"]}
    finally:
        pair.overrides = before
    assert found["dealers", False]
    assert found["", False] == found["press", False] == set()
    assert found["dealers", True] == {"DE"} != found["dealers", False], "what is cleared there, and nowhere else"


async def test_only_pages_that_are_configured_get_one_and_a_viewer_none_that_orders(stand: Stand) -> None:
    secret = await script(stand)
    for origins, status in (
        ([PAGE, OTHER], 201),
        ([STRANGE], 409),
        ([PAGE, STRANGE], 409),
        (["http://intranet.example"], 409),
        (["*"], 409),
        ([], 422),
    ):
        assert (await panel(stand, secret, origins=origins)).status_code == status, origins
    assert (await panel(stand, secret, minutes=61)).status_code == 422
    await people.set_rights(
        stand.desk.people,
        "ada",
        roles=frozenset({Role.ADMINISTRATOR, Role.LIBRARIAN, Role.VIEWER}),
        scope=Scope(),
        by="ada",
    )
    viewer = await script(stand, Role.VIEWER)
    assert (await panel(stand, viewer)).status_code == 201
    assert "viewer" in (await panel(stand, viewer, orders=True)).json()["detail"]
    stand.app.state.desk = replace(stand.desk, settings=replace_options(stand.desk.settings))
    assert "panel_origins" in (await panel(stand, secret)).json()["detail"], "none where nobody configured any"
    trail = await stand.ledger.audit_trail(subject="person:ada", after=0, limit=99)
    made = [it.entry for it in trail if it.entry.event == "panel.token_made"]
    assert [it.actor for it in made] == ["ada", "ada"]
    assert not any("dmp_" in str(it.detail) for it in made)


async def test_what_is_asked_for_is_ordered_in_its_makers_name_and_told(stand: Stand, known: SearchWorld) -> None:
    secret = await script(stand)
    token = (await panel(stand, secret, orders=True)).json()["token"]
    everything = (await asked(stand, "GET", "/search?limit=200", secret)).json()["hits"]
    ways = [way for it in everything for way in it["ways"]]
    assert ways
    assert {(it["outlet"], it["system"], it["called"]) for it in ways} == {("", "netx", "Bring it here")}
    hits = (await asked(stand, "GET", "/search?limit=200", token, PAGE)).json()["hits"]
    way = next(copy for it in hits for copy in it["copies"] if copy["account"] == "agency")
    wish = {"asset": way["asset"], "outlet": ""}
    given = await asked(stand, "POST", "/search/orders", token, PAGE, json=wish)
    assert given.status_code == 202, given.text
    assert given.json()["words"] == "Asked for; it waits for its turn."
    again = await asked(stand, "POST", "/search/orders", token, PAGE, json=wish)
    assert again.json()["order"] == given.json()["order"]
    ledger = open_ledger(str(load_settings(known.pair.config).store.path))
    stand.app.state.desk = replace(stand.desk, ledger=ledger)
    order = f"/search/orders/{given.json()['order']}"
    assert (await asked(stand, "GET", order, token, PAGE)).json() == given.json()
    elsewhere = {"asset": "archive:1", "outlet": "moon"}
    for wish, word in ((elsewhere, "archive:1"), ({"asset": "agency:nothing"}, "that you can see")):
        refused = await asked(stand, "POST", "/search/orders", token, PAGE, json=wish)
        assert refused.status_code == 409
        assert word in refused.json()["detail"]
    other = next(it["asset"] for it in ways if it["asset"] != way["asset"])
    by_script = await asked(stand, "POST", "/search/orders", secret, json={"asset": other})
    assert by_script.status_code == 202
    theirs = f"/search/orders/{by_script.json()['order']}"
    assert (await asked(stand, "GET", theirs, secret)).status_code == 200
    assert (await asked(stand, "GET", theirs, token, PAGE)).status_code == 404, "that one is no panel's"
    shut = (await panel(stand, secret)).json()["token"]
    refused = await asked(stand, "POST", "/search/orders", shut, PAGE, json={"asset": way["asset"]})
    assert refused.status_code == 409
    assert "roles" in refused.json()["detail"]
    command = await ledger.command(given.json()["order"])
    await ledger.close()
    assert command is not None
    assert (command.actor, command.via, command.state) == ("ada", "panel", CommandState.QUEUED)


def test_the_examples_of_the_document_are_what_it_takes_and_says() -> None:
    with_examples = (shapes.BringWish, shapes.Bringing, shapes.PanelWish, shapes.PanelToken)
    for shape in with_examples:
        (example,) = shape.model_json_schema()["examples"]
        assert json.loads(shape.model_validate(example).model_dump_json()).items() >= example.items()


async def test_a_browser_is_answered_beforehand_for_pages_that_are_named(stand: Stand) -> None:
    async def before(path: str, origin: str) -> httpx2.Response:
        headers = {"origin": origin, "access-control-request-method": "GET"}
        async with stand.browser(headers=headers) as client:
            return await client.options(path)

    good = await before("/api/v1/search", PAGE)
    assert good.status_code == 204
    assert good.headers["access-control-allow-origin"] == PAGE
    assert "Authorization" in good.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in good.headers
    for path, origin in (
        ("/api/v1/search", STRANGE),
        ("/api/v1/runs", PAGE),
        ("/search", PAGE),
        ("/api/v1/searching", PAGE),
    ):
        assert "access-control-allow-origin" not in (await before(path, origin)).headers, path
    async with stand.browser(headers={"origin": STRANGE}) as client:
        module = await client.get("/panel/dambridge-panel.js")
    assert module.status_code == 200
    assert module.headers["access-control-allow-origin"] == "*"
    assert module.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "javascript" in module.headers["content-type"]
