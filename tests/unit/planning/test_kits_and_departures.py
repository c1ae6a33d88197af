"""Kits go whole or not at all; what leaves without a date known ahead is bounded; plans say what is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from dambridge.model.actions import Action, ActionKind
from dambridge.model.gate import Answer, Block
from dambridge.model.identity import AccountId, LinkId
from dambridge.model.plans import Plan, read_plan
from dambridge.model.publications import Stage
from dambridge.model.reasons import Code
from dambridge.model.records import Absence, Missing
from dambridge.model.rights import Fact
from dambridge.planning import HeaderFacts, forecast
from dambridge.planning.audiences import agreement, drift, written_grants
from dambridge.planning.departures import Departure, departure, guard, held_back, plan_publishing
from dambridge.planning.kits import KitVerdict, Member, is_ready, judge_kit
from dambridge.planning.outlets import Case
from dambridge.planning.publishing import decide_publication
from dambridge.policy.outlets import OnMassAbsence, WithdrawTo
from dambridge.ports.audience import Grant, Visibility
from support.outlets import (
    AGREED,
    AUDIENCE,
    ELSEWHERE,
    END,
    HOUR,
    LEAD,
    NOW,
    OUTLET,
    POLICY,
    PORTAL,
    SECOND,
    first_time,
    in_sight,
    published,
    record,
    wider,
)

HORIZON = NOW + LEAD
OPEN = Answer(blocks=(), until=END, ask_again=END)
SHUT = Answer(blocks=(Block.TERRITORY, Block.UNKNOWN), unknown=(Fact.CREDIT,), ask_again=END - HOUR)
GONE = Missing(Absence.DELETED, "404")


def forty(**changed: Member) -> list[Member]:
    members = {f"{it:02d}.jpg": Member(name=f"{it:02d}.jpg", answer=OPEN, ready=True) for it in range(40)}
    return list({**members, **{it.name: it for it in changed.values()}}.values())


# kits -------------------------------------------------------------------------------------------------------------------


def test_a_kit_of_forty_goes_where_all_of_it_is_cleared_and_nowhere_else() -> None:
    whole = judge_kit("K", forty(), horizon=HORIZON)
    assert whole == KitVerdict(kit="K", ready=True, until=END, ask_again=END)
    lacking = judge_kit("K", forty(one=Member(name="07.jpg", answer=SHUT)), horizon=HORIZON)
    assert lacking.lacking == ("07.jpg: territory, unknown (credit)",)
    assert not lacking.ready
    assert [it.kind for it in decide_publication(in_sight(kit=lacking)).actions] == [ActionKind.WITHDRAW]
    assert decide_publication(first_time(kit=lacking)).actions == ()


@pytest.mark.parametrize(
    ("member", "why"),
    [
        (Member(name="07.jpg", answer=OPEN, selected=False), "it is not selected"),
        (Member(name="07.jpg", answer=replace(OPEN, until=HORIZON)), f"it ends at {HORIZON.isoformat()}"),
        (Member(name="07.jpg", answer=OPEN, hindrance="it carries no rights"), "it carries no rights"),
    ],
)
def test_one_member_is_enough_to_hold_all(member: Member, why: str) -> None:
    assert judge_kit("K", forty(one=member), horizon=HORIZON).lacking == (f"07.jpg: {why}",)


def test_a_kit_that_cannot_be_read_whole_is_neither_cleared_nor_lacking() -> None:
    assert judge_kit("K", None, horizon=HORIZON) == KitVerdict(kit="K", unread=True)
    partly = judge_kit("K", forty(one=Member(name="07.jpg", answer=None)), horizon=HORIZON)
    assert (partly.unread, partly.lacking) == (True, ())


def test_a_kit_ends_with_the_first_of_its_members_and_does_not_mind_their_order() -> None:
    early = Member(name="07.jpg", answer=replace(OPEN, until=END - HOUR, ask_again=NOW + HOUR), ready=True)
    members = forty(one=early)
    verdict = judge_kit("K", members, horizon=HORIZON)
    assert (verdict.until, verdict.ask_again) == (END - HOUR, NOW + HOUR)
    Random(3).shuffle(members)
    assert judge_kit("K", members, horizon=HORIZON) == verdict


def test_ready_is_what_stands_there_made_of_this_master() -> None:
    for stage, master, expected in (
        (Stage.VISIBLE, "other", True),
        (Stage.STAGED, "m", True),
        (Stage.WITHDRAWN, "m", True),
        (Stage.STAGED, "other", False),
        (Stage.LEAVING, "m", False),
        (Stage.ADOPTED, "m", False),
    ):
        assert is_ready(published(stage, master=master), "m") is expected
    assert not is_ready(published(Stage.STAGED, master="m", remote_id=None), "m")
    assert not is_ready(None, "m")


# departures -------------------------------------------------------------------------------------------------------------


def many(case: Case, count: int, name: str) -> list[Action]:
    """The same for this many links."""
    return [
        action
        for it in range(count)
        for action in decide_publication(replace(case, link=LinkId(f"ln{name}{it:04d}"))).actions
    ]


TRASH = replace(OUTLET, withdraw_to=WithdrawTo.TRASH)
DATED = in_sight(now=END - LEAD, outlet=TRASH)
ABSENT = replace(in_sight(outlet=TRASH), master=GONE)
CHANGED = in_sight(record(consent="withdrawn"), outlet=TRASH)
EXPOSED = in_sight(audience=wider(), outlet=TRASH)


def test_each_departure_is_told_by_its_causes() -> None:
    kinds = {Departure.FREE: (DATED, EXPOSED), Departure.ABSENCE: (ABSENT,), Departure.RIGHTS: (CHANGED,)}
    for expected, cases in kinds.items():
        for case in cases:
            assert [departure(it) for it in decide_publication(case).actions] == [expected]
    both = in_sight(record(consent="withdrawn"), selected=False)
    assert [departure(it) for it in decide_publication(both).actions] == [Departure.RIGHTS]
    assert departure(decide_publication(first_time()).actions[0]) is None


@pytest.mark.hazard("P38")
def test_what_ends_at_an_instant_known_ahead_passes_every_guard() -> None:
    actions = [*many(DATED, 5000, "d"), *many(EXPOSED, 100, "e")]
    passage = guard(actions, replace(POLICY, max_changes=1, max_share=0.01), in_sight=5100, known=5100)
    assert (passage.goes, passage.held, passage.tripped) == (tuple(actions), {}, ())
    assert all(it.outward is not None and it.outward.discard for it in passage.goes)


@pytest.mark.parametrize("at_most", [OnMassAbsence.HOLD, OnMassAbsence.WITHDRAW])
def test_masters_that_are_gone_in_masses_wait_or_go_so_that_they_can_be_had_again(at_most: OnMassAbsence) -> None:
    policy = replace(POLICY, on_mass_absence=at_most)
    few, lots = many(ABSENT, 20, "a"), many(ABSENT, 21, "a")
    passes = guard(few, policy, in_sight=2000)
    assert (passes.goes, passes.held, passes.tripped) == (tuple(few), {}, ())
    passage = guard(lots, policy, in_sight=2000)
    assert [str(it["guard"]) for it in passage.tripped] == ["max_removals"]
    if at_most is OnMassAbsence.HOLD:
        assert (passage.goes, set(passage.held)) == ((), {it.id for it in lots})
    else:
        assert {it.id for it in passage.goes} == {it.id for it in lots}
        assert not any(it.outward is not None and it.outward.discard for it in passage.goes)


def test_rights_that_change_in_masses_are_followed_at_once_and_reversibly() -> None:
    passage = guard(many(CHANGED, 500, "c"), POLICY, in_sight=500)
    assert {str(it["guard"]) for it in passage.tripped} == {"max_removals", "max_removal_share"}
    assert len(passage.goes) == 500
    assert not any(it.outward is not None and it.outward.discard for it in passage.goes)
    trips = guard(many(CHANGED, 1, "c"), POLICY, in_sight=1, removals_before=20)
    assert [it["found"] for it in trips.tripped] == [21, 21]


def test_one_may_always_go() -> None:
    assert guard(many(ABSENT, 1, "a"), POLICY, in_sight=3).tripped == ()
    assert [str(it["guard"]) for it in guard(many(ABSENT, 2, "a"), POLICY, in_sight=3).tripped] == ["max_removal_share"]


def test_too_much_that_is_new_waits_and_holds_up_no_withdrawal() -> None:
    policy = replace(POLICY, max_changes=10)
    actions = [*many(first_time(), 11, "f"), *many(DATED, 3, "d"), *many(CHANGED, 2, "c")]
    passage = guard(actions, policy, in_sight=2000, known=2000)
    assert {it.kind for it in passage.goes} == {ActionKind.WITHDRAW}
    assert len(passage.held) == 11
    assert {str(it["guard"]) for it in passage.held.values()} == {"max_changes"}
    before = guard(actions[:1], policy, in_sight=2000, known=2000, changes_before=10)
    assert len(before.held) == 1


def plan_of(actions: Sequence[Action]) -> Plan:
    facts = HeaderFacts(flow=POLICY.flow, policy="p", configuration="c", capabilities="k", changes_before=0, known=2000)
    takes = forecast(actions, {AccountId("archive"): 4.0, PORTAL: 4.0})
    return plan_publishing(actions, (), facts=facts, policy=POLICY, takes=takes, now=NOW, in_sight=2000)


def test_a_plan_holds_everything_that_a_person_can_let_pass_and_says_what_is_held() -> None:
    actions = [*many(ABSENT, 30, "a"), *many(DATED, 5, "d"), *many(CHANGED, 2, "c")]
    plan = plan_of(actions)
    assert {it.id for it in plan.actions} == {it.id for it in actions}
    held = held_back(plan.actions, plan.header.tripped, POLICY)
    assert set(held) == {it.id for it in actions[:30]}
    discards = {it.id for it in plan.actions if it.outward is not None and it.outward.discard}
    assert discards == {it.id for it in actions[30:35]}
    assert plan.header.forecast.calls == {"portal": 37 * 3}
    assert read_plan(plan.lines()) == plan


# audiences --------------------------------------------------------------------------------------------------------------


def test_what_is_agreed_is_what_stands_there() -> None:
    grants = (Grant("group", "3", END), Grant("contact", "17"))
    found = replace(AUDIENCE, grants=grants)
    agreed = agreement("partners", PORTAL, found, by="Ann", at=NOW)
    assert agreed.grants == ("contact 17", f"group 3 until {END.isoformat()}")
    assert drift(agreed, found, NOW).differs == ()
    assert written_grants(reversed(grants)) == agreed.grants
    assert drift(agreed, replace(found, grants=grants[1:]), END + SECOND).differs == ()


def test_every_difference_is_said_and_only_more_people_is_wider() -> None:
    now = replace(AUDIENCE, own=None, effective=Visibility.PRIVATE, grants=(Grant("contact", "18"),))
    found = drift(AGREED, now, NOW)
    assert found.wider == ()
    assert len(found.differs) == 4
    assert drift(AGREED, None, NOW).other == ("the gallery is gone",)
    assert drift(AGREED, replace(AUDIENCE, container=ELSEWHERE), NOW).wider == ()
    assert len(drift(AGREED, wider(grants=(Grant("contact", "18"),)), NOW).wider) == 2


def test_no_guard_is_tripped_by_nothing() -> None:
    assert guard((), POLICY, in_sight=0).tripped == ()
    assert held_back(many(first_time(), 1, "f"), (), POLICY) == {}
    assert Code.GUARD_TRIPPED not in {it.code for it in many(first_time(), 1, "f")[0].reasons}
