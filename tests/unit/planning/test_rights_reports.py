"""Reports about rights: what ends, opens, is unclear, rests on a contract, shows people, and is lost to a region."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from dambridge.engine.rights_calendar import calendar
from dambridge.model.gate import Answer, Block
from dambridge.model.identity import AccountId, AssetKey, FlowName, LinkId, RemoteId
from dambridge.model.publications import Stage
from dambridge.model.rights import Consent, Fact, Rights
from dambridge.model.standing import OutletStanding
from dambridge.planning.rights_reports import consent, contracts, expiring, losses, opening, unclear, who_has

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
OPEN = Answer(blocks=())
UNKNOWN = Answer(blocks=(Block.UNKNOWN,), unknown=(Fact.HOLDER,))
SEEN = [Stage.VISIBLE, Stage.LEAVING, Stage.ADOPTED]
UNSEEN = [None, Stage.STAGED, Stage.WITHDRAWN]


def row(name: str = "a.jpg", **more: object) -> OutletStanding:
    plain = OutletStanding(
        flow=FlowName.SYNDICATE,
        outlet="france",
        region="France",
        link=LinkId(f"ln-{name}"),
        master=AssetKey(AccountId("archive"), RemoteId(name)),
        copy=AssetKey(AccountId("agency"), RemoteId(f"I{name}")),
        file_name=name,
        stage=Stage.VISIBLE,
        rights=Rights(holder="Northwind", contract="K-1"),
        answer=OPEN,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def in_days(days: float) -> datetime:
    return NOW + timedelta(days=days)


def test_ends_are_told_by_horizon_the_overdue_first() -> None:
    rows = [row(f"{it}", until=in_days(it)) for it in (89, 6.9, -1, 7, 7.1, 30, 91)]
    found = expiring([*rows, row("endless")], NOW)
    assert [(it.row.file_name, it.days) for it in found] == [
        ("-1", 0),
        ("6.9", 7),
        ("7", 7),
        ("7.1", 30),
        ("30", 30),
        ("89", 90),
    ]
    assert [it.days for it in expiring(rows, NOW, days=10)] == [0, 7, 7, 10]


@pytest.mark.parametrize("stage", [*SEEN, *UNSEEN])
def test_only_what_somebody_can_see_ends_or_is_unclear(stage: Stage | None) -> None:
    there = row(stage=stage, until=in_days(1), answer=UNKNOWN)
    assert len(expiring([there], NOW)) == len(unclear([there])) == (stage in SEEN)


def test_rights_that_end_before_the_plan_says_so_count() -> None:
    early = row(until=in_days(60), rights=Rights(not_after=in_days(5)))
    assert [it.at for it in expiring([early], NOW, days=7)] == [in_days(5)]


def test_openings_are_those_that_wait_for_their_date_alone() -> None:
    embargoed = Answer(blocks=(Block.BEFORE_START,), opens=in_days(3))
    both = Answer(blocks=(Block.BEFORE_START, Block.UNKNOWN), unknown=(Fact.KIND,))
    rows = [
        row("waits", stage=None, answer=embargoed),
        row("unknown too", stage=None, answer=both),
        row("out already", answer=embargoed),
        row("far", stage=None, answer=replace(embargoed, opens=in_days(200))),
        row("just opened", stage=None, answer=replace(embargoed, opens=NOW)),
    ]
    assert [it.row.file_name for it in opening(rows, NOW)] == ["waits"]


def test_what_is_known_to_be_forbidden_comes_before_what_is_unknown() -> None:
    rows = [row("clear"), row("unknown", answer=UNKNOWN), row("zz ended", answer=Answer(blocks=(Block.ENDED,)))]
    assert [it.file_name for it in unclear(rows)] == ["zz ended", "unknown"]


def test_contracts_count_assets_once_and_name_what_names_none() -> None:
    same = row("a.jpg", outlet="spain", region="Spain", until=in_days(4))
    bare = row("b.jpg", rights=Rights())
    gone = row("c.jpg", stage=Stage.WITHDRAWN)
    first, second = contracts([row("a.jpg"), same, bare, gone])
    assert (first.contract, first.assets, first.copies) == ("", 1, 1)
    assert (second.contract, second.assets, second.copies) == ("K-1", 1, 2)
    assert (second.outlets, second.holders, second.first_end) == (("france", "spain"), ("Northwind",), in_days(4))


def test_withdrawn_consent_comes_first_and_is_told_even_of_what_is_gone() -> None:
    people = ("Ada",)
    rows = [
        row("given", rights=Rights(people=people, consent=Consent.GIVEN)),
        row("unknown", rights=Rights(people=people)),
        row("gone", stage=Stage.WITHDRAWN, rights=Rights(people=people, consent=Consent.WITHDRAWN)),
        row("nobody"),
        row("unseen", stage=None, rights=Rights(people=people, consent=Consent.GIVEN)),
    ]
    assert [it.file_name for it in consent(rows)] == ["gone", "unknown", "given"]


def test_who_has_what_by_outlet_and_what_a_region_loses() -> None:
    rows = [
        row("a", until=in_days(10)),
        row("b", until=in_days(40)),
        row("c", until=in_days(120)),
        row("d", stage=Stage.ADOPTED),
        row("e", stage=Stage.WITHDRAWN),
        row("f", stage=None),
        row("a", outlet="paris", until=in_days(12)),
        row("a", outlet="dealers", region="", until=in_days(1)),
    ]
    held = {it.outlet: it for it in who_has(rows)}
    assert sorted(held) == ["dealers", "france", "paris"]
    france = held["france"]
    assert (france.in_sight, france.adopted, france.withdrawn, france.waiting) == (4, 1, 1, 1)
    assert [it.outlet for it in who_has(rows, region="FRANCE")] == ["france", "paris"]
    assert [it.outlet for it in who_has(rows, region="paris")] == ["paris"]
    lost = {it.region: it for it in losses(rows, NOW)}
    assert (lost["France"].has, lost["France"].loses) == (5, 3)
    assert lost["France"].by_month == {"2026-12": 2, "2027-01": 1}
    assert lost["dealers"].loses == 1
    assert losses(rows, NOW, days=5)[0].loses == 0


dates = st.one_of(st.none(), st.integers(-100, 400).map(in_days))
stages = st.sampled_from([*SEEN, *UNSEEN])


@given(st.lists(st.tuples(stages, dates, st.sampled_from(["france", "spain"])), max_size=30), st.integers(1, 365))
def test_every_row_is_told_of_where_it_belongs_and_nowhere_else(
    given_rows: list[tuple[Stage | None, datetime | None, str]], days: int
) -> None:
    rows = [
        row(f"{n}", stage=stage, until=until, outlet=outlet, region=outlet)
        for n, (stage, until, outlet) in enumerate(given_rows)
    ]
    due = {it.file_name for it in rows if it.stage in SEEN and it.until and it.until <= in_days(days)}
    found = expiring(rows, NOW, days=days)
    assert {it.row.file_name for it in found} == due
    assert len(found) == len(due)
    assert found == expiring(rows[::-1], NOW, days=days)
    assert sum(it.loses for it in losses(rows, NOW, days=days)) == len(due)
    assert sum(it.in_sight for it in who_has(rows)) == sum(it.stage in SEEN for it in rows)


def test_the_calendar_keeps_its_ids_and_is_in_utc() -> None:
    waits = row("w;1,\n.jpg", stage=None, answer=Answer(blocks=(Block.BEFORE_START,), opens=in_days(3)))
    rows = [row("a", until=in_days(2)), waits]

    def written(rows: list[OutletStanding], now: datetime) -> dict[str, tuple[str, datetime, str]]:
        data = calendar(expiring(rows, NOW), opening(rows, NOW), now=now)
        events = Calendar.from_ical(data).walk("VEVENT")
        told = {it.decoded("dtstart"): it for it in events}
        kinds = {at: "opens" if "may go" in str(it["summary"]) else "ends" for at, it in told.items()}
        return {kinds[at]: (str(it["uid"]), at, str(it["summary"])) for at, it in told.items()}

    first = written(rows, NOW)
    assert {kind: it[1] for kind, it in first.items()} == {"ends": in_days(2), "opens": in_days(3)}
    assert all(it[1].utcoffset() == timedelta(0) for it in first.values())
    assert "leaves france" in first["ends"][2]
    moved = written([row("a", until=in_days(9)), waits], in_days(1))
    assert {it[0] for it in moved.values()} == {it[0] for it in first.values()}, "the same events, at other instants"
    assert moved["ends"][1] == in_days(9)
    assert len({it[0] for it in first.values()}) == 2
