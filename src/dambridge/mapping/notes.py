"""Notes of ours in fields of people: known by how they begin, and no value of an asset."""

from __future__ import annotations

NOTE_MARK = "[dambridge]"


def is_note(text: str) -> bool:
    return text.startswith(NOTE_MARK)
