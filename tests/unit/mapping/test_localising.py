"""A master's texts in the languages of an outlet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.mapping.localising import Fit, Localised, localised, text_in
from dambridge.model.values import DEFAULT_LANGUAGE, DateValue, FieldName, Fields, LangAlt

TITLE, CREDIT = FieldName("title"), FieldName("credit")
MASTER = LangAlt.of({"x-default": "Harbour", "en": "Harbour", "de": "Hafen", "de-AT": "Hafen (AT)", "fr": "Port"})


def say(languages: tuple[str, ...], value: LangAlt = MASTER) -> tuple[str, str, Fit]:
    text, spoken = text_in(value, languages)
    return text, spoken.found, spoken.fit


@pytest.mark.parametrize(
    ("languages", "expected"),
    [
        (("de",), ("Hafen", "de", Fit.EXACT)),
        (("de-AT",), ("Hafen (AT)", "de-AT", Fit.EXACT)),
        (("DE-at",), ("Hafen (AT)", "de-AT", Fit.EXACT)),
        (("de-CH",), ("Hafen", "de", Fit.BROADER)),
        (("de-Latn-CH-1901",), ("Hafen", "de", Fit.BROADER)),
        (("fr-x-ours",), ("Port", "fr", Fit.BROADER)),
        (("it", "fr", "en"), ("Port", "fr", Fit.FURTHER)),
        (("it", "de-CH"), ("Hafen", "de", Fit.FURTHER)),
        (("it",), ("Harbour", "x-default", Fit.DEFAULT)),
        (("d",), ("Harbour", "x-default", Fit.DEFAULT)),
        ((), ("Harbour", "x-default", Fit.EXACT)),
        (("x-default",), ("Harbour", "x-default", Fit.EXACT)),
        (("it", "x-default"), ("Harbour", "x-default", Fit.DEFAULT)),
    ],
)
def test_the_nearest_language_is_taken(languages: tuple[str, ...], expected: tuple[str, str, Fit]) -> None:
    assert say(languages) == expected


def test_a_region_serves_its_language_before_another_language_does() -> None:
    value = LangAlt.of({"x-default": "Harbour", "de-CH": "Hafen (CH)", "de-AT": "Hafen (AT)", "fr": "Port"})
    assert say(("de", "fr"), value) == ("Hafen (AT)", "de-AT", Fit.NARROWER)
    assert say(("de-LI", "fr"), value) == ("Port", "fr", Fit.FURTHER), "nobody asked for Austria's or Switzerland's"


def test_without_a_default_the_first_by_tag_stands_in_and_blanks_are_missing() -> None:
    assert say(("it",), LangAlt.of({"fr": "Port", "de": "Hafen"})) == ("Hafen", "de", Fit.DEFAULT)
    assert say((), LangAlt.of({"fr": "Port", "de": "Hafen"})) == ("Hafen", "de", Fit.DEFAULT)
    assert say(("de",), LangAlt.of({"x-default": "Harbour", "de": " "})) == ("Harbour", "x-default", Fit.DEFAULT)


def test_each_field_goes_by_itself_and_what_is_missing_is_told() -> None:
    fields: Fields = {
        TITLE: MASTER,
        FieldName("description"): LangAlt.of({"x-default": "At dawn", "fr": "À l'aube"}),
        FieldName("usage_terms"): LangAlt.of({"x-default": "  "}),
        CREDIT: "Desk",
        FieldName("expires_at"): DateValue("2027-01-01"),
    }
    found = localised(fields, ("de", "fr"))
    assert found.fields == {
        TITLE: LangAlt.plain("Hafen"),
        FieldName("description"): LangAlt.plain("À l'aube"),
        CREDIT: "Desk",
        FieldName("expires_at"): DateValue("2027-01-01"),
    }
    assert found.lacking == ("description: de → fr",)
    assert set(found.spoken) == {TITLE, FieldName("description")}


def test_what_is_kept_stands_beside_the_text_of_the_outlet() -> None:
    found = localised({TITLE: MASTER}, ("fr",), keep=True)
    assert found.fields[TITLE] == LangAlt.of(
        {"x-default": "Port", "en": "Harbour", "de": "Hafen", "de-AT": "Hafen (AT)", "fr": "Port"}
    )


TAGS = st.sampled_from(
    ["x-default", "de", "de-AT", "de-CH", "de-Latn-CH", "en", "en-GB", "fr", "zh-Hant", "zh-Hant-TW"]
)
VALUES = st.dictionaries(TAGS, st.sampled_from(["", " ", "one", "two", "three", "Ünï"]), min_size=1).map(LangAlt.of)
LANGUAGES = st.lists(TAGS, max_size=4, unique=True).map(tuple)


def _says_something(value: LangAlt) -> bool:
    return any(text.strip() for _, text in value.entries)


@given(VALUES, LANGUAGES, st.booleans())
def test_no_text_is_invented_and_none_that_is_there_is_missed(
    value: LangAlt, languages: tuple[str, ...], keep: bool
) -> None:
    found = localised({TITLE: value}, languages, keep=keep)
    if not _says_something(value):
        assert found == Localised({}, {})
        return
    said, spoken = found.fields[TITLE], found.spoken[TITLE]
    assert isinstance(said, LangAlt)
    assert dict(value.entries)[spoken.found] == said.default
    assert said.default.strip()
    assert {text for _, text in said.entries} <= {text for _, text in value.entries}
    assert keep or len(said.entries) == 1


@given(VALUES.filter(_says_something), LANGUAGES)
def test_the_answer_is_stable(value: LangAlt, languages: tuple[str, ...]) -> None:
    once = localised({TITLE: value}, languages)
    assert localised({TITLE: value}, languages) == once
    assert localised(once.fields, languages).fields == once.fields
    assert localised(localised({TITLE: value}, languages, keep=True).fields, languages).fields == once.fields


@given(VALUES.filter(_says_something), LANGUAGES, st.lists(TAGS, max_size=2, unique=True))
def test_a_language_further_down_changes_nothing_where_an_earlier_one_serves(
    value: LangAlt, languages: tuple[str, ...], further: list[str]
) -> None:
    text, spoken = text_in(value, languages)
    if spoken.fit is not Fit.DEFAULT and spoken.found != DEFAULT_LANGUAGE:
        assert text_in(value, (*languages, *further)) == (text, spoken)


@given(VALUES.filter(_says_something), TAGS.filter(lambda it: it != DEFAULT_LANGUAGE))
def test_the_very_tag_always_wins_and_a_longer_one_that_fits_wins_over_a_shorter(value: LangAlt, tag: str) -> None:
    texts = {it: text for it, text in value.entries if text.strip()}
    found = text_in(value, (tag,))[1].found
    fitting = [it for it in texts if tag == it or tag.startswith(f"{it}-")]
    if fitting:
        assert found == max(fitting, key=len)
