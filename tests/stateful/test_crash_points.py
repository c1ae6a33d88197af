"""The process dies before and after every ledger write; what comes of it equals the undisturbed run, one copy each.

The cases come from the step registry and from counting the writes of an undisturbed run, so a new step or a new write is
crashed without anybody adding a case; a step whose case never fired fails the suite."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dambridge.engine.steps import STEPS, Step
from dambridge.engine.taking_in.running import run_flow
from dambridge.model.actions import ActionKind
from support.crashing import Crash, CrashingLedger, CrashPlan
from support.pictures import approved, picture
from support.world import World, merged, world

OVERRIDES: dict[str, Any] = {"engine": {"runtime": "local", "concurrency": 1}}
ELSEWHERE = {
    ActionKind.RETIRE,
    ActionKind.DELETE,
    ActionKind.STAGE,
    ActionKind.PUBLISH,
    ActionKind.SHOW,
    ActionKind.REPLACE,
    ActionKind.WITHDRAW,
    ActionKind.CORRECT,
}
"""What two-way flows and publishing do is crashed in files of their own."""
WORKED = [kind for kind, steps in STEPS.items() if steps and kind not in ELSEWHERE]
"""The kinds that write to a system; what pairing activates is written in the ledger alone, at once."""
REGISTERED = [(kind, step) for kind in WORKED for step in STEPS[kind]]
PHASES = [("begin_step", False), ("begin_step", True), ("end_step", False), ("end_step", True)]


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("systems"), **OVERRIDES) as it:
        yield it


@pytest.fixture(scope="module")
def calm(systems: World, tmp_path_factory: pytest.TempPathFactory) -> dict[ActionKind, tuple[Any, list[str]]]:
    """Per kind of action: the end state of an undisturbed run, and the ledger writes that it took."""
    return {kind: undisturbed(systems.anew(tmp_path_factory.mktemp(f"calm-{kind}")), kind) for kind in WORKED}


async def run_until_crash(pair: World, plan: CrashPlan) -> None:
    """One run that dies where the plan says; whatever was open is dropped on the floor, as a dead process drops it."""
    with contextlib.suppress(Crash, asyncio.CancelledError, BaseExceptionGroup):
        async with pair.bridge() as bridge:
            bridge.parts.ledger = CrashingLedger(bridge.parts.ledger, plan)
            await run_flow(bridge.parts)


async def settle(pair: World) -> None:
    """What the next starts make of it: runs until one finds nothing to do."""
    for _ in range(4):
        result = await pair.run()
        if result.summary["flows"]["intake"]["done"] == 0:
            return
    raise AssertionError("four runs after the crash there was still something to do")


def prepare(pair: World, kind: ActionKind) -> None:
    """Bring the world to where one action of this kind is due."""
    pair.submit(picture(1), file_name="a.jpg", containers=["Intake/Harbour"], iptc=approved(title="A"))
    if kind is ActionKind.CREATE:
        pair.submit(picture(2), file_name="b.jpg", containers=["Intake/Harbour"], iptc=approved(title="B"))
        return
    asyncio.run(pair.run())
    (asset,) = pair.by_source()
    pair.advance(3600)
    if kind is ActionKind.UPDATE_FIELDS:
        pair.edit(asset, iptc={"caption": "Better"})
    elif kind is ActionKind.CONFIRM_BYTES:
        pair.overrides = merged(OVERRIDES, {"flows": {"intake": {"rehash": "always"}}})
        pair.edit(asset, iptc={"caption": "Better"})
    elif kind is ActionKind.ADD_VERSION:
        pair.edit(asset, picture(7, side=80), iptc={"caption": "Better"})
    pair.advance(3600)  # so that no later poll reaches back to what is due


def outcome(pair: World) -> list[tuple[Any, ...]]:
    """The end state, ids and times aside."""
    return sorted(
        (
            it["file_name"],
            it["name"],
            it["sha256"],
            it["versions"],
            tuple(sorted(it["containers"])),
            tuple(sorted((name, tuple(values)) for name, values in it["attributes"].items())),
        )
        for it in pair.archived()
    )


def undisturbed(pair: World, kind: ActionKind) -> tuple[list[tuple[Any, ...]], list[str]]:
    prepare(pair, kind)
    plan = CrashPlan()
    asyncio.run(run_until_crash(pair, plan))
    asyncio.run(settle(pair))
    return outcome(pair), plan.seen


@pytest.mark.hazard("P19")
@pytest.mark.parametrize(("kind", "step"), REGISTERED, ids=[f"{kind}-{step}" for kind, step in REGISTERED])
@pytest.mark.parametrize(
    ("method", "after"), PHASES, ids=["before intent", "after intent", "after write", "after outcome"]
)
def test_a_crash_at_a_registered_step_changes_nothing_of_the_end(
    systems: World, calm: Any, tmp_path: Path, kind: ActionKind, step: Step, method: str, after: bool
) -> None:
    torn = systems.anew(tmp_path)
    prepare(torn, kind)
    plan = CrashPlan(method=method, step=str(step), after=after)
    asyncio.run(run_until_crash(torn, plan))
    assert plan.crashed, f"no case reached {step} of {kind}: the registry names a step that is not taken"
    asyncio.run(settle(torn))
    assert outcome(torn) == calm[kind][0]


@pytest.mark.hazard("P18")
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("kind", WORKED)
def test_a_crash_at_any_ledger_write_changes_nothing_of_the_end(
    systems: World, calm: Any, tmp_path: Path, kind: ActionKind, after: bool
) -> None:
    expected, writes = calm[kind]
    assert len(writes) >= 8, "an undisturbed run writes its run, its steps and its ends"
    others = [number for number, it in enumerate(writes, start=1) if it not in {"begin_step", "end_step"}]
    assert len(others) >= 6, "the writes of steps are those of the test above"
    for number in others:
        torn = systems.anew(tmp_path / str(number))
        prepare(torn, kind)
        plan = CrashPlan(at=number, after=after)
        asyncio.run(run_until_crash(torn, plan))
        assert plan.crashed
        asyncio.run(settle(torn))
        assert outcome(torn) == expected, f"dead {'after' if after else 'before'} write {number} ({plan.seen[-1]})"
