"""Patterns over paths of galleries and folders: `*` within a name, `**` over any number of names, none included."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = [part for part in unicodedata.normalize("NFC", pattern).strip("/").split("/") if part]
    text = ""
    for part in parts:
        if part == "**":
            text += r"(?:/[^/]+)*"
        else:
            piece = "".join("[^/]*" if it == "*" else "[^/]" if it == "?" else re.escape(it) for it in part)
            text += f"/{piece}"
    return re.compile(text)


def matches(path: str, pattern: str) -> bool:
    """Whether `pattern` covers the whole `path`. Both are compared in composed Unicode form; case counts."""
    return _compiled(pattern).fullmatch("/" + unicodedata.normalize("NFC", path).strip("/")) is not None


def matches_any(path: str, patterns: Sequence[str]) -> bool:
    return any(matches(path, it) for it in patterns)
