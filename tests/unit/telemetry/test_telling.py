"""The trail told by a person: a sentence for each entry, by whom in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from dambridge.model.reasons import Code, Reason
from dambridge.telemetry.events import AuditEvent
from dambridge.telemetry.telling import sentence, teller

SHA = "ab" * 32
SEEN = {
    "status": "approved",
    "by": "",
    "via": "edit_status",
    "after": "2026-11-28T10:00:00+00:00",
    "until": "2026-11-28T12:30:00+00:00",
    "note": "",
}
REVIEWED = {**SEEN, "by": "Mara Lind", "status": "rejected", "note": "blurred"}
CASES: list[tuple[str, dict[str, Any], str]] = [
    (
        "submission.handed_in",
        {"status": "in_review", "turn": 2, "sha256": SHA, "shoot": "S/H", "contributor": "Jonas"},
        "Handed in for the 2. time by Jonas with S/H: SHA-256 abababababab….",
    ),
    (
        "submission.decided",
        {"status": "approved", "decision": SEEN},
        "It was approved, as edit_status showed; by whom is not known, between 2026-11-28 10:00 UTC and 2026-11-28 12:30 UTC.",
    ),
    ("submission.decided", {"status": "rejected", "decision": REVIEWED}, "It was rejected in dambridge: blurred"),
    (
        "submission.answered",
        {"contributor": "Ana", "status": "rejected", "by": "Ida"},
        "Told to Ana, by Ida: rejected.",
    ),
    (
        "submission.shown",
        {"status": "rejected", "fields": {"edit_status": ["no"]}, "into": [], "out_of": ["Desk/In"]},
        "The source shows now that it is rejected: edit_status says no; out of Desk/In.",
    ),
    ("source.disposed", {"as": "trash"}, "Its source was put into the trash."),
    (
        "source.disposed",
        {"as": "keep", "kept_for": "nobody knows how"},
        "Its source was kept, because nobody knows how.",
    ),
    (
        "asset.agree",
        {"agreed": {"status": {"from": {"s": "approved"}, "to": {"s": "withdrawn"}, "by": "dambridge"}}},
        "The copies agree on status: withdrawn (was approved), because it was superseded.",
    ),
    (
        "asset.agree",
        {"agreed": {"status": {"from": None, "to": {"s": "approved"}, "by": "anna"}}},
        "The copies agree on status: approved, as anna ruled.",
    ),
    ("hold.set", {"why": "court"}, "Put under legal hold: court"),
    (
        "asset.create",
        {"reason": Reason.of(Code.CREATED, folder="A", evidence="md5").to_json(), "to": {"credit": 1}},
        "Archived in A. Fields: credit.",
    ),
]


@pytest.mark.parametrize(("event", "detail", "told"), CASES)
def test_an_entry_is_a_sentence(event: str, detail: dict[str, Any], told: str) -> None:
    assert sentence(event, detail) == told


def test_what_has_no_words_of_its_own_is_told_by_its_name() -> None:
    for event in AuditEvent:
        if not event.startswith(("submission.", "source.", "hold.")):
            assert sentence(str(event), {})


def test_who_it_was() -> None:
    assert teller("Mara Lind") == "Mara Lind"
    assert teller("flow:run-000004") == "dambridge, run-000004"
    assert teller("flow:handoff") == "dambridge (handoff)"
