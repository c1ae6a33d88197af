"""A form with one file, written while it is sent: memory holds one piece of the file at a time."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from dambridge.connectors.kit.messages import FilePart


class BodyFailed(Exception):
    """The file's own source failed or gave another length than it announced; `started` says whether bytes had gone out."""


def _quoted(text: str) -> str:
    """A name inside a part's header, spelt as browsers do."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


@dataclass(slots=True)
class MultipartUpload:
    """One sending of a form. `failed` holds what the file's source raised, `opened` whether it was touched at all."""

    fields: Mapping[str, str]
    file: FilePart
    boundary: str
    sent: int = 0
    opened: bool = False
    failed: Exception | None = None

    @classmethod
    def of(cls, fields: Mapping[str, str], file: FilePart) -> MultipartUpload:
        # Not guessable: whoever made the file must not be able to end the part with it.
        return cls(fields, file, f"dambridge-{secrets.token_hex(16)}")

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self.boundary}"

    @property
    def length(self) -> int | None:
        """Bytes of the whole body; None where the file's size is not known."""
        size = self.file.body.size
        return None if size is None else len(self._head()) + size + len(self._tail())

    def _head(self) -> bytes:
        parts = [
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
            for name, value in self.fields.items()
        ]
        parts.append(
            f'--{self.boundary}\r\nContent-Disposition: form-data; name="{_quoted(self.file.field)}"; '
            f'filename="{_quoted(self.file.file_name)}"\r\nContent-Type: {self.file.media_type}\r\n\r\n'
        )
        return "".join(parts).encode("utf-8", "surrogatepass")

    def _tail(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode()

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body, piece by piece. The closing line is only written when the file was whole, so a file that was cut
        on its way here never looks like a complete one there."""
        self.opened = True
        yield self._head()
        try:
            async for chunk in self.file.body.open():
                self.sent += len(chunk)
                self._check(over=True)
                yield chunk
            self._check(over=False)
        except Exception as error:
            self.failed = error
            raise
        yield self._tail()

    def _check(self, *, over: bool) -> None:
        size = self.file.body.size
        if size is not None and (self.sent > size if over else self.sent != size):
            raise BodyFailed(f"the file announced {size} bytes and gave {'more' if over else self.sent}")
