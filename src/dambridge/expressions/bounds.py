"""The bounds that keep a rule small, judged from its source alone: length, macros, and how far texts could grow.

CEL itself stops after 9,999 steps of comprehension and 32 levels of nesting; what it does not bound is memory, and how long
`matches` looks. A text grows by `+` and is multiplied by every `map` over what an earlier one made, so the product of the
two is limited. A pattern must stand in the rule: then its size is known, and with the texts that it is held against the time
that it may take.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
_MATCHES = re.compile(r"\bmatches\s*\(")
_WITH_PATTERN = re.compile(r"\.\s*matches\s*\(\s*[rR]?''\s*\)")
_PATTERN = re.compile(rf"\.\s*matches\s*\(\s*[rR]?({_QUOTED.pattern})", re.DOTALL)
_PIECE = re.compile(r"\\[pP]|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\{(\d+)(,?)(\d*)\}|.", re.DOTALL)
_PATTERNS_STEP = 16
"""Places of a pattern that are looked at in the time that a character of other rules takes."""
_MOST_STEPS = 9_999


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
    if len(_MATCHES.findall(bare)) > len(_WITH_PATTERN.findall(bare)):
        return "The pattern of `matches` must stand in the rule: write `text.matches('…')`."
    return None


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a rule may look: the size of its patterns together, and how deep its loops are nested."""

    patterns: int
    depth: int

    def weight(self, *, texts: int, lists: int, items: int) -> int:
        """The weight of values of these sizes, the longest list having so many `items`. Where patterns are held against them,
        inside of loops as often as those go round; the list that is looped over is gone through once by its own loop."""
        if not self.patterns:
            return texts + lists
        rounds = min(items**self.depth, _MOST_STEPS) if self.depth else 1
        within = min(items ** (self.depth - 1), _MOST_STEPS) if self.depth else 1
        return max(texts + lists, self.patterns * (texts * rounds + lists * within) // _PATTERNS_STEP)


def effort_of(source: str) -> Effort:
    """Of a rule in which nothing is in excess."""
    found = [it[1] for it in _PATTERN.finditer(source)]
    return Effort(sum(_size(it) for it in found), _depth(_QUOTED.sub("''", source)))


def _depth(bare: str) -> int:
    """How many loops stand in each other at most."""
    loops = {it.end() - 1 for it in _MACRO.finditer(bare)}
    open_now: list[bool] = []
    deepest = 0
    for at, sign in enumerate(bare):
        if sign == "(":
            open_now.append(at in loops)
            deepest = max(deepest, sum(open_now))
        elif sign == ")" and open_now:
            open_now.pop()
    return deepest


def _size(pattern: str) -> int:
    """How many places a pattern has at most, what is counted in it written out."""
    sizes = [0]
    last = 0
    for piece in _PIECE.finditer(pattern):
        text = piece[0]
        if piece[1]:
            more = last * (max(int(piece[1]) + bool(piece[2]), int(piece[3] or 0)) - 1)
            sizes[-1] += max(more, 0)
            last += max(more, 0)
        elif text == "(":
            sizes.append(0)
        elif text == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        else:
            last = {"\\p": 64, "\\P": 64, ".": 4}.get(text, 4 if text[0] == "[" else 1)
            sizes[-1] += last
    return sum(sizes)


def _growth(additions: int, maps: int) -> float:
    """The largest product of growth that so many additions can make, spread evenly over so many nested maps."""
    levels = maps + 1
    return float(((additions + levels) / levels) ** levels)
