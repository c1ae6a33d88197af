"""What counts as the same value, and what does not: the normal form for comparing, echoes, dates, codes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.mapping import FIELDS, equal, fingerprint, is_absent, is_cut_of, same
from dambridge.mapping.countries import ALPHA3
from dambridge.model.values import DateValue, FieldName, LangAlt, Value

PLUS = "http://ns.useplus.org/ldf/vocab/"
LIMITED = sorted(name for name, field in FIELDS.items() if field.limit > 3 and field.kind in {"text", "lang"})
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60).filter(str.strip)


def plain(text: str) -> LangAlt:
    return LangAlt.plain(text)


@pytest.mark.hazard("P23")
@pytest.mark.hazard("P26")
@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("credit", "a\r\nb", "a\nb"),
        ("credit", "a\rb  \n\n", "a\nb"),
        ("credit", unicodedata.normalize("NFD", "Émile"), "Émile"),
        ("credit", None, "  "),
        ("keywords", ("b", "a"), ("a", "b")),
        ("keywords", (), None),
        ("keywords", ("a", " "), ("a",)),
        ("creator", ("A", "B"), ("A; B",)),
        ("description", LangAlt.of({"x-default": "x", "de": "y"}), plain("x")),
        ("description", LangAlt.of({"x-default": "x", "de": "x"}), LangAlt.of({"de": "x"})),
        ("country_code", "CH", "CHE"),
        ("country_code", "CH ", "che"),
        ("model_release", "MR-UMR", PLUS + "MR-UMR"),
        ("digital_source_type", "https://cv.iptc.org/newscodes/x", "http://cv.iptc.org/newscodes/x"),
        ("date_created", DateValue("2026-03-14"), DateValue("2026-03-14T07:42:10+09:00")),
        ("date_created", DateValue("2026"), DateValue("2026-12-31")),
        ("date_created", DateValue("2026-03-14T07:42"), DateValue("2026-03-14T07:42:59Z")),
        ("date_created", DateValue("2026-03-14T07:42:10"), DateValue("2026-03-14T07:42:10+09:00")),
        ("date_created", DateValue("2026-03-14T07:42:10+09:00"), DateValue("2026-03-13T22:42:10Z")),
        ("date_created", DateValue("2026-03-14T07:42:10.5Z"), DateValue("2026-03-14T07:42:10Z")),
        ("rating", 5, 5),
    ],
)
def test_other_spellings_of_one_value_are_the_same(name: str, one: Value | None, other: Value | None) -> None:
    assert same(FieldName(name), one, other)
    assert same(FieldName(name), other, one)
    assert equal(FieldName(name), one, other)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("credit", "a", "A"),
        ("credit", "a b", "a  b"),
        ("credit", "&amp;", "&"),
        ("credit", "x", None),
        ("keywords", ("a", "a"), ("a",)),
        ("keywords", ("a,b",), ("a", "b")),
        ("keywords", ("Harbour",), ("harbour",)),
        ("creator", ("A", "B"), ("B", "A")),
        ("description", plain("x"), LangAlt.of({"x-default": "y", "de": "x"})),
        ("country_code", "CH", "CHL"),
        ("web_statement", "https://a.example/X", "https://a.example/x"),
        ("date_created", DateValue("2026-03-14"), DateValue("2026-03-15T07:42:10+09:00")),
        ("date_created", DateValue("2026-03-14T07:42:10Z"), DateValue("2026-03-14T07:42:10+09:00")),
        ("date_created", DateValue("2026-03-14T07:42:10.5Z"), DateValue("2026-03-14T07:42:10.6Z")),
        ("rating", 5, 4),
    ],
)
def test_different_values_are_different(name: str, one: Value | None, other: Value | None) -> None:
    assert not same(FieldName(name), one, other)
    assert not same(FieldName(name), other, one)
    assert not equal(FieldName(name), one, other)


@pytest.mark.hazard("P29")
@given(name=st.sampled_from(LIMITED), text=st.text(st.sampled_from("aé長👩 "), min_size=2100, max_size=2200))
def test_a_cut_echo_is_no_change_and_the_long_value_is_one(name: FieldName, text: str) -> None:
    long, limit = f"{text}.", FIELDS[name].limit
    cut = long.encode()[:limit].decode(errors="replace")
    assert is_cut_of(name, cut, long) or is_absent(cut.strip("\N{REPLACEMENT CHARACTER}"))
    if is_cut_of(name, cut, long):
        assert equal(name, cut, long), "what comes back cut is what we have"
        assert not equal(name, long, cut), "a long value in the place of a cut one is news"
        assert not is_cut_of(name, long, cut)


@pytest.mark.hazard("P29")
@pytest.mark.parametrize(
    ("name", "part", "whole", "cut"),
    [
        ("credit", "x" * 32, "x" * 33, True),
        ("credit", "x" * 31, "x" * 33, False),
        ("credit", "x" * 32, "y" * 33, False),
        ("credit", "é" * 16, "é" * 20, True),
        ("credit", "é" * 32, "é" * 40, True),
        ("credit", "長" * 10, "長" * 12, True),
        ("credit", "長" * 10 + "\N{REPLACEMENT CHARACTER}", "長" * 12, True),
        ("credit", "x" * 31, "x" * 31 + " y", True),
        ("description", plain("x" * 2000), plain("x" * 2001), True),
        ("description", plain("x" * 1999), plain("x" * 2001), False),
        ("keywords", ("b", "x" * 64), ("x" * 70, "b"), True),
        ("keywords", ("x" * 64,), ("x" * 70, "b"), False),
        ("usage_terms", plain("x" * 32), plain("x" * 33), False),
    ],
)
def test_cuts_are_told_by_the_limit_of_the_field(name: str, part: Value, whole: Value, cut: bool) -> None:
    assert is_cut_of(FieldName(name), part, whole) is cut


def test_what_a_system_cut_is_not_what_was_written() -> None:
    written, read_back = plain("x" * 2399), plain("x" * 2000)
    assert not equal(FieldName("description"), written, read_back)


FIELDS_OF_TEXT: st.SearchStrategy[dict[FieldName, Value]] = st.dictionaries(
    st.sampled_from([FieldName(it) for it in ("credit", "headline", "keywords", "title", "custom:permit")]),
    TEXTS,
    max_size=5,
).map(lambda it: {k: plain(v) if k == "title" else (v, "b") if k == "keywords" else v for k, v in it.items()})


@given(FIELDS_OF_TEXT)
def test_a_fingerprint_is_of_the_meaning_and_of_nothing_else(fields: dict[FieldName, Value]) -> None:
    print_ = fingerprint(fields)
    assert print_ == fingerprint(dict(reversed(fields.items())))
    assert print_ == fingerprint({**fields, FieldName("city"): "  ", FieldName("scene"): ()})
    for name, value in fields.items():
        if isinstance(value, str):
            assert print_ == fingerprint({**fields, name: unicodedata.normalize("NFD", value) + " \n"})
            assert print_ != fingerprint({**fields, name: value + "!"})
        if isinstance(value, tuple):
            assert print_ == fingerprint({**fields, name: tuple(reversed(value))})
            assert print_ != fingerprint({**fields, name: (*value, "c")})
        assert print_ != fingerprint({k: v for k, v in fields.items() if k != name})


@given(fields=FIELDS_OF_TEXT, other=FIELDS_OF_TEXT)
def test_equal_fingerprints_mean_equal_fields(fields: dict[FieldName, Value], other: dict[FieldName, Value]) -> None:
    alike = all(same(name, fields.get(name), other.get(name)) for name in {*fields, *other})
    assert (fingerprint(fields) == fingerprint(other)) is alike


def test_every_country_has_two_codes_of_its_own() -> None:
    assert len(ALPHA3) == len(set(ALPHA3.values())) == 249
    assert ALPHA3["DE"] == "DEU"
    assert all(len(short) == 2 and len(long) == 3 for short, long in ALPHA3.items())
