"""Fields into a copy of a file: written by ExifTool, read back, and the essence proven to be the original's.

The source is only ever read. Whatever ExifTool says of a write counts for nothing: the copy is followed like any file that
comes in, every value is read back, and the hash of the picture or film is held against the source's.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import mmap
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dambridge.files.config import ExifToolOptions
from dambridge.files.finding import find_exiftool
from dambridge.files.inspector import look
from dambridge.files.kinds import Kind
from dambridge.files.pool import BYTES_PER_SECOND
from dambridge.files.process import ExifToolProcess, ProcessLostError
from dambridge.files.reading import ARGUMENTS, Tag, metadata_from
from dambridge.model.records import Broken
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.files import NotEmbedded

WRITABLE: Final = frozenset({"jpeg", "tiff", "png", "pdf", "mp4", "mov"})
"""Formats that ExifTool was measured to write with everything else left as it was."""
_HASHED: Final = ("-api", "ImageHashType=SHA256", "-ImageDataHash")
_HASH: Final = "File:ImageDataHash"
_MARGIN: Final = 16 << 20
_PDF_UPDATE: Final = b"%BeginExifToolUpdate"


class FileEmbedder:
    """Writes one file at a time. May be used from several event loops; its process starts with the first file."""

    def __init__(self, options: ExifToolOptions | None = None) -> None:
        self._options = options or ExifToolOptions()
        self._lock = threading.Lock()
        self._process: ExifToolProcess | None = None

    async def embed(self, source: Path, target: Path, tags: Mapping[str, Tag], *, file_name: str) -> str:
        """Make `target` the file `source` with these tags; returns the SHA-256 of the essence that both have. Both are
        absolute paths.

        `tags` are ExifTool's names of XMP with text, texts (a list) or texts by language; without any no file is made.
        Raises `NotEmbedded` with a sentence, and leaves no target then; `CannotGoOn` where no usable ExifTool can be
        started."""
        return await asyncio.to_thread(self._embed, source, target, tags, file_name)

    async def close(self) -> None:
        """End the process. Safe to repeat."""
        await asyncio.to_thread(self._end)

    def _embed(self, source: Path, target: Path, tags: Mapping[str, Tag], file_name: str) -> str:
        values = target.with_name(f"{target.name}.json.part")
        with self._lock:
            try:
                kind, size = _writable(source, file_name)
                before = self._read(source, size)
                essence = _essence(source, kind, before)
                _unsigned(before)
                if tags:
                    _room_for(target, size)
                    target.unlink(missing_ok=True)
                    values.write_text(_json(tags), encoding="utf-8")
                    self._write(source, values, target, size)
                    self._prove(target, kind, tags, essence, file_name)
            except BaseException:
                target.unlink(missing_ok=True)
                raise
            finally:
                values.unlink(missing_ok=True)
        return essence

    def _write(self, source: Path, values: Path, target: Path, size: int) -> None:
        said = ""
        for _ in range(2):  # a process that is lost on a file gets one more try, as in reading
            target.unlink(missing_ok=True)
            try:
                said = self._running().write(source, values, target, seconds=self._seconds(size))
            except ProcessLostError as lost:
                said = str(lost)
                self._lost()
            if target.exists():
                return
        raise NotEmbedded(f"ExifTool would not write into it ({said[-200:] or 'it said nothing'}).")

    def _prove(self, target: Path, kind: Kind, tags: Mapping[str, Tag], essence: str, file_name: str) -> None:
        looked = look(target, file_name)
        if isinstance(looked, Broken):
            raise NotEmbedded(f"the copy came out broken: {looked.why}")
        answer = self._read(target, looked[3])
        if answer.get("ExifTool:Error"):
            raise NotEmbedded(f"the copy came out broken: {answer['ExifTool:Error']}")
        if looked[1] != kind or _essence(target, kind, answer) != essence:
            raise NotEmbedded("the picture, film or pages in the copy are not those of the original.")
        there = metadata_from(answer, kind).tags
        for name, wanted in sorted(tags.items()):
            if not _says(there.get(name), wanted):
                raise NotEmbedded(f"{name} does not stand in the copy as it was to be written.")

    def _read(self, path: Path, size: int) -> Mapping[str, Any]:
        """ExifTool's object for a file, with the hash of its essence."""
        for tries_left in (1, 0):
            try:
                found = self._running().read([*ARGUMENTS, *_HASHED], [path], seconds=self._seconds(size))
            except ProcessLostError as lost:
                self._lost()
                if not tries_left:
                    raise NotEmbedded(f"ExifTool could not get through it ({lost}).") from lost
            else:
                return found[0] if found else {}
        raise AssertionError("unreachable: the loop returns or raises")

    def _seconds(self, size: int) -> float:
        return self._options.patience.total_seconds() + 2 * size / BYTES_PER_SECOND

    def _running(self) -> ExifToolProcess:
        if self._process is None:
            program = find_exiftool(self._options.program).program
            self._process = ExifToolProcess(program, memory_bytes=self._options.memory_bytes)
        return self._process

    def _lost(self) -> None:
        if self._process is not None:
            self._process.kill()
        self._process = None

    def _end(self) -> None:
        with self._lock:
            if self._process is not None:
                self._process.close()
            self._process = None


def _writable(source: Path, file_name: str) -> tuple[Kind, int]:
    looked = look(source, file_name)
    if isinstance(looked, Broken):
        raise NotEmbedded(looked.why)
    _, kind, _, size = looked
    if kind.format not in WRITABLE:
        raise NotEmbedded(f"it is a {kind.mime_type} inside, and nothing is written into files of that kind.")
    return kind, size


def _room_for(target: Path, size: int) -> None:
    """ExifTool cannot be asked why it would not write: a disk without room is no fault of the file."""
    if (free := shutil.disk_usage(target.parent).free) < size + _MARGIN:
        raise CannotGoOn(
            f"The disk of the spool has {free} bytes left and a copy of {size} is due: make room, then go on."
        )


def _unsigned(answer: Mapping[str, Any]) -> None:
    """A signature over the file would not hold any more: that is not ours to break."""
    if "c2pa" in str(answer.get("JUMBF:JUMDLabel", "")):
        raise NotEmbedded("it carries a C2PA signature, which any write would break.")


def _essence(path: Path, kind: Kind, answer: Mapping[str, Any]) -> str:
    """The hash of picture data or streams; of a PDF, to which ExifTool only appends, that of all before its appendix."""
    if kind.format == "pdf":
        with path.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            end = data.find(_PDF_UPDATE)
            return hashlib.sha256(memoryview(data)[: end if end >= 0 else len(data)]).hexdigest()
    found = answer.get(_HASH)
    if not isinstance(found, str) or not found:
        raise NotEmbedded(
            "no hash of its picture or film can be made, so nobody could tell whether a copy has the same."
        )
    return found


def _json(tags: Mapping[str, Tag]) -> str:
    """The values as ExifTool takes them: never as options, whatever they hold. A plain write would drop other languages."""
    row: dict[str, Any] = {"SourceFile": "*"}
    for name, value in tags.items():
        if isinstance(value, Mapping):
            row.update({f"{name}-{language}": text for language, text in value.items()})
        else:
            row[name] = list(value) if isinstance(value, tuple) else value
    return json.dumps([row], ensure_ascii=False)


def _says(found: Tag | None, wanted: Tag) -> bool:
    """Whether what was read back is what was sent; languages that nobody sent may stand beside."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(found.get(it) == text for it, text in wanted.items())
    if isinstance(wanted, tuple):
        return found == wanted or (len(wanted) == 1 and found == wanted[0])
    return found == wanted
