"""Where the key stands that signs records: in the data folder, or where the configuration says."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dambridge.bootstrap import load_settings
from dambridge.bootstrap.signing import build_signer
from dambridge.storage.signing import key_id

AT = datetime(2026, 11, 28, tzinfo=UTC)
CONFIGURATION = """
accounts:
  agency: {{system: photoshelter, api_key: k, email: jane@example.org, password: p, org_id: O0000abc}}
  archive: {{system: netx, base_url: "https://dam.example.org", token: t}}
flows:
  intake: {{from: agency, to: archive}}
store: {{path: data{more}}}
"""


def configuration(folder: Path, more: str = "") -> Path:
    file = folder / "dambridge.yaml"
    file.write_text(CONFIGURATION.format(more=more), encoding="utf-8")
    return file


def test_a_key_of_our_own_stands_in_the_data_folder(tmp_path: Path) -> None:
    signer = build_signer(load_settings(configuration(tmp_path)))
    assert not (tmp_path / "data").exists(), "nothing is made before something is signed"
    assert signer.verify(signer.sign({"a": 1}, at=AT)).holds
    assert (tmp_path / "data" / "signing" / "private.pem").stat().st_mode & 0o777 == 0o600


def test_a_key_of_the_configuration_stands_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "ours.pem").write_bytes(pem)
    (tmp_path / "ours.pem").chmod(0o600)
    monkeypatch.chdir("/")
    signer = build_signer(load_settings(configuration(tmp_path, ", signing_key: ours.pem")))
    assert signer.sign({"a": 1}, at=AT)["signature"]["key"] == key_id(key.public_key())
    assert not (tmp_path / "data" / "signing" / "private.pem").exists()
