"""Deleting is a plan of its own: asked for, guarded, applied by a named person, stopped by a legal hold at the last moment."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dambridge.engine.fitting import Approval
from dambridge.engine.mirroring import acting, deleting, previewing
from dambridge.engine.mirroring.retaining import plan_retention
from dambridge.engine.running import RunResult
from dambridge.engine.steps import STEPS, Step
from dambridge.model.actions import ActionKind
from dambridge.model.identity import CopyId, CopyRole, FlowName, Link
from dambridge.model.lifecycle import Status
from dambridge.model.plans import Plan
from dambridge.model.publications import Publication, Stage
from dambridge.model.reasons import Code
from dambridge.model.submissions import Hold
from dambridge.policy.retention import Ending, Retention
from dambridge.ports.errors import MovedOn, Refused
from support.crashing import Crash, CrashingLedger, CrashPlan
from support.lifecycle import SETS, LifecycleWorld, lifecycle_world
from support.two_way import AGENCY, ARCHIVE, PRESS
from support.two_way_systems import HOLDING, Presence

YEAR = timedelta(days=365)
KEPT = Retention(
    after={Status.WITHDRAWN: YEAR, Status.EXPIRED: 2 * YEAR},
    endings={ARCHIVE: Ending.HOLD},
    max_assets=2,
    max_share=None,
)
DELETES = replace(KEPT, endings={ARCHIVE: Ending.DELETE, AGENCY: Ending.TRASH})


def world_with(retention: Retention) -> LifecycleWorld:
    made = lifecycle_world(SETS["edit_status"])
    made.world.policy = replace(made.world.policy, retention=retention)
    return made


@pytest.fixture
def world() -> Iterator[LifecycleWorld]:
    made = world_with(KEPT)
    yield made
    made.world.close()


@pytest.fixture
def deleting_world() -> Iterator[LifecycleWorld]:
    made = world_with(DELETES)
    yield made
    made.world.close()


def planned(world: LifecycleWorld) -> Plan:
    return world.world.wait(plan_retention(world.world.parts()))


def apply(world: LifecycleWorld, plan: Plan, *, ledger: Any = None, **more: Any) -> RunResult:
    approval = Approval(by="Ida Roth", **more)
    return world.world.wait(previewing.apply(world.world.parts(ledger), plan, approval))


def withdrawn(world: LifecycleWorld, number: int = 1, status: str = "withdrawn") -> Link:
    """An asset that stands so everywhere, and has for long enough."""
    link = world.add(number, status)
    world.run(2)
    world.world.times.advance(YEAR + timedelta(days=1))
    return link


def presence(world: LifecycleWorld, link: Link) -> dict[str, Any]:
    """By account where each copy stands: its places, or that it is gone."""
    found: dict[str, Any] = {}
    for copy in link.copies:
        state = world.world.state(copy)
        found[copy.id.account] = sorted(state.places) if state.presence is Presence.HERE else str(state.presence)
    return found


def writes(world: LifecycleWorld) -> int:
    return world.world.writes()


def test_what_has_stood_long_enough_is_held_where_administrators_have_it_and_nothing_else(
    world: LifecycleWorld,
) -> None:
    others = [world.add(number, str(it)) for number, it in enumerate(Status, start=10) if it is not Status.WITHDRAWN]
    link = withdrawn(world)
    before, kept = presence(world, link), [presence(world, it) for it in others]
    plan = planned(world)
    assert [(it.kind, it.target.account) for it in plan.actions] == [(ActionKind.RETIRE, ARCHIVE)]
    assert not plan.header.tripped
    apply(world, plan)
    assert presence(world, link) == {**before, ARCHIVE: [HOLDING]}
    assert [presence(world, it) for it in others] == kept
    stones = world.world.wait(world.world.ledger.tombstones_by_kin([link.copies[0].key]))
    assert [it.key for it in stones[link.copies[0].key]] == [link.copies[1].key], "no flow brings it back"
    assert not planned(world).actions


def test_a_day_too_early_nothing_is_planned_and_a_run_never_deletes(deleting_world: LifecycleWorld) -> None:
    world = deleting_world
    link = world.add(1, "withdrawn")
    world.run(2)
    world.world.times.advance(YEAR - timedelta(days=1))
    assert not planned(world).actions
    world.world.times.advance(3 * YEAR)
    before = writes(world)
    world.run(20)
    assert writes(world) == before, "only a plan that a person applies"
    assert len(planned(world).actions) == 2
    assert writes(world) == before, "planning touches nothing"
    assert all(isinstance(it, list) for it in presence(world, link).values())


def test_deleting_and_trash_go_as_said_and_the_third_copy_stays(deleting_world: LifecycleWorld) -> None:
    world = deleting_world
    link = withdrawn(world)
    before = presence(world, link)
    apply(world, planned(world))
    after = presence(world, link)
    assert after[PRESS] == before[PRESS], "an account that nothing is said of keeps its copy"
    assert {str(after[AGENCY]), str(after[ARCHIVE])} <= {"trashed", "deleted"}
    told = [it.entry for it in world.world.trail(link.id) if it.entry.event == "asset.delete"]
    assert len(told) == 2
    world.run(3)
    assert not world.waiting(), "what was deleted here is not asked about as gone"


@pytest.mark.parametrize("when", ["before the plan", "after the plan"])
@pytest.mark.parametrize("ending", [Ending.HOLD, Ending.DELETE])
def test_a_legal_hold_on_any_copy_stops_everything(ending: Ending, when: str) -> None:
    world = world_with(replace(KEPT, endings={ARCHIVE: ending}))
    link = withdrawn(world)
    hold = Hold(key=link.copies[2].key, by="Ida", why="court", at=world.world.now())
    ledger = world.world.ledger
    if when == "before the plan":
        world.world.wait(ledger.set_hold(hold))
        plan = planned(world)
        assert not plan.actions
        assert [(it.leave.reason.code, it.leave.waits_for) for it in plan.left] == [(Code.LEGAL_HOLD, "coordinator")]
    else:
        plan = planned(world)
        world.world.wait(ledger.set_hold(hold))
        before = writes(world)
        ran = apply(world, plan)
        assert writes(world) == before
        assert ran.summary["flows"]["lifecycle"]["needs_attention"] == {"legal_hold": 1}
    world.world.wait(ledger.lift_hold(hold.key))
    apply(world, planned(world))
    assert presence(world, link)[ARCHIVE] in ([HOLDING], "deleted", "trashed")
    world.world.close()


def test_a_hold_stops_what_follows_from_a_copy_that_is_gone_too(world: LifecycleWorld) -> None:
    link = withdrawn(world)
    plan = planned(world)
    world.world.wait(
        world.world.ledger.set_hold(Hold(key=link.copies[0].key, by="Ida", why="court", at=world.world.now()))
    )
    foreign = [replace(it, reasons=()) for it in plan.actions]
    kept = world.world.wait(deleting.may_not(world.world.parts(), link, foreign[0]))
    assert kept is not None
    assert kept.ended.reason.code is Code.LEGAL_HOLD


def test_what_moved_since_the_plan_refuses_the_whole_of_it(deleting_world: LifecycleWorld) -> None:
    world = deleting_world
    link = withdrawn(world)
    plan = planned(world)
    world.world.libraries[ARCHIVE].edit(link.copies[1].remote_id, title=("Still needed",))
    before = writes(world)
    with pytest.raises(MovedOn):
        apply(world, plan)
    assert writes(world) == before


def test_a_status_that_was_lifted_since_keeps_it(deleting_world: LifecycleWorld) -> None:
    world = deleting_world
    link = withdrawn(world)
    plan = planned(world)
    action = plan.actions[0]
    group = next(iter(world.world.accords()[link.id]))
    accord = world.world.accords()[link.id][group]
    moved = replace(accord, since=accord.since + timedelta(days=1))
    world.world.ledger.memory.accords[link.id][group] = moved
    with pytest.raises(MovedOn):
        world.world.wait(deleting.may_not(world.world.parts(), link, action))


def test_guards_are_absolute_and_relative_and_a_person_may_let_it_pass() -> None:
    world = world_with(KEPT)
    for number in range(1, 4):
        world.add(number, "withdrawn")
    world.run(2)
    world.world.times.advance(2 * YEAR)
    plan = planned(world)
    assert [dict(it.params)["guard"] for it in plan.header.tripped] == ["max_assets"]
    with pytest.raises(Refused):
        apply(world, plan)
    world.world.policy = replace(world.world.policy, retention=replace(KEPT, max_assets=None, max_share=0.5))
    plan = planned(world)
    assert [dict(it.params)["guard"] for it in plan.header.tripped] == ["max_share"]
    apply(world, plan, allow_tripped=True)
    assert not planned(world).actions
    world.world.close()


def test_what_an_outlet_still_has_and_what_is_disputed_stays(world: LifecycleWorld) -> None:
    link = withdrawn(world)
    copy = CopyId(AGENCY, CopyRole.PUBLISHED, region="press")
    shown = Publication(
        flow=FlowName.PUBLISH, link=link.id, copy=copy, stage=Stage.VISIBLE, at=world.world.now(), turn=1
    )
    world.world.ledger.memory.publications[(link.id, copy)] = shown
    plan = planned(world)
    assert not plan.actions
    assert [it.leave.reason.code for it in plan.left] == [Code.STILL_PUBLISHED]
    world.world.ledger.memory.publications[(link.id, copy)] = replace(shown, stage=Stage.WITHDRAWN)
    assert planned(world).actions


def test_nothing_is_planned_where_nothing_is_said() -> None:
    world = lifecycle_world(SETS["edit_status"])
    with pytest.raises(Refused, match="everything is"):
        planned(world)
    world.world.close()


def test_a_copy_is_deleted_from_no_other_plan(deleting_world: LifecycleWorld) -> None:
    world = deleting_world
    link = withdrawn(world)
    action = replace(planned(world).actions[0], reasons=())
    with pytest.raises(Refused):
        world.world.wait(deleting.delete(world.world.parts(), link, action, None))  # type: ignore[arg-type]


PHASES = [("begin_step", False), ("begin_step", True), ("end_step", False), ("end_step", True), ("settle", False)]


@pytest.mark.hazard("P19")
@pytest.mark.parametrize(("method", "after"), PHASES)
@pytest.mark.parametrize("step", STEPS[ActionKind.DELETE])
def test_a_crash_in_between_changes_nothing_of_the_end(
    deleting_world: LifecycleWorld, step: Step, method: str, after: bool
) -> None:
    world = deleting_world
    link = withdrawn(world)
    plan = planned(world)
    crash = CrashPlan(method=method, step=str(step) if method != "settle" else None, after=after)
    with contextlib.suppress(Crash, BaseExceptionGroup):
        apply(world, plan, ledger=CrashingLedger(world.world.ledger, crash))
    assert crash.crashed
    world.run(1)
    left = planned(world)
    if left.actions:
        apply(world, left)
    after_ = presence(world, link)
    assert isinstance(after_[PRESS], list)
    assert {str(after_[AGENCY]), str(after_[ARCHIVE])} <= {"trashed", "deleted"}
    standing = world.world.wait(world.world.ledger.links([link.id]))[link.id]
    assert [it.id.account for it in standing.copies] == [PRESS]
    stones = world.world.wait(world.world.ledger.all_tombstones(after=None, limit=10))
    assert {it.key for it in stones} == {it.key for it in link.copies[:2]}


PLANTED: dict[str, tuple[Any, str, Any, Any]] = {
    "nobody is asked last thing": (
        acting,
        "may_not",
        lambda *_: _none(),
        lambda: test_a_legal_hold_on_any_copy_stops_everything(Ending.DELETE, "after the plan"),
    ),
}


async def _none() -> None:
    return None


@pytest.mark.parametrize("fault", sorted(PLANTED))
def test_a_planted_fault_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, name, wrong, test = PLANTED[fault]
    monkeypatch.setattr(module, name, wrong)
    with pytest.raises(AssertionError):
        test()
