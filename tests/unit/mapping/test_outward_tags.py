"""What is written into files that go out: rights always, the earliest end in the place where readers look for one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.mapping.fields import FIELDS
from dambridge.mapping.instants import ends_at
from dambridge.mapping.outward import CARRIED, end_of, outward_tags
from dambridge.mapping.rights import RIGHTS_FIELDS
from dambridge.model.values import DateValue, FieldName, Fields, LangAlt

ZONE = ZoneInfo("America/New_York")
PLUS = "http://ns.useplus.org/ldf/vocab/"


def named(**values: Any) -> Fields:
    return {FieldName(name): value for name, value in values.items()}


def tags(master: Fields, said: Fields | None = None) -> dict[str, Any]:
    return outward_tags(said or {}, master, ZONE)


@pytest.mark.parametrize(
    ("dates", "expiration", "licence"),
    [
        ({"expires_at": "2027-01-01"}, "2027-01-01", None),
        ({"licence_end": "2027-01-01"}, "2027-01-01", "2027-01-01"),
        ({"expires_at": "2027-01-01", "licence_end": "2026-12-31"}, "2026-12-31", "2026-12-31"),
        ({"expires_at": "2026-12-31", "licence_end": "2027-01-01"}, "2026-12-31", "2027-01-01"),
        ({"expires_at": "2027-01-01T00:00:00Z", "licence_end": "2026-12-31"}, "2027-01-01T00:00:00Z", "2026-12-31"),
        ({"expires_at": "2027-01-01T06:00:00Z", "licence_end": "2026-12-31"}, "2026-12-31", "2026-12-31"),
        ({"expires_at": "2027-07-01T12:00"}, "2027-07-01T12:00:00-04:00", None),
        ({"expires_at": "2027-01-01T12:00:30.5"}, "2027-01-01T12:00:30.500000-05:00", None),
        ({"expires_at": "2027", "licence_end": "2028-01-01"}, "2028-01-01", "2028-01-01"),
        ({"expires_at": "2027"}, "2027", None),
        ({}, None, None),
    ],
)
def test_the_earliest_end_stands_where_readers_look_and_the_licences_own_beside_it(
    dates: dict[str, str], expiration: str | None, licence: str | None
) -> None:
    found = tags({FieldName(name): DateValue(iso) for name, iso in dates.items()})
    assert found.get("XMP-pur:ExpirationDate") == expiration
    assert found.get("XMP-plus:LicenseEndDate") == licence


def test_an_hour_that_the_clock_shows_twice_is_the_first_of_the_two() -> None:
    found = tags(named(expires_at=DateValue("2027-11-07T01:30")))
    assert found["XMP-pur:ExpirationDate"] == "2027-11-07T01:30:00-04:00"


def test_the_copys_words_count_and_the_masters_dates() -> None:
    master = named(credit="Desk", usage_terms=LangAlt.plain("Press"), expires_at=DateValue("2027-01-01"))
    said = named(credit="Desk / Eva", expires_at=DateValue("2030-01-01"), title=LangAlt.plain("Hafen"), usage_terms=" ")
    found = tags(master, said)
    assert found == {
        "XMP-dc:Title": {"x-default": "Hafen"},
        "XMP-photoshop:Credit": "Desk / Eva",
        "XMP-xmpRights:UsageTerms": {"x-default": "Press"},
        "XMP-pur:ExpirationDate": "2027-01-01",
    }


@pytest.mark.parametrize("spelled", ["DMI-PROHIBITED", PLUS + "DMI-PROHIBITED"])
def test_codes_are_spelled_whole_whatever_the_master_has(spelled: str) -> None:
    assert tags(named(data_mining=spelled)) == {"XMP-plus:DataMining": PLUS + "DMI-PROHIBITED"}


@pytest.mark.parametrize(
    ("value", "model", "owner"),
    [
        (True, "MR-UMR", "PR-UPR"),
        ("no", "MR-NON", "PR-NON"),
        (PLUS + "XX-LMR", "MR-LMR", "PR-LPR"),
        ("MR-NAP", "MR-NAP", "PR-NAP"),
    ],
)
def test_releases_have_the_code_of_their_kind(value: Any, model: str, owner: str) -> None:
    assert tags(named(model_release=value, property_release=value)) == {
        "XMP-plus:ModelReleaseStatus": PLUS + model,
        "XMP-plus:PropertyReleaseStatus": PLUS + owner,
    }


def test_what_iptc_has_no_field_for_goes_as_sentences_and_words_that_nobody_knows_are_not_lost() -> None:
    found = tags(
        named(
            territories=("worldwide",),
            territories_excluded=("us", "CA"),
            channels=("Press",),
            licence_kind="Royalty free",
            editorial_only=True,
            data_mining="no training, please",
        )
    )
    assert found == {
        "XMP-plus:RegionConstraints": {
            "x-default": "Territories permitted: everywhere. Territories not permitted: CA, US."
        },
        "XMP-plus:MediaConstraints": {"x-default": "Channels permitted: press."},
        "XMP-plus:OtherLicenseRequirements": {
            "x-default": "Licence: royalty free. Editorial use only. Data mining: no training, please."
        },
    }


def test_people_and_their_consent_stay_at_home_unless_the_outlet_shows_the_people() -> None:
    master = named(people_shown=("Ann",), consent="given", credit="Desk")
    assert tags(master) == {"XMP-photoshop:Credit": "Desk"}
    shown = tags(master, named(people_shown=("Ann",), consent="given"))
    assert shown == {"XMP-photoshop:Credit": "Desk", "XMP-iptcExt:PersonInImage": ("Ann",)}


def test_every_field_of_rights_is_carried_or_left_out_on_purpose() -> None:
    as_words = {
        "territories",
        "territories_excluded",
        "channels",
        "channels_excluded",
        "licence_kind",
        "editorial_only",
    }
    coded = {"data_mining", "model_release", "property_release"}
    at_home = {"people_shown", "consent", "embargo_until"}
    assert set(RIGHTS_FIELDS) == (set(CARRIED) & set(RIGHTS_FIELDS)) | as_words | coded | at_home
    assert all(FIELDS[name].xmp for name in CARRIED)
    assert len(CARRIED) >= 14


def test_nothing_known_is_nothing_said() -> None:
    assert tags({}) == {}
    assert tags(named(credit=" ", usage_terms=LangAlt.plain(""), territories=())) == {}


WALLS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(lambda it: it.replace(microsecond=0))  # noqa: DTZ001
DATES = st.one_of(
    st.dates().map(lambda it: it.isoformat()),
    WALLS.map(lambda it: it.isoformat()),
    WALLS.map(lambda it: it.replace(tzinfo=UTC).isoformat()),
).map(DateValue)


@given(st.dictionaries(st.sampled_from(["expires_at", "licence_end"]), DATES, min_size=1))
def test_no_reader_finds_a_later_end_than_the_gate_does(dates: dict[str, DateValue]) -> None:
    fields = {FieldName(name): value for name, value in dates.items()}
    written = tags(fields)["XMP-pur:ExpirationDate"]
    gate = min(at for it in dates.values() if (at := ends_at(it, ZONE)) is not None)
    assert ends_at(DateValue(written), ZONE) == gate
    assert "T" not in written or DateValue(written).offset is not None
    assert end_of(fields, ZONE) in dates.values()
