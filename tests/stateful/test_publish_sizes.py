"""Publishing at size: ends in one second by the thousand, a kit of forty, a portal of a thousand that others made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine.orders.activating_outlets import activate, plan_activation
from dambridge.engine.orders.outlet_desk import OutletDesk
from dambridge.engine.publishing.due import gate_of
from dambridge.model.identity import AssetKey, Copy, FlowName, Link, RemoteId, link_id_for
from dambridge.model.publications import Publication, Stage
from dambridge.model.values import FieldName
from dambridge.storage import open_ledger
from stateful.test_publish_history import quiet
from support.house import PEOPLE, Kept
from support.publish_history import History
from support.publish_world import AGENCY, ARCHIVE, OUTLETS, POLICY, ArchiveArchive
from support.two_way_systems import Presence

RATE, CALLS = 200.0, 2
"""Calls a second that the account bears, and calls that one withdrawal takes."""
EACH = timedelta(seconds=1 / RATE) - timedelta(milliseconds=1) / CALLS
"""How long a call takes; one that changes something takes a millisecond more by the house's clock."""
PRESS = OUTLETS["press"]
ONE = replace(POLICY, outlets={"press": PRESS}, rates={AGENCY: RATE})
GALLERY, HOME = RemoteId(f"C:{PRESS.gallery}"), RemoteId("C:dambridge/holding/press")


def world(masters: int, **more: object) -> Iterator[History]:
    history = History(1, masters=masters, **more)  # type: ignore[arg-type]
    try:
        yield history
    finally:
        history.close()


def stand(it: History, *, stage: Stage, until: datetime | None = None, ours: bool = True) -> None:
    """Every master has a file in the gallery, which everybody sees."""
    it.house.room(HOME.removeprefix("C:"), it.house.rooms[RemoteId("C:Desk")].mode)
    rows: list[Publication] = []
    links: list[Link] = []
    for master in it.archive.assets:
        key, file = AssetKey(ARCHIVE, master), RemoteId(f"F{master}")
        link = link_id_for(FlowName.PUBLISH, key)
        links.append(Link(link, FlowName.PUBLISH, (Copy(POLICY.source_copy, master),)))
        content = f"master {master} v0|press|".encode()
        it.house.files[file] = Kept(file_name=f"{master}.jpg", content=content, at=it.times.now_at)
        it.house.change(file, PEOPLE, rooms=(HOME, GALLERY) if ours else (GALLERY,))
        rows.append(
            Publication(
                flow=FlowName.PUBLISH,
                link=link,
                copy=PRESS.copy,
                stage=stage,
                gallery=GALLERY,
                remote_id=file,
                master="m" if ours else "",
                sha256="s" if ours else "",
                file_name=f"{master}.jpg",
                until=until,
                at=it.times.now_at,
                turn=1 if ours else 0,
            )
        )
    it.wait(it.ledger.put_links(links, {}))
    it.wait(it.ledger.put_publications(rows))


def until_instant(it: History, instant: datetime) -> None:
    """Time goes on to the instant; what falls due meanwhile is done when it does, and every call takes its time."""
    kind = gate_of(FlowName.PUBLISH)
    it.wait(it.flow().in_time())
    while (due := it.wait(it.ledger.next_due(kinds=[kind]))) is not None and due <= instant:
        it.times.now_at = now = max(it.times.now_at, due)
        it.wait(it.ledger.take_due(now, kinds=[kind], limit=10, worker="w", lease=now + timedelta(minutes=1)))
        it.wait(it.flow().in_time())
        it.wait(it.ledger.finish_due(kind, str(FlowName.PUBLISH), worker="w", next_at=None))


def ends_in_one_second(it: History, count: int) -> None:
    it.policy = ONE
    end = (it.times.now_at + timedelta(hours=3)).replace(microsecond=0)
    for master in list(it.archive.assets):
        it.archive.edit(master, licence_kind=("rights_managed",), licence_end=(end.isoformat().replace("+00:00", "Z"),))
    stand(it, stage=Stage.VISIBLE, until=end)
    it.house.calling = lambda: it.times.advance(EACH)
    until_instant(it, end)
    records = it.wait(it.ledger.withdrawals(limit=2 * count))
    assert len(records) == count
    assert not it.house.open
    work = timedelta(seconds=count * CALLS / RATE * 1.2)
    last = max(one.verified_at or end for one in records)
    first = min(one.begun_at or one.decided_at for one in records)
    print(f"{count}: begun {end - first} before the instant, the last verified {end - last} before it")
    assert last < end
    assert first >= end - 1.5 * (ONE.margin + work)
    assert {one.deadline for one in records} == {end}
    assert max(one.until or end for one in it.house.seen) < end, "by the house's own record"


@pytest.mark.hazard("P36")
@pytest.mark.timeout(300)
def test_five_hundred_licences_that_end_in_one_second_are_gone_before_it_and_no_earlier_than_they_must() -> None:
    for it in world(500):
        ends_in_one_second(it, 500)


@pytest.mark.long
@pytest.mark.hazard("P36")
@pytest.mark.timeout(590)
def test_ten_thousand_licences_that_end_in_one_second_are_gone_before_it(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    for it in world(10_000, ledger=ledger):
        ends_in_one_second(it, 10_000)
        it.wait(ledger.close())


def learned_late(it: History, count: int) -> None:
    """All of it is to go because of what was edited a moment ago: nothing but the account's rate holds it up."""
    it.policy = ONE
    for master in list(it.archive.assets):
        it.archive.edit(master, licence_kind=("owned",))
    stand(it, stage=Stage.VISIBLE)
    it.wait(it.ledger.move_cursor(ARCHIVE, f"{FlowName.PUBLISH}:changed", it.times.now_at.isoformat()))
    it.wait(it.ledger.move_cursor(ARCHIVE, f"{FlowName.PUBLISH}:swept", it.times.now_at.isoformat()))
    it.times.advance(timedelta(minutes=20))
    for master in list(it.archive.assets):
        it.archive.edit(master, channels=("print",))
    it.times.advance(timedelta(minutes=1))
    it.house.calling = lambda: it.times.advance(EACH)
    learned = it.times.now_at
    it.wait(it.flow().run(command=None, full=False))
    records = it.wait(it.ledger.withdrawals(limit=2 * count))
    assert len(records) == count
    assert not it.house.open
    first = min(one.until or learned for one in it.house.seen)
    last = max(one.verified_at or learned for one in records)
    print(f"{count}: the first out of sight {first - learned} after it was learned, the last verified {last - learned}")
    assert timedelta(0) < first - learned <= timedelta(seconds=1)
    assert last - learned <= 1.1 * timedelta(seconds=count * CALLS / RATE)


@pytest.mark.hazard("P36")
def test_five_hundred_that_are_learned_of_late_go_as_fast_as_the_account_allows() -> None:
    for it in world(500):
        learned_late(it, 500)


@pytest.mark.long
@pytest.mark.hazard("P36")
@pytest.mark.timeout(590)
def test_ten_thousand_that_are_learned_of_late_go_as_fast_as_the_account_allows(tmp_path: Path) -> None:
    ledger = open_ledger(tmp_path)
    for it in world(10_000, ledger=ledger):
        learned_late(it, 10_000)
        it.wait(ledger.close())


@pytest.mark.timeout(300)
def test_a_kit_of_forty_with_one_asset_that_is_not_cleared_stays_in_as_a_whole_there_and_goes_out_elsewhere() -> None:
    size = 40
    for it in world(size):
        it.policy = replace(POLICY, kit=FieldName("custom:kit"))
        for master in list(it.archive.assets):
            it.archive.edit(master, **{"custom:kit": ("harbour",)})
        it.archive.edit(RemoteId("7"), territories=("DACH",))
        it.wait(it.flow().run(command=None, full=True))
        assert seen(it) == {"press": size, "alps": size, "shop": 0}
        it.times.advance(timedelta(hours=1))
        it.archive.edit(RemoteId("7"), territories=("Worldwide",))
        it.wait(it.flow().run(command=None, full=False))
        assert seen(it) == {"press": size, "alps": size, "shop": size}
        it.times.advance(timedelta(hours=1))
        it.archive.edit(RemoteId("9"), territories=("DE", "US"))
        it.wait(it.flow().run(command=None, full=False))
        assert seen(it) == {"press": size, "alps": 0, "shop": size}
        assert not it.witness.broken or all("though it may be seen" in one for one in it.witness.broken)


def test_a_kit_of_which_one_is_forbidden_after_it_was_planned_shows_none() -> None:
    """All of it was cleared, and stands ready; then somebody thinks otherwise."""
    for it in world(5):
        it.policy = replace(ONE, kit=FieldName("custom:kit"))
        for master in list(it.archive.assets):
            it.archive.edit(master, **{"custom:kit": ("harbour",)})
        forbidden: list[datetime] = []

        def between(it: History = it, forbidden: list[datetime] = forbidden) -> None:
            homes = [one for one in it.house.files.values() if HOME in one.rooms]
            if len(homes) == 5 and not forbidden:
                forbidden.append(it.times.now_at)
                it.archive.edit(RemoteId("4"), territories=("US",))

        it.house.calling = between
        it.wait(it.flow().run(command=None, full=True))
        assert forbidden
        assert seen(it)["press"] == 0
        assert not any(one.room == GALLERY for one in it.house.seen)


def test_who_belongs_to_a_kit_counts_though_the_index_does_not_find_it_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Met in an earlier run of the process, and in no other way."""
    for it in world(3):
        it.policy = replace(ONE, kit=FieldName("custom:kit"))
        for master in list(it.archive.assets):
            it.archive.edit(master, **{"custom:kit": ("harbour",)})
        it.archive.edit(RemoteId("2"), territories=("US",))
        flow = it.flow()
        it.wait(flow.run(command=None, full=True))
        assert seen(it)["press"] == 0

        async def find(*_: Any, **__: Any) -> list[RemoteId]:
            return [RemoteId("1"), RemoteId("3")]

        monkeypatch.setattr(ArchiveArchive, "find", find)
        it.times.advance(timedelta(hours=1))
        for number in ("1", "3"):
            it.archive.edit(RemoteId(number), title=("A boat at sea",))
        it.wait(flow.run(command=None, full=False))
        assert seen(it)["press"] == 0


def seen(it: History) -> dict[str, int]:
    return {name: sum(room == way.room for _, room in it.house.open) for name, way in it.witness.ways.items()}


@pytest.mark.timeout(300)
def test_six_hours_without_netx_and_its_maintenance_take_out_what_was_due_and_nothing_else() -> None:
    for it in world(12):
        end = (it.times.now_at + timedelta(hours=3)).replace(microsecond=0)
        for number in ("1", "2"):
            until = end.isoformat().replace("+00:00", "Z")
            it.archive.edit(RemoteId(number), licence_kind=("rights_managed",), licence_end=(until,))
        it.archive.become(RemoteId("12"), Presence.HIDDEN)
        it.run(full=True)
        assert seen(it) == {"press": 11, "alps": 11, "shop": 11}
        it.archive.down = True
        it.archive.become(RemoteId("12"), Presence.HERE)
        it.archive.edit(RemoteId("3"), territories=("US",))
        for _ in range(12):
            it.passes(timedelta(minutes=30))
            it.run()
        assert seen(it) == {"press": 9, "alps": 9, "shop": 9}
        gone = {it.witness.of(one.file) for one in it.house.seen if one.until is not None}
        assert {one[0] for one in gone if one} == {"1", "2"}
        assert max(one.until for one in it.house.seen if one.until is not None) < end
        it.archive.down = False
        it.run()
        assert seen(it) == {"press": 9, "alps": 9, "shop": 10}, "what was edited meanwhile, and what was hidden"
        assert not it.witness.broken


@pytest.mark.timeout(300)
def test_a_portal_of_a_thousand_stays_as_it_is_until_it_is_activated_from_a_plan_and_keeps_its_files() -> None:
    size = 1000
    for it in world(size):
        it.policy = ONE
        unclear = {str(number) for number in range(1, size + 1) if number > 10}
        for master in unclear:
            it.archive.edit(RemoteId(master), licence_kind=())
        stand(it, stage=Stage.ADOPTED, ours=False)
        for full in (True, False):
            it.wait(it.flow().run(command=None, full=full))
            it.times.advance(timedelta(hours=1))
        assert (it.house.writes, len(it.house.open)) == (0, size)
        flow = it.flow()
        sites = flow.parts.sites
        ledger: Any = it.ledger
        desk = OutletDesk(ledger=ledger, clock=it.times, sites=sites, policies=[ONE], configuration="c")
        made = it.wait(plan_activation(desk, "press"))
        assert made["counts"] == {"activate": size, "stays": 10, "would_be_withdrawn": size - 10}
        assert it.house.writes == 0
        assert it.wait(activate(desk, made["plan"], by="ada"))["activated"] == size
        assert it.house.writes == 0
        it.wait(it.flow().run(command=None, full=True))
        left = {it.witness.of(file) for file, _ in it.house.open}
        assert left == {(RemoteId(str(number)), "press") for number in range(1, 11)}
        kept = {it.house.files[file].content for file, _ in it.house.open}
        assert kept == {f"master {number} v0|press|".encode() for number in range(1, 11)}, "their files, as they were"
        assert len(it.house.files) == size


__all__ = ["quiet"]
