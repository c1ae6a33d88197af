"""Warnings on their way: remembered in the ledger, sent through Apprise to a server of our own, addresses never shown."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
import yaml

from dambridge.bootstrap import ConfigurationWrong, load_settings
from dambridge.engine.rights_desk import RightsDesk
from dambridge.engine.warning import Recipient, Warner, warn
from dambridge.engine.worker import Worker
from dambridge.model.accords import GroupName
from dambridge.model.alarms import AlarmKind
from dambridge.model.conflicts import Conflict, ConflictState
from dambridge.model.identity import AccountId, CopyId, CopyRole, FlowName, LinkId, RemoteId
from dambridge.model.publications import Publication, Stage
from dambridge.model.reasons import Code, Reason
from dambridge.notices import AppriseNotifier
from dambridge.policy.gate import Channel, GateRules
from dambridge.policy.outlets import Outlet, PublishPolicy, Selection
from dambridge.ports.errors import TryLater
from dambridge.ports.notifying import Notice
from dambridge.storage import open_ledger
from dambridge.testing.fake_ledger import MemoryLedger
from dambridge.testing.fake_notifier import FakeNotifier
from support.commands import dambridge

NOW = datetime(2026, 11, 28, tzinfo=UTC)
GATE = GateRules(channels={"portal": Channel(name="portal")}, must_know=frozenset())
OUTLET = Outlet(
    name="dealers", account=AccountId("agency"), gallery="G", channel="portal", territory="DE", audience="dealers"
)
POLICY = PublishPolicy(
    flow=FlowName.PUBLISH,
    source=AccountId("archive"),
    outlets={"dealers": OUTLET},
    selection=Selection(folders=("**",)),
    gate=GATE,
    zone=ZoneInfo("UTC"),
    fields=frozenset(),
)
SECRET = "hunter2hunter2"


@dataclass(slots=True)
class Clock:
    at: datetime = NOW

    async def now(self) -> datetime:
        return self.at


def published(name: str, until: datetime) -> Publication:
    return Publication(
        flow=FlowName.PUBLISH,
        link=LinkId(name),
        copy=CopyId(AccountId("agency"), CopyRole.PUBLISHED, "dealers"),
        stage=Stage.VISIBLE,
        remote_id=RemoteId(name),
        file_name=f"{name}.jpg",
        until=until,
        at=NOW,
    )


def warner(ledger: MemoryLedger, clock: Clock, **notifiers: FakeNotifier) -> Warner:
    desk = RightsDesk(ledger=ledger, sites={}, policies=[POLICY], gate=GATE, zone=ZoneInfo("UTC"), now=NOW)
    return Warner(
        desk=desk,
        flows=(),
        recipients=[Recipient(name, frozenset(), it) for name, it in notifiers.items()],
        clock=clock,
        days=7,
        every=timedelta(minutes=15),
    )


async def test_each_is_told_once_and_again_when_it_gets_worse_across_restarts() -> None:
    ledger, clock, ada = MemoryLedger(), Clock(), FakeNotifier()
    assert await warn(warner(ledger, clock, ada=ada)) == {"ada": 0}
    await ledger.put_publications([published("a", NOW + timedelta(days=3))])
    assert await warn(warner(ledger, clock, ada=ada)) == {"ada": 1}
    assert await warn(warner(ledger, clock, ada=ada)) == {"ada": 0}, "another process remembers it too"
    assert len(ada.taken) == 1
    assert ("a.jpg" in ada.taken[0].text, ada.taken[0].urgent) == (True, False)
    await ledger.put_publications([published("b", NOW + timedelta(days=4))])
    await warn(warner(ledger, clock, ada=ada))
    assert "2 in dealers end within 7 days" in ada.taken[1].title
    clock.at = NOW + timedelta(days=3, seconds=1)
    await warn(warner(ledger, clock, ada=ada))
    assert ada.taken[2].urgent
    assert "past their end" in ada.taken[2].title


async def test_whoever_cannot_be_reached_is_told_later_and_keeps_nobody_from_being_told() -> None:
    ledger, clock, away, here = MemoryLedger(), Clock(), FakeNotifier(reachable=False), FakeNotifier()
    await ledger.put_publications([published("a", NOW + timedelta(days=3))])
    assert await warn(warner(ledger, clock, away=away, here=here)) == {"here": 1}
    away.reachable = True
    assert await warn(warner(ledger, clock, away=away, here=here)) == {"away": 1, "here": 0}
    assert (len(away.taken), len(here.taken)) == (1, 1)


async def test_a_recipient_is_told_of_what_they_asked_for() -> None:
    ledger, clock, ada = MemoryLedger(), Clock(), FakeNotifier()
    await ledger.put_publications([published("a", NOW + timedelta(days=3))])
    given = warner(ledger, clock, ada=ada)
    narrow = replace(given, recipients=[Recipient("ada", frozenset({AlarmKind.GUARD}), ada)])
    assert await warn(narrow) == {"ada": 0}
    assert not ada.taken


def overruled(link: str, at: datetime, code: Code = Code.LOOSENING_REFUSED) -> Conflict:
    return Conflict(
        link=LinkId(link),
        group=GroupName("rights"),
        flow=FlowName.RIGHTS,
        base={},
        sides=(),
        reason=Reason.of(code, fields=("licence_end",), copies=("agency/source/-/original",), owner="archive"),
        opened_at=at,
        state=ConflictState.MOOT,
    )


async def test_each_looser_word_that_was_overruled_is_told_once() -> None:
    ledger, clock, ada = MemoryLedger(), Clock(), FakeNotifier()
    other = overruled("ln0", NOW, code=Code.CONFLICT)
    await ledger.put_conflicts([overruled("ln1", NOW), overruled("ln2", NOW - timedelta(days=8)), other])
    assert await warn(warner(ledger, clock, ada=ada)) == {"ada": 1}
    assert await warn(warner(ledger, clock, ada=ada)) == {"ada": 0}
    clock.at = NOW + timedelta(days=1)
    await ledger.put_conflicts([overruled(f"ln{it}", clock.at) for it in (3, 4)])
    assert await warn(warner(ledger, clock, ada=ada)) == {"ada": 2}
    assert await warn(warner(ledger, clock, ada=ada)) == {"ada": 0}
    clock.at = NOW + timedelta(days=30)
    assert await warn(warner(ledger, clock, ada=ada)) == {"ada": 0}
    first, second = ada.taken
    assert ("ln1 (licence_end)" in first.text, "ln1" in second.text) == (True, False)
    assert "2 looser words on rights were overruled" in second.title
    assert "dambridge conflicts --state moot" in second.text


async def test_a_server_tells_as_often_as_it_is_told_to_and_survives_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, clock, ada = MemoryLedger(), Clock(), FakeNotifier()
    await ledger.put_publications([published("a", NOW + timedelta(days=3))])
    given = warner(ledger, clock, ada=ada)
    worker = Worker(
        {},
        ledger=cast("Any", ledger),
        clock=clock,
        poll_every=timedelta(minutes=2),
        name="w",
        serving=True,
        warner=given,
    )
    await worker._warn_when_due()
    await worker._warn_when_due()
    assert len(ada.taken) == 1
    await ledger.put_publications([published("b", NOW + timedelta(days=3))])
    clock.at = NOW + given.every - timedelta(seconds=1)
    await worker._warn_when_due()
    assert len(ada.taken) == 1, "not yet"
    clock.at = NOW + given.every

    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr("dambridge.engine.warning.Outside", broken)
        await worker._warn_when_due()
    clock.at += given.every
    await worker._warn_when_due()
    assert len(ada.taken) == 2


# the library ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Inbox:
    """A server that takes Apprise's JSON messages."""

    port: int = 0
    status: int = 200
    taken: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    it = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            it.taken.append(json.loads(body))
            self.send_response(it.status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    it.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield it
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_message_arrives_and_one_that_nobody_takes_is_said_without_its_address(
    inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    address = f"json://ada:{SECRET}@127.0.0.1:{inbox.port}/x"
    way = AppriseNotifier("ada", [address])
    await way.send(Notice(title="Title", text="Text", urgent=True))
    assert (inbox.taken[0]["title"], inbox.taken[0]["message"]) == ("Title", "Text")
    inbox.status = 500
    with pytest.raises(TryLater) as lost:
        await way.send(Notice(title="Title", text="Text"))
    assert "`ada`" in str(lost.value)
    assert SECRET not in f"{lost.value}{way!r}{caplog.text}"
    working = AppriseNotifier("ada", ["json://127.0.0.1:1/nobody", address])
    inbox.status = 200
    await working.send(Notice(title="Second way", text="Text"))
    assert inbox.taken[-1]["title"] == "Second way"


def configured(folder: Path, **warnings: object) -> Path:
    accounts = {
        "agency": {"system": "photoshelter", "api_key": "k", "org_id": "O1", "email": "a@b.c", "password": "p"},
        "archive": {"system": "netx", "base_url": "https://netx.example", "token": "t"},
    }
    outlets = {
        "dealers": {"account": "agency", "gallery": "G", "channel": "portal", "territory": "DE", "audience": "dealers"}
    }
    document = {
        "accounts": accounts,
        "gate": {"channels": {"portal": {}}, "must_know": []},
        "flows": {"publish": {"from": "archive", "select": {"folders": ["**"]}, "outlets": outlets}},
        "warnings": warnings,
        "store": {"path": "data"},
        "engine": {"runtime": "local"},
    }
    file = folder / "dambridge.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    file.chmod(0o600)
    return file


def test_the_command_tells_once_and_shows_what_is_pressing(tmp_path: Path, inbox: Inbox) -> None:
    config = configured(tmp_path, recipients={"ada": {"urls": ["env:ADA"]}}, days=7)
    env = {"ADA": f"json://ada:{SECRET}@127.0.0.1:{inbox.port}/"}

    async def put() -> None:
        (tmp_path / "data").mkdir(exist_ok=True)
        ledger = open_ledger(tmp_path / "data")
        await ledger.put_publications([published("a", datetime(2020, 1, 1, tzinfo=UTC))])
        await ledger.close()

    asyncio.run(put())
    shown = dambridge(config, "warnings", "show", env=env)
    assert (shown.code, [it["kind"] for it in shown.json["alarms"]]) == (3, ["overdue"])
    sent = dambridge(config, "warnings", "send", env=env)
    assert (sent.code, sent.json) == (0, {"told": {"ada": 1}, "not_reached": []})
    assert dambridge(config, "warnings", "send", env=env).json["told"] == {"ada": 0}
    assert len(inbox.taken) == 1
    assert "a.jpg" in inbox.taken[0]["message"]
    settings_said = f"{shown.out}{shown.err}{sent.out}{sent.err}"
    assert SECRET not in settings_said


def test_an_address_that_names_no_way_is_a_mistake_without_its_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configured(tmp_path, recipients={"ada": {"urls": ["env:ADA", f"nosuch://{SECRET}"]}})
    monkeypatch.setenv("ADA", "json://localhost/")
    with pytest.raises(ConfigurationWrong) as wrong:
        load_settings(config)
    (mistake,) = wrong.value.mistakes
    assert mistake.where == "warnings.recipients.ada.urls.1"
    assert SECRET not in f"{mistake}"
    sound = configured(tmp_path, recipients={"ada": {"urls": [f"json://ada:{SECRET}@localhost/"]}})
    settings = load_settings(sound)
    assert any(SECRET in it for it in settings.secrets())
    assert SECRET not in repr(settings)
