"""A hundred times into a system's words and out again: after the first time nothing moves any more, whatever the value.

Each trip goes through the simulator's own taking in and showing, which share no code with ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dambridge.connectors.netx import records as netx
from dambridge.connectors.photoshelter import records as photoshelter
from dambridge.connectors.photoshelter.changes import changes_for
from dambridge.mapping import (
    FIELDS,
    account_map,
    default_map,
    embedded_fields,
    fingerprint,
    own_tags,
    same,
    to_canonical,
    to_native,
)
from dambridge.mapping.fields import Kind
from dambridge.model.identity import AccountId, AssetKey, RemoteId, System
from dambridge.model.records import EmbeddedMetadata, MediaType, NativeRecord, NativeValue
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt, Value
from dambridge.ports.errors import Refused
from dambridge.testing.strategies import values_of
from dambridge_sim.netx.attributes import Attribute, Vocabularies, check_values, rendered
from dambridge_sim.photoshelter import iptc

Trip = Callable[[Fields], Fields]
JOINED = {it: {"separator": "; "} for it in ("creator", "scene", "subject_code")}
PHOTOSHELTER = account_map(System.PHOTOSHELTER, JOINED)
NETX = default_map(System.NETX)
TRIPS = 100
SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def native(system: System, said: Mapping[str, NativeValue], groups: frozenset[str]) -> NativeRecord:
    return NativeRecord(
        key=AssetKey(AccountId("a"), RemoteId("I1")),
        media_type=MediaType.IMAGE,
        file_name="a.jpg",
        name="a",
        size=1,
        modified="1",
        modified_at=datetime(2026, 1, 1, tzinfo=UTC),
        content_stamp="",
        checksum=None,
        fields=said,
        containers=(),
        groups=groups,
    )


def through_photoshelter(form: str, version: str) -> Trip:
    """Written by PATCH (PS E22), shown by E21 with keywords as a list or as text, under v3's name for them or v4's."""

    def trip(fields: Fields) -> Fields:
        write = to_native(fields, (), PHOTOSHELTER)
        assert write.problems == ()
        record: dict[str, Any] = {}
        for change in changes_for(MediaType.IMAGE, write.attributes, None, {}, about="write it"):
            assert change.rest == "/iptc"
            record = iptc.merged(record, change.form)
        shown = iptc.attributes(record, form)
        if version == "v3":
            shown["keyword"] = shown.pop("keywords")
        said = photoshelter.iptc_fields(shown)
        return to_canonical(native(System.PHOTOSHELTER, said, frozenset({"iptc"})), PHOTOSHELTER).fields

    return trip


def through_netx(fields: Fields) -> Fields:
    """Written as attribute values, checked and shown as NetX does (NX 4.1)."""
    kinds = {it.native: Attribute(id=at, name=it.native, type=cast("Any", it.kind)) for at, it in enumerate(NETX.rules)}
    definitions = {name: (it.type, None) for name, it in kinds.items()}
    write = to_native(fields, (), NETX, definitions=definitions)
    assert write.problems == ()
    vocabularies = Vocabularies()
    values: dict[str, tuple[str, ...]] = {}
    for name, texts in write.attributes.items():
        checked = check_values(kinds[name], list(texts), vocabularies, unknown_term="create")
        vocabularies.add(kinds[name], checked.new_terms)
        values[name] = checked.values
    shown = {name: tuple(it) for name, it in rendered(kinds.values(), values).items() if it}
    said = netx._fields(shown)
    return to_canonical(native(System.NETX, said, frozenset({"attributes"})), NETX).fields


def through_a_file(fields: Fields) -> Fields:
    """Spelled for XMP and read out of XMP; the files themselves make the trip in tests/unit/files."""
    return embedded_fields(EmbeddedMetadata(mime_type="", media_type=MediaType.IMAGE, tags=own_tags(fields)))


ROUTES: dict[str, Trip] = {
    "PhotoShelter v4, list": through_photoshelter("list", "v4"),
    "PhotoShelter v4, text": through_photoshelter("text", "v4"),
    "PhotoShelter v3": through_photoshelter("list", "v3"),
    "NetX": through_netx,
    "file": through_a_file,
}
CARRIED: dict[str, list[FieldName]] = {
    "PhotoShelter": [it.field for it in PHOTOSHELTER.rules if it.group == "iptc"],
    "NetX": [it.field for it in NETX.rules if it.field in FIELDS],
    "file": [name for name, field in FIELDS.items() if field.xmp],
}


def fits(route: str, value: Value) -> bool:
    """What a route can hold; what it cannot hold is refused in words (tests of each route), never altered."""
    terms = value if isinstance(value, tuple) else ()
    if isinstance(value, LangAlt):
        return bool(value.default.strip())
    if route == "NetX":
        return len(set(terms)) == len(terms) and not any(";" in it for it in terms) and not _without_day(value)
    if route.startswith("PhotoShelter"):
        return not any("," in it or ";" in it or it != it.strip() for it in terms)
    return True


def _without_day(value: Value) -> bool:
    return isinstance(value, DateValue) and value.day is None


@st.composite
def said(draw: st.DrawFn, route: str) -> dict[FieldName, Value]:
    """Every field that the route carries, each with a value that fits."""
    names = CARRIED[route.partition(" ")[0]]
    chosen = draw(st.lists(st.sampled_from(names), unique=True, min_size=1, max_size=5))
    found = {it: draw(values_of(FIELDS[it].kind).filter(lambda value: fits(route, value))) for it in chosen}
    # A source type is known by its URI; whatever reads a bare code makes one of it.
    return {it: f"{SOURCE_TYPES}{value}" if it == "digital_source_type" else value for it, value in found.items()}


@pytest.mark.hazard("P26")
@pytest.mark.hazard("P27")
@pytest.mark.hazard("P28")
@pytest.mark.parametrize("route", ROUTES)
@given(data=st.data())
@settings(max_examples=8)
def test_what_made_one_trip_makes_a_hundred_unchanged(route: str, data: st.DataObject) -> None:
    trip, fields = ROUTES[route], data.draw(said(route))
    once = trip(fields)
    for name, value in fields.items():
        assert same(name, once.get(name), value), name
    again = once
    for _ in range(TRIPS - 1):
        again = trip(again)
        assert again == once


def test_all_kinds_are_among_what_is_carried() -> None:
    assert {FIELDS[it].kind for it in CARRIED["file"]} == set(Kind)
    assert len(CARRIED["file"]) >= 50
    assert len(CARRIED["PhotoShelter"]) >= 30
    assert len(CARRIED["NetX"]) >= 18


@pytest.mark.hazard("P28")
@pytest.mark.parametrize("value", [("a, b", "c|d", "e/f/g", "h; i", "1e5", "true"), ("x", "x", "y")])
def test_a_file_keeps_terms_that_hold_marks_and_terms_that_stand_twice(value: tuple[str, ...]) -> None:
    name = FieldName("keywords")
    assert through_a_file({name: value}) == {name: value}


@pytest.mark.hazard("P28")
@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
@pytest.mark.parametrize("name", ["digital_source_type", "web_statement"])
def test_line_ends_that_xmp_respells_are_no_edit_of_an_address(name: str, end: str) -> None:
    field, value = FieldName(name), f"{SOURCE_TYPES}one{end}two"
    once = through_a_file({field: value})
    assert same(field, once.get(field), value)
    assert fingerprint(once) == fingerprint({field: value})


@pytest.mark.hazard("P31")
def test_what_photoshelter_cannot_be_told_is_refused_and_not_torn() -> None:
    with pytest.raises(Refused, match="would come apart"):
        through_photoshelter("list", "v4")({FieldName("keywords"): ("a, b",)})
