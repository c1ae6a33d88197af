"""The keys that sign records of withdrawals, and reading such a record back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dambridge.bootstrap.settings import Settings
from dambridge.ports.signing import Signer
from dambridge.storage.signing import KeyRing

FOLDER = "signing"
"""Of the data folder."""


def build_signer(settings: Settings, *, trusted: Sequence[Path] = ()) -> Signer:
    """`trusted` are public keys (PEM files) of other installations whose documents shall be verified too. Makes nothing: a
    key is made when something is signed."""
    return KeyRing(settings.store.path / FOLDER, private=settings.store.signing_key, trusted=trusted)
