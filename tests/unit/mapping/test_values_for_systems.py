"""Canonical values become a system's words, or a problem that names attribute, reason and suggestion."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.mapping import FIELDS, account_map, default_map, derived_fields, discover, equal, to_canonical, to_native
from dambridge.mapping.fields import Kind
from dambridge.mapping.values import canonical_value
from dambridge.model.identity import AccountId, AssetKey, RemoteId, System
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, AssetVersion, MediaType, NativeRecord
from dambridge.model.values import DateValue, FieldName, LangAlt, Value

NETX = default_map(System.NETX)
Definitions = Mapping[str, tuple[str, tuple[str, ...] | None]]
SITE: Definitions = {
    it.netx: (it.netx_kind, ("Japan", "Germany", "DEU", "JPN", "Café") if it.netx_kind == "pulldown" else None)
    for it in FIELDS.values()
    if it.netx
}


def f(**values: object) -> dict[FieldName, Value]:
    return {FieldName(name): value for name, value in values.items()}  # type: ignore[misc]


def only_problem(fields: Mapping[FieldName, Value], definitions: Definitions = SITE) -> Reason:
    write = to_native(fields, (), NETX, definitions=definitions)
    (problem,) = write.problems
    return problem


def test_each_value_in_the_words_of_the_target() -> None:
    write = to_native(
        f(
            title=LangAlt.of({"x-default": "Häfen", "de": "Die Häfen"}),
            keywords=("a,b", "c"),
            creator=("Jane", "Joe"),
            date_created=DateValue("2026-03-14T07:42:10+09:00"),
            rating=4,
            country="Japan",
        ),
        [FieldName("city")],
        NETX,
        definitions=SITE,
    )
    assert write.problems == ()
    assert write.attributes == {
        "Title": ("Häfen",),
        "Keywords": ("a,b", "c"),
        "Creator": ("Jane; Joe",),
        "Date Created": ("2026-03-14",),
        "Rating": ("4",),
        "Country": ("Japan",),
        "City": (),
    }


def test_fields_without_a_home_are_not_this_accounts_business() -> None:
    write = to_native(f(edit_status="approved", urgency=3), [FieldName("genre_legacy")], NETX, definitions=SITE)
    assert write.attributes == {}
    assert write.problems == ()


def test_marks_are_written_where_the_site_has_room_for_them() -> None:
    marks = {FieldName("dambridge:link"): "ln1", FieldName("dambridge:source"): "I1"}
    assert to_native(marks, (), NETX, definitions=SITE).attributes == {}
    assert to_native(marks, (), NETX, definitions=SITE).problems == ()
    roomy = {**SITE, "Dambridge Id": ("text", None), "Source Id": ("text", None)}
    assert to_native(marks, (), NETX, definitions=roomy).attributes == {"Dambridge Id": ("ln1",), "Source Id": ("I1",)}
    assert not NETX.writes & marks.keys()


@pytest.mark.hazard("P31")
@pytest.mark.parametrize(
    ("field", "value", "code", "said"),
    [
        ("country", "Jappan", Code.UNKNOWN_TERM, ("suggestions", ("Japan",))),
        ("country", "japan", Code.UNKNOWN_TERM, ("term", "japan")),
        ("date_created", DateValue("2026"), Code.VALUE_REFUSED, ("attribute", "Date Created")),
    ],
)
def test_what_cannot_be_spelled_is_a_problem_and_is_not_written(
    field: str, value: Value, code: Code, said: tuple[str, object]
) -> None:
    write = to_native({FieldName(field): value, FieldName("credit"): "x"}, (), NETX, definitions=SITE)
    (problem,) = write.problems
    assert problem.code is code
    assert problem["field"] == field
    assert problem[said[0]] == said[1]
    assert write.attributes == {"Credit": ("x",)}


@pytest.mark.hazard("P31")
def test_a_missing_attribute_is_named_with_the_closest_one() -> None:
    misspelt = {("Captoin" if name == "Caption" else name): it for name, it in SITE.items()}
    problem = only_problem(f(description=LangAlt.plain("x")), misspelt)
    assert problem.code is Code.ATTRIBUTE_MISSING
    assert problem["closest"] == "Captoin"
    assert only_problem(f(description=LangAlt.plain("x")), {"Zzz": ("text", None)})["closest"] == ""


@pytest.mark.hazard("P31")
def test_one_place_does_not_take_several_values() -> None:
    split = account_map(System.NETX, {"keywords": {"to": "Title2"}})
    write = to_native(f(keywords=("a", "b")), (), split, definitions={"Title2": ("text", None)})
    assert [it.code for it in write.problems] == [Code.VALUE_REFUSED]
    assert write.attributes == {}
    assert to_native(f(keywords=("a",)), (), split, definitions={"Title2": ("text", None)}).attributes == {
        "Title2": ("a",)
    }


def test_a_list_goes_into_one_text_only_with_a_separator_that_no_term_holds() -> None:
    joined = account_map(System.NETX, {"keywords": {"to": "Words", "separator": " | "}})
    site: Definitions = {"Words": ("text", None)}
    assert to_native(f(keywords=("a", "b,c")), (), joined, definitions=site).attributes == {"Words": ("a | b,c",)}
    assert to_native(f(keywords=("a|b", "c")), (), joined, definitions=site).problems[0].code is Code.VALUE_REFUSED


@pytest.mark.hazard("P29")
def test_a_text_longer_than_its_place_is_a_problem_and_not_a_cut() -> None:
    short = account_map(System.NETX, {"credit": {"limit": 10}})
    problem = to_native(f(credit="x" * 11), (), short, definitions=SITE).problems[0]
    assert (problem.code, problem["kept"], problem["wanted"]) == (Code.VALUE_CUT, 10, 11)
    assert to_native(f(credit="x" * 10), (), short, definitions=SITE).attributes == {"Credit": ("x" * 10,)}


@pytest.mark.parametrize(("given_code", "term"), [("DE", "DEU"), ("DEU", "DEU"), ("de ", "DEU"), ("JP", "JPN")])
def test_a_country_code_takes_the_spelling_of_the_vocabulary(given_code: str, term: str) -> None:
    assert to_native(f(country_code=given_code), (), NETX, definitions=SITE).attributes == {"Country Code": (term,)}


def test_a_term_in_other_unicode_is_the_vocabularys_term() -> None:
    assert to_native(f(country="Cafe\u0301"), (), NETX, definitions=SITE).attributes == {"Country": ("Café",)}


def test_new_keywords_are_left_to_the_account_and_can_be_made_to_wait() -> None:
    site: Definitions = {"Keywords": ("tag", ("harbour",))}
    assert to_native(f(keywords=("new", "harbour")), (), NETX, definitions=site).attributes == {
        "Keywords": ("new", "harbour")
    }
    strict = account_map(System.NETX, {"keywords": {"new_terms": "wait"}})
    problem = to_native(f(keywords=("harbor", "harbour")), (), strict, definitions=site).problems[0]
    assert (problem.code, problem["suggestions"]) == (Code.UNKNOWN_TERM, ("harbour",))


def test_vocabulary_codes_go_out_as_codes_and_come_back_as_the_same_value() -> None:
    full = account_map(System.NETX, {"model_release": "Model Release", "digital_source_type": "Source Type"})
    value = f(
        model_release="http://ns.useplus.org/ldf/vocab/MR-UMR",
        digital_source_type="http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
    )
    write = to_native(
        value,
        (),
        full,
        definitions={"Model Release": ("pulldown", ("MR-UMR",)), "Source Type": ("pulldown", ("digitalCapture",))},
    )
    assert write.attributes == {"Model Release": ("MR-UMR",), "Source Type": ("digitalCapture",)}
    assert to_canonical(netx_record(write.attributes), full).fields == value


def netx_record(attributes: Mapping[str, tuple[str, ...]]) -> NativeRecord:
    return NativeRecord(
        key=AssetKey(AccountId("archive"), RemoteId("4101")),
        media_type=MediaType.IMAGE,
        file_name="a.jpg",
        name="a",
        size=1,
        modified="1",
        modified_at=None,
        content_stamp="",
        checksum=None,
        fields={name: values for name, values in attributes.items() if values},
        containers=(),
        groups=frozenset({"base", "attributes"}),
    )


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(str.strip)
TERM = TEXT
VALUES: Mapping[Kind, st.SearchStrategy[Value]] = {
    Kind.TEXT: TEXT,
    Kind.URI: TEXT,
    Kind.LANG: st.dictionaries(st.sampled_from(["x-default", "de", "fr"]), TEXT, min_size=1).map(LangAlt.of),
    Kind.BAG: st.lists(TERM, min_size=1, max_size=5).map(tuple),
    Kind.SEQ: st.lists(TERM.filter(lambda it: ";" not in it), min_size=1, max_size=3).map(tuple),
    Kind.DATE: st.dates().map(lambda it: DateValue(it.isoformat())),
    Kind.INT: st.integers(-1, 254),
    Kind.BOOL: st.booleans(),
}


@st.composite
def mapped_fields(draw: st.DrawFn) -> dict[FieldName, Value]:
    names = draw(st.lists(st.sampled_from(sorted(NETX.writes)), unique=True))
    return {name: draw(VALUES[FIELDS[name].kind]) for name in names}


@pytest.mark.hazard("P28")
@given(mapped_fields())
def test_what_is_written_comes_back_equal_and_then_never_moves(fields: dict[FieldName, Value]) -> None:
    """One round trip may lose languages and the time of day; the second loses nothing, in words and in meaning."""
    first = to_native(fields, (), NETX, definitions={name: (kind, None) for name, (kind, _) in SITE.items()})
    assert first.problems == ()
    record = to_canonical(netx_record(first.attributes), NETX)
    assert record.notes == ()
    assert set(record.fields) == set(fields)
    for name, value in fields.items():
        if FIELDS[name].kind is not Kind.LANG or "x-default" in dict(value.entries):  # type: ignore[union-attr]
            assert equal(name, value, record.fields[name]), (name, value, record.fields[name])
        if isinstance(value, tuple):
            assert isinstance(record.fields[name], tuple), "a list stays a list"
    second = to_native(record.fields, (), NETX, definitions={name: (kind, None) for name, (kind, _) in SITE.items()})
    again = to_canonical(netx_record(second.attributes), NETX)
    assert again.fields == record.fields
    assert again.version == record.version


def record_with(**values: object) -> AssetRecord:
    return AssetRecord(
        key=AssetKey(AccountId("agency"), RemoteId("I1")),
        media_type=MediaType.IMAGE,
        file_name="a.jpg",
        name="a",
        size=1,
        fields=f(**values),
        containers=(),
        version=AssetVersion(modified="", fields="", content=""),
    )


NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_constants_defaults_and_expressions_say_what_should_stand_in_the_target() -> None:
    rules = account_map(
        System.NETX,
        {
            "credit": {"default": "House"},
            "source": {"constant": "Riverbend"},
            "job_id": {"expression": "'J-' + slug(title)"},
            "keywords": {"expression": "keywords.filter(it, it != 'uploaded')"},
        },
    )
    given_ = record_with(
        title=LangAlt.plain("The Quay"), source="x", keywords=("uploaded", "a"), edit_status="approved"
    )
    fields, problems = derived_fields(given_, rules, NOW)
    assert problems == ()
    assert fields == f(
        title=LangAlt.plain("The Quay"), credit="House", source="Riverbend", job_id="J-the-quay", keywords=("a",)
    )
    own, _ = derived_fields(record_with(credit="Own", keywords=("uploaded",)), rules, NOW)
    assert own["credit"] == "Own"  # type: ignore[index]
    assert FieldName("keywords") not in own


def test_an_expression_that_fails_is_a_problem_and_no_empty_value() -> None:
    rules = account_map(System.NETX, {"job_id": {"expression": "creator[2]"}})
    fields, (problem,) = derived_fields(record_with(creator=("a",), job_id="old"), rules, NOW)
    assert (problem.code, problem["field"]) == (Code.EXPRESSION_ERROR, "job_id")
    assert FieldName("job_id") not in fields
    fine, none = derived_fields(record_with(creator=("a", "b", "c")), rules, NOW)
    assert none == ()
    assert fine[FieldName("job_id")] == "c"


@pytest.mark.hazard("P32")
def test_discovery_names_what_is_missing_misspelt_of_the_wrong_type_or_without_terms() -> None:
    site = {**SITE, "Date Created": ("number", None), "Keywords": ("text", None), "Country": ("pulldown", ())}
    del site["Credit"]
    problems = discover(NETX, site)
    assert {(it.code, it["field"]) for it in problems} == {
        (Code.ATTRIBUTE_WRONG_TYPE, "date_created"),
        (Code.ATTRIBUTE_WRONG_TYPE, "keywords"),
        (Code.ATTRIBUTE_WRONG_TYPE, "country"),
        (Code.ATTRIBUTE_MISSING, "credit"),
    }
    assert discover(NETX, SITE) == []


@pytest.mark.parametrize(
    ("code", "flag"), [("MR-UMR", "true"), ("MR-NON", "false"), ("MR-LMR", "false"), ("MR-NAP", "false")]
)
def test_a_flag_says_yes_of_an_unlimited_release_alone(code: str, flag: str) -> None:
    released = FieldName("model_release")
    said = {released: f"http://ns.useplus.org/ldf/vocab/{code}"}
    written = to_native(said, (), default_map(System.PHOTOSHELTER))
    assert dict(written.attributes) == {"model_released": (flag,)}
    assert written.problems == ()


@pytest.mark.parametrize(("many", "value"), [(True, ("germany", "france")), (None, "germany")])
def test_a_sites_own_field_is_a_list_where_the_map_says_so(many: bool | None, value: object) -> None:
    markets = canonical_value(FieldName("custom:markets"), ("germany", "france"), many=bool(many))
    assert markets == (value, 0 if many else 1)
