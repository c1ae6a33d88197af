"""People who answer for some regions or selections alone: the lists hold what is theirs, and give nothing else away."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dambridge.console import lens as lenses
from dambridge.console.lens import Lens
from dambridge.engine import people
from dambridge.model.access import Role, Scope
from dambridge.model.commands import CommandState
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import CommandId
from support.console import Browser, Stand
from support.console_part import GERMAN, INSIDE, PART, SECRETS, parted
from support.console_scene import FILES, key, link

SCOPES = pytest.mark.parametrize("scope", [PART, GERMAN], ids=["a selection", "a region"])
LISTS: dict[str, tuple[str, ...]] = {
    "/": (),
    "/runs": ("run-000001",),
    "/runs/run-000001": tuple(FILES[it] for it in INSIDE),
    "/runs/run-000001?outcome=quarantined": (FILES[7],),
    "/runs/run-000001/items.csv": (FILES[0], FILES[7]),
    "/conflicts": (FILES[0],),
    "/conflicts.csv": (str(link(0).id),),
    "/quarantine": (FILES[7],),
    "/quarantine?outcome=all": (FILES[6], FILES[7]),
    "/quarantine.csv?outcome=all": (FILES[6], FILES[7]),
    "/review": ("regatta-000.jpg",),
    "/review?shoot=Handed+in%2FRegatta": ("regatta-000.jpg",),
    "/review/agency:I0000hand0000": ("regatta-000.jpg",),
    "/plans": ("intake",),
    "/withdrawals": (FILES[3],),
    "/withdrawals/wdboats0001": (FILES[3],),
    "/withdrawals/wdboats0001/signed.json": (FILES[3],),
    "/rights": (FILES[0],),
    "/rights?report=opens": (),
    "/rights?report=unclear": (FILES[0],),
    "/rights?report=people": (),
    "/rights?report=contracts": (),
    "/rights/calendar.ics": (FILES[0],),
    "/rights/standing.csv": (FILES[0],),
    "/assets/agency:I0000boat0000": (FILES[0],),
    "/assets/agency:I0000boat0006": (FILES[6],),
    "/maps": (),
    "/maps?asset=agency:I0000boat0000": (FILES[0],),
}
"""Every list and page that is open to them, and what of theirs stands there."""
API: dict[str, tuple[str, ...]] = {
    "status": (),
    "runs": ("run-000001",),
    "runs/run-000001": (),
    "runs/run-000001/items": tuple(FILES[it] for it in INSIDE),
    "conflicts": (str(link(0).id),),
    "plans": ("intake",),
    "withdrawals": (FILES[3],),
    "submissions": ("regatta-000.jpg",),
    "assets/agency:I0000boat0000": (str(link(0).id),),
}
CLOSED = (
    "/maps?live=1",
    "/terms",
    "/terms.csv",
    "/audit",
    "/audit.csv",
    "/pairing",
    "/charts",
    "/charts/flows.json",
    "/charts/ends.json",
)
ROLES = ("librarian", "reviewer", "rights_manager", "operator")


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with parted(tmp_path) as it:
        await it.person("ada", "administrator", *ROLES)
        yield it


async def lena(stand: Stand, scope: Scope) -> Browser:
    await stand.person("lena", *ROLES, scope=scope)
    return await stand.signed_in("lena")


async def caller(stand: Stand, scope: Scope) -> httpx2.AsyncClient:
    """A token of ada's that reaches no farther than that."""
    ada = await stand.desk.people.store.person("ada")
    assert ada is not None
    roles, lasts = frozenset(map(Role, ROLES)), timedelta(days=3)
    made = await people.make_token(stand.desk.people, ada, name="part", roles=roles, scope=scope, lasts=lasts)
    return stand.browser(headers={"authorization": f"Bearer {made}"})


def given_away(text: str) -> list[str]:
    return [it for it in SECRETS if it in text]


@SCOPES
async def test_lists_hold_what_is_theirs_and_nothing_else(stand: Stand, scope: Scope) -> None:
    browser, ada = await lena(stand, scope), await stand.signed_in("ada")
    known = set[str]()
    for path, theirs in LISTS.items():
        answer = await browser.get(path)
        assert answer.status_code == 200, (path, answer.text[-900:])
        assert not given_away(answer.text), path
        assert [it for it in theirs if it not in answer.text] == [], path
        known |= {*given_away((await ada.get(path)).text)}
    assert len(known) >= 12, "whoever answers for the whole sees it there"


@SCOPES
async def test_no_number_tells_how_much_there_is_elsewhere(stand: Stand, scope: Scope) -> None:
    browser, ada = await lena(stand, scope), await stand.signed_in("ada")
    numbers = (
        "12 seen",
        "of 12",
        "done of",
        'number">Backlog',
        "3 create",
        "loses",
        "2 files",
        "<span>3</span>",
        "<span>12</span>",
    )
    told = set[str]()
    for path in LISTS:
        text = (await browser.get(path)).text
        assert [it for it in numbers if it in text] == [], path
        told |= {it for it in numbers if it in (await ada.get(path)).text}
    assert len(told) >= 6, "whoever answers for the whole is told"


@SCOPES
async def test_what_lies_elsewhere_is_as_if_it_were_not_there(stand: Stand, scope: Scope) -> None:
    browser = await lena(stand, scope)
    ledger, missing = stand.ledger, "agency:I0000nobody"
    ids = {it.link: it.id for it in await ledger.conflicts(states=[ConflictState.OPEN], limit=9)}
    for path, nobody in (
        ("/assets/agency:I0000boat0001", f"/assets/{missing}"),
        ("/assets/archive:4101", "/assets/archive:9"),
        (f"/assets/{link(1).id}", "/assets/lk-nothing"),
        (f"/conflicts/{ids[link(1).id]}", "/conflicts/cf-nothing"),
        ("/withdrawals/wdboats0002", "/withdrawals/wdnothing"),
        ("/withdrawals/wdboats0002/signed.txt", "/withdrawals/wdnothing/signed.txt"),
        ("/review/agency:I0000hand0001", f"/review/{missing}"),
    ):
        seen, other = await browser.get(path), await browser.get(nobody)
        assert (seen.status_code, other.status_code) == (404, 404), path
        name, else_name = path.split("/")[2], nobody.split("/")[2]
        assert seen.text.replace(name, "X") == other.text.replace(else_name, "X"), path
    for asked, nobody in (("agency:I0000boat0001", missing), (FILES[1], "nobody.jpg")):
        one, two = [(await browser.get("/assets", params={"q": it})).text for it in (asked, nobody)]
        assert one.replace(asked, "X") == two.replace(nobody, "X")
    assert FILES[1] not in (await browser.get("/maps", params={"asset": "agency:I0000boat0001"})).text


async def test_what_cannot_be_parted_is_closed_and_says_why(stand: Stand) -> None:
    browser = await lena(stand, PART)
    for path in CLOSED:
        answer = await browser.get(path)
        assert answer.status_code == 403, path
        assert "you answer for some regions or selections" in answer.text, path
        assert not given_away(answer.text), path
    plan = (await stand.ledger.plans(limit=1))[0].id
    shown = await browser.get(f"/plans/{plan}")
    assert shown.status_code == 200
    assert not given_away(shown.text)
    assert (await browser.get(f"/plans/{plan}/file")).status_code == 403
    refused = await browser.post(f"/plans/{plan}/apply", name="lena")
    assert refused.status_code == 403
    assert "approved as a whole" in refused.text
    menu = (await browser.get("/")).text
    assert '<a class="place" href="/conflicts"' in menu
    assert 'href="/terms"' not in menu


@SCOPES
async def test_the_interface_gives_the_same(stand: Stand, scope: Scope) -> None:
    async with await caller(stand, scope) as part, await caller(stand, Scope()) as whole:
        known = set[str]()
        for path, theirs in API.items():
            answer = await part.get(f"/api/v1/{path}")
            assert answer.status_code == 200, (path, answer.text)
            assert not given_away(answer.text), path
            assert [it for it in theirs if it not in answer.text] == [], path
            known |= {*given_away((await whole.get(f"/api/v1/{path}")).text)}
        assert len(known) >= 10
        told = (await part.get("/api/v1/status")).json()
        assert {(it["backlog"], it["lag_seconds"], str(it["needs_attention"])) for it in told["flows"]} == {
            (None, None, "{}")
        }
        assert (await part.get("/api/v1/runs")).json()["runs"][0]["summary"] is None
        for path in ("assets/agency:I0000boat0001", "assets/archive:4101"):
            assert (await part.get(f"/api/v1/{path}")).status_code == 404, path
            assert (await whole.get(f"/api/v1/{path}")).status_code == 200, path
        for path in ("terms", "audit"):
            assert (await part.get(f"/api/v1/{path}")).status_code == 403, path
            assert (await whole.get(f"/api/v1/{path}")).status_code == 200, path


async def test_they_decide_about_what_is_theirs_alone(stand: Stand) -> None:
    browser = await lena(stand, PART)
    ids = {it.link: it.id for it in await stand.ledger.conflicts(states=[ConflictState.OPEN], limit=9)}
    mine, theirs = ids[link(0).id], ids[link(1).id]
    assert (await browser.post(f"/conflicts/{mine}/settle", side="archive")).status_code == 303
    assert (await browser.post(f"/conflicts/{mine}/settle", side="archive", all_like="1")).status_code == 403
    assert (await browser.post(f"/conflicts/{theirs}/settle", side="archive")).status_code == 404
    hand = {"verdict": "approve", "asset": "agency:I0000hand0000"}
    assert (await browser.post("/review", **hand)).status_code == 303
    assert (await browser.post("/review", verdict="approve", asset="agency:I0000hand0001")).status_code == 404
    assert (await browser.post("/review", verdict="approve", shoot="Handed in/Regatta")).status_code == 403
    async with await caller(stand, PART) as it:
        wish: dict[str, Any] = {"side": "archive"}
        assert (await it.post(f"/api/v1/conflicts/{mine}/settle", json=wish)).status_code == 202
        assert (await it.post(f"/api/v1/conflicts/{mine}/settle", json={**wish, "all_like": True})).status_code == 403
        assert (await it.post(f"/api/v1/conflicts/{theirs}/settle", json=wish)).status_code == 404
        some = {"verdict": "approve", "assets": ["agency:I0000hand0001"]}
        assert (await it.post("/api/v1/reviews", json=some)).status_code == 404
        some = {"verdict": "approve", "shoot": "Handed in/Regatta"}
        assert (await it.post("/api/v1/reviews", json=some)).status_code == 403


async def test_pages_go_on_behind_what_is_not_theirs_and_their_cursors_name_nothing(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lenses, "CHUNK", 2)
    async with await caller(stand, PART) as it:
        found: list[str] = []
        after, pages = "", 0
        while True:
            query: dict[str, Any] = {"limit": 1, **({"after": after} if after else {})}
            page = (await it.get("/api/v1/runs/run-000001/items", params=query)).json()
            found += [one["asset"] for one in page["items"]]
            pages, after = pages + 1, page["next"]
            assert after is None or not re.search(r"boat|agency", after)
            if after is None:
                break
        assert found == [str(key(one)) for one in INSIDE]
        assert pages >= len(INSIDE)
        assert (await it.get("/api/v1/conflicts", params={"after": "agency:I0000boat0001"})).status_code == 404
    monkeypatch.setattr(lenses, "MOST_LOOKED", 2)
    async with await caller(stand, PART) as it:
        page = (await it.get("/api/v1/runs/run-000001/items", params={"limit": 4})).json()
        assert len(page["items"]) < 4
        assert page["next"], "it goes on where it left off"


async def test_without_search_they_see_nothing_and_are_told_why(stand: Stand) -> None:
    stand.app.state.desk = replace(stand.desk, search=None)
    browser = await lena(stand, PART)
    for path in ("/conflicts", "/quarantine", "/withdrawals", "/review", "/runs/run-000001"):
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        assert "is told by search" in answer.text, path
        assert not [it for it in FILES if it in answer.text], path


async def test_planted_a_lens_that_shows_everything_is_seen(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    async def everything(_: Lens, keys: Any) -> frozenset[Any]:
        return frozenset(keys)

    monkeypatch.setattr(Lens, "seen", everything)
    browser = await lena(stand, PART)
    leaks = [path for path in LISTS if given_away((await browser.get(path)).text)]
    assert len(leaks) >= 10


async def test_whoever_may_run_a_flow_hears_that_it_ended_and_no_number(stand: Stand) -> None:
    told = set[bool]()
    for browser in (await lena(stand, PART), await stand.signed_in("ada")):
        order = (await browser.post("/flows/intake/run")).headers["location"].partition("order=")[2]
        summary = {"run_id": "run-000001", "flows": {"intake": {"done": 77, "waiting": 5}}}
        done = {"summary": summary, "exit_code": 0}
        await stand.ledger.finish_command(CommandId(order), state=CommandState.DONE, result=done)
        text = (await browser.get(f"/?order={order}")).text
        assert "The run has ended" in text
        told.add("77 assets" in text)
    assert told == {True, False}
