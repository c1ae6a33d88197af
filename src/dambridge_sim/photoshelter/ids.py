"""Identifiers: a fixed prefix and eleven characters of `[A-Za-z0-9._]` (PS 3, CONFIRMED)."""

from __future__ import annotations

import hashlib
import re
from typing import Final

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._"
LENGTH: Final = 16

MEDIA_PREFIX: Final = {"image": "I0000", "video": "VD000", "audio": "AD000", "document": "DO000"}
GALLERY: Final = "G0000"
COLLECTION: Final = "C0000"
ORGANIZATION: Final = "O0000"
USER: Final = "U0000"
ACCESS: Final = "A0000"
PERMISSION: Final = "AR000"
LINK: Final = "GI000"
OAUTH_CLIENT: Final = "OAC00"
CONTACT: Final = "CT000"
CONTACT_GROUP: Final = "CTG00"
WORKSPACE: Final = "W0000"

_SHAPE: Final = re.compile(r"[A-Za-z0-9._]{16}\Z")
_KEY: Final = re.compile(r"[A-Za-z0-9._]{11}\Z")


def make_id(prefix: str, seed: str | int) -> str:
    """Return the id that `seed` gives under `prefix`: the same seed always gives the same id."""
    return prefix + spell(f"{prefix}:{seed}", LENGTH - len(prefix))


def spell(seed: str, length: int) -> str:
    """Return `length` characters of the id alphabet that depend on `seed` alone."""
    digest = hashlib.shake_256(seed.encode()).digest(length)
    return "".join(ALPHABET[byte % 64] for byte in digest)


def is_id(text: str) -> bool:
    """Say whether `text` has the shape of an id; dots and underscores are legal."""
    return _SHAPE.match(text) is not None


def is_api_key(text: str) -> bool:
    """Say whether `text` has the shape of an API key: eleven characters of the same alphabet (PS 3, CONFIRMED)."""
    return _KEY.match(text) is not None
