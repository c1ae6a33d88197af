"""Files as damage makes them: cut, flipped, with lengths that lie, blocks doubled or gone; the same for each seed everywhere."""

from __future__ import annotations

import random
from collections.abc import Callable

Mutation = Callable[[random.Random, bytearray], None]
_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_HEAD = 4096
"""Most of what describes a file stands in front: half of all damage falls there."""


def _place(dice: random.Random, data: bytearray) -> int:
    return dice.randrange(max(1, min(len(data), _HEAD if dice.random() < 0.5 else len(data))))


def _cut(dice: random.Random, data: bytearray) -> None:
    del data[_place(dice, data) :]


def _flip(dice: random.Random, data: bytearray) -> None:
    for _ in range(dice.choice((1, 1, 2, 8, 64))):
        data[_place(dice, data)] ^= 1 << dice.randrange(8)


def _lie(dice: random.Random, data: bytearray) -> None:
    """A number of 1, 2, 4 or 8 bytes, in either order, is as small or as large as it gets."""
    width, at = dice.choice((1, 2, 4, 8)), _place(dice, data)
    value = dice.choice(_EXTREMES) % (1 << 8 * width)
    data[at : at + width] = value.to_bytes(width, dice.choice(("big", "little")))


def _double(dice: random.Random, data: bytearray) -> None:
    at, length = _place(dice, data), dice.choice((1, 4, 16, 256, 4096))
    data[at:at] = data[at : at + length] * dice.choice((1, 2, 16))


def _lose(dice: random.Random, data: bytearray) -> None:
    at = _place(dice, data)
    del data[at : at + dice.choice((1, 4, 16, 256, 4096))]


def _blank(dice: random.Random, data: bytearray) -> None:
    at, length = _place(dice, data), dice.choice((4, 64, 1024))
    data[at : at + length] = bytes([dice.choice((0, 0xFF, 0x20))]) * min(length, len(data) - at)


def _noise(dice: random.Random, data: bytearray) -> None:
    at = _place(dice, data)
    data[at : at + 64] = dice.randbytes(64)


_ALL: tuple[Mutation, ...] = (_cut, _flip, _flip, _lie, _lie, _lie, _double, _lose, _blank, _noise)


def mutant(seed: int, data: bytes) -> bytes:
    """`data` after one to three accidents."""
    dice, damaged = random.Random(seed), bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 3))):
        if damaged:
            dice.choice(_ALL)(dice, damaged)
    return bytes(damaged)
