"""Forms: urlencoded in memory, multipart as a stream whose files go to disk and are hashed on the way."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from dambridge_sim.kit.alter import altered
from dambridge_sim.kit.blobs import Blob, Blobs, BlobWriter
from dambridge_sim.kit.faults import CallFaults

_FIELD_LIMIT = 8 * 1024 * 1024
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_EXTENDED = re.compile(r";\s*filename\*=([\w-]+)'[\w-]*'([^;\s]*)", re.ASCII | re.IGNORECASE)


class BadFormError(ValueError):
    """A multipart body that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came: the name of its part, its own name, its media type as declared, and where it is stored."""

    field: str
    filename: str
    content_type: str
    blob: Blob


@dataclass(slots=True)
class Form:
    """The fields and files of a form, in the order of coming."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)
    uploads: list[Upload] = field(default_factory=list)
    """Every file, those with equal part names too."""

    @classmethod
    def of_pairs(cls, pairs: Iterable[tuple[str, str]]) -> Form:
        """Make a form without files."""
        form = cls()
        for name, value in pairs:
            form.fields.setdefault(name, []).append(value)
        return form

    def first(self, name: str, default: str | None = None) -> str | None:
        """Return the first value of a field."""
        return self.fields[name][0] if name in self.fields else default

    def all(self, name: str) -> list[str]:
        """Return all values of a field."""
        return self.fields.get(name, [])


class _Collector:
    """Takes the parser's callbacks."""

    def __init__(self, blobs: Blobs, faults: CallFaults) -> None:
        self.form = Form()
        self.ended = False
        self._blobs, self._faults = blobs, faults
        self._headers: dict[str, str] = {}
        self._name, self._value = b"", b""
        self._field = ""
        self._filename: str | None = None
        self._text = bytearray()
        self._writer: BlobWriter | None = None
        self._damage = _Damage(faults)

    def callbacks(self) -> dict[str, object]:
        """Return the callbacks by the parser's names."""
        names = (
            "part_begin",
            "part_data",
            "part_end",
            "header_field",
            "header_value",
            "header_end",
            "headers_finished",
        )
        return {"on_end": self._on_end, **{f"on_{name}": getattr(self, f"_on_{name}") for name in names}}

    def abandon(self) -> None:
        """Throw away a file that is still coming."""
        if self._writer is not None:
            self._writer.abandon()

    def _on_part_begin(self) -> None:
        self._headers.clear()
        self._name = self._value = b""

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("latin-1")
        self._name = self._value = b""

    def _on_headers_finished(self) -> None:
        disposition = self._headers.get("content-disposition", "")
        _, options = parse_options_header(disposition)
        if b"name" not in options:
            raise BadFormError("a part has no name in its Content-Disposition")
        self._field = options[b"name"].decode("utf-8", "replace")
        filename = options.get(b"filename")
        plain = None if filename is None else filename.decode("utf-8", "replace")
        self._filename = _extended(disposition) or plain
        self._writer = None if self._filename is None else self._blobs.writer()
        self._text = bytearray()

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._writer is not None:
            self._writer.write(self._damage.apply(data[start:end]))
            return
        self._text += data[start:end]
        if len(self._text) > _FIELD_LIMIT:
            raise BadFormError(f"the field {self._field!r} is larger than 8 MiB; send it as a file part")

    def _on_part_end(self) -> None:
        if self._writer is None:
            self.form.fields.setdefault(self._field, []).append(self._text.decode("utf-8", "replace"))
            return
        blob = self._writer.finish()
        self._writer = None
        if rule := self._faults.get("alter_on_upload"):
            blob = self._blobs.store(altered(self._blobs.read(blob), rule.how))
        declared = self._headers.get("content-type", "application/octet-stream")
        upload = Upload(self._field, self._filename or "", declared, blob)
        self.form.files[self._field] = upload
        self.form.uploads.append(upload)

    def _on_end(self) -> None:
        self.ended = True


class _Damage:
    """Applies `corrupt` and `truncate` with `keep` to the bytes of files on their way in."""

    def __init__(self, faults: CallFaults) -> None:
        self._flip = faults.get("corrupt", "request")
        cut = faults.get("truncate", "request")
        self._cut = cut.bytes if cut is not None and cut.keep else None
        self._place = 0

    def apply(self, data: bytes) -> bytes:
        place, self._place = self._place, self._place + len(data)
        if self._flip is not None and place <= self._flip.bytes < place + len(data):
            data = flipped(data, self._flip.bytes - place)
        return data if self._cut is None else data[: max(0, self._cut - place)]


def flipped(data: bytes, place: int) -> bytes:
    """Return the bytes with one bit of one byte turned."""
    return data[:place] + bytes((data[place] ^ 0x40,)) + data[place + 1 :]


def _extended(disposition: str) -> str | None:
    """Return the name in `filename*=UTF-8''...`, which many clients send for names that are not plain; it counts over `filename`.
    None where there is none, or none in a charset that is known."""
    found = _EXTENDED.search(_QUOTED.sub('""', disposition))
    if found is None:
        return None
    try:
        return unquote(found[2], found[1], "replace")
    except LookupError:
        return None


async def read_multipart(content_type: str, body: AsyncIterator[bytes], blobs: Blobs, faults: CallFaults) -> Form:
    """Read a multipart form. Raises `BadFormError`; then, and when the body breaks off, nothing stays on disk."""
    _, options = parse_options_header(content_type)
    if b"boundary" not in options:
        raise BadFormError("Content-Type multipart/form-data has no boundary")
    collector = _Collector(blobs, faults)
    try:
        parser = MultipartParser(options[b"boundary"], collector.callbacks())  # type: ignore[arg-type]
        async for data in body:
            parser.write(data)
        parser.finalize()
    except FormParserError as error:
        raise BadFormError(f"the multipart body cannot be read: {error}") from error
    finally:
        collector.abandon()
    if not collector.ended:
        raise BadFormError("the multipart body ends before its closing boundary")
    return collector.form
