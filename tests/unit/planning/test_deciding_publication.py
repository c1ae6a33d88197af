"""What follows for one asset before one outlet: each question, in each order of things it can be in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import AccountId, RemoteId
from dambridge.model.publications import Stage
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Absence, Missing, Present, Unread
from dambridge.model.values import DateValue, FieldName, LangAlt
from dambridge.planning.adoption import after_activation, taken_over, watched
from dambridge.planning.kits import KitVerdict
from dambridge.planning.outlets import Case, Held, said_outside
from dambridge.planning.outward import master_fingerprint
from dambridge.planning.publishing import Verdict, decide_link, decide_publication, forbids
from dambridge.policy.outlets import Rendition, WithdrawTo
from dambridge.ports.audience import Grant, Visibility
from dambridge.ports.capabilities import Proof
from support.outlets import (
    AGREED,
    AUDIENCE,
    COPY,
    ELSEWHERE,
    END,
    GALLERY,
    HOLDING,
    HOUR,
    LEAD,
    NOW,
    OUTLET,
    POLICY,
    PROVEN,
    SECOND,
    adopted,
    first_time,
    in_sight,
    published,
    record,
    wider,
    withdrawn,
)

UNREAD = Unread(Reason.of(Code.TRY_LATER, text="503"))
GONE = Missing(Absence.DELETED, "404")
ORDERS = {"first": first_time, "in sight": in_sight, "withdrawn": withdrawn, "adopted": adopted}
OURS = said_outside(POLICY)


def said(verdict: Verdict) -> str:
    """A verdict on one line: the actions with their reasons, and how the item ends."""
    parts = [f"{it.kind}({'+'.join(str(one.code) for one in it.reasons)})" for it in verdict.actions]
    if verdict.leave is not None:
        end = verdict.leave
        parts.append(f"{end.outcome} {end.reason.code}" + (f" for {end.waits_for}" if end.waits_for else ""))
    return ", ".join(parts)


def only(case: Case, kind: ActionKind) -> Action:
    (action,) = decide_publication(case).actions
    assert action.kind is kind
    return action


def ended() -> dict[str, Any]:
    return {"master": record(licence_end=DateValue("2026-05-01T00:00:00Z"))}


def told(**more: Any) -> dict[str, Any]:
    return {"master": record(**more)}


QUESTIONS: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "everything permits": ({}, ("publish(published)", "unchanged in_step", "show(shown_again)")),
    "master unread": (
        {"seen": UNREAD},
        ("waiting source_unread for system",) * 3,
    ),
    "master unread and its end has come near": (
        {"seen": UNREAD, "now": END - LEAD},
        ("waiting source_unread for system", "withdraw(ends_soon)", "waiting source_unread for system"),
    ),
    "master deleted": ({"seen": GONE}, ("skipped master_gone", "withdraw(master_gone)", "skipped master_gone")),
    "left the selection": (
        {"selected": False},
        ("skipped unselected", "withdraw(unselected)", "skipped unselected"),
    ),
    "licence ended": (ended(), ("skipped gate_shut", "withdraw(gate_shut)", "skipped gate_shut")),
    "end has come near": (
        {"now": END - LEAD},
        ("skipped ends_soon", "withdraw(ends_soon)", "skipped ends_soon"),
    ),
    "a second before that": (
        {"now": END - LEAD - SECOND},
        ("publish(published)", "unchanged in_step", "show(shown_again)"),
    ),
    "embargo": (
        told(embargo_until=DateValue("2026-07-01T00:00:00Z")),
        ("waiting embargoed for date", "withdraw(embargoed)", "waiting embargoed for date"),
    ),
    "rights unknown": (
        told(territories=None),
        (
            "waiting rights_unknown for rights manager",
            "withdraw(rights_unknown)",
            "waiting rights_unknown for rights manager",
        ),
    ),
    "consent withdrawn": (
        told(consent="withdrawn"),
        ("skipped gate_shut", "withdraw(gate_shut)", "skipped gate_shut"),
    ),
    "not approved": ({"status": "draft"}, ("skipped gate_shut", "withdraw(gate_shut)", "skipped gate_shut")),
    "kit lacks one": (
        {"kit": KitVerdict(kit="K", lacking=("cub.jpg: territory",))},
        (
            "waiting kit_incomplete for coordinator",
            "withdraw(kit_incomplete)",
            "waiting kit_incomplete for coordinator",
        ),
    ),
    "kit unread": (
        {"kit": KitVerdict(kit="K", unread=True), "publication_kit": "K"},
        ("waiting kit_unread for system",) * 3,
    ),
    "kit not ready": (
        {"kit": KitVerdict(kit="K"), "publication_kit": "K"},
        ("stage(staged)", "unchanged in_step", "waiting kit_not_ready for next run"),
    ),
    "nobody agreed": (
        {"agreed": None},
        ("waiting audience_unagreed for administrator",) * 3,
    ),
    "audience unread": (
        {"audience": None},
        (
            "waiting audience_unread for system",
            "unchanged in_step",
            "waiting audience_unread for system",
        ),
    ),
    "audience wider": (
        {"audience": wider()},
        (
            "waiting audience_drifted for administrator",
            "withdraw(exposed)",
            "waiting audience_drifted for administrator",
        ),
    ),
    "one more is let in": (
        {"audience": replace(AUDIENCE, grants=(*AUDIENCE.grants, Grant("contact", "18")))},
        (
            "waiting audience_drifted for administrator",
            "withdraw(exposed)",
            "waiting audience_drifted for administrator",
        ),
    ),
    "audience narrower": (
        {"audience": replace(AUDIENCE, grants=())},
        ("waiting audience_drifted for administrator",) * 3,
    ),
    "gallery gone": ({"audience": GONE}, ("waiting audience_drifted for administrator",) * 3),
    "no way back": (
        {"can": replace(PROVEN, take_out=Proof.UNPROVEN)},
        (
            "waiting capability_unproven for administrator",
            "unchanged in_step",
            "waiting capability_unproven for administrator",
        ),
    ),
    "caption edited": (
        told(title="Brown bear"),
        ("publish(published)", "update_fields(fields_updated)", "show(shown_again)"),
    ),
    "another file": (
        told(content="c2"),
        ("publish(published)", "replace(file_replaced)", "publish(published)"),
    ),
    "another end": (
        told(licence_end=DateValue("2026-12-01T00:00:00Z")),
        ("publish(published)", "note(noted), replace(file_replaced)", "publish(published)"),
    ),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("order", ORDERS)
def test_each_question_in_each_order(question: str, order: str) -> None:
    changes, expected = QUESTIONS[question]
    changes = dict(changes)
    master = changes.pop("master", None)
    seen = changes.pop("seen", None)
    kit = changes.pop("publication_kit", None)
    case = ORDERS[order](master)
    if seen is not None:
        case = replace(case, master=seen)
    if kit is not None and case.publication is not None:
        case = replace(case, publication=replace(case.publication, kit=kit))
    case = replace(case, **changes)
    case = replace(case, horizon=case.now + LEAD)
    wanted = dict(zip(ORDERS, (*expected, "skipped observe_only"), strict=True))
    assert said(decide_publication(case)) == wanted[order]


# what an action carries -------------------------------------------------------------------------------------------------


def test_a_first_publication_brings_everything_and_says_until_when() -> None:
    action = only(first_time(), ActionKind.PUBLISH)
    assert action.outward is not None
    assert (action.outward.gallery, action.outward.until, action.outward.turn) == (GALLERY, END, 0)
    assert action.fields == first_time().wanted
    assert (action.target, action.target_id, action.size) == (OUTLET.copy, None, 500_000)
    assert set(action.calls) == {"archive", "portal"}


def test_an_edit_brings_what_differs_and_never_what_the_region_owns() -> None:
    master = record(title="Brown bear", instructions="Nobody calls", contract_reference="C-1")
    action = only(in_sight(master), ActionKind.UPDATE_FIELDS)
    assert action.fields == {FieldName("title"): "Brown bear"}
    assert (action.size, action.cleared) == (0, ())


def test_what_the_master_says_no_more_is_emptied_and_what_it_was_not_asked_is_left() -> None:
    assert only(in_sight(record(title=None)), ActionKind.UPDATE_FIELDS).cleared == (FieldName("title"),)
    unread = (Reason.of(Code.FIELDS_UNREAD, fields=("title",)),)
    assert said(decide_publication(in_sight(record(title=None, notes=unread)))) == "unchanged in_step"
    case = first_time(record(title=None, notes=unread))
    assert said(decide_publication(case)) == "waiting fields_unread for system"


def test_what_people_changed_there_is_brought_back_but_not_what_the_account_altered_itself() -> None:
    edited = in_sight(copy=Present(record(COPY, title="Ours!")))
    assert only(edited, ActionKind.UPDATE_FIELDS).fields == {FieldName("title"): "Bear"}
    altered = published(shown={**published().shown, FieldName("title"): "BEAR"})
    case = in_sight(publication=altered, copy=Present(record(COPY, title="BEAR")))
    assert said(decide_publication(case)) == "unchanged in_step"


@pytest.mark.parametrize("name", ["contract_reference", "usage_terms"])
def test_what_others_said_there_about_rights_is_not_written_over(name: str) -> None:
    value: Any = "C-9" if name == "contract_reference" else LangAlt.plain("Once")
    there = Present(record(COPY, **{name: value}))
    assert said(decide_publication(in_sight(copy=there))) == "unchanged in_step"
    lost = in_sight(record(content="c2"), copy=there)
    assert said(decide_publication(lost)) == "waiting rights_edited_there for rights manager"
    assert said(decide_publication(replace(withdrawn(record(content="c2")), copy=there))) == said(
        decide_publication(lost)
    )


def test_a_copy_that_says_less_than_we_wrote_neither_loosens_nor_tightens() -> None:
    """The master's licence was renewed; our own older words in the copy do not hold it back."""
    old = published(said=record(licence_end=DateValue("2026-05-01T00:00:00Z")), stage=Stage.WITHDRAWN)
    there = Present(record(COPY, licence_end=DateValue("2026-05-01T00:00:00Z")))
    case = withdrawn(publication=old, copy=there)
    assert only(case, ActionKind.PUBLISH).outward is not None
    emptied = in_sight(copy=Present(record(COPY, licence_end=None, territories=None, channels=None)))
    assert not any(it.kind is ActionKind.WITHDRAW for it in decide_publication(emptied).actions)


def test_what_an_account_shows_of_rights_by_itself_is_nobodys_word() -> None:
    """PhotoShelter shows a flag for releases whether anybody set it or not."""
    there = Present(record(COPY, model_release=False))
    shown = {**published().shown, FieldName("model_release"): False}
    assert said(decide_publication(in_sight(copy=there, publication=published(shown=shown)))) == "unchanged in_step"
    begun = published(shown={}, doing="publish")
    assert said(decide_publication(in_sight(copy=there, publication=begun))) == "publish(published)"
    assert said(decide_publication(in_sight(copy=there))) == "withdraw(gate_shut)"
    assert published().withdrawal_id != published(turn=2).withdrawal_id


@pytest.mark.hazard("P36")
def test_a_restriction_said_in_one_copy_counts_in_every_outlet_of_the_link() -> None:
    other = replace(OUTLET, name="press", account=AccountId("press"))
    restricted = in_sight(copy=Present(record(COPY, consent="withdrawn")))
    verdict = decide_link([restricted, first_time(outlet=other, agreed=replace(AGREED, outlet="press"))])
    assert said(verdict) == "withdraw(gate_shut)"
    assert said(decide_link([first_time(outlet=other), restricted])) == said(verdict)


@pytest.mark.hazard("P39")
@pytest.mark.parametrize(
    "note",
    [
        Reason.of(Code.VALUE_UNREADABLE, field="licence_end", native="End", text="?"),
        Reason.of(Code.VALUE_UNREADABLE, field="embargo_until", native="From", text="?"),
    ],
)
def test_a_date_that_cannot_be_read_shuts_the_gate_even_for_what_is_owned(note: Reason) -> None:
    case = first_time(record(licence_kind="owned", licence_end=None, notes=(note,)))
    assert said(decide_publication(case)) == "waiting rights_unknown for rights manager"


@pytest.mark.hazard("P40")
@pytest.mark.parametrize("name", ["licence_end", "consent", "status"])
def test_rights_that_were_not_read_are_an_outage_and_no_change_of_rights(name: str) -> None:
    unread = (Reason.of(Code.FIELDS_UNREAD, fields=(name,)),)
    case = in_sight(record(licence_end=None, notes=unread), policy=replace(POLICY, status=FieldName("status")))
    assert said(decide_publication(case)) == "waiting source_unread for system"


# files ------------------------------------------------------------------------------------------------------------------


def test_a_new_file_goes_in_place_where_that_is_proven_and_else_takes_the_place_of_the_old_one() -> None:
    swap = only(in_sight(record(content="c2")), ActionKind.REPLACE)
    assert swap.outward is not None
    assert (swap.outward.in_place, swap.outward.former, swap.target_id) == (False, COPY.remote_id, COPY.remote_id)
    assert "links change" in str(swap.reasons[0]["how"])
    assert swap.fields[FieldName("instructions")] == "Call first"
    proven = replace(PROVEN, versions=Proof.PROVEN)
    here = only(in_sight(record(content="c2", title="Brown bear"), can=proven), ActionKind.REPLACE)
    assert here.outward is not None
    assert (here.outward.in_place, here.outward.former) == (True, None)
    assert here.fields == {FieldName("title"): "Brown bear"}


def test_what_the_region_owns_goes_with_it_from_file_to_file() -> None:
    there = Present(record(COPY, instructions="Ruf zuerst an"))
    for case in (in_sight(record(content="c2"), copy=there), withdrawn(record(content="c2"), copy=there)):
        (action,) = decide_publication(case).actions
        assert action.fields[FieldName("instructions")] == "Ruf zuerst an"
        assert said(decide_publication(in_sight(copy=there))) == "unchanged in_step"


def test_a_file_that_the_region_owns_is_never_replaced() -> None:
    own = replace(OUTLET, own_file=True)
    case = in_sight(record(content="c2"), outlet=own)
    assert said(decide_publication(case)) == "unchanged in_step"
    assert said(decide_publication(withdrawn(record(content="c2"), outlet=own))) == "show(shown_again)"


def test_another_rendition_is_another_file() -> None:
    small = replace(OUTLET, rendition=Rendition(name="original", longest=800))
    assert said(decide_publication(in_sight(outlet=small))) == "replace(file_replaced)"


@pytest.mark.parametrize("verb", ["publish", "show", "replace", "stage"])
def test_what_was_begun_is_the_same_action_until_it_is_settled(verb: str) -> None:
    stage = Stage.STAGED if verb == "stage" else Stage.VISIBLE
    begun = published(stage, doing=verb)
    first = only(in_sight(publication=begun, places=None), ActionKind(verb))
    later = replace(begun, revision=9, checked_at=NOW)
    assert only(in_sight(publication=later, places=None), ActionKind(verb)).id == first.id
    settled = replace(later, turn=2)
    assert only(in_sight(publication=settled, places=None), ActionKind(verb)).id != first.id


def test_a_showing_that_was_written_down_and_never_settled_is_gone_on_with_and_is_not_peoples_doing() -> None:
    home = (Held(HOLDING, "Holding", Visibility.PRIVATE),)
    first = only(first_time(), ActionKind.PUBLISH)
    begun = in_sight(publication=published(turn=0, revision=2), places=home)
    again = only(begun, ActionKind.PUBLISH)
    assert again.id == first.id
    assert again.outward is not None
    assert again.outward.former is None
    swap = only(in_sight(record(content="c2")), ActionKind.REPLACE)
    half = published(said=record(content="c2"), remote_id=RemoteId("I2"), former=COPY.remote_id)
    gone_on = only(in_sight(record(content="c2"), publication=half, places=home), ActionKind.REPLACE)
    assert gone_on.id == swap.id
    assert gone_on.outward is not None
    assert gone_on.outward.former == COPY.remote_id
    other = only(in_sight(record(content="c3"), publication=half, places=home), ActionKind.REPLACE)
    assert other.outward is not None
    assert (other.id == swap.id, other.outward.former) == (False, "I2")


def test_one_action_is_told_from_the_next_even_where_everything_looks_as_before() -> None:
    """A caption that goes there and back again is written each time; so is a note, and a correction."""
    for case in (in_sight(record(title="B")), in_sight(record(contract_reference="C-2", content="c2"))):
        (action, *_) = decide_publication(case).actions
        assert case.publication is not None
        again = replace(case.publication, revision=8, turn=2)
        assert decide_publication(replace(case, publication=again)).actions[0].id != action.id


# people -----------------------------------------------------------------------------------------------------------------


def test_what_people_took_out_is_not_put_back_by_itself() -> None:
    elsewhere = (Held(ELSEWHERE, "Elsewhere", Visibility.PRIVATE),)
    for change in ({"places": ()}, {"places": elsewhere}, {"copy": Missing(Absence.TRASHED, "listing")}):
        assert said(decide_publication(in_sight(**change))) == "waiting removed_there for coordinator"
    gone = {"copy": Missing(Absence.TRASHED, "listing"), "places": ()}
    assert said(decide_publication(in_sight(record(consent="withdrawn"), **gone))) == "withdraw(gate_shut)"


def test_our_file_in_a_gallery_of_others_is_taken_out_there_and_stays_where_we_put_it() -> None:
    wide = Held(ELSEWHERE, "Sales/All", Visibility.EVERYONE)
    own = Held(GALLERY, "Partners", Visibility.PERMISSION)
    action = only(in_sight(places=(own, wide)), ActionKind.CORRECT)
    assert action.outward is not None
    assert action.outward.places == (ELSEWHERE,)
    private = replace(wide, effective=Visibility.PRIVATE)
    assert said(decide_publication(in_sight(places=(own, private)))) == "unchanged in_step"
    only_partners = replace(OUTLET, answers_for=("Partners/**",))
    assert said(decide_publication(in_sight(places=(own, wide), outlet=only_partners))) == "unchanged in_step"
    both = decide_publication(in_sight(record(title="B"), places=(own, wide)))
    assert said(both) == "correct(corrected), update_fields(fields_updated)"


@pytest.mark.hazard("P36")
@pytest.mark.parametrize("stage", [Stage.WITHDRAWN, Stage.STAGED])
def test_what_is_not_shown_by_us_is_taken_out_even_of_its_own_gallery(stage: Stage) -> None:
    places = (Held(HOLDING, "Holding", Visibility.PRIVATE), Held(GALLERY, "Partners", Visibility.PERMISSION))
    ended = record(licence_end=DateValue("2026-05-01T00:00:00Z"))
    case = withdrawn(ended, publication=published(stage), places=places)
    (action,) = decide_publication(case).actions
    assert action.kind is (ActionKind.CORRECT if stage is Stage.WITHDRAWN else ActionKind.WITHDRAW)
    assert action.outward is not None
    assert action.outward.places == (GALLERY,)
    outage = replace(case, master=UNREAD)
    assert [it.kind for it in decide_publication(outage).actions] == [ActionKind.CORRECT]


def test_who_is_let_in_for_longer_is_more_and_who_has_gone_is_less() -> None:
    until = Grant("group", "3", NOW + HOUR)
    agreed = replace(AGREED, grants=("contact 17", f"group 3 until {(NOW + HOUR).isoformat()}"))
    cases = {
        (*AUDIENCE.grants, until): "unchanged in_step",
        (*AUDIENCE.grants, replace(until, expires=NOW + 2 * HOUR)): "withdraw(exposed)",
        (*AUDIENCE.grants, replace(until, expires=None)): "withdraw(exposed)",
        AUDIENCE.grants: "waiting audience_drifted for administrator",
    }
    for grants, expected in cases.items():
        case = in_sight(agreed=agreed, audience=replace(AUDIENCE, grants=grants))
        assert said(decide_publication(case)) == expected
    over = replace(in_sight(agreed=agreed, audience=AUDIENCE), now=NOW + HOUR)
    assert said(decide_publication(over)) == "unchanged in_step"


# ends -------------------------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P36")
@pytest.mark.hazard("P39")
@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_an_end_is_met_to_the_second(seconds: int) -> None:
    now = END - LEAD + seconds * SECOND
    due = seconds >= 0
    assert said(decide_publication(in_sight(now=now))) == ("withdraw(ends_soon)" if due else "unchanged in_step")
    outage = replace(in_sight(now=now), master=UNREAD)
    assert said(decide_publication(outage)).startswith("withdraw" if due else "waiting")


@pytest.mark.hazard("P40")
@pytest.mark.parametrize("absence", list(Absence))
def test_whatever_takes_the_master_away_takes_its_copies_out(absence: Absence) -> None:
    case = in_sight()
    assert said(decide_publication(replace(case, master=Missing(absence, "E7")))) == "withdraw(master_gone)"


@pytest.mark.hazard("P36")
def test_what_is_leaving_leaves_whatever_is_said_now() -> None:
    leaving = in_sight(publication=published(Stage.LEAVING))
    for case in (leaving, replace(leaving, master=UNREAD), replace(leaving, audience=None, agreed=None)):
        assert said(decide_publication(case)) == "withdraw(leaving_unproven)"
    first = decide_publication(leaving).actions[0]
    assert decide_publication(in_sight(record(consent="withdrawn"))).actions[0].id == first.id


def test_a_known_end_stands_in_the_action_as_its_deadline_and_no_other_does() -> None:
    dated = only(in_sight(now=END - LEAD), ActionKind.WITHDRAW)
    changed = only(in_sight(record(consent="withdrawn")), ActionKind.WITHDRAW)
    sooner = only(in_sight(record(licence_end=DateValue("2026-05-01T00:00:00Z"))), ActionKind.WITHDRAW)
    assert [it.outward.deadline for it in (dated, changed, sooner) if it.outward is not None] == [END, None, None]
    assert dated.expects == {}


@pytest.mark.parametrize("held", [{"agreed": None}, {"audience": replace(AUDIENCE, grants=())}])
def test_another_end_is_written_down_whatever_else_waits(held: dict[str, Any]) -> None:
    case = in_sight(record(licence_end=DateValue("2026-07-01T00:00:00Z")), **held)
    (action,) = decide_publication(case).actions
    assert (action.kind, action.calls) == (ActionKind.NOTE, {})
    assert action.outward is not None
    assert action.outward.until == NOW.replace(month=7, day=1, hour=0)


def test_a_trash_is_used_only_where_it_is_told_and_works() -> None:
    told_to = replace(OUTLET, withdraw_to=WithdrawTo.TRASH)
    for case, expected in (
        (in_sight(record(consent="withdrawn")), False),
        (in_sight(record(consent="withdrawn"), outlet=told_to), True),
        (in_sight(record(consent="withdrawn"), outlet=told_to, can=replace(PROVEN, discard=Proof.ABSENT)), False),
    ):
        action = only(case, ActionKind.WITHDRAW)
        assert action.outward is not None
        assert action.outward.discard is expected
    no_trash = first_time(outlet=told_to, can=replace(PROVEN, discard=Proof.UNPROVEN))
    assert said(decide_publication(no_trash)) == "waiting capability_unproven for administrator"


def test_an_embargo_says_when_to_ask_again() -> None:
    verdict = decide_publication(first_time(record(embargo_until=DateValue("2026-07-01T00:00:00Z"))))
    assert verdict.ask_again == NOW.replace(month=7, day=1, hour=0)
    assert decide_publication(in_sight()).ask_again == END


# kits -------------------------------------------------------------------------------------------------------------------


def test_a_kit_is_staged_one_by_one_and_shown_when_all_of_it_is_ready() -> None:
    kit = KitVerdict(kit="K", until=END - HOUR)
    staged = only(first_time(kit=kit), ActionKind.STAGE)
    assert staged.outward is not None
    assert (staged.outward.kit, staged.outward.until) == ("K", END - HOUR)
    there = published(Stage.STAGED, kit="K")
    waits = withdrawn(publication=there, kit=kit)
    assert said(decide_publication(waits)) == "waiting kit_not_ready for next run"
    assert said(decide_publication(replace(waits, kit=replace(kit, ready=True)))) == "show(shown_again)"
    older = withdrawn(record(content="c2"), publication=there, kit=replace(kit, ready=True))
    assert said(decide_publication(older)) == "stage(staged)"


def test_all_of_a_kit_goes_when_the_first_of_it_ends() -> None:
    soon = KitVerdict(kit="K", ready=True, until=NOW + LEAD)
    kept = published(kit="K", until=NOW + LEAD)
    action = only(in_sight(kit=soon, publication=kept), ActionKind.WITHDRAW)
    assert action.outward is not None
    assert action.outward.deadline == NOW + LEAD


def test_several_outlets_make_one_item_with_its_most_pressing_end() -> None:
    other = replace(OUTLET, name="press")
    assert said(decide_link([in_sight(), first_time(outlet=other, selected=False)])) == "unchanged in_step"
    assert said(decide_link([first_time(selected=False)])) == "skipped unselected"
    waits = first_time(outlet=other, agreed=None)
    unknown = "waiting audience_unagreed for administrator"
    assert said(decide_link([in_sight(record(title="B")), waits])) == f"update_fields(fields_updated), {unknown}"
    assert said(decide_link([in_sight(), replace(waits, master=UNREAD), waits])) == unknown
    gone = in_sight(record(title="B"), outlet=other, audience=wider())
    verdict = decide_link([in_sight(record(title="B")), gone])
    assert said(verdict) == "withdraw(exposed), update_fields(fields_updated)"


# right before a write ---------------------------------------------------------------------------------------------------


@pytest.mark.hazard("P36")
@pytest.mark.parametrize("question", QUESTIONS)
def test_what_the_plan_said_is_asked_again_before_each_write(question: str) -> None:
    """Nothing is written for which a fresh look finds a cause to go or a reason to wait; anything else may be."""
    changes, (expected, _, _) = QUESTIONS[question]
    changes = {it: value for it, value in changes.items() if it not in {"master", "seen", "publication_kit"}}
    case = first_time(QUESTIONS[question][0].get("master"))
    case = replace(case, master=QUESTIONS[question][0].get("seen", case.master), **changes)
    case = replace(case, horizon=case.now + LEAD)
    goes = expected.split("(")[0] in {"publish", "stage"} or "capability" in expected
    answer = forbids(case)
    assert (answer is None) == goes
    assert answer is None or str(answer.reason.code) in expected


# living portals ---------------------------------------------------------------------------------------------------------


def test_a_living_portal_is_watched_until_somebody_takes_it_over_and_sees_before_what_follows() -> None:
    found = watched(POLICY.flow, in_sight().link, OUTLET, record(COPY), gallery=GALLERY, at=NOW)
    assert (found.stage, found.until, found.master) == (Stage.ADOPTED, None, "")
    assert OUTLET.own_fields.isdisjoint(found.fields)
    unknown = in_sight(record(territories=None), publication=found)
    assert said(decide_publication(unknown)) == "skipped observe_only"
    assert said(after_activation(unknown)) == "withdraw(rights_unknown)"
    assert said(decide_publication(in_sight(publication=replace(found, stage=Stage.VISIBLE)))) != "publish(published)"
    assert said(after_activation(in_sight(publication=found))) == "note(noted)"
    with pytest.raises(ValueError, match="only adopted ones"):
        taken_over(published(), found=record(COPY), outlet=OUTLET, ours=OURS, master="", at=NOW)


@pytest.mark.parametrize(("name", "goes"), [("caption", True), ("headline", False)])
def test_of_what_a_living_portal_says_beside_the_master_only_the_flows_own_fields_go(name: str, goes: bool) -> None:
    says: dict[str, Any] = {name: "The portal's own words"}
    says_not: dict[str, Any] = {name: None}
    theirs = record(COPY, **says)
    found = watched(POLICY.flow, in_sight().link, OUTLET, theirs, gallery=GALLERY, at=NOW)
    case = in_sight(record(**says_not), publication=found, copy=Present(theirs))
    cleared = [it.cleared for it in after_activation(case).actions if it.kind is ActionKind.UPDATE_FIELDS]
    assert cleared == ([(FieldName(name),)] if goes else [])


@pytest.mark.hazard("P40")
def test_what_was_taken_over_keeps_its_file_until_the_master_gets_another() -> None:
    theirs = record(COPY, content="theirs", title="Old", licence_end=None)
    found = watched(POLICY.flow, in_sight().link, OUTLET, theirs, gallery=GALLERY, at=NOW)
    case = in_sight(publication=found, copy=Present(theirs))
    made = master_fingerprint("c1", OUTLET.rendition, case.wanted)
    taken = taken_over(found, found=theirs, outlet=OUTLET, ours=OURS, master=made, at=NOW)
    first = decide_publication(replace(case, publication=taken))
    assert said(first) == "note(noted), update_fields(fields_updated)" == said(after_activation(case))
    assert set(first.actions[1].fields) == {"title", "licence_end"}
    assert all(it.size == 0 for it in first.actions)
    later = in_sight(record(content="c2"), publication=taken, copy=Present(theirs))
    assert said(decide_publication(later)) == "note(noted), replace(file_replaced)"
