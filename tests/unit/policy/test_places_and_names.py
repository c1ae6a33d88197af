"""Folders by template, every segment fit for any system; file names kept where they can be, never too long."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dambridge.model.identity import AccountId, AssetKey, RemoteId
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, AssetVersion, Container, MediaType
from dambridge.model.values import DateValue, FieldName, LangAlt
from dambridge.policy.placing import (
    LONGEST_NAME,
    clean_segment,
    file_name_for,
    folder_for,
    name_for,
    settled_folder,
    template_mistakes,
)


def record(
    file_name: str = "a.jpg", *, galleries: tuple[str, ...] = ("Intake/Harbour 2026",), **fields: Any
) -> AssetRecord:
    return AssetRecord(
        key=AssetKey(AccountId("agency"), RemoteId("I1")),
        media_type=MediaType.IMAGE,
        file_name=file_name,
        name="a",
        size=1,
        fields={FieldName(name): value for name, value in fields.items()},
        containers=tuple(Container(RemoteId(str(at)), path) for at, path in enumerate(galleries)),
        version=AssetVersion(modified="", fields="", content=""),
        created_at=datetime(2026, 11, 2, 9, tzinfo=UTC),
    )


def folder(template: str, it: AssetRecord, *, selects: str = "", **inside: Any) -> str | Reason:
    """The folder as it is once the file was read: `inside` are fields that stand in it."""
    found = folder_for(it, template, selects=lambda path: path.startswith(selects))
    filled = {FieldName(name): value for name, value in inside.items()}
    return found if isinstance(found, Reason) else settled_folder(found, filled)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("PhotoShelter/{year}/{gallery}", "PhotoShelter/2026/Harbour 2026"),
        ("{gallery_path}/{media_type}", "Intake/Harbour 2026/image"),
        ("x/{year}-{month}-{day}", "x/2026-11-02"),
        ("{city}/{credit}", "Łódź/A-B"),
        ("{title}/{creator}", "Die Häfen/Jane"),
        ("/lead/and/trail/", "lead/and/trail"),
    ],
)
def test_templates_are_filled(template: str, expected: str) -> None:
    it = record(city="Łódź", credit="A/B", title=LangAlt.plain("Die Häfen"), creator=("Jane", "Joe"))
    assert folder(template, it) == expected


def test_the_day_it_was_made_counts_before_the_day_of_the_upload() -> None:
    assert folder("{year}/{month}", record(date_created=DateValue("2019-05-14T23:00:00-08:00"))) == "2019/05"
    assert folder("{year}", record(date_created=DateValue("2019"))) == "2019"


def test_a_date_that_only_the_file_knows_settles_the_folder_and_the_sources_own_goes_first() -> None:
    template, inside = "x/{year}-{month}/{day}", DateValue("2019-05")
    planned = folder_for(record(), template, selects=lambda _: True)
    assert planned == "x/{year|2026}-{month|11}/{day|02}", "what the plan shows"
    assert folder(template, record(), date_created=inside) == "x/2019-05/02"
    assert folder(template, record()) == "x/2026-11/02"
    own = record(date_created=DateValue("2021-01-01"))
    assert folder(template, own, date_created=inside) == "x/2021-01/01"
    assert folder("x/{city}", record(city="{year|1999}"), date_created=inside) == "x/(year-1999)"


def test_of_several_galleries_the_first_selected_one_names_the_folder() -> None:
    it = record(galleries=("Z/Last", "Approved/B", "Approved/A"))
    assert folder("{gallery}", it, selects="Approved") == "A"
    assert folder("{gallery}", it) == "A"


@pytest.mark.parametrize(
    ("template", "variable"),
    [("x/{credit}", "credit"), ("x/{custom:permit}", "custom:permit"), ("{gallery}", "gallery"), ("{month}", "month")],
)
def test_a_variable_without_a_value_is_named(template: str, variable: str) -> None:
    result = folder(template, record(galleries=(), date_created=DateValue("2019")))
    assert isinstance(result, Reason)
    assert (result.code, result["variable"]) == (Code.PATH_INVALID, variable)


def test_mistakes_of_a_template_are_said_before_it_is_used() -> None:
    known = frozenset({"city"})
    assert template_mistakes("PhotoShelter/{year}/{city}/{custom:x}", known) == []
    for wrong in ("{yaer}", "x/{city", "x/city}", "/", ""):
        assert template_mistakes(wrong, known), wrong


ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@pytest.mark.hazard("P23")
@example(unicodedata.normalize("NFD", "Gärten an der Ǻ"))
@given(ANY)
def test_a_folder_name_is_fit_for_every_system_and_cleaning_it_again_changes_nothing(text: str) -> None:
    cleaned = clean_segment(text)
    assert clean_segment(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not set(cleaned) & set('\\/:*?"<>|\0\n\r\t')
    assert not cleaned.endswith((".", " "))
    assert len(cleaned) <= 100


@pytest.mark.hazard("P23")
@given(ANY)
def test_a_file_name_is_never_too_long_and_is_kept_where_it_can_be(text: str) -> None:
    result = file_name_for(record(text))
    if isinstance(result, Reason):
        assert result.code is Code.NAME_INVALID
        assert not text.strip(". \t\n\r") or not text.strip()
        return
    assert 0 < len(result.encode()) <= LONGEST_NAME
    assert not set(result) & set("\\/\0\n")


@pytest.mark.hazard("P23")
@pytest.mark.parametrize(
    "name",
    [
        "a.jpg",
        "Blu\u0308te (1).jpg",
        "長崎港の船.jpg",
        "harbour ⚓ 🚢.jpg",
        "ميناء عند الفجر.jpg",
        "x" * 251 + ".jpg",
        "archive.tar.gz",
        ".hidden",
    ],
)
def test_the_sources_spelling_stays(name: str) -> None:
    assert file_name_for(record(name)) == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x" * 300 + ".jpg", "x" * 251 + ".jpg"),
        ("長" * 100 + ".jpeg", "長" * 83 + ".jpeg"),
        ("a." + "x" * 300, "a." + "x" * 253),
        ("a/b\\c:d.jpg", "a-b-c-d.jpg"),
    ],
)
def test_names_are_shortened_before_their_suffix(name: str, expected: str) -> None:
    assert file_name_for(record(name)) == expected


@pytest.mark.parametrize("name", ["", " ", ".", " . "])
def test_no_name_is_no_name(name: str) -> None:
    assert isinstance(file_name_for(record(name)), Reason)


def test_people_see_the_title_else_the_file_name_without_its_suffix() -> None:
    assert name_for(record("DSC_1.tar.gz", title=LangAlt.plain(" Harbour "))) == "Harbour"
    assert name_for(record("DSC_1.jpg", title=LangAlt.plain(" "))) == "DSC_1"
    assert name_for(record("長崎.jpg")) == "長崎"
