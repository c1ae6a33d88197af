"""`dambridge webhooks`, the page and the API: every delivery in sight, secrets in none of it, orders under a name."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from standardwebhooks.webhooks import Webhook

from dambridge.bootstrap import announcer_over
from dambridge.cli import main
from dambridge.engine import people
from dambridge.engine.announcing import announce
from dambridge.model.access import Role, Scope
from dambridge.model.commands import CommandKind
from dambridge.model.identity import FlowName
from dambridge.model.webhooks import HookType
from dambridge.ports.ledger import AuditEntry
from dambridge.telemetry.hook_words import type_words
from support.console import CONFIG, START, Stand, configured, console

SECRET = "whsec_" + "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5"


class Taker(HTTPServer):
    """Another program that checks what it gets by the convention's own library."""

    status = 204

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.came: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/canary-path"


class _Handler(BaseHTTPRequestHandler):
    server: Taker

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.came.append(Webhook(SECRET).verify(body, dict(self.headers.items())))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def taker() -> Iterator[Taker]:
    server = Taker()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def telling(taker: Taker) -> str:
    data = yaml.safe_load(CONFIG)
    one = {"url": taker.url, "secrets": [SECRET], "events": ["asset.*", "flow.*"], "networks": ["127.0.0.1/32"]}
    return yaml.safe_dump({**data, "engine": {"runtime": "local"}, "webhooks": {"endpoints": {"crm": one}}})


Call = Callable[..., tuple[int, str]]


@pytest.fixture
def call(tmp_path: Path, taker: Taker, capsys: pytest.CaptureFixture[str]) -> Call:
    config = configured(tmp_path, telling(taker))

    def run(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--config", str(config), *arguments])
        shown = capsys.readouterr()
        for secret in (SECRET, "canary-path"):
            assert secret not in shown.out + shown.err
        return int(ended.value.code or 0), shown.out + shown.err

    return run


def ended(call: Call, *arguments: str) -> tuple[int, Any]:
    code, text = call("--json", *arguments)
    return code, json.loads(text)


@pytest.mark.hazard("P49")
def test_an_endpoint_is_tested_shown_and_sent_to_from_the_command_line(call: Call, taker: Taker) -> None:
    assert ended(call, "webhooks", "list")[1]["endpoints"][0]["host"] == "127.0.0.1"
    assert ended(call, "webhooks", "send") == (0, {"taken": 0})
    code, told = ended(call, "webhooks", "test", "crm", "--by", "ada")
    assert (code, told["took"], told["status"]) == (0, True, 204)
    ended(call, "runs", "pause", "--flow", "intake", "--by", "ada")
    assert "1 deliveries" in call("webhooks", "send")[1]
    assert [it["type"] for it in taker.came] == ["webhook.test", "flow.paused"]
    assert taker.came[1]["data"] == {"says": "ada holds the flow.", "flow": "intake", "by": "ada"}
    (paused, test) = ended(call, "webhooks", "show", "crm")[1]["deliveries"]
    assert (paused["type"], test["type"]) == ("flow.paused", "webhook.test")
    taker.status = 500
    code, told = ended(call, "webhooks", "redeliver", "crm", paused["message"])
    assert (code, told["took"], told["status"]) == (1, False, 500)
    assert "was not taken" in call("webhooks", "test", "crm")[1]
    assert "flow.paused" in call("webhooks", "show", "crm", "--state", "done")[1]
    for wrong in (("show", "nobody"), ("show", "crm", "--state", "lost")):
        assert call("webhooks", *wrong)[0] == 2
    assert call("webhooks", "test", "nobody")[0] == 3


@pytest.fixture
async def stand(tmp_path: Path, taker: Taker) -> AsyncIterator[Stand]:
    async with console(tmp_path, config=telling(taker)) as it:
        await it.person("ada", "administrator")
        await it.person("lia", "librarian")
        announcer = announcer_over(it.desk.settings, it.ledger, it.clock)
        await announce(announcer, "w")
        entry = AuditEntry(at=START, actor="ada", event="flow.paused", subject="intake", detail={})
        await it.ledger.audit([entry])
        it.clock.at += timedelta(seconds=10)
        await announce(announcer, "w")
        yield it


@pytest.mark.hazard("P49")
async def test_the_page_shows_every_delivery_and_takes_orders_under_a_name(stand: Stand) -> None:
    ada, lia = await stand.signed_in("ada"), await stand.signed_in("lia")
    shown = (await ada.get("/webhooks")).text
    assert "flow.paused" in shown
    assert "All is well." in shown
    message = re.search(r"msg_[0-9a-f]{32}", shown)
    assert message is not None
    for secret in (SECRET, "canary-path"):
        assert secret not in shown
    assert "Send a test" not in (await lia.get("/webhooks")).text
    assert (await lia.post("/webhooks/crm", do="test")).status_code == 403
    assert (await ada.post("/webhooks/crm", do="redeliver", message=message[0])).status_code == 303
    given = await stand.ledger.claim_command("w", now=stand.clock.at)
    assert given is not None
    assert (given.kind, given.actor) == (CommandKind.WEBHOOK, "ada")
    assert given.scope == {"endpoint": "crm", "do": "redeliver", "message": message[0], "flow": ""}


async def test_the_api_reads_and_orders_for_those_alone_who_answer_for_everything(stand: Stand) -> None:
    ada = await stand.desk.people.store.person("ada")
    assert ada is not None

    async def client(*roles: Role, scope: Scope = Scope()) -> Any:  # noqa: B008 - frozen
        made = await people.make_token(
            stand.desk.people, ada, name="t", roles=frozenset(roles), scope=scope, lasts=timedelta(days=1)
        )
        return stand.browser(headers={"authorization": f"Bearer {made}"})

    async with await client(Role.ADMINISTRATOR) as it:
        (endpoint,) = (await it.get("/api/v1/webhooks")).json()["endpoints"]
        assert (endpoint["endpoint"], endpoint["host"], endpoint["waiting"]) == ("crm", "127.0.0.1", 0)
        (one,) = (await it.get("/api/v1/webhooks/crm/deliveries")).json()["deliveries"]
        assert (one["state"], one["payload"]["type"]) == ("done", "flow.paused")
        assert (await it.get("/api/v1/webhooks/nobody/deliveries")).status_code == 404
        assert (await it.post("/api/v1/webhooks/crm", json={"do": "test"})).status_code == 202
        assert (await it.post("/api/v1/webhooks/crm", json={"do": "redeliver"})).status_code == 422
        assert (await it.post("/api/v1/webhooks/nobody", json={"do": "test"})).status_code == 404
    async with await client(Role.ADMINISTRATOR, scope=Scope(flows=frozenset({FlowName.INTAKE}))) as it:
        assert (await it.get("/api/v1/webhooks")).status_code == 403


def test_the_how_to_names_every_event() -> None:
    page = (Path(__file__).parents[2] / "docs/howto/webhooks-out.md").read_text(encoding="utf-8")
    for it in HookType:
        assert f"| `{it}` | {type_words(it)} |" in page
