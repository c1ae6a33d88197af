"""A contributor answered where they look: in a field of the source, where no other way to them is known.

A note of ours begins with a mark, and text that people wrote there is never written over: then the coordinator answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.engine.steps import Errand, Step, StepJournal
from dambridge.mapping.notes import NOTE_MARK, is_note
from dambridge.model.lifecycle import Status
from dambridge.model.records import Missing, NativeRecord
from dambridge.model.submissions import Submission
from dambridge.ports.errors import Unclear

LONGEST = 250
"""Bytes; the old IPTC block holds 256 of instructions."""


async def reply(parts: HandoffParts, submission: Submission) -> bool:
    """Whether the answer stands at the source now. Raises what the systems raise; harmless to repeat."""
    made, native_field = submission.decision, parts.handoff.note_field
    if made is None or not native_field or await parts.ledger.holds([submission.key]):
        return False
    native = await _source(parts, submission)
    if native is None or not parts.source.archive.capabilities.may_write(native_field, native.media_type).usable:
        return False
    text, there = _note(submission), _stands(native, native_field)
    if there == text:
        return True
    if there and not is_note(there):
        return False
    errand = parts.errand(Errand.REPLY, submission, str(made.status), made.until.isoformat())
    journal = await StepJournal(parts.ledger, parts.clock, errand).load()

    async def work() -> Mapping[str, Any]:
        await parts.source.archive.write(
            native.key.remote_id, attributes={native_field: (text,)}, name=None, file_name=None, lane=parts.lane
        )
        again = await _source(parts, submission)
        if again is None or not is_note(_stands(again, native_field)):
            raise Unclear(f"The answer at {submission.key} was written and is not shown so; it is looked at again.")
        return {"note": text}

    await journal.run(Step.NOTE, {"field": native_field, "note": text, "from": there}, work)
    return True


def _note(submission: Submission) -> str:
    made = submission.decision
    said = "Changes are asked for" if submission.status is Status.CHANGES_ASKED else "Not taken"
    whole = f"{NOTE_MARK} {said}: {made.note if made is not None and made.note else 'no reason was given.'}"
    return whole.encode()[:LONGEST].decode(errors="ignore")


async def _source(parts: HandoffParts, submission: Submission) -> NativeRecord | None:
    found = await parts.reader.read(submission.key.remote_id, groups=parts.handoff.groups, lane=parts.lane)
    return None if isinstance(found, Missing) else found


def _stands(native: NativeRecord, name: str) -> str:
    value = native.fields.get(name)
    return ", ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
