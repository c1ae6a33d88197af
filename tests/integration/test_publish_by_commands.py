"""The whole story at the command line, from a configuration file alone: agree, plan, run, ask, lose, withdraw, prove."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dambridge.model.identity import Copy, CopyId, CopyRole, FlowName, Link, LinkId, RemoteId
from dambridge.storage import open_ledger
from dambridge.testing.agreeing_contract import make_links
from support.commands import Answer, dambridge
from support.pictures import picture
from support.publishing import AGENCY, ARCHIVE, OVERRIDES, Portal
from support.publishing import portal as both_systems
from support.world import merged

FLOW: dict[str, Any] = {
    "gate": {"channels": {"portal": {}}, "territories": {"DACH": ["DE", "AT", "CH"]}, "zone": "UTC"},
    "flows": {
        "publish": {
            "from": "archive",
            "select": {"folders": ["Press", "Press/**"], "expression": 'headline != "Not this one"'},
            "outlets": {
                "press": {
                    "account": "agency",
                    "gallery": "Partners/Press",
                    "channel": "portal",
                    "territory": "DE",
                    "audience": "partners",
                }
            },
            "fields": ["title", "description", "headline", "credit", "copyright_notice"],
        }
    },
}


@dataclass(slots=True)
class Desk:
    """Somebody at a terminal."""

    portal: Portal

    def say(self, *arguments: str) -> Answer:
        return dambridge(self.portal.pair.config, *arguments)

    def checked(self) -> str:
        """What `check` says of the outlet."""
        found = self.say("check", "--offline").json["findings"]
        (told,) = [str(it["told"]) for it in found if it["what"] == "outlet press"]
        return told

    def publish(self) -> dict[str, Any]:
        ran = self.say("run", "--flow", "publish", "--full")
        told: dict[str, Any] = ran.json["flows"]["publish"]
        return told


@pytest.mark.timeout(240)
def test_from_the_first_agreement_to_a_record_that_holds(tmp_path: Path) -> None:
    with both_systems(tmp_path) as portal:
        portal.pair.overrides = merged(OVERRIDES, FLOW)
        desk = Desk(portal)
        portal.gallery("Partners/Press", visibility="permission")
        cleared, other = portal.master(1), portal.master(2, Headline="Not this one")
        bare = portal.master(3, Territories=None)
        assert desk.publish()["waiting"] >= 1, "nobody has agreed yet"
        assert "nobody has agreed" in desk.checked()
        agreed = desk.say("outlets", "agree", "press", "--by", "Ada")
        assert (agreed.code, agreed.json["effective"]) == (0, "permission"), agreed.out
        assert "as Ada agreed" in desk.checked()
        first = desk.publish()
        assert first["done"] == 1, first
        (held,) = desk.say("rights", "who-has").json["outlets"]
        assert (held["outlet"], held["in_sight"]) == ("press", 1)
        assert held["rows"][0]["master"] == f"archive:{cleared}"
        assert desk.say("rights", "may", cleared, "--outlet", "press").code == 0
        assert desk.say("rights", "may", bare, "--outlet", "press").json["answers"][0]["unknown"] == ["territories"]
        assert desk.say("rights", "unclear", "--live").json["count"] == 0
        again = desk.publish()
        assert (again["done"], again["unchanged"]) == (0, 1), again
        portal.say(cleared, Territories=["FR"])
        gone = desk.publish()
        assert gone["done"] == 1, gone
        (record,) = desk.say("withdrawals", "list").json["withdrawals"]
        assert record["verified"]
        out = tmp_path / "record.json"
        desk.say("withdrawals", "export", record["id"], "--out", str(out))
        assert desk.say("withdrawals", "verify", str(out)).code == 0
        assert desk.say("rights", "may", cleared, "--outlet", "press").code == 3
        assert desk.say("verify").code == 0
        assert other not in str(held)


async def _pair(portal: Portal, pairs: list[tuple[str, str]]) -> None:
    """The libraries were paired: each file of others has its master."""
    folder = portal.pair.folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    ledger = open_ledger(folder)
    run = await ledger.open_run(FlowName.INTAKE, at=portal.now, command=None, plan=None)
    source, record = CopyId(AGENCY, CopyRole.SOURCE), CopyId(ARCHIVE, CopyRole.RECORD)
    links = [
        Link(LinkId(f"ln{n}"), FlowName.INTAKE, (Copy(source, RemoteId(copy)), Copy(record, RemoteId(master))))
        for n, (copy, master) in enumerate(pairs)
    ]
    await make_links(ledger, run, links)
    await ledger.close()


@pytest.mark.timeout(280)
def test_a_living_portal_stays_as_it_is_until_it_is_activated_and_then_follows_the_gate(tmp_path: Path) -> None:
    with both_systems(tmp_path) as portal:
        portal.pair.overrides = merged(OVERRIDES, FLOW)
        desk = Desk(portal)
        theirs = [
            portal.pair.submit(picture(it), file_name=f"boat{it}.jpg", containers=["Partners/Press"]) for it in (1, 2)
        ]
        masters = [portal.master(1), portal.master(2, Territories=None)]
        asyncio.run(_pair(portal, list(zip(theirs, masters, strict=True))))
        desk.say("outlets", "agree", "press", "--everyone", "--by", "Ada")
        assert desk.say("outlets", "adopt", "press", "--by", "Ada").json["linked"] == 2
        before = portal.pair.seq("photoshelter")
        desk.publish()
        assert {it["id"] for it in portal.in_gallery()} >= set(theirs)
        assert not [it for it in portal.pair.changes("photoshelter", before) if any(one in str(it) for one in theirs)]
        plan = desk.say("outlets", "plan", "press").json
        assert plan["counts"] == {"activate": 2, "stays": 1, "would_be_withdrawn": 1}
        assert desk.say("outlets", "activate", plan["plan"], "--by", "Ada").json["activated"] == 2
        desk.publish()
        assert [it["file_name"] for it in portal.in_gallery()] == ["boat1.jpg"], portal.reasons()
        assert desk.say("rights", "unclear", "--live").json["count"] == 0
