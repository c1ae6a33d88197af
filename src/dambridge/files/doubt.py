"""What following a file's structure may leave behind."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Doubt:
    """A sentence on what is missing. `certain` when no decoder need be asked: nothing could read such a file."""

    says: str
    certain: bool = False
