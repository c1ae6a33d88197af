"""Windows of the newest copies, as PostgreSQL's text index knows them.

That index has no order: of a word that very many copies have, it gives all or any. So each copy stands in it under blocks of
numbers too, small ones and ever larger ones, and a question is asked of the newest blocks first: what is passed over costs
nothing, and what is found comes newest first.
"""

from __future__ import annotations

from collections.abc import Iterator

SMALLEST = 13
"""Bits of a number that do not tell the smallest block: one is of 8192 copies."""
STEP = 3
"""Bits by which the next larger block is larger."""
SIZES = 4
BLOCK = 1 << SMALLEST


def blocks_of(number: int) -> tuple[str, ...]:
    """The blocks of every size in which a copy stands, as words of the text index. No other holds a `#`."""
    return tuple(_block(size, number >> _bits(size)) for size in range(SIZES))


def blocks_between(low: int, high: int) -> Iterator[str]:
    """The fewest blocks in which all numbers from `low` to below `high` stand, and none lower. `low` begins a block."""
    while low < high:
        fitting = (size for size in reversed(range(SIZES)) if low % (1 << _bits(size)) == 0)
        size = next(it for it in fitting if it == 0 or low + (1 << _bits(it)) <= high)
        yield _block(size, low >> _bits(size))
        low += 1 << _bits(size)


def begins_at(number: int, size: int) -> int:
    """Where a window begins that ends before `number` and is at least so large: at a block as large as fits in it, so that it
    is made of few."""
    wanted = max(0, number - size)
    large = max((it for it in range(SIZES) if 1 << _bits(it) <= size), default=0)
    return wanted >> _bits(large) << _bits(large)


def _bits(size: int) -> int:
    return SMALLEST + STEP * size


def _block(size: int, at: int) -> str:
    return f"'#{'abcd'[size]}{at:x}'"
