"""IIM: the older IPTC records, as texts by `record:dataset`."""

from __future__ import annotations

from collections.abc import Iterator

_UTF8 = b"\x1b%G"
_BINARY = {"1:00", "1:90", "2:00"}


def parse_iim(block: bytes) -> tuple[dict[str, list[str]], str | None]:
    """Return the datasets of a block in file order, and what was wrong with it, if anything.

    With 1:90 = UTF-8 text is decoded so. Without it the character set is unknown: text that is valid UTF-8 is taken for
    UTF-8 and anything else for Windows-1252, as most programs do.
    """
    found: dict[str, list[str]] = {}
    declared_utf8 = False
    problem = None
    try:
        for record, dataset, value in _datasets(block):
            key = f"{record}:{dataset:02d}"
            if key == "1:90":
                declared_utf8 = value == _UTF8
            if key in _BINARY:
                found.setdefault(key, []).append(value.hex())
            else:
                found.setdefault(key, []).append(_text(value, declared_utf8=declared_utf8))
    except ValueError as error:
        problem = str(error)
    return found, problem


def _datasets(block: bytes) -> Iterator[tuple[int, int, bytes]]:
    place = 0
    while place + 5 <= len(block) and block[place] == 0x1C:
        record, dataset = block[place + 1], block[place + 2]
        length = int.from_bytes(block[place + 3 : place + 5], "big")
        place += 5
        if length & 0x8000:
            width = length & 0x7FFF
            if width > 4:
                raise ValueError(f"IIM dataset {record}:{dataset} has a length of {width} bytes")
            length = int.from_bytes(block[place : place + width], "big")
            place += width
        if place + length > len(block):
            raise ValueError(f"IIM dataset {record}:{dataset} is longer than its block")
        yield record, dataset, block[place : place + length]
        place += length


def _text(value: bytes, *, declared_utf8: bool) -> str:
    value = value.rstrip(b"\x00")
    if declared_utf8:
        return value.decode("utf-8", "replace")
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")


def resources(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield Photoshop image resources (`8BIM`) as id and data; stops where the block is broken."""
    place = 0
    while block[place : place + 4] in (b"8BIM", b"PHUT", b"AgHg", b"DCSR", b"MeSa"):
        identifier = int.from_bytes(block[place + 4 : place + 6], "big")
        name = block[place + 6 : place + 7]
        place += 6 + ((name[0] if name else 0) + 2) // 2 * 2
        length = int.from_bytes(block[place : place + 4], "big")
        place += 4
        if place + length > len(block):
            return
        yield identifier, block[place : place + length]
        place += length + length % 2
