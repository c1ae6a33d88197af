"""Which assets of two libraries are one: by our own marks, the bytes, identifying fields, name and capture time, likeness.

An automatic pair must never be wrong. So whatever is not the only one of its kind is left to a person: several with the same
mark or bytes, twins within a library, frames of a burst, pictures that were cut, turned or coloured anew, and evidence that
speaks against other evidence. The order in which assets come does not matter, and nothing is compared each with each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from dambridge.model.identity import AssetKey
from dambridge.model.pairing import Bucket, Doubt, Evidence, Pair, Pairing, Subject
from dambridge.planning.likeness import (
    CROWD,
    RADIUS,
    Neighbours,
    is_close,
    neighbours,
    same_colours,
    same_shape,
    turned_neighbours,
)
from dambridge.planning.moments import Moments, compare, stem

SHOWN = 5
"""Review pairs that are kept of one asset: a person who sees five has seen that it is not clear."""
TIMED = 24
"""Differing bits up to which pictures of one moment count as one."""
TIMED_ALLOWANCE = 2.0
"""How much further a closer look may find pictures of one moment apart: sharpened and rescaled, yet not cut or retouched."""
ALIKE = 20
"""Likewise of pictures of which only their looks are known; a closer look must then agree."""

Edge = tuple[AssetKey, AssetKey]


class Level(IntEnum):
    """What a pair rests on; where two pairs of one asset are at odds the higher level wins, at the top level neither."""

    NONE = 0
    LIKENESS = 1
    CAPTURED = 2
    IDENTITY = 3


_CONFIDENCE: Mapping[Evidence, int] = {
    Evidence.MARK: 100,
    Evidence.BYTES: 100,
    Evidence.ID_FIELD: 99,
    Evidence.NAME: 98,
    Evidence.CAPTURED: 97,
    Evidence.LOOK: 95,
}
_UNSURE: Mapping[Evidence, int] = {
    Evidence.BYTES: 90,
    Evidence.MARK: 85,
    Evidence.ID_FIELD: 70,
    Evidence.CAPTURED: 60,
    Evidence.NAME: 55,
    Evidence.LIKENESS: 50,
    Evidence.TURNED: 30,
}


@dataclass(frozen=True, slots=True)
class Scene:
    """Both libraries, and what was worked out about them once."""

    ones: Mapping[AssetKey, Subject]
    others: Mapping[AssetKey, Subject]
    near: Neighbours
    edges: Mapping[Edge, frozenset[Evidence]] = field(default_factory=dict)
    crowd: Mapping[tuple[AssetKey, Evidence], int] = field(default_factory=dict)
    """How many of the other library share this asset's mark, bytes or field, and how many of its own."""

    def subject(self, key: AssetKey) -> Subject:
        return self.ones[key] if key in self.ones else self.others[key]


def scene_of(ones: Iterable[Subject], others: Iterable[Subject], near: Neighbours | None = None) -> Scene:
    """Lay two libraries beside each other. `near` may be handed in where likenesses have not changed since."""
    first, second = {it.key: it for it in ones}, {it.key: it for it in others}
    first, second = dict(sorted(first.items())), dict(sorted(second.items()))
    near = neighbours([*first.values(), *second.values()]) if near is None else near
    edges: defaultdict[Edge, set[Evidence]] = defaultdict(set)
    crowd: dict[tuple[AssetKey, Evidence], int] = {}
    for evidence, groups in _groups(first.values(), second.values()):
        for left, right in groups:
            _share(edges, crowd, evidence, sorted(left), sorted(right))
    for key in first:
        for other, _ in near.get(key, ()):
            if other in second:
                edges[key, other].add(Evidence.LIKENESS)
    return Scene(first, second, near, {it: frozenset(found) for it, found in edges.items()}, crowd)


def pair_up(
    scene: Scene, *, refused: frozenset[Edge] = frozenset(), accepted: frozenset[Edge] = frozenset()
) -> Pairing:
    """Certain pairs, pairs for a person, and what is in none. `refused` and `accepted` are what persons said before."""
    judged = {edge: judge(scene, edge) for edge in scene.edges if edge not in refused}
    levels = {edge: level for edge, (level, _) in judged.items()}
    doubts = {edge: found for edge, (_, found) in judged.items()}
    strong = {edge: level for edge, level in levels.items() if level and not doubts[edge]}
    contested = {key for edge, it in levels.items() if it is Level.IDENTITY and doubts[edge] for key in edge}
    known = {*scene.ones, *scene.others}
    certain = _one_to_one(strong, {it for it in accepted if known >= set(it)}, contested)
    taken = {key for edge in certain for key in edge}
    pairs = [_certain(scene, edge) for edge in sorted(certain)]
    review = [_unsure(scene, edge, doubts[edge], taken) for edge in doubts if not taken >= set(edge)]
    review += _turned(scene, taken, refused)
    kept = _best(review)
    named = taken | {key for it in kept for key in (it.one, it.other)}
    alone = tuple(sorted(key for key in (*scene.ones, *scene.others) if key not in named))
    return Pairing(certain=tuple(pairs), review=kept, unpaired=alone)


def identity_pairs(scene: Scene) -> set[AssetKey]:
    """The assets that marks, bytes or identifying fields have paired already."""
    found: set[AssetKey] = set()
    for edge in scene.edges:
        level, doubts = judge(scene, edge)
        if level is Level.IDENTITY and not doubts:
            found.update(edge)
    return found


# candidates -----------------------------------------------------------------------------------------------------------
_Groups = Iterable[tuple[set[AssetKey], set[AssetKey]]]


def _groups(ones: Iterable[Subject], others: Iterable[Subject]) -> Iterable[tuple[Evidence, _Groups]]:
    """The assets of both libraries that share something by which they may be one."""
    sides = (tuple(ones), tuple(others))
    yield Evidence.BYTES, _by_value(sides, _digests_of)
    yield Evidence.ID_FIELD, _by_value(sides, lambda it: it.ids)
    yield Evidence.NAME, _by_value(sides, _named_moment)
    claims: defaultdict[str, tuple[set[AssetKey], set[AssetKey]]] = defaultdict(lambda: (set(), set()))
    for side, subjects in enumerate(sides):
        for it in subjects:
            claims[f"{side}:{it.key.remote_id}"][side].add(it.key)
            for claim in it.claims:
                claims[f"{1 - side}:{claim}"][side].add(it.key)
    yield Evidence.MARK, [it for it in claims.values() if it[0] and it[1]]


def _by_value(sides: tuple[Sequence[Subject], ...], values: Callable[[Subject], Iterable[str]]) -> _Groups:
    found: defaultdict[str, tuple[set[AssetKey], set[AssetKey]]] = defaultdict(lambda: (set(), set()))
    for side, subjects in enumerate(sides):
        for it in subjects:
            for value in values(it):
                found[value][side].add(it.key)
    return [it for it in found.values() if it[0] and it[1]]


def _digests_of(it: Subject) -> list[str]:
    """Empty files are all alike and say nothing."""
    return [] if it.record.size == 0 else [f"{name}:{value}" for name, value in it.digests.items()]


def _named_moment(it: Subject) -> list[str]:
    name = stem(it.record.file_name)
    return [f"{name}|{it.captured[:19]}"] if name and len(it.captured) >= 19 else []


def _share(
    edges: defaultdict[Edge, set[Evidence]],
    crowd: dict[tuple[AssetKey, Evidence], int],
    evidence: Evidence,
    left: Sequence[AssetKey],
    right: Sequence[AssetKey],
) -> None:
    """Edges within a group. A crowd makes no more of them than a person would look at, and all of it is in doubt."""
    for key in (*left, *right):
        crowd[key, evidence] = max(crowd.get((key, evidence), 0), len(left), len(right))
    for at, one in enumerate(left):
        for other in right if len(right) <= SHOWN else (right[(at + it) % len(right)] for it in range(SHOWN)):
            edges[one, other].add(evidence)
    for at, other in enumerate(right if len(left) > SHOWN else ()):
        edges[left[at % len(left)], other].add(evidence)


# judgement ------------------------------------------------------------------------------------------------------------
def judge(scene: Scene, edge: Edge) -> tuple[Level, tuple[Doubt, ...]]:
    """How strong a pair is, and everything that speaks against making it without a person."""
    one, other = scene.subject(edge[0]), scene.subject(edge[1])
    evidence = scene.edges[edge]
    distance = _distance(one, other)
    if evidence & {Evidence.MARK, Evidence.BYTES}:
        crowded = [it for it in (Evidence.MARK, Evidence.BYTES) if it in evidence and _crowded(scene, edge, it)]
        return Level.IDENTITY, (Doubt.SEVERAL,) if crowded else ()
    if one.record.media_type is not other.record.media_type:
        return Level.NONE, (Doubt.CONTRADICTED,)
    if Evidence.ID_FIELD in evidence:
        return Level.IDENTITY, _doubts_of_field(scene, edge, distance)
    if distance is None:
        return Level.NONE, (Doubt.THIN,)
    return _judge_likeness(scene, edge, distance)


def _crowded(scene: Scene, edge: Edge, evidence: Evidence) -> bool:
    return any(scene.crowd.get((key, evidence), 0) > 1 for key in edge)


def _doubts_of_field(scene: Scene, edge: Edge, distance: int | None) -> tuple[Doubt, ...]:
    """A field that people fill in is believed where it names two alone and their pictures do not speak against it."""
    one, other = scene.subject(edge[0]), scene.subject(edge[1])
    several = (Doubt.SEVERAL,) if _crowded(scene, edge, Evidence.ID_FIELD) else ()
    apart = one.likeness is not None and other.likeness is not None and distance is None
    later = compare(one.captured, other.captured) is Moments.DIFFERENT
    return several + ((Doubt.CONTRADICTED,) if apart else ()) + ((Doubt.OTHER_TIME,) if later else ())


def _judge_likeness(scene: Scene, edge: Edge, distance: int) -> tuple[Level, tuple[Doubt, ...]]:
    one, other = scene.subject(edge[0]), scene.subject(edge[1])
    assert one.likeness is not None  # noqa: S101 - there is a distance
    assert other.likeness is not None  # noqa: S101 - likewise
    moments = compare(one.captured, other.captured)
    if moments is Moments.DIFFERENT:
        return Level.NONE, (Doubt.OTHER_TIME,)
    doubts: list[Doubt] = []
    if not same_shape(one.likeness, other.likeness):
        doubts.append(Doubt.OTHER_SHAPE)
    doubts += _rivals(scene, edge)
    if one.look is not None and other.look is not None and not same_colours(one.look, other.look):
        doubts.append(Doubt.OTHER_COLOURS)
    timed = moments is Moments.SAME
    if distance > (TIMED if timed else ALIKE):
        doubts.append(Doubt.NOT_CLOSE)
    elif one.look is None or other.look is None:
        doubts.append(Doubt.NOT_SEEN_CLOSELY)
    elif not is_close(one.look, other.look, allow=TIMED_ALLOWANCE if timed else 1.0):
        doubts.append(Doubt.NOT_CLOSE)
    return Level.CAPTURED if timed else Level.LIKENESS, tuple(doubts)


def _rivals(scene: Scene, edge: Edge) -> list[Doubt]:
    """Who else, in either library, might be meant: whoever looks alike, unless taken at another moment than this pair."""
    one, other = scene.subject(edge[0]), scene.subject(edge[1])
    moment = one.captured if compare(one.captured, other.captured) is Moments.SAME else ""
    found: list[Doubt] = []
    for key in edge:
        near = scene.near.get(key, ())
        if len(near) >= CROWD:
            return [Doubt.LOOKALIKES]
        for rival, _ in near:
            if rival not in edge and not _excluded(scene, rival, one, other, moment):
                twins = scene.subject(rival).digests.items() & scene.subject(key).digests.items()
                found.append(Doubt.TWINS if twins else Doubt.LOOKALIKES)
    return sorted(set(found))


def _excluded(scene: Scene, rival: AssetKey, one: Subject, other: Subject, moment: str) -> bool:
    """Whether this lookalike is surely another picture: taken at another moment, or at the same second under another name
    while the pair has one name."""
    it = scene.subject(rival)
    if not moment:
        return False
    said = compare(it.captured, moment)
    if said is Moments.DIFFERENT:
        return True
    mine, theirs = stem(one.record.file_name), stem(other.record.file_name)
    return said is Moments.SAME and bool(mine) and mine == theirs and stem(it.record.file_name) != mine


def _distance(one: Subject, other: Subject) -> int | None:
    """Differing bits where both are known and alike."""
    if one.likeness is None or other.likeness is None:
        return None
    found = (one.likeness.bits ^ other.likeness.bits).bit_count()
    return found if found <= RADIUS else None


# one to one -----------------------------------------------------------------------------------------------------------
def _one_to_one(strong: Mapping[Edge, Level], accepted: set[Edge], contested: set[AssetKey]) -> set[Edge]:
    """Pairs of which no two share an asset. A person's word comes first; at one level those who share make none, and what is
    `contested` at the top level, or was at a higher one, is not settled by weaker evidence."""
    chosen = {edge for edge, rivals in _sharing(accepted).items() if not rivals}
    barred = {key for edge in accepted for key in edge}
    for level in sorted(set(strong.values()), reverse=True):
        here = {edge for edge, it in strong.items() if it is level and not barred & set(edge)}
        chosen |= {edge for edge, rivals in _sharing(here).items() if not rivals}
        barred |= {key for edge in here for key in edge} | contested
    return chosen


def _sharing(edges: Iterable[Edge]) -> dict[Edge, int]:
    """For each of these pairs with how many others it shares an asset."""
    counts: defaultdict[AssetKey, int] = defaultdict(int)
    edges = tuple(edges)
    for edge in edges:
        for key in edge:
            counts[key] += 1
    return {edge: counts[edge[0]] + counts[edge[1]] - 2 for edge in edges}


# words ----------------------------------------------------------------------------------------------------------------
def _certain(scene: Scene, edge: Edge) -> Pair:
    found = _evidence(scene, edge)
    best = max((_CONFIDENCE.get(it, 0) for it in found), default=0)
    return _pair(scene, edge, found, Bucket.CERTAIN, best or 100)


def _unsure(scene: Scene, edge: Edge, doubts: tuple[Doubt, ...], taken: set[AssetKey]) -> Pair:
    found = _evidence(scene, edge)
    if taken & set(edge):
        doubts = (*doubts, Doubt.TAKEN)
    distance = _distance(scene.subject(edge[0]), scene.subject(edge[1])) or 0
    best = max((_UNSURE.get(it, 0) for it in found), default=0)
    confidence = max(1, best - distance - 10 * len(doubts))
    return replace(_pair(scene, edge, found, Bucket.REVIEW, confidence), doubts=doubts or (Doubt.SEVERAL,))


def _pair(scene: Scene, edge: Edge, found: tuple[Evidence, ...], bucket: Bucket, confidence: int) -> Pair:
    distance = _distance(scene.subject(edge[0]), scene.subject(edge[1]))
    return Pair(one=edge[0], other=edge[1], bucket=bucket, confidence=confidence, evidence=found, distance=distance)


def _evidence(scene: Scene, edge: Edge) -> tuple[Evidence, ...]:
    """Everything that speaks for a pair, in the order of its weight."""
    one, other = scene.subject(edge[0]), scene.subject(edge[1])
    found = set(scene.edges.get(edge, ()))
    if compare(one.captured, other.captured) is Moments.SAME:
        found.add(Evidence.CAPTURED)
    if stem(one.record.file_name) == stem(other.record.file_name) != "":
        found.add(Evidence.NAME)
    if one.look is not None and other.look is not None and is_close(one.look, other.look):
        found.add(Evidence.LOOK)
    return tuple(it for it in Evidence if it in found)


def _turned(scene: Scene, taken: set[AssetKey], refused: frozenset[Edge]) -> list[Pair]:
    """Pictures that are alike once turned or mirrored: shown to a person, never paired."""
    ones = [it for key, it in scene.ones.items() if key not in taken]
    others = [it for key, it in scene.others.items() if key not in taken]
    found: dict[Edge, int] = {}
    for one, other, distance in turned_neighbours(ones, others):
        edge = (one, other)
        if edge not in refused and edge not in scene.edges:
            found[edge] = min(distance, found.get(edge, distance))
    return [
        Pair(
            one=one,
            other=other,
            bucket=Bucket.REVIEW,
            confidence=max(1, _UNSURE[Evidence.TURNED] - distance),
            evidence=(Evidence.TURNED,),
            doubts=(Doubt.TURNED,),
        )
        for (one, other), distance in sorted(found.items())
    ]


def _best(review: Iterable[Pair]) -> tuple[Pair, ...]:
    """The most likely first, `SHOWN` of each asset of either library."""
    counts: defaultdict[AssetKey, int] = defaultdict(int)
    kept: list[Pair] = []
    for it in sorted(review, key=lambda pair: (-pair.confidence, pair.one, pair.other)):
        if counts[it.one] < SHOWN and counts[it.other] < SHOWN:
            counts[it.one] += 1
            counts[it.other] += 1
            kept.append(it)
    return tuple(kept)
