"""The port `Signer`: Ed25519 over canonical JSON, keys as files.

    FOLDER/private.pem       the key that signs, readable by this user alone (0600)
    FOLDER/public/ID.pem     every key that ever signed, for verifying; an id is the start of the SHA-256 of the raw public key

A private key is made at first use, or is the file that the configuration names. Whoever has the private key can sign
anything with any date; a signature says that a document was not altered since, by anybody without it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from dambridge.model.canonical import canonical_bytes
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.signing import PublicKey, Standing, Verdict

ALGORITHM = "Ed25519"
_PRIVATE = "private.pem"
_PUBLIC = "public"
_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class KeyRing:
    """Keys in a folder of this machine. `private` names a PEM file that is used in place of one of our own making; it is never
    replaced then. `trusted` are PEM files of public keys whose documents shall be verified too."""

    def __init__(self, folder: Path, *, private: Path | None = None, trusted: Sequence[Path] = ()) -> None:
        self._folder = folder
        self._given = private
        self._trusted = tuple(trusted)

    def sign(self, document: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
        """Raises as the port says."""
        key = self._private()
        header = {
            "algorithm": ALGORITHM,
            "key": key_id(key.public_key()),
            "signed_at": at.astimezone(UTC).isoformat(),
        }
        body = {name: value for name, value in document.items() if name != "signature"}
        value = base64.b64encode(key.sign(canonical_bytes({**body, "signature": header}))).decode()
        return {**body, "signature": {**header, "value": value}}

    def verify(self, document: Mapping[str, Any]) -> Verdict:
        """What can be said of it; reads public keys alone."""
        return verified(document, self._known())

    def public_keys(self) -> Sequence[PublicKey]:
        """Every key that ever signed here or is trusted, the current one first."""
        current = self._current_id()
        known = [PublicKey(name, _pem(key), name == current) for name, key in sorted(self._known().items())]
        return sorted(known, key=lambda it: not it.current)

    def rotate(self) -> PublicKey:
        """Raises `CannotGoOn` where the key is the configuration's own."""
        if self._given is not None:
            raise CannotGoOn(
                f"The signing key is {self._given}, which your configuration names: put a new key there, and the old one's "
                f"public part stays in {self._folder / _PUBLIC}."
            )
        if (self._folder / _PRIVATE).exists():
            self._private()  # its public part must be on record before it goes
        key = Ed25519PrivateKey.generate()
        self._keep_public(key.public_key())
        self._write(self._folder / _PRIVATE, _private_pem(key), mode=0o600, replace=True)
        return PublicKey(key_id(key.public_key()), _pem(key.public_key()), current=True)

    def _private(self) -> Ed25519PrivateKey:
        """The key that signs, made where there is none yet. Of several processes that make one, one wins."""
        path = self._given or self._folder / _PRIVATE
        if not path.exists() and self._given is None:
            self._write(path, _private_pem(Ed25519PrivateKey.generate()), mode=0o600, replace=False)
        key = _private_key(path)
        self._keep_public(key.public_key())
        return key

    def _keep_public(self, key: Ed25519PublicKey) -> None:
        path = self._folder / _PUBLIC / f"{key_id(key)}.pem"
        if not path.exists():
            self._write(path, _pem(key).encode(), mode=0o644, replace=False)

    def _current_id(self) -> str:
        path = self._given or self._folder / _PRIVATE
        return key_id(_private_key(path).public_key()) if path.exists() else ""

    def _known(self) -> dict[str, Ed25519PublicKey]:
        """Public keys by the id that they really have, whatever their files are called."""
        files = [*sorted((self._folder / _PUBLIC).glob("*.pem")), *self._trusted]
        return {key_id(key): key for key in map(public_key_from, files)}

    def _write(self, path: Path, data: bytes, *, mode: int, replace: bool) -> None:
        """Whole or not at all, and still there after a power cut. Without `replace` one that stands there already stays."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
            part = Path(name)
            try:
                with os.fdopen(handle, "wb") as file:
                    os.fchmod(file.fileno(), mode)
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                if replace:
                    part.replace(path)
                else:
                    _link(part, path)
            finally:
                part.unlink(missing_ok=True)
            _sync(path.parent)
        except OSError as problem:
            raise CannotGoOn(
                f"The signing key cannot be kept in {path.parent}: {problem.strerror}. Give this user the right to write there."
            ) from problem


def verified(document: Mapping[str, Any], known: Mapping[str, Ed25519PublicKey]) -> Verdict:
    """Whether the document is as one of these keys has signed it."""
    signature = document.get("signature")
    if not isinstance(signature, Mapping):
        return Verdict(Standing.NOT_SIGNED, "", "It carries no signature.")
    name = signature.get("key")
    if signature.get("algorithm") != ALGORITHM or not isinstance(name, str):
        return Verdict(
            Standing.NOT_SIGNED, "", f"Its signature is not one by {ALGORITHM}, so it cannot be verified here."
        )
    if (key := known.get(name)) is None:
        told = f"It names the key {name}, which is not known here: ask whoever signed it for the public key."
        return Verdict(Standing.UNKNOWN_KEY, name, told)
    altered = Verdict(Standing.ALTERED, name, f"It is not what the key {name} signed: something in it was altered.")
    try:
        value = base64.b64decode(signature["value"], validate=True)
        if base64.b64encode(value).decode() != signature["value"]:
            return altered  # other letters may stand for the same bytes; these are not what was written
        header = {member: it for member, it in signature.items() if member != "value"}
        key.verify(value, canonical_bytes({**document, "signature": header}))
    except (InvalidSignature, KeyError, ValueError, TypeError, RecursionError):
        return altered
    return Verdict(Standing.HOLDS, name, f"It is word for word what the key {name} signed.")


def key_id(key: Ed25519PublicKey) -> str:
    """32 hexadecimal digits that follow from the key itself."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:32]


def public_key_from(path: Path) -> Ed25519PublicKey:
    """Raises `CannotGoOn` for a file that is no public key of this kind."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as problem:
        raise CannotGoOn(f"{path} holds no public key that can be read: {_why(problem)}.") from problem
    if not isinstance(key, Ed25519PublicKey):
        raise CannotGoOn(f"{path} holds a public key of another kind than {ALGORITHM}.")
    return key


def _private_key(path: Path) -> Ed25519PrivateKey:
    try:
        if stat.S_IMODE(path.stat().st_mode) & _FOR_OTHERS:
            raise CannotGoOn(
                f"Others than its owner may read or write the signing key {path}: make a new one, or, if nobody has had it, "
                f"`chmod 600 {path}`."
            )
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise CannotGoOn(f"The signing key {path} cannot be read: {_why(problem)}.") from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise CannotGoOn(f"The signing key {path} is of another kind than {ALGORITHM}.")
    return key


def _why(problem: Exception) -> str:
    """Never the library's own words on the contents of a key file."""
    return (problem.strerror or "") if isinstance(problem, OSError) else "it is no PEM file of an unencrypted key"


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def _link(part: Path, path: Path) -> None:
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(part)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
