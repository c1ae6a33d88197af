"""Values keep their types through JSON; dates and languages have one form; ids name what they are derived from."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.identity import (
    AccountId,
    AssetKey,
    Copy,
    CopyId,
    CopyRole,
    FlowName,
    Link,
    LinkId,
    RemoteId,
    derived_id,
    link_id_for,
)
from dambridge.model.outcomes import Counts, Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.values import (
    DateValue,
    FieldName,
    LangAlt,
    Value,
    fields_from_json,
    fields_to_json,
    value_from_json,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES: st.SearchStrategy[Value] = st.one_of(
    TEXT,
    st.integers(),
    st.booleans(),
    st.lists(TEXT, max_size=4).map(tuple),
    st.dictionaries(TEXT, TEXT, min_size=1, max_size=3).map(LangAlt.of),
    st.dates().map(lambda it: DateValue(it.isoformat())),
)


@pytest.mark.hazard("P28")
@given(st.dictionaries(TEXT.map(FieldName), VALUES, max_size=5))
def test_fields_keep_values_and_types_through_json(fields: dict[FieldName, Value]) -> None:
    back = fields_from_json(json.loads(json.dumps(fields_to_json(fields))))
    assert back == fields
    assert {name: type(value) for name, value in back.items()} == {name: type(value) for name, value in fields.items()}


@pytest.mark.parametrize("data", [None, 1.5, {"date": 3}, {"lang": "x"}, [1], {"else": 1}, {}])
def test_what_is_no_value_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match="not a field value"):
        value_from_json(data)


@pytest.mark.parametrize(
    "iso", ["2026-11-02 09:00", "2026-1-2", "26-01-02", "2026-13", "2026-01-02T24:00", "2026-01-02T09", "x"]
)
def test_a_date_has_one_form(iso: str) -> None:
    with pytest.raises(ValueError, match="not a date"):
        DateValue(iso)


@pytest.mark.parametrize(
    ("iso", "day", "offset"),
    [("2026", None, None), ("2026-03-14", "2026-03-14", None), ("2026-03-14T07:42:10+09:00", "2026-03-14", "+09:00")],
)
def test_a_dates_day_is_its_own_wall_clocks(iso: str, day: str | None, offset: str | None) -> None:
    assert (DateValue(iso).day, DateValue(iso).offset, DateValue(iso).year) == (day, offset, iso[:4])


def test_languages_are_sorted_and_never_empty() -> None:
    assert LangAlt.of({"x-default": "a", "de": "b"}) == LangAlt((("de", "b"), ("x-default", "a")))
    assert LangAlt.of({"fr": "c", "de": "b"}).default == "b"
    for wrong in ((), (("x", "a"), ("de", "b"))):
        with pytest.raises(ValueError, match="sorted"):
            LangAlt(wrong)


@given(region=st.text("abc-z", max_size=5).filter(lambda it: it != "-"), role=st.sampled_from(list(CopyRole)))
def test_a_copys_place_is_read_back(region: str, role: CopyRole) -> None:
    place = CopyId(AccountId("archive"), role, region)
    assert CopyId.parse(str(place)) == place


@pytest.mark.parametrize("text", ["", "a/b", "archive/nothing/-/original", "a/record/-/original/x"])
def test_what_is_no_place_of_a_copy_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"unpack|valid"):
        CopyId.parse(text)


def test_a_link_finds_its_copies_by_place() -> None:
    record = Copy(CopyId(AccountId("archive"), CopyRole.RECORD), RemoteId("4101"))
    link = Link(LinkId("ln1"), FlowName.INTAKE, (record,))
    assert link.copy(record.id) == record
    assert link.copy(CopyId(AccountId("archive"), CopyRole.PUBLISHED)) is None
    assert record.key == AssetKey(AccountId("archive"), RemoteId("4101"))


@given(st.lists(st.text("abc", max_size=3), max_size=3), st.lists(st.text("abc", max_size=3), max_size=3))
def test_derived_ids_are_equal_for_equal_parts_alone(one: list[str], other: list[str]) -> None:
    if one != other and one and other:
        assert derived_id("x", *one) != derived_id("x", *other)
    assert derived_id("x", *one) == derived_id("x", *one)
    assert len(derived_id("ln", *one)) == 22


def test_the_account_is_part_of_a_links_identity() -> None:
    ours = link_id_for(FlowName.INTAKE, AssetKey(AccountId("agency"), RemoteId("I1")))
    assert ours != link_id_for(FlowName.INTAKE, AssetKey(AccountId("sandbox"), RemoteId("I1")))
    assert ours != link_id_for(FlowName.ENRICH, AssetKey(AccountId("agency"), RemoteId("I1")))


@pytest.mark.hazard("P48")
@given(st.lists(st.sampled_from(list(Outcome))))
def test_seen_is_the_sum_of_all_ends(outcomes: list[Outcome]) -> None:
    counts = Counts.of(outcomes)
    assert counts.seen == len(outcomes)
    told = counts.to_json()
    assert told["seen"] == sum(told[str(it)] for it in Outcome)
    assert set(told) == {"seen", *map(str, Outcome)}


@given(
    st.sampled_from(list(Code)),
    st.dictionaries(st.sampled_from(["a", "b", "c"]), TEXT | st.integers() | st.lists(TEXT).map(tuple)),
)
def test_a_reason_is_read_back_and_its_parameters_have_no_order(code: Code, params: dict[str, object]) -> None:
    reason = Reason.of(code, **params)  # type: ignore[arg-type]
    assert Reason.from_json(json.loads(json.dumps(reason.to_json()))) == reason
    assert Reason.of(code, **dict(reversed(params.items()))) == reason  # type: ignore[arg-type]
    assert all(reason[name] == value for name, value in params.items())
