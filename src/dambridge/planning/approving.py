"""Whether an approval that the source shows is one that people gave it: a value that arrived inside the uploaded file is none.

The source is asked for it in fields that an upload fills by itself. So an asset that was first seen approved is looked into
before it travels; one that was seen with another value before, with these very bytes, has been approved by people.
"""

from __future__ import annotations

from datetime import timedelta

from dambridge.model.actions import Leave
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import AssetRecord
from dambridge.policy.intake import NO_STATUS, IntakePolicy
from dambridge.ports.ledger import Observation

TAKEN_IN = timedelta(hours=1)
"""How long after an upload a system may still be taking values out of the file: until then an empty field says nothing."""


def by_its_own_word(word: str) -> Leave:
    """How an asset is left that nobody but its own file approves."""
    return Leave(outcome=Outcome.WAITING, reason=Reason.of(Code.STATUS_FROM_FILE, status=word), waits_for="coordinator")


def still_its_own_word(before: Observation | None, record: AssetRecord, policy: IntakePolicy) -> Leave | None:
    """The asset left as it was, where its file was found to approve itself and nothing of it changed since."""
    if before is None or before.reason.code is not Code.STATUS_FROM_FILE or not _same_bytes(before, record):
        return None
    if policy.mode != "approved" or not policy.approval.by_value:
        return None
    return by_its_own_word(str(before.reason["status"]))


def given_by_people(before: Observation | None, record: AssetRecord) -> bool:
    """Whether the source was seen with these bytes and another value, so that whatever it shows now was set there."""
    if before is None or not _same_bytes(before, record):
        return False
    if before.reason.code not in {Code.NOT_APPROVED, Code.REJECTED_AT_SOURCE}:
        return False
    settled = record.created_at is not None and before.at - record.created_at >= TAKEN_IN
    return settled or before.reason["status"] != NO_STATUS


def _same_bytes(before: Observation, record: AssetRecord) -> bool:
    return before.version is not None and before.version.content == record.version.content
