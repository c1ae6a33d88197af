"""JPEG files with the box in which a C2PA manifest stands (C2PA 2.1, annex A)."""

from __future__ import annotations

import struct


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def signed(data: bytes) -> bytes:
    """The JPEG with the box after its first two bytes."""
    label = bytes.fromhex("6332706100110010800000aa00389b71") + b"\x03c2pa\x00"
    segment = b"JP\x00\x01" + struct.pack(">I", 1) + _box(b"jumb", _box(b"jumd", label))
    return data[:2] + b"\xff\xeb" + struct.pack(">H", 2 + len(segment)) + segment + data[2:]
