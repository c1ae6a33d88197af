"""Whether people gave an approval: by what was seen before, and by what stands inside the file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dambridge.model.identity import AccountId, AssetKey, FlowName, RemoteId, RunId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord, AssetVersion, EmbeddedMetadata, MediaType
from dambridge.model.values import FieldName
from dambridge.planning.approving import given_by_people, still_its_own_word
from dambridge.policy.carriers import CarrierKind
from dambridge.policy.intake import Approval, IntakePolicy
from dambridge.ports.ledger import Observation

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
KEY = AssetKey(AccountId("agency"), RemoteId("I1"))
POLICY = IntakePolicy(source=AccountId("agency"), target=AccountId("archive"))


def record(content: str = "c", created: datetime = NOW - timedelta(minutes=5)) -> AssetRecord:
    return AssetRecord(
        key=KEY,
        media_type=MediaType.IMAGE,
        file_name="a.jpg",
        name="a.jpg",
        size=1,
        fields={},
        containers=(),
        version=AssetVersion(modified="2", fields="g", content=content),
        created_at=created,
    )


def seen(code: Code, status: str, content: str = "c") -> Observation:
    return Observation(
        flow=FlowName.INTAKE,
        key=KEY,
        version=AssetVersion(modified="1", fields="f", content=content),
        file_name="a.jpg",
        outcome=Outcome.SKIPPED,
        reason=Reason.of(code, status=status),
        waits_for="",
        run=RunId("run-1"),
        at=NOW,
    )


@pytest.mark.hazard("P12")
@pytest.mark.parametrize(
    ("before", "now", "given"),
    [
        (None, record(), False),
        (seen(Code.NOT_APPROVED, "open"), record(), True),
        (seen(Code.REJECTED_AT_SOURCE, "rejected"), record(), True),
        (seen(Code.NOT_APPROVED, "open", content="other"), record(), False),
        (seen(Code.NOT_APPROVED, "(empty)"), record(), False),
        (seen(Code.NOT_APPROVED, "(empty)"), record(created=NOW - timedelta(hours=2)), True),
        (seen(Code.STATUS_FROM_FILE, "approved"), record(), False),
        (seen(Code.NOT_SELECTED, "open"), record(), False),
    ],
)
def test_people_gave_what_was_not_there_before(before: Observation | None, now: AssetRecord, given: bool) -> None:
    assert given_by_people(before, now) is given


def test_what_approves_itself_is_left_until_its_bytes_or_its_value_change() -> None:
    own = seen(Code.STATUS_FROM_FILE, "approved")
    left = still_its_own_word(own, record(), POLICY)
    assert left is not None
    assert (left.outcome, left.reason["status"]) == (Outcome.WAITING, "approved")
    assert still_its_own_word(own, record("other"), POLICY) is None
    assert still_its_own_word(None, record(), POLICY) is None
    assert still_its_own_word(seen(Code.NOT_APPROVED, "open"), record(), POLICY) is None


@pytest.mark.hazard("P12")
@pytest.mark.parametrize(
    ("approval", "tags", "word"),
    [
        (Approval(), {"IPTC:EditStatus": "Approved"}, "Approved"),
        (Approval(), {"IPTC:EditStatus": "open"}, ""),
        (Approval(), {"XMP-dc:Title": "approved"}, ""),
        (Approval(carrier=CarrierKind.RATING, minimum=3), {"XMP-xmp:Rating": "4"}, "4"),
        (Approval(carrier=CarrierKind.RATING, minimum=3), {"IFD0:Rating": "2"}, ""),
        (Approval(carrier=CarrierKind.RATING), {"XMP-xmp:Rating": "much"}, ""),
        (Approval(carrier=CarrierKind.CUSTOM, field=FieldName("custom:9")), {"XMP-a:B": ("x", "approved")}, "approved"),
        (Approval(carrier=CarrierKind.CUSTOM, field=FieldName("custom:9")), {"XMP-a:B": {"de": "x"}}, ""),
        (Approval(carrier=CarrierKind.GALLERY), {"IPTC:EditStatus": "approved"}, ""),
    ],
)
def test_what_a_file_says_of_itself(approval: Approval, tags: dict[str, str], word: str) -> None:
    inside = EmbeddedMetadata(mime_type="image/jpeg", media_type=MediaType.IMAGE, tags=tags)
    assert approval.stands_inside(inside) == word
