"""Fields into a copy of a file: written by ExifTool, read back, and the essence proven to be the original's.

The source is only ever read. Whatever ExifTool says of a write counts for nothing: the copy is followed like any file that
comes in, every value is read back, and the hash of the picture or film is held against the source's.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import mmap
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from dambridge.files.config import ExifToolOptions
from dambridge.files.essence import HASHED, essence_of
from dambridge.files.finding import find_exiftool
from dambridge.files.formats import BY_NAME, WRITABLE
from dambridge.files.iim_writing import RIGHTS_DATES, BlockBroken, rewritten, twins
from dambridge.files.inspector import look
from dambridge.files.kinds import Kind
from dambridge.files.pool import BYTES_PER_SECOND
from dambridge.files.process import ExifToolProcess, ProcessLostError
from dambridge.files.reading import ARGUMENTS, Tag, metadata_from, raw_block
from dambridge.files.spelling import row
from dambridge.model.records import Broken
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.files import NotEmbedded

_MARGIN: Final = 16 << 20
_BLOCK: Final = "IPTC:IPTC"
_SIGNED: Final = (b"jumdc2pa\x00\x11\x00\x10", b"/C2PA_Manifest")
"""How a C2PA manifest begins in a file of any kind, and how a PDF names one."""


class FileEmbedder:
    """Writes one file at a time. May be used from several event loops; its process starts with the first file."""

    def __init__(
        self, options: ExifToolOptions | None = None, *, break_signatures: bool = False, make_old_block: bool = False
    ) -> None:
        """`make_old_block` has an IPTC block made where none stands and the format has a place for one: many desks read
        nothing else."""
        self._options = options or ExifToolOptions()
        self._break_signatures = break_signatures
        self._make_old_block = make_old_block
        self._lock = threading.Lock()
        self._process: ExifToolProcess | None = None

    async def embed(self, source: Path, target: Path, tags: Mapping[str, Tag], *, file_name: str) -> str:
        """Make `target` the file `source` with these tags; returns the SHA-256 of the essence that both have. Both are
        absolute paths.

        `tags` are ExifTool's names of XMP with text, texts (a list) or texts by language, members of structures after a dot;
        without any no file is made. An IPTC block that stands in the file is kept in step. Raises `NotEmbedded` with a
        sentence, and leaves no target then; `CannotGoOn` where no usable ExifTool can be started."""
        return await asyncio.to_thread(self._embed, source, target, tags, file_name)

    async def side_car(self, source: Path, target: Path, tags: Mapping[str, Tag], *, file_name: str) -> None:
        """Make `target` an XMP file that says these tags beside whatever the XMP inside `source` says: for a file into which
        nothing may be written. Raises as `embed` does."""
        await asyncio.to_thread(self._side_car, source, target, tags, file_name)

    async def close(self) -> None:
        """End the process. Safe to repeat."""
        await asyncio.to_thread(self._end)

    def _embed(self, source: Path, target: Path, tags: Mapping[str, Tag], file_name: str) -> str:
        with self._lock:
            kind, size = _sound(source, file_name)
            if kind.format not in WRITABLE:
                raise NotEmbedded(f"it is a {kind.mime_type} inside, and nothing is written into files of that kind.")
            before = self._read(source, size)
            essence = essence_of(source, kind, before)
            if not self._break_signatures:
                _unsigned(source, before)
            if tags:
                _room_for(target, size)
                said = row(tags, before) | _block(tags, before, kind, anew=self._make_old_block)
                self._make(
                    target, said, lambda it, values: it.write(source, values, target, seconds=self._seconds(size))
                )
                with _gone_on_failure(target):
                    copy = self._prove(target, kind, tags, essence, file_name)
                    _same_block(copy, said)
        return essence

    def _side_car(self, source: Path, target: Path, tags: Mapping[str, Tag], file_name: str) -> None:
        made = target.with_name(f"{target.name}.made.xmp")  # ExifTool goes by the name of what it makes
        with self._lock, _gone_on_failure(made):
            kind, size = _sound(source, file_name)
            before = self._read(source, size) if kind.format in BY_NAME else {}
            _room_for(target, 0)
            self._make(
                made,
                row(tags, before),
                lambda it, values: it.side_car(source, values, made, seconds=self._seconds(size)),
            )
            there = metadata_from(self._read(made, made.stat().st_size), kind).tags
            kept = {it: value for it, value in metadata_from(before, kind).tags.items() if it.startswith("XMP-")}
            _says_all(there, {**kept, **tags}, "side-car")
            made.replace(target)

    def _make(self, target: Path, said: Mapping[str, Any], order: Callable[[ExifToolProcess, Path], str]) -> None:
        """Have `target` made of these values. A process that is lost on a file gets one more try, as in reading."""
        values = target.with_name(f"{target.name}.json.part")
        words = ""
        try:
            values.write_text(json.dumps([said], ensure_ascii=False), encoding="utf-8")
            for _ in range(2):
                target.unlink(missing_ok=True)
                try:
                    words = order(self._running(), values)
                except ProcessLostError as lost:
                    words = str(lost)
                    self._lost()
                if target.exists():
                    return
        finally:
            values.unlink(missing_ok=True)
        raise NotEmbedded(f"ExifTool would not write into it ({words[-200:] or 'it said nothing'}).")

    def _prove(
        self, target: Path, kind: Kind, tags: Mapping[str, Tag], essence: str, file_name: str
    ) -> Mapping[str, Any]:
        """Read the copy like any file that comes in; returns ExifTool's answer for it."""
        looked = look(target, file_name)
        if isinstance(looked, Broken):
            raise NotEmbedded(f"the copy came out broken: {looked.why}")
        answer = self._read(target, looked[3])
        if answer.get("ExifTool:Error"):
            raise NotEmbedded(f"the copy came out broken: {answer['ExifTool:Error']}")
        if looked[1] != kind or essence_of(target, kind, answer) != essence:
            raise NotEmbedded("the picture, film or pages in the copy are not those of the original.")
        _says_all(metadata_from(answer, kind).tags, tags, "copy")
        return answer

    def _read(self, path: Path, size: int) -> Mapping[str, Any]:
        """ExifTool's object for a file, with the hash of its essence."""
        for tries_left in (1, 0):
            try:
                found = self._running().read([*ARGUMENTS, *HASHED], [path], seconds=self._seconds(size))
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


@contextmanager
def _gone_on_failure(target: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _sound(source: Path, file_name: str) -> tuple[Kind, int]:
    looked = look(source, file_name)
    if isinstance(looked, Broken):
        raise NotEmbedded(looked.why)
    return looked[1], looked[3]


def _room_for(target: Path, size: int) -> None:
    """ExifTool cannot be asked why it would not write: a disk without room is no fault of the file."""
    if (free := shutil.disk_usage(target.parent).free) < size + _MARGIN:
        raise CannotGoOn(
            f"The disk of the spool has {free} bytes left and a copy of {size} is due: make room, then go on."
        )


def _unsigned(source: Path, answer: Mapping[str, Any]) -> None:
    """A signature over the file would not hold any more: that is not ours to break."""
    if "c2pa" not in str(answer.get("JUMBF:JUMDLabel", "")):
        with source.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if all(data.find(it) < 0 for it in _SIGNED):
                return
    raise NotEmbedded("it carries a C2PA signature, which any write would break.", sealed=True)


def _block(tags: Mapping[str, Tag], before: Mapping[str, Any], kind: Kind, *, anew: bool) -> dict[str, str]:
    """The old IPTC block in step with the tags, where one stands there, or where one is to be made: by order, or because a
    date of rights has no other home."""
    values, block = twins(tags), raw_block(before)
    if (
        not BY_NAME[kind.format].old_block
        or not values
        or (block is None and (kind.format == "png" or not (anew or RIGHTS_DATES & set(tags))))
    ):
        return {}
    try:
        made = rewritten(block or b"", values).block
    except BlockBroken as problem:
        raise NotEmbedded(f"{problem}, so nothing can be written beside it.") from problem
    if kind.format in {"tiff", "dng"}:
        made = made.ljust(-(-len(made) // 4) * 4, b"\0")
    digest = hashlib.md5(made, usedforsecurity=False).hexdigest()
    spelled = {_BLOCK: f"base64:{base64.b64encode(made).decode()}"}
    return spelled if kind.format == "png" else {**spelled, "Photoshop:IPTCDigest": digest}


def _same_block(copy: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    if _BLOCK in said and (raw_block(copy) or b"").rstrip(b"\0") != (raw_block(said) or b"").rstrip(b"\0"):
        raise NotEmbedded("the old IPTC block does not stand in the copy as it was to be written.")


def _says_all(there: Mapping[str, Tag], wanted: Mapping[str, Tag], where: str) -> None:
    for name, value in sorted(wanted.items()):
        if not _says(there.get(name), value):
            raise NotEmbedded(f"{name} does not stand in the {where} as it was to be written.")


def _says(found: Tag | None, wanted: Tag) -> bool:
    """Whether what was read back is what was sent; languages that nobody sent may stand beside."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(found.get(it) == text for it, text in wanted.items())
    if isinstance(wanted, tuple):
        return found == wanted or (len(wanted) == 1 and found == wanted[0])
    return found in {wanted, (wanted,)} if not isinstance(found, Mapping) else found == {"x-default": wanted}
