"""Orders of the API about libraries, accounts, index, store and plans, and vocabularies that come as files: each for those
who may in the console, each the same order by the same key, and files no larger than they may be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dambridge.console.headers import LARGEST_BODY, LARGEST_FILE
from dambridge.engine import people
from dambridge.model.access import Role, Scope
from dambridge.model.identity import AccountId, FlowName
from support.console import Stand, console
from support.console_scene import set_scene

EVERY = ("administrator", "reviewer", "librarian", "operator", "rights_manager")
ORDERS: dict[str, tuple[dict[str, Any], str, set[Role]]] = {
    "pairing/compare": ({}, "compare", {Role.LIBRARIAN, Role.ADMINISTRATOR}),
    "probes": ({"account": "agency"}, "probe", {Role.OPERATOR, Role.ADMINISTRATOR}),
    "index/rebuild": ({}, "refill", {Role.OPERATOR, Role.ADMINISTRATOR}),
    "store/rebuild": ({"confirm": "rebuild"}, "rebuild", {Role.ADMINISTRATOR}),
}
"""What is sent, which order it becomes, and whose it is."""


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with console(tmp_path) as it:
        await set_scene(it.ledger)
        await it.person("ada", *EVERY)
        yield it


async def caller(stand: Stand, *roles: Role, scope: Scope | None = None) -> httpx2.AsyncClient:
    ada = await stand.desk.people.store.person("ada")
    assert ada is not None
    held, lasts = frozenset(roles) or ada.roles, timedelta(days=9)
    secret = await people.make_token(
        stand.desk.people, ada, name="nightly", roles=held, scope=scope or Scope(), lasts=lasts
    )
    return stand.browser(headers={"authorization": f"Bearer {secret}"})


@pytest.mark.parametrize("path", ORDERS)
async def test_an_order_is_given_by_those_who_may_once_for_each_key(stand: Stand, path: str) -> None:
    wish, kind, whose = ORDERS[path]
    for role in Role:
        async with await caller(stand, role) if role.value in EVERY else stand.browser() as it:
            answer = await it.post(f"/api/v1/{path}", json=wish)
            wanted = 202 if role in whose else 403 if role.value in EVERY else 401
            assert answer.status_code == wanted, (path, role)
    async with await caller(stand) as it:
        head = {"idempotency-key": "night-1"}
        first, again = [await it.post(f"/api/v1/{path}", json=wish, headers=head) for _ in range(2)]
        assert first.json() == again.json()
        command = await stand.ledger.command(first.json()["order"])
        assert command is not None
        assert (str(command.kind), command.actor, command.via) == (kind, "ada", "api")
    nothing = Scope(flows=frozenset({FlowName.PUBLISH}))
    async with await caller(stand, scope=nothing) as it:
        answer = await it.post(f"/api/v1/{path}", json=wish)
        assert answer.status_code == (202 if path == "probes" else 403), "what is of all flows is for who has all"


async def test_what_changes_much_says_that_it_is_meant(stand: Stand) -> None:
    async with await caller(stand) as it:
        for path, wish in (
            ("probes", {"account": "agency", "write": True}),
            ("probes", {"account": "agency", "write": True, "confirm": "yes"}),
            ("store/rebuild", {}),
            ("store/rebuild", {"confirm": "yes"}),
        ):
            assert (await it.post(f"/api/v1/{path}", json=wish)).status_code == 422, wish
        assert (await it.post("/api/v1/probes", json={"account": "nowhere"})).status_code == 404
        written = {"account": "agency", "write": True, "confirm": "write"}
        assert (await it.post("/api/v1/probes", json=written)).status_code == 202
        named = (await it.get("/api/v1/probes/agency/changes")).json()
        assert len(named["changes"]) >= 5
        assert (await it.post("/api/v1/plans/retention")).status_code == 409
    async with await caller(stand, Role.OPERATOR) as it:
        assert (await it.post("/api/v1/probes", json=written)).status_code == 403, "changes are for administrators"
        assert (await it.get("/api/v1/probes/agency/changes")).status_code == 403


async def test_pairs_are_of_those_who_pair_and_wait_for_a_comparison(stand: Stand) -> None:
    pair = {"one": "agency:I1", "other": "archive:2", "verdict": "accepted"}
    async with await caller(stand) as it:
        for answer in (
            await it.get("/api/v1/pairing"),
            await it.post("/api/v1/pairing/decisions", json=pair),
            await it.post("/api/v1/pairing/plan", json={}),
        ):
            assert answer.status_code == 409
            assert "have not been compared yet" in answer.json()["detail"]
    async with await caller(stand, Role.OPERATOR) as it:
        assert (await it.get("/api/v1/pairing")).status_code == 403


# vocabularies ---------------------------------------------------------------------------------------------------------

PLACE = "/api/v1/vocabularies/archive?attribute=Harbours&format=csv&file=harbours.csv"


def many(count: int) -> bytes:
    rows = (f"h{it},Harbour {it},{'a harbour on the coast ' * 4}" for it in range(count))
    return ("id,label,synonyms\n" + "\n".join(rows)).encode()


async def test_a_vocabulary_of_some_megabytes_comes_whole_and_is_taken_out_again(stand: Stand) -> None:
    data = many(20_000)
    assert len(data) > 2 * LARGEST_BODY
    async with await caller(stand) as it:
        answer = await it.put(PLACE, content=data)
        assert (answer.status_code, answer.json()["terms"]) == (200, 20_000), answer.text
        assert (await it.put(PLACE, content=data)).json() == answer.json(), "sent again it is the same"
        known = (await it.get("/api/v1/vocabularies")).json()["vocabularies"]
        assert {(one["attribute"], one["terms"], one["by"]) for one in known} >= {("Harbours", 20_000, "ada")}
        taken = await it.get("/api/v1/vocabularies/archive?attribute=Harbours")
        assert taken.content.count(b"Harbour ") >= 20_000
    kept = await stand.ledger.vocabularies(AccountId("archive"), attribute="Harbours")
    assert len(kept[0].terms) == 20_000
    trail = await stand.ledger.audit_trail(subject=None, after=0, limit=500)
    assert [one.entry.detail["file"] for one in trail if one.entry.event == "vocabulary.imported"][-1] == "harbours.csv"


async def test_more_than_a_file_may_hold_is_refused_in_words_and_nobody_unknown_brings_any(stand: Stand) -> None:
    async def coming(pieces: int) -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield b"x" * 1024 * 1024

    async with await caller(stand) as it:
        whole = await it.put(PLACE, content=b"x" * (LARGEST_FILE + 1))
        streamed = await it.put(PLACE, content=coming(LARGEST_FILE // 1024**2 + 1))
        order = await it.post("/api/v1/runs", content=b"x" * (LARGEST_BODY + 1))
        for answer, words in ((whole, "at most 32 MB"), (streamed, "at most 32 MB"), (order, "more than a form")):
            assert answer.status_code == 413
            assert answer.headers["content-type"] == "application/problem+json"
            assert words in answer.json()["detail"]
        for broken in (b"", b"no such column\n1", b"\xff\xfe\xff"):
            assert (await it.put(PLACE, content=broken)).status_code == 422, broken
        elsewhere = PLACE.replace("archive", "agency")
        assert (await it.put(elsewhere, content=many(1))).status_code == 404
    async with stand.browser() as nobody:
        assert (await nobody.put(PLACE, content=many(1))).status_code == 401
    async with await caller(stand, Role.OPERATOR) as it:
        assert (await it.put(PLACE, content=many(1))).status_code == 403
    assert await stand.ledger.vocabularies(AccountId("archive"), attribute="Harbours") == []


async def test_the_page_takes_a_file_of_some_megabytes_too(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    files = {"file": ("harbours.csv", many(12_000), "text/csv")}
    data = {"csrf": await browser.csrf(), "account": "archive", "attribute": "Harbours"}
    answer = await browser.client.post("/vocabularies", data=data, files=files)
    assert answer.status_code == 303, answer.text[:300]
    kept = await stand.ledger.vocabularies(AccountId("archive"), attribute="Harbours")
    assert len(kept[0].terms) == 12_000
