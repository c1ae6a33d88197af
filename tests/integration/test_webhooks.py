"""Other programs are told of everything that they want, once each under one id, whatever they or this program suffer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine.announcing import (
    REMEMBERED,
    Announcer,
    announce,
    carry_out,
    keep_announcing,
    raise_alarms,
    standings_of,
    tell,
)
from dambridge.engine.worker import Worker
from dambridge.model.alarms import Alarm, AlarmKind
from dambridge.model.commands import Command, CommandKind, CommandState
from dambridge.model.identity import CommandId, FlowName
from dambridge.model.webhooks import Attempt, Delivery, DeliveryState, Endpoint, HookType, Listener
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import AuditEntry
from dambridge.storage import SqlHookStore, SqlLedger, open_ledger

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
OUTLETS = {
    "dealers": (FlowName.PUBLISH, ""),
    "spain": (FlowName.SYNDICATE, "iberia"),
    "norway": (FlowName.SYNDICATE, "nordics"),
}


@dataclass(slots=True)
class Clock:
    at: datetime = AT

    async def now(self) -> datetime:
        return self.at


@dataclass
class Receiver:
    """Another program: it takes what it is sent unless `says` has another answer."""

    where: str = "crm.example"
    says: list[Attempt] = field(default_factory=list)
    always: Attempt = field(default_factory=lambda: Attempt(status=204))
    came: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    async def send(self, message: str, body: str) -> Attempt:
        answer = self.says.pop(0) if self.says else self.always
        if answer.took:
            self.came.append((message, json.loads(body)))
        return answer

    @property
    def heard(self) -> list[str]:
        return [it[1]["data"].get("source", it[1]["data"].get("about", "")) for it in self.came]


DOWN = Attempt(error="could not connect")
ALL = frozenset(HookType)


@dataclass(slots=True)
class House:
    """An installation with one receiver after another, and what happens in it."""

    ledger: SqlLedger
    clock: Clock = field(default_factory=Clock)
    receivers: dict[str, Receiver] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)

    async def listens(self, name: str = "crm", **more: Any) -> Receiver:
        self.receivers[name] = Receiver(f"{name}.example")
        self.listeners.append(Listener(name=name, **{"types": ALL, **more}))
        await tell(self.announcer, name)
        return self.receivers[name]

    @property
    def store(self) -> SqlHookStore:
        return SqlHookStore(self.ledger)

    @property
    def announcer(self) -> Announcer:
        async def alarms() -> Sequence[Alarm]:
            return self.alarms

        return Announcer(
            ledger=self.ledger,
            store=self.store,
            clock=self.clock,
            listeners=self.listeners,
            ways=self.receivers,
            outlets=OUTLETS,
            flows=(),
            alarms=alarms,
            jitter=lambda: 0.0,
        )

    async def happens(self, *names: str, outlet: str = "dealers", event: str = "outlet.show") -> None:
        copy = f"agency/published/{outlet}/original"
        await self.ledger.audit(
            [
                AuditEntry(
                    at=self.clock.at,
                    actor="flow:run-1",
                    event=event,
                    subject=f"ln-{it}",
                    detail={"copy": copy, "master": f"archive:{it}", "outcome": "done", "run": "run-1"},
                )
                for it in names
            ]
        )

    async def announce(self, passes: timedelta = timedelta(seconds=10)) -> int:
        self.clock.at += passes
        return await announce(self.announcer, "worker:1")

    async def order(self, **scope: Any) -> dict[str, Any]:
        made = Command(
            id=CommandId(f"co-{self.clock.at}"),
            kind=CommandKind.WEBHOOK,
            actor="ada",
            via="cli",
            scope={"endpoint": "crm", **scope},
            idempotency_key="k",
            state=CommandState.RUNNING,
            created_at=self.clock.at,
        )
        return dict(await carry_out(self.announcer, made))


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    ledger = open_ledger(str(tmp_path))
    yield House(ledger)
    await ledger.close()


async def test_everything_that_happens_is_told_once_from_the_first_day_on(house: House) -> None:
    await house.happens("before")
    crm = await house.listens()
    await house.happens("a", "b")
    assert await house.announce() == 2
    await house.happens("c")
    assert await house.announce() == 1
    assert await house.announce() == 0
    assert crm.heard == ["archive:a", "archive:b", "archive:c"]
    assert len({message for message, _ in crm.came}) == 3
    assert {it["type"] for _, it in crm.came} == {"asset.published"}
    done = await house.store.deliveries("crm")
    assert [(it.state, it.status, it.attempts) for it in done] == [(DeliveryState.DONE, 204, 1)] * 3


async def test_each_hears_what_is_its_own(house: House) -> None:
    iberia = await house.listens("iberia", regions=frozenset({"iberia"}))
    withdrawn = await house.listens("withdrawn", types=frozenset({HookType.ASSET_WITHDRAWN}))
    publish = await house.listens("publish", flows=frozenset({FlowName.PUBLISH}))
    await house.happens("es", outlet="spain")
    await house.happens("no", outlet="norway")
    await house.happens("de")
    await house.happens("gone", event="outlet.withdraw")
    await house.announce()
    assert iberia.heard == ["archive:es"]
    assert withdrawn.heard == ["archive:gone"]
    assert publish.heard == ["archive:de", "archive:gone"]


async def test_what_is_not_taken_is_tried_again_under_the_same_id_and_keeps_nobody_else_waiting(house: House) -> None:
    crm, other = await house.listens(), await house.listens("other")
    crm.says = [DOWN, Attempt(status=503, retry_after=600)]
    await house.happens("a", "b")
    await house.announce()
    assert (crm.heard, other.heard) == ([], ["archive:a", "archive:b"])
    (first, *_) = await house.store.due("crm", AT + HOUR, limit=1)
    await house.announce(timedelta(seconds=6))
    await house.announce(timedelta(minutes=9))
    assert crm.heard == [], "it asked for ten minutes"
    await house.announce(timedelta(minutes=2))
    await house.announce(timedelta(minutes=5))
    assert sorted(crm.heard) == ["archive:a", "archive:b"]
    assert first.id in {message for message, _ in crm.came}
    assert len(crm.came) == len(set(map(str, crm.came)))


async def test_one_that_takes_nothing_for_days_is_disabled_told_of_and_misses_nothing_in_the_end(house: House) -> None:
    crm, other = await house.listens(), await house.listens("other", types=frozenset({HookType.WEBHOOK_DISABLED}))
    crm.always = DOWN
    await house.happens("a")
    for _ in range(90):
        await house.announce(HOUR)
    stands = await house.store.endpoint("crm")
    assert stands is not None
    assert stands.disabled_at is not None
    assert timedelta(days=3) < stands.disabled_at - AT < timedelta(days=4)
    assert other.came[0][1]["data"]["endpoint"] == "crm"
    (row, *_) = await standings_of(house.announcer)
    assert row.says.startswith("Disabled since")
    (failed,) = await house.store.deliveries("crm", state=DeliveryState.FAILED)
    assert (failed.attempts, failed.error) == (10, "could not connect")
    crm.always = Attempt(status=200)
    await house.happens("b")
    await house.announce()
    assert crm.heard == [], "it gets nothing while it is disabled"
    assert (await house.order(do="enable"))["exit_code"] == 0
    await house.announce()
    assert crm.heard == ["archive:b"], "it is told what it missed"
    told = await house.order(do="redeliver", message=failed.id)
    assert (told["took"], crm.heard) == (True, ["archive:b", "archive:a"])
    with pytest.raises(Refused, match="not disabled"):
        await house.order(do="enable")


async def test_gone_disables_at_once_and_what_was_missed_can_be_skipped(house: House) -> None:
    crm = await house.listens(types=frozenset({HookType.ASSET_PUBLISHED}))
    crm.says = [Attempt(status=410)]
    await house.happens("a")
    await house.announce()
    await house.happens("b")
    await house.announce()
    await house.order(do="enable", skip=True)
    await house.happens("c")
    await house.announce()
    assert crm.heard == ["archive:c"]
    events = [it.entry.event for it in await house.ledger.audit_trail(subject="crm", after=0, limit=9)]
    assert events == ["webhook.disabled", "webhook.enabled"]


async def test_a_test_is_sent_at_once_to_that_endpoint_alone(house: House) -> None:
    crm, other = await house.listens(), await house.listens("other")
    assert (await house.order(do="test"))["took"]
    crm.says = [Attempt(status=500)]
    house.clock.at += HOUR
    told = await house.order(do="test")
    assert (told["took"], told["status"], told["exit_code"]) == (False, 500, 1)
    await house.announce(HOUR)
    assert [it[1]["type"] for it in crm.came] == ["webhook.test"], "one that failed is not tried again by itself"
    assert other.came == []


async def test_two_workers_and_a_death_in_between_lose_nothing_and_double_nothing_but_what_was_under_way(
    house: House,
) -> None:
    crm = await house.listens()
    await house.happens("a", "b", "c")
    house.clock.at += timedelta(seconds=10)
    assert await announce(house.announcer, "worker:1") == 3
    assert await announce(house.announcer, "worker:2") == 0, "its turn is taken"
    await house.happens("d")

    class DiesAfterSending(SqlHookStore):
        async def put_endpoint(
            self, endpoint: Endpoint, deliveries: Sequence[Delivery] = (), audit: Sequence[AuditEntry] = ()
        ) -> None:
            if any(it.attempts for it in deliveries):
                raise RuntimeError("the process died")
            await super().put_endpoint(endpoint, deliveries, audit)

    dying = replace(house.announcer, store=DiesAfterSending(house.ledger))
    with pytest.raises(RuntimeError):
        await tell(dying, "crm")
    await house.announce(HOUR)
    assert crm.heard == ["archive:a", "archive:b", "archive:c", "archive:d", "archive:d"]
    (one, two) = [message for message, it in crm.came if it["data"]["source"] == "archive:d"]
    assert one == two, "the receiver can tell that it is the same"


async def test_a_slow_endpoint_keeps_no_other_waiting(house: House) -> None:
    slow, quick = await house.listens("slow"), await house.listens("quick")
    answered = asyncio.Event()

    async def never(message: str, body: str) -> Attempt:
        await answered.wait()
        return Attempt(status=204)

    slow.send = never  # type: ignore[method-assign]
    await house.happens("a")
    house.clock.at += HOUR
    task = asyncio.create_task(keep_announcing(house.announcer, "w:1", 0.01))
    async with asyncio.timeout(10):
        for number in range(3):
            while len(quick.came) <= number:  # noqa: ASYNC110 - it is told in a task of its own
                await asyncio.sleep(0.01)
            await house.happens(f"more{number}")
            house.clock.at += timedelta(seconds=10)
    assert not answered.is_set()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_what_becomes_pressing_is_told_once_and_again_when_it_gets_worse(house: House) -> None:
    crm = await house.listens(types=frozenset({HookType.RIGHTS_EXPIRING}), flows=frozenset({FlowName.PUBLISH}))

    def expiring(count: int) -> list[Alarm]:
        return [Alarm(kind=AlarmKind.EXPIRING, about="dealers", count=count, samples=("secret-name.jpg",))]

    house.alarms = expiring(1)
    assert await raise_alarms(house.announcer) == 0, "what stood before anybody listened is no news"
    for count in (3, 3, 2, 3):
        house.alarms = expiring(count)
        await raise_alarms(house.announcer)
    await house.announce()
    assert [it[1]["data"]["count"] for it in crm.came] == [3, 3]
    assert "secret-name" not in str(crm.came)
    assert json.loads(await house.ledger.control(REMEMBERED) or "") == {"rights.expiring|dealers": 3}


async def test_a_server_tells_by_itself(house: House) -> None:
    crm = await house.listens()
    await house.happens("a")
    house.clock.at += HOUR
    worker = Worker(
        {},
        ledger=house.ledger,
        clock=house.clock,
        poll_every=HOUR,
        name="w:1",
        serving=True,
        announcer=house.announcer,
    )
    task = asyncio.create_task(worker.serve())
    async with asyncio.timeout(10):
        while not crm.came:  # noqa: ASYNC110 - its turn comes in a task of its own
            await asyncio.sleep(0.02)
    worker.stop()
    await task
    assert crm.heard == ["archive:a"]


async def test_an_endpoint_that_nobody_knows_is_refused(house: House) -> None:
    await house.listens()
    with pytest.raises(Refused, match="Configured: crm"):
        await house.order(do="test", endpoint="nobody")
    with pytest.raises(Refused, match="no delivery"):
        await house.order(do="redeliver", message="msg_nothing")
    with pytest.raises(Refused, match="name `webhooks`"):
        await carry_out(None, Command(**COMMAND))


COMMAND: dict[str, Any] = {
    "id": CommandId("co"),
    "kind": CommandKind.WEBHOOK,
    "actor": "ada",
    "via": "cli",
    "scope": {},
    "idempotency_key": "k",
    "state": CommandState.RUNNING,
    "created_at": AT,
}
