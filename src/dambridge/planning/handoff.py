"""What follows for one file that is, or may be, handed in: pure, from the record of it and from what was seen.

A carrier's word is a decision only when it is news: what stood inside the file, and what was taken into account before, says
nothing again. So a decision made in dambridge is not undone by a word that is older than it, and an approval that other bytes
made void does not come back by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dambridge.model.actions import Leave
from dambridge.model.identity import FlowName
from dambridge.model.lifecycle import Role, Status
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Absence, AssetRecord, Digest, Missing, NativeRecord, Present, Seen
from dambridge.model.submissions import ReviewDecision, Submission
from dambridge.planning.approving import TAKEN_IN
from dambridge.policy.carriers import Brought, Carrier, Shown, read_status
from dambridge.policy.handoff import HandoffPolicy, Queue
from dambridge.policy.lifecycle import Verdict, may_move

PEOPLE = frozenset({Role.CONTRIBUTOR, Role.REVIEWER})
"""In what capacity a status is moved at the source, where nobody can see who did it."""
GIVEN_BACK = frozenset({Status.DRAFT, Status.IN_REVIEW})
"""What a carrier says of a file about which nothing is decided."""
DECIDED = frozenset({Status.APPROVED, Status.REJECTED, Status.CHANGES_ASKED})
"""What a review can come to."""
LATE_FOR = timedelta(minutes=10)
"""How long after a write of ours an answer that shows what stood there before is taken for a late one."""
HERE, SOURCE = "dambridge", "source"
"""How a decision came about: given in dambridge, or shown by the file's not being there."""


@dataclass(frozen=True, slots=True)
class HandIn:
    """Its bytes are to be hashed: for the first time, or because they are, or may be, others than those that were."""

    again: Submission | None = None


@dataclass(frozen=True, slots=True)
class Stands:
    """How it stands by now. `changed` says that this is another state than the store's; `illegal` what a carrier said that
    nobody may make of it."""

    submission: Submission
    changed: bool = False
    illegal: Reason | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """It is not handed in, and does not look so."""


Follows = HandIn | Stands | Nothing


def follows(submission: Submission | None, seen: Seen, shown: Shown, queue: Queue, now: datetime) -> Follows:
    """What follows for one file, given what was handed in of it and what its account shows now. The caller has found it
    selected where it is not known yet."""
    if submission is None:
        return HandIn() if isinstance(seen, Present) else Nothing()
    if isinstance(seen, Missing):
        return _gone(submission, seen, now)
    if not isinstance(seen, Present):
        return Stands(submission)
    if submission.status is Status.ARCHIVED:
        return Stands(submission)
    if was_gone(submission) or may_be_other_bytes(submission, seen.record):
        return HandIn(again=submission)
    return heard_of(submission, shown, queue, now)


def was_gone(submission: Submission) -> bool:
    """Whether it was withdrawn because it was not there any more."""
    made = submission.decision
    return submission.status is Status.WITHDRAWN and made is not None and made.via == SOURCE


def may_be_other_bytes(submission: Submission, record: AssetRecord) -> bool:
    """Whether the source moved since its bytes were hashed in a way that an edit of its fields does not explain."""
    was, now = submission.version, record.version
    return now.content != was.content or (now.modified != was.modified and now.fields == was.fields)


def _gone(submission: Submission, seen: Missing, now: datetime) -> Stands:
    """A file that is not there any more is in nobody's queue. Only a proof ends a submission: one that is hidden stands."""
    open_still = submission.status in {Status.IN_REVIEW, Status.CHANGES_ASKED, Status.APPROVED, Status.DRAFT}
    if not open_still or seen.absence is Absence.HIDDEN:
        return Stands(submission)
    return Stands(_decided(submission, Status.WITHDRAWN, SOURCE, now), changed=True)


def heard_of(submission: Submission, shown: Shown, queue: Queue, now: datetime) -> Stands:
    """What the account's carriers make of it. A word that nobody may give (an asset archived that nobody approved) is told
    and changes nothing."""
    if shown.unread:
        return Stands(submission)
    word = word_of(shown)
    if word == submission.heard or _is_late(submission, word, now):
        return Stands(submission)
    heard = replace(submission, heard=word)
    if shown.status is None or shown.status in GIVEN_BACK:
        return Stands(_taken_back(heard, queue, now), changed=True)
    verdict = may_move(submission.status, shown.status, PEOPLE)
    if verdict is Verdict.SAME:
        return Stands(heard, changed=True)
    if verdict is not Verdict.LEGAL:
        reason = Reason.of(Code.STATUS_ILLEGAL, status=str(submission.status), shown=str(shown.status), by=shown.by)
        return Stands(submission, illegal=reason)
    return Stands(_decided(heard, shown.status, shown.by, now), changed=True)


def _is_late(submission: Submission, word: str, now: datetime) -> bool:
    """Whether this is what stood there before we wrote over it: what a write that was cut off has left of it, or, soon after,
    an answer of before. It decides nothing."""
    at = submission.shown_at
    if word not in submission.shown_over.splitlines() or at is None:
        return False
    return submission.to_be_shown or now < at + LATE_FOR


def _taken_back(heard: Submission, queue: Queue, now: datetime) -> Submission:
    """The word is gone from where a decision was shown: it is undone. One that was made elsewhere is not."""
    made = heard.decision
    if made is None or made.via == HERE or heard.status not in DECIDED:
        return heard
    return replace(heard.again(now), due_at=queue.due(now))


def _decided(submission: Submission, status: Status, via: str, now: datetime) -> Submission:
    """By nobody who is known, between the last look that did not show it and this one."""
    return decided(submission, ReviewDecision(status=status, by="", via=via, after=submission.seen_at, until=now))


def decided(submission: Submission, made: ReviewDecision) -> Submission:
    """With this decision in the place of what stood. Whatever leaves an approval begins a turn of its own: what was under
    way for the approval is never taken up for another one."""
    left = submission.status is Status.APPROVED and made.status is not Status.ARCHIVED
    fresh = replace(submission, why=None, told_at=None, told_to="", due_at=None, turn=submission.turn + int(left))
    fresh = replace(fresh, shown_as=None, shown_over="", unshown="")
    return replace(fresh, status=made.status, decision=made, seen_at=made.until)


def word_of(shown: Shown) -> str:
    """What was said, where and in which words, so that the same word is known again."""
    return "" if shown.status is None else " ".join((str(shown.status), shown.by, *sorted(shown.words)))


def look(native: NativeRecord, carriers: tuple[Carrier, ...], brought: Brought) -> Shown:
    """What the account shows, what stood inside the file left out."""
    return read_status(native, carriers, brought) if carriers else Shown()


def still_brought(native: NativeRecord, brought: Brought, now: datetime) -> Mapping[str, tuple[str, ...]]:
    """Those of the values from inside the file that the account shows as they were. Once it was seen with another one, a
    value is what people set; soon after the upload that it shows none says nothing."""
    fresh = native.created_at is not None and now - native.created_at < TAKEN_IN
    kept: dict[str, tuple[str, ...]] = {}
    for name, words in brought.items():
        value = native.fields.get(name)
        stands = value if isinstance(value, tuple) else () if value is None else (str(value),)
        if (fresh and not stands) or {it.casefold().strip() for it in stands} == {
            it.casefold().strip() for it in words
        }:
            kept[name] = tuple(words)
    return kept


def handed_in(
    record: AssetRecord, digest: Digest, brought: Brought, policy: HandoffPolicy, now: datetime
) -> Submission:
    """A file put up for review for the first time."""
    return Submission(
        flow=FlowName.HANDOFF,
        key=record.key,
        shoot=policy.shoot_of(record),
        file_name=record.file_name,
        contributor=policy.contributor_of(record),
        status=Status.IN_REVIEW,
        digest=digest,
        version=record.version,
        submitted_at=now,
        seen_at=now,
        due_at=policy.queue.due(now),
        brought={name: tuple(it) for name, it in brought.items()},
        carried=bool(policy.carriers),
    )


def handed_in_again(
    old: Submission, record: AssetRecord, digest: Digest, *, brought: Brought, word: str, queue: Queue, now: datetime
) -> Submission:
    """What hashing a known file anew comes to. The same bytes leave everything as it is. Other ones void whatever was decided
    and are up for review; what the account says of the old ones (`word`) says nothing of them."""
    same = digest.sha256 == old.digest.sha256
    if same and not was_gone(old):
        return replace(old, version=record.version)
    fresh = old.again(now, digest=digest, version=record.version, heard=word, file_name=record.file_name)
    fresh = replace(fresh, brought={name: tuple(it) for name, it in brought.items()}, due_at=queue.due(now))
    return fresh if same else replace(fresh, why=bytes_changed(old, digest))


def bytes_changed(old: Submission, found: Digest) -> Reason:
    was = old.decision.status if old.decision is not None else old.status
    return Reason.of(Code.BYTES_CHANGED, was=str(was), hashed=old.digest.sha256, found=found.sha256)


def stands(submission: Submission, policy: HandoffPolicy, now: datetime) -> Leave:
    """How the item of a run ends that is as it stands: for whom it waits by now, by name, or that nothing is left to do."""
    owner, coordinator = policy.queue.whose(submission.due_at, now), policy.coordinator
    note = submission.decision.note if submission.decision is not None else ""
    match submission.status:
        case Status.IN_REVIEW | Status.DRAFT:
            shoot = submission.shoot
            return _waits(submission.why or Reason.of(Code.IN_REVIEW, shoot=shoot, due=_day(submission.due_at)), owner)
        case Status.REJECTED | Status.CHANGES_ASKED if submission.told_at is None:
            said = Reason.of(
                Code.NOT_TOLD, contributor=submission.contributor or "?", status=str(submission.status), note=note
            )
            return _waits(said, coordinator)
        case Status.CHANGES_ASKED:
            return _waits(Reason.of(Code.CHANGES_ASKED, note=note), submission.contributor or "contributor")
        case Status.REJECTED:
            return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.REVIEW_REJECTED, note=note))
        case Status.APPROVED:
            return _waits(Reason.of(Code.TRY_LATER, text="It is approved and not archived yet."), "system")
        case Status.ARCHIVED:
            return _archived(submission)
    return Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.TAKEN_BACK, status=str(submission.status)))


def _archived(submission: Submission) -> Leave:
    if submission.disposed_as is None:
        return _waits(Reason.of(Code.TRY_LATER, text="It is archived, and its source is not seen to yet."), "system")
    return Leave(outcome=Outcome.UNCHANGED, reason=Reason.of(Code.IN_STEP))


def _waits(reason: Reason, who: str) -> Leave:
    return Leave(outcome=Outcome.WAITING, reason=reason, waits_for=who)


def _day(due: datetime | None) -> str:
    return f"{due:%Y-%m-%d %H:%M} UTC" if due is not None else "any time"
