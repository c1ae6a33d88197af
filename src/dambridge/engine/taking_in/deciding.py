"""Decide: hand what was seen to the pure core and gather its answers into a plan. No call is made here but reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dambridge.engine.burying import rebuilt_at
from dambridge.engine.delivery.describing import NotWritable, spell, with_marks
from dambridge.engine.delivery.side_cars import side_cars_among
from dambridge.engine.parts import Parts
from dambridge.engine.taking_in.observing import Sight, read_all, read_targets
from dambridge.engine.terms import learn, news
from dambridge.mapping import is_side_car, waiting_for
from dambridge.model.actions import Act, Action, ActionKind, Decision, Leave
from dambridge.model.identity import AssetKey, CopyId, Link, LinkId, RemoteId, link_id_for
from dambridge.model.outcomes import Outcome
from dambridge.model.outlet_orders import ARCHIVE
from dambridge.model.plans import LeftItem, Plan
from dambridge.model.publications import Stage
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed, AssetRecord, NotYet, Present, Seen
from dambridge.model.terms import TermUse
from dambridge.planning import HeaderFacts, decide_intake, forecast, make_plan
from dambridge.planning.approving import given_by_people, still_its_own_word
from dambridge.planning.rebuilding import held_after_loss, is_released, taken_down
from dambridge.policy.intake import assess
from dambridge.ports.ledger import Observation


async def decide_all(parts: Parts, sights: Sequence[Sight], *, changes_before: int, known: int) -> Plan:
    """A plan over these assets. `changes_before` counts what this run has already set out to change, for the guards."""
    actions, left = await decide_sights(parts, sights)
    return await assemble(parts, actions, left, changes_before=changes_before, known=known)


async def assemble(
    parts: Parts, actions: Sequence[Action], left: Sequence[LeftItem], *, changes_before: int, known: int
) -> Plan:
    """The plan file's content: header with digests, guards and forecast, then every decision."""
    now = await parts.clock.now()
    facts = HeaderFacts(
        flow=parts.flow,
        policy=policy_digest(parts),
        configuration=parts.configuration,
        capabilities=capability_digest(parts),
        changes_before=changes_before,
        known=known,
    )
    rates = {it.account: it.rate for it in (parts.source, parts.target)}
    return make_plan(actions, left, facts=facts, policy=parts.policy, takes=forecast(actions, rates), now=now)


async def decide_sights(parts: Parts, sights: Sequence[Sight]) -> tuple[list[Action], list[LeftItem]]:
    """What each asset needs: actions, or a reason to leave it."""
    aside, sights = await _set_aside(parts, sights)
    keys = [it.key for it in sights]
    links_by_key = await parts.ledger.links_of(keys)
    link_ids = list(set(links_by_key.values()))
    links = await parts.ledger.links(link_ids)
    agreed = await parts.ledger.agreed(link_ids)
    before = await parts.ledger.observations(parts.flow, keys)
    actions: list[Action] = []
    left: list[LeftItem] = []
    open_sights: list[Sight] = []
    words = await parts.ledger.term_uses(parts.flow, keys)
    now = await parts.clock.now()
    ordered = await ordered_among(parts, keys, now)
    buried = await held_back(parts, sights, links, links_by_key, agreed)
    for sight in sights:
        early = (
            aside.get(sight.key)
            or buried.get(sight.key)
            or _early(
                parts,
                sight,
                _agreed_of(sight, links_by_key, agreed),
                before.get(sight.key),
                now,
                ordered=sight.key in ordered,
            )
        )
        if early is None:
            open_sights.append(sight)
        else:
            left.append(_left(sight, _without_words(early, words.get(sight.key, ()))))
    if open_sights:
        await learn(parts)
    targets = await read_targets(parts, _target_ids(parts, open_sights, links_by_key, links))
    for sight in open_sights:
        link = links.get(links_by_key.get(sight.key, LinkId("")))
        seen = _seen(parts, sight, link, targets)
        decision = decide_intake(
            link=link,
            link_id=link.id if link else link_id_for(parts.flow, sight.key),
            agreed=_agreed_of(sight, links_by_key, agreed),
            seen=seen,
            policy=parts.policy,
            source=parts.source_copy,
            target=parts.target_copy,
            maps=parts.maps,
            can_read=parts.reader.capabilities,
            can_archive=parts.archive.capabilities,
            now=now,
            terms=parts.target.terms,
            beside=sight.beside,
        )
        decision = _only_news(await _spellable(parts, decision), words.get(sight.key, ()))
        match decision:
            case Act():
                marked = [replace(it, modified_at=sight.modified_at) for it in decision.actions]
                actions += [await _given(parts, it, sight, before.get(sight.key)) for it in marked]
            case Leave():
                left.append(_left(sight, decision))
    return actions, left


async def ordered_among(parts: Parts, keys: Sequence[AssetKey], now: datetime) -> frozenset[AssetKey]:
    """Those of these sources that somebody ordered into the archive."""
    found = await parts.ledger.outlet_orders(keys) if parts.policy.orders else {}
    return frozenset(key for key, it in found.items() if ARCHIVE in it and it[ARCHIVE].stands(now))


async def _set_aside(parts: Parts, sights: Sequence[Sight]) -> tuple[Mapping[AssetKey, Leave], list[Sight]]:
    """Side-cars with how they are left; and all sights, with those of files that one of them has still to be read with."""
    records = [
        it.seen.record for it in sights if isinstance(it.seen, Present) and is_side_car(it.seen.record.file_name)
    ]
    if not records:
        return {}, list(sights)
    keys = [it.key for it in records]
    before = await parts.ledger.observations(parts.flow, keys)
    aside = await side_cars_among(parts, records, before, await parts.ledger.links_of(keys))
    met = {it.key.remote_id for it in sights}
    more = await read_all(parts, [it for it in aside.unread if it not in met])
    return aside.left, [replace(it, beside=aside.unread.get(it.key.remote_id)) for it in (*sights, *more)]


async def held_back(
    parts: Parts,
    sights: Sequence[Sight],
    links: Mapping[LinkId, Link],
    links_by_key: Mapping[AssetKey, LinkId],
    agreed: Mapping[LinkId, Agreed],
) -> dict[AssetKey, Leave]:
    """Sources that are not to be delivered by themselves (hazard P04): those whose copy in the target was once given up, by
    people or by a policy of theirs, and, since the store was made anew, those of which nobody knows whether it was."""
    bare = [it for it in sights if not _has_target(parts, links.get(links_by_key.get(it.key, _NONE)))]
    bare = [it for it in bare if not is_released(agreed.get(links_by_key.get(it.key, _NONE)))]
    stones = await parts.ledger.tombstones_by_kin([it.key for it in bare])
    since = await rebuilt_at(parts.ledger, parts.flow)
    found = await _our_own(parts, bare)
    for it in bare:
        leave = taken_down(stones.get(it.key, ()), parts.target_copy)
        if leave is None and since is not None and isinstance(it.seen, Present) and it.key not in links_by_key:
            leave = held_after_loss(it.seen.record.created_at, rebuilt_at=since, key=it.key)
        if leave is not None:
            found[it.key] = leave
    return found


async def _our_own(parts: Parts, sights: Sequence[Sight]) -> dict[AssetKey, Leave]:
    """Files that we put there ourselves, for an outlet: they are copies of what is in the archive, and never come back as
    assets of their own, wherever people file them."""
    ours = await parts.ledger.publications_at([it.key for it in sights])
    return {
        key: Leave(outcome=Outcome.SKIPPED, reason=Reason.of(Code.NOT_SELECTED, galleries=f"(outlet {it.outlet})"))
        for key, it in ours.items()
        if it.stage is not Stage.ADOPTED
    }


_NONE = LinkId("")


def _has_target(parts: Parts, link: Link | None) -> bool:
    return link is not None and link.copy(parts.target_copy) is not None


def _agreed_of(sight: Sight, links_by_key: Mapping[AssetKey, LinkId], agreed: Mapping[LinkId, Agreed]) -> Agreed | None:
    link_id = links_by_key.get(sight.key)
    return agreed.get(link_id) if link_id is not None else None


def _early(
    parts: Parts, sight: Sight, agreed: Agreed | None, before: Observation | None, now: datetime, *, ordered: bool
) -> Leave | None:
    """What needs no look at the target: in step with what was agreed, not selected, quarantined and unchanged since."""
    if not isinstance(sight.seen, Present):
        return None
    record = sight.seen.record
    in_step = agreed is not None and agreed.versions.get(str(parts.source_copy)) == record.version
    known = in_step and not sight.restated and sight.beside is None
    if known and agreed is not None and not agreed.held(parts.target_copy):
        return Leave(outcome=Outcome.UNCHANGED, reason=Reason.of(Code.IN_STEP))
    before = None if sight.restated else before
    if before is not None and _still_quarantined(before, record):
        return Leave(outcome=Outcome.QUARANTINED, reason=before.reason, waits_for=before.waits_for)
    assessed = assess(record, parts.policy, parts.programs, now, ordered=ordered)
    return assessed if isinstance(assessed, Leave) else still_its_own_word(before, record, parts.policy)


async def _given(parts: Parts, action: Action, sight: Sight, before: Observation | None) -> Action:
    """A create that says whether people gave the approval: by what was last seen, or as an earlier try of it has it."""
    policy = parts.policy
    asked = action.kind is ActionKind.CREATE and policy.mode == "approved" and policy.approval.by_value
    if not asked or before is None or not isinstance(sight.seen, Present):
        return action
    record = sight.seen.record
    if given_by_people(before, record):
        return replace(action, given=True)
    tried = await parts.ledger.action(action.id)
    place = str(parts.source_copy)
    same = tried is not None and tried.action.expects[place].content == record.version.content
    return replace(action, given=tried.action.given) if tried is not None and same else action


def _still_quarantined(before: Observation, record: AssetRecord) -> bool:
    """Whether it was found wrong as it is now. A rule that failed is asked again: people may have mended it."""
    stands = before.outcome is Outcome.QUARANTINED and before.version == record.version
    return stands and before.reason.code is not Code.EXPRESSION_ERROR


def _target_ids(
    parts: Parts, sights: Sequence[Sight], links_by_key: Mapping[AssetKey, LinkId], links: Mapping[LinkId, Link]
) -> list[RemoteId]:
    found: list[RemoteId] = []
    for sight in sights:
        link = links.get(links_by_key.get(sight.key, LinkId("")))
        copy = link.copy(parts.target_copy) if link else None
        if copy is not None:
            found.append(copy.remote_id)
    return found


def _seen(parts: Parts, sight: Sight, link: Link | None, targets: Mapping[RemoteId, Seen]) -> dict[CopyId, Seen]:
    copy = link.copy(parts.target_copy) if link else None
    return {
        parts.source_copy: sight.seen,
        parts.target_copy: targets[copy.remote_id] if copy is not None else NotYet(),
    }


async def _spellable(parts: Parts, decision: Decision) -> Decision:
    """An action whose values the target has no words for waits for a person before anything is moved."""
    if not isinstance(decision, Act):
        return decision
    for action in decision.actions:
        try:
            await spell(parts, with_marks(action, action.fields), action.cleared)
        except NotWritable as error:
            words = waiting_for(action.words or (), error.unknown)
            return Leave(outcome=Outcome.WAITING, reason=error.reason, waits_for=error.waits_for, words=words)
    return decision


def _only_news(decision: Decision, before: Sequence[TermUse]) -> Decision:
    """The decision with the asset's words where they are others than those known of it."""
    match decision:
        case Leave():
            told = _without_words(decision, before)
            return told if told.words is None else replace(told, words=news(told.words, before))
        case Act():
            actions = [it if it.words is None else replace(it, words=news(it.words, before)) for it in decision.actions]
            return replace(decision, actions=tuple(actions))


def _without_words(leave: Leave, before: Sequence[TermUse]) -> Leave:
    """What is not selected, or not there any more, uses no words: nobody needs to decide about them for its sake."""
    unused = before and leave.words is None and leave.outcome is Outcome.SKIPPED
    return replace(leave, words=()) if unused else leave


def _left(sight: Sight, leave: Leave) -> LeftItem:
    record: AssetRecord | None = sight.seen.record if isinstance(sight.seen, Present) else None
    return LeftItem(
        key=sight.key,
        leave=leave,
        expects=record.version if record else None,
        file_name=record.file_name if record else "",
    )


def policy_digest(parts: Parts) -> str:
    return hashlib.sha256(repr(parts.policy).encode()).hexdigest()


def capability_digest(parts: Parts) -> str:
    """A digest of what plans rest on. Whether a target shows checksums is found out by reading it and decides nothing."""
    facts: dict[str, Any] = {
        "reader": parts.reader.capabilities.to_json(),
        "archive": {name: it for name, it in parts.archive.capabilities.to_json().items() if name != "checksum"},
        "homes": dict(parts.target.homes),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
