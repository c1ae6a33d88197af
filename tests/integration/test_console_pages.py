"""Every page over a library in the middle of a week: it shows what is on record, and takes what people decide."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dambridge.console.comparing import marked
from dambridge.console.pictures import NOTHING
from dambridge.engine.worker import Worker
from dambridge.model.access import Role, Scope, Searcher
from dambridge.model.commands import Command, CommandState
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import AssetKey, FlowName
from dambridge.model.terms import Verdict
from dambridge.ports.errors import TryLater
from dambridge.storage import SqlLedger
from support.console import Browser, Stand, console
from support.console_scene import ARCHIVE, FILES, key, link, set_scene

EVERYTHING = ("administrator", "reviewer")


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with console(tmp_path) as it:
        await set_scene(it.ledger)
        await it.person("ada", *EVERYTHING)
        yield it


@asynccontextmanager
async def working(ledger: SqlLedger, clock: Any) -> AsyncIterator[None]:
    """A server that carries orders out, with no flow."""
    worker = Worker({}, ledger=ledger, clock=clock, poll_every=timedelta(hours=1), name="test:1", serving=True)
    task = asyncio.create_task(worker.serve())
    while not await ledger.live_workers(since=0):  # noqa: ASYNC110 - its first heartbeat
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        worker.stop()
        with suppress(asyncio.CancelledError):
            await task


async def taken(stand: Stand) -> list[Command]:
    """Every order that stands in line, taken out of it."""
    found: list[Command] = []
    while len(found) < 10 and (it := await stand.ledger.claim_command("w", now=stand.clock.at)) is not None:
        await stand.ledger.finish_command(it.id, state=CommandState.DONE, result={"exit_code": 0})
        found.append(it)
    return found


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


PAGES = {
    "/": ("Overview", "conflicts between copies", "needs a person", "60 days"),
    "/runs": ("intake", "6 done"),
    "/runs/run-000001": ("12 seen", "Archived in PhotoShelter/2026/Harbour 2026.", "boat_types has no term Skiff"),
    "/runs/run-000001?outcome=quarantined": ("broken-upload.jpg", "Ask for the file again"),
    "/assets": ("Find an asset",),
    "/assets/agency:I0000boat0001": ("ferry-tomorrow.jpg", "Riverbend Picture Desk", "partners", "Its story"),
    "/conflicts": ("Jonas Blum", "last agreed on", "Kyoto"),
    "/terms": ("Skiff", "3 assets wait", "means Rowing skiff"),
    "/quarantine": ("broken-upload.jpg", "ends in the middle of its picture"),
    "/quarantine?outcome=waiting": ("no-credit.jpg", "for contributor"),
    "/review": ("regatta-000.jpg", "late", "Jonas Blum"),
    "/review/agency:I0000hand0001": ("regatta-001.jpg", "Handed in/Regatta"),
    "/plans": ("3 create", "made"),
    "/pairing": ("Nothing was compared yet",),
    "/rights": ("nagasaki-boats.jpg", "within 30 days"),
    "/rights?report=who": ("partners", "not agreed"),
    "/rights?report=ordered": ("Ordered by people", "partners", "Take it back"),
    "/rights?report=unclear": ("Shown without clear rights",),
    "/rights/may": ("May I show it?",),
    "/withdrawals": ("harbour-film.mp4", "proven gone"),
    "/withdrawals/wdboats0001": ("taken out of Partners/Harbour",),
    "/capabilities": ("never probed",),
    "/maps": ("Map and rules",),
    "/settings": ("Partners", "Version"),
    "/people": ("ada", "Add somebody"),
    "/audit": ("Signed in by password.",),
    "/me": ("Tokens for scripts",),
}


async def test_every_page_shows_what_is_on_record(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    for path, wanted in PAGES.items():
        answer = await browser.get(path)
        assert answer.status_code == 200, (path, answer.text[-400:])
        missing = [it for it in wanted if it not in answer.text]
        assert not missing, (path, missing)
    assert len(PAGES) >= 25


async def test_what_is_not_there_is_not_called_a_conflict(stand: Stand) -> None:
    """Conflicts are two edits of one field here; HTTP's word for an order that came too late is another."""
    browser = await stand.signed_in("ada")
    lost = await browser.get("/assets/agency:nobody")
    assert (lost.status_code, "Nothing is known of agency:nobody" in lost.text) == (404, True)
    late = await browser.post("/people/ada/disabled", disabled="1")
    assert (late.status_code, "<h1>That cannot be done now</h1>" in late.text) == (409, True)
    assert "<h1>Conflict" not in late.text


async def test_every_page_is_there_within_200_ms(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    for path in PAGES:
        took = []
        for _ in range(3):
            begun = time.perf_counter()
            await browser.get(path)
            took.append(time.perf_counter() - begun)
        assert min(took) < 0.2, (path, took)


async def test_no_page_holds_a_script_a_style_or_a_link_to_elsewhere(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    for path in PAGES:
        text = (await browser.get(path)).text
        assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", text), path
        assert all(it.startswith(("/", "#")) for it in re.findall(r'(?:src|href|action)="([^"]*)"', text)), path


async def test_whoever_may_not_see_assets_sees_counts_alone(stand: Stand) -> None:
    await stand.person("vera", "viewer")
    await stand.person("lena", "librarian", scope=Scope(regions=frozenset({"FR"})))
    for name in ("vera", "lena"):
        browser = await stand.signed_in(name)
        seen = [path for path in PAGES if (await browser.get(path)).status_code == 200]
        shown = {"/", "/runs", "/runs/run-000001", "/runs/run-000001?outcome=quarantined", "/me"}
        machine = {"/capabilities", "/maps", "/settings"}
        assert set(seen) >= (shown | machine if name == "lena" else shown), name
        assert set(seen) == shown or name == "lena", "hers are lists of her part, of which nobody here knows what it is"
        text = "".join([(await browser.get(it)).text for it in seen])
        assert not [it for it in FILES if it in text], name
        assert "I0000boat" not in text, name


async def test_a_scope_of_flows_hides_the_others_everywhere(stand: Stand) -> None:
    await stand.person("otto", "operator", scope=Scope(flows=frozenset({FlowName.PUBLISH})))
    browser = await stand.signed_in("otto")
    assert (await browser.get("/runs/run-000001")).status_code == 403
    for path in ("/", "/runs", "/conflicts", "/quarantine?outcome=all", "/plans", "/conflicts.csv", "/quarantine.csv"):
        answer = await browser.get(path)
        assert answer.status_code == 200, path
        assert not [it for it in FILES if it in answer.text], path
    for path in ("/terms", "/terms.csv", "/audit", "/audit.csv", "/pairing", "/review"):
        assert (await browser.get(path)).status_code == 403, path
    assert (await browser.get("/assets/agency:I0000boat0007")).status_code == 403
    assert (await browser.get("/conflicts/" + (await stand.ledger.conflicts(limit=1))[0].id)).status_code == 403
    assert "nagasaki-boats.jpg" in (await browser.get("/rights")).text, "what his flow shows is his"


async def test_numbers_are_doors_and_lists_can_be_taken_away(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    items = rows_of((await browser.get("/runs/run-000001/items.csv")).text)
    assert len(items) == 12
    assert {it["outcome"] for it in items} == {"done", "waiting", "quarantined", "unchanged", "skipped"}
    broken = rows_of((await browser.get("/runs/run-000001/items.csv?outcome=quarantined")).text)
    assert [it["file"] for it in broken] == ["broken-upload.jpg"]
    for path, least in (
        ("/conflicts.csv", 3),
        ("/terms.csv", 2),
        ("/quarantine.csv?outcome=all", 3),
        ("/audit.csv", 7),
    ):
        assert len(rows_of((await browser.get(path)).text)) >= least, path
    assert len(rows_of((await browser.get("/rights/standing.csv")).text)) == 4
    assert (await browser.get("/rights/calendar.ics")).text.count("BEGIN:VEVENT") == 3
    assert (await browser.get("/withdrawals/wdboats0001/signed.json")).json()["signature"]


async def test_what_a_spreadsheet_would_take_for_a_formula_is_text(stand: Stand) -> None:
    from dambridge.console.rendering import table_file

    body = bytes(table_file("x", ("a",), [("=1+1",), ("+x",), ("-1",), ("@x",), ("plain",)]).body).decode()
    assert [it["a"] for it in rows_of(body)] == ["'=1+1", "'+x", "'-1", "'@x", "plain"]


async def first_conflict(browser: Browser) -> str:
    found = re.search(r'action="/conflicts/(cf[a-z0-9]+)/settle"', (await browser.get("/conflicts")).text)
    assert found is not None
    return found[1]


async def test_a_conflict_is_settled_and_taken_back_under_the_persons_name(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    conflict = await first_conflict(browser)
    async with working(stand.ledger, stand.clock):
        answer = await browser.post(f"/conflicts/{conflict}/settle", side="archive", revision="1")
        assert answer.status_code == 303
        told = await browser.get(answer.headers["location"])
        assert "Settled 1 conflict; the next run carries it out." in told.text
        (ruled,) = await stand.ledger.conflicts(states=[ConflictState.RULED], limit=10)
        assert ruled.ruling is not None
        assert ruled.ruling.by == "ada"
        back = await browser.post(f"/conflicts/{conflict}/undo")
        assert "Taken back." in (await browser.get(back.headers["location"])).text
        again = await browser.post(f"/conflicts/{conflict}/settle", side="nobody", revision="3")
        assert "has no side nobody" in (await browser.get(again.headers["location"])).text
    trail = await stand.ledger.audit_trail(subject=None, after=0, limit=100)
    assert [it.entry.actor for it in trail if it.entry.event == "conflict.ruled"] == ["ada"]


async def test_a_conflict_is_settled_by_a_value_and_all_like_it_by_a_side(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    async with working(stand.ledger, stand.clock):
        conflict = await first_conflict(browser)
        field = re.search(r'name="value:(\w+)"', (await browser.get(f"/conflicts/{conflict}")).text)
        assert field is not None
        given: dict[str, str] = {f"value:{field[1]}": "My own words", "revision": "1"}
        await browser.post(f"/conflicts/{conflict}/settle", **given)
        (ruled,) = await stand.ledger.conflicts(states=[ConflictState.RULED], limit=10)
        assert ruled.ruling is not None
        assert [str(it) for it in ruled.ruling.fields.values()] == ["My own words"]


async def test_a_word_is_decided_once_by_name(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    term = re.search(r'href="/terms/(tm[a-z0-9]+)">Skiff', (await browser.get("/terms")).text)
    assert term is not None
    assert "Some of its pictures" in (await browser.get(f"/terms/{term[1]}")).text
    async with working(stand.ledger, stand.clock):
        answer = await browser.post(f"/terms/{term[1]}/decide", verdict="map", term="Rowing skiff")
        assert "the next run repairs 3 assets" in (await browser.get(answer.headers["location"])).text
        (decided,) = await stand.ledger.term_decisions(ARCHIVE)
        assert (decided.verdict, decided.term, decided.by) == (Verdict.MAP, "Rowing skiff", "ada")
        wrong = await browser.post(f"/terms/{term[1]}/decide", verdict="map", term="Ferry")
        assert "Take that back first" in (await browser.get(wrong.headers["location"])).text
        await browser.post(f"/terms/{term[1]}/undo")
        assert await stand.ledger.term_decisions(ARCHIVE) == []


async def test_a_form_that_is_sent_twice_is_one_order(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    for _ in range(2):
        await browser.post("/flows/intake/run", once="a-form")
    first = await browser.post("/flows/intake/run", once="another")
    assert "nobody works" in (await browser.get(first.headers["location"])).text
    await browser.post("/flows/publish/run", once="a-form")
    claimed = await taken(stand)
    assert len(claimed) == 3, "the same form is one order, another wish with it another"
    assert {(it.actor, it.via) for it in claimed} == {("ada", "console")}


async def test_what_became_of_an_order_is_told_to_whoever_gave_it(stand: Stand) -> None:
    await stand.person("otto", "operator")
    ada, otto = await stand.signed_in("ada"), await stand.signed_in("otto")
    given = (await ada.post("/flows/intake/run")).headers["location"]
    assert "nobody works" in (await ada.get(given)).text
    assert "nobody works" not in (await otto.get(given)).text
    order = given.partition("order=")[2]
    assert (await ada.get(f"/orders/{order}")).status_code == 200
    assert (await otto.get(f"/orders/{order}")).status_code == 404


async def test_a_plan_is_approved_by_name_alone(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    (row,) = await stand.ledger.plans(limit=5)
    text = (await browser.get(f"/plans/{row.id}")).text
    assert "41.0 MB to move" in text
    assert "The first of what it would do" in text
    assert (await browser.post(f"/plans/{row.id}/apply", name="somebody")).status_code == 422
    assert await taken(stand) == []
    assert (await browser.post(f"/plans/{row.id}/apply", name="Ada", pilot="2")).status_code == 303
    (command,) = await taken(stand)
    assert (command.actor, command.scope["plan"], command.scope["pilot"]) == ("ada", row.id, 2)


async def test_reviews_are_orders_about_what_was_ticked_or_a_shoot(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    token = await browser.csrf()
    form: dict[str, Any] = {"csrf": token, "verdict": "ask", "note": "sharper", "asset": ["agency:I1", "agency:I2"]}
    assert (await browser.client.post("/review", data=form)).status_code == 303
    assert (await browser.post("/review", verdict="approve", shoot="Handed in/Regatta")).status_code == 303
    assert (await browser.post("/review", verdict="approve")).status_code == 422
    scopes = [it.scope for it in await taken(stand)]
    assert len(scopes) == 2
    assert scopes[0]["assets"] == [["agency", "I1"], ["agency", "I2"]]
    assert (scopes[0]["verdict"], scopes[0]["note"]) == ("ask", "sharper")
    assert scopes[1]["shoot"] == "Handed in/Regatta"


async def test_people_are_added_changed_and_kept_out_by_name(stand: Stand) -> None:
    browser = await stand.signed_in("ada")
    added = await browser.post("/people", name="bea", display="Bea", role="librarian", regions="DE, AT")
    found = re.search(r'class="secret">([a-z0-9-]{23})<', added.text)
    assert found is not None
    bea = await stand.desk.people.store.person("bea")
    assert bea is not None
    assert bea.scope.regions == frozenset({"DE", "AT"})
    stand.passwords["bea"] = found[1]
    await stand.signed_in("bea")
    assert (await browser.post("/people/bea/rights", role="viewer")).status_code == 303
    assert (await browser.post("/people/bea/disabled", disabled="1")).status_code == 303
    assert (await browser.post("/people/ada/disabled", disabled="1")).status_code == 409
    events = [it.entry for it in await stand.ledger.audit_trail(subject="person:bea", after=0, limit=50)]
    assert [it.event for it in events] == ["person.added", "person.signed_in", "person.roles", "person.disabled"]
    assert {it.actor for it in events} == {"ada", "bea"}


async def test_the_audit_is_verified_and_an_altered_entry_is_named(stand: Stand, tmp_path: Path) -> None:
    browser = await stand.signed_in("ada")
    assert "holds: nothing in it was altered" in (await browser.post("/audit/verify")).text
    from sqlalchemy import text

    await stand.ledger.write(
        lambda tx: tx.conn.execute(text("UPDATE audit_log SET actor = 'eve' WHERE seq = 2")) and None
    )
    assert "broken at entry 2" in (await browser.post("/audit/verify")).text


async def test_the_settings_show_no_secret(stand: Stand) -> None:
    text = (await (await stand.signed_in("ada")).get("/settings")).text
    assert "api_key: &#39;**********&#39;" in text or "api_key: '**********'" in text
    assert "pw-7732" not in text
    assert "key-7731" not in text


def words_of(pieces: Iterator[Any]) -> list[str]:
    return [it.text for it in pieces if it.differs]


def test_what_differs_is_marked_word_by_word() -> None:
    base, text = "Wooden boats lie in the river", "Fishing boats lie in the wide river"
    assert "".join(it.text for it in marked(base, text)) == text
    assert words_of(iter(marked(base, text))) == ["Fishing", "wide "]
    assert words_of(iter(marked("same", "same"))) == []
    assert words_of(iter(marked("", "new"))) == []
    assert words_of(iter(marked("a" * 5000, "b"))) == ["b"]


def test_a_link_knows_its_asset() -> None:
    assert link(1).copies[0].remote_id == key(1).remote_id


@dataclass(frozen=True, slots=True)
class Small:
    """A picture that somebody gives out."""

    data: bytes
    content_type: str = "image/png"


@dataclass(slots=True)
class Album:
    """Gives out the pictures that it has, to librarians; of one system it cannot be had now."""

    asked: list[tuple[str, str, int]]

    async def of(self, key: AssetKey, searcher: Searcher, *, longest_side: int = 300) -> Small | None:
        self.asked.append((str(key), searcher.name, longest_side))
        if key.account == "away":
            raise TryLater("The system is away.")
        return Small(b"png!") if Role.ADMINISTRATOR in searcher.roles else None


async def test_pictures_go_to_those_who_may_see_them_and_nothing_else_goes_along(tmp_path: Path) -> None:
    album = Album([])
    async with console(tmp_path, pictures=album) as stand:
        await set_scene(stand.ledger)
        await stand.person("ada", *EVERYTHING)
        await stand.person("vera", "viewer")
        ada, vera = await stand.signed_in("ada"), await stand.signed_in("vera")
        shown = re.findall(r'<img src="(/pictures/[^"]+)"', (await ada.get("/runs/run-000001")).text)
        assert len(shown) == 12
        given = await ada.get(shown[0])
        assert (given.content, given.headers["content-type"]) == (b"png!", "image/png")
        assert given.headers["cache-control"].startswith("private")
        refused, away = await vera.get(shown[0]), await ada.get("/pictures/300/away:1")
        assert refused.content == away.content == NOTHING
        assert away.headers["cache-control"] == "no-store", "it may be there in a moment"
        assert (await ada.get("/pictures/9999/agency:1")).status_code == 422
        assert [it[1] for it in album.asked] == ["ada", "vera", "ada"]
    async with console(tmp_path / "bare") as bare:
        await set_scene(bare.ledger)
        await bare.person("ada", *EVERYTHING)
        assert "<img" not in (await (await bare.signed_in("ada")).get("/runs/run-000001")).text
