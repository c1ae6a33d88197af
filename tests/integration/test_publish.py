"""Flow `publish` over real HTTP between the two simulators, held against the simulator's own record of who saw what."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dambridge.connectors.kit.backoff import Retries
from dambridge.engine import by_link
from dambridge.engine.publishing import running
from dambridge.model.actions import ActionKind
from dambridge.model.publications import Stage
from dambridge.model.values import FieldName
from dambridge.planning.outward import CALLS
from dambridge.policy.outlets import OnMassAbsence, WithdrawTo
from support.inside_files import xmp
from support.pictures import approved, picture
from support.publishing import PRESS, Portal, anew, ends, portal
from support.world import control

DAY = timedelta(days=1)
STATUS = FieldName("edit_status")


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("systems")) as it:
        yield it


@pytest.fixture
def press(systems: Portal, tmp_path: Path) -> Portal:
    it = anew(systems, tmp_path)
    it.gallery("Partners/Press")
    it.agree()
    return it


def stages(press: Portal) -> list[Stage]:
    return [it.stage for it in press.publications()]


def day(press: Portal, days: int) -> str:
    return f"{press.now + days * DAY:%Y-%m-%d}"


@pytest.mark.hazard("P12")
def test_an_approval_that_contradicts_what_is_agreed_opens_nothing_until_it_is_settled(press: Portal) -> None:
    """A librarian types `approved` over a rejection: that waits in the inbox, and the gate does not take it for granted."""
    press.policy = replace(press.policy, status=STATUS)
    one = press.master(1, **{"Lifecycle Status": "approved"})
    press.agree_on(one, {STATUS: "rejected"})
    press.run()
    assert press.files() == [], press.reasons()
    press.agree_on(one, {STATUS: "approved"})
    press.run()
    assert len(press.visible()) == 1, press.reasons()


def test_a_cleared_master_goes_out_once_with_its_fields_and_a_second_run_changes_nothing(press: Portal) -> None:
    press.master(1)
    press.master(2, folder="Elsewhere")
    first = press.run()
    assert ends(first) == {"seen": 1, "done": 1}, press.reasons()
    (shown,) = press.in_gallery()
    assert shown["file_name"] == "boat1.jpg"
    assert shown["metadata"]["caption"] == "A boat in the harbour"
    assert press.visible() == [shown["id"]]
    after = press.pair.seq("photoshelter")
    second = press.run(full=True)
    assert "done" not in ends(second), press.reasons()
    assert press.pair.changes("photoshelter", after) == []


@pytest.mark.hazard("P33")
def test_what_goes_out_carries_rights_credit_and_its_end(press: Portal, tmp_path: Path) -> None:
    press.master(1, Licence_End=day(press, 30))
    press.run()
    (shown,) = press.in_gallery()
    with urllib.request.urlopen(f"{press.pair.photoshelter.url}/__sim__/assets/{shown['id']}/file") as answer:
        (tmp_path / "out.jpg").write_bytes(answer.read())
    inside = xmp(tmp_path / "out.jpg", "jpg")
    assert inside["photoshop:Credit"] == "Riverbend"
    assert inside["dc:rights"] == {"x-default": "(c) Riverbend"}
    assert inside["pur:expirationDate"] == [day(press, 30)]


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"Licence_Kind": None}, "rights_unknown"),
        ({"Territories": ["US"]}, "gate_shut"),
        ({"Consent": "withdrawn"}, "gate_shut"),
        ({"Licence_End": "2020-01-01"}, "gate_shut"),
    ],
)
def test_a_shut_gate_lets_nothing_out(press: Portal, attributes: dict[str, Any], code: str) -> None:
    press.master(1, **attributes)
    press.master(2)
    press.run()
    assert [it["file_name"] for it in press.in_gallery()] == ["boat2.jpg"]
    assert len(press.exposure()) == 1
    assert any(code in it for it in press.reasons()), press.reasons()


@pytest.mark.hazard("P39")
def test_an_embargo_opens_at_its_instant_and_not_before(press: Portal) -> None:
    press.master(1, Embargo_Date=day(press, 2))
    opens = datetime.fromisoformat(f"{day(press, 2)}T00:00:00+00:00")
    press.run()
    press.at(opens - timedelta(seconds=90))
    press.run()
    assert press.exposure() == {}
    press.at(opens)
    ran = press.run()
    assert ends(ran).get("done") == 1, press.reasons()
    ((begun, _),) = next(iter(press.exposure().values()))
    assert begun >= opens


@pytest.mark.hazard("P39")
def test_a_run_and_its_watch_over_time_never_have_one_master_in_hand_at_once(
    press: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_hand: list[str] = []
    twice: list[str] = []
    carried = by_link.carry_plan

    async def watched(parts: Any, run: Any, plan: Any, *given: Any, **more: Any) -> list[str]:
        mine = [it.id for it in plan.actions]
        twice.extend(it for it in mine if it in in_hand)
        in_hand.extend(mine)
        return await carried(parts, run, plan, *given, **more)

    for number in range(1, 5):
        press.master(number, Embargo_Date=day(press, 2))
    press.run()
    press.at(datetime.fromisoformat(f"{day(press, 2)}T00:00:00+00:00"))
    monkeypatch.setattr(running, "LOOKS_EVERY", 0.001)
    monkeypatch.setattr(running, "carry_plan", watched)
    press.pair.traffic("photoshelter", latency_ms=100)
    told = ends(press.run())
    press.pair.traffic("photoshelter")
    assert told == {"seen": 4, "done": 4}, press.reasons()
    assert len(in_hand) == 4
    assert twice == []


@pytest.mark.hazard("P36")
def test_a_licence_that_ends_is_proven_gone_before_its_instant_and_on_record(press: Portal) -> None:
    press.master(1, Licence_End=day(press, 3))
    press.master(2)
    press.run()
    end = datetime.fromisoformat(f"{day(press, 4)}T00:00:00+00:00")
    assert press.publications()[0].until in {end, None}
    press.at(end - timedelta(minutes=30))
    press.run()
    assert len(press.visible()) == 2, "no earlier than has to be"
    press.at(end - press.policy.margin)
    press.run()
    assert len(press.visible()) == 1, press.reasons()
    (record,) = press.withdrawals()
    assert record.verified_at is not None
    assert record.verified_at < end
    assert record.deadline == end
    assert [it.path for it in record.places if it.held_before and not it.held_after] == ["Partners/Press"]
    (gone,) = [spans for spans in press.exposure().values() if spans[-1][1] is not None]
    assert gone[-1][1] is not None
    assert gone[-1][1] < end


@pytest.mark.hazard("P40")
@pytest.mark.parametrize("how", ["deleted", "unselected", "consent", "territory", "status"])
def test_what_may_not_be_shown_any_more_is_withdrawn(press: Portal, how: str) -> None:
    press.policy = replace(press.policy, status=STATUS) if how == "status" else press.policy
    one, _ = (press.master(it, **{"Lifecycle Status": "approved"}) for it in (1, 2))
    press.run()
    press.pair.advance(3600)
    match how:
        case "deleted":
            control(press.pair.netx.url, "DELETE", f"/__sim__/assets/{one}")
        case "unselected":
            press.pair.edit_netx(one, containers=["Elsewhere"])
        case "consent":
            press.say(one, Consent="withdrawn")
        case "territory":
            press.say(one, Territories=["US"])
        case "status":  # as flow lifecycle writes it of what has ended, or was superseded
            press.say(one, **{"Lifecycle Status": "expired"})
    ran = press.run(full=how in {"deleted", "unselected"})
    assert ends(ran).get("done") == 1, press.reasons()
    assert [it["file_name"] for it in press.in_gallery()] == ["boat2.jpg"]
    assert len(press.visible()) == 1
    assert sorted(stages(press)) == [Stage.VISIBLE, Stage.WITHDRAWN]
    assert len(press.files()) == 2, "it stays where only staff see it"


@pytest.mark.hazard("P36")
def test_a_withdrawal_takes_it_out_of_whatever_people_put_it_in(press: Portal) -> None:
    one = press.master(1)
    press.run()
    press.gallery("Open/Fun")
    (shown,) = press.in_gallery()
    press.pair.edit(shown["id"], containers=[*shown["containers"], "Open/Fun"])
    press.settings = {"place_checks": 0}
    press.pair.advance(3600)
    press.say(one, Consent="withdrawn")
    press.run()
    assert press.visible() == [], press.reasons()
    (record,) = press.withdrawals()
    left = {it.path for it in record.places if it.held_before and not it.held_after}
    assert left == {"Partners/Press", "Open/Fun"}
    assert record.unchecked, "what nobody can look into is said"


def test_what_was_withdrawn_is_shown_again_without_bytes(press: Portal) -> None:
    one = press.master(1)
    press.run()
    press.pair.advance(3600)
    press.say(one, Territories=["US"])
    press.run()
    assert press.visible() == []
    press.pair.advance(3600)
    press.say(one, Territories=["DACH"])
    after = press.pair.seq("photoshelter")
    press.run()
    assert len(press.visible()) == 1, press.reasons()
    assert len(press.files()) == 1
    uploads = [it for it in press.pair.changes("photoshelter", after) if it["path"].endswith("/media")]
    assert uploads == []


def test_trash_is_where_it_goes_if_told(press: Portal) -> None:
    press.policy = replace(press.policy, outlets={"press": replace(PRESS, withdraw_to=WithdrawTo.TRASH)})
    one = press.master(1)
    press.run()
    press.pair.advance(3600)
    press.say(one, Territories=["US"])
    press.run()
    assert press.files() == []
    assert stages(press) == [Stage.WITHDRAWN]


def test_a_gallery_that_was_opened_further_loses_what_it_held_and_gets_nothing(press: Portal) -> None:
    press.gallery("Partners/Press", "private")
    press.agree()
    press.master(1)
    press.run()
    assert len(press.in_gallery()) == 1
    press.gallery("Partners/Press", "everyone")
    press.master(2)
    press.pair.advance(3600)
    press.run()
    assert press.in_gallery() == [], press.reasons()
    assert press.visible() == []


def test_a_gallery_that_was_shut_keeps_what_it_holds_and_gets_nothing(press: Portal) -> None:
    press.master(1)
    press.run()
    press.gallery("Partners/Press", "private")
    press.master(2)
    press.pair.advance(3600)
    press.run()
    assert [it["file_name"] for it in press.in_gallery()] == ["boat1.jpg"]
    assert any("audience_drifted" in it for it in press.reasons()), press.reasons()


def test_a_file_that_people_put_into_another_open_gallery_is_taken_out_of_it_with_its_lag(press: Portal) -> None:
    press.master(1)
    press.run()
    press.gallery("Open/Fun")
    (shown,) = press.in_gallery()
    press.pair.edit(shown["id"], containers=[*shown["containers"], "Open/Fun"])
    press.pair.advance(600)
    ran = press.run()
    assert press.in_gallery("Open/Fun") == [], press.reasons()
    assert len(press.in_gallery()) == 1
    assert ends(ran).get("done") == 1
    lag = ran.summary["flows"]["publish"]["lag_seconds"]["max"]
    assert lag is not None
    assert 0 < lag < 4000


def test_a_withdrawn_file_that_people_show_is_hidden_again(press: Portal) -> None:
    one = press.master(1)
    press.run()
    press.pair.advance(3600)
    press.say(one, Territories=["US"])
    press.run()
    (hidden,) = press.files()
    press.pair.edit(hidden["id"], containers=[*hidden["containers"], "Partners/Press"])
    press.pair.advance(600)
    press.run()
    assert press.visible() == [], press.reasons()


def test_what_people_took_out_is_not_put_back(press: Portal) -> None:
    press.master(1)
    press.run()
    (shown,) = press.in_gallery()
    press.pair.edit(shown["id"], containers=[it for it in shown["containers"] if it != "Partners/Press"])
    press.pair.advance(3600)
    press.run(full=True)
    assert press.in_gallery() == []
    assert any("removed_there" in it for it in press.reasons()), press.reasons()


def test_what_we_published_never_comes_back_as_an_asset_of_its_own(press: Portal) -> None:
    press.master(1)
    press.run()
    (shown,) = press.in_gallery()
    press.pair.edit(shown["id"], containers=[*shown["containers"], "Intake/Harbour"], iptc=approved())
    press.pair.submit(picture(5), file_name="new.jpg", containers=["Intake/Harbour"], iptc=approved())
    asyncio.run(press.pair.run(full=True))
    assert sorted(it["file_name"] for it in press.pair.archived()) == ["boat1.jpg", "new.jpg"]


@pytest.mark.parametrize("in_place", [True, False], ids=["a version in place", "a swap"])
def test_new_bytes_take_the_place_of_the_old_ones(press: Portal, in_place: bool) -> None:
    if not in_place:
        guesses = [it for it in press.pair.overrides["accounts"]["agency"]["proven"] if it != "versions"]
        accounts = {**press.pair.overrides["accounts"], "agency": {"proven": guesses}}
        press.pair.overrides = {**press.pair.overrides, "accounts": accounts}
        press.pair.switch("photoshelter", versions=False)
    one = press.master(1)
    press.run()
    (before,) = press.in_gallery()
    press.pair.advance(3600)
    press.pair.edit_netx(one, picture(7, side=96))
    press.run()
    (after,) = press.in_gallery()
    assert after["sha256"] != before["sha256"], press.reasons()
    assert (after["id"] == before["id"]) is in_place
    assert press.visible() == [after["id"]]
    assert len(press.files()) == 1


def test_a_changed_caption_moves_no_bytes(press: Portal) -> None:
    one = press.master(1)
    press.run()
    press.pair.advance(3600)
    press.say(one, Caption="A better boat")
    after = press.pair.seq("photoshelter")
    press.run()
    (shown,) = press.in_gallery()
    assert shown["metadata"]["caption"] == "A better boat", press.reasons()
    moved = [it for it in press.pair.changes("photoshelter", after) if it["method"] == "POST"]
    assert not [it for it in moved if "/media" in it["path"]], moved


def test_six_hours_without_netx_take_out_what_was_due_and_bring_nothing_new(
    press: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Retries, "wait", lambda *_: timedelta(0))
    press.master(1, Licence_End=day(press, 1))
    press.master(2)
    press.run()
    end = datetime.fromisoformat(f"{day(press, 2)}T00:00:00+00:00")
    press.master(3)
    press.pair.faults("netx", {"match": {"path": "*"}, "action": "status", "status": 503})
    press.at(end - timedelta(hours=6))
    for _ in range(3):
        press.run()
        assert len(press.visible()) == 2
        press.pair.advance(3600)
    press.at(end - press.policy.margin)
    press.run()
    assert [it["file_name"] for it in press.in_gallery()] == ["boat2.jpg"], press.reasons()
    press.pair.faults("netx")
    press.pair.advance(3600)
    press.run(full=True)
    assert [it["file_name"] for it in press.in_gallery()] == ["boat2.jpg", "boat3.jpg"], press.reasons()


@pytest.mark.parametrize("then", list(OnMassAbsence))
def test_masters_that_are_gone_all_at_once(press: Portal, then: OnMassAbsence) -> None:
    press.policy = replace(press.policy, max_removals=2, max_removal_share=None, on_mass_absence=then)
    ids = [press.master(number) for number in range(1, 5)]
    press.run()
    assert len(press.visible()) == 4
    press.pair.advance(3600)
    for it in ids[:3]:
        press.pair.edit_netx(it, containers=["Elsewhere"])
    ran = press.run(full=True)
    assert ran.exit_code == 3
    assert len(press.visible()) == (4 if then is OnMassAbsence.HOLD else 1), press.reasons()


def test_publications_take_no_more_calls_than_their_plan_says(press: Portal) -> None:
    """Held against what a run needs however little it brings: berths, galleries, who is there."""
    several, at_large = 6, 40
    press.master(0)
    press.run()
    for number in range(1, several + 1):
        press.master(number)
    since = {it: press.pair.seq(it) for it in ("photoshelter", "netx")}
    assert ends(press.run()) == {"seen": several + 1, "done": several, "unchanged": 1}, press.reasons()
    at_source, there = CALLS[ActionKind.PUBLISH]
    calls = {name: len(press.pair.journal(name, seq)) for name, seq in since.items()}
    assert several * (there - 4) < calls["photoshelter"] < several * there + at_large
    assert calls["netx"] < several * at_source + 5


def test_the_withdrawal_of_one_file_takes_two_calls(press: Portal) -> None:
    one = press.master(1)
    press.run()
    press.pair.advance(3600)
    press.say(one, Territories=["US"])
    after = press.pair.seq("photoshelter")
    press.run()
    ours = next(iter(press.files()))["id"]
    calls = [it for it in press.pair.journal("photoshelter", after) if ours in it["path"]]
    begun = next(at for at, it in enumerate(calls) if it["method"] == "DELETE")
    assert [it["method"] for it in calls[begun:]] == ["DELETE", "GET"], [it["path"] for it in calls]
