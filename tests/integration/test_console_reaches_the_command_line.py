"""Whatever the command line can decide the console or the API can, or a reason says why not; and what only these pages order."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer.main

from dambridge.cli.app import app
from dambridge.engine.errands import Tell
from dambridge.engine.worker import Worker
from dambridge.model.access import Scope
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import AccountId, CommandId, FlowName
from support.console import CONFIG, Stand, console
from support.console_scene import BOATS, set_scene

READS = "only reads"
MACHINE = "is of the machine itself, before or around any console"
DECIDES: dict[str, tuple[str, ...] | str] = {
    "apply": ("/plans/{plan}/apply", "/api/v1/plans/{plan}/apply"),
    "conflicts settle": ("/conflicts/{conflict}/settle", "/api/v1/conflicts/{conflict}/settle"),
    "conflicts undo": ("/conflicts/{conflict}/undo", "/api/v1/conflicts/{conflict}/undo"),
    "hold lift": ("/holds",),
    "hold set": ("/holds",),
    "match": ("/pairing/compare", "/api/v1/pairing/compare"),
    "match activate": ("/plans/{plan}/apply",),
    "match plan": ("/pairing/plan", "/api/v1/pairing/plan"),
    "match review": ("/pairing", "/api/v1/pairing/decisions"),
    "outlets activate": ("/plans/{plan}/apply",),
    "outlets adopt": ("/outlets/{outlet}/{what}",),
    "outlets agree": ("/outlets/{outlet}/{what}",),
    "outlets plan": ("/outlets/{outlet}/{what}",),
    "plan": ("/plans/make", "/api/v1/plans"),
    "probe": ("/capabilities/{account}/ask", "/api/v1/probes"),
    "retention plan": ("/plans/retention", "/api/v1/plans/retention"),
    "review approve": ("/review", "/api/v1/reviews"),
    "review ask": ("/review", "/api/v1/reviews"),
    "review reject": ("/review", "/api/v1/reviews"),
    "review told": ("/review", "/api/v1/reviews"),
    "review undo": ("/review", "/api/v1/reviews"),
    "rights release": ("/rights/release",),
    "run": ("/flows/{flow}/{what}", "/api/v1/runs"),
    "runs pause": ("/flows/{flow}/{what}",),
    "runs resume": ("/flows/{flow}/{what}",),
    "search --alert": ("/search/saved",),
    "search --bring": ("/search/order", "/api/v1/search/orders"),
    "search --drop": ("/search/saved/{search}/forget",),
    "search --publish": ("/search/order", "/api/v1/search/orders"),
    "search --rebuild": ("/store/index", "/api/v1/index/rebuild"),
    "search --save": ("/search/saved",),
    "search --take-back": ("/search/order/back", "/api/v1/ordered/take-back"),
    "store rebuild": ("/store/rebuild", "/api/v1/store/rebuild"),
    "store release": ("/store/release",),
    "terms add": ("/terms/{term}/decide", "/api/v1/terms/{term}/decide"),
    "terms drop": ("/terms/{term}/decide", "/api/v1/terms/{term}/decide"),
    "terms import": ("/vocabularies", "/api/v1/vocabularies/{account}"),
    "terms map": ("/terms/{term}/decide", "/api/v1/terms/{term}/decide"),
    "terms undo": ("/terms/{term}/undo",),
    "users add": ("/people",),
    "users disable": ("/people/{name}/disabled",),
    "users reset": ("/people/{name}/reset",),
    "users roles": ("/people/{name}/rights",),
    "webhooks enable": ("/webhooks/{endpoint}", "/api/v1/webhooks/{endpoint}"),
    "webhooks redeliver": ("/webhooks/{endpoint}", "/api/v1/webhooks/{endpoint}"),
    "webhooks test": ("/webhooks/{endpoint}", "/api/v1/webhooks/{endpoint}"),
    "demo": MACHINE,
    "init": MACHINE,
    "serve": MACHINE,
    "webhooks send": "decides nothing: a server sends what is due by itself",
    "warnings send": "decides nothing: a server tells people by itself, as often as the configuration says",
}
LOOKS = {
    *(
        "audit",
        "check",
        "conflicts",
        "conflicts show",
        "coverage",
        "hold list",
        "maps lint",
        "maps schema",
        "match audit",
    ),
    *("outlets", "outlets show", "plans", "review list", "review show", "rights calendar", "rights consent"),
    *("rights contracts", "rights expiring", "rights losses", "rights may", "rights opening", "rights unclear"),
    *(
        "rights who-has",
        "runs",
        "runs show",
        "schema",
        "search",
        "show",
        "status",
        "store review",
        "terms",
        "terms export",
    ),
    *(
        "terms list",
        "terms propose",
        "terms show",
        "users list",
        "verify",
        "warnings show",
        "webhooks list",
        "webhooks show",
        "withdrawals",
    ),
    *("withdrawals export", "withdrawals list", "withdrawals show", "withdrawals verify"),
}
"""Commands that decide nothing."""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    if path and (not getattr(command, "commands", None) or command.invoke_without_command):
        yield " ".join(path)
    for name, it in getattr(command, "commands", {}).items():
        yield from commands(it, (*path, name))


def test_every_command_is_known_and_each_that_decides_has_its_way_or_a_reason() -> None:
    every = set(commands(typer.main.get_command(app)))
    decided = {it.partition(" --")[0] for it in DECIDES}
    assert every - decided - LOOKS == set(), "say whether it decides, and where the console does it"
    assert (decided | LOOKS) - every == set(), "there is no such command any more"
    assert {it for it in DECIDES if " --" not in it} & LOOKS == set()
    from dambridge.console import api
    from dambridge.console.screens import SCREENS

    posts = {it.path for router in (*SCREENS, api.router) for it in router.routes if it.methods & {"POST", "PUT"}}  # type: ignore[attr-defined]
    ways = {path for it in DECIDES.values() if isinstance(it, tuple) for path in it}
    assert ways - posts == set()
    assert all(len(it) > 10 for it in DECIDES.values() if isinstance(it, str))
    assert len(ways) >= 30


@asynccontextmanager
async def working(stand: Stand, answer: dict[str, Any]) -> AsyncIterator[list[Command]]:
    """A server whose errands only note what they were asked."""
    asked: list[Command] = []

    async def errand(command: Command, tell: Tell) -> dict[str, Any]:
        asked.append(command)
        tell("agency: 7 read")
        return answer

    kinds = (CommandKind.COMPARE, CommandKind.PROBE, CommandKind.REFILL)
    worker = Worker(
        {},
        ledger=stand.ledger,
        clock=stand.clock,
        poll_every=timedelta(hours=1),
        name="t:1",
        serving=True,
        errands=dict.fromkeys(kinds, errand),
    )
    task = asyncio.create_task(worker.serve())
    while not await stand.ledger.live_workers(since=0):  # noqa: ASYNC110 - its first heartbeat
        await asyncio.sleep(0.01)
    try:
        yield asked
    finally:
        worker.stop()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    async with console(tmp_path) as it:
        await set_scene(it.ledger)
        await it.person("ada", "administrator")
        await it.person("otto", "operator")
        await it.person("lena", "librarian")
        await it.person("olga", "operator", scope=Scope(flows=frozenset({FlowName.PUBLISH})))
        yield it


async def test_errands_are_given_by_whoever_may_and_told_when_done(stand: Stand) -> None:
    who = {name: await stand.signed_in(name) for name in ("ada", "otto", "lena", "olga")}
    read = {"read": 7, "taken_out": 1, "unproven": {}, "exit_code": 0}
    pairs = {"certain": 3, "review": 1, "alone": 2}
    told = {"account": "agency", "asked": 14, "answered": 12, "warnings": ["The token ends soon."], "left": []}
    async with working(stand, {**read, **pairs, **told}) as asked:
        for name, path, says in (
            ("otto", "/store/index", "7 assets read, 1 taken out."),
            ("lena", "/pairing/compare", "Compared: 3 pairs certain, 1 for a person, 2 assets alone."),
            ("otto", "/capabilities/agency/ask", "agency: 12 of 14 questions answered."),
        ):
            answer = await who[name].post(path)
            assert answer.status_code == 303, (path, answer.text)
            assert says in (await who[name].get(answer.headers["location"])).text
        assert [(it.kind, it.actor) for it in asked] == [("refill", "otto"), ("compare", "lena"), ("probe", "otto")]
        assert asked[-1].scope == {"account": "agency", "write": False}
        for name, path in (
            ("lena", "/store/index"),
            ("olga", "/store/index"),
            ("otto", "/pairing/compare"),
            ("lena", "/capabilities/agency/ask"),
        ):
            assert (await who[name].post(path)).status_code == 403, (name, path)
        write = "/capabilities/archive/ask"
        assert (await who["otto"].post(write, write="1", word="write")).status_code == 403
        assert (await who["ada"].post(write, write="1", word="yes")).status_code == 422
        assert len(asked) == 3, "nothing was asked without the word"
        assert (await who["ada"].post(write, write="1", word="Write")).status_code == 303
        assert asked[-1].scope == {"account": "archive", "write": True}
        text = (await who["ada"].get("/capabilities/archive/write")).text
        assert "cannot be taken back" in text or "Afterwards" in text
        assert "scratch" in text


async def test_an_errand_keeps_no_other_order_waiting_and_begins_anew_after_a_stop(stand: Stand) -> None:
    otto, begun = await stand.signed_in("otto"), []
    assert (await otto.post("/store/index")).status_code == 303
    answer = await otto.post("/flows/intake/plan")
    plan = CommandId(answer.headers["location"].partition("order=")[2])

    async def endless(command: Command, tell: Tell) -> dict[str, Any]:
        begun.append(command.id)
        tell("agency: 7 read")
        await asyncio.Event().wait()
        return {}

    for turn in (1, 2):
        more: dict[str, Any] = {"poll_every": timedelta(hours=1), "errands": {CommandKind.REFILL: endless}}
        worker = Worker({}, ledger=stand.ledger, clock=stand.clock, name="t:1", serving=True, **more)
        task = asyncio.create_task(worker.serve())
        while len(begun) < turn:  # noqa: ASYNC110 - the worker's own tempo
            await asyncio.sleep(0.01)
        while (it := await stand.ledger.command(plan)) and it.state is not CommandState.FAILED:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # a worker without flows refuses it: it had its turn
        worker.stop()
        await task
    assert begun[0] == begun[1]
    errand = await stand.ledger.command(begun[0])
    assert errand is not None
    assert errand.state is CommandState.RUNNING


async def test_a_lost_store_is_made_anew_by_the_word_of_an_administrator(stand: Stand) -> None:
    ada, otto, lena = [await stand.signed_in(it) for it in ("ada", "otto", "lena")]
    for who, fields, status in ((otto, {"word": "rebuild"}, 403), (ada, {}, 422), (ada, {"word": "rebuild"}, 303)):
        assert (await who.post("/store/rebuild", **fields)).status_code == status
    for who, fields, status in (
        (otto, {"word": "let go"}, 403),
        (lena, {"word": "yes"}, 422),
        (lena, {"asset": "agency:I1"}, 303),
        (lena, {"word": "let go"}, 303),
    ):
        assert (await who.post("/store/release", **fields)).status_code == status
    given = [await stand.ledger.claim_command("w", now=stand.clock.at) for _ in range(1)]
    assert [it.kind for it in given if it is not None] == [CommandKind.REBUILD]
    assert given[0] is not None
    await stand.ledger.finish_command(given[0].id, state=CommandState.DONE, result={})
    first = await stand.ledger.claim_command("w", now=stand.clock.at)
    assert first is not None
    second = await stand.ledger.claim_command("w", now=stand.clock.at, beside=[first.id])
    assert second is not None, "what is carried out beside keeps no other order waiting"
    assert [it.scope["all"] for it in (first, second)] == [False, True]
    assert "Make a lost store anew" in (await ada.get("/store")).text
    assert "Make a lost store anew" not in (await lena.get("/store")).text


async def test_a_vocabulary_goes_out_and_comes_in(stand: Stand) -> None:
    lena, otto = await stand.signed_in("lena"), await stand.signed_in("otto")
    assert BOATS in (await lena.get("/vocabularies")).text
    taken = await lena.get("/vocabularies/file", params={"account": "archive", "attribute": BOATS, "form": "csv"})
    assert b"Rowing skiff" in taken.content
    more = taken.content + b"Canoe,Canoe\r\n" if taken.content.startswith(b"id,") else taken.content
    csrf = await lena.csrf()
    data = {"csrf": csrf, "account": "archive", "attribute": BOATS}
    answer = await lena.client.post("/vocabularies", data=data, files={"file": ("boats.csv", more)})
    assert answer.status_code == 303, answer.text
    assert f"brought in for {BOATS}" in (await lena.get(answer.headers["location"])).text
    kept = await stand.ledger.vocabularies(AccountId("archive"), attribute=BOATS)
    assert [it.by for it in kept] == ["lena"]
    (entry,) = [
        it.entry
        for it in await stand.ledger.audit_trail(subject=None, after=0, limit=500)
        if it.entry.event == "vocabulary.imported"
    ]
    assert (entry.actor, entry.detail["file"]) == ("lena", "boats.csv")
    answer = await lena.client.post("/vocabularies", data=data, files={"file": ("boats.csv", b"\xff\xfe nonsense")})
    assert answer.status_code == 422
    assert "boats.csv" in answer.text
    data = {**data, "csrf": await otto.csrf()}
    assert (await otto.client.post("/vocabularies", data=data, files={"file": ("b.csv", more)})).status_code == 403


async def test_what_need_not_be_kept_is_planned_where_rules_say_so(tmp_path: Path) -> None:
    lifecycle = """\
  lifecycle:
    between: [agency, archive]
    carriers:
      agency: [{by: edit_status}]
      archive: [{by: attribute, name: Lifecycle Status}]
    retention: {after: {expired: 30d}}
gate:"""
    config = re.sub(r"    carriers: .*\n", "", CONFIG).replace("gate:", lifecycle)
    async with console(tmp_path, config=config) as stand:
        await stand.person("ada", "administrator")
        await stand.person("lena", "librarian")
        ada, lena = await stand.signed_in("ada"), await stand.signed_in("lena")
        assert "/plans/retention" in (await ada.get("/plans")).text
        assert "/plans/retention" not in (await lena.get("/plans")).text
        assert (await lena.post("/plans/retention")).status_code == 403
        assert (await ada.post("/plans/retention")).status_code == 303
        order = await stand.ledger.claim_command("w", now=stand.clock.at)
        assert order is not None
        assert (order.kind, order.actor, order.via) == (CommandKind.PLAN_RETENTION, "ada", "console")
