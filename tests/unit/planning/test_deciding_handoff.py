"""What follows for one file that is handed in: a word counts when it is news, and of the bytes that it was said of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId
from dambridge.model.lifecycle import Status
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import (
    Absence,
    AssetRecord,
    AssetVersion,
    Container,
    Digest,
    MediaType,
    Missing,
    Present,
    Unread,
)
from dambridge.model.submissions import ReviewDecision, Submission
from dambridge.planning.handoff import HandIn, Nothing, Stands, decided, follows, handed_in_again
from dambridge.policy.carriers import Shown
from dambridge.policy.handoff import Queue

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
KEY = AssetKey(AccountId("agency"), RemoteId("I1"))
WAS = AssetVersion(modified="1", fields="f", content="c")
ONE, OTHER = (Digest(size=1, sha256=it * 64, md5=it * 32) for it in "ab")
QUEUE = Queue(owner="Mara", within=timedelta(hours=8))


def handed(status: Status = Status.IN_REVIEW, *, via: str = "", heard: str = "") -> Submission:
    made = ReviewDecision(status=status, by="", via=via, after=NOW, until=NOW) if via else None
    return Submission(
        flow=FlowName.HANDOFF,
        key=KEY,
        shoot="S",
        file_name="a.jpg",
        contributor="Jonas",
        status=status,
        digest=ONE,
        version=WAS,
        submitted_at=NOW - timedelta(days=1),
        seen_at=NOW - timedelta(hours=1),
        decision=made,
        heard=heard,
    )


def record(version: AssetVersion = WAS) -> AssetRecord:
    return AssetRecord(
        key=KEY,
        media_type=MediaType.IMAGE,
        file_name="a.jpg",
        name="a.jpg",
        size=1,
        fields={},
        containers=(Container(RemoteId("G"), "S"),),
        version=version,
    )


def shown(status: Status | None, by: str = "edit_status") -> Shown:
    return Shown(status=status, by=by if status else "", words=(str(status),) if status else ())


def after(it: Submission, seen: Shown, version: AssetVersion = WAS) -> Stands:
    found = follows(it, Present(record(version)), seen, QUEUE, NOW)
    assert isinstance(found, Stands)
    return found


def test_what_nobody_knows_is_handed_in_where_it_is_there() -> None:
    assert follows(None, Present(record()), Shown(), QUEUE, NOW) == HandIn()
    assert follows(None, Unread(Reason.of(Code.SOURCE_UNREAD)), Shown(), QUEUE, NOW) == Nothing()


def test_a_word_at_the_source_decides_by_nobody_known_between_two_looks() -> None:
    found = after(handed(), shown(Status.APPROVED))
    made = found.submission.decision
    assert found.changed
    assert found.submission.status is Status.APPROVED
    assert made is not None
    assert (made.by, made.after, made.until) == ("", NOW - timedelta(hours=1), NOW)


@pytest.mark.parametrize("status", [Status.APPROVED, Status.REJECTED, Status.CHANGES_ASKED])
def test_a_word_that_was_heard_says_nothing_again(status: Status) -> None:
    first = after(handed(), shown(status)).submission
    here = ReviewDecision(status=Status.IN_REVIEW, by="Mara", via="dambridge", after=NOW, until=NOW)
    undone = decided(first, here)
    again = after(undone, shown(status))
    assert (again.changed, again.submission.status) == (False, Status.IN_REVIEW)
    away = after(undone, shown(None)).submission
    assert after(away, shown(status)).submission.status is status, "given anew it counts"


def test_a_word_taken_away_undoes_what_it_said_and_no_decision_made_here() -> None:
    said = after(handed(), shown(Status.APPROVED)).submission
    back = after(said, shown(None)).submission
    assert (back.status, back.turn, back.due_at) == (Status.IN_REVIEW, 2, NOW + timedelta(hours=8))
    here = ReviewDecision(status=Status.APPROVED, by="Mara", via="dambridge", after=NOW, until=NOW)
    ours = decided(replace(handed(), heard="draft edit_status draft"), here)
    assert after(ours, shown(None)).submission.status is Status.APPROVED


def test_a_word_that_nobody_may_give_changes_nothing_and_is_told() -> None:
    found = after(handed(), shown(Status.ARCHIVED))
    assert found.illegal is not None
    assert found.illegal.code is Code.STATUS_ILLEGAL
    assert (found.changed, found.submission.status) == (False, Status.IN_REVIEW)


@pytest.mark.parametrize(
    ("version", "hashed"),
    [
        (replace(WAS, content="d"), True),
        (replace(WAS, modified="2"), True),
        (replace(WAS, modified="2", fields="g"), False),
        (WAS, False),
    ],
)
def test_what_no_edit_of_fields_explains_is_hashed(version: AssetVersion, hashed: bool) -> None:
    found = follows(handed(), Present(record(version)), Shown(), QUEUE, NOW)
    assert isinstance(found, HandIn) is hashed


def test_other_bytes_void_an_approval_and_its_word_with_it() -> None:
    good = handed(Status.APPROVED, via="edit_status", heard="approved edit_status approved")
    moved = record(replace(WAS, content="d"))
    word = "approved edit_status approved"
    void = handed_in_again(good, moved, OTHER, brought={}, word=word, queue=QUEUE, now=NOW)
    assert (void.status, void.turn, void.digest) == (Status.IN_REVIEW, 2, OTHER)
    assert void.why is not None
    assert void.why.code is Code.BYTES_CHANGED
    assert void.link != good.link, "what was under way for the one is never taken up for the other"
    assert after(void, shown(Status.APPROVED), moved.version).submission.status is Status.IN_REVIEW
    same = handed_in_again(good, moved, ONE, brought={}, word=word, queue=QUEUE, now=NOW)
    assert (same.status, same.link, same.version) == (Status.APPROVED, good.link, moved.version)


def test_what_is_gone_leaves_the_queue_and_comes_back_for_review() -> None:
    gone = Missing(Absence.TRASHED, "trash")
    found = follows(handed(Status.APPROVED, via="edit_status"), gone, Shown(), QUEUE, NOW)
    assert isinstance(found, Stands)
    assert found.submission.status is Status.WITHDRAWN
    hidden = follows(handed(), Missing(Absence.HIDDEN, "403"), Shown(), QUEUE, NOW)
    assert isinstance(hidden, Stands)
    assert not hidden.changed
    back = follows(found.submission, Present(record()), Shown(), QUEUE, NOW)
    assert isinstance(back, HandIn)
    again = handed_in_again(found.submission, record(), ONE, brought={}, word="", queue=QUEUE, now=NOW)
    assert (again.status, again.decision) == (Status.IN_REVIEW, None)


def test_whatever_leaves_an_approval_begins_a_turn() -> None:
    good = handed(Status.APPROVED, via="edit_status")
    bad = after(replace(good, heard="x"), shown(Status.REJECTED)).submission
    assert (bad.status, bad.turn) == (Status.REJECTED, 2)
    assert bad.link != good.link
