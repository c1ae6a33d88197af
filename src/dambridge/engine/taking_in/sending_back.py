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
from dambridge.engine.steps import Errand, Step, StepJournal
from dambridge.mapping.notes import NOTE_MARK, is_note
from dambridge.model.actions import Action, ActionKind
from dambridge.model.identity import ActionId, AssetKey, derived_id
from dambridge.model.plans import LeftItem
from dambridge.model.reasons import Code
from dambridge.model.records import MediaType, NativeRecord
from dambridge.ports.errors import CannotGoOn, NextMove, Unclear
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
    journal = await StepJournal(parts.ledger, parts.clock, _errand(parts, note.key)).load()
    known = journal.outcome(Step.NOTE)
    begun = journal.intent(Step.NOTE) is not None
    if (known or {}).get("note", "") == note.text and (known is not None or not begun):
        return
    there = await _there(parts, desk, note)
    if there is None:
        return
    if there and there != note.text and not is_note(there):
        log.info("note.left_out", asset=str(note.key), why="people wrote there")
        await _close(journal, note, begun=begun)
    elif there == note.text:  # a try whose reply was lost, or that died
        if begun and known is None:
            await _on_record(parts, desk, note, str((journal.intent(Step.NOTE) or {}).get("from", "")))
        await _close(journal, note, begun=begun)
    else:
        intent = {"note": note.text, "field": desk.field, "from": there}
        await journal.run(Step.NOTE, intent, lambda: _write(parts, desk, note, there))


async def _there(parts: Parts, desk: SourceDesk, note: _Note) -> str | None:
    """What stands in the field now; None where the asset is not there, or is of a kind whose fields cannot be written."""
    native = await parts.reader.read(note.key.remote_id, groups=GROUPS, lane=parts.lane)
    if not isinstance(native, NativeRecord) or not _known_to_work(desk, native.media_type):
        return None
    return str(native.fields.get(desk.field, ""))


async def _write(parts: Parts, desk: SourceDesk, note: _Note, there: str) -> dict[str, str]:
    """Write and read back. Raises `Unclear` where it is not shown: the next run looks again."""
    values = (note.text,) if note.text else ()
    remote_id = note.key.remote_id
    await desk.archive.write(remote_id, attributes={desk.field: values}, name=None, file_name=None, lane=parts.lane)
    if is_note(await _there(parts, desk, note) or "") is not bool(note.text):
        raise Unclear(f"The note at {note.key} was written and is not shown so; it is looked at again.")
    await _on_record(parts, desk, note, there)
    return {"note": note.text}


async def _on_record(parts: Parts, desk: SourceDesk, note: _Note, before: str) -> None:
    """Before the step is ended: told twice after a crash is better than never."""
    entry = AuditEntry(
        at=await parts.clock.now(),
        actor=f"flow:{parts.flow}",
        event="asset.sent_back",
        subject=str(note.key),
        detail={"field": desk.field, "from": before, "to": note.text},
    )
    await parts.ledger.audit([entry])


async def _close(journal: StepJournal, note: _Note, *, begun: bool) -> None:
    """What stands there is as wanted, or people's own: nothing is to be written."""
    if not begun:
        await journal.rewrite(Step.NOTE, {"note": note.text})
    await journal.close(Step.NOTE, {"note": note.text})


def _errand(parts: Parts, key: AssetKey) -> ActionId:
    """One for the whole life of an asset's note."""
    return ActionId(derived_id("er", Errand.NOTE, parts.flow, key.account, key.remote_id))
