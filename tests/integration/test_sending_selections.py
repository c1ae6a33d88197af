"""A selection sent from NetX by a custom action: it arrives, is shown with the gate's words, and goes on its way when a person
says so, and not before."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from dambridge.bootstrap import load_settings, open_store
from dambridge.connectors.kit import HookOptions, listening
from dambridge.connectors.netx.config import NetxActions
from dambridge.connectors.netx.hints import NetxSelectionReader
from dambridge.engine.hearing import SelectionKeeper
from dambridge.model.commands import Command, CommandState
from dambridge.model.identity import AccountId, AssetKey, Copy, CopyId, CopyRole, FlowName, Link, LinkId, RemoteId
from dambridge.ports.ledger import AuditEntry
from dambridge.storage import SqlHintMemory
from support.console import Stand, console
from support.search_truth import Copy as Truly
from support.search_world import SearchWorld, search_world
from support.world import control

SECRET = "canary-of-the-action"
GERMANY = {"account": "agency", "channel": "web", "audience": "dealers", "gallery": "Markets/DE", "territory": "DE"}
PUBLISH = {"from": "archive", "select": {"folders": ["**"]}, "status": "edit_status", "outlets": {"germany": GERMANY}}
ARCHIVE = AccountId("archive")
RECORD = CopyId(ARCHIVE, CopyRole.RECORD)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchWorld]:
    with search_world(tmp_path_factory.mktemp("sent"), count=24) as made:
        asyncio.run(made.fill())
        made.pair.overrides = {**made.pair.overrides, "flows": {"publish": PUBLISH}}
        yield made


@pytest.fixture
async def stand(tmp_path: Path, known: SearchWorld) -> AsyncIterator[Stand]:
    async with known.desk() as desk, console(tmp_path, search=desk, pictures=desk.thumbnails) as it:
        await it.person("ada", "administrator")
        await it.person("vic", "viewer")
        yield it


@asynccontextmanager
async def hearing(stand: Stand, known: SearchWorld) -> AsyncIterator[str]:
    """Our receiver, and a custom action in NetX that leads to it."""
    readers = {ARCHIVE: NetxSelectionReader(NetxActions(secret=SecretStr(SECRET)), account=ARCHIVE)}

    class Now:
        async def now(self) -> Any:
            return known.truth.now

    keeper = SelectionKeeper(readers, SqlHintMemory(stand.ledger), Now())
    options = HookOptions(host="127.0.0.1", port=0, per_second=100)

    async def no_hints(*_: object) -> bool:
        raise KeyError

    async with listening(options, no_hints, selections=keeper.take) as port:
        url = f"http://127.0.0.1:{port}/selections/archive"
        action = {"name": "To the dealers", "url": url, "secret": SECRET, "enabled": True}
        control(known.pair.netx.url, "POST", "/__sim__/buttons/configure", {"custom_actions": [action]})
        yield url


def launch(known: SearchWorld, *assets: str) -> None:
    body = {"name": "To the dealers", "user": "integration", "assets": [int(it) for it in assets]}
    control(known.pair.netx.url, "POST", "/__sim__/buttons/custom-action", body)


def masters(known: SearchWorld, *, usable: bool) -> list[Truly]:
    """Masters that may go to Germany now, or not; by the truth, not by the gate."""
    here = [it for it in known.truth.copies if it.home == "archive"]
    return [it for it in here if (known.truth.standing(it, "web", "DE") == "usable") is usable]


async def orders(known: SearchWorld) -> list[Command]:
    async with open_store(load_settings(known.pair.config)) as (ledger, clock):
        found = []
        while command := await ledger.claim_command("test", now=await clock.now()):
            await ledger.finish_command(command.id, state=CommandState.DONE, result={})
            found.append(command)
        return found


async def marks(stand: Stand, known: SearchWorld) -> tuple[int, int]:
    async with open_store(load_settings(known.pair.config)) as (ledger, _):
        return await ledger.last_audit(), await stand.ledger.last_audit()


async def test_what_is_launched_in_netx_waits_here_until_a_person_says_so(stand: Stand, known: SearchWorld) -> None:
    good, bad = masters(known, usable=True)[:2], masters(known, usable=False)[:1]
    stand.clock.at = known.truth.now
    ada = await stand.signed_in("ada")
    assert "Nothing was sent here" in (await ada.get("/send")).text
    async with hearing(stand, known):
        launch(known, *(it.id for it in [*good, *bad]))
        async with asyncio.timeout(10):
            while "from integration" not in (shown := (await ada.get("/send")).text):  # noqa: ASYNC110 - it comes over HTTP
                await asyncio.sleep(0.05)
    link = re.search(r'href="(/send/se\w+)"', shown)
    assert link is not None
    before, changed = await marks(stand, known), known.pair.seq("photoshelter")
    text = (await ada.get(link[1])).text
    assert "2 of 3 may go" in text
    assert "Held back from germany" in text
    assert text.count('type="checkbox"') == 2
    assert await marks(stand, known) == before, "looking changes nothing"
    assert await orders(known) == []
    keys = [f"archive:{it.id}" for it in good]
    assert (await ada.client.post("/send", data={"asset": keys, "outlet": "germany"})).status_code == 403
    answer = await ada.post("/send", asset=keys, outlet="germany", back=link[1])
    assert answer.headers["location"].startswith(f"{link[1]}?order=")
    (order,) = await orders(known)
    assert (order.actor, order.via, order.scope["flow"]) == ("ada", "console", "publish")
    async with open_store(load_settings(known.pair.config)) as (ledger, _):
        for key in keys:
            (entry,) = [it.entry for it in await ledger.audit_trail(subject=key, after=before[0], limit=9)]
            assert (entry.event, entry.actor, entry.detail["to"]) == ("asset.asked_for", "ada", "germany")
    assert known.pair.changes("photoshelter", changed) == []


async def test_what_the_gate_holds_back_does_not_go_though_somebody_ticks_it(stand: Stand, known: SearchWorld) -> None:
    good, bad = masters(known, usable=True)[0], masters(known, usable=False)[0]
    ada = await stand.signed_in("ada")
    answer = await ada.post("/send", asset=[f"archive:{it.id}" for it in (good, bad)], outlet="germany")
    assert answer.status_code == 409
    assert "Held back from germany" in answer.text
    assert (await ada.post("/send", asset=[], outlet="germany")).status_code == 409
    assert (await ada.post("/send", asset=["archive:999999"], outlet="germany")).status_code == 409
    assert await orders(known) == [], "all of it or nothing"


async def test_an_address_may_name_assets_and_shows_each_what_is_theirs(stand: Stand, known: SearchWorld) -> None:
    good, bad = masters(known, usable=True)[0], masters(known, usable=False)[0]
    ada, vic = await stand.signed_in("ada"), await stand.signed_in("vic")
    path = f"/send?account=archive&assets={good.id},{bad.id},999999"
    text = (await ada.get(path)).text
    assert "1 of 2 may go" in text
    assert "1 asset of the selection is not known here yet" in text
    theirs = (await vic.get(path)).text
    assert f"archive:{bad.id}" not in theirs
    assert "There is nowhere for them to go" in theirs, "a viewer asks for nothing"
    answer = await vic.post("/send", asset=[f"archive:{good.id}"], outlet="germany")
    assert answer.status_code == 409
    assert await orders(known) == []
    many = ",".join(map(str, range(501)))
    for wrong in ("/send?account=nobody&assets=1", "/send?assets=,", f"/send?assets={many}"):
        assert (await ada.get(wrong)).status_code == 422
    assert (await ada.get("/send/se-nothing")).status_code == 404
    async with stand.browser() as nobody:
        answer = await nobody.get(path)
    assert answer.status_code == 303
    assert "assets" in answer.headers["location"], "after signing in one is where one wanted to be"


@pytest.fixture
async def taking(tmp_path: Path, known: SearchWorld) -> AsyncIterator[Stand]:
    """The outlet takes orders, and its selection names nothing of what there is."""
    before = known.pair.overrides
    outlets = {"germany": {**GERMANY, "orders": True}}
    publish = {**PUBLISH, "select": {"folders": ["Nowhere"]}, "outlets": outlets}
    known.pair.overrides = {**before, "flows": {"publish": publish}}
    try:
        async with known.desk() as desk, console(tmp_path, search=desk, pictures=desk.thumbnails) as it:
            await it.person("ada", "administrator")
            await it.person("lena", "librarian")
            await it.person("vic", "viewer")
            yield it
    finally:
        await orders(known)  # nobody works here, and what was asked for is no other test's
        known.pair.overrides = before


async def test_what_is_chosen_in_search_is_ordered_for_a_time_and_taken_back(taking: Stand, known: SearchWorld) -> None:
    ada, lena, vic = [await taking.signed_in(name) for name in ("ada", "lena", "vic")]
    good = [f"archive:{it.id}" for it in masters(known, usable=True)[:2]]
    found = (await ada.get("/search?home=archive")).text
    assert all(f'form="ticked" name="assets" value="{it}"' in found for it in good)
    assert 'form="ticked"' not in (await vic.get("/search?home=archive")).text, "a viewer orders nothing"
    text = (await ada.get("/send", params={"assets": good})).text
    assert "2 of 2 may go" in text
    assert 'type="date" name="until"' in text
    for wrong in ("never", "2020-01-01"):
        assert (await ada.post("/send", asset=good, outlet="germany", until=wrong)).status_code == 409
    assert await orders(known) == []
    assert (await ada.post("/send", asset=good, outlet="germany", until="2099-03-31")).status_code == 303
    (order,) = await orders(known)
    assert (order.actor, order.via) == ("ada", "console")
    async with open_store(load_settings(known.pair.config)) as (ledger, _):
        kept = await ledger.outlet_orders([AssetKey(ARCHIVE, RemoteId(it.partition(":")[2])) for it in good])
    assert {(it["germany"].by, f"{it['germany'].until:%Y-%m-%d}") for it in kept.values()} == {("ada", "2099-03-31")}
    await taking.ledger.put_outlet_orders([it["germany"] for it in kept.values()])
    detail = {"to": "germany", "until": "2099-03-31T22:00:00+00:00"}
    entry = AuditEntry(at=order.created_at, actor="ada", event="asset.asked_for", subject=good[0], detail=detail)
    await taking.ledger.audit([entry])
    record = Copy(RECORD, RemoteId(good[0].partition(":")[2]))
    await taking.ledger.put_links([Link(LinkId("ln1"), FlowName.PUBLISH, (record,))], {})
    page = (await lena.get(f"/assets/{good[0]}")).text
    assert "Ordered by people" in page
    assert "Asked for it to go to germany until" in page
    assert "Take it back" in page
    listed = (await lena.get("/rights?report=ordered")).text
    assert [listed.count(f'name="asset" value="{it}"') for it in good] == [1, 1]
    assert (await vic.get("/rights?report=ordered")).status_code == 403
    assert (await vic.post("/search/order/back", asset=good[0], outlet="germany")).status_code == 409
    assert (await lena.post("/search/order/back", asset=good[0], outlet="germany")).status_code == 303
    assert (await lena.post("/search/order/back", asset=good[0], outlet="germany")).status_code == 409
    async with open_store(load_settings(known.pair.config)) as (ledger, _):
        trail = [it.entry for it in await ledger.audit_trail(subject=good[0], after=0, limit=99)]
        left = await ledger.outlet_orders_in(FlowName.PUBLISH, after=None, limit=9)
    assert (trail[-1].event, trail[-1].actor, trail[-1].detail["ordered_by"]) == (
        "asset.order_taken_back",
        "lena",
        "ada",
    )
    assert [str(it.source) for it in left] == [good[1]]


async def test_forged_replayed_and_late_selections_are_not_kept(stand: Stand, known: SearchWorld) -> None:
    ada = await stand.signed_in("ada")
    good = masters(known, usable=True)[0]

    def said(age: float) -> bytes:
        made = round((known.truth.now.timestamp() - age) * 1000)
        return json.dumps({"action": "A", "timestamp": made, "data": {"assets": [{"id": int(good.id)}]}}).encode()

    async with hearing(stand, known) as url, aiohttp.ClientSession() as session:

        async def post(body: bytes, secret: str = SECRET, to: str = url) -> int:
            headers = {"X-Netx-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
            async with session.post(to, data=body, headers=headers) as reply:
                return reply.status

        assert await post(said(0), secret="guessed") == 404
        assert await post(said(0), to=url.replace("archive", "nobody")) == 404
        assert await post(said(4000)) == 400
        assert await post(b"{") == 400
        memory = SqlHintMemory(stand.ledger)
        assert await memory.selections(since=known.truth.now, limit=9) == []
        for _ in range(3):
            assert await post(said(0)) == 202
        assert len(await memory.selections(since=known.truth.now, limit=9)) == 1
    assert SECRET not in (await ada.get("/send")).text
