"""Plans: what was shown is what is done, all of it or nothing; guards and pilots hold back, and a person lets go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dambridge.engine.fitting import Approval, stored
from dambridge.engine.running import RunResult
from dambridge.engine.taking_in.previewing import apply, preview
from dambridge.model.identity import PlanId
from dambridge.model.plans import Plan, PlanDamaged, read_plan
from dambridge.ports.errors import MovedOn, Refused
from support.pictures import approved, picture
from support.world import World, world

GALLERY = ["Intake/Harbour"]


@pytest.fixture(scope="module")
def systems(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("systems")) as it:
        yield it


@pytest.fixture
def pair(systems: World, tmp_path: Path) -> World:
    return systems.anew(tmp_path)


def submit(pair: World, count: int, first: int = 0) -> list[str]:
    return [
        pair.submit(picture(it), file_name=f"{it}.jpg", containers=GALLERY, iptc=approved(title=f"T{it}"))
        for it in range(first, first + count)
    ]


async def planned(pair: World) -> Plan:
    async with pair.bridge() as bridge:
        return await preview(bridge.parts, full=False)


async def applied(
    pair: World, plan: PlanId, *, pilot: int = 0, wave: int = 0, allow_tripped: bool = False
) -> RunResult:
    async with pair.bridge() as bridge:
        made = await stored(bridge.parts.ledger, plan)
        return await apply(bridge.parts, made, Approval(by="Ada", pilot=pilot, wave=wave, allow_tripped=allow_tripped))


def flow_of(result: RunResult) -> dict[str, object]:
    flow: dict[str, object] = result.summary["flows"]["intake"]
    return flow


@pytest.mark.hazard("P47")
async def test_a_plan_writes_nothing_and_apply_does_exactly_what_it_says(pair: World) -> None:
    assets = submit(pair, 5)
    pair.submit(picture(9), file_name="d.jpg", containers=GALLERY, iptc={"edit_status": "draft", "credit": "R"})
    before = {it: pair.seq(it) for it in ("netx", "photoshelter")}
    plan = await planned(pair)
    assert pair.changes("netx", before["netx"]) == []
    assert [it for it in pair.changes("photoshelter", before["photoshelter"]) if "authenticate" not in it["path"]] == []
    assert sorted(it.source.remote_id for it in plan.actions) == sorted(assets)
    assert plan.header.counts == {"create": 5, "skipped": 1}
    assert pair.archived() == []

    result = await applied(pair, plan.id)
    async with pair.bridge() as bridge:
        done = {
            action.id
            for action in plan.actions
            if (row := await bridge.parts.ledger.action(action.id)) is not None and row.stage == "done"
        }
        (entry,) = await bridge.parts.ledger.audit_trail(subject=plan.id, after=0, limit=10)
        (listed,) = await bridge.parts.ledger.plans(limit=5)
    assert result.exit_code == 0
    assert done == {it.id for it in plan.actions}, "the actions carried out are those of the plan"
    assert {it: len(copies) for it, copies in pair.by_source().items()} == dict.fromkeys(assets, 1)
    assert (entry.entry.actor, entry.entry.event) == ("Ada", "plan.approved")
    assert (listed.state, listed.approved_by) == ("applied", "Ada")


@pytest.mark.hazard("P47")
@pytest.mark.parametrize("where", ["source", "target"])
async def test_an_edit_in_between_refuses_the_whole_plan(pair: World, where: str) -> None:
    assets = submit(pair, 4)
    await pair.run()
    pair.advance(3600)
    for it in assets:
        pair.edit(it, iptc={"caption": "Better"})
    plan = await planned(pair)
    assert len(plan.actions) == 4
    pair.advance(60)
    (copy,) = pair.by_source()[assets[2]]
    if where == "source":
        pair.edit(assets[2], iptc={"caption": "Better still"})
    else:
        pair.edit_netx(copy["id"], attributes={"Caption": ["A librarian's words"]})
    before = pair.seq("netx")
    with pytest.raises(MovedOn, match="nothing was done"):
        await applied(pair, plan.id)
    assert pair.changes("netx", before) == []
    again = await planned(pair)
    assert (await applied(pair, again.id)).exit_code == 0, "planned anew it goes through"


@pytest.mark.hazard("P47")
async def test_an_expired_plan_is_refused(pair: World) -> None:
    submit(pair, 1)
    plan = await planned(pair)
    pair.advance(49 * 3600)
    with pytest.raises(Refused, match="expired"):
        await applied(pair, plan.id)
    assert pair.archived() == []


@pytest.mark.hazard("P47")
async def test_a_plan_of_another_configuration_is_refused(pair: World) -> None:
    submit(pair, 1)
    plan = await planned(pair)
    other = replace(pair, overrides={"flows": {"intake": {"place": {"folder": "Elsewhere/{gallery}"}}}})
    with pytest.raises(Refused, match="configuration"):
        await applied(other, plan.id)
    assert pair.archived() == []
    assert (await applied(pair, plan.id)).exit_code == 0, "with the configuration that it was made for it goes through"


@pytest.mark.hazard("P47")
async def test_a_plan_file_that_was_tampered_with_is_not_read(pair: World) -> None:
    submit(pair, 2)
    lines = list((await planned(pair)).lines())
    assert read_plan(lines).header.counts == {"create": 2}
    action = json.loads(lines[1])
    assert "create" in lines[1], action
    with pytest.raises(PlanDamaged):
        read_plan([lines[0], lines[1].replace("T", "U", 1), *lines[2:]])
    with pytest.raises(PlanDamaged):
        read_plan([lines[0], *lines[2:]])


async def test_a_pilot_then_waves_then_the_rest(pair: World) -> None:
    assets = submit(pair, 9)
    plan = await planned(pair)
    pilot = await applied(pair, plan.id, pilot=2)
    assert flow_of(pilot)["done"] == 2
    assert flow_of(pilot)["waiting"] == 7
    assert pilot.summary["flows"]["intake"]["needs_attention"] == {"not_in_wave": 7}
    assert pilot.exit_code == 3
    assert len(pair.archived()) == 2
    rest = await applied(pair, plan.id, wave=3)
    assert flow_of(rest)["done"] == 7
    assert rest.exit_code == 0
    assert {it: len(copies) for it, copies in pair.by_source().items()} == dict.fromkeys(assets, 1)
    sent = [it for it in pair.changes("netx", 0) if it["path"].startswith("/api/import")]
    assert len(sent) == 9, "what the pilot did is not done again"


async def test_a_pause_between_waves_holds_the_rest_until_it_is_lifted(pair: World) -> None:
    submit(pair, 6)
    plan = await planned(pair)
    async with pair.bridge() as bridge:
        parts = bridge.parts
        settle = parts.ledger.settle
        done = 0

        async def counting(settlement: object) -> None:
            nonlocal done
            await settle(settlement)  # type: ignore[arg-type] # passed on as it came
            done += 1
            if done == 2:
                await parts.ledger.set_control("paused:intake", "Ada")

        parts.ledger.settle = counting  # type: ignore[method-assign] # a person who pauses after the second asset
        result = await apply(parts, plan, Approval(by="Ada", wave=2))
    assert flow_of(result)["done"] == 2
    assert flow_of(result)["waiting"] == 4
    assert result.summary["flows"]["intake"]["needs_attention"] == {"paused": 4}
    assert result.exit_code == 3
    assert len(pair.archived()) == 2
    async with pair.bridge() as bridge:
        await bridge.parts.ledger.set_control("paused:intake", None)
    assert (await applied(pair, plan.id)).exit_code == 0
    assert len(pair.archived()) == 6


@pytest.mark.hazard("P02")
@pytest.mark.parametrize("guards", [{"max_changes": 3}, {"max_share": 0.5}], ids=str)
async def test_a_tripped_guard_writes_nothing_and_the_run_is_red(pair: World, guards: dict[str, float]) -> None:
    submit(pair, 4)
    guarded = replace(pair, overrides={"flows": {"intake": {"guards": guards}}})
    result = await guarded.run()
    assert result.exit_code == 3
    assert pair.archived() == []
    assert pair.changes("netx", 0) == []
    assert flow_of(result)["waiting"] == 4
    attention = result.summary["flows"]["intake"]["needs_attention"]
    assert attention["guard_tripped"] >= 4
    plan = await planned(guarded)
    with pytest.raises(Refused, match="guard"):
        await applied(guarded, plan.id)
    allowed = await applied(guarded, plan.id, allow_tripped=True)
    assert allowed.exit_code == 0, "a person who has read it may let it through"
    assert len(pair.archived()) == 4


@pytest.mark.hazard("P02")
async def test_below_the_guard_nothing_is_held_back(pair: World) -> None:
    submit(pair, 4)
    result = await replace(pair, overrides={"flows": {"intake": {"guards": {"max_changes": 4}}}}).run()
    assert (result.exit_code, len(pair.archived())) == (0, 4)
