"""What is not proven holds an asset back by name, and no other; what is proven later goes on where it stopped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dambridge.mapping import account_map
from dambridge.model.actions import Act, ActionKind, Leave
from dambridge.model.identity import System
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code
from dambridge.model.records import MediaType, NotYet, Present
from dambridge.model.values import FieldName
from dambridge.ports.capabilities import Proof
from dambridge.testing.two_copies import READS, TAKES
from support.intake_plans import POLICY, agreed_on, decide, f, left, source_record, target_record, the_action

DELIVERS = replace(POLICY, unproven_fields="deliver")


@pytest.mark.parametrize("what", ["originals", "deliver", "write_attributes"])
@pytest.mark.parametrize("proof", [Proof.UNPROVEN, Proof.ABSENT, Proof.PROVEN])
def test_what_is_not_proven_makes_the_asset_wait_and_what_is_does_not(what: str, proof: Proof) -> None:
    cell: Any = (
        proof if what == "write_attributes" else {**dict.fromkeys(MediaType, Proof.DECLARED), MediaType.RAW: proof}
    )
    raw = Present(source_record({}, media_type=MediaType.RAW))
    given_ = (
        {"can_read": replace(READS, originals=cell)}
        if what == "originals"
        else {"can_archive": replace(TAKES, **{what: cell})}
    )
    decision = decide(raw, NotYet(), link=None, **given_)
    if proof.usable:
        assert the_action(decision).kind is ActionKind.CREATE
    else:
        assert left(decision) == (Outcome.WAITING, Code.CAPABILITY_UNPROVEN)


def field_cells(**cells: Proof) -> dict[str, Any]:
    return {"can_archive": replace(TAKES, fields=cells)}


@pytest.mark.parametrize("proof", list(Proof))
def test_a_field_that_is_not_known_to_be_taken_makes_its_assets_wait_by_name_and_no_others(proof: Proof) -> None:
    given_ = field_cells(Credit=proof)
    having = decide(Present(source_record(f(credit="C", city="Ghent"))), NotYet(), link=None, **given_)
    if proof.usable:
        assert the_action(having).kind is ActionKind.CREATE
    else:
        assert isinstance(having, Leave)
        assert left(having) == (Outcome.WAITING, Code.CAPABILITY_UNPROVEN)
        assert having.waits_for == "administrator"
        assert (having.reason["field"], having.reason["what"]) == ("credit", "write the attribute Credit")
    without = decide(Present(source_record(f(city="Ghent"))), NotYet(), link=None, **given_)
    assert the_action(without).kind is ActionKind.CREATE


def test_a_field_is_known_by_the_name_that_the_site_gave_it() -> None:
    netx = account_map(System.NETX, {"credit": "Credit Line"})
    record = Present(source_record(f(credit="C")))
    blocked = decide(record, NotYet(), link=None, netx=netx, **field_cells(**{"Credit Line": Proof.ABSENT}))
    assert isinstance(blocked, Leave)
    assert blocked.reason["what"] == "write the attribute Credit Line"
    assert isinstance(decide(record, NotYet(), link=None, netx=netx, **field_cells(Credit=Proof.ABSENT)), Act)


def test_a_field_left_out_by_the_policy_needs_no_proof() -> None:
    policy = replace(POLICY, managed=frozenset({FieldName("city")}))
    record = Present(source_record(f(credit="C", city="Ghent")))
    decision = decide(record, NotYet(), link=None, policy=policy, **field_cells(Credit=Proof.ABSENT))
    assert the_action(decision).kind is ActionKind.CREATE


@pytest.mark.parametrize("mark", ["Dambridge Id", "Source Id"])
def test_a_new_asset_that_could_not_carry_our_marks_waits(mark: str) -> None:
    record = Present(source_record(f(city="Ghent")))
    blocked = decide(record, NotYet(), link=None, **field_cells(**{mark: Proof.ABSENT}))
    assert isinstance(blocked, Leave)
    assert blocked.reason["what"] == f"write the attribute {mark}"
    assert isinstance(decide(record, NotYet(), link=None, **field_cells(**{mark: Proof.PROVEN})), Act)


def test_a_field_proven_by_itself_is_written_where_attributes_as_such_are_not() -> None:
    before, now = f(credit="C"), f(credit="D")
    archive = replace(TAKES, write_attributes=Proof.UNPROVEN, fields={"Credit": Proof.PROVEN})
    seen = Present(source_record(now, modified="m2")), Present(target_record(before))
    agreed = agreed_on(source_record(before), before)
    assert the_action(decide(*seen, agreed, can_archive=archive)).kind is ActionKind.UPDATE_FIELDS
    held = decide(*seen, agreed, can_archive=replace(archive, fields={}))
    assert left(held) == (Outcome.WAITING, Code.CAPABILITY_UNPROVEN)


@pytest.mark.parametrize("theirs", ["D", "C", "edited", None])
@pytest.mark.parametrize("content", ["c1", "c2"])
@pytest.mark.parametrize("edits", ["keep_target", "source_wins"])
def test_a_changed_field_that_is_not_taken_never_counts_as_equal_nor_as_peoples_edit(
    theirs: str | None, content: str, edits: Any
) -> None:
    before, now = f(credit="C", city="Ghent"), f(credit="D", city="Ghent")
    there = target_record(f(city="Ghent") if theirs is None else f(credit=theirs, city="Ghent"))
    decision = decide(
        Present(source_record(now, modified="m2", content=content)),
        Present(there),
        agreed_on(source_record(before), before),
        policy=replace(POLICY, target_edits=edits),
        **field_cells(Credit=Proof.ABSENT),
    )
    assert left(decision) == (Outcome.WAITING, Code.CAPABILITY_UNPROVEN)


def test_a_field_that_is_not_taken_and_did_not_change_holds_up_no_other() -> None:
    before, now = f(credit="C", city="Ghent"), f(credit="C", city="Bruges")
    decision = decide(
        Present(source_record(now, modified="m2")),
        Present(target_record(before)),
        agreed_on(source_record(before), before),
        **field_cells(Credit=Proof.ABSENT),
    )
    assert the_action(decision).fields == f(city="Bruges")


@pytest.mark.parametrize("proof", list(Proof))
def test_an_asset_goes_before_its_fields_that_are_not_known_to_be_taken(proof: Proof) -> None:
    record = Present(source_record(f(credit="C", city="Ghent")))
    action = the_action(decide(record, NotYet(), link=None, policy=DELIVERS, **field_cells(Credit=proof)))
    assert action.kind is ActionKind.CREATE
    assert action.held == (() if proof.usable else (FieldName("credit"),))
    assert action.fields == (f(credit="C", city="Ghent") if proof.usable else f(city="Ghent"))


@pytest.mark.parametrize("cell", ["originals", "deliver"])
def test_what_the_bytes_need_holds_back_the_asset_all_the_same(cell: str) -> None:
    never: Any = dict.fromkeys(MediaType, Proof.ABSENT)
    cells: dict[str, Any] = {"can_read": replace(READS, originals=never), "can_archive": replace(TAKES, deliver=never)}
    name = "can_read" if cell == "originals" else "can_archive"
    record = Present(source_record(f(credit="C")))
    decision = decide(record, NotYet(), link=None, policy=DELIVERS, **{name: cells[name]})
    assert left(decision) == (Outcome.WAITING, Code.CAPABILITY_UNPROVEN)


@pytest.mark.parametrize("theirs", ["C", "edited", None])
def test_a_field_that_waits_is_waited_for_whatever_the_target_shows_and_nothing_is_done(theirs: str | None) -> None:
    now = source_record(f(credit="C", city="Ghent"))
    there = target_record(f(city="Ghent") if theirs is None else f(credit=theirs, city="Ghent"))
    agreed = agreed_on(now, f(city="Ghent"))
    decision = decide(Present(now), Present(there), agreed, policy=DELIVERS, **field_cells(Credit=Proof.ABSENT))
    assert left(decision) == (Outcome.WAITING, Code.FIELDS_WAIT)
    assert isinstance(decision, Leave)
    assert decision.reason["fields"] == ("credit",)


def test_an_edit_of_another_field_is_carried_and_the_asset_waits_on() -> None:
    before, now = f(city="Ghent"), f(credit="C", city="Bruges")
    decision = decide(
        Present(source_record(now, modified="m2")),
        Present(target_record(before)),
        agreed_on(source_record(f(credit="C", city="Ghent")), before),
        policy=DELIVERS,
        **field_cells(Credit=Proof.ABSENT),
    )
    action = the_action(decision)
    assert (action.kind, action.fields, action.held) == (
        ActionKind.UPDATE_FIELDS,
        f(city="Bruges"),
        (FieldName("credit"),),
    )


@pytest.mark.parametrize(("theirs", "written"), [(None, True), ("of the file", True), ("a librarian's", False)])
def test_once_a_route_is_proven_what_waited_is_written_but_over_nobodys_edit(theirs: str | None, written: bool) -> None:
    now = source_record(f(credit="C"))
    there = target_record({} if theirs is None else f(credit=theirs))
    agreed = agreed_on(now, {}, filled=None if theirs is None else f(credit="of the file"))
    decision = decide(Present(now), Present(there), agreed, policy=DELIVERS)
    if written:
        assert the_action(decision).fields == f(credit="C")
    else:
        assert left(decision) == (Outcome.UNCHANGED, Code.TARGET_EDITED)
