"""What keeping copies in step promises: nothing is lost, nothing bounces, echoes stay echoes, and order does not matter."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dambridge.model.accords import CONTENT, FILE_NAME, GroupName
from dambridge.model.actions import Action, ActionKind
from dambridge.model.conflicts import ConflictState
from dambridge.model.identity import CopyId
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Absence, Digest, MediaType, Present, Unread
from dambridge.model.values import FieldName, LangAlt, Value
from dambridge.planning import HeaderFacts, decide_mirror, forecast, make_plan
from dambridge.planning.absences import PRESENCE, PRESENCE_FIELD
from dambridge.planning.first_sight import Bytes, bytes_known, kept_stamps
from dambridge.planning.views import view_of
from dambridge.policy.mirror import Authority, FieldGroup, MirrorPolicy, Rule, WhenAbsent
from dambridge.ports.capabilities import Proof
from support.mirror import (
    ABROAD,
    AGENCY,
    ARCHIVE,
    EVERYTHING,
    HERE,
    LINK,
    START,
    THERE,
    THREE,
    TWO,
    VOID,
    Mirror,
    of_field,
    policy_of,
)
from support.mirror_histories import FAULTS, STEPS, enough, policies

CREDIT, KEYWORDS, CAPTION = FieldName("credit"), FieldName("keywords"), FieldName("description")
ASK = policy_of(of_field("credit", Rule.ASK))


def step(mirror: Mirror, what: tuple[Any, ...]) -> set[tuple[FieldName, Value]]:
    """One step of a random history, rulings aside; every value that was read and could be acted on."""
    lag: dict[CopyId, int] = {}
    match what:
        case ("edit", number, changes, later):
            mirror.edit(mirror.copies[number % len(mirror.copies)], changes, later=later)
            return set()
        case ("rule", *_):
            return set()
        case ("stale", number, by):
            copy = mirror.copies[number % len(mirror.copies)]
            lag = {copy: min(by, len(mirror.held[copy].past))}
    seen = mirror.seen(lag)
    decision = mirror.round(lag=lag, **FAULTS[what[1] if what[0] == "round" else ""])
    if decision.leave is not None and decision.leave.reason.code in VOID:
        return set()
    return {item for copy, it in seen.items() if isinstance(it, Present) for item in view_of(copy, it.record).items()}


# over every history --------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P45")
@pytest.mark.hazard("P15")
@pytest.mark.parametrize("copies", [TWO, THREE], ids=["two copies", "three copies"])
def test_nothing_seen_is_lost_two_rounds_are_enough_and_order_does_not_matter(copies: tuple[CopyId, ...]) -> None:
    met: Counter[str] = Counter()

    @settings(max_examples=150, deadline=None)
    @given(policies(), st.lists(STEPS, min_size=6, max_size=14))
    def holds(policy: MirrorPolicy, steps: list[tuple[Any, ...]]) -> None:
        mirror = Mirror(policy, copies)
        visible: set[tuple[FieldName, Value]] = set()
        for what in steps:
            visible |= step(mirror, what)
        mirror.now += 2 * policy.stale_for
        straight = mirror.decide()
        mirror.shuffled = True
        assert mirror.decide() == straight
        mirror.now += 2 * policy.stale_for
        assert mirror.settle() <= 2
        for name, value in visible:
            if name in policy.managed:
                assert mirror.knows(name, value), (name, value)
                met["values seen"] += 1
        writes = len(mirror.writes)
        for _ in range(5):
            assert not mirror.round().actions
        assert len(mirror.writes) == writes
        met["writes"] += writes
        met["conflicts"] += sum(it.state is ConflictState.OPEN for it in mirror.conflicts.values())

    holds()
    enough(met, {"values seen": 150, "writes": 50, "conflicts": 4})


@pytest.mark.hazard("P15")
def test_a_hundred_rounds_after_any_edit_write_nothing_after_the_second() -> None:
    mirror = Mirror(policy_of(of_field("credit", Rule.ASK), of_field("keywords", Rule.UNION)), THREE)
    mirror.everywhere({CREDIT: "a", KEYWORDS: ("x",)})
    mirror.settle()
    mirror.edit(HERE, {CREDIT: "b", KEYWORDS: ("x", "y")})
    mirror.edit(THERE, {KEYWORDS: ("x", "z")})
    for number in range(100):
        before = len(mirror.writes)
        mirror.round()
        assert len(mirror.writes) == before or number < 2
    assert mirror.in_step("credit")
    assert set(mirror.says("keywords")[0]) == {"x", "y", "z"}  # type: ignore[arg-type]


# fields and blocks ---------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P45")
def test_edits_of_different_fields_all_get_everywhere_and_a_block_is_one_thing() -> None:
    names = ["credit", "headline", "city", "source"]
    for one in names:
        for other in names:
            mirror = Mirror(policy_of(*(of_field(it, Rule.ASK) for it in names)))
            mirror.everywhere(dict.fromkeys(map(FieldName, names), "a"))
            mirror.settle()
            mirror.edit(HERE, {FieldName(one): "b"})
            mirror.edit(THERE, {FieldName(other): "c"})
            mirror.settle()
            assert (mirror.open(one), mirror.in_step(one)) == ((True, False) if one == other else (False, True))
            assert one == other or (mirror.says(one), mirror.says(other)) == (["b", "b"], ["c", "c"])
    block = FieldGroup(
        name=GroupName("place"),
        fields=frozenset({FieldName("city"), FieldName("country")}),
        authority=Authority(Rule.ASK),
    )
    mirror = Mirror(policy_of(block))
    mirror.everywhere({FieldName("city"): "Bonn", FieldName("country"): "Germany"})
    mirror.settle()
    mirror.edit(HERE, {FieldName("city"): "Lyon"})
    mirror.edit(THERE, {FieldName("country"): "France"})
    mirror.settle()
    assert mirror.open("place")
    assert not mirror.writes


# echoes --------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P29")
def test_a_cut_echo_never_overwrites_and_an_edit_beside_it_keeps_the_whole() -> None:
    whole, long = "x" * 40, LangAlt.of({"x-default": "A harbour", "de": "Ein Hafen"})
    block = FieldGroup(name=GroupName("credits"), fields=frozenset({CREDIT, CAPTION}), authority=Authority(Rule.ASK))
    mirror = Mirror(policy_of(block, of_field("keywords", Rule.ASK)))
    mirror.held[THERE].limits = {CREDIT: 32, CAPTION: 2000, KEYWORDS: 64}
    mirror.edit(HERE, {CREDIT: whole, CAPTION: long, KEYWORDS: ("k" * 70, "sea")})
    mirror.settle()
    assert mirror.says("credit") == [whole, whole[:32]]
    assert mirror.settle() == 0
    mirror.edit(THERE, {CAPTION: LangAlt.plain("A port"), KEYWORDS: ("k" * 64, "sea", "ship")})
    mirror.settle()
    assert mirror.view(HERE)[CREDIT] == whole
    assert mirror.view(HERE)[CAPTION] == LangAlt.of({"x-default": "A port", "de": "Ein Hafen"})
    assert mirror.view(HERE)[KEYWORDS] == ("k" * 70, "sea", "ship")
    mirror.edit(THERE, {CREDIT: "y" * 10})
    mirror.settle()
    assert mirror.view(HERE)[CREDIT] == "y" * 10


@pytest.mark.hazard("P15")
def test_our_own_write_is_known_by_what_it_says_and_not_by_when() -> None:
    for days in (0, 400):
        mirror = Mirror(ASK)
        mirror.everywhere({CREDIT: "a"})
        mirror.settle()
        mirror.edit(HERE, {CREDIT: "b"})
        mirror.round(lost_replies=1)
        mirror.edit(HERE, {CREDIT: "c"}, later=days * 86400 + 1)
        mirror.settle()
        assert mirror.says("credit") == ["c", "c"]
        assert not mirror.conflicts
        # ... and a person's edit in the very next second is none of ours
        mirror.edit(HERE, {CREDIT: "d"})
        mirror.round(lost_replies=1)
        mirror.edit(THERE, {CREDIT: "e"}, later=1)
        mirror.settle()
        assert mirror.open("credit")


# the inbox -----------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P46")
def test_an_entry_has_every_value_where_it_stands_when_it_was_made_and_the_base() -> None:
    mirror = Mirror(ASK, THREE)
    mirror.everywhere({CREDIT: "a"})
    mirror.settle()
    seen_last = mirror.now
    mirror.edit(HERE, {CREDIT: "b"})
    edited_here = mirror.now
    mirror.edit(ABROAD, {CREDIT: "c"})
    mirror.round()
    entry = mirror.conflicts[GroupName("credit")]
    assert (entry.base, entry.state, entry.serial) == ({CREDIT: "a"}, ConflictState.OPEN, 1)
    assert [(it.copy, it.fields) for it in entry.sides] == [(HERE, {CREDIT: "b"}), (ABROAD, {CREDIT: "c"})]
    assert (entry.sides[0].after, entry.sides[0].until) == (seen_last, edited_here)
    assert entry.sides[0].version == mirror.held[HERE].record().version
    assert not mirror.writes
    mirror.edit(HERE, {CREDIT: "d"})
    mirror.round()
    entry = mirror.conflicts[GroupName("credit")]
    assert [it.fields[CREDIT] for it in entry.sides] == ["d", "c"]
    assert [it.fields[CREDIT] for it in entry.kept] == ["b"]


@pytest.mark.hazard("P46")
def test_a_ruling_is_carried_out_undone_and_void_once_somebody_edits_again() -> None:
    mirror = Mirror(ASK, THREE)
    mirror.everywhere({CREDIT: "a"})
    mirror.settle()
    mirror.edit(HERE, {CREDIT: "b"})
    mirror.edit(THERE, {CREDIT: "c"})
    mirror.round()
    mirror.rule("credit", {CREDIT: "b"}, side=HERE)
    mirror.edit(THERE, {CREDIT: "d"})
    mirror.settle()
    assert mirror.open("credit")
    assert mirror.says("credit") == ["b", "d", "a"]
    mirror.rule("credit", {CREDIT: "b"}, side=HERE)
    mirror.settle()
    entry = mirror.conflicts[GroupName("credit")]
    assert (entry.state, mirror.says("credit")) == (ConflictState.SETTLED, ["b", "b", "b"])
    assert {it.fields[CREDIT] for it in entry.kept} == {"c", "d"}
    assert mirror.accords[GroupName("credit")].by == "ines"
    mirror.undo("credit", {HERE: {CREDIT: "b"}, THERE: {CREDIT: "d"}, ABROAD: {CREDIT: "a"}})
    mirror.settle()
    assert mirror.open("credit")
    assert mirror.says("credit") == ["b", "d", "a"]
    mirror.rule("credit", {CREDIT: "z"})
    mirror.settle()
    assert mirror.says("credit") == ["z", "z", "z"]
    mirror.edit(HERE, {CREDIT: "p"})
    mirror.edit(THERE, {CREDIT: "q"})
    mirror.settle()
    assert mirror.conflicts[GroupName("credit")].serial == 2


@pytest.mark.hazard("P46")
def test_an_undone_ruling_leaves_alone_what_was_edited_since_and_survives_a_crash() -> None:
    mirror = Mirror(ASK, THREE)
    mirror.everywhere({CREDIT: "a"})
    mirror.settle()
    mirror.edit(HERE, {CREDIT: "b"})
    mirror.edit(THERE, {CREDIT: "c"})
    mirror.round()
    mirror.rule("credit", {CREDIT: "b"}, side=HERE)
    mirror.settle()
    mirror.edit(HERE, {CREDIT: "new"})
    mirror.undo("credit", {HERE: {CREDIT: "b"}, THERE: {CREDIT: "c"}, ABROAD: {CREDIT: "a"}})
    mirror.round(crash_after_agreeing=True)
    mirror.settle()
    assert mirror.says("credit") == ["new", "c", "a"]
    assert mirror.open("credit")


# names and bytes -----------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P23")
@pytest.mark.hazard("P24")
def test_a_name_in_other_unicode_is_the_same_name_and_one_in_other_case_is_not() -> None:
    mirror = Mirror(policy_of(of_field("file_name", Rule.ASK)))
    mirror.held[HERE].file_name = "Blu\u0308te.jpg"
    mirror.held[THERE].file_name = "Bl\u00fcte.jpg"
    mirror.settle()
    assert not mirror.writes
    mirror.edit(HERE, {FILE_NAME: "bl\u00fcte.jpg"})
    mirror.settle()
    assert [it.fields for it in mirror.writes] == [{FILE_NAME: "bl\u00fcte.jpg"}]


@pytest.mark.hazard("P22")
def test_copies_whose_bytes_cannot_be_compared_are_one_asset_until_one_is_replaced() -> None:
    mirror = Mirror(policy_of(of_field("content", Rule.ASK), of_field("credit", Rule.ASK)))
    mirror.everywhere({CREDIT: "a"})
    mirror.held[HERE].checksums = False
    mirror.held[HERE].content = "stamp"
    assert mirror.settle() == 0
    mirror.held[HERE].checksums = True
    assert mirror.settle() == 0
    mirror.edit(HERE, {CONTENT: "md5:new"})
    mirror.settle()
    (write,) = mirror.writes
    assert (write.kind, write.source, write.target) == (ActionKind.ADD_VERSION, mirror.held[HERE].key, THERE)
    assert mirror.says("credit") == ["a", "a"]


@pytest.mark.hazard("P22")
def test_digests_of_different_kinds_are_one_asset_until_one_is_replaced() -> None:
    mirror = Mirror(policy_of(of_field("content", Rule.ASK)), THREE)
    mirror.held[HERE].algorithm, mirror.held[HERE].content = "sha1", "of the same file"
    assert mirror.settle() == 0
    assert not mirror.conflicts
    mirror.edit(HERE, {CONTENT: "new"})
    mirror.settle()
    assert [(it.kind, it.source) for it in mirror.writes] == [(ActionKind.ADD_VERSION, mirror.held[HERE].key)] * 2
    mirror = Mirror(policy_of(of_field("content", Rule.ASK)), THREE)
    mirror.held[HERE].algorithm = "sha1"
    mirror.held[THERE].content = "other bytes"
    mirror.settle()
    (entry,) = mirror.conflicts.values()
    assert [it.copy for it in entry.sides] == [ABROAD, THERE], "whose digests can be compared, and do not agree"


@pytest.mark.hazard("P22")
def test_a_stamp_is_known_again_whatever_stands_in_it_and_one_that_moved_is_read_with_all_it_is_compared_with() -> None:
    mirror = Mirror(ASK, THREE)
    for it in (HERE, THERE):
        mirror.held[it].checksums, mirror.held[it].content = False, f"1000:3x2:a file of {it}.jpg"
    records = {it: held.record() for it, held in mirror.held.items()}
    digest = Digest(size=1000, sha256="5ha", md5="c0")
    kept = kept_stamps(records, None)
    assert bytes_known(kept, records) == Bytes({}, ())
    assert bytes_known(kept_stamps(records, digest), records) == Bytes({HERE: "md5:c0", THERE: "md5:c0"}, ())
    mirror.held[HERE].content = "moved"
    moved = {it: held.record() for it, held in mirror.held.items()}
    assert bytes_known(kept, moved) == Bytes({}, (HERE, THERE))
    assert bytes_known(kept_stamps(records, digest), moved) == Bytes({THERE: "md5:c0"}, (HERE,))
    assert bytes_known({}, moved).unread == (HERE, THERE), "what was never seen is not known"


# what must not be acted on -------------------------------------------------------------------------------------------


@pytest.mark.hazard("P01")
def test_nothing_is_written_while_one_copy_is_unread_and_what_an_account_cannot_take_waits() -> None:
    mirror = Mirror(ASK, THREE)
    mirror.everywhere({CREDIT: "a"})
    mirror.settle()
    mirror.edit(HERE, {CREDIT: "b"})
    seen = {**mirror.seen(), ABROAD: Unread(Reason.of(Code.TRY_LATER, text="no answer"))}
    decision = mirror.decide(seen)
    assert not decision.actions
    assert decision.leave is not None
    assert (decision.leave.reason.code, decision.leave.waits_for) == (Code.COPY_UNREAD, "system")
    takes = mirror.can_archive[AGENCY]
    mirror.can_archive = {AGENCY: takes, ARCHIVE: replace(takes, write_attributes=Proof.UNPROVEN)}
    decision = mirror.round()
    assert [it.kind for it in decision.actions] == [ActionKind.AGREE]
    assert decision.leave is not None
    assert decision.leave.reason.code == Code.CAPABILITY_UNPROVEN
    assert mirror.round().leave is not None
    mirror.can_archive = {AGENCY: takes, ARCHIVE: takes}
    mirror.settle()
    assert mirror.says("credit") == ["b", "b", "b"]


@pytest.mark.parametrize(
    ("name", "sealed", "waits"), [("a.jpg", False, True), ("a.jpg", True, False), ("a.nef", False, False)]
)
def test_where_fields_go_inside_files_a_call_is_for_those_that_nothing_may_be_written_into(
    name: str, sealed: bool, waits: bool
) -> None:
    mirror = Mirror(ASK)
    mirror.everywhere({CREDIT: "a"})
    mirror.settle()
    for it in mirror.held.values():
        it.file_name = name
    mirror.settle()
    takes = mirror.can_archive[ARCHIVE]
    inside = replace(takes, embedded={MediaType.IMAGE: {"Credit": Proof.PROVEN}})
    mirror.can_archive = {**mirror.can_archive, ARCHIVE: inside}
    mirror.edit(HERE, {CREDIT: "b"})
    decision = decide_mirror(
        link=mirror.link,
        accords=mirror.accords,
        conflicts=mirror.conflicts,
        seen=mirror.seen(),
        policy=ASK,
        maps=EVERYTHING,
        can_archive=mirror.can_archive,
        now=START + timedelta(days=9),
        untouched=frozenset({THERE} if sealed else ()),
    )
    writes = [it for it in decision.actions if it.kind is ActionKind.UPDATE_FIELDS]
    assert [it.untouched for it in writes] == ([] if waits else [sealed])
    assert not waits or (decision.leave is not None and decision.leave.reason.code == Code.CAPABILITY_UNPROVEN)


def gone(what: WhenAbsent, *, absence: Absence = Absence.DELETED) -> Mirror:
    mirror = Mirror(policy_of(of_field("credit", Rule.ASK), absences={AGENCY: {absence: what}}), THREE)
    mirror.everywhere({CREDIT: "a"})
    mirror.settle()
    mirror.held[HERE].absence = absence
    return mirror


@pytest.mark.hazard("P01")
def test_an_absence_is_asked_about_and_a_person_may_say_what_follows() -> None:
    for said, left in (("let_go", [THERE, ABROAD]), ("follow", [])):
        mirror = gone(WhenAbsent.ASK)
        assert mirror.settle() == 0
        assert mirror.open(PRESENCE)
        mirror.rule(PRESENCE, {PRESENCE_FIELD: said})
        mirror.settle()
        assert [it for it in THREE if it not in mirror.gone] == left
        assert mirror.conflicts[PRESENCE].state is ConflictState.SETTLED
    mirror = gone(WhenAbsent.ASK)
    mirror.settle()
    mirror.held[HERE].absence = None
    mirror.settle()
    assert mirror.conflicts[PRESENCE].state is ConflictState.MOOT


@pytest.mark.hazard("P01")
def test_a_copy_that_was_edited_is_not_taken_away_because_another_went() -> None:
    mirror = gone(WhenAbsent.FOLLOW)
    mirror.edit(THERE, {CREDIT: "b"})
    decision = mirror.round()
    assert decision.leave is not None
    assert decision.leave.reason.code == Code.EDITED_AND_GONE
    assert not mirror.gone
    mirror.rule(PRESENCE, {PRESENCE_FIELD: "follow"})
    mirror.edit(ABROAD, {CREDIT: "c"})
    mirror.settle()
    assert not mirror.gone, "the person had not seen the last edit"
    mirror.rule(PRESENCE, {PRESENCE_FIELD: "follow"})
    mirror.round()
    assert [it.kind for it in mirror.writes] == [ActionKind.RETIRE, ActionKind.RETIRE]


def a_removal(number: int) -> Action:
    mirror = gone(WhenAbsent.FOLLOW)
    action = next(it for it in mirror.decide().actions if it.kind is ActionKind.RETIRE)
    return replace(action, link=type(LINK)(f"ln{number}"))


@pytest.mark.hazard("P01")
@pytest.mark.hazard("P02")
def test_removals_have_guards_of_their_own_absolute_and_relative() -> None:
    actions = [a_removal(it) for it in range(3)]
    for limits, known, before, tripped in (
        ({"max_removals": 3, "max_removal_share": None}, 100, 0, []),
        ({"max_removals": 2, "max_removal_share": None}, 100, 0, ["max_removals"]),
        ({"max_removals": 3, "max_removal_share": None}, 100, 1, ["max_removals"]),
        ({"max_removals": None, "max_removal_share": 0.03}, 100, 0, []),
        ({"max_removals": None, "max_removal_share": 0.02}, 100, 0, ["max_removal_share"]),
    ):
        facts = HeaderFacts(
            flow=ASK.flow,
            policy="p",
            configuration="c",
            capabilities="k",
            changes_before=0,
            known=known,
            removals_before=before,
        )
        policy = replace(ASK, **limits)
        plan = make_plan(actions, [], facts=facts, policy=policy, takes=forecast([], {}), now=START)
        assert [it["guard"] for it in plan.header.tripped] == tripped
        assert not make_plan([], [], facts=facts, policy=policy, takes=forecast([], {}), now=START).header.tripped
