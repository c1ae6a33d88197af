"""PhotoShelter's words without a network: shapes, times, kinds, fields, what refusals mean, what options say."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dambridge.connectors.kit import Masker, Reply
from dambridge.connectors.photoshelter import protocol, records, wire
from dambridge.connectors.photoshelter.config import PhotoShelterOptions
from dambridge.connectors.photoshelter.galleries import Gallery, gallery_of
from dambridge.model.identity import AccountId, RemoteId
from dambridge.model.records import Absence, Checksum, MediaType
from dambridge.ports.errors import CannotGoOn, MovedOn, NextMove, Refused, TryLater
from dambridge.ports.systems import Window


def item(type_: str = "image", id_: str = "I0000tractor.001", **attributes: Any) -> wire.WireItem:
    return wire.parse_item({"data": {"id": id_, "type": type_, "attributes": attributes}})


def reply(status: int, body: object) -> Reply:
    return Reply(status, {}, json.dumps(body).encode())


# shapes --------------------------------------------------------------------------------------------------------------


def test_a_page_is_read_with_its_total() -> None:
    page = wire.parse_page({"data": [{"id": "a"}, {"id": "b"}], "meta": {"paging": {"total": "7"}}})
    assert [it.id for it in page.items] == ["a", "b"]
    assert page.total == 7


def test_a_bare_array_is_a_page_too() -> None:
    assert wire.parse_page([{"id": "a"}]).items[0].id == "a"
    assert wire.parse_page([]).total is None


@pytest.mark.parametrize("odd", [None, {}, {"data": {}}, {"data": [1]}, {"data": [{}]}, "text", {"data": None}])
def test_what_is_no_page_is_not_taken_for_an_empty_one(odd: object) -> None:
    with pytest.raises(wire.BadReply):
        wire.parse_page(odd)


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"id": "X", "title": "T", "detail": "D"}]},
        {"errors": {"id": "X", "title": "T", "detail": "D"}},
        {"error": {"id": "X", "title": "T", "detail": "D"}},
    ],
)
def test_errors_are_read_in_every_spelling(body: object) -> None:
    assert wire.parse_error(body) == wire.WireError("X", "T: D")


@pytest.mark.parametrize("body", [None, [], {}, {"errors": []}, {"errors": None}, "<html>"])
def test_no_error_is_no_error(body: object) -> None:
    assert wire.parse_error(body) == wire.WireError("", "")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda it: st.lists(it) | st.dictionaries(st.text(), it)
    )
)
def test_no_reply_of_any_shape_breaks_the_parsers(body: Any) -> None:
    for parse in (wire.parse_page, wire.parse_item, wire.parse_session_token, wire.parse_tokens):
        with contextlib.suppress(wire.BadReply):
            parse(body)
    wire.parse_error(body)
    wire.parse_rate(body)
    wire.parse_count(body)


def test_a_token_is_read_at_the_top_and_in_a_wrapper() -> None:
    assert wire.parse_session_token({"token": "t", "two_factor": False}) == ("t", False)
    assert wire.parse_session_token({"data": {"attributes": {"token": "t"}}}) == ("t", False)
    assert wire.parse_session_token({"two_factor": True}) == ("", True)


def test_oauth_tokens_are_read_flat_and_wrapped() -> None:
    flat = {"access_token": "a", "refresh_token": "r", "expires_in": 3600}
    assert (
        wire.parse_tokens(flat) == wire.parse_tokens({"data": {"attributes": flat}}) == wire.WireTokens("a", "r", 3600)
    )


def test_the_rate_window_is_read() -> None:
    assert wire.parse_rate({"meta": {"rate_limit": {"limit": 600, "current": 3, "expires": 40}}}) == wire.WireRate(
        600, 3, 40.0
    )
    assert wire.parse_rate({"meta": {"rate_limit": {"limit": 0, "current": 3, "expires": 40}}}) is None


# times ---------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P10")
def test_times_are_read_in_both_spellings_and_none_is_given_a_zone() -> None:
    assert protocol.parse_time("2025-10-02 14:39:23 GMT") == datetime(2025, 10, 2, 14, 39, 23, tzinfo=UTC)
    assert protocol.parse_time("2025-04-25T14:54:12.136828") is None
    assert protocol.parse_time("2025-04-25T16:54:12.136828+02:00") == datetime(
        2025, 4, 25, 14, 54, 12, 136828, tzinfo=UTC
    )
    assert protocol.parse_time("") is None
    assert protocol.parse_time("yesterday GMT") is None


@pytest.mark.hazard("P10")
@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2200, 1, 1)), st.integers(-14, 14))  # noqa: DTZ001 - the zone is the other argument
def test_a_window_never_leaves_out_its_ends(naive: datetime, hours: int) -> None:
    instant = naive.replace(tzinfo=timezone(timedelta(hours=hours)))
    query = protocol.changed_query("O0000x", Window(instant, instant))
    start, end = (protocol.parse_time(query[it]) for it in ("modify_start", "modify_end"))
    assert start is not None
    assert end is not None
    assert start <= instant <= end
    assert end - start <= timedelta(seconds=1)


def test_a_listing_sends_page_and_size_both() -> None:
    query = protocol.paged(protocol.media_query("O0000x"), 3, 50)
    assert (query["page"], query["per_page"], query["org_id"]) == ("3", "50", "O0000x")


# kinds ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (item("image"), MediaType.IMAGE),
        (item("media", type="video"), MediaType.VIDEO),
        (item("document"), MediaType.DOCUMENT),
        (item("doc"), MediaType.DOCUMENT),
        (item("", "AD000x"), MediaType.AUDIO),
        (item("", "DO000x"), MediaType.DOCUMENT),
        (item("", "VD000x"), MediaType.VIDEO),
        (item("", "I0000x"), MediaType.IMAGE),
        (item("odd", "X0000x"), None),
    ],
)
def test_the_kind_is_told_by_type_or_id(found: wire.WireItem, kind: MediaType | None) -> None:
    assert records.media_type_of(found, "a.jpg") is kind


@pytest.mark.parametrize("name", ["a.dng", "a.CR2", "a.b.NEF", "x.raw"])
def test_raw_is_told_by_its_extension(name: str) -> None:
    assert records.media_type_of(item("image"), name) is MediaType.RAW
    assert records.media_type_of(item("document"), name) is MediaType.DOCUMENT


# fields --------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P28")
@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"keywords": "tractor, dawn,field ,"}, ("tractor", "dawn", "field")),
        ({"keywords": ["tractor", "dawn, early", ""]}, ("tractor", "dawn, early")),
        ({"keyword": "tractor"}, ("tractor",)),
        ({"keywords": ["one"], "keyword": "two"}, ("one",)),
    ],
)
def test_keywords_are_a_list_however_they_come(said: dict[str, Any], words: tuple[str, ...]) -> None:
    assert records.iptc_fields(said) == {"keywords": words}


def test_what_is_empty_is_absent() -> None:
    assert records.iptc_fields({"title": "", "caption": None, "keywords": "", "scene": []}) == {}
    assert records.iptc_fields({"urgency": 0, "city": " "}) == {"urgency": 0, "city": " "}


def test_custom_fields_are_named_by_their_id() -> None:
    entries = [
        {"field_id": "permit_no", "name": "Permit", "option_id": "o", "value": "P-118"},
        {"field_id": "crew", "value": "A"},
        {"field_id": "crew", "value": "B"},
        {"field_id": "crew", "value": "C"},
        {"field_id": "empty", "value": None},
        "odd",
    ]
    found = records.custom_fields(item("custom-metadata", custom_metadata=entries))
    assert found == {"custom.permit_no": "P-118", "custom.crew": ("A", "B", "C")}
    assert records.custom_fields(item("custom-metadata")) == {}


def test_technical_metadata_is_laid_flat() -> None:
    raw = json.dumps({"format": {"duration": "12.5", "tags": {"title": "Drone"}}, "streams": [{"a": 1}]})
    found = records.technical_fields({"author": "Jane", "raw": raw})
    assert found["raw.format.duration"] == "12.5"
    assert found["raw.format.tags.title"] == "Drone"
    assert found["author"] == "Jane"
    assert records.technical_fields({"raw": "no json"}) == {"raw": "no json"}


def record(**attributes: Any) -> Any:
    return records.record_of(AccountId("a"), item(**attributes), extra={}, containers=(), groups=frozenset({"base"}))


def test_a_record_takes_whichever_name_the_times_have() -> None:
    new = record(
        updated_at="2025-05-12 08:00:00 GMT",
        modified_at="2025-01-01 00:00:00 GMT",
        uploaded_at="2025-05-11 16:20:00 GMT",
    )
    assert new.modified == "2025-05-12 08:00:00 GMT"
    assert new.modified_at == datetime(2025, 5, 12, 8, tzinfo=UTC)
    assert new.created_at == datetime(2025, 5, 11, 16, 20, tzinfo=UTC)
    old = record(modified_at="2025-01-01T00:00:00.5", created_at="2024-01-01 00:00:00 GMT")
    assert old.modified == "2025-01-01T00:00:00.5"
    assert old.modified_at is None
    assert old.created_at == datetime(2024, 1, 1, tzinfo=UTC)


def test_a_record_shows_no_field_that_looking_at_it_moves() -> None:
    shown = record(views=14, thumbnail_width=3, screen_height=4, rating=3, model_released=True, property_released=None)
    assert shown.fields == {"rating": 3, "model_released": True}


@pytest.mark.parametrize("moved", [{"file_size": 2}, {"width": 9}, {"height": 9}, {"hash": "b" * 40}, {"duration": 7}])
def test_the_content_stamp_moves_with_what_shows_other_bytes(moved: dict[str, Any]) -> None:
    still: dict[str, Any] = {"file_size": 1, "width": 2, "height": 3, "hash": "a" * 40, "duration": 5}
    stamp = record(**still, rating=1).content_stamp
    assert record(**still, rating=5).content_stamp == stamp
    assert record(**{**still, **moved}).content_stamp != stamp


def test_a_hash_is_a_sha1_or_nothing() -> None:
    assert record(hash="A" * 40).checksum == Checksum("sha1", "a" * 40)
    assert record(hash="zz").checksum is None
    assert record(hash=None).checksum is None


# galleries -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        {"id": "G0000a", "includes": {"gallery": {"data": {"id": "G0000a", "attributes": {"name": "N/M"}}}}},
        {"id": "GI000link", "includes": {"gallery": {"data": {"id": "G0000a", "attributes": {"name": "N/M"}}}}},
        {"id": "GI000link", "attributes": {"gallery_id": "G0000a", "name": "N/M"}},
        {"id": "G0000a", "attributes": {"name": "N/M"}},
    ],
)
def test_the_gallery_is_found_wherever_the_element_holds_it(raw: dict[str, Any]) -> None:
    found = gallery_of(wire.parse_item({"data": raw}))
    assert found == Gallery(RemoteId("G0000a"), "N\N{DIVISION SLASH}M")


# refusals ------------------------------------------------------------------------------------------------------------


def said(id_: str) -> dict[str, Any]:
    return {"errors": [{"id": id_, "detail": "words with canary-key"}]}


@pytest.mark.hazard("P01")
@pytest.mark.parametrize(
    ("status", "body", "absence"),
    [
        (404, said("ResourceNotFoundException"), Absence.DELETED),
        (401, said("AcsPermissionException"), Absence.HIDDEN),
        (404, said("Other"), None),
        (404, "no json at all", None),
        (401, said("OAuthServerException"), None),
        (403, said("ResourceNotFoundException"), None),
        (410, said("ResourceNotFoundException"), None),
    ],
)
def test_only_the_services_own_word_proves_absence(status: int, body: object, absence: Absence | None) -> None:
    found = protocol.missing(reply(status, body), "I0000x")
    assert (found.absence if found else None) is absence


@pytest.mark.parametrize(
    ("status", "id_", "move"),
    [
        (403, "ApiKeyInvalidException", CannotGoOn),
        (404, "ResourceNotFoundException", MovedOn),
        (404, "", TryLater),
        (400, "Whatever", Refused),
        (401, "AcsPermissionException", Refused),
        (403, "Other", Refused),
        (415, "", Refused),
    ],
)
def test_each_refusal_names_the_next_move(status: int, id_: str, move: type[NextMove]) -> None:
    error = protocol.next_move(reply(status, said(id_)), tried="read asset I0000x", mask=Masker(["canary-key"]))
    assert type(error) is move
    assert "read asset I0000x" in str(error)
    assert "canary" not in str(error)


# options -------------------------------------------------------------------------------------------------------------

GOOD = {"api_key": "canary-key", "org_id": "O0000x", "email": "e@x.example", "password": "canary-word"}
OAUTH = {
    "client_id": "c",
    "client_secret": "canary-s",
    "refresh_token": "canary-r",
    "redirect_uri": "https://x.example",
}


def test_options_ask_for_one_way_in() -> None:
    assert PhotoShelterOptions.model_validate(GOOD).email == "e@x.example"
    by_oauth = {k: v for k, v in GOOD.items() if k not in {"email", "password"}} | {"oauth": OAUTH}
    assert PhotoShelterOptions.model_validate(by_oauth).oauth is not None


@pytest.mark.hazard("P49")
@pytest.mark.parametrize(
    "wrong",
    [
        {"email": None},
        {"password": None},
        {"email": None, "password": None},
        {"oauth": OAUTH},
        {"per_page": 5},
        {"per_page": 501},
        {"base_url": "photoshelter.com"},
        {"base_url": "https://u:p@photoshelter.com"},
        {"org_id": "O0000/x"},
        {"nonsense": 1},
        {"api_key": ["canary-key"]},
    ],
)
def test_options_that_cannot_work_are_refused_without_showing_secrets(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        PhotoShelterOptions.model_validate({**GOOD, **wrong})
    assert "canary" not in str(caught.value)


@pytest.mark.hazard("P49")
def test_options_show_no_secret() -> None:
    options = PhotoShelterOptions.model_validate(GOOD)
    assert "canary" not in f"{options} {options!r} {options.model_dump()} {options.model_dump_json()}"
    assert set(options.secrets()) == {"canary-key", "canary-word"}
