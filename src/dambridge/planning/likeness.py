"""Which pictures look alike, found without comparing each with each.

Two likenesses within `RADIUS` of 256 bits agree, but for one bit at most, in one of sixteen bands of sixteen bits: so each
is looked up under its bands and under what its bands become when one bit is turned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from struct import unpack

from dambridge.model.identity import AssetKey
from dambridge.model.pairing import GRID, CloseLook, Likeness, Subject

RADIUS = 31
"""Differing bits up to which two pictures count as alike. Measured (docs/decisions/0007): the same picture at another size and
quality differs by 24 at most, pictures of different things by 56 at least."""
BANDS, WIDTH = 16, 16
CROWD = 64
"""Lookalikes of one picture that are looked for; who has so many is told apart by no picture."""
_FLIPS = (0, *(1 << it for it in range(WIDTH)))

CLOSE_WHOLE, CLOSE_PART = 0.08, 0.10
"""How far brightnesses may differ, measured in the picture's own changes from cell to cell: over the whole, and in the part
that differs most (docs/decisions/0007 has the figures)."""
NOISE = 2
"""Levels of 256 by which any two savings of a picture may differ in any cell."""
CLOSE_COLOUR = 6.0
SHAPES = 0.03
"""Share by which two aspects may differ: pictures of 150 pixels are rounded to whole ones."""
_BLOCKS = 8

Neighbours = Mapping[AssetKey, Sequence[tuple[AssetKey, int]]]
"""For each asset all others that look like it, with the bits that differ, the nearest first."""


class LikenessIndex:
    """Likenesses by their bands."""

    def __init__(self, entries: Iterable[tuple[AssetKey, int]]) -> None:
        self._entries = list(entries)
        self._bands: list[dict[int, list[int]]] = [{} for _ in range(BANDS)]
        for place, (_, bits) in enumerate(self._entries):
            for table, band in zip(self._bands, _bands(bits), strict=True):
                table.setdefault(band, []).append(place)

    def near(self, bits: int) -> Iterator[tuple[AssetKey, int]]:
        """All within `RADIUS`, each once, in no order."""
        met: set[int] = set()
        for table, band in zip(self._bands, _bands(bits), strict=True):
            for flip in _FLIPS:
                for place in table.get(band ^ flip, ()):
                    if place not in met:
                        met.add(place)
                        key, own = self._entries[place]
                        distance = (bits ^ own).bit_count()
                        if distance <= RADIUS:
                            yield key, distance


def neighbours(subjects: Iterable[Subject]) -> Neighbours:
    """Who looks like whom among all of these, whichever library they are in."""
    seen = {it.key: it.likeness for it in subjects if it.likeness is not None}
    index = LikenessIndex((key, it.bits) for key, it in sorted(seen.items()))
    found: dict[AssetKey, Sequence[tuple[AssetKey, int]]] = {}
    for key, mine in seen.items():
        near = islice((it for it in index.near(mine.bits) if it[0] != key), CROWD)
        found[key] = tuple(sorted(near, key=lambda it: (it[1], it[0])))
    return found


def turned_neighbours(ones: Sequence[Subject], others: Sequence[Subject]) -> Iterator[tuple[AssetKey, AssetKey, int]]:
    """Pairs across the two libraries that are alike once one of them is turned or mirrored."""
    index = LikenessIndex((it.key, it.likeness.bits) for it in others if it.likeness is not None)
    for it in ones:
        for bits in it.likeness.turned if it.likeness else ():
            for key, distance in islice(index.near(bits), CROWD):
                yield it.key, key, distance


def same_shape(one: Likeness, other: Likeness) -> bool:
    """Whether height and width are in the same proportion, as in every copy that was not cut."""
    return abs(one.aspect - other.aspect) <= SHAPES * max(one.aspect, other.aspect)


def same_colours(one: CloseLook, other: CloseLook) -> bool:
    pairs = zip(one.chroma, other.chroma, strict=True)
    return sum(abs(a - b) for a, b in pairs) <= CLOSE_COLOUR * len(one.chroma)


def is_close(one: CloseLook, other: CloseLook, *, allow: float = 1.0) -> bool:
    """Whether the two differ by no more than `allow` times what a file saved anew does, in the whole and in every part:
    somebody who moved between two frames of a burst shows in one part, a camera that moved in all."""
    whole, part = _apart(one.luma, other.luma)
    return whole <= allow * CLOSE_WHOLE and part <= allow * CLOSE_PART


@lru_cache(maxsize=1 << 13)
def _apart(one: bytes, other: bytes) -> tuple[float, float]:
    """How far the two are apart in the whole, and in the block where they are farthest."""
    side = GRID // _BLOCKS
    apart, changes = [0] * _BLOCKS * _BLOCKS, [0.0] * _BLOCKS * _BLOCKS
    for at in range(GRID * GRID):
        y, x = divmod(at, GRID)
        block = y // side * _BLOCKS + x // side
        apart[block] += max(0, abs(one[at] - other[at]) - NOISE)
        for near in (at - (x > 0), at + (x < GRID - 1), at - GRID * (y > 0), at + GRID * (y < GRID - 1)):
            changes[block] += abs(one[at] - one[near]) + abs(other[at] - other[near])
    changes = [it / 4 for it in changes]
    whole = sum(apart) / (sum(changes) + GRID * GRID / 2)
    return whole, max(a / (c + 4 * side * side) for a, c in zip(apart, changes, strict=True))


def _bands(bits: int) -> tuple[int, ...]:
    return unpack("<16H", bits.to_bytes(BANDS * WIDTH // 8, "little"))
