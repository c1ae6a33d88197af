"""The lifecycle word that the gate is asked with: what the master shows, and what all its copies agree on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dambridge.model.accords import Accord, GroupName
from dambridge.model.actions import ActionKind
from dambridge.model.identity import LinkId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code
from dambridge.model.values import FieldName, LangAlt, Value
from dambridge.planning.outlets import agreed_statuses, status_of
from dambridge.planning.publishing import decide_publication
from support.outlets import END, POLICY, first_time, in_sight

KEPT = replace(POLICY, status=FieldName("lifecycle_status"))
STATUS, LINK = FieldName("lifecycle_status"), LinkId("ln1")


def agreed(value: Value) -> dict[LinkId, dict[GroupName, Accord]]:
    group = GroupName("status")
    since = datetime(2026, 11, 28, tzinfo=UTC)
    return {LINK: {group: Accord(link=LINK, group=group, fields={STATUS: value}, origin=None, since=since)}}


@pytest.mark.parametrize(
    ("shown", "agreed_on", "word"),
    [
        ("approved", "approved", "approved"),
        ("Approved", "", "approved"),
        ("approved", "rejected", "rejected"),
        ("approved", "In_Review", "in_review"),
        ("rejected", "approved", "rejected"),
        ("expired", "approved", "expired"),
        ("", "approved", ""),
    ],
)
def test_an_approval_counts_once_it_is_agreed_on_and_its_end_at_once(shown: str, agreed_on: str, word: str) -> None:
    assert status_of({STATUS: shown}, KEPT, agreed_on) == word


def test_every_word_that_opens_the_gate_counts_once_it_is_agreed_on() -> None:
    both = replace(KEPT, gate=replace(KEPT.gate, statuses=frozenset({"approved", "archived"})))
    assert status_of({STATUS: "archived"}, both, "rejected") == "rejected"
    assert status_of({STATUS: "archived"}, KEPT, "approved") == "archived", "it opens nothing, so it counts at once"


def test_reasons_tell_instants_in_the_zone_of_the_gate() -> None:
    berlin = replace(POLICY, zone=ZoneInfo("Europe/Berlin"))
    near = END - timedelta(minutes=5)
    (gone,) = decide_publication(in_sight(now=near, policy=berlin)).actions
    assert gone.reasons[0]["until"] == "2026-09-01T02:00:00+02:00"


def test_being_selected_is_enough_where_no_field_holds_a_word() -> None:
    assert status_of({STATUS: "rejected"}, POLICY, "rejected") is None
    assert status_of({}, KEPT) == ""


def test_what_is_archived_goes_in_where_only_what_is_approved_may_be_out_and_stays_where_the_gate_says_so() -> None:
    (gone,) = decide_publication(in_sight(status="archived")).actions
    assert (gone.kind, gone.reasons[0].code) == (ActionKind.WITHDRAW, Code.GATE_SHUT)
    gate = replace(POLICY.gate, statuses=frozenset({"approved", "archived"}))
    policy = replace(POLICY, gate=gate)
    assert decide_publication(in_sight(status="archived", policy=policy)).actions == ()
    shut = decide_publication(first_time(status="archived"))
    assert shut.leave is not None
    assert shut.leave.outcome is Outcome.SKIPPED


@pytest.mark.parametrize("value", ["approved", ("approved",), LangAlt.of({"x-default": "approved"})])
def test_agreed_words_are_found_in_whatever_group_they_stand(value: Value) -> None:
    assert agreed_statuses(agreed(value), STATUS) == {LINK: "approved"}
    assert agreed_statuses(agreed(value), FieldName("edit_status")) == {}
    assert agreed_statuses(agreed(value), None) == {}
