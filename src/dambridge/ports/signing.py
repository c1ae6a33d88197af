"""Signing documents that others are to rely on, and telling whether one is still as it was signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Standing(StrEnum):
    """What can be said of a document that claims to be signed."""

    HOLDS = "holds"
    """Every word is as it was signed, by a key that we know."""
    ALTERED = "altered"
    """The key is known, and it did not sign these words."""
    UNKNOWN_KEY = "unknown_key"
    """It may be genuine: nobody gave us the public key that it names."""
    NOT_SIGNED = "not_signed"
    """It carries no signature that can be read."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, the id of the key that the document names (empty where it names none), and a sentence."""

    standing: Standing
    key: str
    says: str

    @property
    def holds(self) -> bool:
        return self.standing is Standing.HOLDS


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key by which documents can be verified: its id, its PEM text for others, and whether new documents get its signature."""

    id: str
    pem: str
    current: bool


class Signer(Protocol):
    """Blocks while it works: a small file, a short calculation."""

    def sign(self, document: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
        """The document with a member `signature` over everything else in it, whatever its order and blanks. The key is made at
        first use. Raises `ValueError` for what has no canonical spelling, `CannotGoOn` where there is no key to be had."""
        ...

    def verify(self, document: Mapping[str, Any]) -> Verdict:
        """Whether the document is as a key that we know has signed it. Never raises for what stands in it."""
        ...

    def public_keys(self) -> Sequence[PublicKey]:
        """Every key that ever signed here, the current one first."""
        ...

    def rotate(self) -> PublicKey:
        """Sign with a new key from now on. The old one can sign no more, and what it signed still holds."""
        ...
