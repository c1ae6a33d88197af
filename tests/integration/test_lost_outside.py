"""The store is lost while something stands outside: what is ours is known again, goes at its end, and nothing else is touched."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from dambridge.engine.rebuilding.outside import FoundOutside, restore_outside
from dambridge.model.publications import Stage
from dambridge.ports.errors import TryLater
from dambridge.storage import FileOutsideJournal
from support.pictures import picture
from support.publishing import Portal, anew, portal

HOME = "dambridge/holding/press"


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("systems")) as it:
        yield it


@pytest.fixture
def press(systems: Portal, tmp_path: Path) -> Portal:
    it = anew(systems, tmp_path)
    it.settings = {"journal": FileOutsideJournal(tmp_path / "publications.jsonl")}
    it.gallery("Partners/Press")
    it.agree()
    return it


def ending(it: Portal, days: int) -> dict[str, str]:
    """With the end of a day, in UTC."""
    return {"Licence_Kind": "rights_managed", "Licence_End": f"{it.now + timedelta(days=days):%Y-%m-%d}"}


def midnight(it: Portal, days: int) -> datetime:
    return datetime.combine(it.now.date() + timedelta(days=days), time(), tzinfo=UTC)


def lose(it: Portal) -> None:
    """The data folder is gone, and with it all that anybody agreed to."""
    shutil.rmtree(it.pair.folder / "data")


def rebuilt(it: Portal) -> FoundOutside:
    async def work() -> FoundOutside:
        async with it.bridge() as (_, flow):
            return await restore_outside(flow.parts, by="jane")

    return asyncio.run(work())


def changes(it: Portal, after: int) -> list[str]:
    return [f"{one['method']} {one['path']}" for one in it.pair.changes("photoshelter", after)]


def names(it: Portal, path: str = "Partners/Press") -> list[str]:
    return [one["file_name"] for one in it.in_gallery(path)]


@pytest.mark.hazard("P04")
def test_what_stood_outside_is_known_again_and_known_ends_are_met(press: Portal) -> None:
    lasting, taken = press.master(1), press.master(3)
    press.master(4, **ending(press, 0))
    press.master(2, **ending(press, 1))
    over, end = midnight(press, 1), midnight(press, 2)
    press.run()
    press.pair.advance(3600)
    press.say(taken, Territories=["US"])
    press.run()
    assert names(press) == ["boat1.jpg", "boat2.jpg", "boat4.jpg"]
    press.pair.submit(picture(7), file_name="theirs.jpg", containers=["Partners/Press"])
    press.pair.submit(picture(8), file_name="astray.jpg", containers=[HOME])
    lose(press)
    press.at(over + timedelta(hours=2))
    after = press.pair.seq("photoshelter")
    found = rebuilt(press)
    assert found == FoundOutside(visible=3, unseen=1, unproven=1, others=1)
    assert rebuilt(press) == FoundOutside(unproven=1, others=1), "the second time there is nothing to add"
    press.run()
    assert changes(press, after) == [
        one for one in changes(press, after) if one.startswith("DELETE /psapi/v4.0/galleries/")
    ]
    assert names(press) == ["boat1.jpg", "boat2.jpg", "theirs.jpg"], "what ended meanwhile, and nothing else"
    press.at(end - timedelta(minutes=5))
    press.run()
    assert names(press) == ["boat1.jpg", "theirs.jpg"]
    assert len({it.id for it in press.withdrawals()}) == 2
    assert all(it.verified_at is not None for it in press.withdrawals())
    press.agree()
    press.say(lasting, Caption="Another boat")
    press.say(taken, Territories=["DACH"])
    press.pair.advance(3600)
    after = press.pair.seq("photoshelter")
    press.run()
    assert names(press) == ["boat1.jpg", "boat3.jpg", "theirs.jpg"], press.reasons()
    assert next(it["metadata"]["caption"] for it in press.in_gallery()) == "Another boat"
    assert not [it for it in changes(press, after) if "upload" in it], "and no bytes were moved for it"
    assert {it.stage for it in press.publications()} == {Stage.VISIBLE, Stage.WITHDRAWN}


@pytest.mark.hazard("P04")
def test_without_the_journal_nothing_is_ours_and_nothing_is_touched(press: Portal, tmp_path: Path) -> None:
    press.master(1)
    press.run()
    lose(press)
    (tmp_path / "publications.jsonl").unlink()
    after = press.pair.seq("photoshelter")
    assert rebuilt(press) == FoundOutside(unproven=1)
    assert not rebuilt(press).clear
    press.run()
    assert changes(press, after) == []
    assert press.publications() == []


def test_a_journal_that_was_begun_late_is_made_up_by_a_sweep(press: Portal) -> None:
    kept, press.settings = press.settings, {}
    press.master(1)
    press.run()
    press.settings = kept
    press.run(full=True)
    lose(press)
    assert rebuilt(press) == FoundOutside(visible=1)


def test_a_gallery_that_cannot_be_read_makes_nothing_known(press: Portal) -> None:
    press.master(1)
    press.run()
    lose(press)
    press.pair.faults("photoshelter", {"match": {"path": "*/children*"}, "action": "status", "status": 403})
    with pytest.raises(TryLater, match="Rebuild again"):
        rebuilt(press)
    press.pair.faults("photoshelter")
    assert rebuilt(press) == FoundOutside(visible=1)
