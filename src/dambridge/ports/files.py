"""The edge to files on this machine: a spool for originals on their way, and a reader of what stands inside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dambridge.model.records import Broken, Digest, EmbeddedMetadata


@dataclass(frozen=True, slots=True)
class Spooled:
    """An original on disk, complete and hashed."""

    path: Path
    digest: Digest


class Spool(Protocol):
    """Keeps originals on their way. Names come from `name` (an action's id), so a second fetch replaces the first."""

    async def keep(self, name: str, chunks: AsyncIterator[bytes], *, expected_size: int | None) -> Spooled:
        """Write the chunks, hashing on the way. Raises `TryLater` when fewer or more bytes came than announced, and
        `CannotGoOn` when the disk is full or nearly so. Leaves nothing behind on failure."""
        ...

    async def find(self, name: str) -> Spooled | None:
        """What was kept under `name` before a restart, hashed anew; None if there is nothing whole."""
        ...

    def read(self, spooled: Spooled) -> AsyncIterator[bytes]:
        """The bytes again, from the start."""
        ...

    async def drop(self, name: str) -> None:
        """Forget it. Safe to repeat."""
        ...

    async def purge(self, keep: Sequence[str]) -> int:
        """Remove whatever is not named in `keep`; returns the bytes freed."""
        ...


class Inspector(Protocol):
    """Reads the metadata inside files and tells sound files from broken ones."""

    async def inspect(self, path: Path, *, file_name: str) -> EmbeddedMetadata | Broken:
        """What stands inside. A file that is empty, cut or not what its content claims is `Broken`, with a sentence why."""
        ...

    async def close(self) -> None: ...


@dataclass(eq=False)
class NotEmbedded(Exception):
    """Fields could not be written into a copy of this file; `why` is a sentence for people. The file is as it was.

    `sealed` says that it might be written into and is not, because a signature over it would not hold any more."""

    why: str
    sealed: bool = False


class Embedder(Protocol):
    """Writes fields into copies of files and proves that nothing else became of them."""

    async def embed(
        self,
        source: Path,
        target: Path,
        tags: Mapping[str, str | tuple[str, ...] | Mapping[str, str]],
        *,
        file_name: str,
    ) -> str:
        """Make `target` the file `source` with these tags; returns the SHA-256 of the essence that both have. Without tags
        no file is made. Raises `NotEmbedded`, and leaves no target then."""
        ...

    async def side_car(
        self,
        source: Path,
        target: Path,
        tags: Mapping[str, str | tuple[str, ...] | Mapping[str, str]],
        *,
        file_name: str,
    ) -> None:
        """Make `target` an XMP file that says these tags beside what the XMP inside `source` says: for a file into which
        nothing may be written. Raises as `embed` does."""
        ...

    async def close(self) -> None: ...
