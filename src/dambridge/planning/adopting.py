"""From pairs to links that are watched only, and from those to a plan by which a named person activates them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dambridge.mapping import equal
from dambridge.model.actions import Action, ActionKind, Leave
from dambridge.model.identity import AccountId, AssetKey, Copy, CopyId, CopyRole, FlowName, Link, link_id_for
from dambridge.model.outcomes import Outcome
from dambridge.model.pairing import Evidence, Pair, Subject
from dambridge.model.plans import LeftItem, Plan, PlanHeader
from dambridge.model.reasons import Code, Reason
from dambridge.model.records import Agreed, Digest
from dambridge.planning.plans import forecast
from dambridge.policy.patterns import matches_any


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingPolicy:
    """Everything that decides about pairing, as data: the flow that links will belong to, the two accounts, the fields of
    which one value means one asset, and how long an activation plan may be applied."""

    flow: FlowName
    one: AccountId
    other: AccountId
    id_fields: tuple[str, ...] = ()
    plan_ttl: timedelta = timedelta(days=2)

    @property
    def source_copy(self) -> CopyId:
        return CopyId(self.one, CopyRole.SOURCE)

    @property
    def record_copy(self) -> CopyId:
        return CopyId(self.other, CopyRole.RECORD)


def watched_link(pair: Pair, policy: PairingPolicy) -> Link:
    """The link of a pair, watched only."""
    copies = (Copy(policy.source_copy, pair.one.remote_id), Copy(policy.record_copy, pair.other.remote_id))
    return Link(link_id_for(policy.flow, pair.one), policy.flow, copies, observe_only=True)


def in_common(pair: Pair, one: Subject, other: Subject, policy: PairingPolicy) -> Agreed:
    """What the two say alike today, and what each is today: no more than that is ever taken for agreed."""
    fields = {
        name: value
        for name, value in one.record.fields.items()
        if name in other.record.fields and equal(name, other.record.fields[name], value)
    }
    same_bytes = Evidence.BYTES in pair.evidence
    return Agreed(
        fields=fields,
        versions={str(policy.source_copy): one.record.version, str(policy.record_copy): other.record.version},
        content=_digest(one) if same_bytes else None,
        evidence={
            str(policy.source_copy): "source",
            str(policy.record_copy): _proof(one, other) if same_bytes else "paired",
        },
    )


def _digest(it: Subject) -> Digest | None:
    if it.record.size is None or not {"sha256", "md5"} <= it.digests.keys():
        return None
    return Digest(size=it.record.size, sha256=it.digests["sha256"], md5=it.digests["md5"])


def _proof(one: Subject, other: Subject) -> str:
    shown = other.record.checksum
    return "md5" if shown and one.digests.get(shown.algorithm) == shown.hexdigest else "read_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """What an activation plan rests on besides its links."""

    policy: PairingPolicy
    policy_digest: str
    configuration: str
    rates: Mapping[AccountId, float]
    now: datetime
    folders: tuple[str, ...] = ()
    """Patterns over the second account's containers; empty means all."""


def activation_plan(
    links: Iterable[Link],
    certain: Mapping[AssetKey, Pair],
    review: Iterable[Pair],
    subjects: Mapping[AssetKey, Subject],
    foundation: Foundation,
) -> Plan:
    """The plan that activates these links, as far as their pair still stands. What waits for review is left, with its reason."""
    actions = [
        action
        for link in links
        if (pair := certain.get(_source_of(link, foundation.policy))) is not None
        and (action := _activation(link, pair, subjects, foundation)) is not None
    ]
    left = _left(review, subjects, certain)
    counts = {"activate": len(actions), "waiting": len(left)}
    header = PlanHeader(
        flow=foundation.policy.flow,
        made_at=foundation.now,
        expires_at=foundation.now + foundation.policy.plan_ttl,
        policy=foundation.policy_digest,
        configuration=foundation.configuration,
        capabilities="",
        counts={name: count for name, count in counts.items() if count},
        forecast=forecast(actions, foundation.rates),
    )
    ordered = tuple(sorted(actions, key=lambda it: it.id))
    return Plan(header=header, actions=ordered, left=tuple(sorted(left, key=lambda it: it.key)))


def _source_of(link: Link, policy: PairingPolicy) -> AssetKey:
    copy = link.copy(policy.source_copy)
    return copy.key if copy else AssetKey(policy.one, link.copies[0].remote_id)


def _activation(link: Link, pair: Pair, subjects: Mapping[AssetKey, Subject], given: Foundation) -> Action | None:
    one, other = subjects.get(pair.one), subjects.get(pair.other)
    target = link.copy(given.policy.record_copy)
    if one is None or other is None or target is None or target.key != pair.other:
        return None
    if given.folders and not any(matches_any(it.path, given.folders) for it in other.record.containers):
        return None
    source = given.policy.source_copy
    return Action(
        kind=ActionKind.ACTIVATE,
        link=link.id,
        source=pair.one,
        target=target.id,
        target_id=pair.other.remote_id,
        fields={},
        cleared=(),
        expects={str(source): one.record.version, str(target.id): other.record.version},
        reasons=(_said(Code.PAIRED, pair),),
        file_name=one.record.file_name,
        name=other.record.file_name,
        media_type=str(one.record.media_type),
        calls={given.policy.one: 1, given.policy.other: 0},
    )


def _left(
    review: Iterable[Pair], subjects: Mapping[AssetKey, Subject], certain: Mapping[AssetKey, Pair]
) -> list[LeftItem]:
    """The assets of the first library that wait for a person, each once with its likeliest partner."""
    best: dict[AssetKey, Pair] = {}
    for pair in review:
        known = best.get(pair.one)
        if pair.one not in certain and pair.one in subjects and (known is None or pair.confidence > known.confidence):
            best[pair.one] = pair
    return [
        LeftItem(
            key=key,
            leave=Leave(outcome=Outcome.WAITING, reason=_said(Code.PAIR_IN_REVIEW, pair), waits_for="librarian"),
            expects=subjects[key].record.version,
            file_name=subjects[key].record.file_name,
        )
        for key, pair in best.items()
    ]


def _said(code: Code, pair: Pair) -> Reason:
    evidence = _texts(pair.evidence)
    if code is Code.PAIRED:
        return Reason.of(code, other=str(pair.other), evidence=evidence, confidence=pair.confidence)
    return Reason.of(code, other=str(pair.other), evidence=evidence, doubts=_texts(pair.doubts))


def _texts(words: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(it) for it in words)
