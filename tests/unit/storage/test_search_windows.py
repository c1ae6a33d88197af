"""Blocks of numbers: windows are made of few, and of no number outside."""

from __future__ import annotations

import random

import pytest

from dambridge.storage import search_windows as windows


def _numbers(block: int) -> range:
    """By hand: the numbers in a block."""
    size = 2 ** (windows.SMALLEST + windows.STEP * (block % windows.SIZES))
    return range(block // windows.SIZES * size, (block // windows.SIZES + 1) * size)


@pytest.mark.parametrize("smallest", [1, 3])
def test_a_window_is_covered_by_few_blocks_and_nothing_below_it_is(
    smallest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "SMALLEST", smallest)
    monkeypatch.setattr(windows, "STEP", 2)
    draw = random.Random(smallest)
    for _ in range(300):
        high = draw.randint(1, 5000)
        size = draw.randint(1, 2 * high)
        low = windows.begins_at(high, size)
        assert low == max(0, low) <= max(0, high - size)
        assert high - low <= 1.25 * size + 2**smallest, "hardly larger than asked for"
        blocks = windows.blocks_between(low, high)
        met = [number for it in blocks for number in _numbers(it)]
        assert len(met) == len(set(met)), "each once"
        assert min(met) == low
        assert set(range(low, high)) <= set(met)
        assert max(met) < high + 2**smallest
        assert len(blocks) <= 3 * 2 * windows.SIZES + high // 2 ** (smallest + 6)


def test_the_newest_two_blocks_hold_the_last_number_and_a_block_before_it() -> None:
    small = 2**windows.SMALLEST
    for last in (0, 1, small - 1, small, 5 * small + 7, 9 * small - 1):
        low = windows.newest_begin(last)
        assert low in windows.blocks_between(low, last + 1) or low % small == 0
        assert last - low < 2 * small
        assert low == 0 or last - low >= small
