"""Ids, times, parameters, pages and error bodies of the simulated PhotoShelter."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge_sim.photoshelter import errors, ids
from dambridge_sim.photoshelter.paging import Page, page_of, paging_meta
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.times import container_time, media_time, parse_parameter, parse_person


@given(st.sampled_from(sorted(ids.MEDIA_PREFIX.values())), st.integers(min_value=0))
def test_ids_have_sixteen_characters_of_the_alphabet_and_depend_on_their_seed(prefix: str, seed: int) -> None:
    made = ids.make_id(prefix, seed)
    assert ids.is_id(made)
    assert made.startswith(prefix)
    assert made == ids.make_id(prefix, seed)
    assert made != ids.make_id(prefix, seed + 1)


def test_what_is_no_id_and_no_key() -> None:
    assert not ids.is_id("I0000short")
    assert not ids.is_id("I0000with-hyphen")
    assert ids.is_api_key("aB3._zZ9012")
    assert not ids.is_api_key("aB3._zZ901")


def test_the_two_spellings_of_time() -> None:
    assert media_time(1_759_415_963_999) == "2025-10-02 14:39:23 GMT"
    assert container_time(1_759_415_963_999) == "2025-10-02T14:39:23.999000"


@given(st.integers(min_value=0, max_value=4_000_000_000_000))
def test_a_media_time_reads_back_as_its_own_second(milliseconds: int) -> None:
    assert parse_parameter(media_time(milliseconds)) == milliseconds // 1000 * 1000


@pytest.mark.parametrize("text", ["2025-10-15", "2025-10-15 00:00", "2025-10-15T00:00:00 GMT", "2025-10-15 00:00:00"])
def test_date_parameters_that_are_understood(text: str) -> None:
    assert parse_parameter(text) == parse_parameter("2025-10-15 00:00:00 GMT")


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2025-13-01 00:00:00 GMT", "15.10.2025", "2025-10-15 12:00:00 +0200"]
)
def test_date_parameters_that_are_not(text: str) -> None:
    with pytest.raises(ValueError, match=r"2025-10-15 12:00:00 GMT|month"):
        parse_parameter(text)


def test_people_write_dates_with_or_without_a_zone() -> None:
    assert (
        parse_person("2025-10-15T02:00:00+02:00")
        == parse_person("2025-10-15")
        == parse_person("2025-10-15 00:00:00 GMT")
    )


def test_parameters_are_typed_and_refuse_what_they_are_not() -> None:
    sent = Parameters(
        {"n": "5", "yes": True, "no": "f", "list": "a, b,,c", "array": ["x", "y"], "json": '{"a": 1}', "blank": ""}
    )
    assert (sent.number("n"), sent.flag("yes"), sent.flag("no")) == (5, True, False)
    assert (sent.words("list"), sent.words("array")) == (("a", "b", "c"), ("x", "y"))
    assert sent.mapping("json") == {"a": 1}
    assert (sent.flag("blank"), sent.number("absent", 7), sent.text("absent", "d")) == (None, 7, "d")
    for refuse in (
        lambda: sent.number("list"),
        lambda: sent.flag("n"),
        lambda: sent.required("blank"),
        lambda: sent.mapping("list"),
        lambda: sent.choice("n", ("a", "b"), "a"),
        lambda: sent.time("list"),
    ):
        with pytest.raises(errors.RefusalError) as refusal:
            refuse()
        assert refusal.value.fault is errors.BAD_REQUEST


def test_includes_are_hyphenated_whatever_way_they_come() -> None:
    assert Parameters({"include": "key_image, child-count"}).includes == {"key-image", "child-count"}
    assert Parameters({}).includes == frozenset()


@pytest.mark.parametrize(
    ("sent", "page"),
    [
        ({}, Page(1, 50)),
        ({"page": "3"}, Page(1, 50)),
        ({"per_page": "10"}, Page(1, 50)),
        ({"page": "3", "per_page": "10"}, Page(3, 10)),
        ({"page": "0", "per_page": "5000"}, Page(1, 1000)),
        ({"page": 2, "per_page": 0}, Page(2, 1)),
    ],
)
def test_pages(sent: dict[str, object], page: Page) -> None:
    assert page_of(Parameters(sent)) == page


@given(st.integers(0, 500), st.integers(1, 60), st.integers(1, 50))
def test_paging_says_next_exactly_while_there_is_more(total: int, number: int, size: int) -> None:
    meta = paging_meta(Page(number, size), total, "host/path", "KEY")
    assert ("next" in meta) == (number * size < total)
    assert ("prev" in meta) == (number > 1)
    assert meta["first"] == "host/path?api_key=KEY&page=1"


def test_error_bodies_are_arrays_with_status_as_text() -> None:
    body = errors.v4_body(errors.NOT_FOUND, "No gallery has that id.")
    (error,) = body["errors"]
    assert (error["id"], error["status"]) == ("ResourceNotFoundException", "404")
    old = errors.v3_body(errors.NOT_FOUND, "No gallery has that id.")
    assert old["status"] != "ok"
    assert old["error"]["message"] == "No gallery has that id."
    assert old["errors"][0]["title"] == "Resource not found"
    json.dumps([body, old])
