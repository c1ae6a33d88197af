"""Who a permission entry lets in, and until when; the forms of times; what becomes of equal names in a ZIP."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge_sim.photoshelter.embedding import getty_fields
from dambridge_sim.photoshelter.errors import BAD_KEY, NOT_FOUND, v4_body
from dambridge_sim.photoshelter.filters import in_galleries
from dambridge_sim.photoshelter.grants import Guest, lets_in
from dambridge_sim.photoshelter.parameters import Parameters
from dambridge_sim.photoshelter.times import container_time, license_time
from dambridge_sim.photoshelter.v4_batch import entry_name

PAT = Guest("pat@press.example", frozenset({"CT000pat", "CTG00press"}), password="sesame", token="t-1")
NOBODY = Guest()


@pytest.mark.parametrize(
    ("entry", "right", "wrong"),
    [
        ({"type": "contact", "contact_email": "Pat@press.example"}, PAT, Guest("ann@press.example")),
        ({"type": "contact", "contact_id": "CT000pat"}, PAT, Guest("pat@press.example")),
        ({"type": "group", "group_id": "CTG00press"}, PAT, Guest(known_as=frozenset({"CTG00other"}))),
        ({"type": "password", "password": "sesame"}, PAT, Guest(password="Sesame")),
        ({"type": "token", "token": "t-1"}, PAT, Guest(token="t-2")),
    ],
)
def test_an_entry_lets_in_whom_it_names_until_it_ends(entry: dict[str, object], right: Guest, wrong: Guest) -> None:
    assert lets_in(entry, right, 1000)
    assert not lets_in(entry, wrong, 1000)
    assert not lets_in(entry, NOBODY, 1000)
    assert lets_in({**entry, "expires_ms": 1001}, right, 1000)
    assert not lets_in({**entry, "expires_ms": 1000}, right, 1000)


@pytest.mark.parametrize("kind", ["contact", "group", "password", "token", "access_level"])
def test_an_entry_that_names_nobody_lets_nobody_in(kind: str) -> None:
    assert not lets_in({"type": kind}, PAT, 0)
    assert not lets_in({"type": kind}, NOBODY, 0)


@given(st.integers(0, 4_000_000_000_000))
def test_a_container_time_is_the_same_instant_in_every_zone(at_ms: int) -> None:
    for zone in (UTC, ZoneInfo("Europe/London"), ZoneInfo("Asia/Kolkata")):
        said = datetime.fromisoformat(container_time(at_ms, zone))
        assert said.tzinfo is None
        assert said == datetime.fromtimestamp(at_ms / 1000, zone).replace(tzinfo=None, microsecond=at_ms % 1000 * 1000)


def test_the_forms_of_a_licence_date() -> None:
    noon = 1_769_860_800_000
    forms = {
        form: license_time(noon, form, ZoneInfo("America/New_York")) for form in ("media", "date", "epoch", "container")
    }
    assert forms == {
        "media": "2026-01-31 12:00:00 GMT", "date": "2026-01-31", "epoch": 1_769_860_800,
        "container": "2026-01-31T07:00:00.000000",
    }  # fmt: skip


def test_errors_in_both_forms() -> None:
    assert v4_body(NOT_FOUND, "d")["errors"][0] == v4_body(NOT_FOUND, "d", "object")["errors"]
    assert set(v4_body(BAD_KEY, "d", "object")) == {"error"}
    assert set(v4_body(BAD_KEY, "d")) == {"errors"}


def test_gettys_fields_are_known_by_name_however_it_is_spelled() -> None:
    found = getty_fields({"image_rank": "1", "Routing Destinations": "EU", "COMPOSITION": "wide", "ranking": "2"})
    assert found == {"ImageRank": "1", "RoutingDestinations": "EU", "Composition": "wide"}


@given(st.lists(st.sampled_from(["a.jpg", "a-2.jpg", "b", ".c", "a.b.jpg"]), max_size=6))
def test_no_two_files_in_a_zip_have_one_name(names: list[str]) -> None:
    used = set[str]()
    packed = [entry_name(name, used) for name in names]
    assert len(set(packed)) == len(packed)


@pytest.mark.parametrize(
    ("sent", "found"),
    [('[{"a": 1}]', [{"a": 1}]), ([{"a": 1}], [{"a": 1}]), ("[]", []), ("", None), (None, None)],
)
def test_a_list_of_objects_as_text_or_json(sent: object, found: object) -> None:
    assert Parameters({"x": sent}).objects("x") == found


@pytest.mark.parametrize("sent", ["{}", "[1]", "x", {"a": 1}, 3])
def test_what_is_no_list_of_objects_is_refused(sent: object) -> None:
    with pytest.raises(Exception, match="JSON list"):
        Parameters({"x": sent}).objects("x")


def test_parameters_as_a_server_reads_them_that_knows_fewer() -> None:
    sent = Parameters({"a": "1", "b": "2"})
    assert sent.without("a").every == {"b": "2"}
    assert sent.only("a", "c").every == {"a": "1"}
    assert in_galleries(frozenset({"G1"}))({"galleries": [{"id": "G1"}]})
