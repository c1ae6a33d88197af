"""What flows write down in earnest, told to another program: types, ids and whose it is, from runs over both simulators."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dambridge.bootstrap import Bridge
from dambridge.bootstrap.webhooks import hook_store
from dambridge.engine.announcing import Announcer, tell
from dambridge.engine.mirroring.settling import inbox_told
from dambridge.model.accords import GroupName
from dambridge.model.conflicts import Conflict, ConflictState
from dambridge.model.identity import FlowName, LinkId
from dambridge.model.reasons import Code, Reason
from dambridge.model.webhooks import Attempt, HookType, Listener
from dambridge.planning.webhooks import Book, event_of
from dambridge.ports.ledger import ChainedEntry
from support.pictures import approved, picture
from support.publishing import Portal, anew, portal
from support.world import world


@dataclass(slots=True)
class Receiver:
    where: str = "crm.example"
    came: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, message: str, body: str) -> Attempt:
        self.came.append(json.loads(body))
        return Attempt(status=204)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [it["data"] for it in self.came if it["type"] == kind]


def announcer(bridge: Bridge, receiver: Receiver) -> Announcer:
    return Announcer(
        ledger=bridge.common.ledger,
        store=hook_store(bridge.common.ledger),
        clock=bridge.common.clock,
        listeners=[Listener(name="crm", types=frozenset(HookType))],
        ways={"crm": receiver},
        outlets={"press": (FlowName.PUBLISH, "")},
        flows=(),
        alarms=None,
        jitter=lambda: 0.0,
    )


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("systems")) as it:
        yield it


def test_what_is_shown_renewed_and_withdrawn_is_told_with_its_master_and_its_outlet(
    systems: Portal, tmp_path: Path
) -> None:
    press, receiver = anew(systems, tmp_path), Receiver()
    press.gallery("Partners/Press")
    press.agree()

    async def told() -> None:
        async with press.bridge() as (bridge, _):
            await tell(announcer(bridge, receiver), "crm")

    asyncio.run(told())
    master = press.master(1)
    press.run()
    press.say(master, Caption="A secret caption")
    press.run(full=True)
    press.say(master, Territories=["US"])
    press.run(full=True)
    asyncio.run(told())
    for kind in ("asset.published", "asset.renewed", "asset.withdrawn"):
        (one,) = receiver.of(kind)
        assert (one["source"], one["outlet"], one["account"], one["flow"]) == (
            f"archive:{master}", "press", "agency", "publish"
        ), kind  # fmt: skip
        assert one["link"]
        assert one["run"]
    assert "secret caption" not in str(receiver.came)
    assert "Riverbend" not in str(receiver.came)


def test_what_arrives_is_told_with_both_ids_and_its_flow(tmp_path: Path) -> None:
    receiver = Receiver()
    with world(tmp_path) as pair:

        async def told() -> None:
            async with pair.bridge() as bridge:
                await tell(announcer(bridge, receiver), "crm")

        asyncio.run(told())
        source = pair.submit(
            picture(1), file_name="a.jpg", containers=["Intake/Harbour"], iptc=approved(title="A secret title")
        )
        asyncio.run(pair.run())
        asyncio.run(told())
        (arrived,) = receiver.of("asset.arrived")
        (copy,) = pair.archived()
        assert (arrived["source"], arrived["target"]) == (f"agency:{source}", f"archive:{copy['id']}")
        assert arrived["flow"] == "intake"
        assert "secret title" not in str(receiver.came)


def test_an_entry_of_the_inbox_is_told_once_and_its_values_are_not() -> None:
    entry = Conflict(
        link=LinkId("ln1"),
        group=GroupName("caption"),
        flow=FlowName.RIGHTS,
        base={},
        sides=(),
        reason=Reason.of(Code.CONFLICT),
        opened_at=datetime(2026, 11, 28, tzinfo=UTC),
        state=ConflictState.OPEN,
    )
    (said,) = inbox_told([entry], actor="flow:run-1", now=entry.opened_at)
    event = event_of(ChainedEntry(seq=1, entry=said, previous="", hash="a" * 64), Book(runs={}, outlets={}))
    assert event is not None
    assert (event.type, event.flow) == (HookType.CONFLICT_OPENED, FlowName.RIGHTS)
    assert event.data == {"conflict": entry.id, "link": "ln1", "group": "caption"}
