"""The keys that records of this installation are signed and verified with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dambridge.bootstrap.settings import Settings
from dambridge.ports.signing import Signer
from dambridge.storage.signing import KeyRing


def signer_of(settings: Settings, *, trusted: Sequence[Path] = ()) -> Signer:
    """The key ring beside the ledger; the private key is made at first use. `trusted` are public keys of others, to verify
    with."""
    return KeyRing(settings.store.path / "keys", trusted=trusted)
