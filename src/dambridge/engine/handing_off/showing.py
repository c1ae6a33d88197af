"""What a review came to, shown at the source by the carriers that its account is known to take.

A word that was not taken into account yet is never written over: it is looked at first. A rejection, a request for changes and
what is up for review again are shown at once; an approval with the proof that it is archived, for until then nobody touches the
source. Under legal hold nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dambridge.engine.carrying import move, to_show
from dambridge.engine.delivery.fetching import digest_of
from dambridge.engine.handing_off.parts import HandoffParts
from dambridge.engine.steps import Errand, Step, StepJournal
from dambridge.mapping import to_canonical
from dambridge.model.lifecycle import Status
from dambridge.model.records import Missing, NativeRecord
from dambridge.model.submissions import Submission
from dambridge.planning.handoff import look, may_be_other_bytes, word_of
from dambridge.policy.carriers import Carry, Shown, read_status
from dambridge.ports.errors import MovedOn, Unclear
from dambridge.ports.ledger import AuditEntry


async def show(parts: HandoffParts, submission: Submission) -> Submission:
    """The source brought to say how the submission stands; the submission as it then is. Where something was said
    there meanwhile it stays as it is. Raises what the systems raise; harmless to repeat."""
    if not submission.to_be_shown or await parts.ledger.holds([submission.key]):
        return submission
    if _said_there(parts, submission):
        return replace(submission, shown_as=submission.status)
    native = await _source(parts, submission)
    if isinstance(native, Missing):
        return await _shown(parts, submission, unshown=f"the source is not there any more ({native.absence})")
    if submission.status is Status.ARCHIVED and await _holds_others(parts, submission, native):
        return await _shown(parts, submission, unshown="it holds other bytes than were archived")
    carry = _carry(parts, submission, native)
    lacks = f"nobody has shown that the account takes {', '.join(carry.lacks)}" if carry.lacks else ""
    if not carry.changes:
        return await _shown(parts, submission, unshown=lacks)
    said = look(native, parts.handoff.carriers, submission.brought)
    if word_of(said) != submission.heard and not _is_ours(submission, said):
        if submission.status is not Status.ARCHIVED:
            return submission
        return await _shown(parts, submission, unshown=f"{said.by} says {', '.join(said.words) or 'nothing'} by now")
    submission = await _begun(parts, submission, native)
    again = await _written(parts, submission, native, carry)
    heard = word_of(look(again, parts.handoff.carriers, submission.brought))
    return await _shown(parts, replace(submission, heard=heard), unshown=lacks, carry=carry)


def _said_there(parts: HandoffParts, submission: Submission) -> bool:
    """Whether the approval was read from the only carrier, which has no other word for what is archived."""
    made, carriers = submission.decision, parts.handoff.carriers
    alone = len(carriers) == 1 and not carriers[0].words.get(Status.ARCHIVED)
    return alone and submission.status is Status.ARCHIVED and made is not None and made.via == carriers[0].label


async def _holds_others(parts: HandoffParts, submission: Submission, native: NativeRecord) -> bool:
    if not may_be_other_bytes(submission, to_canonical(native, parts.source.map)):
        return False
    return (await digest_of(parts.reader, submission.key.remote_id, lane=parts.lane)).sha256 != submission.digest.sha256


def _is_ours(submission: Submission, said: Shown) -> bool:
    """Whether the source shows already, at the carrier that counts, what it is to: a try of ours that was cut off."""
    wanted = {submission.status, *({Status.APPROVED} if submission.status is Status.ARCHIVED else ())}
    return said.status in wanted or word_of(said) in submission.shown_over.splitlines()


async def _begun(parts: HandoffParts, submission: Submission, native: NativeRecord) -> Submission:
    """With every word that is about to be written over on record: cut off in between, what is left of them is no news."""
    words = {word_of(read_status(native, (it,))) for it in parts.handoff.carriers} - {""}
    over = "\n".join(sorted({*words, *submission.shown_over.splitlines()}))
    begun = replace(submission, shown_over=over, shown_at=await parts.clock.now())
    return (await parts.ledger.put_submissions([begun]))[0]


async def _written(parts: HandoffParts, submission: Submission, native: NativeRecord, carry: Carry) -> NativeRecord:
    """Looked at once more, written, read back."""
    journal = await StepJournal(parts.ledger, parts.clock, _errand(parts, submission)).load()
    seen: list[NativeRecord] = []

    async def work() -> Mapping[str, Any]:
        await _as_it_was(parts, native)
        if carry.fields:
            await parts.source.archive.write(
                native.key.remote_id, attributes=carry.fields, name=None, file_name=None, lane=parts.lane
            )
        await move(parts.source, native.key.remote_id, carry, lane=parts.lane)
        again = await _source(parts, submission)
        if isinstance(again, Missing) or _carry(parts, submission, again).changes:
            raise Unclear(f"{submission.key} does not show how its review stands yet; it is looked at again.")
        seen.append(again)
        return {"as": str(submission.status)}

    await journal.run(Step.SHOW, {"as": str(submission.status), **_told(carry)}, work)
    return seen[0]


async def _as_it_was(parts: HandoffParts, native: NativeRecord) -> None:
    """The last look, in one call. Raises `MovedOn` where it is not what was looked at."""
    now = await parts.reader.read(native.key.remote_id, groups=frozenset({"base"}), lane=parts.lane)
    if isinstance(now, Missing) or (now.modified, now.content_stamp) != (native.modified, native.content_stamp):
        raise MovedOn(f"{native.key} moved before its review could be shown there; it is looked at again.")


def _carry(parts: HandoffParts, submission: Submission, native: NativeRecord) -> Carry:
    status, carriers = submission.status, parts.handoff.showing
    return to_show(parts.source, status, native, carriers, media_type=native.media_type)


async def _source(parts: HandoffParts, submission: Submission) -> NativeRecord | Missing:
    return await parts.reader.read(submission.key.remote_id, groups=parts.handoff.groups, lane=parts.lane)


def _errand(parts: HandoffParts, submission: Submission) -> Any:
    made = submission.decision
    return parts.errand(Errand.STATUS, submission, str(submission.status), made.until.isoformat() if made else "")


def _told(carry: Carry) -> dict[str, Any]:
    return {
        "fields": {name: list(it) for name, it in sorted(carry.fields.items())},
        "into": list(carry.into),
        "out_of": [it.path for it in carry.out_of],
    }


async def _shown(
    parts: HandoffParts, submission: Submission, *, unshown: str, carry: Carry | None = None
) -> Submission:
    now = await parts.clock.now()
    done = replace(submission, shown_as=submission.status, unshown=unshown)
    if carry is None:
        return (await parts.ledger.put_submissions([done]))[0]
    done = replace(done, shown_at=now)
    entry = AuditEntry(
        at=now,
        actor=f"flow:{parts.flow}",
        event="submission.shown",
        subject=str(submission.key),
        detail={"status": str(submission.status), "over": done.shown_over.splitlines(), **_told(carry)},
    )
    return (await parts.ledger.put_submissions([done], [entry]))[0]
