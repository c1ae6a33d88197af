"""Which pictures look alike, found without comparing each with each.

Two likenesses within `RADIUS` of 256 bits agree, but for one bit at most, in one of sixteen bands of sixteen bits: so each
is looked up under its bands and under what its bands become when one bit is turned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from dambridge.model.identity import AssetKey
from dambridge.model.pairing import GRID, CloseLook, Likeness, Subject

RADIUS = 31
"""Differing bits up to which two pictures count as alike. Measured (docs/decisions/0007): the same picture at another size and
quality differs by 24 at most, pictures of different things by 56 at least."""
BANDS, WIDTH = 16, 16
CROWD = 64
"""Lookalikes of one picture that are looked for; who has so many is told apart by no picture."""
_FLIPS = (0, *(1 << it for it in range(WIDTH)))
_MASK = (1 << WIDTH) - 1

CLOSE_WHOLE, CLOSE_PART = 0.12, 0.22
"""How far brightnesses may differ, measured in the picture's own changes from cell to cell: over the whole, and in the part
that differs most. Measured: of re-encoded pictures 93 in 100 stay below both; none that was framed anew by a hundredth."""
CLOSE_COLOUR = 6.0
SHAPES = 0.03
"""Share by which two aspects may differ: pictures of 150 pixels are rounded to whole ones."""
_BLOCKS = 8

Neighbours = Mapping[AssetKey, Sequence[tuple[AssetKey, int]]]
"""For each asset all others that look like it, with the bits that differ, the nearest first."""


class LikenessIndex:
    """Likenesses by their bands."""

    def __init__(self, entries: Iterable[tuple[AssetKey, int]]) -> None:
        self._bits = dict(entries)
        self._bands: list[dict[int, list[AssetKey]]] = [{} for _ in range(BANDS)]
        for key, bits in self._bits.items():
            for at, band in enumerate(_bands(bits)):
                self._bands[at].setdefault(band, []).append(key)

    def near(self, bits: int) -> Iterator[tuple[AssetKey, int]]:
        """All within `RADIUS`, each once, in no order."""
        met: set[AssetKey] = set()
        for at, band in enumerate(_bands(bits)):
            table = self._bands[at]
            for flip in _FLIPS:
                for key in table.get(band ^ flip, ()):
                    if key not in met:
                        met.add(key)
                        distance = (bits ^ self._bits[key]).bit_count()
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
    apart, changes = _by_blocks(one.luma, other.luma)
    if sum(apart) > allow * CLOSE_WHOLE * (sum(changes) + GRID * GRID / 2):
        return False
    cells = (GRID // _BLOCKS) ** 2
    return all(a <= allow * CLOSE_PART * (c + 2 * cells) for a, c in zip(apart, changes, strict=True))


def _by_blocks(one: bytes, other: bytes) -> tuple[list[int], list[float]]:
    """Per block: how far the two are apart, and how much either changes from cell to cell."""
    side = GRID // _BLOCKS
    apart, changes = [0] * _BLOCKS * _BLOCKS, [0.0] * _BLOCKS * _BLOCKS
    for at in range(GRID * GRID):
        y, x = divmod(at, GRID)
        block = y // side * _BLOCKS + x // side
        apart[block] += abs(one[at] - other[at])
        for it in (one, other):
            left, above = it[at - (x > 0)], it[at - GRID * (y > 0)]
            changes[block] += (abs(it[at] - left) + abs(it[at] - above)) / 2
    return apart, changes


def _bands(bits: int) -> Iterator[int]:
    for at in range(BANDS):
        yield bits >> at * WIDTH & _MASK
