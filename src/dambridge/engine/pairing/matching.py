"""Pairing two libraries that grew apart. Both are read and nothing in them is touched: what comes of it is written in our own
ledger, as links that are watched only until a named person activates them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from dambridge.engine.pairing.libraries import Library, Survey, answer, look_over
from dambridge.engine.together import together
from dambridge.model.identity import AccountId, AssetKey, LinkId, link_id_for
from dambridge.model.pairing import Decided, Fact, Pair, Pairing, Subject, Verdict
from dambridge.model.plans import Plan
from dambridge.planning import (
    Foundation,
    PairingPolicy,
    Preflight,
    Scene,
    activation_plan,
    in_common,
    open_questions,
    pair_up,
    preflight,
    scene_of,
    watched_link,
)
from dambridge.planning.pairing import Edge
from dambridge.ports.clock import Clock
from dambridge.ports.errors import Refused
from dambridge.ports.ledger import AuditEntry, Ledger
from dambridge.ports.pairing import Accounts, Eye, PairingStore, StoredPairing

MOST_ROUNDS = 12
"""Rounds of questions; four kinds of facts need five at most, more would be a fault."""


def silent(what: str, done: int, total: int) -> None:
    """Tell nobody how far it is."""
    del what, done, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """Two libraries and everything that pairing them works with."""

    one: Library
    other: Library
    policy: PairingPolicy
    store: PairingStore
    ledger: Ledger
    clock: Clock
    eye: Eye
    configuration: str
    rates: Mapping[AccountId, float]
    calls: Callable[[], Mapping[AccountId, int]]
    told: Callable[[str, int, int], None] = field(default=silent)

    @property
    def accounts(self) -> Accounts:
        return self.one.account, self.other.account

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self.policy).encode()).hexdigest()

    def survey(self, library: Library) -> Survey:
        return Survey(
            library=library,
            store=self.store,
            ledger=self.ledger,
            clock=self.clock,
            eye=self.eye,
            id_fields=self.policy.id_fields,
            told=self.told,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What came of a comparison."""

    pairing: Pairing
    preflights: tuple[Preflight, Preflight]
    adopted: int
    unread: Mapping[AssetKey, str]
    plan: Plan | None
    calls: Mapping[AccountId, int]


async def examine(matching: Matching) -> Matched:
    """Look both libraries over for what is wrong within each; no pair is made and no link written."""
    surveys, before = await _looked(matching)
    scene = _scene(surveys)
    while (asked := open_questions(scene)) and Fact.DIGEST in asked:
        scene = await _answered(surveys, scene, asked)
    nothing = Pairing(certain=(), review=(), unpaired=())
    return _matched(matching, surveys, nothing, adopted=0, plan=None, before=before)


async def match(matching: Matching) -> Matched:
    """Compare both libraries, keep what came of it, and watch what is certain."""
    surveys, before = await _looked(matching)
    scene = _scene(surveys)
    for _ in range(MOST_ROUNDS):
        asked = open_questions(scene)
        if not asked:
            break
        scene = await _answered(surveys, scene, asked)
    pairing = pair_up(scene, refused=await _said(matching, Verdict.REFUSED), accepted=await _known(matching, scene))
    subjects = {**surveys[0].subjects, **surveys[1].subjects}
    adopted = await _watch(matching, pairing, subjects)
    summary = {"preflights": [it.to_json() for it in _preflights(surveys)], "adopted": adopted}
    made = StoredPairing(made_at=await matching.clock.now(), pairing=pairing, summary=summary)
    await matching.store.keep_pairing(matching.accounts, made)
    plan = await plan_activation(matching, folders=())
    return _matched(matching, surveys, pairing, adopted=adopted, plan=plan, before=before)


async def plan_activation(matching: Matching, *, folders: Sequence[str]) -> Plan | None:
    """The plan that activates what is watched, of these folders of the second account; None where there is nothing."""
    made = await compared(matching)
    subjects: dict[AssetKey, Subject] = {}
    for account in matching.accounts:
        subjects |= {it.key: it for it in await matching.store.subjects(account)}
    links = await matching.store.watched(matching.accounts)
    foundation = Foundation(
        policy=matching.policy,
        policy_digest=matching.digest,
        configuration=matching.configuration,
        rates=matching.rates,
        now=await matching.clock.now(),
        folders=tuple(folders),
    )
    certain = {it.one: it for it in made.pairing.certain}
    plan = activation_plan(links, certain, made.pairing.review, subjects, foundation)
    if not plan.actions:
        return None
    await matching.ledger.save_plan(plan.id, plan.header.flow, at=foundation.now, lines=list(plan.lines()))
    return plan


async def compared(matching: Matching) -> StoredPairing:
    """The latest comparison. Raises `Refused` where there is none."""
    made = await matching.store.pairing(matching.accounts)
    if made is None:
        raise Refused(f"{' and '.join(matching.accounts)} have not been compared yet. Run `dambridge match`.")
    return made


async def decide(matching: Matching, one: AssetKey, other: AssetKey, verdict: Verdict, *, by: str) -> None:
    """Write down a person's word on a pair; what it makes certain is watched, what it refuses is not watched any more.

    Raises `Refused` for what is no pair under review or certain."""
    made = await compared(matching)
    pairs = {(it.one, it.other): it for it in (*made.pairing.review, *made.pairing.certain)}
    if (one, other) not in pairs:
        raise Refused(f"{one} and {other} are no pair that was found. List them with `dambridge match review`.")
    for edge in await _said(matching, Verdict.ACCEPTED) if verdict is Verdict.ACCEPTED else ():
        if edge != (one, other) and set(edge) & {one, other}:
            raise Refused(f"{edge[0]} and {edge[1]} were accepted as one asset before. Refuse that pair first.")
    now = await matching.clock.now()
    link = link_id_for(matching.policy.flow, one)
    detail = {"one": str(one), "other": str(other), "verdict": str(verdict)}
    entry = AuditEntry(at=now, actor=by, event="pair.decided", subject=link, detail=detail)
    await matching.store.decide(Decided(one=one, other=other, verdict=verdict, by=by, at=now), entry)
    await _compare_again(matching, made)


async def _compare_again(matching: Matching, made: StoredPairing) -> None:
    """The same facts with the person's word among them; no call is made."""
    sides = [await matching.store.subjects(it) for it in matching.accounts]
    scene = scene_of(sides[0], sides[1])
    pairing = pair_up(scene, refused=await _said(matching, Verdict.REFUSED), accepted=await _known(matching, scene))
    await _watch(matching, pairing, {it.key: it for side in sides for it in side})
    again = StoredPairing(made_at=made.made_at, pairing=pairing, summary=made.summary)
    await matching.store.keep_pairing(matching.accounts, again)


async def _looked(matching: Matching) -> tuple[tuple[Survey, Survey], Mapping[AccountId, int]]:
    before = matching.calls()
    surveys = (matching.survey(matching.one), matching.survey(matching.other))
    await together(look_over(it) for it in surveys)
    return surveys, before


def _scene(surveys: tuple[Survey, Survey], before: Scene | None = None) -> Scene:
    near = before.near if before is not None else None
    return scene_of(surveys[0].subjects.values(), surveys[1].subjects.values(), near)


async def _answered(surveys: tuple[Survey, Survey], scene: Scene, asked: Mapping[Fact, tuple[AssetKey, ...]]) -> Scene:
    for fact, keys in asked.items():
        await together(answer(it, fact, keys) for it in surveys)
    return _scene(surveys, None if Fact.LIKENESS in asked else scene)


async def _said(matching: Matching, verdict: Verdict) -> frozenset[Edge]:
    return frozenset((it.one, it.other) for it in await matching.store.decided(matching.accounts, verdict))


async def _known(matching: Matching, scene: Scene) -> frozenset[Edge]:
    """Pairs that need no finding: those that a person accepted, and those of links that are worked on already."""
    ids = set((await matching.ledger.links_of(list(scene.ones))).values())
    linked: set[Edge] = set()
    for link in (await matching.ledger.links(sorted(ids))).values():
        here = [it.key for it in link.copies if it.key in scene.ones]
        there = [it.key for it in link.copies if it.key in scene.others]
        if not link.observe_only and len(here) == len(there) == 1:
            linked.add((here[0], there[0]))
    return frozenset(linked) | await _said(matching, Verdict.ACCEPTED)


async def _watch(matching: Matching, pairing: Pairing, subjects: Mapping[AssetKey, Subject]) -> int:
    """Write links for what is certain now, and forget those that an earlier comparison made and this one does not bear out."""
    now = await matching.clock.now()
    certain = {(it.one, it.other): it for it in pairing.certain}
    before = await matching.store.pairing(matching.accounts)
    withdrawn = [it for it in (before.pairing.certain if before else ()) if (it.one, it.other) not in certain]
    gone = [link_id_for(matching.policy.flow, it.one) for it in withdrawn]
    dropped = [_entry(matching, now, "link.dropped", link, it) for link, it in zip(gone, withdrawn, strict=True)]
    await matching.store.drop_adopted(gone, dropped)
    linked = await matching.ledger.links_of([key for edge in certain for key in edge])
    fresh = [it for edge, it in certain.items() if not set(edge) & linked.keys()]
    adopted = [
        (watched_link(it, matching.policy), in_common(it, subjects[it.one], subjects[it.other], matching.policy))
        for it in fresh
    ]
    entries = [_entry(matching, now, "link.adopted", link.id, it) for (link, _), it in zip(adopted, fresh, strict=True)]
    await matching.store.adopt(adopted, entries)
    return len(adopted)


def _entry(matching: Matching, now: datetime, event: str, link: LinkId, pair: Pair) -> AuditEntry:
    detail = {"one": str(pair.one), "other": str(pair.other), "evidence": [str(it) for it in pair.evidence]}
    return AuditEntry(at=now, actor="dambridge", event=event, subject=link, detail=detail)


def _preflights(surveys: tuple[Survey, Survey]) -> tuple[Preflight, Preflight]:
    first, second = (preflight(it.library.account, it.subjects.values()) for it in surveys)
    return first, second


def _matched(
    matching: Matching,
    surveys: tuple[Survey, Survey],
    pairing: Pairing,
    *,
    adopted: int,
    plan: Plan | None,
    before: Mapping[AccountId, int],
) -> Matched:
    calls = {name: count - before.get(name, 0) for name, count in matching.calls().items()}
    return Matched(
        pairing=pairing,
        preflights=_preflights(surveys),
        adopted=adopted,
        unread={**surveys[0].unread, **surveys[1].unread},
        plan=plan,
        calls={name: calls.get(name, 0) for name in matching.accounts},
    )
