"""Signed documents: what was signed holds, whatever is altered does not, and keys can change."""

from __future__ import annotations

import base64
import copy
import json
import shutil
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dambridge.model.canonical import canonical_bytes
from dambridge.ports.errors import CannotGoOn
from dambridge.ports.signing import Standing
from dambridge.storage.signing import KeyRing

AT = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
DOCUMENT: dict[str, Any] = {
    "type": "a record",
    "places": [{"path": "Press / Hafen", "held_after": False}, {"path": "Ünï", "held_after": None}],
    "count": 2,
    "own": {"nested": ["a", "b"]},
}


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "signing")


def test_what_was_signed_holds_in_any_order_and_after_a_way_through_a_file(ring: KeyRing) -> None:
    signed = ring.sign(DOCUMENT, at=AT)
    again = json.loads(json.dumps(dict(reversed(list(signed.items()))), indent=2))
    verdict = ring.verify(again)
    assert verdict.holds
    assert verdict.key == signed["signature"]["key"]
    assert {name: signed[name] for name in DOCUMENT} == DOCUMENT
    assert signed["signature"]["signed_at"] == "2026-11-28T10:00:00+00:00"
    assert ring.sign(signed, at=AT) == signed, "a signature is no part of what is signed anew"


def altered_once(value: Any) -> Iterator[Any]:
    """Every copy of a JSON value in which exactly one thing differs."""
    match value:
        case dict():
            for name in value:
                yield {other: it for other, it in value.items() if other != name}
                yield {(f"{it}x" if it == name else it): inner for it, inner in value.items()}
                for changed in altered_once(value[name]):
                    yield {**value, name: changed}
            yield {**value, "more": 1}
        case list():
            for at in range(len(value)):
                yield value[:at] + value[at + 1 :]
                yield from ([*value[:at], it, *value[at + 1 :]] for it in altered_once(value[at]))
            yield [*value, "more"]
            if len(value) > 1 and value != value[::-1]:
                yield value[::-1]
        case str():
            yield value + " "
            yield value[:-1]
        case _:
            yield "something else"
            yield 7


def test_whatever_is_altered_is_found(ring: KeyRing) -> None:
    signed, met = ring.sign(DOCUMENT, at=AT), 0
    for changed in altered_once(signed):
        assert not ring.verify(changed).holds, changed
        met += 1
    assert met >= 60
    assert ring.verify(signed).holds


def test_other_letters_for_the_same_bytes_of_a_signature_are_found(ring: KeyRing) -> None:
    signed = ring.sign(DOCUMENT, at=AT)
    value = signed["signature"]["value"]
    twin = next(
        it
        for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        if (it := value[:-3] + letter + "==") != value and base64.b64decode(it) == base64.b64decode(value)
    )
    changed = copy.deepcopy(signed)
    changed["signature"]["value"] = twin
    assert ring.verify(changed).standing is Standing.ALTERED


@pytest.mark.parametrize(
    ("signature", "standing"),
    [
        (None, Standing.NOT_SIGNED),
        ("text", Standing.NOT_SIGNED),
        ({}, Standing.NOT_SIGNED),
        ({"algorithm": "none", "key": "x"}, Standing.NOT_SIGNED),
        ({"algorithm": "Ed25519", "key": ["x"]}, Standing.NOT_SIGNED),
        ({"algorithm": "Ed25519", "key": "0" * 32, "value": "AAAA"}, Standing.UNKNOWN_KEY),
    ],
)
def test_what_carries_no_signature_of_ours_is_called_so(ring: KeyRing, signature: Any, standing: Standing) -> None:
    ring.sign(DOCUMENT, at=AT)
    assert ring.verify({**DOCUMENT, "signature": signature}).standing is standing
    assert ring.verify(DOCUMENT).standing is Standing.NOT_SIGNED


def test_a_document_with_what_cannot_be_spelled_is_refused_or_altered_and_never_raises_on_reading(
    ring: KeyRing,
) -> None:
    with pytest.raises(ValueError, match="no spelling"):
        ring.sign({"share": 0.5}, at=AT)
    signed = ring.sign(DOCUMENT, at=AT)
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    for odd in (0.5, b"x", deep):
        assert ring.verify({**signed, "odd": odd}).standing is Standing.ALTERED
    for value in (None, 5, "ä", "!!"):
        assert not ring.verify({**signed, "signature": {**signed["signature"], "value": value}}).holds


def test_the_key_is_made_at_first_use_for_this_user_alone_and_used_again(tmp_path: Path) -> None:
    folder = tmp_path / "signing"
    assert KeyRing(folder).public_keys() == []
    assert KeyRing(folder).verify({**DOCUMENT, "signature": {}}).standing is Standing.NOT_SIGNED
    assert not folder.exists(), "looking makes nothing"
    first = KeyRing(folder).sign(DOCUMENT, at=AT)
    assert stat.S_IMODE((folder / "private.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert KeyRing(folder).sign(DOCUMENT, at=AT) == first
    assert sorted(it.name for it in folder.rglob("*") if it.is_file()) == sorted(
        ["private.pem", f"{first['signature']['key']}.pem"]
    )


def test_of_many_that_make_a_key_at_once_one_wins(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        signed = list(threads.map(lambda _: KeyRing(tmp_path / "signing").sign(DOCUMENT, at=AT), range(8)))
    assert len({it["signature"]["key"] for it in signed}) == 1
    assert all(KeyRing(tmp_path / "signing").verify(it).holds for it in signed)


def test_after_a_rotation_old_documents_hold_and_new_ones_have_the_new_key(ring: KeyRing, tmp_path: Path) -> None:
    old = ring.sign(DOCUMENT, at=AT)
    private = (tmp_path / "signing" / "private.pem").read_bytes()
    fresh = ring.rotate()
    new = ring.sign(DOCUMENT, at=AT)
    assert new["signature"]["key"] == fresh.id != old["signature"]["key"]
    assert ring.verify(old).holds
    assert ring.verify(new).holds
    assert [(it.id, it.current) for it in ring.public_keys()] == [(fresh.id, True), (old["signature"]["key"], False)]
    assert all(private not in it.read_bytes() for it in (tmp_path / "signing").rglob("*.pem")), "it can sign no more"
    assert stat.S_IMODE((tmp_path / "signing" / "private.pem").stat().st_mode) == 0o600


def test_a_rotation_before_any_use_makes_the_first_key(ring: KeyRing) -> None:
    fresh = ring.rotate()
    assert ring.sign(DOCUMENT, at=AT)["signature"]["key"] == fresh.id
    assert len(ring.public_keys()) == 1


def test_others_verify_with_the_public_key_alone(ring: KeyRing, tmp_path: Path) -> None:
    signed = ring.sign(DOCUMENT, at=AT)
    other = KeyRing(tmp_path / "elsewhere")
    assert other.verify(signed).standing is Standing.UNKNOWN_KEY
    exported = tmp_path / "any name.pem"
    exported.write_text(ring.public_keys()[0].pem, encoding="utf-8")
    trusting = KeyRing(tmp_path / "elsewhere", trusted=[exported])
    assert trusting.verify(signed).holds
    assert not trusting.verify({**signed, "count": 3}).holds
    assert "PRIVATE" not in exported.read_text(encoding="utf-8")


def test_a_key_may_not_pass_under_the_name_of_another(ring: KeyRing, tmp_path: Path) -> None:
    """What a file is called says nothing: ids follow from keys."""
    signed = ring.sign(DOCUMENT, at=AT)
    forger = KeyRing(tmp_path / "forger")
    forged = forger.sign({**DOCUMENT, "count": 9}, at=AT)
    named = tmp_path / "signing" / "public" / f"{signed['signature']['key']}.pem"
    named.write_text(forger.public_keys()[0].pem, encoding="utf-8")
    claims = {**forged, "signature": {**forged["signature"], "key": signed["signature"]["key"]}}
    assert not ring.verify(claims).holds


def test_a_key_of_the_configuration_is_used_and_never_replaced(tmp_path: Path) -> None:
    given = tmp_path / "given.pem"
    key = Ed25519PrivateKey.generate()
    given.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    given.chmod(0o600)
    ring = KeyRing(tmp_path / "signing", private=given)
    signed = ring.sign(DOCUMENT, at=AT)
    assert ring.verify(signed).holds
    assert not (tmp_path / "signing" / "private.pem").exists()
    with pytest.raises(CannotGoOn, match="which your configuration names"):
        ring.rotate()
    given.chmod(0o640)
    with pytest.raises(CannotGoOn, match="Others than its owner"):
        ring.sign(DOCUMENT, at=AT)
    assert ring.verify(signed).holds, "verifying needs no private key"
    given.unlink()
    with pytest.raises(CannotGoOn, match="cannot be read"):
        ring.sign(DOCUMENT, at=AT)


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", b"other kind"]
)
def test_a_broken_key_stops_with_a_sentence_that_tells_nothing_of_it(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "signing"
    folder.mkdir()
    if content == b"other kind":
        content = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    (folder / "private.pem").write_bytes(content)
    (folder / "private.pem").chmod(0o600)
    with pytest.raises(CannotGoOn, match=r"private\.pem") as caught:
        KeyRing(folder).sign(DOCUMENT, at=AT)
    assert "c2VjcmV0" not in str(caught.value)
    assert (folder / "private.pem").read_bytes() == content, "it is not replaced in silence"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="a second implementation: the openssl program")
def test_another_program_verifies_it(ring: KeyRing, tmp_path: Path) -> None:
    signed = ring.sign(DOCUMENT, at=AT)
    signature = dict(signed["signature"])
    (tmp_path / "value").write_bytes(base64.b64decode(signature.pop("value")))
    (tmp_path / "body").write_bytes(canonical_bytes({**signed, "signature": signature}))
    key = tmp_path / "signing" / "public" / f"{signature['key']}.pem"
    command = [
        "openssl",
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        str(key),
        "-rawin",
        "-in",
        "body",
        "-sigfile",
        "value",
    ]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "body").write_bytes(b"x")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode != 0
