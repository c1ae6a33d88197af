"""What would have to be read next to pair two libraries, in the fewest calls and bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from dambridge.model.identity import AssetKey
from dambridge.model.pairing import Doubt, Evidence, Fact, Subject
from dambridge.model.records import MediaType
from dambridge.planning.moments import is_precise
from dambridge.planning.pairing import Scene, identity_pairs, judge

PICTURES = frozenset({MediaType.IMAGE, MediaType.RAW})


def open_questions(scene: Scene) -> dict[Fact, tuple[AssetKey, ...]]:
    """What would have to be read next, the cheapest and surest first: one kind of fact at a time, and of each only where an
    answer can still change something. Empty when nothing is left to ask."""
    every = {**scene.ones, **scene.others}
    for fact, wanted in (
        (Fact.DIGEST, _sizes_met(every)),
        (Fact.LIKENESS, _pictures(scene)),
        (Fact.CAPTURED, _undated(scene)),
        (Fact.LOOK, _unseen(scene)),
    ):
        asked = tuple(sorted(key for key in wanted if fact not in every[key].tried))
        if asked:
            return {fact: asked}
    return {}


def _sizes_met(every: Mapping[AssetKey, Subject]) -> set[AssetKey]:
    """Files of one size, of which two that are not known by a common kind of hash may be the same."""
    sizes: defaultdict[int, list[Subject]] = defaultdict(list)
    for it in every.values():
        if it.record.size:
            sizes[it.record.size].append(it)
    wanted: set[AssetKey] = set()
    for group in sizes.values():
        kinds = [set(it.digests) for it in group]
        if len(group) > 1 and not set.intersection(*kinds):
            best = max(("sha256", "md5"), key=lambda name: sum(name in it for it in kinds))
            wanted |= {it.key for it in group if best not in it.digests}
    return wanted


def _pictures(scene: Scene) -> set[AssetKey]:
    """All pictures of both libraries as long as either has one unpaired: those paired already may be what an unpaired one is
    mistaken for."""
    paired = identity_pairs(scene)
    sides = [[it for it in side.values() if it.record.media_type in PICTURES] for side in (scene.ones, scene.others)]
    if not all(any(it.key not in paired for it in side) for side in sides):
        return set()
    return {it.key for side in sides for it in side if it.likeness is None}


def _undated(scene: Scene) -> set[AssetKey]:
    """Pictures that look alike across the libraries, and whatever either could be mistaken for, without a moment."""
    paired = identity_pairs(scene)
    wanted: set[AssetKey] = set()
    for edge, evidence in scene.edges.items():
        if Evidence.LIKENESS in evidence and not set(edge) & paired:
            wanted.update(edge)
            wanted.update(key for end in edge for key, _ in scene.near.get(end, ()))
    return {key for key in wanted if not is_precise(scene.subject(key).captured)}


def _unseen(scene: Scene) -> set[AssetKey]:
    """Pairs that a closer look alone can still make certain."""
    wanted: set[AssetKey] = set()
    for edge in scene.edges:
        level, doubts = judge(scene, edge)
        if level and doubts == (Doubt.NOT_SEEN_CLOSELY,):
            wanted.update(edge)
    return wanted
