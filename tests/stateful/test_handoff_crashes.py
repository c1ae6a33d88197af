"""The process dies before and after every ledger write of a hand-off: what is approved is archived once, no source is touched
before its proof, every contributor hears.

The cases come from the registry of steps and from counting the writes of an undisturbed run."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.engine.steps import ERRANDS, STEPS, Errand, Step
from dambridge.model.actions import ActionKind
from dambridge.model.identity import FlowName
from dambridge.testing.fake_notifier import FakeNotifier
from support.crashing import Crash, CrashingLedger, CrashPlan
from support.handing_off import hand_in, hand_off, in_archive, reviewed, settings, sources, submissions
from support.world import World, world

OURS = (Errand.ANSWER, Errand.STATUS, Errand.REPLY, Errand.DISPOSITION)
REGISTERED = [*STEPS[ActionKind.CREATE], *(step for it in OURS for step in ERRANDS[it])]
PHASES = [
    pytest.param("begin_step", False, marks=pytest.mark.long),
    ("begin_step", True),
    ("end_step", False),
    pytest.param("end_step", True, marks=pytest.mark.long),
]


@dataclass(frozen=True, slots=True)
class Case:
    """Three files of a shoot, one approved and two rejected, and who hears of it: to the contributor of one no way is known."""

    pair: World
    good: str
    bad: str
    odd: str
    jonas: FakeNotifier


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(
        tmp_path_factory.mktemp("systems"), **settings(note_field="instructions", disposition={"kind": "trash"})
    ) as it:
        it.overrides = {**it.overrides, "engine": {"runtime": "local", "concurrency": 1}}
        yield it


@pytest.fixture(scope="module")
def calm(systems: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, list[str]]:
    """What an undisturbed run comes to, and the ledger writes that it took."""
    case, plan = ready(systems, tmp_path_factory.mktemp("calm")), CrashPlan()
    run_until_crash(case, plan)
    settle(case)
    assert len(case.jonas.taken) == 1
    assert outcome(case)[1][-1] == ("rejected", "[dambridge] Not taken: blurred", "rejected")
    return outcome(case), plan.seen


def ready(systems: World, folder: Path) -> Case:
    pair = systems.anew(folder)
    good, bad, odd = hand_in(pair, 1), hand_in(pair, 2), hand_in(pair, 3, author="Somebody")
    hand_off(pair)
    reviewed(pair, "approve", good)
    reviewed(pair, "reject", bad, odd, note="blurred")
    pair.advance(3600)
    return Case(pair, good, bad, odd, FakeNotifier())


def run_until_crash(case: Case, plan: CrashPlan) -> None:
    """One run that dies where the plan says; whatever was open is dropped on the floor."""

    async def work() -> None:
        with contextlib.suppress(Crash, asyncio.CancelledError, BaseExceptionGroup):
            async with case.pair.bridge() as bridge:
                parts = bridge.flows[FlowName.HANDOFF].parts
                assert isinstance(parts, HandoffParts)
                parts.contributors = {"jonas blum": case.jonas}
                parts.ledger = CrashingLedger(parts.ledger, plan)
                await bridge.flows[FlowName.HANDOFF].run(command=None, full=False)

    asyncio.run(work())


def settle(case: Case) -> None:
    for _ in range(2):
        case.pair.advance(3600)
        run_until_crash(case, CrashPlan())


def outcome(case: Case) -> tuple[Any, ...]:
    found, there = submissions(case.pair), sources(case.pair)
    stands = [
        (str(found[it].status), str(found[it].disposed_as), found[it].told_to, there[it]["trash"])
        for it in (case.good, case.bad, case.odd)
    ]
    shown = [
        (there[it]["metadata"].get("edit_status"), there[it]["metadata"].get("instructions"), str(found[it].shown_as))
        for it in (case.bad, case.odd)
    ]
    return stands, shown, [(it["sha256"], it["containers"], it["versions"]) for it in in_archive(case.pair)]


def check(case: Case, expected: Any, where: str) -> None:
    settle(case)
    assert outcome(case) == expected, where
    assert len(case.jonas.taken) in {1, 2}, f"{where}: told, and at most twice"
    proof_before_touch(case)


def proof_before_touch(case: Case) -> None:
    """By what both systems wrote down: the source went after its copy had been filed."""
    filed = [it for it in case.pair.journal("netx") if it["changed"]]
    touched = [it for it in case.pair.journal("photoshelter") if it["changed"] and it["method"] == "DELETE"]
    assert len(touched) == 1
    assert max(it["real"] for it in filed) <= touched[0]["real"], "nothing of it was written after"


def test_the_registry_has_every_step() -> None:
    assert set(REGISTERED) == {Step.DELIVER, Step.DESCRIBE, Step.PLACE, Step.TELL, Step.SHOW, Step.NOTE, Step.DISPOSE}


@pytest.mark.hazard("P19")
@pytest.mark.parametrize("step", REGISTERED)
@pytest.mark.parametrize(
    ("method", "after"), PHASES, ids=["before intent", "after intent", "after write", "after outcome"]
)
def test_a_crash_at_a_registered_step_changes_nothing_of_the_end(
    systems: World, calm: Any, tmp_path: Path, step: Step, method: str, after: bool
) -> None:
    case = ready(systems, tmp_path)
    plan = CrashPlan(method=method, step=str(step), after=after)
    run_until_crash(case, plan)
    assert plan.crashed, f"no case reached {step}: the registry names a step that is not taken"
    check(case, calm[0], f"{step}")


@pytest.mark.hazard("P18")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.long)], ids=["a sample", "all"])
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_a_crash_at_any_ledger_write_changes_nothing_of_the_end(
    systems: World, calm: Any, tmp_path: Path, after: bool, whole: bool
) -> None:
    expected, writes = calm
    others = [number for number, it in enumerate(writes, start=1) if it not in {"begin_step", "end_step"}]
    assert len(others) >= 8
    assert "put_submissions" in writes
    for number in others if whole else others[1::6]:
        case = ready(systems, tmp_path / str(number))
        plan = CrashPlan(at=number, after=after)
        run_until_crash(case, plan)
        assert plan.crashed
        check(case, expected, f"dead {'after' if after else 'before'} write {number} ({plan.seen[-1]})")
