"""What follows for one asset before one outlet: each question, in each order of things it can be in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dambridge.model.actions import Action, ActionKind
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Absence, Missing, Unread
from dambridge.model.values import DateValue
from dambridge.planning.kits import KitVerdict
from dambridge.planning.outlets import Case
from dambridge.planning.publishing import Verdict, decide_publication
from dambridge.ports.audience import Grant
from dambridge.ports.capabilities import Proof
from support.outlets import (
    AUDIENCE,
    END,
    LEAD,
    PROVEN,
    SECOND,
    adopted,
    first_time,
    in_sight,
    record,
    wider,
    withdrawn,
)

UNREAD = Unread(Reason.of(Code.TRY_LATER, text="503"))
GONE = Missing(Absence.DELETED, "404")
ORDERS = {"first": first_time, "in sight": in_sight, "withdrawn": withdrawn, "adopted": adopted}


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
    wanted = dict(zip(ORDERS, (*expected, "skipped observe_only"), strict=True))
    assert said(decide_publication(case)) == wanted[order]
