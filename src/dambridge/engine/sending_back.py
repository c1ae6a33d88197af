"""What an asset lacks, said where its contributor sees it: a note in a field of the source, and taken away again.

The waiting list says it too, and alone where no route to that field is proven. A note begins with a mark of ours, so it is told
from what people write: their text is never overwritten, and a note is never read as a value of the asset. Each is written
as every write is: intent, look, write, read back, outcome; what was written stands in the ledger, so nothing is asked twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from dambridge.engine.parts import Parts, SourceDesk
from dambridge.engine.steps import Step, StepJournal
from dambridge.mapping.notes import NOTE_MARK, is_note
from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import AssetKey, link_id_for
from dambridge.model.plans import LeftItem
from dambridge.model.reasons import Code
from dambridge.model.records import MediaType, NativeRecord
from dambridge.ports.errors import CannotGoOn, NextMove
from dambridge.ports.ledger import AuditEntry

LONGEST_NOTE = 250
"""Characters; the old IPTC block holds 256 bytes of instructions."""
GROUPS = frozenset({"base", "iptc", "custom"})
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Note:
    """What is to stand at the source of one asset; an empty text takes a note of ours away."""

    key: AssetKey
    text: str


async def send_back(parts: Parts, left: Sequence[LeftItem], actions: Sequence[Action]) -> None:
    """Say at the source what each waiting asset lacks, and take the note of those that travel away. What cannot be written
    is logged: the waiting list has it all the same. Raises `CannotGoOn`."""
    desk = parts.desk
    if desk is None or not _known_to_work(desk, MediaType.IMAGE):
        return
    wanted = [_Note(it.key, note_for(it)) for it in left if it.leave.reason.code is Code.REQUIRED_FIELD_MISSING]
    wanted += [_Note(it.source, "") for it in actions if it.kind is ActionKind.CREATE]
    for note in wanted:
        try:
            await _tell(parts, desk, note)
        except CannotGoOn:
            raise
        except NextMove as error:
            log.warning("note.put_off", asset=str(note.key), why=str(error))


def note_for(item: LeftItem) -> str:
    """The note about what an asset lacks."""
    fields = item.leave.reason["fields"]
    names = ", ".join(it.replace("_", " ") for it in fields) if isinstance(fields, tuple) else str(fields)
    return f"{NOTE_MARK} Please fill in: {names}. It travels once that is there."[:LONGEST_NOTE]


def _known_to_work(desk: SourceDesk, kind: MediaType) -> bool:
    return desk.archive.capabilities.may_write(desk.field, kind).usable


async def _tell(parts: Parts, desk: SourceDesk, note: _Note) -> None:
    journal = await StepJournal(parts.ledger, parts.clock, _action(parts, note.key)).load()
    known = journal.outcome(Step.DESCRIBE)
    begun = journal.intent(Step.DESCRIBE) is not None
    if (known or {}).get("note", "") == note.text and (known is not None or not begun):
        return
    native = await parts.reader.read(note.key.remote_id, groups=GROUPS, lane=parts.lane)
    if not isinstance(native, NativeRecord) or not _known_to_work(desk, native.media_type):
        return
    there = str(native.fields.get(desk.field, ""))
    if there == note.text or (there and not is_note(there)):
        await _close(parts, journal, note, begun=begun, theirs=there != note.text)
        return

    async def work() -> dict[str, str]:
        values = (note.text,) if note.text else ()
        remote_id = note.key.remote_id
        await desk.archive.write(remote_id, attributes={desk.field: values}, name=None, file_name=None, lane=parts.lane)
        return {"note": note.text}

    await journal.run(Step.DESCRIBE, {"note": note.text, "field": desk.field}, work)
    detail = {"field": desk.field, "from": there, "to": note.text}
    entry = AuditEntry(
        at=await parts.clock.now(),
        actor=f"flow:{parts.flow}",
        event="asset.sent_back",
        subject=str(note.key),
        detail=detail,
    )
    await parts.ledger.audit([entry])


async def _close(parts: Parts, journal: StepJournal, note: _Note, *, begun: bool, theirs: bool) -> None:
    """What stands there is as wanted, or people's own. A try whose reply was lost ends so."""
    if theirs:
        log.info("note.left_out", asset=str(note.key), why="people wrote there")
    if not begun:
        await journal.rewrite(Step.DESCRIBE, {"note": note.text})
    await journal.close(Step.DESCRIBE, {"note": note.text})


def _action(parts: Parts, key: AssetKey) -> Action:
    """One for the whole life of an asset's note, under whose id its steps are kept."""
    return Action(
        kind=ActionKind.UPDATE_FIELDS,
        link=link_id_for(parts.flow, key),
        source=key,
        target=parts.source_copy,
        target_id=key.remote_id,
        fields={},
        cleared=(),
        expects={},
        reasons=(),
        calls={},
    )
