"""Folders and names by rules: the first that holds decides, open parts stay open until they are known, names stay names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.expressions import compile_expression
from dambridge.mapping import expression_variables
from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, AssetVersion, Container, MediaType
from dambridge.model.values import DateValue, FieldName, Value
from dambridge.policy.naming import has_counter, name_by, name_mistakes, numbered, series_of, settled_name
from dambridge.policy.places import Place, PlaceRule, place_for
from dambridge.policy.placing import FORBIDDEN, LONGEST_NAME

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def record(file_name: str = "DSC_1.JPG", **fields: Value) -> AssetRecord:
    return AssetRecord(
        key=AssetKey(AccountId("agency"), RemoteId("I1")),
        media_type=MediaType.IMAGE,
        file_name=file_name,
        name="DSC_1",
        size=1,
        fields={FieldName(name): value for name, value in fields.items()},
        containers=(Container(RemoteId("G"), "Intake/Harbour"),),
        version=AssetVersion(modified="1", fields="f", content="c"),
        created_at=NOW,
    )


def always(path: str) -> bool:
    return bool(path)


def rule(when: str | None, folder: str = "", name: str = "") -> PlaceRule:
    return PlaceRule(when=compile_expression(when, expression_variables()) if when else None, folder=folder, name=name)


def placed(it: AssetRecord, *rules: PlaceRule) -> Place | Reason:
    return place_for(it, rules, "Rest/{gallery}", selects=always, now=NOW)


def test_the_first_rule_that_holds_decides_and_the_flows_folder_takes_the_rest() -> None:
    rules = (rule('"press" in keywords', "Press/{city}"), rule('city == "Graz"', "Graz", "{city}_{stem}"))
    assert placed(record(keywords=("press",), city="Graz"), *rules) == Place("Press/Graz", "DSC_1.JPG")
    assert placed(record(city="Graz"), *rules) == Place("Graz", "Graz_DSC_1.JPG")
    assert placed(record(city="Wien"), *rules) == Place("Rest/Harbour", "DSC_1.JPG")
    assert placed(record(city="Wien")) == Place("Rest/Harbour", "DSC_1.JPG")


def test_a_rule_that_fails_holds_the_asset_back_and_passes_it_on_to_no_other() -> None:
    rules = (rule('creator[1] == "x"', "A"), rule(None, "B"))
    answer = placed(record(creator=("a",)), *rules)
    assert isinstance(answer, Reason)
    assert answer.code is Code.EXPRESSION_ERROR
    assert placed(record(creator=("a", "x")), *rules) == Place("A", "DSC_1.JPG")


def test_a_counter_and_dates_that_the_file_may_know_stay_open_until_they_are_known() -> None:
    name = name_by(record(job_id="HB/26"), "{job_id}_{year}_{counter:4}", selects=always)
    assert name == "HB-26_<year|2026>_<counter:4>.JPG"
    assert isinstance(name, str)
    inside = {FieldName("date_created"): DateValue("2025-03-01")}
    assert settled_name(name, inside) == "HB-26_2025_<counter:4>.JPG"
    assert numbered(settled_name(name, {}), 42) == "HB-26_2026_0042.JPG"
    assert numbered("a_<counter:2>.tif", 12345) == "a_12345.tif"
    assert series_of(settled_name(name, {})) == series_of("hb-26_2026_<counter:4>.tif")


def test_a_name_that_looks_like_an_open_part_is_none() -> None:
    sly = record("{counter}<counter:4><year|1999>.jpg", job_id="<counter>")
    plain = placed(sly)
    assert isinstance(plain, Place)
    templated = name_by(sly, "{stem}-{job_id}", selects=always)
    assert isinstance(templated, str)
    for name in (plain.file_name, templated):
        assert not has_counter(name)
        assert settled_name(name, {FieldName("date_created"): DateValue("2025")}) == name


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("", "empty"),
        ("same", "every file"),
        ("{stem}/{city}", "slash"),
        ("{counter}{counter:2}", "one counter"),
        ("{counter:x}", "no variable"),
        ("{stem", "brace"),
        ("{stme}", "no variable"),
    ],
)
def test_what_is_wrong_with_a_template_for_names(template: str, said: str) -> None:
    assert any(said in it for it in name_mistakes(template, frozenset({"city"})))
    assert name_mistakes("{city}_{stem}_{counter:3}", frozenset({"city"})) == []


def test_a_value_that_is_missing_is_named_and_a_name_too_long_is_refused() -> None:
    missing = name_by(record(), "{city}_{counter}", selects=always)
    assert isinstance(missing, Reason)
    assert missing["variable"] == "city"
    long = name_by(record(city="x" * 300), "{city}", selects=always)
    assert isinstance(long, Reason)
    assert long.code is Code.NAME_INVALID


@given(st.text(min_size=1, max_size=300), st.integers(1, 10**9))
def test_a_name_is_fit_for_every_system_whatever_stands_in_the_field(text: str, number: int) -> None:
    name = name_by(record(city=text), "{city}-{counter:5}", selects=always)
    if isinstance(name, Reason):
        return
    final = numbered(settled_name(name, {}), number)
    assert not FORBIDDEN.search(final)
    assert len(final.encode()) <= LONGEST_NAME
    assert str(number) in final
