"""The port `Inspector`: is this file whole, and what stands inside it?"""

from __future__ import annotations

import asyncio
import mmap
from pathlib import Path

from dambridge.files.config import ExifToolOptions
from dambridge.files.formats import READABLE
from dambridge.files.kinds import Kind, contradiction, kind_of
from dambridge.files.pool import ExifToolPool, UnreadableError
from dambridge.files.reading import ARGUMENTS, metadata_from
from dambridge.files.soundness import broken_because
from dambridge.model.records import Broken, EmbeddedMetadata


class FileInspector:
    """Reads files of this machine. May be used from several event loops; processes start with the first file."""

    def __init__(self, options: ExifToolOptions | None = None) -> None:
        self._pool = ExifToolPool(options or ExifToolOptions(), ARGUMENTS)

    async def inspect(self, path: Path, *, file_name: str) -> EmbeddedMetadata | Broken:
        """What stands inside `path`; `file_name` is what people call it. `Broken` with a sentence when it is empty, cut or
        not what it promises. Raises `CannotGoOn` when no usable ExifTool can be started, `OSError` if it cannot be read."""
        looked = await asyncio.to_thread(look, path, file_name)
        if isinstance(looked, Broken):
            return looked
        target, kind, oddities, size = looked
        if kind.format not in READABLE:
            return metadata_from({}, kind, oddities=oddities)
        try:
            answer = await asyncio.wrap_future(self._pool.submit(target, size))
        except UnreadableError as problem:
            return Broken(f"ExifTool could not get through this file, alone and twice ({problem}). Look at it by hand.")
        return metadata_from(answer, kind, oddities=oddities)

    async def close(self) -> None:
        """End the processes. Safe to repeat."""
        await asyncio.to_thread(self._pool.close)


def look(path: Path, file_name: str) -> tuple[Path, Kind, tuple[str, ...], int] | Broken:
    """Absolute path, kind, oddities and size of a file that is whole, else why it is not."""
    with path.open("rb") as opened:
        size = opened.seek(0, 2)
        if size == 0:
            return Broken("The file is empty: have the original delivered again.", empty=True)
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            kind = kind_of(data, file_name=file_name)
            if (why := contradiction(kind, file_name=file_name)) is not None:
                return Broken(why)
            broken, odd = broken_because(data, kind)
    if broken is not None:
        return Broken(broken)
    return path.absolute(), kind, (odd,) if odd else (), size
