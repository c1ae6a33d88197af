"""What entries of the trail are to other programs, who hears of them, and when a delivery is tried again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.identity import FlowName
from dambridge.model.webhooks import Attempt, Delivery, DeliveryState, Endpoint, HookEvent, HookType, Listener
from dambridge.planning.webhooks import SCHEDULE, Book, after, delivery_of, event_of, hears, standing, worse
from dambridge.ports.ledger import AuditEntry, ChainedEntry
from dambridge.telemetry.hook_words import type_words

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
BOOK = Book(
    runs={"run-1": FlowName.INTAKE, "run-2": FlowName.SYNDICATE},
    outlets={"dealers": (FlowName.PUBLISH, ""), "spain": (FlowName.SYNDICATE, "iberia")},
)
SECRET = "what the caption says"


def entry(event: str, subject: str = "ln1", actor: str = "flow:run-1", **detail: Any) -> ChainedEntry:
    said = AuditEntry(at=AT, actor=actor, event=event, subject=subject, detail=detail)
    return ChainedEntry(seq=7, entry=said, previous="0" * 64, hash="ab" * 32)


def outlet(event: str, name: str = "dealers", outcome: str = "done") -> ChainedEntry:
    copy = f"agency/published/{name}/original"
    return entry(event, run="run-2", master="archive:5", copy=copy, outcome=outcome, to={"title": SECRET})


CASES = [
    (
        entry("asset.create", run="run-1", outcome="done", source="agency:I1", target="archive:5"),
        "asset.arrived",
        "intake",
    ),
    (entry("asset.update_fields", run="run-1", outcome="done", to={"title": SECRET}), "asset.updated", "intake"),
    (entry("asset.create", run="run-1", outcome="quarantined", source="agency:I1"), "asset.quarantined", "intake"),
    (outlet("outlet.show"), "asset.published", "publish"),
    (outlet("outlet.replace"), "asset.renewed", "publish"),
    (outlet("outlet.withdraw"), "asset.withdrawn", "publish"),
    (entry("conflict.open", id="cf1", group="rights", flow="rights", state="open"), "conflict.opened", "rights"),
    (entry("conflict.settled", id="cf1", group="rights", flow="rights", state="settled"), "conflict.settled", "rights"),
    (
        entry("submission.decided", "agency:I1", status="approved", decision={"note": SECRET}),
        "submission.decided",
        "handoff",
    ),
    (entry("plan.approved", "pl1", actor="ada"), "plan.approved", None),
    (entry("flow.paused", "intake", actor="ada"), "flow.paused", "intake"),
    (entry("asset.asked_for", "archive:5", actor="ada", flow="publish", to="dealers"), "asset.asked_for", "publish"),
    (entry("alarm.raised", "dealers", type="rights.expiring", about="dealers", count=3), "rights.expiring", "publish"),
    (entry("alarm.raised", "intake", type="run.troubled", about="intake", count=2), "run.troubled", "intake"),
    (entry("webhook.disabled", "crm", why="…"), "webhook.disabled", None),
]


@pytest.mark.parametrize(("told", "kind", "flow"), CASES, ids=[f"{it[1]}-{it[0].entry.event}" for it in CASES])
def test_an_entry_is_an_event_of_ids_and_a_sentence(told: ChainedEntry, kind: str, flow: str | None) -> None:
    event = event_of(told, BOOK)
    assert event is not None
    assert (event.type, event.flow) == (kind, flow)
    assert event.id == "msg_" + "ab" * 16
    body = json.loads(event.body())
    assert set(body) == {"type", "timestamp", "data"}
    assert body["type"] == kind
    assert datetime.fromisoformat(body["timestamp"]) == AT
    assert body["data"]["says"].endswith(".")
    assert "{" not in body["data"]["says"]
    assert SECRET not in event.body(), "what an asset says of itself stays here"
    assert len(event.body()) < 2000


@pytest.mark.parametrize(
    "told",
    [
        entry("asset.create", run="run-1", outcome="waiting"),
        outlet("outlet.show", outcome="waiting"),
        outlet("outlet.withdraw", outcome="failed"),
        entry("conflict.open", id="cf1", group="rights", flow="rights", state="open", revision=2),
        entry("person.signed_in", "person:ada", actor="ada"),
        entry("token.made", "person:ada", actor="ada", token="abc"),
    ],
    ids=lambda it: it.entry.event,
)
def test_what_is_no_news_is_no_event(told: ChainedEntry) -> None:
    assert event_of(told, BOOK) is None


def test_every_type_but_a_test_comes_from_some_entry_and_has_words() -> None:
    seen = {it for _, it, _ in CASES}
    alarms = {it for it in HookType if it.startswith(("rights.", "outlet.")) or it in {"flow.stopped", "run.troubled"}}
    rest = {"submission.handed_in", "submission.archived", "flow.resumed", "webhook.test"}
    assert seen | alarms | rest == set(HookType)
    assert all(type_words(it).endswith(".") for it in HookType)


def event(**more: Any) -> HookEvent:
    made = HookEvent(
        id="msg_1", type=HookType.ASSET_PUBLISHED, at=AT, says="It.", flow=FlowName.SYNDICATE, region="iberia"
    )
    return replace(made, **more)


def test_a_listener_hears_its_types_flows_and_regions_and_nothing_that_is_of_none() -> None:
    whole = Listener(name="crm", types=frozenset({HookType.ASSET_PUBLISHED}))
    assert hears(whole, event())
    assert hears(whole, event(flow=None, region=""))
    assert not hears(whole, event(type=HookType.ASSET_WITHDRAWN))
    iberia = replace(whole, regions=frozenset({"iberia"}))
    assert hears(iberia, event())
    assert not hears(iberia, event(region="nordics"))
    assert not hears(iberia, event(region=""))
    mine = replace(whole, flows=frozenset({FlowName.SYNDICATE}))
    assert hears(mine, event())
    assert not hears(mine, event(flow=FlowName.PUBLISH))
    assert not hears(mine, event(flow=None))


DELIVERY = delivery_of(Listener(name="crm", types=frozenset()), event(), seq=7, now=AT)
DOWN, REFUSED = Attempt(error="could not connect"), Attempt(status=400)


def failed(times: int) -> Delivery:
    it = DELIVERY
    for _ in range(times):
        it = after(it, DOWN, it.next_at, jitter=0.0)
    return it


def test_a_delivery_is_tried_over_three_days_with_growing_pauses_and_then_no_more() -> None:
    it, at = DELIVERY, [AT]
    while it.state is DeliveryState.WAITING:
        it = after(it, DOWN, it.next_at, jitter=0.0)
        at.append(it.next_at)
    assert it.state is DeliveryState.FAILED
    assert it.attempts == 10
    assert [int((it - AT).total_seconds()) for it in at[:-1]] == [
        0, 5, 305, 2105, 9305, 27305, 63305, 113705, 185705, 272105
    ]  # fmt: skip


@given(times=st.integers(0, 8), jitter=st.floats(0, 1, exclude_max=True), asked=st.floats(0, 1e7) | st.none())
def test_no_pause_is_shorter_than_the_schedule_or_than_what_was_asked_for(
    times: int, jitter: float, asked: float | None
) -> None:
    before = failed(times)
    it = after(before, Attempt(status=503, retry_after=asked), AT, jitter=jitter)
    pause = it.next_at - AT
    assert pause >= SCHEDULE[times]
    assert pause >= timedelta(seconds=min(asked or 0.0, 86400.0))
    assert pause <= max(SCHEDULE[times] * 1.1, timedelta(days=1))


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_what_is_taken_is_done(status: int) -> None:
    assert after(failed(3), Attempt(status=status), AT, jitter=0.5).state is DeliveryState.DONE


@pytest.mark.parametrize("status", [199, 301, 302, 400, 404, 429, 500, 503])
def test_what_is_not_taken_is_tried_again(status: int) -> None:
    assert after(DELIVERY, Attempt(status=status), AT, jitter=0.5).state is DeliveryState.WAITING


def test_an_endpoint_that_fails_rests_ever_longer_and_is_well_again_at_once() -> None:
    it, rests = Endpoint(name="crm", cursor=1), []
    for _ in range(9):
        it = standing(it, DELIVERY, DOWN, AT)
        assert it.rest_until is not None
        rests.append((it.rest_until - AT).total_seconds())
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert it.failing_since == AT
    assert standing(it, DELIVERY, Attempt(status=204), AT) == Endpoint(name="crm", cursor=1)


def test_an_endpoint_is_disabled_when_it_says_so_or_took_nothing_while_one_was_tried_to_its_end() -> None:
    fresh = Endpoint(name="crm", cursor=1)
    assert standing(fresh, DELIVERY, Attempt(status=410), AT).disabled_at == AT
    end = AT + timedelta(days=3.2)
    spent = replace(failed(10), made_at=AT)
    assert spent.state is DeliveryState.FAILED
    assert standing(replace(fresh, failing_since=AT), spent, DOWN, end).disabled_at == end
    lately = replace(fresh, failing_since=AT + timedelta(days=1))
    assert standing(lately, spent, REFUSED, end).disabled_at is None, "others were taken meanwhile"
    assert standing(replace(fresh, failing_since=AT), failed(9), DOWN, end).disabled_at is None, "not tried to its end"


def test_what_became_pressing_is_news_when_it_is_new_or_worse() -> None:
    before = {"a": 2, "b": 2, "c": 2}
    assert worse({"a": 2, "b": 3, "d": 1}, before) == {"b": 3, "d": 1}
    assert worse({"a": 1}, before) == {}
