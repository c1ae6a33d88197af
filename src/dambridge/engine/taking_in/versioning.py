"""New bytes of a known asset become a version of it; bytes that turn out to be the same move nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dambridge.engine.delivery.describing import (
    canonical,
    hold,
    read_target,
    spell,
    still_to_write,
    with_marks,
    write_intent,
)
from dambridge.engine.delivery.embedding import DISAGREEMENTS, bring_embedded, disagreeing, for_target
from dambridge.engine.delivery.fetching import body_of, hash_source, stream_through
from dambridge.engine.delivery.proving import prove_bytes
from dambridge.engine.delivery.settling import End
from dambridge.engine.delivery.side_cars import fetch_with_words, words_beside
from dambridge.engine.parts import Parts
from dambridge.engine.steps import Step, StepJournal
from dambridge.engine.taking_in.updating import filled_from, update_fields
from dambridge.engine.terms import in_target_terms
from dambridge.mapping import embedded_fields, same, settled_by_file
from dambridge.model.accords import CONTENT
from dambridge.model.actions import Action
from dambridge.model.identity import RemoteId
from dambridge.model.outcomes import Outcome
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed, Digest, EmbeddedMetadata, NativeRecord
from dambridge.model.values import Fields, fields_from_json, fields_to_json
from dambridge.ports.errors import MovedOn, Unclear


async def confirm_bytes(parts: Parts, action: Action, journal: StepJournal, agreed: Agreed) -> End:
    """The source's modified time moved and nothing else explains it: hash the bytes; only other bytes go on. Where another
    flow keeps the bytes in step they are none of this one's, and a side-car alone is read."""
    if action.side_car is not None and CONTENT in parts.policy.mirrored:
        return await _words_of_side_car(parts, action, journal, agreed, None)
    if journal.intent(Step.VERSION) is not None:
        return await bring_version(parts, action, journal, agreed)
    if action.size > parts.settings.large_file:
        digest = await hash_source(parts, action)
    else:
        digest = (await fetch_with_words(parts, action))[0].digest
    if agreed.content is not None and digest.sha256 == agreed.content.sha256:
        if parts.embeds(action) and (action.fields or action.cleared):
            return await bring_version(parts, action, journal, agreed)
        if action.side_car is not None:
            return await _words_of_side_car(parts, action, journal, agreed, digest)
        if action.fields or action.cleared:
            return replace(await update_fields(parts, action, journal), digest=digest)
        return _same(action, agreed, digest)
    return await bring_version(parts, action, journal, agreed)


async def _words_of_side_car(
    parts: Parts, action: Action, journal: StepJournal, agreed: Agreed, digest: Digest | None
) -> End:
    """The file is the one that was archived, or without a `digest` not looked into; its side-car is new. What it says beyond
    the source's own fields is written where the target's people have not written anything themselves."""
    if action.target_id is None:
        raise MovedOn("The plan names no target asset to update; plan again.")
    whole = digest is not None and action.size <= parts.settings.large_file
    inside = (await fetch_with_words(parts, action))[1] if whole else await words_beside(parts, action)
    there = canonical(parts, await read_target(parts, action.target_id)).fields
    said = in_target_terms(
        parts, filled_from(replace(action, fields={**agreed.fields, **action.fields}), embedded_fields(inside))
    )
    fresh = {
        name: value
        for name, value in for_target(parts, action, said).items()
        if name not in parts.policy.mirrored and (name not in there or same(name, there[name], agreed.filled.get(name)))
    }
    end = await update_fields(parts, replace(action, fields={**action.fields, **fresh}), journal)
    mine = f"{action.target}."
    proofs = {name.removeprefix(mine): it for name, it in agreed.evidence.items() if name.startswith(mine)}
    proofs.pop(DISAGREEMENTS, None)
    return replace(
        end,
        digest=digest,
        filled={**agreed.filled, **fresh},
        evidence=agreed.evidence.get(str(action.target), ""),
        proofs=proofs | disagreeing(inside.disagreements),
        side_car=inside.side_car,
    )


def _same(action: Action, agreed: Agreed, digest: Digest) -> End:
    return End(
        outcome=Outcome.UNCHANGED,
        reason=Reason.of(Code.BYTES_CONFIRMED),
        target_id=action.target_id,
        target_version=agreed.versions.get(str(action.target)),
        digest=digest,
        filled=agreed.filled,
    )


async def bring_version(parts: Parts, action: Action, journal: StepJournal, agreed: Agreed) -> End:
    """Make the source's bytes the current file of the linked asset, then write the fields again that this moved."""
    if action.target_id is None:
        raise MovedOn("The plan names no target asset for a new version; plan again.")
    native = await read_target(parts, action.target_id)
    sent = journal.intent(Step.VERSION)
    if sent is None:
        _recheck(parts, action, native)
    before = _fields_before(parts, journal, native)
    if parts.embeds(action):
        return await bring_embedded(parts, action, journal, agreed, native, before=before)
    digest, inside = await _bytes_there(parts, action, journal, native, before=before)
    native = await read_target(parts, action.target_id)
    proof = await prove_bytes(parts, native, digest)
    if proof is None:
        raise Unclear(f"{native.key} does not hold the new bytes yet; it is looked at again.")
    elsewhere = {*action.fields, *before, *parts.policy.mirrored}
    filled = embedded_fields(inside) if inside is not None else agreed.filled
    beyond = {name: value for name, value in filled.items() if name not in elsewhere}
    fresh = in_target_terms(parts, {**beyond, **settled_by_file(action.fields, filled)})
    wanted = {name: value for name, value in {**before, **action.fields, **fresh}.items() if name not in action.cleared}
    native = await _describe_again(parts, action, journal, native, wanted)
    return End(
        outcome=Outcome.DONE,
        reason=Reason.of(Code.VERSION_ADDED, evidence=proof),
        target_id=native.key.remote_id,
        target_version=canonical(parts, native).version,
        digest=digest,
        filled={**agreed.filled, **fresh},
        evidence=proof,
        proofs=disagreeing(inside.disagreements) if inside is not None else {},
        bytes_moved=digest.size,
        before=before,
        side_car=inside.side_car if inside is not None else "",
    )


def _fields_before(parts: Parts, journal: StepJournal, native: NativeRecord) -> Fields:
    """The target's mapped fields as they stood before the first try sent anything."""
    intent = journal.intent(Step.VERSION)
    if intent is not None:
        return fields_from_json(intent["before"])
    written = parts.maps[parts.policy.target].writes
    return {name: value for name, value in canonical(parts, native).fields.items() if name in written}


def _recheck(parts: Parts, action: Action, native: NativeRecord) -> None:
    expected = action.expects.get(str(action.target))
    if expected is not None and canonical(parts, native).version != expected:
        raise MovedOn(f"{native.key} was edited after the plan was made; no bytes were sent. It is planned again.")


async def _bytes_there(
    parts: Parts, action: Action, journal: StepJournal, native: NativeRecord, *, before: Fields
) -> tuple[Digest, EmbeddedMetadata | None]:
    """Send the bytes unless an earlier try got them there; returns their digest and what stands inside them, None where
    they are too many to be looked into."""
    file_name = action.file_name
    if action.size > parts.settings.large_file:
        known = await hash_source(parts, action) if journal.intent(Step.VERSION) is not None else None
        if known is not None and await prove_bytes(parts, native, known) is not None:
            return known, None
        async with stream_through(parts, action) as (body, passing):

            async def send() -> Mapping[str, object]:
                await parts.archive.add_version(_target(action), body, file_name=file_name, lane=parts.lane)
                return {"sha256": passing.digest.sha256}

            await journal.run(Step.VERSION, {"before": fields_to_json(before)}, send)
            return passing.digest, None
    spooled, inside = await fetch_with_words(parts, action)
    if journal.intent(Step.VERSION) is not None and await prove_bytes(parts, native, spooled.digest) is not None:
        if journal.outcome(Step.VERSION) is None:
            await journal.close(Step.VERSION, {"sha256": spooled.digest.sha256})
        return spooled.digest, inside

    async def work() -> Mapping[str, object]:
        body = body_of(parts, spooled)
        await parts.archive.add_version(_target(action), body, file_name=file_name, lane=parts.lane)
        return {"sha256": spooled.digest.sha256}

    await journal.run(Step.VERSION, {"sha256": spooled.digest.sha256, "before": fields_to_json(before)}, work)
    return spooled.digest, inside


def _target(action: Action) -> RemoteId:
    if action.target_id is None:
        raise MovedOn("The plan names no target asset; plan again.")
    return action.target_id


async def _describe_again(
    parts: Parts, action: Action, journal: StepJournal, native: NativeRecord, wanted: Fields
) -> NativeRecord:
    """A target may read embedded metadata on check-in: what that overwrote is written back, people's edits included."""
    write = await spell(parts, with_marks(action, wanted), action.cleared, there=native)
    attributes = still_to_write(native, write)
    name = action.name if action.name and native.name != action.name else None
    if attributes or name:

        async def work() -> Mapping[str, object]:
            await parts.archive.write(
                native.key.remote_id, attributes=attributes, name=name, file_name=None, lane=parts.lane
            )
            return {"attributes": len(attributes)}

        await journal.run(Step.DESCRIBE, await write_intent(parts, journal, attributes), work)
        native = await read_target(parts, native.key.remote_id)
    await hold(parts, journal, wanted, action.cleared, native)
    return native
