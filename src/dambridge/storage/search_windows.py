"""Windows of numbers, as PostgreSQL's text index knows them.

That index has no order: of a word that very many copies have, it leads to all or to any. So it knows of each copy in which blocks
of numbers it stands as well, small ones and ever larger ones, and a question can be put to the newest blocks first: what lies
outside of them is passed over, and costs nothing.
"""

from __future__ import annotations

SMALLEST = 12
"""Bits of a number that do not tell the smallest block: one is of 4096 copies."""
STEP = 3
"""Bits by which the next larger block is larger."""
SIZES = 4


def blocks_of(number: str) -> str:
    """In SQL, the blocks of every size in which the copy of this number stands."""
    return f"(ARRAY[{', '.join(f'({number} >> {_bits(it)}) * {SIZES} + {it}' for it in range(SIZES))}])"


def newest_blocks(last: str) -> str:
    """In SQL, the two newest of the smallest blocks."""
    return f"ARRAY[({last} >> {SMALLEST}) * {SIZES}, (({last} >> {SMALLEST}) - 1) * {SIZES}]"


def newest_begin(last: int) -> int:
    """The lowest number in these."""
    return max(0, (last >> SMALLEST) - 1) << SMALLEST


def blocks_between(low: int, high: int) -> list[int]:
    """Few blocks in which all numbers from `low` to below `high` stand, and none that is lower; `low` begins a block."""
    found: list[int] = []
    while low < high:
        fitting = [it for it in range(SIZES) if low % (1 << _bits(it)) == 0 and low + (1 << _bits(it)) <= high]
        size = max(fitting, default=0)
        found.append((low >> _bits(size)) * SIZES + size)
        low += 1 << _bits(size)
    return found


def begins_at(number: int, size: int) -> int:
    """Where a window begins that ends before `number` and is at least so large, and hardly larger: at a block as large as a
    quarter of it, so that it is made of few."""
    large = max((it for it in range(SIZES) if 4 << _bits(it) <= size), default=0)
    return max(0, number - size) >> _bits(large) << _bits(large)


def _bits(size: int) -> int:
    return SMALLEST + STEP * size
