"""`dambridge outlets` and `dambridge withdrawals` as people give them: what is agreed, adopted, activated, and on record.

A portal that others filled stands in a simulated PhotoShelter; some of its files have masters in a simulated NetX.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dambridge.model.identity import AccountId, AssetKey, Copy, CopyId, CopyRole, FlowName, Link, LinkId, RemoteId
from dambridge.model.publications import Place, Publication, Stage, Withdrawal
from dambridge.model.reasons import Code, Reason
from dambridge.storage import SqlLedger, open_ledger
from dambridge.testing.agreeing_contract import make_links
from support.commands import Answer, dambridge
from support.pictures import picture
from support.world import World, control, world

OUTLET = {
    "account": "agency",
    "gallery": "Partners/Dealers",
    "channel": "portal",
    "territory": "DE",
    "audience": "dealers",
}
SETTINGS: dict[str, Any] = {
    "gate": {"channels": {"portal": {}}, "must_know": ["holder"]},
    "flows": {
        "publish": {
            "from": "archive",
            "select": {"folders": ["Campaigns/**"]},
            "outlets": {"dealers": OUTLET, "press": {**OUTLET, "gallery": "Press/Nowhere"}},
        }
    },
}
MASTER = CopyId(AccountId("archive"), CopyRole.RECORD)
OURS = CopyId(AccountId("agency"), CopyRole.PUBLISHED, "dealers")


@dataclass(slots=True)
class Portal:
    """A living portal: a file whose rights are known, one whose rights nobody knows, and one without a master."""

    pair: World
    clear: str
    bare: str
    alone: str
    now: datetime

    def say(self, *arguments: str) -> Answer:
        return dambridge(self.pair.config, *arguments)

    def changes(self) -> int:
        return len(self.pair.changes("photoshelter", 0)) + len(self.pair.changes("netx", 0))

    def publications(self) -> dict[str, Publication]:
        async def read() -> dict[str, Publication]:
            ledger: SqlLedger = open_ledger(self.pair.folder / "data")
            found = await ledger.publications_in(FlowName.PUBLISH, stages=list(Stage), after=None, limit=100)
            await ledger.close()
            return {str(it.remote_id): it for it in found}

        return asyncio.run(read())


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Portal]:
    with world(tmp_path / "ours", **SETTINGS) as pair:
        copies = [
            pair.submit(picture(n), file_name=f"{name}.jpg", containers=["Partners/Dealers"])
            for n, name in enumerate(("clear", "bare", "alone"))
        ]
        masters = [
            pair.keep_in_netx(picture(n), file_name=f"{name}.jpg", containers=["Campaigns"], attributes=given)
            for n, (name, given) in enumerate((("clear", {"Copyright Notice": "© Northwind"}), ("bare", {})))
        ]
        now = datetime.fromisoformat(control(pair.photoshelter.url, "GET", "/__sim__/clock")["now"])
        asyncio.run(_paired(pair, copies, masters, now))
        yield Portal(pair, copies[0], copies[1], copies[2], now)


async def _paired(pair: World, copies: list[str], masters: list[str], now: datetime) -> None:
    (pair.folder / "data").mkdir(parents=True)
    ledger = open_ledger(pair.folder / "data")
    source = CopyId(AccountId("agency"), CopyRole.SOURCE)
    links = [
        Link(LinkId(f"ln{n}"), FlowName.INTAKE, (Copy(source, RemoteId(copy)), Copy(MASTER, RemoteId(master))))
        for n, (copy, master) in enumerate(zip(copies[:2], masters, strict=True))
    ]
    run = await ledger.open_run(FlowName.INTAKE, at=now, command=None, plan=None)
    await make_links(ledger, run, links)
    await ledger.close()


# who sees it ----------------------------------------------------------------------------------------------------------


def test_nobody_has_agreed_until_a_named_person_does(portal: Portal) -> None:
    before = portal.say("outlets", "show", "dealers")
    assert (before.code, before.json["outlets"][0]["agreed"]) == (3, None)
    assert portal.say("outlets", "agree", "dealers").code == 2
    agreed = portal.say("outlets", "agree", "dealers", "--everyone", "--by", "Ada")
    assert (agreed.code, agreed.json["by"], agreed.json["before"]) == (0, "Ada", None)
    (shown,) = portal.say("outlets", "show", "dealers", "--live").json["outlets"]
    assert (shown["agreed"]["by"], shown["differs"]) == ("Ada", [])
    assert shown["now"] == agreed.json["effective"]
    (entry,) = [it for it in portal.say("audit", "--subject", "dealers").json if it["event"] == "audience.agreed"]
    assert entry["actor"] == "Ada"
    assert portal.say("outlets", "agree", "dealers", "--everyone", "--by", "Bo").json["before"]["by"] == "Ada"


def test_a_gallery_that_is_not_there_cannot_be_agreed_on(portal: Portal) -> None:
    said = portal.say("outlets", "agree", "press", "--by", "Ada")
    assert said.code == 3
    assert "There is no gallery Press/Nowhere" in said.json["error"]
    assert portal.say("outlets", "agree", "nowhere", "--by", "Ada").code == 3


# a living portal ------------------------------------------------------------------------------------------------------


def test_a_living_portal_is_watched_and_then_activated_from_a_plan_alone(portal: Portal) -> None:
    changes = portal.changes()
    adopted = portal.say("outlets", "adopt", "dealers", "--by", "Ada").json
    assert (adopted["found"], adopted["adopted"], adopted["linked"], adopted["twice"]) == (3, 3, 2, [])
    assert {it.stage for it in portal.publications().values()} == {Stage.ADOPTED}
    again = portal.say("outlets", "adopt", "dealers", "--by", "Ada").json
    assert (again["found"], again["adopted"]) == (3, 0)
    unclear = portal.say("rights", "unclear", "--live")
    assert (unclear.code, unclear.json["count"]) == (3, 2), (
        "what nobody knows the rights of, and what nobody knows at all"
    )
    file = portal.pair.folder / "plan.jsonl"
    made = portal.say("outlets", "plan", "dealers", "--out", str(file)).json
    assert made["counts"] == {"activate": 2, "stays": 1, "would_be_withdrawn": 1}
    assert made["without_master"] == 1
    assert portal.say("outlets", "activate", str(file)).code == 2, "by nobody"
    done = portal.say("outlets", "activate", str(file), "--by", "Ada")
    assert (done.code, done.json["activated"]) == (0, 2)
    stages = {name: it.stage for name, it in portal.publications().items()}
    assert stages == {portal.clear: Stage.VISIBLE, portal.bare: Stage.VISIBLE, portal.alone: Stage.ADOPTED}
    assert portal.say("outlets", "activate", made["plan"], "--by", "Ada").json["activated"] == 0
    assert portal.changes() == changes, "nothing was written in either system"
    assert portal.say("verify").code == 0


@pytest.mark.parametrize("side", ["master", "copy", "configuration"])
def test_a_plan_of_a_portal_that_moved_is_refused_whole(portal: Portal, side: str) -> None:
    portal.say("outlets", "adopt", "dealers", "--by", "Ada")
    plan = portal.say("outlets", "plan", "dealers").json["plan"]
    portal.pair.advance(60)
    if side == "copy":
        portal.pair.edit(portal.clear, iptc={"headline": "Edited"})
    elif side == "master":
        master = next(it for it in portal.pair.archived() if it["file_name"] == "bare.jpg")
        portal.pair.edit_netx(str(master["id"]), attributes={"Caption": "Edited"})
    else:
        portal.pair.overrides = {**SETTINGS, "gate": {"channels": {"portal": {}}}}
    said = portal.say("outlets", "activate", plan, "--by", "Ada")
    assert said.code == 3
    assert "plan again" in said.json["error"].lower() or "make a new one" in said.json["error"].lower()
    assert {it.stage for it in portal.publications().values()} == {Stage.ADOPTED}


def test_other_plans_activate_nothing_here(portal: Portal) -> None:
    assert portal.say("outlets", "activate", "pl0", "--by", "Ada").code == 2
    assert portal.say("outlets", "plan", "dealers").json["plan"] is None, "nothing is adopted"


# records --------------------------------------------------------------------------------------------------------------


def test_records_are_listed_signed_and_proven_to_hold(portal: Portal) -> None:
    asyncio.run(_withdrawn(portal))
    listed = portal.say("withdrawals", "list")
    assert listed.code == 3, "one of them is overdue"
    assert [(it["id"], it["overdue"]) for it in listed.json["withdrawals"]] == [("wd-late", True), ("wd-gone", False)]
    assert [it["id"] for it in portal.say("withdrawals", "list", "--unproven").json["withdrawals"]] == ["wd-late"]
    assert portal.say("withdrawals", "list", "--limit", "1").json["next"] == "wd-late"
    assert portal.say("withdrawals", "list", "--after", "wd-late").code == 0
    shown = portal.say("withdrawals", "show", "wd-gone").json
    assert shown["signature"]["value"]
    out = portal.pair.folder / "record.json"
    key = portal.say("withdrawals", "export", "wd-gone", "--out", str(out)).json
    assert key["pem"].startswith("-----BEGIN PUBLIC KEY")
    held = portal.say("withdrawals", "verify", str(out))
    assert (held.code, held.json["standing"], held.json["key"]) == (0, "holds", key["key"])
    altered = json.loads(out.read_text(encoding="utf-8"))
    altered["times"]["verified_at"] = portal.now.isoformat()
    out.write_text(json.dumps(altered), encoding="utf-8")
    assert (portal.say("withdrawals", "verify", str(out)).code, held.code) == (1, 0)
    page = portal.pair.folder / "record.html"
    portal.say("withdrawals", "export", "wd-gone", "--out", str(page))
    assert "clear.jpg" in page.read_text(encoding="utf-8")
    for wrong in (["show", "wd-none"], ["export", "wd-gone", "--out", "record.pdf"], ["verify", "none.json"]):
        assert portal.say("withdrawals", *wrong).code == 2


async def _withdrawn(portal: Portal) -> None:
    ledger = open_ledger(portal.pair.folder / "data")
    plain: dict[str, Any] = {
        "flow": FlowName.PUBLISH,
        "link": LinkId("ln0"),
        "copy": OURS,
        "key": AssetKey(AccountId("agency"), RemoteId(portal.clear)),
        "file_name": "clear.jpg",
        "sha256": "0" * 64,
        "causes": (Reason.of(Code.ENDS_SOON, outlet="dealers", until=portal.now.isoformat()),),
        "deadline": portal.now - timedelta(hours=1),
        "visible_since": portal.now - timedelta(days=9),
        "begun_at": portal.now - timedelta(hours=2),
    }
    place = Place(
        container=RemoteId("G1"),
        path="Partners/Dealers",
        effective="everyone",
        held_before=True,
        held_after=False,
        at=portal.now - timedelta(hours=1, minutes=30),
    )
    await ledger.put_publications(
        [],
        withdrawals=[
            Withdrawal(id="wd-late", decided_at=portal.now - timedelta(hours=4), **plain),
            Withdrawal(
                id="wd-gone",
                decided_at=portal.now - timedelta(hours=3),
                verified_at=portal.now - timedelta(hours=1, minutes=20),
                places=(place,),
                unchecked=("downloads: the dealers",),
                **plain,
            ),
        ],
    )
    await ledger.close()
