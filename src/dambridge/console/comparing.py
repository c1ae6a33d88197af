"""What differs between two texts, word by word, so that the eye finds it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|[^\s;,]+|[;,]")
LONGEST = 4000
"""Characters up to which words are held against each other; longer ones are marked whole."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text, and whether it is not in the other one."""

    text: str
    differs: bool


def marked(base: str, text: str) -> tuple[Piece, ...]:
    """The text in pieces; joined they are the text."""
    if text == base or not text:
        return (Piece(text, False),) if text else ()
    if not base or len(base) + len(text) > LONGEST:
        return (Piece(text, bool(base)),)
    before, after = _WORDS.findall(base), _WORDS.findall(text)
    pieces = []
    for kind, _, _, start, stop in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if found := "".join(after[start:stop]):
            pieces.append(Piece(found, kind != "equal"))
    return tuple(pieces)
