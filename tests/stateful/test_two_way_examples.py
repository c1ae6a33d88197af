"""Histories that once came to a wrong end, each as short as it could be made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from dambridge.engine.mirroring.sighting import SEEN
from dambridge.model.accords import CONTENT
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import Link
from dambridge.model.records import Absence
from dambridge.policy.mirror import Authority, FieldGroup, MirrorPolicy, Rule, WhenAbsent
from stateful.test_two_way import TwoWayMachine, quiet
from support.two_way import AGENCY, ARCHIVE, POLICY, PRESS, TwoWay
from support.two_way_systems import CITY, CREDIT, ELSEWHERE, HEADLINE, LAGS, Presence

HOUR = timedelta(hours=1)


@pytest.fixture
def machine() -> Iterator[TwoWayMachine]:
    made = type("Example", (TwoWayMachine,), {"met": Counter()})()
    yield made
    made.play.close()


def test_what_contended_keeps_its_time_when_it_wins(machine: TwoWayMachine) -> None:
    machine.begin(start=66252)
    machine.a_run_gets_an_answer_older_than_is_believed(copy=0, field=0, link=1, other=1, value=0, which=0)
    machine.a_run_gets_an_answer_older_than_is_believed(copy=2, field=0, link=1, other=0, value=1, which=2)
    machine.a_run(full=True)
    machine.play.come_to_rest()


@pytest.mark.hazard("P16")
def test_new_bytes_are_not_taken_for_seen_by_an_answer_that_shows_the_old_ones(machine: TwoWayMachine) -> None:
    machine.begin(start=20929)
    machine.a_run_gets_an_answer_older_than_is_believed(copy=0, field=0, link=0, other=0, value=0, which=2)
    machine.a_run_gets_a_stale_answer(copy=0, lag=0, link=0, times=0)
    machine.a_run_gets_an_answer_older_than_is_believed(copy=1, field=0, link=0, other=0, value=0, which=0)
    machine.play.come_to_rest()


def test_in_a_store_made_anew_nobody_agreed_that_a_field_was_empty(machine: TwoWayMachine) -> None:
    machine.begin(start=10)
    machine.somebody_edits(copy=0, field=0, link=0, value=0)
    machine.the_store_is_lost_and_made_anew()
    machine.play.come_to_rest()


def test_in_a_store_made_anew_a_cut_value_has_no_claim_of_its_own(machine: TwoWayMachine) -> None:
    machine.begin(start=10)
    machine.an_edit_and_a_run_that_dies(after=False, at=28, copy=2, field=2, link=0, value=0)
    machine.somebody_edits(copy=0, field=2, link=0, value=0)
    machine.the_store_is_lost_and_made_anew()
    machine.play.come_to_rest()


@pytest.mark.hazard("P46")
def test_what_was_decided_against_is_an_edit_when_somebody_puts_it_back_over_another(machine: TwoWayMachine) -> None:
    machine.begin(start=41464)
    machine.edits_of_all_links_and_runs_in_another_order(field=0, link=1, order=0, value=0)
    machine.a_run_gets_an_answer_older_than_is_believed(copy=0, field=0, link=1, other=1, value=1, which=2)
    machine.edits_of_all_links_and_runs_in_another_order(field=0, link=1, order=0, value=3)
    machine.somebody_edits(copy=1, field=0, link=1, value=1)
    machine.edits_of_all_links_and_runs_in_another_order(field=2, link=0, order=0, value=11)
    machine.play.come_to_rest()


@pytest.mark.hazard("P16")
def test_bytes_other_than_those_agreed_on_are_not_brought_whatever_the_index_says(machine: TwoWayMachine) -> None:
    machine.begin(start=237)
    machine.time_goes_by(which=0)
    machine.somebody_edits_and_puts_it_back(copy=2, field=0, link=1, value=0)
    machine.a_run_gets_a_stale_answer(copy=2, lag=0, link=1, times=1)
    machine.play.come_to_rest()


def test_a_write_without_an_answer_is_remembered_when_the_next_one_finds_somebody_at_it(machine: TwoWayMachine) -> None:
    machine.begin(start=1)
    machine.two_people_edit(copy=0, field=1, link=1, other=0, value=12)
    machine.somebody_takes_away_or_restores(copy=1, how=2, link=0)
    machine.a_run_and_somebody_edits(copy=0, field=0, link=0, value=0, when=0)
    machine.time_goes_by(which=0)
    machine.two_people_edit(copy=2, field=1, link=1, other=8, value=0)
    machine.a_run_and_somebody_right_after_its_write(copy=0, field=0, how=0, link=0, value=0)
    machine.a_run_and_somebody_edits(copy=0, field=0, link=1, value=0, when=1)
    machine.play.come_to_rest()


def test_a_new_file_brings_its_name_over_a_rename_in_the_last_moment(machine: TwoWayMachine) -> None:
    machine.begin(start=1230)
    machine.a_run_gets_an_answer_older_than_is_believed(copy=0, field=0, link=0, other=0, value=0, which=0)
    machine.a_run_and_somebody_edits(copy=0, field=1, link=0, value=0, when=56)
    machine.play.come_to_rest()


@pytest.mark.hazard("P16")
def test_a_copy_that_looks_again_as_it_did_within_a_second_has_left_the_rest_behind(machine: TwoWayMachine) -> None:
    machine.begin(start=608688800)
    machine.two_people_edit(copy=0, field=0, link=1, other=0, value=0)
    machine.a_run(full=True)
    machine.somebody_edits(copy=0, field=2, link=1, value=12)
    machine.a_run_and_somebody_edits(copy=0, field=0, link=0, value=0, when=0)
    machine.two_people_edit(copy=0, field=2, link=1, other=1, value=10)
    machine.a_run(full=True)
    machine.a_run_gets_a_stale_answer(copy=0, lag=0, link=1, times=0)
    machine.play.come_to_rest()


def test_what_is_edited_and_taken_back_beside_a_write_of_ours_nothing_shows(machine: TwoWayMachine) -> None:
    machine.begin(start=169)
    machine.an_edit_and_a_run_that_dies(after=True, at=0, copy=0, field=0, link=1, value=0)
    machine.an_edit_and_a_run_that_dies(after=False, at=0, copy=0, field=1, link=1, value=0)
    machine.a_run_and_somebody_edits(copy=1, field=0, link=1, value=0, when=0)
    machine.play.come_to_rest()


@pytest.mark.hazard("P46")
def test_what_answers_showed_that_contradict_each_other_is_on_record(machine: TwoWayMachine) -> None:
    machine.begin(start=390973)
    machine.a_run_and_somebody_right_after_its_write(copy=1, field=0, how=0, link=1, value=0)
    machine.two_people_edit(copy=0, field=0, link=1, other=0, value=0)
    machine.a_run_gets_an_answer_older_than_is_believed(copy=0, field=0, link=1, other=0, value=0, which=0)
    machine.play.come_to_rest()


def test_an_edit_that_was_decided_against_is_none_though_a_write_over_it_met_somebody(machine: TwoWayMachine) -> None:
    machine.begin(start=272861)
    machine.two_people_edit(copy=0, field=1, link=0, other=0, value=0)
    machine.edits_of_all_links_and_runs_in_another_order(field=2, link=1, order=0, value=0)
    machine.a_run_gets_an_answer_older_than_is_believed(copy=0, field=3, link=0, other=1, value=2, which=2)
    machine.two_people_edit(copy=1, field=1, link=0, other=0, value=1)
    machine.time_goes_by(which=4)
    machine.a_run_and_somebody_edits(copy=1, field=0, link=0, value=0, when=1)
    machine.play.come_to_rest()


@pytest.mark.hazard("P16")
def test_what_a_recheck_met_and_put_nowhere_makes_no_later_answer_late(machine: TwoWayMachine) -> None:
    machine.begin(start=875899124)
    machine.somebody_edits(copy=2, field=1, link=0, value=0)
    machine.two_people_edit(copy=1, field=0, link=0, other=0, value=1)
    machine.a_run_gets_a_stale_answer(copy=0, lag=0, link=0, times=0)
    machine.somebody_edits(copy=0, field=0, link=0, value=0)
    machine.the_store_is_lost_and_made_anew()
    machine.a_run_gets_a_stale_answer(copy=0, lag=0, link=0, times=0)
    machine.two_people_edit(copy=2, field=2, link=0, other=2, value=0)
    machine.two_people_edit(copy=0, field=1, link=0, other=1, value=2)
    machine.a_run_gets_a_stale_answer(copy=0, lag=0, link=0, times=0)
    machine.somebody_edits(copy=2, field=2, link=0, value=2)
    machine.a_run_gets_a_stale_answer(copy=0, lag=0, link=0, times=0)
    machine.play.come_to_rest()


def test_what_comes_back_after_a_late_answer_is_as_old_as_it_was(machine: TwoWayMachine) -> None:
    machine.begin(start=1)
    machine.two_people_edit(copy=0, field=0, link=0, other=0, value=1)
    machine.a_run_gets_an_answer_older_than_is_believed(copy=0, field=0, link=0, other=1, value=0, which=0)
    machine.edits_of_all_links_and_runs_in_another_order(field=0, link=0, order=0, value=2)
    machine.somebody_rules(side=0, which=0)
    machine.a_run_and_somebody_right_after_its_write(copy=1, field=1, how=0, link=0, value=0)
    machine.a_run_gets_an_answer_older_than_is_believed(copy=0, field=0, link=0, other=0, value=2, which=2)
    machine.edits_of_all_links_and_runs_in_another_order(field=2, link=1, order=0, value=0)
    machine.play.come_to_rest()


def test_bytes_taken_back_within_a_second_of_our_write_are_sent_again(machine: TwoWayMachine) -> None:
    machine.begin(start=20782)
    machine.somebody_takes_away_or_restores(copy=0, how=1, link=1)
    machine.somebody_takes_away_or_restores(copy=0, how=1, link=0)
    machine.somebody_edits(copy=1, field=0, link=1, value=0)
    machine.a_run_and_somebody_right_after_its_write(copy=0, field=0, how=0, link=0, value=0)
    machine.play.come_to_rest()


def test_what_was_edited_before_somebody_went_is_as_old_as_it_is_when_everybody_is_back(machine: TwoWayMachine) -> None:
    machine.begin(start=986)
    machine.a_run_and_somebody_right_after_its_write(copy=0, field=0, how=0, link=1, value=0)
    machine.somebody_takes_away_or_restores(copy=0, how=2, link=1)
    machine.a_run_and_somebody_right_after_its_write(copy=1, field=0, how=0, link=1, value=1)
    machine.edits_of_all_links_and_runs_in_another_order(field=0, link=0, order=0, value=0)
    machine.somebody_takes_away_or_restores(copy=0, how=0, link=1)
    machine.play.come_to_rest()


@pytest.mark.hazard("P15")
def test_what_is_asked_for_again_is_the_last_that_was_asked_for(machine: TwoWayMachine) -> None:
    machine.begin(start=131)
    machine.somebody_takes_away_or_restores(copy=2, how=1, link=0)
    machine.two_people_edit(copy=0, field=2, link=0, other=0, value=4)
    machine.a_run(full=True)
    machine.a_run_and_somebody_right_after_its_write(copy=0, field=2, how=0, link=0, value=1)
    machine.a_run_and_somebody_right_after_its_write(copy=1, field=2, how=0, link=0, value=2)
    machine.play.come_to_rest()


def test_what_stood_in_an_answer_that_never_came_was_not_seen(machine: TwoWayMachine) -> None:
    machine.begin(start=8648)
    machine.two_people_edit(copy=0, field=1, link=0, other=0, value=0)
    machine.a_run_gets_no_answer(copy=2, link=1)
    machine.two_people_edit(copy=0, field=1, link=0, other=0, value=0)
    machine.play.come_to_rest()


@pytest.mark.hazard("P16")
def test_bytes_that_a_copy_shows_again_by_their_stamp_are_those_that_it_stood_for(machine: TwoWayMachine) -> None:
    machine.begin(start=755)
    machine.two_people_edit(copy=0, field=2, link=1, other=0, value=1)
    machine.two_people_edit(copy=0, field=1, link=1, other=0, value=1)
    machine.edits_of_all_links_and_runs_in_another_order(field=2, link=0, order=0, value=0)
    machine.a_run_gets_a_stale_answer(copy=0, lag=1, link=1, times=0)
    machine.a_run_and_somebody_edits(copy=1, field=0, link=1, value=0, when=1)
    machine.play.come_to_rest()


# one policy, one link ---------------------------------------------------------------------------------------------------


def world_of(*groups: FieldGroup, **absences: WhenAbsent) -> tuple[TwoWay, Link]:
    policy = MirrorPolicy(
        flow=POLICY.flow,
        accounts=POLICY.accounts,
        groups=groups,
        absences={AGENCY: {Absence(name): it for name, it in absences.items()}},
        max_removals=None,
        max_removal_share=None,
    )
    made = TwoWay(policy=policy)
    link = made.add_link(0, headline=("Headline",), credit=("Credit",))
    made.run(full=True)
    made.times.advance(HOUR)
    return made, link


@pytest.mark.hazard("P16")
def test_a_late_answer_wins_nothing_by_its_time_and_asks_nobody() -> None:
    """The agency shows for days what it was. Somebody's edit in the archive is later, and needs no person to say so."""
    world, link = world_of(FieldGroup.of(CREDIT, Authority(Rule.NEWEST)))
    agency, archive = world.libraries[AGENCY], world.libraries[ARCHIVE]
    agency.edit(link.copies[0].remote_id, credit=("Agency",))
    world.run()
    world.times.advance(2 * HOUR)
    world.run(full=True)
    archive.edit(link.copies[1].remote_id, credit=("Archive",))
    agency.stale[link.copies[0].remote_id], agency.lag = 9, LAGS[2]
    world.run()
    agency.stale.clear()
    for _ in range(3):
        world.times.advance(HOUR)
        world.run(full=True)
    assert [world.state(it).value(CREDIT) for it in link.copies] == [("Archive",)] * 3
    assert world.conflicts(*ConflictState) == []
    world.close()


@pytest.mark.hazard("P46")
def test_what_is_seen_while_somebody_is_gone_is_on_record() -> None:
    world, link = world_of(FieldGroup.of(HEADLINE, Authority(Rule.ASK)), deleted=WhenAbsent.ASK)
    archive = world.libraries[ARCHIVE]
    world.libraries[AGENCY].become(link.copies[0].remote_id, Presence.DELETED)
    world.run(full=True)
    for text in ("First", "Second"):
        archive.edit(link.copies[1].remote_id, headline=(text,))
        for _ in range(2):
            world.times.advance(HOUR)
            world.run(full=True)
    told = [it.entry.detail["seen"] for it in world.trail(link.id) if it.entry.event == SEEN]
    copy = str(link.copies[1].id)
    assert told == [{copy: {"headline": "First"}}, {copy: {"headline": "Second"}}], (
        "each once, however often it is seen"
    )
    world.close()


@pytest.mark.hazard("P46")
def test_what_a_copy_shows_outside_of_the_selection_is_on_record() -> None:
    world, link = world_of(FieldGroup.of(HEADLINE, Authority(Rule.ASK)), left_selection=WhenAbsent.ASK)
    agency, remote = world.libraries[AGENCY], link.copies[0].remote_id
    agency.move(remote, ELSEWHERE)
    for text in ("First", "Second"):
        agency.edit(remote, headline=(text,))
        for _ in range(2):
            world.times.advance(HOUR)
            world.run(full=True)
    told = [it.entry.detail["seen"] for it in world.trail(link.id) if it.entry.event == SEEN]
    copy = str(link.copies[0].id)
    assert told == [{copy: {"headline": "First"}}, {copy: {"headline": "Second"}}], "each once"
    world.close()


@pytest.mark.hazard("P46")
def test_what_is_met_beside_a_write_is_on_record_although_it_is_replaced_at_once() -> None:
    world, link = world_of(FieldGroup.of(HEADLINE, Authority(Rule.ASK)), FieldGroup.of(CITY, Authority(Rule.ASK)))
    press = world.libraries[PRESS]
    remote = link.copies[2].remote_id
    press.after_write.append(lambda _: press.edit(remote, city=("Bern",)))
    world.libraries[ARCHIVE].edit(link.copies[1].remote_id, headline=("Better",))
    world.run()
    press.edit(remote, city=("Basel",))
    for _ in range(2):
        world.times.advance(HOUR)
        world.run(full=True)
    met = [it.entry.detail["met"] for it in world.trail(link.id) if "met" in it.entry.detail]
    assert met == [[{str(link.copies[2].id): {"city": "Bern"}}]]
    assert {world.state(it).value(CITY) for it in link.copies} == {("Basel",)}
    world.close()


@pytest.mark.hazard("P04")
def test_a_store_made_anew_brings_nothing_back_that_was_let_go() -> None:
    world, link = world_of(FieldGroup.of(CONTENT, Authority(Rule.ASK)), deleted=WhenAbsent.LET_GO)
    world.libraries[AGENCY].become(link.copies[0].remote_id, Presence.DELETED)
    world.run(full=True)
    world.release([it.link for it in world.lose_and_restore() if it.watched is not None])
    world.libraries[AGENCY].become(link.copies[0].remote_id, Presence.HERE)
    world.libraries[ARCHIVE].replace_file(link.copies[1].remote_id, "better bytes")
    writes = world.writes()
    world.run(full=True)
    assert world.ledger.memory.links[link.id].copies == link.copies[1:]
    assert world.state(link.copies[0]).content == b"bytes of 0", "who was let go gets nothing any more"
    assert world.writes() >= writes
    world.close()


def _away_while_the_store_is_lost(theirs: str) -> tuple[TwoWay, Link]:
    """The press's copy is hidden, and may get other bytes, while the store is lost and made anew; it is back afterwards."""
    world, link = world_of(FieldGroup.of(CONTENT, Authority(Rule.ASK)))
    press, remote = world.libraries[PRESS], link.copies[2].remote_id
    press.become(remote, Presence.HIDDEN)
    world.release([it.link for it in world.lose_and_restore()])
    if theirs:
        press.replace_file(remote, theirs)
    press.become(remote, Presence.HERE)
    return world, link


@pytest.mark.hazard("P22")
def test_bytes_edited_between_a_loss_and_the_first_look_are_not_taken_for_those_of_the_others() -> None:
    world, link = _away_while_the_store_is_lost("")
    world.libraries[AGENCY].replace_file(link.copies[0].remote_id, "better bytes")
    world.run(full=True)
    assert [it.group for it in world.conflicts()] == ["content"]
    assert {world.state(it).content for it in link.copies} == {b"better bytes", b"bytes of 0"}
    world.close()


@pytest.mark.hazard("P22")
@pytest.mark.parametrize("theirs", ["", "their bytes"])
def test_the_bytes_of_a_copy_that_was_not_there_at_the_restoring_are_read(theirs: str) -> None:
    world, link = _away_while_the_store_is_lost(theirs)
    world.run(full=True)
    assert [it.group for it in world.conflicts()] == (["content"] if theirs else [])
    assert world.writes() == 0
    told = [it.entry.event for it in world.trail(link.id)].count("asset.bytes_compared")
    world.times.advance(HOUR)
    world.run(full=True)
    assert [it.entry.event for it in world.trail(link.id)].count("asset.bytes_compared") == told == 1, "read once"
    world.close()


@pytest.mark.hazard("P29")
def test_who_shows_a_title_cut_at_first_sight_knows_the_whole(machine: TwoWayMachine) -> None:
    machine.begin(start=373968)
    machine.an_edit_and_a_run_that_loses_replies(account=0, copy=0, fates=0, field=2, link=0, value=0)
    machine.the_store_is_lost_and_made_anew()
    machine.an_edit_and_a_run_that_dies(after=True, at=0, copy=2, field=2, link=0, value=1)
    machine.play.come_to_rest()


@pytest.mark.hazard("P16")
def test_a_file_that_is_newer_than_the_stamp_shown_with_it_is_not_brought(machine: TwoWayMachine) -> None:
    machine.begin(start=87675)
    machine.somebody_edits(copy=0, field=0, link=0, value=0)
    machine.edits_of_all_links_and_runs_in_another_order(field=2, link=1, order=0, value=1)
    machine.somebody_rules(side=0, which=0)
    machine.a_run_gets_a_stale_answer(copy=0, lag=0, link=0, times=0)
    machine.time_goes_by(which=2)
    machine.a_run_gets_a_stale_answer(copy=2, lag=1, link=0, times=1)
    machine.play.come_to_rest()


@pytest.mark.hazard("P16")
def test_what_came_twice_in_one_second_and_came_back_late_is_of_no_known_age(machine: TwoWayMachine) -> None:
    machine.begin(start=67687)
    machine.a_run_and_somebody_right_after_its_write(copy=1, field=0, how=0, link=0, value=0)
    machine.a_run_gets_an_answer_older_than_is_believed(copy=0, field=0, link=1, other=0, value=0, which=0)
    machine.a_run_gets_a_stale_answer(copy=0, lag=0, link=0, times=0)
    machine.a_run_gets_an_answer_older_than_is_believed(copy=1, field=0, link=0, other=0, value=1, which=0)
    machine.play.come_to_rest()
    assert machine.play.world is not None
    assert [it.group for it in machine.play.world.conflicts()] == ["credit"]


@pytest.mark.hazard("P22")
def test_what_was_written_once_over_the_same_is_written_again(machine: TwoWayMachine) -> None:
    machine.begin(start=7540)
    machine.somebody_takes_away_or_restores(copy=2, how=1, link=0)
    machine.somebody_edits(copy=0, field=0, link=0, value=0)
    machine.the_store_is_lost_and_made_anew()
    machine.time_goes_by(which=0)
    machine.a_run_and_somebody_right_after_its_write(copy=0, field=0, how=2, link=0, value=15)
    machine.a_run_and_somebody_right_after_its_write(copy=0, field=0, how=0, link=0, value=0)
    machine.a_run_and_somebody_edits(copy=0, field=0, link=1, value=0, when=0)
    machine.a_run_gets_a_stale_answer(copy=1, lag=0, link=0, times=0)
    machine.play.come_to_rest()


@pytest.mark.hazard("P16")
def test_the_bytes_that_stood_under_another_stamp_are_not_brought_as_those_of_a_late_one(
    machine: TwoWayMachine,
) -> None:
    machine.begin(start=163)
    machine.a_run_and_somebody_right_after_its_write(copy=1, field=0, how=1, link=0, value=0)
    machine.a_run_and_somebody_right_after_its_write(copy=0, field=0, how=0, link=0, value=0)
    machine.somebody_rules(side=0, which=0)
    machine.an_edit_and_a_run_that_loses_replies(account=0, copy=0, fates=0, field=0, link=0, value=0)
    machine.the_store_is_lost_and_made_anew()
    machine.a_run_gets_a_stale_answer(copy=0, lag=0, link=0, times=1)
    machine.play.come_to_rest()


@pytest.mark.hazard("P29")
def test_two_who_leave_the_same_of_a_title_but_for_a_space_agree(machine: TwoWayMachine) -> None:
    machine.begin(start=538)
    machine.an_edit_and_a_run_that_dies(after=True, at=8, copy=2, field=2, link=0, value=0)
    machine.a_run_and_somebody_right_after_its_write(copy=0, field=0, how=2, link=0, value=1)
    machine.play.come_to_rest()


@pytest.mark.hazard("P16")
@pytest.mark.parametrize("their_own", [False, True], ids=["bytes of another", "bytes of its own"])
def test_our_own_bytes_shown_late_and_taken_back_already_are_nobodys_edit(
    machine: TwoWayMachine, their_own: bool
) -> None:
    machine.begin(start=77718)
    if their_own:
        machine.a_run_gets_an_answer_older_than_is_believed(copy=2, field=0, link=1, other=0, value=0, which=0)
        machine.an_edit_and_a_run_that_dies(after=False, at=24, copy=0, field=0, link=0, value=0)
    machine.a_run_and_somebody_right_after_its_write(copy=1, field=0, how=0, link=1, value=0)
    machine.a_run_gets_a_stale_answer(copy=0, lag=0, link=1, times=1)
    assert machine.play.world is not None
    assert machine.play.world.conflicts() == []
    machine.play.come_to_rest()


__all__ = ["quiet"]
