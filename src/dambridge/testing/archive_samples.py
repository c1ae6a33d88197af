"""What the contract suites send, write and lose: small files, attributes that may be written, replies that get lost."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from dambridge.model.records import Missing, NativeRecord
from dambridge.ports.pace import Lane
from dambridge.ports.systems import Body

LANE = Lane.NORMAL
Losing: TypeAlias = Callable[[str], Awaitable[None]]
"""`await losing("deliver")`: the next reply to such a call is lost after the deed; `deliver`, `write` or `add_version`."""

_PIXEL = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgy"
    "PC4zNDL/wAALCAABAAEBAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEG"
    "E1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJ"
    "ipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APn+v//Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFields:
    """Attributes of the archive under test that the suite may write: two texts, a list of free terms, a closed list (None
    where there is none). `words` are terms that the list can hold, `file_names` names that an import can carry; `names`
    whether an asset has a name beside that of its file; `versions_in_two_steps` whether a new file may be there before it
    is the current one."""

    text: str = "Title"
    other_text: str = "Headline"
    bag: str = "Keywords"
    closed: str | None = "Lifecycle Status"
    closed_term: str = "approved"
    id_text: str = "Dambridge Id"
    words: tuple[str, ...] = ("sea, sky", "a|b", "Zürich", "港", "🌅")
    file_names: tuple[str, ...] = ('Été "à" Zürich.jpg', "港の夕暮れ.jpg", "e\u0301.jpg", "🌅 sun; rise.jpg")
    names: bool = True
    versions_in_two_steps: bool = False


def small_jpeg(text: str) -> bytes:
    """A sound JPEG of one pixel that differs by `text`."""
    comment = text.encode()
    return _PIXEL[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + _PIXEL[2:]


def body_of(content: bytes, *, announced: bool = True) -> Body:
    """Bytes to send, in two chunks; without a size where not `announced`."""

    async def chunks() -> AsyncIterator[bytes]:
        yield content[: len(content) // 2]
        yield content[len(content) // 2 :]

    return Body(len(content) if announced else None, chunks)


def present(seen: NativeRecord | Missing) -> NativeRecord:
    """The record, for tests that know it is there."""
    assert isinstance(seen, NativeRecord), seen
    return seen
