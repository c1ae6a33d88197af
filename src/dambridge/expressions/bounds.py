"""The bounds that keep a rule small, judged from its source alone: length, macros, and how far texts could grow.

CEL itself stops after 9,999 steps of comprehension and 32 levels of nesting; what it does not bound is memory. A text
grows by `+` and is multiplied by every `map` over what an earlier one made, so the product of the two is limited.
"""

from __future__ import annotations

import re

LONGEST_SOURCE = 2_000
"""Characters of one rule."""
MOST_MACROS = 8
"""Comprehensions (`all`, `exists`, `exists_one`, `filter`, `map`) in one rule."""
MOST_GROWTH = 1_024
"""How many times the size of its inputs a rule may build."""
LARGEST_TEXT = 64 * 1024
"""Bytes of any text going in or coming out of a function of ours."""

MOST_WEIGHT = 4 * 1024 * 1024
"""What all rules of a map together may be given to look at for one asset: a hundred times what a rich one has."""

_QUOTED = re.compile(r"""\"\"\".*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL)
_MACRO = re.compile(r"\.\s*(all|exists|exists_one|existsOne|filter|map)\s*\(")


def find_excess(source: str) -> str | None:
    """Say in a sentence what is too much about this rule, or None."""
    if len(source) > LONGEST_SOURCE:
        return f"The rule has {len(source):,} characters; {LONGEST_SOURCE:,} is the most. Split it."
    bare = _QUOTED.sub("''", source)
    macros = [it[1] for it in _MACRO.finditer(bare)]
    if len(macros) > MOST_MACROS:
        return f"The rule loops {len(macros)} times over lists; {MOST_MACROS} is the most. Split it."
    if _growth(bare.count("+") + bare.count(","), macros.count("map")) > MOST_GROWTH:
        return "The rule builds texts inside loops inside loops and could fill the memory. Add less, or loop less."
    return None


def _growth(additions: int, maps: int) -> float:
    """The largest product of growth that so many additions can make, spread evenly over so many nested maps."""
    levels = maps + 1
    return float(((additions + levels) / levels) ** levels)
