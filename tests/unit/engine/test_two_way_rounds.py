"""Rounds of a two-way flow over accounts in memory: what is looked at, taken for gone, held back, planned and applied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from dambridge.engine.fitting import Approval
from dambridge.engine.mirroring import previewing
from dambridge.engine.running import RunResult
from dambridge.model.accords import FILE_NAME
from dambridge.model.actions import ActionKind
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import Link
from dambridge.model.plans import read_plan
from dambridge.model.reasons import Code
from dambridge.model.records import Absence
from dambridge.policy.mirror import WhenAbsent
from dambridge.ports.errors import MovedOn, Refused
from dambridge.ports.ledger import Due
from support.two_way import AGENCY, ARCHIVE, POLICY, PRESS, SETTINGS, TwoWay, differing
from support.two_way_systems import ELSEWHERE, HEADLINE, HOLDING, KEYWORDS, SELECTED, TITLE, Presence, Texts

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> Iterator[TwoWay]:
    made = TwoWay()
    yield made
    made.close()


def linked(world: TwoWay, count: int = 1) -> list[Link]:
    links = [
        world.add_link(3 * it, title=("Title",), headline=("Headline",), keywords=("a", "b")) for it in range(count)
    ]
    for full in (True, False):  # the second so that no later poll reaches back to the beginning
        world.run(full=full)
        world.times.advance(HOUR)
    return links


def flow_of(ran: RunResult | None) -> dict[str, Any]:
    assert ran is not None
    found: dict[str, Any] = ran.summary["flows"]["rights"]
    return found


def following(world: TwoWay, **rules: WhenAbsent) -> None:
    world.policy = replace(
        POLICY,
        absences={AGENCY: {Absence(name): it for name, it in rules.items()}},
        max_removals=2,
        max_removal_share=1.0,
    )


# looking ----------------------------------------------------------------------------------------------------------------


def test_an_edit_anywhere_stands_everywhere_after_one_round(world: TwoWay) -> None:
    (link,) = linked(world)
    world.libraries[AGENCY].edit(link.copies[0].remote_id, headline=("Better",))
    world.libraries[PRESS].rename(link.copies[2].remote_id, "better.jpg")
    ran = world.run()
    assert differing(world, link) == []
    assert {world.state(it).value(HEADLINE) for it in link.copies} == {("Better",)}
    assert {world.state(it).value(FILE_NAME) for it in link.copies} == {("better.jpg",)}
    assert (flow_of(ran)["done"], flow_of(ran)["seen"]) == (1, 1)


@pytest.mark.hazard("P15")
def test_our_own_writes_make_no_further_round(world: TwoWay) -> None:
    (link,) = linked(world)
    world.libraries[AGENCY].edit(link.copies[0].remote_id, headline=("Better",))
    world.run()
    writes = world.writes()
    for _ in range(3):
        world.times.advance(HOUR)
        assert flow_of(world.run())["done"] == 0
    assert world.writes() == writes


@pytest.mark.hazard("P13")
def test_a_change_that_the_poll_never_shows_is_found_by_the_sweep(world: TwoWay) -> None:
    (link,) = linked(world)
    library = world.libraries[AGENCY]
    library.unpolled.add(link.copies[0].remote_id)
    library.edit(link.copies[0].remote_id, headline=("Better",))
    assert flow_of(world.run())["seen"] == 0
    world.times.advance(timedelta(days=1))
    assert flow_of(world.run())["done"] == 1
    assert differing(world, link) == []


@pytest.mark.hazard("P16")
def test_a_hint_about_any_copy_has_its_link_looked_at_at_once(world: TwoWay) -> None:
    (link,) = linked(world)
    library = world.libraries[AGENCY]
    library.unpolled.add(link.copies[0].remote_id)
    library.edit(link.copies[0].remote_id, headline=("Better",))
    key = link.copies[2].key
    payload = {"account": str(key.account), "id": str(key.remote_id)}
    world.wait(world.ledger.add_due([Due(at=world.now(), kind="hint:rights", key=str(key), payload=payload)]))
    assert flow_of(world.run())["done"] == 1
    assert world.wait(world.ledger.count_due("hint:rights")) == 0


def test_a_link_is_read_in_one_call_for_many_where_the_system_has_one(world: TwoWay) -> None:
    linked(world, 5)
    archive = world.libraries[ARCHIVE]
    before = archive.calls
    world.run(full=True)
    assert archive.calls - before == 1


# who is gone ------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P01")
def test_who_does_not_answer_is_not_gone(world: TwoWay) -> None:
    (link,) = linked(world)
    following(world, deleted=WhenAbsent.FOLLOW)
    world.libraries[AGENCY].unread[link.copies[0].remote_id] = 99
    world.libraries[ARCHIVE].edit(link.copies[1].remote_id, headline=("Better",))
    ran = world.run(full=True)
    assert flow_of(ran)["waiting"] == 1
    assert world.writes() == 0, "nor is anything written while somebody was not read"


def test_a_copy_that_was_deleted_takes_the_others_out_of_sight_if_the_policy_says_so(world: TwoWay) -> None:
    (link,) = linked(world)
    following(world, deleted=WhenAbsent.FOLLOW)
    world.libraries[AGENCY].become(link.copies[0].remote_id, Presence.DELETED)
    world.run(full=True)
    assert world.state(link.copies[1]).places == (HOLDING,)
    assert world.state(link.copies[1]).presence is Presence.HERE
    assert SELECTED not in world.state(link.copies[2]).places
    stones = world.wait(world.ledger.tombstones([it.key for it in link.copies]))
    assert {it.key for it in link.copies[1:]} <= stones.keys()


@pytest.mark.hazard("P02")
def test_too_many_that_are_gone_stop_the_run_before_any_is_taken_away(world: TwoWay) -> None:
    links = linked(world, 4)
    following(world, deleted=WhenAbsent.FOLLOW)
    for link in links:
        world.libraries[AGENCY].become(link.copies[0].remote_id, Presence.DELETED)
    ran = world.run(full=True)
    assert ran is not None
    assert ran.exit_code == 3
    assert flow_of(ran)["needs_attention"][str(Code.GUARD_TRIPPED)] >= 1
    assert world.writes() == 0


@pytest.mark.parametrize(
    ("presence", "place"),
    [(Presence.TRASHED, SELECTED), (Presence.HIDDEN, SELECTED), (Presence.HERE, ELSEWHERE)],
    ids=["trashed", "hidden", "left the selection"],
)
def test_other_ways_of_not_being_there_take_nothing_away(world: TwoWay, presence: Presence, place: str) -> None:
    (link,) = linked(world)
    following(world, deleted=WhenAbsent.FOLLOW)
    library, remote = world.libraries[AGENCY], link.copies[0].remote_id
    library.become(remote, presence)
    if place != SELECTED:
        library.move(remote, place)
    world.run(full=True)
    assert world.writes() == 0


@pytest.mark.hazard("P03")
def test_nobody_is_gone_where_the_listing_is_not_whole(world: TwoWay) -> None:
    first, second = linked(world, 2)
    following(world, deleted=WhenAbsent.FOLLOW)
    library = world.libraries[AGENCY]
    library.unlisted.add(second.copies[0].remote_id)
    library.become(first.copies[0].remote_id, Presence.DELETED)
    ran = world.run(full=True)
    assert world.writes() == 0
    assert Code.LISTING_UNPROVEN in {Code(it["code"]) for it in flow_of(ran)["notes"]}
    library.unlisted.clear()
    world.times.advance(HOUR)
    world.run(full=True)
    assert world.state(first.copies[1]).places == (HOLDING,)


def test_a_link_that_is_only_observed_is_never_written(world: TwoWay) -> None:
    (link,) = linked(world)
    world.ledger.memory.put_link(replace(link, observe_only=True))
    world.libraries[AGENCY].edit(link.copies[0].remote_id, headline=("Better",))
    ran = world.run()
    assert (flow_of(ran)["skipped"], world.writes()) == (1, 0)


# what systems make of values --------------------------------------------------------------------------------------------


@pytest.mark.hazard("P29")
def test_a_title_that_one_system_cuts_is_whole_in_the_others_for_ever(world: TwoWay) -> None:
    (link,) = linked(world)
    whole = "A title that is longer than what one of these systems can ever hold, in full"
    world.libraries[ARCHIVE].edit(link.copies[1].remote_id, title=(whole,))
    for _ in range(3):
        world.run(full=True)
        world.times.advance(HOUR)
    values = [world.state(it).value(TITLE)[0] for it in link.copies]
    assert values[:2] == [whole, whole]
    assert len(values[2]) < len(whole)
    assert world.writes() == 2


def test_a_value_that_a_system_alters_is_told_once_and_spreads_nowhere(world: TwoWay) -> None:
    (link,) = linked(world)
    world.libraries[PRESS].alter = str.upper
    world.libraries[ARCHIVE].edit(link.copies[1].remote_id, headline=("Better",))
    first = world.run()
    assert flow_of(first)["quarantined"] == 1
    world.times.advance(HOUR)
    world.run(full=True)
    assert [world.state(it).value(HEADLINE) for it in link.copies] == [("Better",), ("Better",), ("BETTER",)]
    assert world.writes() == 2


@pytest.mark.hazard("P46")
@pytest.mark.parametrize(
    "theirs", [("Headline",), (), ("Bett",), ("Elsewhere",)], ids=["back", "emptied", "cut", "new"]
)
def test_an_edit_right_after_our_write_goes_everywhere(world: TwoWay, theirs: Texts) -> None:
    (link,) = linked(world)
    press = world.libraries[PRESS]
    press.after_write.append(lambda it: press.edit(it.key.remote_id, headline=theirs))
    world.libraries[ARCHIVE].edit(link.copies[1].remote_id, headline=("Better",))
    for _ in range(3):
        world.run()
        world.times.advance(HOUR)
    assert [world.state(it).value(HEADLINE) for it in link.copies] == [theirs] * 3
    assert world.conflicts() == []


@pytest.mark.hazard("P29")
@pytest.mark.parametrize("theirs", [("Headline",), (), ("Bett",)], ids=["ignored", "dropped", "cut"])
def test_what_an_account_is_not_proven_to_keep_is_told_and_spreads_nowhere(world: TwoWay, theirs: Texts) -> None:
    (link,) = linked(world)
    press = world.libraries[PRESS]
    press.keeps = False
    press.after_write.append(lambda it: press.edit(it.key.remote_id, headline=theirs))
    world.libraries[ARCHIVE].edit(link.copies[1].remote_id, headline=("Better",))
    assert flow_of(world.run())["quarantined"] == 1
    writes = world.writes()
    world.times.advance(HOUR)
    world.run(full=True)
    assert [world.state(it).value(HEADLINE) for it in link.copies] == [("Better",), ("Better",), theirs]
    assert world.writes() == writes, "of whom nobody knows whether it is an edit nothing is written over"


def test_a_write_that_is_shown_later_is_waited_for_and_is_nobodys_edit(world: TwoWay) -> None:
    (link,) = linked(world)
    press = world.libraries[PRESS]
    press.shows_later = True
    world.libraries[ARCHIVE].edit(link.copies[1].remote_id, headline=("Better",))
    for _ in range(3):
        ran = world.run()
        assert (flow_of(ran)["waiting"], flow_of(ran)["quarantined"]) == (1, 0)
        world.times.advance(HOUR)
    assert len(press.taken) == 1, "what was taken is not sent again"
    press.show()
    world.run()
    assert differing(world, link) == []
    assert world.conflicts() == []


def test_a_write_that_is_never_shown_is_told_to_a_person_and_not_repeated(world: TwoWay) -> None:
    (link,) = linked(world)
    press = world.libraries[PRESS]
    press.shows_later = True
    world.libraries[ARCHIVE].edit(link.copies[1].remote_id, headline=("Better",))
    world.run()
    world.times.advance(world.settings.deferred_for + HOUR)
    for _ in range(2):
        assert flow_of(world.run())["quarantined"] == 1
        world.times.advance(HOUR)
    assert len(press.taken) == 1
    world.libraries[ARCHIVE].edit(link.copies[1].remote_id, headline=("Best",))
    world.run()
    assert [it[1] for it in press.taken] == [{HEADLINE: ("Better",)}, {HEADLINE: ("Best",)}]


# plans ------------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P47")
def test_a_plan_is_carried_out_as_it_is_or_not_at_all(world: TwoWay) -> None:
    first, second = linked(world, 2)
    world.libraries[AGENCY].edit(first.copies[0].remote_id, headline=("Better",))
    world.libraries[ARCHIVE].edit(second.copies[1].remote_id, headline=("Other",))
    plan = world.wait(previewing.preview(world.parts(), full=False))
    assert world.writes() == 0
    lines = world.wait(world.ledger.plan_lines(plan.id))
    assert lines is not None
    assert read_plan(lines) == plan
    assert {it.kind for it in plan.actions} == {ActionKind.AGREE, ActionKind.UPDATE_FIELDS}
    world.libraries[PRESS].edit(first.copies[2].remote_id, city=("Bern",))
    with pytest.raises(MovedOn, match="1 of 2 links moved"):
        world.wait(previewing.apply(world.parts(), plan, Approval(by="jane")))
    assert world.writes() == 0
    fresh = world.wait(previewing.preview(world.parts(), full=False))
    ran = world.wait(previewing.apply(world.parts(), fresh, Approval(by="jane")))
    assert (flow_of(ran)["done"], ran.exit_code) == (2, 0)
    assert [differing(world, it) for it in (first, second)] == [[], []]
    again = world.wait(previewing.apply(world.parts(), fresh, Approval(by="jane")))
    assert flow_of(again)["done"] == 0


def test_a_pilot_carries_out_so_many_links_and_the_rest_waits(world: TwoWay) -> None:
    links = linked(world, 3)
    for link in links:
        world.libraries[AGENCY].edit(link.copies[0].remote_id, headline=("Better",))
    plan = world.wait(previewing.preview(world.parts(), full=False))
    ran = world.wait(previewing.apply(world.parts(), plan, Approval(by="jane", pilot=1)))
    assert (flow_of(ran)["done"], flow_of(ran)["waiting"]) == (1, 2)
    rest = world.wait(previewing.apply(world.parts(), plan, Approval(by="jane")))
    assert flow_of(rest)["done"] == 2
    assert [differing(world, it) for it in links] == [[], [], []]


def test_a_plan_of_another_policy_is_refused(world: TwoWay) -> None:
    (link,) = linked(world)
    world.libraries[AGENCY].edit(link.copies[0].remote_id, headline=("Better",))
    plan = world.wait(previewing.preview(world.parts(), full=False))
    world.policy = replace(POLICY, max_changes=7)
    with pytest.raises(Refused, match="the policy changed"):
        world.wait(previewing.apply(world.parts(), plan, Approval(by="jane")))


@pytest.mark.hazard("P48")
def test_what_contends_and_what_was_done_are_both_told(world: TwoWay) -> None:
    first, second = linked(world, 2)
    world.libraries[AGENCY].edit(first.copies[0].remote_id, headline=("Here",))
    world.libraries[ARCHIVE].edit(first.copies[1].remote_id, headline=("There",), city=("Bern",))
    world.libraries[ARCHIVE].edit(second.copies[1].remote_id, headline=("Better",))
    ran = world.run()
    assert ran is not None
    flow = flow_of(ran)
    assert (flow["seen"], flow["done"], flow["waiting"], ran.exit_code) == (2, 1, 1, 3)
    assert (flow["needs_attention"], flow["inbox"]["open"]) == ({"conflict": 1}, 1)
    assert {world.state(it).value(HEADLINE) for it in first.copies} == {("Here",), ("There",), ("Headline",)}
    (entry,) = world.conflicts(ConflictState.OPEN)
    assert {side.fields[HEADLINE] for side in entry.sides} == {"Here", "There"}


# order ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 2, 200])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_neither_the_order_of_listings_nor_the_size_of_batches_matters(batch: int, order: int) -> None:
    made = TwoWay(settings=replace(SETTINGS, batch=batch, tranche=batch))
    for library in made.libraries.values():
        library.order = Random(order)
    links = linked(made, 4)
    for number, link in enumerate(links):
        made.libraries[AGENCY].edit(link.copies[0].remote_id, headline=(f"Here {number}",), keywords=("a", f"{number}"))
        made.libraries[ARCHIVE].edit(link.copies[1].remote_id, city=("Bern",), keywords=("a", "b", "c"))
        if number % 2:
            made.libraries[PRESS].edit(link.copies[2].remote_id, headline=("There",))
    made.run()
    assert [[made.state(it).value(HEADLINE) for it in link.copies] for link in links] == [
        [(f"Here {number}",), ("Headline",), ("There",)] if number % 2 else [(f"Here {number}",)] * 3
        for number in range(4)
    ]
    assert [set(made.state(link.copies[0]).value(KEYWORDS)) for link in links] == [
        {"a", "c", f"{number}"} for number in range(4)
    ]
    assert len(made.conflicts()) == 2
    made.close()


def test_copies_in_accounts_that_are_not_the_flows_are_none_of_its_business() -> None:
    made = TwoWay(accounts=(ARCHIVE, PRESS))
    (link,) = linked(made)
    made.libraries[AGENCY].edit(link.copies[0].remote_id, headline=("Elsewhere",))
    made.libraries[PRESS].edit(link.copies[2].remote_id, headline=("Better",))
    plan = made.wait(previewing.preview(made.parts(), full=True))
    ran = made.wait(previewing.apply(made.parts(), plan, Approval(by="jane")))
    assert (flow_of(ran)["done"], flow_of(ran)["seen"]) == (1, 1)
    values = [made.state(it).value(HEADLINE) for it in link.copies]
    assert values == [("Elsewhere",), ("Better",), ("Better",)]
    made.close()
