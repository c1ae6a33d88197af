"""The process dies in two-way work: what comes of it equals the undisturbed run, and nothing is done twice.

Every ledger write of every kind of action is crashed, before and after, over accounts in memory; the registered steps are
crashed over both simulators too, with everything opened anew each time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dambridge.bootstrap import load_settings, open_bridge
from dambridge.engine.steps import STEPS, Step
from dambridge.model.actions import ActionKind
from dambridge.model.identity import FlowName
from dambridge.model.records import Absence
from dambridge.policy.mirror import WhenAbsent
from stateful.test_two_way import quiet
from support.crashing import Crash, CrashingLedger, CrashPlan
from support.pictures import approved, picture
from support.two_way import AGENCY, ARCHIVE, POLICY, TwoWay
from support.two_way_systems import Presence
from support.world import World, control, lines, world

KINDS = (
    ActionKind.AGREE,
    ActionKind.UPDATE_FIELDS,
    ActionKind.ADD_VERSION,
    ActionKind.LET_GO,
    ActionKind.RETIRE,
)
HOUR = timedelta(hours=1)

# in memory --------------------------------------------------------------------------------------------------------------


def in_memory(kind: ActionKind) -> TwoWay:
    """A world in which one action of this kind is due."""
    absent = WhenAbsent.LET_GO if kind is ActionKind.LET_GO else WhenAbsent.FOLLOW
    made = TwoWay(policy=replace(POLICY, absences={AGENCY: {Absence.DELETED: absent}}))
    link = made.add_link(0, title=("Title",), headline=("Headline",), keywords=("a", "b"))
    made.run(full=True)
    made.times.advance(HOUR)
    agency, archive = made.libraries[AGENCY], made.libraries[ARCHIVE]
    remote = link.copies[0].remote_id
    match kind:
        case ActionKind.AGREE:
            agency.edit(remote, headline=("Here",))
            archive.edit(remote, headline=("There",))
        case ActionKind.UPDATE_FIELDS:
            agency.edit(remote, headline=("Better",), keywords=("a", "c"))
        case ActionKind.ADD_VERSION:
            agency.replace_file(remote, "better bytes")
        case _:
            agency.become(remote, Presence.DELETED)
    return made


def end_in_memory(made: TwoWay) -> list[Any]:
    """What stands everywhere, and in the inbox; versions are counted, so that nothing was sent twice."""
    found: list[Any] = [
        [it.account, remote, states[-1].fields, states[-1].content, states[-1].places, states[-1].presence, len(states)]
        for it in made.libraries.values()
        for remote, states in sorted(it.assets.items())
    ]
    memory = made.ledger.memory
    found += [[it.group, it.state, [dict(side.fields) for side in it.sides]] for it in memory.conflicts.values()]
    found += [[it.key, it.link] for it in sorted(memory.tombstones.values(), key=lambda it: it.key)]
    found += [[copy.key for copy in link.copies] for link in memory.links.values()]
    return found


def at_rest(made: TwoWay) -> list[Any]:
    for _ in range(3):
        made.times.advance(HOUR)
        made.run()
    writes = made.writes()
    made.times.advance(HOUR)
    made.run(full=True)
    assert made.writes() == writes, "four runs after the crash there was still something to do"
    return end_in_memory(made)


@pytest.mark.hazard("P18")
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_crash_at_any_ledger_write_changes_nothing_of_the_end(kind: ActionKind, after: bool) -> None:
    plan = CrashPlan()
    calm = in_memory(kind)
    calm.run(crash=plan)
    expected, writes = at_rest(calm), list(plan.seen)
    assert len(writes) >= 8, "an undisturbed run writes its run, its steps and its ends"
    for number in range(1, len(writes) + 1):
        torn = in_memory(kind)
        dying = CrashPlan(at=number, after=after)
        assert torn.run(crash=dying) is None
        assert at_rest(torn) == expected, f"dead {'after' if after else 'before'} write {number} ({dying.seen[-1]})"
        torn.close()
    calm.close()


# over both simulators ---------------------------------------------------------------------------------------------------

OVERRIDES: dict[str, Any] = {
    "accounts": {"agency": {"proven": ["write_iptc", "write_media", "versions", "places"]}},
    "engine": {"runtime": "local", "concurrency": 1},
    "flows": {
        "rights": {
            "between": ["agency", "archive"],
            "groups": {"headline": {"fields": ["headline"]}, "bytes": {"fields": ["content"]}},
            "absent": {"agency": {"deleted": "follow", "trashed": "follow"}},
        }
    },
}
REGISTERED = [(kind, step) for kind in KINDS for step in STEPS[kind][:1]]
"""What a version writes of fields after its bytes depends on what is inside them, and is crashed in intake's suite."""
PHASES = [("begin", False), ("begin", True), ("end_step", False), ("end_step", True)]


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("systems"), **OVERRIDES) as it:
        yield it


@pytest.fixture(scope="module")
def calm(systems: World, tmp_path_factory: pytest.TempPathFactory) -> dict[ActionKind, Any]:
    found: dict[ActionKind, Any] = {}
    for kind in sorted({kind for kind, _ in REGISTERED}):
        pair = systems.anew(tmp_path_factory.mktemp(f"calm-{kind}"))
        prepare(pair, kind)
        found[kind] = settle(pair)
    return found


async def rights(pair: World, plan: CrashPlan | None = None) -> int:
    """One run; returns how many links it did something for."""
    async with open_bridge(load_settings(pair.config)) as bridge:
        flow = bridge.flows[FlowName.RIGHTS]
        if plan is not None:
            flow.parts.ledger = CrashingLedger(flow.parts.ledger, plan)
        ran = await flow.run(command=None, full=False)
        return int(ran.summary["flows"]["rights"]["done"])


async def until_it_dies(pair: World, plan: CrashPlan) -> None:
    with contextlib.suppress(Crash, asyncio.CancelledError, BaseExceptionGroup):
        await rights(pair, plan)


def prepare(pair: World, kind: ActionKind) -> None:
    asset = pair.submit(
        picture(1), file_name="a.jpg", containers=["Intake/Harbour"], iptc=approved(title="A", headline="Headline")
    )
    asyncio.run(pair.run())
    asyncio.run(rights(pair))
    pair.advance(3600)
    match kind:
        case ActionKind.UPDATE_FIELDS:
            pair.edit(asset, iptc={"headline": "Better"})
        case ActionKind.ADD_VERSION:
            pair.edit(asset, picture(7, side=80))
        case _:
            control(pair.photoshelter.url, "DELETE", f"/__sim__/assets/{asset}")
    pair.advance(3600)


def settle(pair: World) -> Any:
    for _ in range(4):
        done = asyncio.run(rights(pair))
        pair.advance(3600)
        if not done:
            break
    else:
        raise AssertionError("four runs after the crash there was still something to do")
    here = [(it["file_name"], it["metadata"].get("headline"), it["sha256"]) for it in _photoshelter(pair)]
    there = [
        (it["file_name"], it["sha256"], it["versions"], tuple(it["containers"]), tuple(it["attributes"]["Headline"]))
        for it in pair.archived()
    ]
    return sorted(here), sorted(there)


def _photoshelter(pair: World) -> list[dict[str, Any]]:
    return [it for it in lines(pair.photoshelter.url, "/__sim__/state") if not it.get("deleted")]


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
    begin = "begin_step" if step is Step.RETIRE else "begin_write"
    plan = CrashPlan(method=begin if method == "begin" else method, step=str(step), after=after)
    asyncio.run(until_it_dies(torn, plan))
    assert plan.crashed, f"no case reached {step} of {kind}: the registry names a step that is not taken"
    assert settle(torn) == calm[kind]


__all__ = ["quiet"]
