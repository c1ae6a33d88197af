"""`dambridge rights` as people and scripts ask it: one asset in words, reports over what stands outside, the calendar.

Masters stand in a simulated NetX; what went out is put straight into the ledger, so that no run decides anything here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from icalendar import Calendar

from dambridge.model.identity import AccountId, Copy, CopyId, CopyRole, FlowName, Link, LinkId, RemoteId
from dambridge.model.publications import Publication, Stage
from dambridge.model.values import DateValue, FieldName
from dambridge.storage import open_ledger
from dambridge.testing.agreeing_contract import make_links
from dambridge_sim.__main__ import make_vendor
from dambridge_sim.kit.serving import serve
from support.commands import Answer, dambridge
from support.pictures import picture
from support.simulated import options
from support.world import World, control

ATTRIBUTES = ["Kind", "End", "Start", "Territories", "Channels", "Contract", "People", "Consent", "Release"]
MADE = [
    {"name": it, "type": "tag", "open": True}
    if it in {"Territories", "Channels", "People"}
    else {"name": it, "type": "text"}
    for it in ATTRIBUTES
]
MAPS = {
    "archive": {
        "licence_kind": "Kind",
        "licence_end": "End",
        "licence_start": "Start",
        "territories": "Territories",
        "channels": "Channels",
        "contract_reference": "Contract",
        "people_shown": "People",
        "consent": "Consent",
        "model_release": "Release",
    }
}
PLACE = {"account": "agency", "channel": "portal", "audience": "dealers"}
FLOWS = {
    "syndicate": {
        "from": "archive",
        "select": {"folders": ["**"]},
        "outlets": {
            "germany": {**PLACE, "gallery": "Markets/DE", "territory": "DE", "region": "DACH"},
            "france": {**PLACE, "gallery": "Markets/FR", "territory": "FR", "region": "France"},
        },
    }
}
CLEAR: dict[str, Any] = {
    "Copyright Notice": "© Northwind",
    "Kind": "Rights managed",
    "Territories": ["DE", "AT"],
    "Channels": ["Portal"],
    "Contract": "K-17",
}


@dataclass(slots=True)
class Desk:
    """Three masters: one clear for Germany, one of whose rights nobody said anything, one under embargo."""

    pair: World
    clear: str
    bare: str
    early: str
    now: datetime

    def ask(self, *arguments: str) -> Answer:
        return dambridge(self.pair.config, "rights", *arguments)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = {"maps": MAPS, "flows": FLOWS, "gate": {"channels": {"portal": {}}, "zone": "Europe/Berlin"}}
    folder = tmp_path_factory.mktemp("rights")
    (folder / "seed").mkdir()
    (folder / "seed" / "library.yaml").write_text(yaml.safe_dump({"attributes": MADE}), encoding="utf-8")
    site = options(seed=str(folder / "seed"))
    with serve(make_vendor("photoshelter"), options()) as ps, serve(make_vendor("netx"), site) as nx:
        pair = World(ps, nx, folder / "ours", settings)
        now = datetime.fromisoformat(control(pair.photoshelter.url, "GET", "/__sim__/clock")["now"])
        dated = {**CLEAR, "End": f"{now + timedelta(days=20):%Y-%m-%d}"}
        early = {
            **CLEAR,
            "Start": f"{now + timedelta(days=9):%Y-%m-%d}",
            "End": f"{now + timedelta(days=400):%Y-%m-%d}",
        }
        ids = [
            pair.keep_in_netx(picture(n), file_name=f"{name}.jpg", containers=["Campaigns"], attributes=given)
            for n, (name, given) in enumerate([("clear", dated), ("bare", {}), ("early", early)])
        ]
        it = Desk(pair, ids[0], ids[1], ids[2], now)
        asyncio.run(_gone_out(it))
        yield it


async def _gone_out(desk: Desk) -> None:
    """`clear` and `bare` went to Germany, one of them until the day after tomorrow; `early` was never anywhere."""
    desk.pair.folder.joinpath("data").mkdir(parents=True)
    ledger = open_ledger(desk.pair.folder / "data")
    master = CopyId(AccountId("archive"), CopyRole.RECORD)
    links = [
        Link(LinkId(f"ln-{it}"), FlowName.SYNDICATE, (Copy(master, RemoteId(it)),)) for it in (desk.clear, desk.bare)
    ]
    run = await ledger.open_run(FlowName.SYNDICATE, at=desk.now, command=None, plan=None)
    await make_links(ledger, run, links)
    await ledger.put_publications(
        [
            Publication(
                flow=FlowName.SYNDICATE,
                link=link.id,
                copy=CopyId(AccountId("agency"), CopyRole.PUBLISHED, "germany"),
                stage=Stage.VISIBLE,
                remote_id=RemoteId(f"I{link.id}"),
                fields={FieldName("contract_reference"): "K-17", FieldName("licence_end"): DateValue("2030-01-01")},
                file_name=name,
                until=until,
                at=desk.now,
            )
            for link, name, until in zip(
                links, ("clear.jpg", "bare.jpg"), (desk.now + timedelta(days=2), None), strict=True
            )
        ]
    )
    await ledger.close()


# one asset ------------------------------------------------------------------------------------------------------------


def test_yes_is_said_with_its_end_in_the_business_zone(desk: Desk) -> None:
    said = desk.ask("may", desk.clear, "--outlet", "germany")
    assert said.code == 0, said.err
    (answer,) = said.json["answers"]
    assert answer["permits"]
    assert answer["words"].startswith("Yes, until ")
    last = (desk.now + timedelta(days=20)).date()
    until = datetime.fromisoformat(answer["until"])
    assert until - datetime(last.year, last.month, last.day, tzinfo=UTC) < timedelta(days=1), (
        "the end of that day, there"
    )
    assert until > datetime(last.year, last.month, last.day, tzinfo=UTC)


def test_no_says_why_and_every_outlet_is_asked_about_where_none_is_named(desk: Desk) -> None:
    said = desk.ask("may", f"archive:{desk.clear}")
    assert said.code == 3
    told = {it["outlet"]: it for it in said.json["answers"]}
    assert told["germany"]["permits"]
    assert (told["france"]["permits"], told["france"]["blocks"]) == (False, ["territory"])
    assert "does not hold in this territory" in told["france"]["words"]


def test_what_nobody_said_is_no(desk: Desk) -> None:
    said = desk.ask("may", desk.bare, "--outlet", "germany")
    (answer,) = said.json["answers"]
    assert (said.code, answer["permits"]) == (3, False)
    assert answer["words"].startswith("Unknown, which is no")
    assert {"kind", "window", "territories", "channels"} <= set(answer["unknown"])


def test_an_embargo_says_when_and_another_instant_may_be_asked_about(desk: Desk) -> None:
    asked = ("--channel", "Portal", "--territory", "de", "--audience", "dealers")
    today = desk.ask("may", desk.early, *asked)
    (answer,) = today.json["answers"]
    assert (today.code, answer["blocks"]) == (3, ["before_start"])
    assert answer["words"].startswith("Not before ")
    opens = datetime.fromisoformat(answer["opens"])
    before, then = (opens + timedelta(seconds=it) for it in (-1, 0))
    assert desk.ask("may", desk.early, *asked, "--at", before.isoformat()).code == 3
    assert desk.ask("may", desk.early, *asked, "--at", then.isoformat()).code == 0


def test_a_copy_outside_and_a_link_lead_to_their_master(desk: Desk) -> None:
    for name in (f"agency:Iln-{desk.clear}", f"ln-{desk.clear}"):
        said = desk.ask("may", name, "--outlet", "germany").json
        assert (said["asset"], said["link"]) == (f"archive:{desk.clear}", f"ln-{desk.clear}")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("may", "{clear}", "--outlet", "spain"), 2),
        (("may", "{clear}", "--channel", "portal"), 2),
        (("may", "{clear}", "--outlet", "germany", "--channel", "portal"), 2),
        (("may", "{clear}", "--channel", "tv", "--territory", "DE", "--audience", "x"), 2),
        (("may", "{clear}", "--outlet", "germany", "--at", "soon"), 2),
        (("may", "archive:999999", "--outlet", "germany"), 1),
        (("may", "nowhere:1", "--outlet", "germany"), 1),
        (("losses", "--region", "Spain"), 2),
        (("calendar", "--out", "/nonexistent/x.ics"), 2),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(desk: Desk, arguments: tuple[str, ...], code: int) -> None:
    said = desk.ask(*(it.format(clear=desk.clear) for it in arguments))
    assert said.code == code, said.out
    assert said.json["error"]
    assert "Traceback" not in said.err


# reports --------------------------------------------------------------------------------------------------------------


def test_what_ends_rests_on_the_plan_and_with_live_on_the_masters(desk: Desk) -> None:
    said = desk.ask("expiring", "--days", "30")
    assert said.code == 0
    assert [(it["file_name"], it["within_days"]) for it in said.json["rows"]] == [("clear.jpg", 7)]
    assert said.json["live"] is False
    assert desk.ask("expiring", "--live").json["rows"][0]["file_name"] == "clear.jpg"


def test_what_is_shown_without_clear_rights_needs_a_person(desk: Desk) -> None:
    said = desk.ask("unclear", "--live")
    assert said.code == 3
    assert [it["file_name"] for it in said.json["rows"]] == ["bare.jpg"]
    assert "which is no" in said.json["rows"][0]["words"]


def test_contracts_regions_and_who_has_what(desk: Desk) -> None:
    (contract,) = desk.ask("contracts").json["contracts"]
    assert (contract["contract"], contract["assets"]) == ("K-17", 2)
    assert {it["contract"]: it["assets"] for it in desk.ask("contracts", "--live").json["contracts"]} == {
        "": 1,
        "K-17": 1,
    }
    (germany,) = desk.ask("who-has", "--region", "dach").json["outlets"]
    assert (germany["outlet"], germany["in_sight"]) == ("germany", 2)
    (dach,) = desk.ask("losses", "--days", "90").json["regions"]
    assert (dach["region"], dach["has"], dach["loses"]) == ("DACH", 2, 1)
    assert desk.ask("consent").json["count"] == 0
    assert desk.ask("opening").json["rows"] == []


def test_the_calendar_is_one_that_other_programs_read(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "rights.ics"
    said = desk.ask("calendar", "--out", str(out), "--days", "30")
    assert said.json == {"file": str(out), "ends": 1, "opens": 0}
    (event,) = Calendar.from_ical(out.read_bytes()).walk("VEVENT")
    assert event.decoded("dtstart") == (desk.now + timedelta(days=2)).replace(microsecond=0)


def test_without_a_gate_nothing_is_said_about_rights(desk: Desk, tmp_path: Path) -> None:
    bare = World(desk.pair.photoshelter, desk.pair.netx, tmp_path)
    said = dambridge(bare.config, "rights", "expiring")
    assert said.code == 2
    assert "No gate is configured" in said.json["error"]
