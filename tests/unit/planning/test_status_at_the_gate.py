"""The lifecycle word that the gate is asked with: what the master shows, and what all its copies agree on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dambridge.model.accords import Accord, GroupName
from dambridge.model.identity import LinkId
from dambridge.model.values import FieldName, LangAlt, Value
from dambridge.planning.outlets import agreed_statuses, status_of

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
    assert status_of({STATUS: shown}, STATUS, agreed_on) == word


def test_what_is_selected_is_approved_where_no_field_holds_a_word() -> None:
    assert status_of({STATUS: "rejected"}, None, "rejected") == "approved"
    assert status_of({}, STATUS) == ""


@pytest.mark.parametrize("value", ["approved", ("approved",), LangAlt.of({"x-default": "approved"})])
def test_agreed_words_are_found_in_whatever_group_they_stand(value: Value) -> None:
    assert agreed_statuses(agreed(value), STATUS) == {LINK: "approved"}
    assert agreed_statuses(agreed(value), FieldName("edit_status")) == {}
    assert agreed_statuses(agreed(value), None) == {}
