"""Plans of many decisions: the same whatever the order, guarded, forecast by the slowest account, cut into waves."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.model.actions import Action, ActionKind, Leave
from dambridge.model.identity import AccountId, AssetKey, Copy, CopyId, CopyRole, FlowName, Link, LinkId, RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.plans import Forecast, LeftItem, Plan, read_plan
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Absence, AssetRecord, AssetVersion, MediaType, Missing, Present, Seen, Unread
from dambridge.planning import HeaderFacts, check_moved, forecast, make_plan, waves
from dambridge.planning.moved import moved_copies
from dambridge.policy.intake import IntakePolicy

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
AGENCY, ARCHIVE = AccountId("agency"), AccountId("archive")
SOURCE, TARGET = CopyId(AGENCY, CopyRole.SOURCE), CopyId(ARCHIVE, CopyRole.RECORD)
POLICY = IntakePolicy(source=AGENCY, target=ARCHIVE)
RATES = {AGENCY: 4.0, ARCHIVE: 2.0}
V1, V2 = (AssetVersion(modified=it, fields="f", content="c") for it in ("1", "2"))


def an_action(number: int, *, update: bool = False, size: int = 10) -> Action:
    return Action(
        kind=ActionKind.UPDATE_FIELDS if update else ActionKind.CREATE,
        link=LinkId(f"ln{number}"),
        source=AssetKey(AGENCY, RemoteId(f"I{number}")),
        target=TARGET,
        target_id=RemoteId(str(number)) if update else None,
        fields={},
        cleared=(),
        expects={str(SOURCE): V1, **({str(TARGET): V1} if update else {})},
        reasons=(),
        size=size,
        calls={"agency": 1, "archive": 6},
    )


def an_item(number: int, outcome: Outcome = Outcome.SKIPPED) -> LeftItem:
    leave = Leave(outcome=outcome, reason=Reason.of(Code.NOT_APPROVED, status="draft"))
    return LeftItem(key=AssetKey(AGENCY, RemoteId(f"L{number}")), leave=leave, expects=V1)


def plan_of(actions: list[Action], left: list[LeftItem], *, policy: IntakePolicy = POLICY, **facts: Any) -> Plan:
    given_ = {"changes_before": 0, "known": 100, **facts}
    header = HeaderFacts(flow=FlowName.INTAKE, policy="p", configuration="c", capabilities="k", **given_)
    return make_plan(actions, left, facts=header, policy=policy, takes=forecast(actions, RATES), now=NOW)


@pytest.mark.hazard("P47")
@given(st.integers(0, 6), st.integers(0, 6), st.randoms(use_true_random=False))
def test_the_order_of_a_batch_does_not_matter(many: int, others: int, chance: random.Random) -> None:
    actions, left = [an_action(it) for it in range(many)], [an_item(it) for it in range(others)]
    plan = plan_of(actions, left)
    chance.shuffle(actions)
    chance.shuffle(left)
    shuffled = plan_of(actions, left)
    assert shuffled == plan
    assert shuffled.id == plan.id
    assert read_plan(plan.lines()) == plan


@pytest.mark.hazard("P48")
def test_the_header_counts_every_entry() -> None:
    plan = plan_of([an_action(1), an_action(2, update=True)], [an_item(1), an_item(2, Outcome.WAITING)])
    assert plan.header.counts == {"create": 1, "update_fields": 1, "skipped": 1, "waiting": 1}
    assert plan.header.expires_at == NOW + timedelta(days=2)


@pytest.mark.hazard("P01")
@pytest.mark.hazard("P02")
@pytest.mark.parametrize(
    ("options", "facts", "guards"),
    [
        ({}, {}, []),
        ({"max_changes": 3}, {}, []),
        ({"max_changes": 2}, {}, ["max_changes"]),
        ({"max_changes": 4}, {"changes_before": 2}, ["max_changes"]),
        ({"max_share": 0.5}, {"known": 6}, []),
        ({"max_share": 0.5}, {"known": 5}, ["max_share"]),
        ({"max_changes": 1, "max_share": 0.01}, {}, ["max_changes", "max_share"]),
    ],
)
def test_guards_trip_above_their_limits_and_only_there(
    options: dict[str, Any], facts: dict[str, Any], guards: list[str]
) -> None:
    policy = IntakePolicy(source=AGENCY, target=ARCHIVE, **options)
    plan = plan_of([an_action(it) for it in range(3)], [], policy=policy, **facts)
    assert [it["guard"] for it in plan.header.tripped] == guards
    assert all(it.code is Code.GUARD_TRIPPED for it in plan.header.tripped)


def test_a_plan_that_changes_nothing_trips_nothing() -> None:
    policy = IntakePolicy(source=AGENCY, target=ARCHIVE, max_changes=1, max_share=0.01)
    assert plan_of([], [an_item(1)], policy=policy, known=1).header.tripped == ()


def test_the_slowest_account_decides_how_long_it_takes() -> None:
    actions = [an_action(it, size=1000) for it in range(10)]
    taken = forecast(actions, RATES)
    assert taken == Forecast(
        calls={"agency": 10, "archive": 60}, bytes=10_000, seconds=30.0, store_bytes=taken.store_bytes
    )
    assert taken.store_bytes > 0
    assert forecast([], RATES).seconds == 0


@given(st.integers(0, 30), st.integers(0, 40), st.integers(1, 10))
def test_waves_hold_every_action_once_in_order(many: int, pilot: int, size: int) -> None:
    actions = [an_action(it) for it in range(many)]
    cut = waves(actions, pilot, size)
    assert [it for wave in cut for it in wave] == actions
    assert all(cut), "no empty wave"
    rest = cut[1:] if pilot and cut else cut
    assert all(len(it) <= size for it in rest)
    if pilot and cut:
        assert len(cut[0]) == min(pilot, many)


def seen_at(version: AssetVersion, key: AssetKey) -> Seen:
    return Present(
        AssetRecord(
            key=key,
            media_type=MediaType.IMAGE,
            file_name="a",
            name="a",
            size=1,
            fields={},
            containers=(),
            version=version,
        )
    )


SOURCE_KEY, TARGET_KEY = AssetKey(AGENCY, RemoteId("I1")), AssetKey(ARCHIVE, RemoteId("1"))


@pytest.mark.hazard("P47")
@pytest.mark.parametrize(
    ("here", "there", "moved"),
    [
        (seen_at(V1, SOURCE_KEY), seen_at(V1, TARGET_KEY), 0),
        (seen_at(V2, SOURCE_KEY), seen_at(V1, TARGET_KEY), 1),
        (seen_at(V1, SOURCE_KEY), seen_at(V2, TARGET_KEY), 1),
        (Missing(Absence.DELETED, "404"), seen_at(V1, TARGET_KEY), 1),
        (Unread(Reason.of(Code.SOURCE_UNREAD)), Unread(Reason.of(Code.TARGET_UNREAD)), 2),
        (None, seen_at(V1, TARGET_KEY), 1),
    ],
)
def test_a_plan_fits_only_the_world_that_it_was_made_for(here: Seen | None, there: Seen, moved: int) -> None:
    seen = {TARGET_KEY: there, **({SOURCE_KEY: here} if here is not None else {})}
    found = check_moved(plan_of([an_action(1, update=True)], []), seen)
    assert [it.code for it in found] == [Code.MOVED_ON] * moved


MASTER, OUTSIDE = CopyId(ARCHIVE, CopyRole.RECORD), CopyId(AGENCY, CopyRole.PUBLISHED, "press")
MASTER_KEY, OUTSIDE_KEY = AssetKey(ARCHIVE, RemoteId("7")), AssetKey(AGENCY, RemoteId("I7"))


@pytest.mark.hazard("P47")
@pytest.mark.parametrize("moved", [(), (MASTER_KEY,), (OUTSIDE_KEY,), (MASTER_KEY, OUTSIDE_KEY)])
def test_a_master_of_record_is_held_against_itself_and_not_against_what_stands_outside(
    moved: tuple[AssetKey, ...],
) -> None:
    action = replace(
        an_action(1, update=True),
        source=MASTER_KEY,
        target=OUTSIDE,
        target_id=OUTSIDE_KEY.remote_id,
        expects={str(MASTER): V1, str(OUTSIDE): V2},
    )
    now = {MASTER_KEY: V2 if MASTER_KEY in moved else V1, OUTSIDE_KEY: V1 if OUTSIDE_KEY in moved else V2}
    found = moved_copies([action], {key: seen_at(version, key) for key, version in now.items()})
    assert {key for _, key in found} == set(moved)


@pytest.mark.hazard("P47")
@pytest.mark.parametrize("moves", [False, True])
def test_a_third_copy_of_a_link_is_found_by_the_link(moves: bool) -> None:
    link = Link(LinkId("ln1"), FlowName.RIGHTS, (Copy(MASTER, MASTER_KEY.remote_id), Copy(OUTSIDE, RemoteId("I7"))))
    action = replace(an_action(1, update=True), link=link.id, expects={str(OUTSIDE): V1})
    seen = {OUTSIDE_KEY: seen_at(V2 if moves else V1, OUTSIDE_KEY), SOURCE_KEY: seen_at(V2, SOURCE_KEY)}
    assert [key for _, key in moved_copies([action], seen, {link.id: link})] == [OUTSIDE_KEY] * moves


@pytest.mark.parametrize("moves", [False, True])
def test_a_side_car_is_an_asset_of_its_own(moves: bool) -> None:
    action = an_action(1, update=True)
    expects = {**action.expects, f"{CopyId(AGENCY, CopyRole.SOURCE)}.side_car": V2}
    action = replace(action, side_car=RemoteId("I9"), expects=expects)
    beside = AssetKey(AGENCY, RemoteId("I9"))
    seen = {
        SOURCE_KEY: seen_at(V1, SOURCE_KEY),
        TARGET_KEY: seen_at(V1, TARGET_KEY),
        beside: seen_at(V1 if moves else V2, beside),
    }
    assert [key for _, key in moved_copies([action], seen)] == [beside] * moves
