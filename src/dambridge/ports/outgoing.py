"""The edge to files that go out: renditions made of originals, and rights embedded in whatever leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dambridge.model.records import Digest


class RenditionOrder(Protocol):
    """What a rendition is to look like; `policy.outlets.Rendition` is one."""

    @property
    def name(self) -> str: ...
    @property
    def longest(self) -> int | None: ...
    @property
    def format(self) -> str: ...
    @property
    def quality(self) -> int: ...
    @property
    def profile(self) -> str: ...
    @property
    def watermark(self) -> str: ...
    @property
    def opacity(self) -> float: ...


@dataclass(eq=False)
class NotRendered(Exception):
    """No rendition can be made of this file; `why` is a sentence for people. The file is as it was."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A rendition on disk: pixels of its sides, and in `notes` what people should know of how it was made."""

    path: Path
    width: int
    height: int
    mime_type: str
    notes: tuple[str, ...] = ()


class Renderer(Protocol):
    """Makes renditions of originals, the same bytes for the same original, order and version of the image library."""

    async def render(self, source: Path, target: Path, order: RenditionOrder, *, file_name: str) -> Rendered:
        """Make `target` a rendition of `source`; both are absolute paths, `file_name` is what people call the source. It
        carries pixels and a colour profile, and nothing that stood beside the picture.

        Raises `NotRendered`, and leaves no target then; `CannotGoOn` where the order itself cannot be carried out (no such
        format, no such profile, a watermark that is no picture)."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A file that is ready to leave. `essence` is the SHA-256 of its picture, film or pages whatever is written about them;
    `file_name` has the suffix of what the file became."""

    path: Path
    digest: Digest
    essence: str
    file_name: str
    notes: tuple[str, ...] = ()


class Outfitter(Protocol):
    """Makes the files that go out: the original or a rendition of it, with what is said about its rights inside."""

    async def make(
        self,
        source: Path,
        target: Path,
        tags: Mapping[str, str | tuple[str, ...] | Mapping[str, str]],
        *,
        file_name: str,
        order: RenditionOrder | None = None,
    ) -> Outgoing:
        """Make `target` of `source`: a rendition as ordered, or the original, and embed the tags (`mapping.outward_tags`).

        Raises `ports.files.NotEmbedded` where the file cannot carry them (camera raw, a signature, a kind that nothing is
        written into) or where there is nothing to be said, `NotRendered` where no rendition can be made, `CannotGoOn` where
        the order or this machine is at fault. Leaves no target on failure."""
        ...

    async def recipe(self, order: RenditionOrder | None) -> str:
        """A digest of everything but source and tags that decides about the file, the watermark's bytes included: part of
        the fingerprint by which a publication knows that its file is out of date. Raises `CannotGoOn` as `make` does."""
        ...

    async def close(self) -> None: ...
