"""The port `Outfitter`: a file for an outlet, made of the original or a rendition of it, with its rights inside.

A picture whose rights cannot be written into it does not leave: there is no way around the embedder.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePath

from dambridge.files.config import ExifToolOptions, RenderingOptions
from dambridge.files.embedding import FileEmbedder
from dambridge.files.formats import TABLE
from dambridge.files.reading import Tag
from dambridge.files.rendering import SUFFIXES
from dambridge.files.renditions import FileRenderer, recipe_of
from dambridge.model.records import Digest
from dambridge.ports.files import NotEmbedded
from dambridge.ports.outgoing import Outgoing, RenditionOrder

_PIECE = 1 << 20
_KNOWN = frozenset(it for row in TABLE for it in (*row.suffixes, *row.names)) | {"bmp", "ai"}
_AS_IT_IS = "original"


class FileOutfitter:
    """Writes one file at a time, makes several renditions at once. Processes start with the first file."""

    def __init__(self, exiftool: ExifToolOptions | None = None, rendering: RenderingOptions | None = None) -> None:
        self._embedder = FileEmbedder(exiftool, make_old_block=True)
        self._renderer = FileRenderer(rendering)

    async def make(
        self,
        source: Path,
        target: Path,
        tags: Mapping[str, Tag],
        *,
        file_name: str,
        order: RenditionOrder | None = None,
    ) -> Outgoing:
        """Make `target` of `source`; all paths are absolute. Raises as the port says."""
        if not tags:
            raise NotEmbedded("nothing is known of its rights, so nothing could be written into it.")
        # ExifTool goes by the suffixes of what it reads and makes; these are none that it knows.
        bare, made = target.with_name(f"{target.name}.bare"), target.with_name(f"{target.name}.made")
        notes: tuple[str, ...] = ()
        try:
            if order is not None:
                notes = (await self._renderer.render(source, bare, order, file_name=file_name)).notes
                file_name = renamed(file_name, order.format)
                source = bare
            essence = await self._embedder.embed(source, made, tags, file_name=file_name)
            digest = await asyncio.to_thread(_digest, made)
            made.replace(target)
        finally:
            bare.unlink(missing_ok=True)
            made.unlink(missing_ok=True)
        return Outgoing(path=target, digest=digest, essence=essence, file_name=file_name, notes=notes)

    async def recipe(self, order: RenditionOrder | None) -> str:
        """What decides about the file beside source and tags, as a digest. Raises `CannotGoOn`."""
        return _AS_IT_IS if order is None else await asyncio.to_thread(recipe_of, order)

    async def close(self) -> None:
        """End all processes. Safe to repeat."""
        await self._renderer.close()
        await self._embedder.close()


def renamed(file_name: str, kind: str) -> str:
    """The name with the suffix of what the file became; what stands after a dot and names no kind of file is no suffix."""
    name = PurePath(file_name)
    stem = name.stem if name.suffix.lower().lstrip(".") in _KNOWN else name.name
    return stem + SUFFIXES[kind]


def _digest(path: Path) -> Digest:
    sha256, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with path.open("rb") as opened:
        while piece := opened.read(_PIECE):
            size += len(piece)
            sha256.update(piece)
            md5.update(piece)
    return Digest(size=size, sha256=sha256.hexdigest(), md5=md5.hexdigest())
