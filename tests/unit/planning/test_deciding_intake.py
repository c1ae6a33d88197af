"""Deciding about one asset: exact reasons, three-way per field, nothing on what was not read, and rest once it is done."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dambridge.mapping import account_map, same
from dambridge.model.accords import CONTENT
from dambridge.model.actions import Act, Action, ActionKind, Leave
from dambridge.model.identity import (
    Link,
    System,
)
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import (
    Absence,
    Agreed,
    AssetRecord,
    Digest,
    Missing,
    NotYet,
    Present,
    Seen,
    Unread,
)
from dambridge.model.values import DateValue, FieldName, LangAlt
from dambridge.policy.placing import folder_id
from dambridge.ports.capabilities import Proof
from dambridge.testing.strategies import AGENCY, ARCHIVE, SOURCE, TARGET
from dambridge.testing.two_copies import LINK, TAKES
from support.intake_plans import POLICY, Values, agreed_on, decide, f, left, source_record, target_record, the_action

# making it ----------------------------------------------------------------------------------------------------


def test_a_new_asset_is_made_with_every_written_field() -> None:
    fields = f(title=LangAlt.plain("T"), credit="C", edit_status="approved", **{"custom:permit": "P"})
    record = source_record(fields)
    action = the_action(decide(Present(record), NotYet(), link=None))
    assert action.kind is ActionKind.CREATE
    assert action.fields == f(title=LangAlt.plain("T"), credit="C")
    assert (action.folder, action.file_name, action.name) == ("PhotoShelter/{year|2026}/Harbour", "a.jpg", "T")
    assert action.expects == {str(SOURCE): record.version}
    assert (action.target_id, action.size, set(action.calls)) == (None, 10, {AGENCY, ARCHIVE})
    assert action.reasons


def test_planning_the_same_create_twice_gives_the_same_action() -> None:
    first = the_action(decide(Present(source_record(f(credit="C"))), NotYet(), link=None))
    later = the_action(decide(Present(source_record(f(credit="D"), modified="m2")), NotYet(), link=None))
    assert first.id == later.id


def test_a_policy_can_name_the_fields_that_are_managed() -> None:
    policy = replace(POLICY, managed=frozenset({FieldName("credit")}))
    action = the_action(decide(Present(source_record(f(credit="C", city="X"))), NotYet(), link=None, policy=policy))
    assert action.fields == f(credit="C")


def test_what_the_map_derives_is_written_and_a_failing_rule_quarantines() -> None:
    netx = account_map(System.NETX, {"source": {"constant": "House"}, "job_id": {"expression": "creator[0]"}})
    action = the_action(decide(Present(source_record(f(creator=("J",)))), NotYet(), link=None, netx=netx))
    assert action.fields == f(creator=("J",), source="House", job_id="J")
    assert left(decide(Present(source_record(f(credit="C"))), NotYet(), link=None, netx=netx)) == (
        Outcome.QUARANTINED,
        Code.EXPRESSION_ERROR,
    )


def test_a_folder_that_cannot_be_named_quarantines() -> None:
    policy = replace(POLICY, folder="PhotoShelter/{job_id}")
    assert left(decide(Present(source_record({})), NotYet(), link=None, policy=policy)) == (
        Outcome.QUARANTINED,
        Code.PATH_INVALID,
    )
    named = decide(Present(source_record(f(job_id="J/1"))), NotYet(), link=None, policy=policy)
    assert the_action(named).folder == "PhotoShelter/J-1"


def test_a_folder_is_named_by_its_number_as_it_stands() -> None:
    policy = replace(POLICY, folder="id:612")
    action = the_action(decide(Present(source_record(f(city="Ghent"))), NotYet(), link=None, policy=policy))
    assert action.folder == "id:612"
    assert folder_id(action.folder) == "612"
    named = replace(POLICY, folder="{city}")
    action = the_action(decide(Present(source_record(f(city="id:612"))), NotYet(), link=None, policy=named))
    assert folder_id(action.folder) is None, "no value of a field is taken for a number"


# not there, not read ------------------------------------------------------------------------------------------

SEEN = st.sampled_from(
    [
        Present(source_record(f(credit="C"), modified="m2", content="c2")),
        Missing(Absence.DELETED, "404"),
        Missing(Absence.HIDDEN, "3004"),
        Unread(Reason.of(Code.SOURCE_UNREAD, text="503")),
        NotYet(),
    ]
)


@pytest.mark.hazard("P01")
@given(here=SEEN, there=SEEN, link=st.sampled_from([None, LINK]), knows=st.booleans())
def test_nothing_is_ever_done_on_what_was_not_read(here: Seen, there: Seen, link: Link | None, knows: bool) -> None:
    agreed = agreed_on(source_record(f(credit="B")), f(credit="B")) if knows else None
    decision = decide(here, there, agreed, link=link)
    if isinstance(here, Unread) or isinstance(there, Unread):
        assert isinstance(decision, Leave)
        assert decision.outcome is Outcome.WAITING
        assert decision.reason.code in {Code.SOURCE_UNREAD, Code.TARGET_UNREAD}
    if isinstance(decision, Act):
        assert isinstance(here, Present)
        assert isinstance(there, Present | NotYet)
        assert all((it.kind is ActionKind.CREATE) == isinstance(there, NotYet) for it in decision.actions)


def test_gone_at_the_source_leaves_the_archive_as_it_is() -> None:
    gone = decide(Missing(Absence.DELETED, "404"), Present(target_record({})), agreed_on(source_record({}), {}))
    assert left(gone) == (Outcome.SKIPPED, Code.GONE_AT_SOURCE)


def test_gone_in_the_archive_waits_for_a_person_and_is_not_made_again() -> None:
    decision = decide(Present(source_record({})), Missing(Absence.DELETED, "x"), agreed_on(source_record({}), {}))
    assert left(decision) == (Outcome.WAITING, Code.TARGET_GONE)
    assert isinstance(decision, Leave)
    assert decision.waits_for == "coordinator"


def test_a_link_that_is_only_watched_is_only_watched() -> None:
    watched = replace(LINK, observe_only=True)
    here = Present(source_record(f(credit="new"), modified="m9", content="c9"))
    assert left(decide(here, Present(target_record({})), link=watched)) == (Outcome.SKIPPED, Code.OBSERVE_ONLY)


@pytest.mark.hazard("P19")
def test_a_linked_copy_without_agreed_state_is_never_made_again() -> None:
    decision = decide(Present(source_record(f(credit="C", city="X"))), Present(target_record(f(city="Y"))), None)
    action = the_action(decision)
    assert action.kind is ActionKind.UPDATE_FIELDS
    assert action.fields == f(credit="C"), "what people set stays, what is empty is filled"


# three ways per field -----------------------------------------------------------------------------------------


@pytest.mark.hazard("P13")
def test_a_changed_caption_writes_that_field_and_moves_no_bytes() -> None:
    before = f(credit="C", description=LangAlt.plain("old"))
    now = source_record({**before, **f(description=LangAlt.plain("new"))}, modified="m2")
    action = the_action(decide(Present(now), Present(target_record(before)), agreed_on(source_record(before), before)))
    assert action.kind is ActionKind.UPDATE_FIELDS
    assert action.fields == f(description=LangAlt.plain("new"))
    assert (action.cleared, action.size, action.calls[AGENCY]) == ((), 0, 0)
    assert set(action.expects) == {str(SOURCE), str(TARGET)}


def test_an_emptied_field_is_cleared() -> None:
    before = f(credit="C", city="X")
    now = source_record(f(credit="C"), modified="m2")
    action = the_action(decide(Present(now), Present(target_record(before)), agreed_on(source_record(before), before)))
    assert (action.fields, action.cleared) == ({}, (FieldName("city"),))


def test_a_field_that_was_not_read_is_not_cleared() -> None:
    before = f(credit="C", city="X")
    note = Reason.of(Code.FIELDS_UNREAD, fields=("city",))
    now = source_record(f(credit="D"), modified="m2", notes=(note,))
    action = the_action(decide(Present(now), Present(target_record(before)), agreed_on(source_record(before), before)))
    assert (action.fields, action.cleared) == (f(credit="D"), ())


@pytest.mark.parametrize(("edits", "written"), [("keep_target", {}), ("source_wins", {"credit": "new"})])
def test_what_people_set_in_the_archive_stays_unless_the_policy_says_else(edits: Any, written: dict[str, Any]) -> None:
    before = f(credit="C")
    now = source_record(f(credit="new"), modified="m2")
    there = target_record(f(credit="set by a librarian"))
    policy = replace(POLICY, target_edits=edits)
    decision = decide(Present(now), Present(there), agreed_on(source_record(before), before), policy=policy)
    if written:
        assert the_action(decision).fields == f(**written)
    else:
        assert isinstance(decision, Leave)
        assert decision.reason.code is Code.TARGET_EDITED
        assert decision.reason["fields"] == ("credit",)


def test_a_kept_field_is_said_beside_what_is_written() -> None:
    before = f(credit="C", city="X")
    now = source_record(f(credit="new", city="new"), modified="m2")
    there = target_record(f(credit="set by a librarian", city="X"))
    action = the_action(decide(Present(now), Present(there), agreed_on(source_record(before), before)))
    assert action.fields == f(city="new")
    assert Reason.of(Code.TARGET_EDITED, fields=("credit",)) in action.reasons


def test_an_archives_own_edit_alone_is_nothing_to_do() -> None:
    before = f(credit="C")
    there = Present(target_record(f(credit="set by a librarian", job_id="CODE")))
    assert left(decide(Present(source_record(before)), there, agreed_on(source_record(before), before))) == (
        Outcome.UNCHANGED,
        Code.IN_STEP,
    )


def test_what_both_sides_came_to_by_themselves_is_agreed_on_so_that_a_later_edit_is_carried() -> None:
    """Nothing is written for it: the engine finds the target as wanted. But a later edit at the source must not look as if
    the target's people had set the older value."""
    before = f(credit="C")
    now = source_record(f(credit="D"), modified="m2")
    there = target_record(f(credit="D "))
    agreed = agreed_on(source_record(before), before)
    action = the_action(decide(Present(now), Present(there), agreed))
    assert (action.kind, action.fields, action.cleared) == (ActionKind.UPDATE_FIELDS, f(credit="D "), ())
    standing, agreed = carried_out(action, there, agreed)
    later = source_record(f(credit="E"), modified="m3")
    assert the_action(decide(Present(later), Present(standing), agreed)).fields == f(credit="E")


def test_a_value_that_came_with_the_file_gives_way_when_the_source_says_its_own() -> None:
    filled = f(date_created=DateValue("2026-03-14"), city="From the file")
    now = source_record(f(city="From people"), modified="m2")
    agreed = agreed_on(source_record({}), {}, filled=filled)
    action = the_action(decide(Present(now), Present(target_record(filled)), agreed))
    assert (action.fields, action.cleared) == (f(city="From people"), ())


@pytest.mark.hazard("P29")
def test_a_cut_echo_never_overwrites_the_long_value_and_a_longer_one_does() -> None:
    long, cut = LangAlt.plain("x" * 2100), LangAlt.plain("x" * 2000)
    echo = source_record(f(description=cut), modified="m2")
    agreed = agreed_on(source_record(f(description=long)), f(description=long))
    decision = decide(Present(echo), Present(target_record(f(description=long))), agreed)
    assert not (isinstance(decision, Act) and decision.actions[0].kind is ActionKind.UPDATE_FIELDS)
    whole = source_record(f(description=long), modified="m2")
    agreed = agreed_on(source_record(f(description=cut)), f(description=cut))
    assert the_action(decide(Present(whole), Present(target_record(f(description=cut))), agreed)).fields == f(
        description=long
    )


@pytest.mark.hazard("P26")
def test_a_day_in_the_archive_does_not_shorten_the_instant_of_the_source() -> None:
    instant, day = f(date_created=DateValue("2026-03-14T07:42:10+09:00")), f(date_created=DateValue("2026-03-14"))
    now = source_record({**instant, **f(credit="new")}, modified="m2")
    action = the_action(decide(Present(now), Present(target_record(day)), agreed_on(source_record(instant), instant)))
    assert action.fields == f(credit="new")


# bytes --------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P22")
def test_new_bytes_become_a_version_of_the_same_asset_with_its_changed_fields() -> None:
    before = f(credit="C", city="X")
    now = source_record(f(credit="D", city="X"), modified="m2", content="c2")
    action = the_action(decide(Present(now), Present(target_record(before)), agreed_on(source_record(before), before)))
    assert (action.kind, action.target_id, action.fields) == (ActionKind.ADD_VERSION, "4101", f(credit="D"))
    assert action.size == 10


@pytest.mark.parametrize(
    ("rehash", "expected"),
    [("unexplained", ActionKind.CONFIRM_BYTES), ("always", ActionKind.CONFIRM_BYTES), ("never", None)],
)
def test_a_moved_time_that_nothing_explains_is_looked_into(rehash: Any, expected: ActionKind | None) -> None:
    before = f(credit="C")
    decision = decide(
        Present(source_record(before, modified="m2")),
        Present(target_record(before)),
        agreed_on(source_record(before), before),
        policy=replace(POLICY, rehash=rehash),
    )
    if expected is None:
        assert left(decision) == (Outcome.UNCHANGED, Code.IN_STEP)
    else:
        assert the_action(decision).kind is expected


@pytest.mark.hazard("P14")
def test_in_step_means_nothing_to_do() -> None:
    before = f(credit="C")
    decision = decide(
        Present(source_record(before)), Present(target_record(before)), agreed_on(source_record(before), before)
    )
    assert left(decision) == (Outcome.UNCHANGED, Code.IN_STEP)


def test_without_versions_new_bytes_wait() -> None:
    before = f(credit="C")
    decision = decide(
        Present(source_record(before, modified="m2", content="c2")),
        Present(target_record(before)),
        agreed_on(source_record(before), before),
        can_archive=replace(TAKES, versions=Proof.UNPROVEN),
    )
    assert left(decision) == (Outcome.WAITING, Code.CAPABILITY_UNPROVEN)


@pytest.mark.parametrize(("there_name", "renamed"), [("Old", True), ("Renamed by a librarian", False)])
def test_a_new_title_renames_the_asset_unless_people_did(there_name: str, renamed: bool) -> None:
    before = f(title=LangAlt.plain("Old"))
    now = source_record(f(title=LangAlt.plain("New")), modified="m2")
    there = target_record(before, name=there_name)
    action = the_action(decide(Present(now), Present(there), agreed_on(source_record(before), before)))
    assert action.name == ("New" if renamed else "")


# at rest ------------------------------------------------------------------------------------------------------

NAMES = [FieldName(it) for it in ("credit", "city", "headline", "keywords")]
TEXTS = st.sampled_from(["", "a", "b", "c"])
FIELDS = st.dictionaries(st.sampled_from(NAMES), TEXTS).map(
    lambda it: {name: (text,) if name == "keywords" else text for name, text in it.items() if text}
)


def carried_out(action: Action, there: AssetRecord | None, agreed: Agreed | None) -> tuple[AssetRecord, Agreed]:
    """What target and agreed state are once the action is done well."""
    old = agreed or Agreed()
    values = {**(there.fields if there else {}), **action.fields}
    kept = {name: value for name, value in values.items() if name not in action.cleared}
    target = target_record(kept, modified="t2")
    fields = {name: value for name, value in {**old.fields, **action.fields}.items() if name not in action.cleared}
    versions = {**old.versions, str(SOURCE): action.expects[str(SOURCE)], str(TARGET): target.version}
    digest = Digest(size=10, sha256="s", md5="m")
    filled = {name: value for name, value in old.filled.items() if name not in action.fields}
    return target, replace(old, fields=fields, filled=filled, versions=versions, content=digest)


@pytest.mark.hazard("P15")
@given(
    base=FIELDS,
    here=FIELDS,
    there=FIELDS,
    content=st.sampled_from(["c1", "c2"]),
    edits=st.sampled_from(["keep_target", "source_wins"]),
    new=st.booleans(),
)
def test_after_the_action_nothing_is_left_to_do(
    *, base: Values, here: Values, there: Values, content: str, edits: Any, new: bool
) -> None:
    """And nothing that people set in the archive was lost on the way, where the policy keeps it."""
    policy = replace(POLICY, target_edits=edits)
    source = source_record(here, modified="m2", content=content)
    agreed = None if new else agreed_on(source_record(base), base)
    standing = None if new else target_record(there)
    decision = decide(
        Present(source), Present(standing) if standing else NotYet(), agreed, link=None if new else LINK, policy=policy
    )
    if isinstance(decision, Leave):
        assert decision.outcome is Outcome.UNCHANGED
        return
    for action in decision.actions:
        if standing and edits == "keep_target":
            touched = {*action.fields, *action.cleared}
            assert all(
                same(name, there.get(name), base.get(name)) or same(name, there.get(name), here.get(name))
                for name in touched
            )
        standing, agreed = carried_out(action, standing, agreed)
    assert standing is not None
    again = decide(Present(source), Present(standing), agreed, policy=policy)
    assert isinstance(again, Leave)
    assert again.outcome is Outcome.UNCHANGED
    if edits == "source_wins" and not new:
        changed = {name for name in NAMES if not same(name, here.get(name), base.get(name))}
        assert all(same(name, standing.fields.get(name), here.get(name)) for name in changed)


# what another flow keeps in step ------------------------------------------------------------------------------

MIRRORED = replace(POLICY, mirrored=frozenset({FieldName("credit"), FieldName("usage_terms")}))


def test_a_mirrored_field_is_brought_with_the_copy() -> None:
    fields = f(credit="C", city="X")
    assert the_action(decide(Present(source_record(fields)), NotYet(), link=None, policy=MIRRORED)).fields == fields


def test_a_mirrored_field_is_never_brought_afterwards_and_the_others_are() -> None:
    before = f(credit="C", city="X")
    now, there = source_record(f(credit="D", city="Y"), modified="m2"), target_record(f(credit="E", city="X"))
    action = the_action(decide(Present(now), Present(there), agreed_on(source_record(before), before), policy=MIRRORED))
    assert (action.kind, action.fields, action.cleared) == (ActionKind.UPDATE_FIELDS, f(city="Y"), ())
    emptied = source_record(f(city="Y"), modified="m2")
    action = the_action(
        decide(Present(emptied), Present(there), agreed_on(source_record(before), before), policy=MIRRORED)
    )
    assert (action.fields, action.cleared) == (f(city="Y"), ())
    plain = the_action(decide(Present(now), Present(there), agreed_on(source_record(before), before)))
    assert "city" in plain.fields
    assert plain.reasons[-1].code is Code.TARGET_EDITED, "without the other flow it is a field like any"


@pytest.mark.parametrize("edited_at", ["source", "target", "both"])
def test_an_edit_of_a_mirrored_field_moves_no_bytes_and_writes_nothing(edited_at: str) -> None:
    before, after = f(credit="C", city="X"), f(credit="D", city="X")
    here = source_record(before) if edited_at == "target" else source_record(after, modified="m2")
    there = target_record(before if edited_at == "source" else after)
    decision = decide(Present(here), Present(there), agreed_on(source_record(before), before), policy=MIRRORED)
    if edited_at == "target":
        assert left(decision) == (Outcome.UNCHANGED, Code.IN_STEP)
        return
    action = the_action(decision)
    assert (action.kind, action.fields, action.cleared, action.name) == (ActionKind.UPDATE_FIELDS, {}, (), "")
    assert action.expects[str(SOURCE)] == here.version, "the version is agreed on, so that later bytes are not missed"


def test_bytes_that_change_after_a_mirrored_edit_are_not_taken_for_that_edit() -> None:
    before, after = f(credit="C"), f(credit="D")
    agreed = replace(
        agreed_on(source_record(before), before),
        versions=agreed_on(source_record(after, modified="m2"), after).versions,
    )
    now = source_record(after, modified="m3")
    action = the_action(decide(Present(now), Present(target_record(after)), agreed, policy=MIRRORED))
    assert action.kind is ActionKind.CONFIRM_BYTES


@pytest.mark.parametrize("rehash", ["unexplained", "always"])
def test_bytes_that_another_flow_keeps_in_step_are_brought_with_the_copy_alone(rehash: Any) -> None:
    policy = replace(POLICY, mirrored=frozenset({CONTENT}), rehash=rehash)
    before = f(credit="C")
    assert the_action(decide(Present(source_record(before)), NotYet(), link=None, policy=policy)).size == 10
    for now in (source_record(before, modified="m2", content="c2"), source_record(before, modified="m2")):
        decision = decide(
            Present(now), Present(target_record(before)), agreed_on(source_record(before), before), policy=policy
        )
        assert left(decision) == (Outcome.UNCHANGED, Code.IN_STEP)
