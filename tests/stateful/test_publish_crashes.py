"""The process dies before and after the writes of every step that publishes, shows, replaces, withdraws or corrects.

The cases come from the step registry. What comes of each equals the undisturbed run, with one copy of everything; and whatever
is visible at any time, by the simulator's own record, is a whole publication that the gate permits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from dambridge.engine.publishing.acting import ORDER
from dambridge.engine.publishing.staging import on_record
from dambridge.engine.publishing.tasks import Task
from dambridge.engine.steps import STEPS, Step, StepJournal
from dambridge.model.actions import ActionKind
from dambridge.model.publications import Stage
from dambridge.model.values import FieldName
from dambridge.policy.outlets import WithdrawTo
from support.crashing import Crash, CrashingLedger, CrashPlan
from support.pictures import picture
from support.publishing import PRESS, Portal, anew, portal
from support.world import control

PHASES = {
    "before intent": ("begin_step", False),
    "after intent": ("begin_step", True),
    "after write": ("end_step", False),
    "after outcome": ("end_step", True),
}
CASES: list[tuple[ActionKind, Step, bool]] = [
    (kind, step, True) for kind in ORDER for step in STEPS[kind] if kind is not ActionKind.REPLACE
]
CASES += [(ActionKind.REPLACE, step, step is Step.VERSION) for step in STEPS[ActionKind.REPLACE]]
"""Kind, step, and whether the account takes versions in place."""
DEEP = [(ActionKind.PUBLISH, True), (ActionKind.WITHDRAW, True), (ActionKind.REPLACE, False)]
"""Those whose every write of the ledger is crashed, steps or not; in the quick profile every fifth."""


def in_turn() -> Iterator[Any]:
    """Every case at every phase; in the quick profile two phases of each, other ones from case to case."""
    for number, (kind, step, versions) in enumerate(CASES):
        for place, (name, (method, after)) in enumerate(PHASES.items()):
            marks = [pytest.mark.long] if (number + place) % 2 else []
            called = f"{name}-{kind}-{step}{'' if versions else '-swap'}"
            yield pytest.param(kind, step, versions, method, after, id=called, marks=marks)


@dataclass(slots=True)
class Torn:
    """One installation that is about to do one action."""

    press: Portal
    one: str = ""


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("systems")) as it:
        it.pair.overrides = {**it.pair.overrides, "engine": {"runtime": "local", "concurrency": 1}}
        yield it


def prepared(systems: Portal, folder: Path, kind: ActionKind, *, versions: bool) -> Torn:
    """The world at the point where one action of this kind is due."""
    press = anew(systems, folder)
    outlet = replace(PRESS, withdraw_to=WithdrawTo.TRASH) if kind is ActionKind.WITHDRAW else PRESS
    kit = FieldName("custom:kit") if kind is ActionKind.STAGE else None
    press.policy = replace(press.policy, outlets={"press": outlet}, kit=kit)
    press.pair.switch("photoshelter", versions=versions)
    if not versions:
        guesses = [it for it in press.pair.overrides["accounts"]["agency"]["proven"] if it != "versions"]
        accounts = {**press.pair.overrides["accounts"], "agency": {"proven": guesses}}
        press.pair.overrides = {**press.pair.overrides, "accounts": accounts}
    press.gallery("Partners/Press")
    press.agree()
    it = Torn(press, press.master(1, Kit="k"))
    if kind in {ActionKind.PUBLISH, ActionKind.STAGE}:
        return it
    press.run()
    press.pair.advance(3600)
    match kind:
        case ActionKind.SHOW:
            press.say(it.one, Territories=["US"])
            press.run()
            press.pair.advance(3600)
            press.say(it.one, Territories=["DACH"], Caption="Better")
        case ActionKind.REPLACE:
            press.pair.edit_netx(it.one, picture(7, side=96))
            press.say(it.one, Caption="Better")
        case ActionKind.UPDATE_FIELDS:
            press.say(it.one, Caption="Better")
        case ActionKind.WITHDRAW:
            press.say(it.one, Territories=["US"])
        case ActionKind.CORRECT:
            press.gallery("Open/Fun")
            (shown,) = press.in_gallery()
            press.pair.edit(shown["id"], containers=[*shown["containers"], "Open/Fun"])
    press.pair.advance(3600)
    return it


def run_until_crash(it: Torn, plan: CrashPlan) -> None:
    async def work() -> None:
        async with it.press.bridge() as (_, flow):
            flow.parts.ledger = CrashingLedger(flow.parts.ledger, plan)
            await flow.run(command=None, full=False)

    with contextlib.suppress(Crash, asyncio.CancelledError, BaseExceptionGroup):
        asyncio.run(work())


def settle(it: Torn) -> None:
    """What the next starts make of it: runs until one finds nothing to do and nothing to wait for. A delivery of which
    nothing is seen is waited for once."""
    for _ in range(5):
        it.press.pair.advance(3600)
        ran = it.press.run(full=True)
        assert whole(it) is None
        ends = ran.summary["flows"]["publish"]
        if ends["done"] == ends["waiting"] == 0:
            return
    raise AssertionError(f"five runs after the crash there was still something to do: {it.press.reasons()}")


def whole(it: Torn) -> str | None:
    """What of that which is visible now is half done; None where nothing is."""
    visible = set(it.press.visible())
    for one in it.press.files():
        if one["id"] in visible and not (one["file_name"] == "boat1.jpg" and one["metadata"].get("caption")):
            return f"{one['file_name']} {one['metadata']}"
    return None


def outcome(it: Torn) -> Any:
    """The end state, ids and times aside."""
    files = sorted(
        (
            one["file_name"],
            one["sha256"],
            one["versions"],
            tuple(sorted(one["containers"])),
            one["metadata"].get("caption"),
        )
        for one in it.press.files()
    )
    known = [(one.stage, one.former, one.doing, one.remote_id is not None) for one in it.press.publications()]
    records = [(one.verified_at is not None, one.how) for one in it.press.withdrawals()]
    return files, known, records


@pytest.fixture(scope="module")
def calm(systems: Portal, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[ActionKind, bool], Any]:
    """Per kind of action: the end state of an undisturbed run, and the ledger writes that it took."""
    found = {}
    for kind, versions in sorted({(kind, versions) for kind, _, versions in CASES} | set(DEEP)):
        it = prepared(systems, tmp_path_factory.mktemp(f"calm-{kind}"), kind, versions=versions)
        plan = CrashPlan()
        run_until_crash(it, plan)
        settle(it)
        found[kind, versions] = (outcome(it), plan.seen)
    return found


def test_every_kind_that_writes_is_crashed_somewhere() -> None:
    here = {kind for kind, _, _ in CASES}
    assert {kind for kind in ORDER if STEPS[kind]} == here
    assert len(CASES) >= 18


@pytest.mark.hazard("P19")
@pytest.mark.parametrize(("kind", "step", "versions", "method", "after"), list(in_turn()))
def test_a_crash_at_a_step_changes_nothing_of_the_end(
    systems: Portal,
    calm: Any,
    tmp_path: Path,
    kind: ActionKind,
    step: Step,
    versions: bool,
    method: str,
    after: bool,
) -> None:
    it = prepared(systems, tmp_path, kind, versions=versions)
    plan = CrashPlan(method=method, step=str(step), after=after)
    run_until_crash(it, plan)
    assert plan.crashed, f"no case reached {step} of {kind}: the registry names a step that is not taken"
    assert whole(it) is None
    settle(it)
    assert outcome(it) == calm[kind, versions][0]
    known = it.press.publications()
    assert all(one.stage in {Stage.VISIBLE, Stage.WITHDRAWN} for one in known)


@pytest.mark.hazard("P40")
@pytest.mark.parametrize("allowed", [False, True], ids=["forbidden since", "still allowed"])
def test_a_file_that_was_not_on_record_yet_is_taken_out_of_where_people_put_it(
    systems: Portal, tmp_path: Path, allowed: bool
) -> None:
    it = prepared(systems, tmp_path, ActionKind.PUBLISH, versions=True)
    run_until_crash(it, CrashPlan(method="end_step", step=str(Step.DELIVER), after=False))
    (orphan,) = it.press.files()
    assert not it.press.publications()
    it.press.pair.edit(orphan["id"], containers=[*orphan["containers"], "Partners/Press"])
    if not allowed:
        it.press.say(it.one, Territories=["US"])
    assert it.press.visible() == [orphan["id"]]
    for _ in range(3):
        it.press.pair.advance(3600)
        it.press.run(full=True)
    (known,) = it.press.publications()
    assert known.remote_id == orphan["id"]
    assert it.press.visible() == ([orphan["id"]] if allowed else [])


@pytest.mark.hazard("P40")
@pytest.mark.parametrize("kind", [ActionKind.PUBLISH, ActionKind.SHOW])
@pytest.mark.parametrize("thrown_away", [False, True], ids=["another master", "thrown away"])
def test_a_file_whose_place_is_taken_on_its_way_goes_and_so_does_the_one_before_it(
    systems: Portal, tmp_path: Path, kind: ActionKind, thrown_away: bool
) -> None:
    it = prepared(systems, tmp_path, kind, versions=False)
    old = [one["id"] for one in it.press.files()]
    it.press.pair.edit_netx(it.one, picture(7, side=96))
    run_until_crash(it, CrashPlan(method="end_step", step=str(Step.DELIVER), after=False))
    (second,) = (one["id"] for one in it.press.files() if one["id"] not in old)
    noted: list[tuple[str | None, str | None]] = []

    async def and_something_happens(task: Task, journal: StepJournal) -> Task:
        known = await on_record(task, journal)
        if not noted:
            noted.append((known.known().remote_id, known.known().former))
            if thrown_away:
                control(it.press.pair.photoshelter.url, "DELETE", f"/__sim__/assets/{second}")
            else:
                it.press.pair.edit_netx(it.one, picture(8, side=64))
        return known

    with mock.patch("dambridge.engine.publishing.acting.on_record", and_something_happens):
        it.press.run()
    assert noted == [(second, old[0] if old else None)]
    settle(it)
    (known,) = it.press.publications()
    assert (known.stage, known.former) == (Stage.VISIBLE, None)
    assert known.remote_id not in {*old, second}
    assert [one["id"] for one in it.press.files()] == it.press.visible() == [known.remote_id], (
        "the others are in the trash"
    )


@pytest.mark.hazard("P18")
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.long)], ids=["a sample", "all"])
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize(("kind", "versions"), DEEP, ids=[str(kind) for kind, _ in DEEP])
def test_a_crash_at_any_ledger_write_changes_nothing_of_the_end(
    systems: Portal, calm: Any, tmp_path: Path, kind: ActionKind, versions: bool, after: bool, every: bool
) -> None:
    expected, writes = calm[kind, versions]
    others = [number for number, it in enumerate(writes, start=1) if it not in {"begin_step", "end_step"}]
    assert len(others) >= 8, writes
    for number in others if every else others[after::5]:
        it = prepared(systems, tmp_path / str(number), kind, versions=versions)
        plan = CrashPlan(at=number, after=after)
        run_until_crash(it, plan)
        assert plan.crashed
        assert whole(it) is None
        settle(it)
        assert outcome(it) == expected, f"dead {'after' if after else 'before'} write {number} ({plan.seen[-1]})"
