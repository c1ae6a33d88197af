"""Fields that travel inside the file: a copy of the original with the target's XMP names, sent in its place.

The original's hash stays what is agreed on, so that a copy's other bytes never look like a change at the source (hazard P14);
beside it are kept the hash of what was sent and that of the essence which both have.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dambridge.engine.delivery.describing import (
    NotAsWritten,
    canonical,
    compare,
    hold,
    read_target,
    with_marks,
    write_intent,
)
from dambridge.engine.delivery.fetching import body_of
from dambridge.engine.delivery.proving import holds, prove_bytes
from dambridge.engine.delivery.settling import End
from dambridge.engine.delivery.side_cars import fetch_with_words
from dambridge.engine.parts import Parts
from dambridge.engine.steps import Step, StepJournal
from dambridge.engine.terms import in_target_terms
from dambridge.mapping import embedded_fields, fingerprint, same, settled_by_file, to_xmp, with_home
from dambridge.model.actions import Action
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed, Digest, EmbeddedMetadata, NativeRecord
from dambridge.model.values import Fields, fields_to_json
from dambridge.ports.errors import Unclear
from dambridge.ports.files import Spooled

EMBEDDED = "embedded"
"""The evidence of a copy whose file was written into."""
DISAGREEMENTS = "disagreements"
"""What is kept beside the evidence where XMP, IIM and Exif of the original say different things: the fields' names."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Embedded:
    """A copy in the spool that is to be sent, the original that it was made of, and what both have in common.

    `fields` is the fingerprint of what it was to say."""

    copy: Spooled
    original: Digest
    essence: str
    fields: str

    @property
    def written(self) -> Digest:
        return self.copy.digest

    def to_json(self) -> dict[str, Any]:
        original = self.original
        return {
            "original": {"size": original.size, "sha256": original.sha256, "md5": original.md5},
            "essence": self.essence,
            "fields": self.fields,
        }


def copy_name(action: Action) -> str:
    """The name of an action's copy in the spool, beside its original."""
    return f"{action.id}.{EMBEDDED}"


def for_target(parts: Parts, action: Action, fields: Fields) -> Fields:
    """Of what the file says beyond the action: what the target is known to take, by a call or, where nothing else reaches it,
    out of the file; in the target's terms. The others stand in the file and are nobody's to compare."""
    account = parts.maps[parts.policy.target]
    spoken = in_target_terms(parts, fields)
    if parts.embeds(action):
        housed = with_home(spoken, account, parts.target.homes)
        return {name: it for name, it in housed.items() if parts.takes(action, account.by_field[name].native)}
    homes = {name: account.by_field[name].native for name in spoken if name in account.writes}
    return {name: it for name, it in spoken.items() if name not in homes or parts.takes(action, homes[name])}


def wanted_print(action: Action, fields: Fields) -> str:
    """The fingerprint of what a copy is to say."""
    return fingerprint(with_marks(action, fields))


async def embedded_copy(
    parts: Parts, action: Action, spooled: Spooled, inside: EmbeddedMetadata, fields: Fields
) -> Embedded:
    """The original with these fields inside, in the spool. Raises `NotEmbedded` for a file that cannot be written into."""
    account = parts.maps[parts.policy.target]
    tags = to_xmp(with_marks(action, fields), inside, account, parts.target.homes)
    made = spooled.path.with_name(f"{spooled.path.name}.{EMBEDDED}.part")
    try:
        essence = await parts.embedder.embed(spooled.path, made, tags, file_name=action.file_name)
        copy = await parts.spool.keep(copy_name(action), pieces_of(made), expected_size=None) if tags else spooled
    finally:
        await asyncio.to_thread(made.unlink, missing_ok=True)
    return Embedded(copy, spooled.digest, essence, wanted_print(action, fields))


async def pieces_of(path: Path) -> AsyncIterator[bytes]:
    """A file on this machine, piece by piece."""
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            yield piece


async def send_embedded(
    parts: Parts, action: Action, journal: StepJournal, native: NativeRecord, it: Embedded, *, before: Fields
) -> None:
    """Make the copy the asset's file, unless it is that already: an earlier try, or an action that this one took the place
    of, may have brought it."""
    if await holds(parts, native, it.written):
        if journal.intent(Step.VERSION) is not None and journal.outcome(Step.VERSION) is None:
            await journal.close(Step.VERSION, {"sha256": it.written.sha256})
        return

    async def work() -> Mapping[str, object]:
        body = body_of(parts, it.copy)
        await parts.archive.add_version(
            native.key.remote_id, body, file_name=native.file_name or action.file_name, lane=parts.lane
        )
        return {"sha256": it.written.sha256}

    intent = {"sha256": it.written.sha256, "before": fields_to_json(before), EMBEDDED: it.to_json()}
    await journal.run(Step.VERSION, intent, work)


async def bring_embedded(
    parts: Parts, action: Action, journal: StepJournal, agreed: Agreed, native: NativeRecord, *, before: Fields
) -> End:
    """Make the original with the wanted fields inside the current file of the linked asset; wait until they are read."""
    spooled, inside = await fetch_with_words(parts, action)
    filled = embedded_fields(inside)
    elsewhere = {*action.fields, *before, *parts.policy.mirrored}
    beyond = {name: value for name, value in filled.items() if name not in elsewhere}
    fresh = for_target(parts, action, {**beyond, **settled_by_file(action.fields, filled)})
    wanted = {
        name: value
        for name, value in {**_as_agreed(before, agreed), **action.fields, **fresh}.items()
        if name not in action.cleared
    }
    it = await embedded_copy(parts, action, spooled, inside, wanted)
    same_original = agreed.content is not None and agreed.content.sha256 == it.original.sha256
    untouched = journal.intent(Step.VERSION) is None and same_original and _stands(parts, wanted, action, native)
    if untouched and not await holds(parts, native, it.written):
        return _left_alone(parts, action, native, it)
    await send_embedded(parts, action, journal, native, it, before=before)
    native = await read_target(parts, native.key.remote_id)
    proof = await prove_bytes(parts, native, it.written)
    if proof is None:
        raise Unclear(f"{native.key} does not hold the new bytes yet; it is looked at again.")
    native = await _rename(parts, action, journal, native)
    await hold(parts, journal, wanted, action.cleared, native)
    return End(
        outcome=Outcome.DONE,
        reason=Reason.of(Code.VERSION_ADDED, evidence=EMBEDDED),
        target_id=native.key.remote_id,
        target_version=canonical(parts, native).version,
        digest=it.original,
        filled={**agreed.filled, **fresh},
        evidence=EMBEDDED,
        proofs=proofs_of(it.written, it.essence, proof) | disagreeing(inside.disagreements),
        bytes_moved=it.written.size,
        before=before,
    )


def proofs_of(written: Digest, essence: str, proof: str) -> dict[str, str]:
    """What is kept beside the evidence: the hash of what was sent, that of the essence, and how the target's was known."""
    return {"written": f"{written.size} {written.sha256} {written.md5}", "essence": essence, "proof": proof}


def disagreeing(names: Sequence[str]) -> dict[str, str]:
    """What `dambridge show` says of a file whose homes of a field differ."""
    return {DISAGREEMENTS: ", ".join(names)} if names else {}


def _as_agreed(before: Fields, agreed: Agreed) -> Fields:
    """What stands in the target, in the fuller spelling that was agreed on: a day there is no reason to forget the hour."""
    known = {**agreed.filled, **agreed.fields}
    return {name: known[name] if same(name, known.get(name), value) else value for name, value in before.items()}


def _stands(parts: Parts, wanted: Fields, action: Action, native: NativeRecord) -> bool:
    try:
        compare(parts, wanted, action.cleared, native)
    except NotAsWritten:
        return False
    return True


def _left_alone(parts: Parts, action: Action, native: NativeRecord, it: Embedded) -> End:
    """The target's people made the same edit themselves: there is nothing to bring."""
    return End(
        outcome=Outcome.UNCHANGED,
        reason=Reason.of(Code.IN_STEP),
        target_id=native.key.remote_id,
        target_version=canonical(parts, native).version,
        digest=it.original,
    )


async def _rename(parts: Parts, action: Action, journal: StepJournal, native: NativeRecord) -> NativeRecord:
    """The name, which does not travel inside; and the time from which fields that are not seen yet are waited for."""
    name = action.name if action.name and native.name != action.name else None
    if name is None and journal.intent(Step.DESCRIBE) is not None:
        return native

    async def work() -> Mapping[str, object]:
        if name is not None:
            await parts.archive.write(native.key.remote_id, attributes={}, name=name, file_name=None, lane=parts.lane)
        return {"attributes": 0}

    await journal.run(Step.DESCRIBE, await write_intent(parts, journal, {}), work)
    return await read_target(parts, native.key.remote_id)
