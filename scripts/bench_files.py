"""Files per second, for each format: read and written by dambridge with all its proofs, and by a bare ExifTool without any.

The bare one is a single process over all files at once, the quickest way there is. The files are small, so that what is measured
is the work on metadata; by the processor's clock and by the wall's, the processes that were started included.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dambridge.files import ExifToolOptions, FileEmbedder, FileInspector, find_exiftool
from dambridge.files.reading import ARGUMENTS
from dambridge.mapping import own_tags
from dambridge.model.records import EmbeddedMetadata
from dambridge.model.values import FieldName, LangAlt, Value

SAID: dict[FieldName, Value] = {
    FieldName("title"): LangAlt.of({"x-default": "Harbour", "de": "Hafen"}),
    FieldName("description"): LangAlt.plain("A caption that is as long as captions are, with a place and a day. " * 4),
    FieldName("keywords"): ("harbour", "boat", "dawn", "a, b"),
    FieldName("creator"): ("A. Field",),
    FieldName("credit"): "Riverbend",
    FieldName("copyright_notice"): LangAlt.plain("© 2026 Riverbend"),
}
BARE = {"XMP-dc:Title-x-default": "Harbour", "XMP-dc:Creator": "A. Field", "XMP-photoshop:Credit": "Riverbend"}


def makers() -> dict[str, Callable[[], bytes]]:
    """File name to the function that makes it, the same files as in the tests."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
    from support.kinds_of_files import MAKERS  # noqa: PLC0415 - the tests' folder is on the path now

    return MAKERS


@contextmanager
def measured(into: dict[str, Any], count: int) -> Iterator[None]:
    wall, cpu = time.monotonic(), _cpu()
    yield
    into["files_per_s"] = round(count / (time.monotonic() - wall), 1)
    into["files_per_cpu_s"] = round(count / max(_cpu() - cpu, 1e-6), 1)


def _cpu() -> float:
    uses = (resource.getrusage(it) for it in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(it.ru_utime + it.ru_stime for it in uses)


async def _read(paths: Sequence[Path], name: str) -> None:
    inspector = FileInspector(ExifToolOptions(workers=os.cpu_count() or 1))
    found = await asyncio.gather(*(inspector.inspect(it, file_name=name) for it in paths))
    await inspector.close()
    if not all(isinstance(it, EmbeddedMetadata) and "XMP-dc:Title" in it.tags for it in found):
        raise SystemExit(f"{name}: not every file was read")


async def _write(paths: Sequence[Path], name: str) -> None:
    embedder, tags = FileEmbedder(), own_tags(SAID)
    for path in paths:
        await embedder.embed(path, path.with_suffix(".said"), tags, file_name=name)
    await embedder.close()


def _bare(arguments: Sequence[str], paths: Sequence[Path]) -> None:
    program = str(find_exiftool().program)
    command = [program, "-config", "", "-api", "LargeFileSupport=1", *arguments, *(str(it) for it in paths)]
    subprocess.run(command, check=True, capture_output=True)


def row_files(count: int) -> dict[str, Any]:
    """A row for each format: reading and writing, ours and bare, and the ratio of the two by the processor's clock."""
    return {name: _format(name, make(), count) for name, make in makers().items()}


def _format(name: str, data: bytes, count: int) -> dict[str, Any]:
    row: dict[str, Any] = {key: {} for key in ("write", "bare_write", "read", "bare_read")}
    with tempfile.TemporaryDirectory(prefix="dambridge-bench-") as folder:
        paths = [Path(folder, f"{number}{Path(name).suffix}") for number in range(count)]
        for path in paths:
            path.write_bytes(data)
        with measured(row["write"], count):
            asyncio.run(_write(paths, name))
        said = [path.with_suffix(".said") for path in paths]
        with measured(row["read"], count):
            asyncio.run(_read(said, name))
        with measured(row["bare_read"], count):
            _bare(ARGUMENTS, said)
        with measured(row["bare_write"], count):
            _bare(["-overwrite_original", *(f"-{tag}={text}" for tag, text in BARE.items())], paths)
    for what in ("read", "write"):
        row[f"{what}_ratio"] = round(row[what]["files_per_cpu_s"] / row[f"bare_{what}"]["files_per_cpu_s"], 2)
    return row
