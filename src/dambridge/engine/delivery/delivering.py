"""Bytes into the target, exactly once: an arrival berth holds one action's delivery at a time, and is looked into
before anything is sent a second time (`docs/decisions/0001-one-copy-after-a-lost-reply.md`). What goes straight into its
folder is looked for by the name under which it travels."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from dambridge.engine.delivery.arriving import AGAIN, TRANSPORT, berth_of, final_folder, look_by_name, transport_name
from dambridge.engine.delivery.embedding import DISAGREEMENTS, EMBEDDED
from dambridge.engine.docking import SIDE_CAR, Dock, Facts, Shipment
from dambridge.engine.steps import Step, StepJournal
from dambridge.model.actions import Action
from dambridge.model.identity import RemoteId
from dambridge.model.records import BROUGHT, Digest, NativeRecord
from dambridge.model.values import Fields, fields_from_json, fields_to_json
from dambridge.ports.errors import MovedOn, TryLater, Unclear
from dambridge.ports.systems import Body

ENDED = "ended"
"""Set in the intent of a delivery once its try has ended without an answer."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file that stands in the target: under which id, what its bytes were, what stood inside it.

    `foreign` when the target answered with an older asset that has the same bytes: it is not ours to describe. `berth` is
    None where it came straight into its folder."""

    remote_id: RemoteId
    digest: Digest
    filled: Fields
    foreign: bool
    berth: RemoteId | None
    embedded: Mapping[str, Any]
    """What is known of the original where a copy with fields inside was sent; `digest` is the copy's then."""
    disagreements: tuple[str, ...] = ()
    """Fields of which XMP, IIM and Exif inside the file say different things; the first of the three counted."""
    side_car: str = ""
    """Which file beside the original was read with it."""
    native: NativeRecord | None = None
    """As it was read after it arrived, where that was just now."""
    brought: tuple[str, ...] = ()
    """Which words inside it could be taken for a status."""

    @property
    def original(self) -> Digest:
        """The digest of the source's own bytes, which is what sides agree on."""
        return Digest(**self.embedded["original"]) if self.embedded else self.digest


async def deliver(dock: Dock, action: Action, journal: StepJournal, shipment: Shipment) -> Delivered:
    """Bring the file into the account once, whatever happened to earlier tries of this action."""
    if (ended := journal.outcome(Step.DELIVER)) is not None:
        return _remembered(ended)
    intent = journal.intent(Step.DELIVER)
    berth = await berth_of(dock, action, intent)
    if intent is not None:
        found = await _arrived(dock, action, berth, intent)
        if found is not None:
            digest = digest_from(intent) or await shipment.digest()
            outcome = _facts_to_json(found, digest, intent, berth)
            await journal.close(Step.DELIVER, outcome)
            return _remembered(outcome)
        await _may_send_again(dock, action, journal, intent)
    elif berth and not await _is_clear(dock, berth):
        raise TryLater(
            f"Berth {berth} in {dock.site.arrivals} holds something that is not ours. "
            "Empty that folder in the target, then run again."
        )
    return await _send(dock, action, journal, berth, shipment)


async def brought(dock: Dock, action: Action, journal: StepJournal) -> Delivered | None:
    """What earlier tries of this action have brought, whether or not it is still to be brought; None where nothing came.

    Raises `TryLater` as long as a try that was not answered may still arrive."""
    intent = journal.intent(Step.DELIVER)
    if (ended := journal.outcome(Step.DELIVER)) is not None:
        return _remembered(ended)
    if intent is None:
        return None
    berth = await berth_of(dock, action, intent)
    found = await _arrived(dock, action, berth, intent)
    if found is None:
        await _may_send_again(dock, action, journal, intent)
        return None
    digest = digest_from(intent)
    if digest is None:
        raise MovedOn("The record of this delivery has no digest; look at its berth.")
    outcome = _facts_to_json(found, digest, intent, berth)
    await journal.close(Step.DELIVER, outcome)
    return _remembered(outcome)


async def recall(dock: Dock, action: Action, journal: StepJournal, *, into: str) -> RemoteId | None:
    """Put aside, into this folder, what a delivery that is not to be filed any more has brought; gives its id, None where
    nothing came. What came straight into its folder, or is an older asset, stays where it is.

    Raises `TryLater` as long as a try that was not answered may still arrive."""
    delivered = await brought(dock, action, journal)
    if delivered is None:
        return None
    if delivered.berth is not None and not delivered.foreign:
        folder = await dock.site.archive.ensure_folder(into, lane=dock.lane)
        await dock.site.archive.place(delivered.remote_id, into=folder, out_of=delivered.berth, lane=dock.lane)
    return delivered.remote_id


def _intent_of(action: Action, facts: Facts, body: Body, berth: RemoteId | None, *, again: bool) -> dict[str, Any]:
    known = _digest_json(facts.digest) if body.repeatable else {}
    intent = {"berth": berth, "transport": transport_name(action), "filled": fields_to_json(facts.filled), **known}
    told: dict[str, Any] = {
        EMBEDDED: facts.embedded,
        DISAGREEMENTS: list(facts.disagreements),
        SIDE_CAR: facts.side_car,
        BROUGHT: list(facts.brought),
        AGAIN: again,
    }
    return {**intent, **{name: it for name, it in told.items() if it}}


async def _send(
    dock: Dock, action: Action, journal: StepJournal, berth: RemoteId | None, shipment: Shipment
) -> Delivered:
    async with _fetched(dock, action, journal, berth, shipment) as (body, facts):
        into = berth or await final_folder(dock, action, facts.filled, make=False)
        again = journal.intent(Step.DELIVER) is not None
        intent = _intent_of(action, facts, body, berth, again=again)

        seen: list[NativeRecord] = []

        async def work() -> Mapping[str, Any]:
            name = transport_name(action)
            remote_id = await dock.site.archive.deliver(into, body, file_name=name, lane=dock.lane)
            native = await dock.site.there(remote_id)
            seen.append(native)
            return _facts_to_json(native, facts.digest, intent, berth)

        try:
            return replace(_remembered(await journal.run(Step.DELIVER, intent, work)), native=seen[-1])
        except Unclear:
            dock.site.clear_berths.discard(into)
            await journal.rewrite(Step.DELIVER, {**intent, ENDED: True})
            raise


@asynccontextmanager
async def _fetched(
    dock: Dock, action: Action, journal: StepJournal, berth: RemoteId | None, shipment: Shipment
) -> AsyncIterator[tuple[Body, Facts]]:
    """The shipment's bytes. Where there are none to be had, and none were ever sent, the berth is another delivery's: files
    that are broken for good must not hold all of them."""
    try:
        async with shipment.bytes() as known:
            yield known
    except Exception:
        if berth is not None and journal.intent(Step.DELIVER) is None:
            await dock.ledger.release_berth(dock.site.account, action.id)
        raise


async def _is_clear(dock: Dock, berth: RemoteId) -> bool:
    """Whether the berth is empty, looked at once per process and berth: afterwards only we put things there. A berth
    in which a try ended unclear is looked at again, because that try may arrive late."""
    if berth not in dock.site.clear_berths:
        if await _standing(dock, berth):
            return False
        dock.site.clear_berths.add(berth)
    return True


async def _standing(dock: Dock, berth: RemoteId) -> list[NativeRecord]:
    """What really stands in the berth: a listing may lag, so whatever it shows is read again by id."""
    listed = await dock.site.archive.contents(berth, lane=dock.lane)
    if not listed:
        return []
    fresh = await dock.site.archive.read([it.key.remote_id for it in listed], lane=dock.lane)
    there = [it for it in fresh.values() if isinstance(it, NativeRecord)]
    return [it for it in there if any(container.id == berth for container in it.containers)]


async def _arrived(
    dock: Dock, action: Action, berth: RemoteId | None, intent: Mapping[str, Any]
) -> NativeRecord | None:
    """What an earlier try brought, wherever it goes to."""
    return await (_look(dock, action, berth, intent) if berth else look_by_name(dock, action))


async def _look(dock: Dock, action: Action, berth: RemoteId, intent: Mapping[str, Any]) -> NativeRecord | None:
    """The delivery of an earlier try, if it arrived: ours by its transport name, or an older asset with the same bytes."""
    standing = await _standing(dock, berth)
    ours = sorted((it for it in standing if it.file_name == transport_name(action)), key=_age)
    for surplus in ours[1:]:
        folder = await dock.site.archive.ensure_folder(dock.settings.quarantine, lane=dock.lane)
        await dock.site.archive.place(surplus.key.remote_id, into=folder, out_of=berth, lane=dock.lane)
        log.error("berth.twin", berth=berth, kept=ours[0].key.remote_id, quarantined=surplus.key.remote_id)
    if ours:
        return ours[0]
    twins = [it for it in standing if it.checksum is not None and it.checksum.hexdigest == intent.get("md5")]
    return twins[0] if twins else None


def _age(native: NativeRecord) -> tuple[int, str]:
    return len(native.key.remote_id), native.key.remote_id


async def _may_send_again(dock: Dock, action: Action, journal: StepJournal, intent: Mapping[str, Any]) -> None:
    """Raise `TryLater` until the settle time has passed since the last try ended. Of a try that was cut off with its
    process only this look is known, so the time counts from here."""
    now = await dock.clock.now()
    if not intent.get(ENDED):
        intent = await journal.rewrite(Step.DELIVER, {**intent, ENDED: True})
    wait = datetime.fromisoformat(str(intent["at"])) + dock.settle - now
    if wait.total_seconds() > 0:
        raise TryLater(
            f"The delivery of {action.source} was not answered and nothing of it is seen; listings and searches may lag, "
            "so it is looked at again before anything is sent twice.",
            after=wait,
        )


def digest_from(data: Mapping[str, Any]) -> Digest | None:
    return Digest(size=data["size"], sha256=data["sha256"], md5=data["md5"]) if "sha256" in data else None


def _digest_json(digest: Digest) -> dict[str, Any]:
    return {"size": digest.size, "sha256": digest.sha256, "md5": digest.md5}


def _facts_to_json(
    native: NativeRecord, digest: Digest, intent: Mapping[str, Any], berth: RemoteId | None
) -> dict[str, Any]:
    foreign = native.file_name != intent["transport"]
    if foreign and TRANSPORT.match(native.file_name):
        raise TryLater(
            f"{native.key} has the same bytes and is itself a delivery under way; this one takes its turn later."
        )
    return {
        "remote_id": native.key.remote_id,
        "foreign": foreign,
        "filled": intent["filled"],
        EMBEDDED: intent.get(EMBEDDED, {}),
        DISAGREEMENTS: intent.get(DISAGREEMENTS, []),
        SIDE_CAR: intent.get(SIDE_CAR, ""),
        BROUGHT: intent.get(BROUGHT, []),
        "berth": berth,
        **_digest_json(digest),
    }


def _remembered(outcome: Mapping[str, Any]) -> Delivered:
    digest = digest_from(outcome)
    if digest is None:
        raise MovedOn("The record of this delivery has no digest; plan it again.")
    return Delivered(
        remote_id=RemoteId(outcome["remote_id"]),
        digest=digest,
        filled=fields_from_json(outcome["filled"]),
        foreign=bool(outcome["foreign"]),
        berth=RemoteId(outcome["berth"]) if outcome["berth"] else None,
        embedded=outcome.get(EMBEDDED, {}),
        disagreements=tuple(outcome.get(DISAGREEMENTS, ())),
        side_car=outcome.get(SIDE_CAR, ""),
        brought=tuple(outcome.get(BROUGHT, ())),
    )
