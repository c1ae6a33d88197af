"""Patterns over paths of galleries and folders: `*` within a name, `**` over any number of names, none included."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    """No pattern can run away: between two wildcards the first fit is as good as any later one, so it is held (`(?>…)`), and
    only the last wildcard of a name, and of a path, is tried at more places than one."""
    blocks: list[list[str]] = [[]]
    for part in unicodedata.normalize("NFC", pattern).strip("/").split("/"):
        if part == "**":
            blocks.append([])
        elif part:
            blocks[-1].append(part)
    first, *rest = ["".join(f"/{_name(it)}(?=/|\\Z)" for it in block) for block in blocks]
    if not rest:
        return re.compile(first)
    held = "".join(f"(?>(?:/[^/]+)*?{it})" for it in rest[:-1] if it)
    return re.compile(f"{first}{held}(?:/[^/]+)*{rest[-1]}")


def _name(part: str) -> str:
    """One name of a path."""
    first, *rest = ["".join("[^/]" if it == "?" else re.escape(it) for it in piece) for piece in part.split("*")]
    if not rest:
        return first
    held = "".join(f"(?>[^/]*?{it})" for it in rest[:-1] if it)
    return f"{first}{held}[^/]*{rest[-1]}"


def matches(path: str, pattern: str) -> bool:
    """Whether `pattern` covers the whole `path`. Both are compared in composed Unicode form; case counts."""
    return _compiled(pattern).fullmatch("/" + unicodedata.normalize("NFC", path).strip("/")) is not None


def matches_any(path: str, patterns: Sequence[str]) -> bool:
    return any(matches(path, it) for it in patterns)
