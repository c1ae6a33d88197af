"""The process dies in work that no plan lists: papers hung on pictures, notes at the source. Each is there once in the end.

The cases come from the registry of errands: one that nobody has set up here fails."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from dambridge.bootstrap import load_settings, open_bridge
from dambridge.engine.steps import ERRANDS, STEPS, Errand, Step
from dambridge.model.identity import FlowName
from support.crashing import Crash, CrashingLedger, CrashPlan
from support.enriching import takes_views, views
from support.pictures import approved, picture
from support.world import World, lines, merged, world

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
ENGINE: dict[str, Any] = {"engine": {"runtime": "local", "concurrency": 1}}
ELSEWHERE = {Errand.ANSWER, Errand.DISPOSITION, Errand.STATUS, Errand.REPLY}
"""What hand-off does is crashed in a file of its own."""
REGISTERED = [(errand, step) for errand in Errand if errand not in ELSEWHERE for step in ERRANDS[errand]]
PHASES = [("begin_step", False), ("begin_step", True), ("end_step", False), ("end_step", True)]


@dataclass(frozen=True, slots=True)
class Case:
    """How an errand comes to be due, which flow runs it, and what then stands outside; how often it was told."""

    flow: FlowName
    prepare: Callable[[World], None]
    outcome: Callable[[World], Any]
    event: str
    sent: Callable[[dict[str, Any]], bool]
    system: str


def a_paper(pair: World) -> None:
    pair.overrides = merged(
        pair.overrides,
        {
            "flows": {
                "intake": {"select": {"media_types": {"document": "skip"}}},
                "enrich": {
                    "from": "agency",
                    "to": "archive",
                    "papers": {"galleries": ["Intake/Papers"], "pattern": "J-*", "restricted": True},
                },
            }
        },
    )
    for number in range(2):
        pair.submit(
            picture(number),
            file_name=f"{number}.jpg",
            containers=["Intake/Harbour"],
            iptc=approved(trans_ref="J-7", title=f"Picture {number}"),
        )
    asyncio.run(pair.run())
    pair.submit(PDF, file_name="J-7 model release.pdf", containers=["Intake/Papers"], iptc={})
    takes_views(pair)
    pair.advance(3600)


def a_note(pair: World) -> None:
    made = {"owner": "Mara Lind", "review_by": "2090-01-01", "accounts": {"agency": {"send_back": "instructions"}}}
    pair.folder.mkdir(parents=True, exist_ok=True)
    (pair.folder / "map.yaml").write_text(yaml.safe_dump(made), encoding="utf-8")
    pair.overrides = merged(
        pair.overrides, {"map_file": "map.yaml", "accounts": {"agency": {"proven": ["write_iptc"]}}}
    )
    pair.submit(
        picture(1), file_name="a.jpg", containers=["Intake/A"], iptc={"edit_status": "approved", "caption": "A boat"}
    )


def a_display(pair: World) -> None:
    """An embargo to be shown in the instructions, of an asset that has arrived."""
    agency = {
        "fields": {"embargo_until": "custom.Embargo"},
        "displays": [{"field": "instructions", "text": "EMBARGO until {embargo_until}"}],
    }
    made = {"owner": "Mara Lind", "review_by": "2090-01-01", "accounts": {"agency": agency}}
    pair.folder.mkdir(parents=True, exist_ok=True)
    (pair.folder / "map.yaml").write_text(yaml.safe_dump(made), encoding="utf-8")
    pair.overrides = merged(
        pair.overrides, {"map_file": "map.yaml", "accounts": {"agency": {"proven": ["write_iptc"]}}}
    )
    pair.submit(
        picture(1),
        file_name="a.jpg",
        containers=["Intake/A"],
        iptc=approved(instructions="Call first"),
        custom={"Embargo": "2026-12-24"},
    )


def instructions(pair: World) -> list[str]:
    return [str(it["metadata"].get("instructions", "")) for it in lines(pair.photoshelter.url, "/__sim__/state")]


CASES = {
    Errand.PAPER: Case(
        FlowName.ENRICH,
        a_paper,
        lambda pair: sorted(len(it) for it in views(pair).values()),
        "paper.attached",
        lambda call: call["path"].endswith("/view"),
        "netx",
    ),
    Errand.NOTE: Case(
        FlowName.INTAKE,
        a_note,
        instructions,
        "asset.sent_back",
        lambda call: call["method"] == "PATCH" and call["changed"],
        "photoshelter",
    ),
    Errand.DISPLAY: Case(
        FlowName.INTAKE,
        a_display,
        instructions,
        "asset.shown",
        lambda call: call["method"] == "PATCH" and call["changed"],
        "photoshelter",
    ),
}


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("systems"), **ENGINE) as it:
        yield it


@pytest.fixture(scope="module")
def calm(systems: World, tmp_path_factory: pytest.TempPathFactory) -> dict[Errand, tuple[Any, int, list[str]]]:
    """Per errand: what stands outside after an undisturbed run, how often something was sent, and the ledger writes."""
    found: dict[Errand, tuple[Any, int, list[str]]] = {}
    for errand, case in CASES.items():
        pair = ready(systems, tmp_path_factory.mktemp(f"calm-{errand}"), errand)
        plan = CrashPlan()
        asyncio.run(until_it_dies(pair, case, plan))
        found[errand] = (case.outcome(pair), sends(pair, case), plan.seen)
    return found


def ready(systems: World, folder: Path, errand: Errand) -> World:
    pair = systems.anew(folder)
    pair.overrides = ENGINE
    CASES[errand].prepare(pair)
    return pair


async def until_it_dies(pair: World, case: Case, plan: CrashPlan) -> None:
    """One run that dies where the plan says; whatever was open is dropped on the floor."""
    with contextlib.suppress(Crash, asyncio.CancelledError, BaseExceptionGroup):
        async with open_bridge(load_settings(pair.config)) as bridge:
            parts = bridge.flows[case.flow].parts
            parts.ledger = CrashingLedger(parts.ledger, plan)
            await bridge.flows[case.flow].run(command=None, full=True)


async def settle(pair: World, case: Case) -> int:
    """Two runs in peace; how often the audit trail tells of the errand."""
    for _ in range(2):
        pair.advance(3600)
        async with open_bridge(load_settings(pair.config)) as bridge:
            await bridge.flows[case.flow].run(command=None, full=True)
            trail = await bridge.common.ledger.audit_trail(subject=None, after=0, limit=1000)
    return sum(it.entry.event == case.event for it in trail)


def sends(pair: World, case: Case) -> int:
    return sum(case.sent(it) for it in pair.journal(case.system))


def test_every_step_of_the_registry_is_some_actions_or_some_errands() -> None:
    assert {it for steps in [*STEPS.values(), *ERRANDS.values()] for it in steps} == set(Step)
    assert set(CASES) | ELSEWHERE == set(ERRANDS) == set(Errand)


@pytest.mark.hazard("P19")
@pytest.mark.parametrize(("errand", "step"), REGISTERED, ids=[f"{errand}-{step}" for errand, step in REGISTERED])
@pytest.mark.parametrize(
    ("method", "after"), PHASES, ids=["before intent", "after intent", "after write", "after outcome"]
)
def test_a_crash_at_a_registered_step_changes_nothing_of_the_end(
    systems: World, calm: Any, tmp_path: Path, errand: Errand, step: Step, method: str, after: bool
) -> None:
    torn, case = ready(systems, tmp_path, errand), CASES[errand]
    plan = CrashPlan(method=method, step=str(step), after=after)
    asyncio.run(until_it_dies(torn, case, plan))
    assert plan.crashed, f"no case reached {step} of {errand}: the registry names a step that is not taken"
    told = asyncio.run(settle(torn, case))
    expected, sent, _ = calm[errand]
    assert case.outcome(torn) == expected
    assert sends(torn, case) == sent, "nothing is sent twice"
    assert told >= sent, "what was sent is on record"


@pytest.mark.hazard("P18")
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("errand", CASES)
def test_a_crash_at_any_ledger_write_beside_the_step_changes_nothing_of_the_end(
    systems: World, calm: Any, tmp_path: Path, errand: Errand, after: bool
) -> None:
    """From the first step of the errand to what is written once it has ended; what a run writes before is crashed with its
    actions."""
    case, (expected, sent, writes) = CASES[errand], calm[errand]
    steps = [number for number, it in enumerate(writes, start=1) if it in {"begin_step", "end_step"}]
    others = [it for it in range(steps[0], min(steps[-1] + 3, len(writes)) + 1) if it not in steps]
    assert len(others) >= 3, "an errand is told, and its run goes on"
    for number in others:
        torn = ready(systems, tmp_path / str(number), errand)
        plan = CrashPlan(at=number, after=after)
        asyncio.run(until_it_dies(torn, case, plan))
        assert plan.crashed
        told = asyncio.run(settle(torn, case))
        assert case.outcome(torn) == expected, f"dead {'after' if after else 'before'} write {number}"
        assert sends(torn, case) == sent
        assert told >= sent
