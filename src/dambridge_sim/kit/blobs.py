"""Files of a simulator, kept by their SHA-256; written to a temporary name first, so that none is ever half there."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from dambridge_sim.kit import media
from dambridge_sim.kit.embedded import Embedded, read_embedded
from dambridge_sim.kit.synthetic import fields_of, jpeg_of

_IN_MEMORY = 4 * 1024 * 1024
CHUNK = 1024 * 1024

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file. `synthetic` is its number when it is computed instead of stored."""

    sha256: str
    md5: str
    size: int
    synthetic: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the form that documents keep under `"blob"`."""
        body: dict[str, Any] = {"sha256": self.sha256, "md5": self.md5, "size": self.size}
        if self.synthetic is not None:
            body["synthetic"] = self.synthetic
        return body

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Blob:
        """Read that form."""
        return cls(body["sha256"], body["md5"], body["size"], body.get("synthetic"))


class Recent(Generic[K, V]):
    """A bounded cache that drops what was used longest ago."""

    def __init__(self, size: int) -> None:
        """Keep at most `size` values."""
        self._size, self._held, self._lock = size, OrderedDict[K, V](), threading.Lock()

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return the value of a key, making it when it is not there."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        value = make()
        with self._lock:
            self._held[key] = value
            if len(self._held) > self._size:
                self._held.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()


class BlobWriter:
    """Takes a file as it comes: hashes on the way, on disk from 4 MiB on."""

    def __init__(self, store: Blobs) -> None:
        """Write into `store`."""
        self._store = store
        self._sha256, self._md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
        self._parts: list[bytes] = []
        self._handle: int | None = None
        self._path: Path | None = None
        self.size = 0

    def write(self, data: bytes) -> None:
        """Take the next bytes."""
        if not data:
            return
        self._sha256.update(data)
        self._md5.update(data)
        self.size += len(data)
        self._parts.append(data)
        if self._handle is not None or self.size > _IN_MEMORY:
            self._flush()

    def finish(self) -> Blob:
        """Put the file in its place and return it."""
        blob = Blob(self._sha256.hexdigest(), self._md5.hexdigest(), self.size)
        target = self._store.path(blob)
        if target.exists():
            self.abandon()
            return blob
        self._flush()
        os.close(self._handle)  # type: ignore[arg-type]  # _flush opened it
        self._handle = None
        try:
            self._path.replace(target)  # type: ignore[union-attr]  # _flush named it
        except FileNotFoundError:
            target.parent.mkdir(exist_ok=True)
            self._path.replace(target)  # type: ignore[union-attr]  # _flush named it
        return blob

    def abandon(self) -> None:
        """Throw away what came; safe to call at any time."""
        self._parts.clear()
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _flush(self) -> None:
        if self._handle is None:
            self._path = self._store.temporary()
            self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        for part in self._parts:
            view = memoryview(part)
            while view:
                view = view[os.write(self._handle, view) :]
        self._parts.clear()


class Blobs:
    """All files of one simulator in a folder."""

    def __init__(self, folder: Path) -> None:
        """Open the folder; what a killed process left half written is removed."""
        self._folder = folder / "blobs"
        self._incoming = folder / "incoming"
        self._thumbs = folder / "thumbnails"
        for each in (self._folder, self._incoming, self._thumbs):
            each.mkdir(parents=True, exist_ok=True)
        for left in self._incoming.iterdir():
            left.unlink()
        self._number = 0
        self._synthetic_bytes = 0
        self._synthetic: Recent[int, Blob] = Recent(20_000)
        self._infos: Recent[str, media.MediaInfo] = Recent(20_000)
        self._embedded: Recent[str, Embedded] = Recent(500)
        self._sha1: Recent[str, str] = Recent(20_000)

    # Writing

    def writer(self) -> BlobWriter:
        """Begin a file of unknown length."""
        return BlobWriter(self)

    def store(self, data: bytes) -> Blob:
        """Store bytes."""
        writer = self.writer()
        writer.write(data)
        return writer.finish()

    def store_file(self, path: Path) -> Blob:
        """Store a copy of a file on disk, in pieces."""
        writer = self.writer()
        with path.open("rb") as source:
            while data := source.read(CHUNK):
                writer.write(data)
        return writer.finish()

    def clear(self) -> None:
        """Remove every file."""
        for folder in (self._folder, self._incoming, self._thumbs):
            for path in sorted(folder.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
        self.synthesize(0)

    def synthesize(self, bytes_each: int) -> None:
        """Say how long computed files are at least."""
        self._synthetic_bytes = bytes_each
        self._synthetic.clear()

    # Reading

    def synthetic(self, number: int) -> Blob:
        """Return the computed file of a number."""

        def make() -> Blob:
            data = jpeg_of(number, self._synthetic_bytes)
            md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
            return Blob(hashlib.sha256(data).hexdigest(), md5, len(data), number)

        return self._synthetic.get(number, make)

    def read(self, blob: Blob) -> bytes:
        """Return all bytes."""
        return (
            jpeg_of(blob.synthetic, self._synthetic_bytes)
            if blob.synthetic is not None
            else self.path(blob).read_bytes()
        )

    def head(self, blob: Blob, length: int) -> bytes:
        """Return the first bytes."""
        if blob.synthetic is not None:
            return self.read(blob)[:length]
        with self.path(blob).open("rb") as source:
            return source.read(length)

    def chunks(self, blob: Blob, start: int, stop: int, size: int = CHUNK) -> Iterator[bytes]:
        """Yield bytes start..stop in pieces of `size`."""
        if blob.synthetic is not None:
            data = self.read(blob)
            yield from (data[place : min(place + size, stop)] for place in range(start, stop, size))
            return
        handle = os.open(self.path(blob), os.O_RDONLY)
        try:
            while start < stop:
                data = os.pread(handle, min(size, stop - start), start)
                if not data:
                    return
                start += len(data)
                yield data
        finally:
            os.close(handle)

    def path(self, blob: Blob) -> Path:
        """Return where a stored file lies (not for computed ones)."""
        return self._folder / blob.sha256[:2] / blob.sha256

    def temporary(self) -> Path:
        """Return a new name in the folder of half-written files."""
        self._number += 1
        return self._incoming / f"{os.getpid()}-{self._number}"

    # Knowing

    def info(self, blob: Blob) -> media.MediaInfo:
        """Return media type and dimensions."""
        if blob.synthetic is not None:
            return media.MediaInfo("image/jpeg", 192, 128)
        return self._infos.get(blob.sha256, lambda: media.inspect(self.path(blob)))

    def embedded(self, blob: Blob) -> Embedded:
        """Return the metadata inside the file; never raises for a broken file."""
        if blob.synthetic is not None:
            return read_embedded(self.read(blob))
        return self._embedded.get(blob.sha256, lambda: read_embedded(self.path(blob)))

    def sha1(self, blob: Blob) -> str:
        """Return the SHA-1 in hex."""

        def make() -> str:
            digest = hashlib.sha1(usedforsecurity=False)
            for data in self.chunks(blob, 0, blob.size):
                digest.update(data)
            return digest.hexdigest()

        return self._sha1.get(blob.sha256, make)

    def thumbnail(self, blob: Blob, pixels: int) -> bytes | None:
        """Return a JPEG whose longer side is at most `pixels`, or None when no picture can be made of the file."""
        if blob.synthetic is not None and pixels >= 192:
            return jpeg_of(blob.synthetic)
        kept = self._thumbs / f"{blob.sha256}-{pixels}.jpg"
        if kept.exists():
            return kept.read_bytes() or None
        made = media.thumbnail(self.read(blob) if blob.synthetic is not None else self.path(blob), pixels)
        if blob.synthetic is None:
            temporary = self.temporary()
            temporary.write_bytes(made or b"")
            temporary.replace(kept)
        return made


__all__ = ["Blob", "BlobWriter", "Blobs", "fields_of"]
