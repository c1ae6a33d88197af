"""The table of fields holds together, and a site's rules change the default map as they say or are refused as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from dambridge.files.iim import LIMITS
from dambridge.mapping import FIELDS, Direction, MapInvalid, NewTerms, account_map, default_map
from dambridge.mapping.fields import Kind
from dambridge.model.identity import System
from dambridge.model.values import FieldName, LangAlt


def names(*given: str) -> frozenset[FieldName]:
    return frozenset(FieldName(it) for it in given)


@pytest.mark.parametrize("home", ["xmp", "iim", "photoshelter", "netx"])
def test_no_two_fields_share_a_home(home: str) -> None:
    places = [getattr(it, home) for it in FIELDS.values() if getattr(it, home)]
    assert len(places) == len(set(places))


def test_every_field_has_a_home_somewhere_and_a_known_limit() -> None:
    for field in FIELDS.values():
        assert field.xmp or field.iim or field.netx, field.name
        assert field.limit == 0 or field.iim, field.name
        if field.iim and field.limit:
            assert LIMITS[field.iim.removeprefix("IPTC:")] == field.limit, field.name


def test_netx_types_fit_the_kinds() -> None:
    for field in FIELDS.values():
        if field.netx:
            assert (field.netx_kind == "date") == (field.kind is Kind.DATE), field.name
            assert (field.netx_kind == "tag") == (field.kind is Kind.BAG), field.name


def test_the_default_of_netx_writes_what_the_profile_marks_and_reads_it_back() -> None:
    netx = default_map(System.NETX)
    assert netx.writes == frozenset(it.name for it in FIELDS.values() if it.written)
    assert netx.writes == netx.reads
    assert "edit_status" not in netx.writes


def test_the_default_of_photoshelter_reads_all_that_it_shows() -> None:
    photoshelter = default_map(System.PHOTOSHELTER)
    assert names("description", "edit_status", "rating", "model_release") <= photoshelter.reads
    assert "date_created" not in photoshelter.reads, "its API shows no such value"


def test_a_text_renames_and_an_empty_text_leaves_out() -> None:
    made = account_map(System.NETX, {"credit": "Credit Line", "city": "", "genre_legacy": "Genre"})
    assert made.by_field[FieldName("credit")].native == "Credit Line"
    assert FieldName("city") not in made.by_field
    assert made.writes == default_map(System.NETX).writes - names("city") | names("genre_legacy")


def test_options_of_a_rule() -> None:
    made = account_map(
        System.NETX,
        {
            "keywords": {"new_terms": "wait"},
            "credit": {"direction": "in", "limit": 64},
            "title": {"default": "Untitled"},
            "custom:campaign": {"to": "Campaign Code", "constant": "HARBOUR-26"},
        },
    )
    assert made.by_field[FieldName("keywords")].new_terms is NewTerms.WAIT
    assert made.by_field[FieldName("credit")].direction is Direction.IN
    assert FieldName("credit") in made.reads - made.writes
    assert made.by_field[FieldName("title")].default == LangAlt.plain("Untitled")
    assert FieldName("custom:campaign") in made.writes


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"captoin": "Caption"}, "no canonical field"),
        ({"descripton": "Caption"}, "'description'"),
        ({"credit": {"too": "Credit"}}, "'too' is no option"),
        ({"credit": {"direction": "sideways"}}, "sideways"),
        ({"credit": {"limit": 0}}, "number of characters"),
        ({"rating": {"default": "many"}}, "no number"),
        ({"job_id": {"expression": "titel"}}, "undeclared reference"),
        ({"keywords": {"expression": "title"}}, "wanted"),
        ({"dambridge:other": "X"}, "marks"),
        ({"headline": "Title"}, "written by 'title' already"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_with_its_field(rules: dict[str, Any], said: str) -> None:
    with pytest.raises(MapInvalid) as caught:
        account_map(System.NETX, rules)
    ((name, sentence),) = caught.value.problems
    assert name in rules
    assert said in sentence


def test_all_mistakes_are_said_at_once() -> None:
    with pytest.raises(MapInvalid) as caught:
        account_map(System.NETX, {"nonsense": "X", "credit": {"limit": -1}, "headline": "Title"})
    assert [name for name, _ in caught.value.problems] == ["nonsense", "credit", "headline"]


@pytest.mark.hazard("P32")
def test_two_fields_may_read_one_place_but_not_both_write_it() -> None:
    assert account_map(System.NETX, {"headline": {"to": "Title", "direction": "in"}})
    with pytest.raises(MapInvalid):
        account_map(System.NETX, {"headline": {"to": "Title", "direction": "out"}})


def test_a_narrowed_map_writes_less_and_reads_the_same() -> None:
    narrowed = default_map(System.NETX).narrowed(names("credit", "title"))
    assert narrowed.writes == names("credit", "title")
    assert narrowed.reads == default_map(System.NETX).reads
    assert FieldName("dambridge:link") in narrowed.by_field
