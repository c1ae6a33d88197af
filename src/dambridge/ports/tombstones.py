"""The tombstone journal: what must not come back, on record beside the store, so that it outlives the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from dambridge.model.tombstones import Tombstone


class TombstoneJournal(Protocol):
    """Grows only. Blocks while it works: small files, few lines; call it from a thread."""

    def append(self, tombstones: Sequence[Tombstone]) -> None:
        """Write them; returns when they would outlive a power cut. Raises `CannotGoOn` where that cannot be."""
        ...

    def read(self) -> Iterator[Tombstone]:
        """All of them in the order in which they were written; of two for one asset the later counts.

        A last line that was cut while it was being written is passed over and logged. Raises `CannotGoOn` for damage anywhere
        else, before anything that stands after it is given."""
        ...
