"""Dates of rights become instants the careful way, in every zone and on every odd day (hazards P27, P39)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from dambridge.mapping.instants import ends_at, opens_at
from dambridge.mapping.rights import RIGHTS_FIELDS, rights_of
from dambridge.model.rights import EVERYWHERE, Consent, LicenceKind, Release
from dambridge.model.values import DateValue, FieldName, LangAlt

SECOND = timedelta(seconds=1)
ZONES = sorted(it for it in available_timezones() if not it.startswith(("posix", "right", "Etc/", "System")))
ODD = ["Pacific/Kiritimati", "Etc/GMT+12", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo"]
zones = st.sampled_from([*ODD, *ZONES]).map(ZoneInfo)
days = st.dates(min_value=date(1990, 1, 1), max_value=date(2060, 12, 31))
walls = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2060, 1, 1)).map(  # noqa: DTZ001 - wall clocks
    lambda it: it.replace(microsecond=0)
)


@pytest.mark.hazard("P39")
@given(days, zones)
@example(date(2028, 2, 29), ZoneInfo("UTC"))
@example(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo"))  # midnight did not exist that day
@example(date(2026, 10, 25), ZoneInfo("Europe/Berlin"))
@example(date(2011, 12, 30), ZoneInfo("Pacific/Apia"))  # the whole day did not exist
def test_a_day_is_that_whole_day_in_the_business_zone(day: date, zone: ZoneInfo) -> None:
    """Told by the wall clock of the zone, second by second around the edge, and by nothing that the code uses."""
    value = DateValue(day.isoformat())
    opens, ends = opens_at(value, zone), ends_at(value, zone)
    assert opens is not None
    assert ends is not None
    assert opens.astimezone(zone).date() >= day
    assert (opens - SECOND).astimezone(zone).date() <= day
    assert (ends - SECOND).astimezone(zone).date() <= day
    assert timedelta(0) <= ends - opens <= timedelta(hours=26)
    if (opens - SECOND).astimezone(zone).date() == day:
        # Only where midnight came twice or never: the careful reading is the later one
        event("odd midnight")
        assert opens.astimezone(zone).hour <= 1


@pytest.mark.hazard("P39")
@given(walls, zones)
@example(datetime(2026, 3, 29, 2, 30), ZoneInfo("Europe/Berlin"))  # noqa: DTZ001 - the clock never showed it
@example(datetime(2026, 10, 25, 2, 30), ZoneInfo("Europe/Berlin"))  # noqa: DTZ001 - the clock showed it twice
@example(datetime(2026, 4, 5, 1, 45), ZoneInfo("Australia/Lord_Howe"))  # noqa: DTZ001 - half an hour twice
def test_a_wall_clock_is_never_early_for_an_embargo_nor_late_for_a_licence(wall: datetime, zone: ZoneInfo) -> None:
    value = DateValue(wall.isoformat())
    opens, ends = opens_at(value, zone), ends_at(value, zone)
    assert opens is not None
    assert ends is not None
    assert ends <= opens
    assert opens.astimezone(zone).replace(tzinfo=None) >= wall
    assert (ends - SECOND).astimezone(zone).replace(tzinfo=None) < wall
    quarters = [timedelta(minutes=15 * it) for it in range(1, 13)]
    assert all((opens + it).astimezone(zone).replace(tzinfo=None) > wall for it in quarters)
    assert all((ends - it).astimezone(zone).replace(tzinfo=None) < wall for it in quarters)
    event("twice or never" if ends != opens else "once")


@pytest.mark.hazard("P27")
@given(walls, st.integers(min_value=-12 * 60, max_value=14 * 60), zones)
def test_an_offset_settles_the_instant_whatever_the_zone(wall: datetime, minutes: int, zone: ZoneInfo) -> None:
    there = wall.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    value = DateValue(there.isoformat())
    assert opens_at(value, zone) == ends_at(value, zone) == there.astimezone(UTC)


@pytest.mark.parametrize("iso", ["2026", "2026-12"])
def test_less_than_a_day_is_no_instant(iso: str) -> None:
    assert opens_at(DateValue(iso), UTC) is None
    assert ends_at(DateValue(iso), UTC) is None


def test_the_last_day_of_the_calendar_has_an_end() -> None:
    assert ends_at(DateValue("9999-12-31"), UTC) == datetime.max.replace(tzinfo=UTC)


def fields(**given: object) -> dict[FieldName, object]:
    return {FieldName(name): value for name, value in given.items()}


def test_of_several_dates_the_careful_one_counts() -> None:
    rights = rights_of(
        fields(
            embargo_until=DateValue("2026-03-01"),
            licence_start=DateValue("2026-04-01"),
            expires_at=DateValue("2026-12-31"),
            licence_end=DateValue("2026-06-30T12:00:00+02:00"),
        ),  # type: ignore[arg-type]
        UTC,
    )
    assert rights.not_before == datetime(2026, 4, 1, tzinfo=UTC)
    assert rights.not_after == datetime(2026, 6, 30, 10, tzinfo=UTC)


def test_a_date_that_is_no_date_is_unclear_and_not_left_out() -> None:
    rights = rights_of(fields(embargo_until="after the premiere", licence_end=DateValue("2026-06")), UTC)  # type: ignore[arg-type]
    assert rights.unclear == ("embargo_until", "licence_end")


@pytest.mark.parametrize(
    ("given", "means"),
    [
        ("http://ns.useplus.org/ldf/vocab/MR-UMR", Release.UNLIMITED),
        ("MR-LMR", Release.LIMITED),
        ("MR-NON", Release.NONE),
        ("MR-NAP", Release.NOT_NEEDED),
        (True, Release.UNLIMITED),
        (False, Release.NONE),
        ("we have it somewhere", None),
        ("MR-XXX", None),
    ],
)
def test_releases_are_read_by_code_and_never_guessed(given: object, means: Release | None) -> None:
    assert rights_of(fields(model_release=given), UTC).model_release is means  # type: ignore[arg-type]


def test_words_and_names_have_one_spelling() -> None:
    rights = rights_of(
        fields(
            licence_kind="Rights managed",
            consent="Withdrawn",
            territories=("de", "Worldwide"),
            channels=("Portal",),
            editorial_only="Yes",
            people_shown=("A. Walker", " "),
        ),  # type: ignore[arg-type]
        UTC,
    )
    assert rights.kind is LicenceKind.RIGHTS_MANAGED
    assert rights.consent is Consent.WITHDRAWN
    assert rights.territories.permitted == frozenset({"DE", EVERYWHERE})
    assert rights.channels.permitted == frozenset({"portal"})
    assert rights.editorial_only
    assert rights.people == ("A. Walker",)


@pytest.mark.parametrize(("given", "means"), [("no", False), ("", False), ("unsure", True), ("Ja", True), (True, True)])
def test_a_restricting_flag_is_off_only_by_a_word_that_says_so(given: object, means: bool) -> None:
    assert rights_of(fields(editorial_only=given), UTC).editorial_only is means  # type: ignore[arg-type]


def test_text_about_rights_permits_nothing() -> None:
    said = fields(
        usage_terms=LangAlt.plain("Free for any use, worldwide, for ever."),
        other_constraints=LangAlt.plain("None"),
        instructions="Embargo until 2026-01-01",
    )
    rights = rights_of(said, UTC)  # type: ignore[arg-type]
    assert (rights.kind, rights.territories.permitted, rights.not_before) == (None, None, None)
    assert rights.terms == "Free for any use, worldwide, for ever."


def test_an_asset_that_says_nothing_permits_nothing() -> None:
    rights = rights_of({}, UTC)
    assert (rights.holder, rights.kind, rights.not_after, rights.territories.permitted) == ("", None, None, None)
    assert len(RIGHTS_FIELDS) == 22
