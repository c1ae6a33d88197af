"""Plans of publishing: made by looking alone, carried out exactly, in a pilot and the rest, or refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from dambridge.engine.fitting import Approval
from dambridge.engine.running import RunResult
from dambridge.model.actions import ActionKind
from dambridge.model.plans import Plan
from dambridge.ports.errors import MovedOn
from support.publishing import Portal, anew, ends, portal


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


def planned(press: Portal) -> Plan:
    async def work() -> Plan:
        async with press.bridge() as (_, flow):
            return await flow.preview(full=True)

    return asyncio.run(work())


def applied(press: Portal, plan: Plan, approval: Approval) -> RunResult:
    async def work() -> RunResult:
        async with press.bridge() as (_, flow):
            return await flow.apply(plan, approval)

    return asyncio.run(work())


def test_a_plan_is_exactly_what_is_done_and_a_pilot_is_part_of_it(press: Portal) -> None:
    for number in range(3):
        press.master(number)
    press.master(4, Territories=["US"])
    after = press.pair.seq("photoshelter")
    plan = planned(press)
    assert press.pair.changes("photoshelter", after) == []
    assert [it.kind for it in plan.actions] == [ActionKind.PUBLISH] * 3
    assert plan.header.forecast.bytes > 0
    first = applied(press, plan, Approval(by="jane", pilot=1))
    assert ends(first) == {"seen": 4, "done": 1, "skipped": 1, "waiting": 2}
    assert len(press.visible()) == 1
    applied(press, plan, Approval(by="jane"))
    assert len(press.visible()) == 3
    assert planned(press).actions == ()


def test_a_plan_that_the_world_has_left_behind_is_refused_as_a_whole(press: Portal) -> None:
    one, _ = press.master(1), press.master(2)
    plan = planned(press)
    press.pair.advance(60)
    press.say(one, Caption="Better")
    with pytest.raises(MovedOn):
        applied(press, plan, Approval(by="jane"))
    assert press.exposure() == {}


@pytest.mark.hazard("P36")
def test_a_gate_that_shut_after_the_plan_was_made_lets_nothing_out(press: Portal) -> None:
    press.master(1, Licence_End=f"{press.now:%Y-%m-%d}")
    plan = planned(press)
    press.pair.advance(86400)
    ran = applied(press, plan, Approval(by="jane"))
    assert ends(ran).get("done") is None, press.reasons()
    assert press.exposure() == {}
