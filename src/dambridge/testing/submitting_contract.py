"""What every ledger of submissions has to hold to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId
from dambridge.model.lifecycle import Status
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetVersion, Digest
from dambridge.model.submissions import Disposal, Hold, ReviewDecision, Submission
from dambridge.ports.agreeing import AgreeingLedger
from dambridge.ports.errors import MovedOn
from dambridge.ports.ledger import AuditEntry

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
HANDOFF = FlowName.HANDOFF


def key(number: int, account: str = "agency") -> AssetKey:
    return AssetKey(AccountId(account), RemoteId(f"I{number:04d}"))


def handed_in(number: int, status: Status = Status.IN_REVIEW, *, shoot: str = "Harbour") -> Submission:
    return Submission(
        flow=HANDOFF,
        key=key(number),
        shoot=shoot,
        file_name=f"{number}.jpg",
        contributor="Jonas Blum",
        status=status,
        digest=Digest(size=10, sha256=f"{number:064x}", md5=f"{number:032x}"),
        version=AssetVersion(modified="1", fields="2", content="3"),
        submitted_at=AT,
        seen_at=AT,
        due_at=AT + timedelta(days=2),
        brought={"edit_status": ("approved",)},
    )


def told(what: str) -> AuditEntry:
    return AuditEntry(at=AT, actor="Mara", event="review.decided", subject=what, detail={})


class SubmittingContract(ABC):
    """Subclass it, give it a ledger, and every promise of `ports.submitting` is held to."""

    @abstractmethod
    @pytest.fixture
    def ledger(self) -> AgreeingLedger:
        """An empty ledger."""

    async def test_what_is_written_comes_back_whole(self, ledger: AgreeingLedger) -> None:
        decision = ReviewDecision(
            status=Status.REJECTED, by="", via="gallery", after=AT, until=AT + timedelta(hours=1), note="blurred"
        )
        full = replace(
            handed_in(1, Status.REJECTED),
            turn=3,
            heard="rejected",
            decision=decision,
            why=Reason.of(Code.MOVED_ON, text="x"),
            archived_at=AT,
            told_at=AT,
            told_to="Jonas Blum",
            disposed_as=Disposal.TAG,
            disposed_at=AT,
            kept_for="nothing",
        )
        (written,) = await ledger.put_submissions([full])
        assert written == replace(full, revision=1)
        assert await ledger.submissions(HANDOFF, [key(1), key(2)]) == {key(1): written}
        assert await ledger.submissions(FlowName.INTAKE, [key(1)]) == {}

    async def test_one_that_somebody_else_wrote_is_not_written_over_and_nothing_of_the_call_is(
        self, ledger: AgreeingLedger
    ) -> None:
        first, second = await ledger.put_submissions([handed_in(1), handed_in(2)])
        (newer,) = await ledger.put_submissions([replace(first, status=Status.APPROVED)])
        late = [replace(second, status=Status.REJECTED), replace(first, status=Status.REJECTED)]
        with pytest.raises(MovedOn):
            await ledger.put_submissions(late, [told("late")])
        with pytest.raises(MovedOn):
            await ledger.put_submissions([handed_in(1)], [told("late")])
        assert await ledger.submissions(HANDOFF, [key(1), key(2)]) == {key(1): newer, key(2): second}
        assert not await ledger.audit_trail(subject="late", after=0, limit=9)

    async def test_pages_are_by_asset_and_by_what_is_asked(self, ledger: AgreeingLedger) -> None:
        await ledger.put_submissions([handed_in(it, shoot="A" if it % 2 else "B") for it in range(20)])
        await ledger.put_submissions([handed_in(it, Status.APPROVED) for it in range(20, 25)])
        review = [Status.IN_REVIEW]
        first = await ledger.submissions_in(HANDOFF, statuses=review, limit=15)
        rest = await ledger.submissions_in(HANDOFF, statuses=review, after=first[-1].key, limit=15)
        assert [it.key for it in [*first, *rest]] == [key(it) for it in range(20)]
        assert [it.key for it in await ledger.submissions_in(HANDOFF, shoot="B", limit=3)] == [key(0), key(2), key(4)]
        assert len(await ledger.submissions_in(HANDOFF, limit=99)) == 25
        assert await ledger.count_submissions(HANDOFF) == {
            ("A", Status.IN_REVIEW): 10,
            ("B", Status.IN_REVIEW): 10,
            ("Harbour", Status.APPROVED): 5,
        }

    async def test_what_is_unfinished_is_found_until_it_is_done(self, ledger: AgreeingLedger) -> None:
        several = [
            handed_in(1),
            handed_in(2, Status.APPROVED),
            handed_in(3, Status.REJECTED),
            handed_in(4, Status.ARCHIVED),
            handed_in(5, Status.CHANGES_ASKED),
            handed_in(6, Status.WITHDRAWN),
        ]
        written = await ledger.put_submissions(several)
        page = await ledger.unfinished(HANDOFF, limit=3)
        assert [it.key for it in page] == [key(2), key(3), key(4)]
        assert [it.key for it in await ledger.unfinished(HANDOFF, after=page[-1].key, limit=3)] == [key(5)]
        await ledger.put_submissions(
            [
                replace(written[1], status=Status.ARCHIVED, disposed_as=Disposal.KEEP),
                replace(written[2], told_at=AT),
                replace(written[3], disposed_as=Disposal.KEEP),
                replace(written[4], told_at=AT),
            ]
        )
        assert not await ledger.unfinished(HANDOFF, limit=9)

    async def test_a_hold_is_set_once_and_lifted_once(self, ledger: AgreeingLedger) -> None:
        hold = Hold(key=key(1), by="Mara", why="court", at=AT)
        assert await ledger.set_hold(hold, [told("hold")])
        assert not await ledger.set_hold(replace(hold, by="Ben"), [told("hold")])
        await ledger.set_hold(Hold(key=key(1, "other"), by="Ben", why="", at=AT))
        assert await ledger.holds([key(1), key(2)]) == {key(1): hold}
        assert set(await ledger.holds()) == {key(1), key(1, "other")}
        assert await ledger.lift_hold(key(1), [told("hold")])
        assert not await ledger.lift_hold(key(1), [told("hold")])
        assert await ledger.holds([key(1)]) == {}
        assert len(await ledger.audit_trail(subject="hold", after=0, limit=9)) == 2
