"""Queues keep their word: who is told of what waits too long, when by the working calendar, and who is named as who acts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dambridge.model.identity import FlowName
from dambridge.policy.handoff import Queue
from support.handing_off import hand_in, hand_off, handing_in, key, reviewed
from support.letters import Post, post
from support.world import World

HOUR = 3600
WEEK = {"owner": "Mara Lind", "deputy": "Ben Koch", "within": "8h", "calendar": {"zone": "UTC", "days": ["mon", "wed"]}}


@dataclass(slots=True)
class Desk:
    """A shoot in review, and the boxes of those who see to it."""

    pair: World
    mara: Post
    ben: Post
    ida: Post

    def until(self, text: str) -> None:
        """Let the systems' clocks come to this instant, and run."""
        gap = datetime.fromisoformat(text).replace(tzinfo=UTC) - self.now()
        assert gap >= timedelta(0), "the test begins later than it thinks"
        self.pair.advance(gap.total_seconds() + 1)
        self.ran = hand_off(self.pair)

    def now(self) -> datetime:
        async def work() -> datetime:
            async with self.pair.bridge() as bridge:
                return await bridge.common.clock.now()

        return asyncio.run(work())

    def waits_for(self, asset: str) -> str:
        async def work() -> str:
            async with self.pair.bridge() as bridge:
                found = await bridge.common.ledger.observations(FlowName.HANDOFF, [key(asset)])
            return found[key(asset)].waits_for

        return asyncio.run(work())

    ran: object = None


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ExitStack() as stack:
        mara, ben, ida = (stack.enter_context(post()) for _ in range(3))
        boxes = {"Mara Lind": mara, "Ben Koch": ben, "Ida Roth": ida}
        people = {name: {"urls": [box.url]} for name, box in boxes.items()}
        pair = stack.enter_context(handing_in(tmp_path, carriers=[], people=people, queue=WEEK))
        yield Desk(pair, mara, ben, ida)


def next_monday(desk: Desk, hour: int) -> datetime:
    """The first Monday after tomorrow at this hour."""
    day = desk.now() + timedelta(days=2)
    day += timedelta(days=(0 - day.weekday()) % 7)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def plain(at: datetime) -> str:
    return at.replace(tzinfo=None).isoformat()


def test_owner_then_deputy_by_the_working_calendar_and_named_as_who_is_to_act(desk: Desk) -> None:
    monday = next_monday(desk, 10)
    desk.until(plain(monday))
    asset = hand_in(desk.pair, 1)
    hand_off(desk.pair)
    desk.until(plain(monday + timedelta(days=1, hours=10)))
    assert not desk.mara.letters, "a Tuesday is no working day of theirs"
    assert desk.waits_for(asset) == "Mara Lind"
    desk.until(plain(monday + timedelta(days=2, minutes=30)))
    assert len(desk.mara.letters) == 1, "seven hours on Monday and one on Wednesday"
    assert not desk.ben.letters
    desk.until(plain(monday + timedelta(days=7)))
    assert len(desk.mara.letters) == 1, "once for as long as it may take"
    desk.until(plain(monday + timedelta(days=7, hours=1)))
    assert len(desk.ben.letters) == 1, "late by as much again"
    assert desk.waits_for(asset) == "Ben Koch"
    reviewed(desk.pair, "reject", asset, note="blurred")
    desk.until(plain(monday + timedelta(days=8)))
    assert desk.waits_for(asset) == "Ida Roth", "no way is known to its contributor"
    assert not desk.ida.letters
    desk.until(plain(monday + timedelta(days=9, hours=7)))
    assert len(desk.ida.letters) == 1
    assert "an answer to their contributors" in desk.ida.letters[0]["title"]
    assert "001.jpg" in desk.ida.letters[0]["message"]
    reviewed(desk.pair, "told", asset, by="Ida Roth")
    before = len(desk.ida.letters), len(desk.ben.letters)
    desk.until(plain(monday + timedelta(days=21)))
    assert (len(desk.ida.letters), len(desk.ben.letters)) == before, "nothing waits any more"


def test_that_nobody_can_be_told_is_said(tmp_path: Path) -> None:
    with handing_in(tmp_path, carriers=[], queue={"owner": "Mara Lind", "within": "1h"}) as pair:
        hand_in(pair, 1)
        hand_off(pair)
        pair.advance(5 * 24 * HOUR)
        notes = hand_off(pair).summary["flows"]["handoff"]
        assert "review_untold" in str(notes)
        assert "review_overdue" not in str(notes)


@pytest.mark.parametrize(
    ("hours", "who"), [(0, "owner"), (7, "owner"), (8, "owner"), (15, "owner"), (16, "deputy"), (90, "deputy")]
)
def test_whose_turn_it_is(hours: int, who: str) -> None:
    start = datetime(2026, 11, 30, 9, tzinfo=UTC)
    queue = Queue(owner="owner", deputy="deputy", within=timedelta(hours=8))
    assert queue.whose(queue.due(start), start + timedelta(hours=hours)) == who
    assert Queue(owner="owner", within=timedelta(hours=8)).whose(queue.due(start), start + timedelta(days=9)) == "owner"
    assert Queue(owner="owner", deputy="deputy").whose(None, start) == "owner"
