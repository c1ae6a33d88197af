"""Fields of a copy that is there: what the source changed is written, what others changed is left, all is read back."""

from __future__ import annotations

from collections.abc import Mapping

from dambridge.engine.delivery.describing import (
    canonical,
    hold,
    read_target,
    spell,
    still_to_write,
    with_marks,
    write_intent,
)
from dambridge.engine.delivery.settling import End
from dambridge.engine.parts import Parts
from dambridge.engine.steps import Step, StepJournal
from dambridge.mapping import settled_by_file
from dambridge.model.actions import Action
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import NativeRecord
from dambridge.model.values import Fields
from dambridge.ports.errors import MovedOn


def filled_from(action: Action, inside: Fields) -> Fields:
    """What the file says beyond the action's fields: those that the source does not show and the plan does not leave empty,
    and lists that it shows cut at commas."""
    beyond = {name: value for name, value in inside.items() if name not in action.fields and name not in action.cleared}
    return {**beyond, **settled_by_file(action.fields, inside)}


async def describe(
    parts: Parts, action: Action, journal: StepJournal, native: NativeRecord, *, filled: Fields
) -> NativeRecord:
    """Write what is not yet as wanted: attributes, name, file name. Returns the copy as it was before the write."""
    write = await spell(parts, with_marks(action, {**action.fields, **filled}), action.cleared, there=native)
    attributes = {} if parts.embeds(action) else taken(parts, action, still_to_write(native, write))
    name = action.name if action.name and native.name != action.name else None
    file_name = action.file_name if action.file_name and native.file_name != action.file_name else None
    if not (attributes or name or file_name):
        return native

    async def work() -> Mapping[str, object]:
        await parts.archive.write(
            native.key.remote_id, attributes=attributes, name=name, file_name=file_name, lane=parts.lane
        )
        return {"attributes": len(attributes)}

    intent = {**await write_intent(parts, journal, attributes), "before": _before(native, attributes)}
    await journal.run(Step.DESCRIBE, intent, work)
    return native


def taken(parts: Parts, action: Action, attributes: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Those of the attributes that the target is known to take."""
    return {name: values for name, values in attributes.items() if parts.takes(action, name)}


def _before(native: NativeRecord, attributes: Mapping[str, object]) -> dict[str, object]:
    return {name: native.fields[name] for name in sorted(attributes) if name in native.fields}


async def update_fields(parts: Parts, action: Action, journal: StepJournal) -> End:
    """Write the changed fields of the target copy, read back, compare. Ends unchanged where people had done it already."""
    if action.target_id is None:
        raise MovedOn("The plan names no target asset to update; plan again.")
    native = await read_target(parts, action.target_id)
    _recheck(parts, action, journal, native)
    before = await describe(parts, action, journal, native, filled={})
    native = await read_target(parts, action.target_id)
    await hold(parts, journal, action.fields, action.cleared, native)
    wrote = journal.outcome(Step.DESCRIBE) is not None
    names = tuple(sorted({*action.fields, *action.cleared}))
    return End(
        outcome=Outcome.DONE if wrote else Outcome.UNCHANGED,
        reason=Reason.of(Code.FIELDS_UPDATED, fields=names) if wrote else Reason.of(Code.IN_STEP),
        target_id=action.target_id,
        target_version=canonical(parts, native).version,
        before=canonical(parts, before).fields,
    )


def _recheck(parts: Parts, action: Action, journal: StepJournal, native: NativeRecord) -> None:
    """Raise `MovedOn` when the target is not what the plan expected, unless an earlier try of ours made it so."""
    expected = action.expects.get(str(action.target))
    if expected is None or canonical(parts, native).version == expected or journal.intent(Step.DESCRIBE) is not None:
        return
    raise MovedOn(f"{native.key} was edited after the plan was made; nothing was written. It is planned again.")
