"""What the source's own map shows there: a field before another one's text, as an embargo in PhotoShelter's instructions.

It is made of what the asset says at the source, put there and taken away as that changes; what people wrote behind it stays, and
no flow takes it for theirs (`mapping.displays`). Each is written as every write is: intent, look, write, read back, outcome.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from dambridge.engine.parts import Parts
from dambridge.engine.steps import Errand, Step, StepJournal
from dambridge.engine.taking_in.observing import Sight
from dambridge.engine.taking_in.sending_back import GROUPS
from dambridge.mapping import Display, to_canonical, to_native, unread_fields
from dambridge.model.identity import ActionId, AssetKey, derived_id
from dambridge.model.records import AssetRecord, NativeRecord, Present
from dambridge.model.values import Fields
from dambridge.ports.errors import CannotGoOn, NextMove, Unclear
from dambridge.ports.ledger import AuditEntry

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Showing:
    """One display of one asset."""

    key: AssetKey
    display: Display

    @property
    def errand(self) -> ActionId:
        return ActionId(derived_id("er", Errand.DISPLAY, self.key.account, self.key.remote_id, self.display.field))

    def wanted(self, record: AssetRecord) -> str:
        return self.display.render(record.fields) or ""

    def lacks(self, record: AssetRecord) -> bool:
        """Whether something else stands there than what is to be shown, as far as the record says."""
        if unread_fields(record) & {self.display.field, *self.display.speaks_of}:
            return False
        return self.wanted(record) != str(record.fields.get(self.display.shown, ""))


async def show_at_source(parts: Parts, sights: Sequence[Sight]) -> None:
    """Bring what is shown up to date, of those assets that have a link. What cannot be written is logged and tried again with
    the next look at the asset. Raises `CannotGoOn`."""
    looked = {it.key: it.seen.record for it in sights if isinstance(it.seen, Present)}
    due = [
        showing
        for key, record in looked.items()
        for display in parts.source.map.displays
        if (showing := _Showing(key, display)).lacks(record) or showing.wanted(record)
    ]
    links = await parts.ledger.links_of([it.key for it in due]) if due else {}
    for showing in due:
        if showing.key not in links:
            continue
        record = looked[showing.key]
        try:
            journal = await StepJournal(parts.ledger, parts.clock, showing.errand).load()
            if showing.lacks(record):
                await _show(parts, showing, journal)
            else:
                await _ended_late(parts, showing, showing.wanted(record), journal)
        except CannotGoOn:
            raise
        except NextMove as error:
            log.warning("display.put_off", asset=str(showing.key), why=str(error))


async def _ended_late(parts: Parts, showing: _Showing, wanted: str, journal: StepJournal) -> None:
    """End a try whose reply was lost, or that died: what it wrote stands there."""
    intent = journal.intent(Step.SHOW)
    if intent is not None and journal.outcome(Step.SHOW) is None and intent.get("shown") == wanted:
        await _on_record(parts, showing, before=str(intent.get("from", "")), wanted=wanted)
        await journal.close(Step.SHOW, {"shown": wanted})


async def _show(parts: Parts, showing: _Showing, journal: StepJournal) -> None:
    native = await _native(parts, showing.key)
    if native is None:
        return
    record = to_canonical(native, parts.source.map)
    if not showing.lacks(record):
        return
    wanted, name = showing.wanted(record), showing.display.shown
    fields: Fields = {name: wanted} if wanted else {}
    spelled = to_native(fields, () if wanted else (name,), parts.source.map, beside=record.fields)
    can = parts.source.archive.capabilities
    if spelled.problems or not all(can.may_write(it, native.media_type).usable for it in spelled.attributes):
        why = str(spelled.problems[0].code) if spelled.problems else "no proven route to the field"
        log.warning("display.left_out", asset=str(showing.key), why=why)
        return

    async def work() -> dict[str, str]:
        await parts.source.archive.write(
            showing.key.remote_id, attributes=spelled.attributes, name=None, file_name=None, lane=parts.lane
        )
        again = await _native(parts, showing.key)
        if again is None or showing.lacks(to_canonical(again, parts.source.map)):
            raise Unclear(f"What {showing.key} is to show was written and is not seen there; it is looked at again.")
        await _on_record(parts, showing, before=before, wanted=wanted)
        return {"shown": wanted}

    before = str(record.fields.get(name, ""))
    intent = {"field": showing.display.field, "shown": wanted, "from": before}
    await journal.run(Step.SHOW, intent, work)


async def _native(parts: Parts, key: AssetKey) -> NativeRecord | None:
    native = await parts.reader.read(key.remote_id, groups=parts.policy.groups | GROUPS, lane=parts.lane)
    return native if isinstance(native, NativeRecord) else None


async def _on_record(parts: Parts, showing: _Showing, *, before: str, wanted: str) -> None:
    entry = AuditEntry(
        at=await parts.clock.now(),
        actor=f"flow:{parts.flow}",
        event="asset.shown",
        subject=str(showing.key),
        detail={"field": showing.display.field, "from": before, "to": wanted},
    )
    await parts.ledger.audit([entry])
