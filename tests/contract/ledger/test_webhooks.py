"""Endpoints and deliveries, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dambridge.model.identity import AccountId
from dambridge.model.webhooks import Delivery, DeliveryState, Endpoint, HookType
from dambridge.ports.hints import Selection
from dambridge.ports.ledger import AuditEntry
from dambridge.storage import SqlHintMemory, SqlHookStore, SqlLedger

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(ledger: SqlLedger) -> SqlHookStore:
    return SqlHookStore(ledger)


def delivery(number: int, **more: object) -> Delivery:
    made = Delivery(
        endpoint="crm",
        id=f"msg_{number}",
        seq=number,
        type=HookType.ASSET_PUBLISHED,
        body='{"says":"東京"}',
        made_at=AT,
        next_at=AT,
    )
    return replace(made, **more)  # type: ignore[arg-type]


async def test_an_endpoint_comes_back_whole_with_what_is_on_its_way(store: SqlHookStore, ledger: SqlLedger) -> None:
    assert (await store.endpoint("crm"), await store.endpoints()) == (None, [])
    failing = Endpoint(name="crm", cursor=7, failures=2, failing_since=AT, rest_until=AT + HOUR, why="東京")
    entry = AuditEntry(at=AT, actor="dambridge", event="webhook.disabled", subject="crm", detail={})
    await store.put_endpoint(failing, [delivery(2), delivery(1)], [entry])
    assert await store.endpoint("crm") == failing
    assert await store.endpoints() == [failing]
    assert await store.due("crm", AT, limit=9) == [delivery(1), delivery(2)], "in the order of the trail"
    assert await store.due("other", AT, limit=9) == []
    assert [it.entry for it in await ledger.audit_trail(subject="crm", after=0, limit=9)] == [entry]


async def test_an_event_that_is_met_again_takes_nothing_back(store: SqlHookStore) -> None:
    it = Endpoint(name="crm", cursor=1)
    done = delivery(1, state=DeliveryState.DONE, attempts=1, status=204, last_at=AT)
    await store.put_endpoint(it, [delivery(1), delivery(2)])
    await store.put_endpoint(it, [done])
    await store.put_endpoint(it, [delivery(1)])
    assert await store.delivery("crm", "msg_1") == done
    assert await store.waiting("crm") == 1
    assert [it.id for it in await store.deliveries("crm", state=DeliveryState.DONE)] == ["msg_1"]


async def test_what_is_put_off_is_due_later_and_what_ended_is_forgotten_in_time(store: SqlHookStore) -> None:
    late = delivery(1, attempts=1, next_at=AT + HOUR, status=500)
    ended = delivery(2, attempts=10, state=DeliveryState.FAILED, error="no answer in time")
    await store.put_endpoint(Endpoint(name="crm", cursor=1), [late, ended])
    assert await store.due("crm", AT, limit=9) == []
    assert await store.next_due("crm") == AT + HOUR
    assert await store.due("crm", AT + HOUR, limit=9) == [late]
    assert await store.forget(AT) == 0
    assert await store.forget(AT + HOUR) == 1, "what still waits is never forgotten"
    assert [it.id for it in await store.deliveries("crm")] == ["msg_1"]


async def test_what_was_heard_is_known_until_its_time_has_passed(ledger: SqlLedger) -> None:
    memory, agency = SqlHintMemory(ledger), AccountId("agency")
    assert not await memory.heard(agency, "d")
    await memory.remember(agency, "d", now=AT, until=AT + HOUR)
    assert await memory.heard(agency, "d")
    assert not await memory.heard(AccountId("archive"), "d")
    await memory.remember(agency, "e", now=AT + 2 * HOUR, until=AT + 3 * HOUR)
    assert (await memory.heard(agency, "d"), await memory.heard(agency, "e")) == (False, True)


async def test_selections_come_back_the_latest_first_and_go_in_time(ledger: SqlLedger) -> None:
    memory = SqlHintMemory(ledger)
    one = Selection(id="se1", account=AccountId("archive"), at=AT, action="Send 東京", by="mara", assets=("7", "8"))
    two = replace(one, id="se2", at=AT + HOUR)
    for it in (one, two):
        await memory.keep(it, before=AT)
    assert await memory.selections(since=AT, limit=9) == [two, one]
    assert await memory.selections(since=AT + HOUR, limit=9) == [two]
    assert await memory.selection("se1") == one
    await memory.keep(replace(one, id="se3", at=AT + 2 * HOUR), before=AT + HOUR)
    assert (await memory.selection("se1"), await memory.selection("se2")) == (None, two)
