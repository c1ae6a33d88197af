"""A system's record becomes a canonical one: nothing lost without a note, unread never empty, versions of what is mapped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dambridge.mapping import AccountMap, account_map, default_map, to_canonical, unread_fields
from dambridge.model.identity import AccountId, AssetKey, RemoteId, System
from dambridge.model.reasons import Code
from dambridge.model.records import Container, EmbeddedMetadata, MediaType, NativeRecord, NativeValue
from dambridge.model.values import DateValue, FieldName, LangAlt

PHOTOSHELTER = default_map(System.PHOTOSHELTER)
NETX = default_map(System.NETX)
ALL = frozenset({"base", "iptc", "custom", "containers", "attributes", "file"})


def native(fields: Mapping[str, NativeValue], *, groups: frozenset[str] = ALL, modified: str = "m1") -> NativeRecord:
    return NativeRecord(
        key=AssetKey(AccountId("agency"), RemoteId("I1")),
        media_type=MediaType.IMAGE,
        file_name="a.jpg",
        name="a",
        size=3,
        modified=modified,
        modified_at=datetime(2026, 11, 24, tzinfo=UTC),
        content_stamp="3:1x1",
        checksum=None,
        fields=fields,
        containers=(Container(RemoteId("G1"), "Intake/A"),),
        groups=groups,
        created_at=datetime(2026, 11, 2, tzinfo=UTC),
    )


def fields_of(given: Mapping[str, NativeValue], account: AccountMap = PHOTOSHELTER) -> Mapping[FieldName, object]:
    return to_canonical(native(given), account).fields


def test_photoshelters_names_become_iptcs() -> None:
    assert fields_of(
        {
            "caption": "A  tractor\r\n",
            "title": "Tractor",
            "keywords": ("tractor", "a,b"),
            "author": "Jane Doe",
            "rights": "Editorial only",
            "trans_ref": "JOB-1",
            "country_iso": "GB",
            "edit_status": "approved",
            "rating": 4,
            "model_released": True,
            "property_released": False,
            "ci_email": "a@b.example",
        }
    ) == {
        "description": LangAlt.plain("A  tractor\r\n"),
        "title": LangAlt.plain("Tractor"),
        "keywords": ("tractor", "a,b"),
        "creator": ("Jane Doe",),
        "usage_terms": LangAlt.plain("Editorial only"),
        "job_id": "JOB-1",
        "country_code": "GB",
        "edit_status": "approved",
        "rating": 4,
        "model_release": "http://ns.useplus.org/ldf/vocab/MR-UMR",
        "property_release": "http://ns.useplus.org/ldf/vocab/PR-NON",
        "contact_email": "a@b.example",
    }


def test_netxs_attributes_become_iptcs_fields() -> None:
    given: dict[str, NativeValue] = {
        "Title": ("Tractor",),
        "Keywords": ("a,b", "c"),
        "Creator": ("Jane; Joe",),
        "Date Created": ("2026-03-14",),
        "Rating": ("4",),
        "Country Code": ("DEU",),
        "Dambridge Id": ("ln1",),
        "Unmapped": ("x",),
    }
    assert fields_of(given, NETX) == {
        "title": LangAlt.plain("Tractor"),
        "keywords": ("a,b", "c"),
        "creator": ("Jane", "Joe"),
        "date_created": DateValue("2026-03-14"),
        "rating": 4,
        "country_code": "DEU",
    }


@pytest.mark.parametrize("raw", ["", "  ", (), ("", " ")])
def test_blank_is_absent(raw: NativeValue) -> None:
    assert fields_of({"caption": raw}) == {}


@pytest.mark.hazard("P28")
@pytest.mark.parametrize("term", ["a,b", "a|b", "a/b", "a;b", "a > b"])
def test_a_term_is_one_term_whatever_it_contains(term: str) -> None:
    assert fields_of({"keywords": (term, "x")}) == {"keywords": (term, "x")}
    assert fields_of({"keywords": term}) == {"keywords": (term,)}


@pytest.mark.hazard("P28")
def test_a_separator_splits_only_where_the_site_says_so() -> None:
    split = account_map(System.PHOTOSHELTER, {"keywords": {"separator": ","}})
    assert fields_of({"keywords": "harbour, boats,,night "}, split) == {"keywords": ("harbour", "boats", "night")}
    assert fields_of({"keywords": ("a,b", "c")}, split) == {"keywords": ("a,b", "c")}


@pytest.mark.hazard("P31")
@pytest.mark.parametrize(
    ("raw", "account", "field"),
    [
        ({"rating": "many"}, PHOTOSHELTER, "rating"),
        ({"rating": 2.5}, PHOTOSHELTER, "rating"),
        ({"Date Created": ("2026-02-30",)}, NETX, "date_created"),
    ],
)
def test_what_cannot_be_read_is_named(raw: dict[str, NativeValue], account: AccountMap, field: str) -> None:
    record = to_canonical(native(raw), account)
    assert record.fields == {}
    (note,) = record.notes
    assert note.code is Code.VALUE_UNREADABLE
    assert note["field"] == field


@pytest.mark.hazard("P31")
def test_further_values_of_a_single_field_are_named() -> None:
    record = to_canonical(native({"Title": ("One", "Two", "Three")}), NETX)
    assert record.fields == {"title": LangAlt.plain("One")}
    assert [note["field"] for note in record.notes] == ["title"]
    assert "2 more" in str(record.notes[0]["text"])
    assert to_canonical(native({"Title": ("One",)}), NETX).notes == ()


def test_a_group_that_was_not_read_is_unread_and_not_empty() -> None:
    record = to_canonical(native({"rating": 1}, groups=frozenset({"base"})), PHOTOSHELTER)
    assert {"title", "credit", "edit_status"} <= unread_fields(record)
    assert "rating" not in unread_fields(record)
    empty = to_canonical(native({"rating": 1}), PHOTOSHELTER)
    assert unread_fields(empty) == frozenset()
    assert empty.version.fields != record.version.fields


def test_a_sites_own_fields_stand_beside_until_a_rule_names_them() -> None:
    assert fields_of({"custom.permit": "P-1"}) == {"custom:permit": "P-1"}
    named = account_map(System.PHOTOSHELTER, {"job_id": "custom.permit"})
    record = to_canonical(native({"custom.permit": "P-1"}, groups=frozenset({"base", "iptc"})), named)
    assert record.fields == {"job_id": "P-1"}
    unread = to_canonical(native({}, groups=frozenset({"base", "iptc"})), named)
    assert unread_fields(unread) == {"job_id"}


def test_the_version_moves_with_mapped_fields_only() -> None:
    before = to_canonical(native({"Title": ("x",), "Other": ("1",)}), NETX).version
    assert to_canonical(native({"Title": ("x",), "Other": ("2",)}), NETX).version == before
    assert to_canonical(native({"Title": ("x ",)}), NETX).version == before
    assert to_canonical(native({"Title": ("y",)}), NETX).version != before
    assert to_canonical(native({"Title": ("x",)}, modified="m2"), NETX).version != before
    photo = to_canonical(native({"custom.permit": "1"}), PHOTOSHELTER).version
    assert to_canonical(native({"custom.permit": "2"}), PHOTOSHELTER).version.fields != photo.fields


@pytest.mark.hazard("P10")
def test_the_modified_time_keeps_the_precision_of_its_source() -> None:
    for spelled in ("1767225600123", "2026-11-02 09:00:00 GMT", "2026-11-02T09:00:00.123456Z", ""):
        assert to_canonical(native({}, modified=spelled), NETX).version.modified == spelled


def test_what_the_system_says_wins_and_the_file_fills_the_rest() -> None:
    inside = EmbeddedMetadata(
        mime_type="image/jpeg",
        media_type=MediaType.IMAGE,
        tags={"XMP-dc:Title": {"x-default": "In the file"}, "XMP-photoshop:DateCreated": "2026-03-14"},
    )
    given = native({"title": "In PhotoShelter"})
    record = to_canonical(given, PHOTOSHELTER, embedded=inside)
    assert record.fields == {"title": LangAlt.plain("In PhotoShelter"), "date_created": DateValue("2026-03-14")}
    assert record.version == to_canonical(given, PHOTOSHELTER).version


def test_facts_of_the_file_travel_unchanged() -> None:
    given = replace(native({}), file_name="Blu\u0308te.jpg", name=" n ")
    record = to_canonical(given, PHOTOSHELTER)
    assert (record.file_name, record.name, record.size) == ("Blu\u0308te.jpg", " n ", 3)
    assert record.containers == given.containers
    assert record.created_at == given.created_at
