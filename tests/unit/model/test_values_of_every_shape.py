"""Values of every kind, precision and offset stay what they are through JSON, however often; records and reasons likewise."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dambridge.model.identity import AccountId, CopyId, CopyRole
from dambridge.model.outcomes import Counts, Outcome
from dambridge.model.reasons import Reason
from dambridge.model.records import AssetRecord, AssetVersion
from dambridge.model.values import DateValue, LangAlt, Value, value_from_json, value_to_json
from dambridge.testing.strategies import any_values, date_values, lang_alts, reasons, records, versions


def through_json(value: Value) -> Value:
    return value_from_json(json.loads(json.dumps(value_to_json(value))))


@given(any_values())
def test_every_value_comes_back_with_its_type(value: Value) -> None:
    back = through_json(value)
    assert (type(back), back) == (type(value), value)


@pytest.mark.hazard("P27")
def test_a_date_is_a_fixed_point_of_a_hundred_round_trips_in_every_precision_and_zone() -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=300, deadline=None)
    @given(date_values())
    def holds(date: DateValue) -> None:
        value: Value = date
        for _ in range(100):
            value = through_json(value)
        assert value == date
        met[f"{len(date.iso.partition('T')[2][:8])} of the clock"] += 1
        met["offset" if date.offset else "no offset"] += 1
        assert date.year == date.iso[:4]
        assert date.day == (date.iso[:10] if len(date.iso) >= 10 else None)
        if date.offset:
            assert date.iso.endswith(date.offset)

    holds()
    print(dict(met))
    assert min(met[it] for it in ("0 of the clock", "5 of the clock", "8 of the clock", "offset", "no offset")) >= 5


@pytest.mark.parametrize(
    "iso",
    [
        "2024-02-29",
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:30:00+01:00",
        "1999-12-31T23:59:59.999999999-12:00",
        "2026-01-01T00:00:00+14:00",
        "0001",
    ],
)
@pytest.mark.hazard("P27")
def test_edges_of_calendar_and_clock_are_kept_as_they_are_said(iso: str) -> None:
    assert through_json(DateValue(iso)) == DateValue(iso)


@given(date_values(), date_values())
def test_dates_are_equal_when_they_are_spelled_alike_and_only_then(one: DateValue, other: DateValue) -> None:
    assert (one == other) == (one.iso == other.iso)


@pytest.mark.hazard("P28")
@given(st.lists(st.sampled_from(["a, b", "a;b", "a|b", "a/b", "a > b", "Ærø", '"q"', "", " "]), max_size=5).map(tuple))
def test_terms_are_neither_joined_nor_split_nor_put_in_order(terms: tuple[str, ...]) -> None:
    assert through_json(terms) == terms


@given(lang_alts())
def test_texts_in_languages_come_back_sorted_with_a_default_of_their_own(texts: LangAlt) -> None:
    assert through_json(texts) == texts
    assert list(texts.entries) == sorted(texts.entries)
    assert texts.default in {it for _, it in texts.entries}
    assert LangAlt.of(dict(reversed(texts.entries))) == texts


def test_a_language_stands_in_a_text_once() -> None:
    """Through JSON the second one would win without a word."""
    with pytest.raises(ValueError, match="once"):
        LangAlt((("de", "a"), ("de", "b")))
    assert LangAlt((("de", "a"), ("fr", "a"))).default == "a"


@settings(max_examples=60)
@given(records())
def test_a_record_comes_back_whole(record: AssetRecord) -> None:
    assert AssetRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


@given(reasons())
def test_a_reason_comes_back_with_the_types_of_its_parameters(reason: Reason) -> None:
    back = Reason.from_json(json.loads(json.dumps(reason.to_json())))
    assert back == reason
    assert [type(it) for _, it in back.params] == [type(it) for _, it in reason.params]


@given(versions(), versions())
def test_versions_are_equal_when_all_their_parts_are_and_only_then(one: AssetVersion, other: AssetVersion) -> None:
    assert AssetVersion.from_json(json.loads(json.dumps(one.to_json()))) == one
    assert (one == other) == (one.to_json() == other.to_json())


@given(
    st.text("abc-_.09", min_size=1),
    st.sampled_from(list(CopyRole)),
    st.text("abc.", max_size=4),
    st.text("abc", min_size=1),
)
def test_the_place_of_a_copy_is_read_back_as_it_was(account: str, role: CopyRole, region: str, rendition: str) -> None:
    place = CopyId(AccountId(account), role, region, rendition)
    assert CopyId.parse(str(place)) == place


@pytest.mark.hazard("P48")
@given(st.lists(st.sampled_from(list(Outcome))))
def test_every_item_is_counted_under_exactly_one_end(outcomes: list[Outcome]) -> None:
    told = Counts.of(outcomes).to_json()
    assert {it: told[it] for it in told if it != "seen"} == {str(it): outcomes.count(it) for it in Outcome}
    assert told["seen"] == len(outcomes)
